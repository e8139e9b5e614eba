use std::time::{Duration, Instant};

use crestfall_core::cluster::{Cluster, Error, Listen, Options, STANDARD_ROLES};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::{Connection as _, Executor as _, PgConnection};

fn alive(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None).is_ok()
}

async fn ask(cluster: &Cluster, sql: &'static str) -> String {
    let mut connection = PgConnection::connect(&cluster.url("postgres"))
        .await
        .unwrap();
    let answer = sqlx::query_scalar(sql)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    answer
}

fn temporary() -> (tempfile::TempDir, Options) {
    let dir = tempfile::tempdir().unwrap();
    // Another account serves when the tests run as root: it must get through.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(dir.path(), open).unwrap();
    let options = Options::disposable(dir.path().join("postgres"));
    (dir, options)
}

#[tokio::test]
async fn data_outlive_a_stop_and_the_second_start_is_quick() {
    let (_dir, options) = temporary();
    let cluster = Cluster::start(options.clone()).await.unwrap();
    let mut connection = PgConnection::connect(&cluster.url("postgres"))
        .await
        .unwrap();
    connection
        .execute("create table kept as select 'yes' as answer")
        .await
        .unwrap();
    connection.execute(STANDARD_ROLES).await.unwrap();
    connection.execute(STANDARD_ROLES).await.unwrap();
    drop(connection);
    let pid = cluster.pid();
    cluster.stop().await.unwrap();
    assert!(!alive(pid));

    let begin = Instant::now();
    let cluster = Cluster::start(options).await.unwrap();
    assert!(
        begin.elapsed() < Duration::from_secs(2),
        "{:?}",
        begin.elapsed()
    );
    assert!(!cluster.reused());
    assert_eq!(ask(&cluster, "select answer from kept").await, "yes");
    let pid = cluster.pid();
    drop(cluster);
    assert!(!alive(pid), "dropping a cluster stops it");
}

#[tokio::test]
async fn a_server_left_behind_is_taken_over_and_a_killed_one_replaced() {
    let (_dir, options) = temporary();
    let left = Cluster::start(options.clone()).await.unwrap();
    let pid = left.pid();
    left.detach();
    let cluster = Cluster::start(options.clone()).await.unwrap();
    assert!(cluster.reused());
    assert_eq!(cluster.pid(), pid);

    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    let data = cluster.directory().join("data");
    cluster.detach();
    let cluster = Cluster::start(options.clone()).await.unwrap();
    assert_ne!(cluster.pid(), pid);
    cluster.stop().await.unwrap();

    // The number of some other living process in the file of a server long gone.
    let stale = format!(
        "{}\n{}\n1\n5432\n/tmp\n\n\nready\n",
        std::process::id(),
        data.display()
    );
    std::fs::write(data.join("postmaster.pid"), stale).unwrap();
    let cluster = Cluster::start(options).await.unwrap();
    assert!(!cluster.reused());
    assert_eq!(ask(&cluster, "select 'up'").await, "up");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_failed_start_shows_the_log_and_leaves_nothing_running() {
    let (_dir, options) = temporary();
    let error = Cluster::start(options.clone().setting("max_connections", "many"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Start { .. }));
    assert!(error.to_string().contains("max_connections"), "{error}");
    Cluster::start(options).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn data_of_a_version_that_is_not_installed_are_refused_and_kept() {
    let (_dir, options) = temporary();
    let cluster = Cluster::start(options.clone()).await.unwrap();
    let file = cluster.directory().join("data/PG_VERSION");
    cluster.stop().await.unwrap();
    std::fs::write(&file, "8\n").unwrap();
    let error = Cluster::start(options).await.unwrap_err().to_string();
    assert!(error.contains("made by PostgreSQL 8"), "{error}");
    assert!(error.contains("postgresql-8"), "{error}");
    assert!(file.exists());
}

#[tokio::test]
async fn a_long_path_gets_its_socket_elsewhere() {
    let (dir, mut options) = temporary();
    options.directory = dir.path().join("long".repeat(30));
    options.listen = Listen::Loopback(0);
    let cluster = Cluster::start(options).await.unwrap();
    assert!(cluster.directory().starts_with(dir.path()));
    assert!(!cluster.socket_dir().starts_with(dir.path()));
    assert_eq!(ask(&cluster, "select 'up'").await, "up");
    let sockets = cluster.socket_dir().to_path_buf();

    let tcp = cluster.tcp_url_as("postgres", "wrong", "postgres").unwrap();
    assert!(
        PgConnection::connect(&tcp).await.is_err(),
        "TCP demands a password"
    );
    let mut connection = PgConnection::connect(&cluster.url("postgres"))
        .await
        .unwrap();
    let statement = Cluster::password_statement("postgres", "it's \\ right");
    connection
        .execute(sqlx::AssertSqlSafe(statement))
        .await
        .unwrap();
    let tcp = cluster
        .tcp_url_as("postgres", "it's \\ right", "postgres")
        .unwrap();
    PgConnection::connect(&tcp).await.unwrap();
    drop(connection);
    cluster.stop().await.unwrap();
    std::fs::remove_dir_all(sockets).unwrap();
}

#[tokio::test]
async fn a_directory_that_the_server_cannot_enter_is_stood_in_for() {
    if !nix::unistd::geteuid().is_root() {
        return; // Only root serves through another account.
    }
    let dir = tempfile::tempdir().unwrap();
    let as_root_home = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(dir.path(), as_root_home).unwrap();
    let told = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let mut options = Options::disposable(dir.path().join("postgres"));
    let heard = told.clone();
    options.progress = std::sync::Arc::new(move |line| {
        heard.lock().unwrap().push_str(line);
    });
    let cluster = Cluster::start(options.clone()).await.unwrap();
    let place = cluster.directory().to_path_buf();
    assert!(place.starts_with("/var/tmp"));
    assert!(told.lock().unwrap().contains(&*place.to_string_lossy()));
    cluster.stop().await.unwrap();
    let again = Cluster::start(options).await.unwrap();
    assert_eq!(again.directory(), place);
    again.stop().await.unwrap();
    std::fs::remove_dir_all(place).unwrap();
}
