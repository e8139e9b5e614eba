//! PostgreSQL's own audit log, from the extension itself where it is installed.

use std::io::BufReader;
use std::path::Path;

use crestfall_audit::pgaudit::{Reader, Record};
use crestfall_audit::{Log, migrations};
use crestfall_core::cluster::{Cluster, Options};
use crestfall_core::migrate;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, PgConnection};

use crate::fixture::execute;

/// A cluster with pgaudit; none where it is not installed.
async fn cluster(directory: &Path) -> Option<Cluster> {
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory, open).unwrap();
    let options = Options::disposable(directory.join("cluster"))
        .setting("shared_preload_libraries", "pgaudit")
        .setting("pgaudit.log", "write, ddl")
        .setting("pgaudit.log_relation", "on")
        .setting("logging_collector", "on")
        .setting("log_destination", "stderr,csvlog,jsonlog")
        .setting("log_directory", "audit-logs")
        .setting("log_filename", "postgresql.log")
        .setting("log_line_prefix", "%m [%p] %q%u@%d %a ")
        .setting("log_timezone", "UTC");
    match Cluster::start(options).await {
        Ok(cluster) => Some(cluster),
        Err(error) => {
            let told =
                std::fs::read_to_string(directory.join("cluster/postgres.log")).unwrap_or_default();
            assert!(
                told.contains("pgaudit") || error.to_string().contains("pgaudit"),
                "{error}: {told}"
            );
            eprintln!("pgaudit is not installed: scripts/setup.sh test does it on Debian");
            None
        }
    }
}

#[tokio::test]
async fn lines_of_the_extension_are_joined_with_who_was_behind_them() {
    let directory = tempfile::tempdir().unwrap();
    let Some(cluster) = cluster(directory.path()).await else {
        return;
    };
    cluster.ensure_database("app").await.unwrap();
    let url = cluster.url("app");
    migrate::run(
        &migrate::database(&url).unwrap(),
        &migrations(),
        &migrate::Options::default(),
    )
    .await
    .unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    execute(&mut connection, "create extension pgaudit; create table notes (id int primary key, body text); select audit.track('notes')").await;
    execute(&mut connection, r#"begin; set local application_name = 'crestfall/r-1'; set local request.id = 'r-1';
        set local request.jwt.claims = '{"sub":"ada"}'; insert into notes values (1, 'a, "b"'); commit"#).await;
    execute(&mut connection, "insert into notes values (2, '')").await;
    let log = Log::new(PgPoolOptions::new().connect(&url).await.unwrap());
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    for ending in ["log", "csv", "json"] {
        let path = cluster
            .directory()
            .join(format!("data/audit-logs/postgresql.{ending}"));
        let file = std::fs::File::open(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let records: Vec<Record> = Reader::new(BufReader::new(file))
            .map(Result::unwrap)
            .collect();
        let writes: Vec<Record> = records
            .into_iter()
            .filter(|record| {
                record.class == "WRITE" && record.object_name.as_deref() == Some("public.notes")
            })
            .collect();
        assert_eq!(writes.len(), 2, "{ending}");
        let joined = log.join(writes).await.unwrap();
        let first = &joined[0];
        assert_eq!(first.record.request.as_deref(), Some("r-1"), "{ending}");
        assert_eq!(
            first.actor.as_ref().unwrap().actor.as_deref(),
            Some("ada"),
            "{ending}"
        );
        assert!(
            first.record.at.is_some() && first.record.process.is_some(),
            "{ending}"
        );
        assert!(
            first
                .record
                .statement
                .as_deref()
                .unwrap_or_default()
                .contains("notes"),
            "{ending}: {first:?}"
        );
        assert_eq!(joined[1].actor, None, "{ending}");
    }
    cluster.stop().await.unwrap();
}
