//! Servers of the tests' own: with TLS, passwords, restarts, and a pooler before them.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crestfall_core::db::{Access, Db, DbConfig, DbError, Listener, Notice, Scope, Statement};

/// A PostgreSQL in a directory of its own, stopped and removed in the end.
struct Server {
    directory: tempfile::TempDir,
    port: u16,
    pooler: Option<std::process::Child>,
}

/// A command of PostgreSQL, as a user who may run a server.
fn postgres_command(name: &str) -> Command {
    let installed = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let path = installed
        .map(|version| version.path().join("bin").join(name))
        .filter(|path| path.exists())
        .max()
        .unwrap_or_else(|| PathBuf::from(name));
    as_postgres(path)
}

fn as_postgres(path: impl AsRef<Path>) -> Command {
    if !nix::unistd::geteuid().is_root() {
        return Command::new(path.as_ref());
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(path.as_ref());
    command
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Server {
    /// A server whose `pg_hba.conf` is this; `None` where there is none to be had.
    fn start(hba: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), Permissions::from_mode(0o777)).unwrap();
        let server = Self {
            directory,
            port: free_port(),
            pooler: None,
        };
        let data = server.path("data");
        succeed(
            postgres_command("initdb")
                .args([
                    "-A",
                    "trust",
                    "-U",
                    "postgres",
                    "-E",
                    "UTF8",
                    "--locale=C",
                    "-N",
                    "-D",
                ])
                .arg(&data),
        );
        server.certificates();
        server.write("data/pg_hba.conf", hba);
        let settings = format!(
            "port={}\nunix_socket_directories='{}'\nlisten_addresses='127.0.0.1'\nfsync=off\nssl=on\nssl_ca_file='ca.crt'\n",
            server.port,
            server.directory.path().display()
        );
        server.write("data/postgresql.auto.conf", &settings);
        server.control(&["start", "-w"]);
        Some(server)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        // As the server's own user, so that it may read them.
        let mut child = as_postgres("tee")
            .arg(self.path(name))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// A certificate authority, a server's certificate for `localhost`, a client's for `postgres`.
    fn certificates(&self) {
        let script = r#"
            cd "$1"
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ca.key -out data/ca.crt
            for name in server client other; do
              case $name in server) subject=localhost; extension=subjectAltName=DNS:localhost;; client) subject=postgres; extension=subjectAltName=DNS:client;; other) subject=other; extension=subjectAltName=DNS:other;; esac
              openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$subject -keyout data/$name.key -out $name.csr
              echo $extension > $name.ext
              openssl x509 -req -in $name.csr -CA data/ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile $name.ext -out data/$name.crt
              chmod 600 data/$name.key
            done
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=stranger -keyout stranger.key -out data/stranger.crt
        "#;
        succeed(
            as_postgres("sh")
                .args(["-ec", script, "sh"])
                .arg(self.directory.path()),
        );
    }

    fn control(&self, arguments: &[&str]) {
        let log = self.path("log");
        // With its output going nowhere: the server keeps it open.
        let status = postgres_command("pg_ctl")
            .arg("-D")
            .arg(self.path("data"))
            .arg("-l")
            .arg(&log)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(
            status.success(),
            "{}",
            std::fs::read_to_string(log).unwrap_or_default()
        );
    }

    fn socket(&self) -> String {
        format!(
            "host={} port={} user=postgres",
            self.directory.path().display(),
            self.port
        )
    }

    fn tcp(&self, more: &str) -> String {
        format!(
            "host=localhost hostaddr=127.0.0.1 port={} {more}",
            self.port
        )
    }

    async fn sql(&self, sql: &str) {
        let db = connect(&self.socket()).await.unwrap();
        db.run(&Scope::default(), &[Statement::new(sql)])
            .await
            .unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // By its own id: what was started may be a command that started it as another user.
        let pid = std::fs::read_to_string(self.path("pgbouncer.pid")).unwrap_or_default();
        if let Ok(pid) = pid.trim().parse() {
            let pid = nix::unistd::Pid::from_raw(pid);
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT);
        }
        if let Some(pooler) = &mut self.pooler {
            let _ = pooler.wait();
        }
        let _ = postgres_command("pg_ctl")
            .arg("-D")
            .arg(self.path("data"))
            .args(["stop", "-m", "immediate"])
            .output();
    }
}

async fn connect(text: &str) -> Result<Db, DbError> {
    Db::connect(DbConfig::parse(text)?).await
}

async fn ask(db: &Db, sql: &str) -> Result<String, DbError> {
    let scope = Scope {
        access: Access::ReadOnly,
        ..Scope::default()
    };
    let rows = db.run(&scope, &[Statement::new(sql)]).await?;
    Ok(String::from_utf8_lossy(rows[0].first().unwrap_or_default()).into_owned())
}

async fn ask_at(text: &str, sql: &str) -> Result<String, String> {
    let db = connect(text).await.map_err(|error| error.to_string())?;
    ask(&db, sql).await.map_err(|error| error.to_string())
}

const SECURED: &str = "select ssl::text from pg_stat_ssl where pid = pg_backend_pid()";

#[tokio::test]
async fn sslmode_means_what_libpq_means() {
    let hba = "local all all trust\nhostssl all secured all trust\nhostnossl all clear all trust\n\
               hostssl all postgres all cert\nhostssl all either all trust\nhostnossl all either all trust\n";
    let Some(server) = Server::start(hba) else {
        return;
    };
    server.sql("create role secured login").await;
    server.sql("create role clear login").await;
    server.sql("create role either login").await;
    let ca = format!("sslrootcert={}", server.path("data/ca.crt").display());
    let stranger = format!("sslrootcert={}", server.path("data/stranger.crt").display());
    let itself = format!("sslrootcert={}", server.path("data/server.crt").display());
    let at = |more: &str| server.tcp(&format!("dbname=postgres {more}"));
    for (more, secured) in [
        ("user=either sslmode=disable".to_owned(), Some(false)),
        ("user=either sslmode=allow".to_owned(), Some(false)),
        ("user=either sslmode=prefer".to_owned(), Some(true)),
        ("user=either sslmode=require".to_owned(), Some(true)),
        ("user=secured sslmode=allow".to_owned(), Some(true)),
        ("user=secured sslmode=disable".to_owned(), None),
        ("user=clear sslmode=prefer".to_owned(), Some(false)),
        ("user=clear sslmode=require".to_owned(), None),
        (format!("user=either sslmode=verify-full {ca}"), Some(true)),
        (format!("user=either sslmode=verify-ca {ca}"), Some(true)),
        (
            format!("user=either sslmode=verify-full {itself}"),
            Some(true),
        ),
        (format!("user=either sslmode=require {stranger}"), None),
        (format!("user=either sslmode=verify-ca {stranger}"), None),
        ("user=either sslrootcert=system".to_owned(), None),
    ] {
        let answer = ask_at(&at(&more), SECURED).await;
        let found = answer.as_ref().ok().map(|text| text == "true");
        assert_eq!(found, secured, "{more}: {answer:?}");
    }
    let named = |host: &str, mode: &str| {
        format!(
            "host={host} hostaddr=127.0.0.1 port={} user=either dbname=postgres sslmode={mode} {ca}",
            server.port
        )
    };
    assert!(
        ask_at(&named("elsewhere", "verify-ca"), SECURED)
            .await
            .is_ok()
    );
    assert!(
        ask_at(&named("elsewhere", "verify-full"), SECURED)
            .await
            .is_err()
    );
    let client = |name: &str| {
        let file = |end: &str| {
            server
                .path(&format!("data/{name}.{end}"))
                .display()
                .to_string()
        };
        format!(
            "user=postgres sslmode=verify-full {ca} sslcert={} sslkey={}",
            file("crt"),
            file("key")
        )
    };
    assert_eq!(
        ask_at(&at(&client("client")), SECURED).await.unwrap(),
        "true"
    );
    assert!(ask_at(&at(&client("other")), SECURED).await.is_err());
    cancels_over_tls(&at("user=either sslmode=require")).await;
}

/// Large answers and a cancellation, both over TLS.
async fn cancels_over_tls(text: &str) {
    let db = connect(text).await.unwrap();
    let sql = "select repeat('x', 5000000)";
    assert_eq!(ask(&db, sql).await.unwrap().len(), 5_000_000);
    let statement = Statement::new("select length($1)::text").bind("z".repeat(3_000_000));
    let rows = db.run(&Scope::default(), &[statement]).await.unwrap();
    assert_eq!(rows[0].first().unwrap(), b"3000000");
    let begin = Instant::now();
    let sleep = tokio::time::timeout(Duration::from_millis(100), ask(&db, "select pg_sleep(30)"));
    assert!(sleep.await.is_err());
    while db.status().available < db.status().max {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn passwords_are_proved_by_every_method() {
    let hba = "local all postgres trust\nhost all scram all scram-sha-256\nhost all md5 all md5\n\
               host all clear all password\nlocal all clear password\n";
    let Some(server) = Server::start(hba) else {
        return;
    };
    let password = r#"it's "ö" \ @:/%?#&= 字"#;
    let quoted = password.replace('\'', "''");
    for (user, method) in [
        ("scram", "scram-sha-256"),
        ("md5", "md5"),
        ("clear", "scram-sha-256"),
    ] {
        server
            .sql(&format!("do $do$ begin set local standard_conforming_strings = on; set local password_encryption = '{method}'; create role {user} login password '{quoted}'; end $do$"))
            .await;
    }
    let with = |user: &str, host: &str, more: &str, password: &str| {
        let password = password.replace('\\', r"\\").replace('\'', r"\'");
        format!(
            "{host} port={} user={user} dbname=postgres password='{password}' {more}",
            server.port
        )
    };
    let tcp = "host=localhost hostaddr=127.0.0.1";
    let socket = format!("host={}", server.directory.path().display());
    for (user, host, more, fine) in [
        ("scram", tcp, "sslmode=disable", true),
        (
            "scram",
            tcp,
            "sslmode=require channel_binding=require",
            true,
        ),
        (
            "scram",
            tcp,
            "sslmode=require channel_binding=disable",
            true,
        ),
        (
            "scram",
            tcp,
            "sslmode=disable channel_binding=require",
            false,
        ),
        ("scram", tcp, "require_auth=md5", false),
        ("md5", tcp, "sslmode=disable", true),
        ("md5", tcp, "channel_binding=require", false),
        ("clear", tcp, "sslmode=require", true),
        ("clear", tcp, "sslmode=disable", false),
        ("clear", tcp, "sslmode=disable require_auth=password", true),
        ("clear", socket.as_str(), "", true),
    ] {
        let answer = ask_at(&with(user, host, more, password), "select current_user").await;
        assert_eq!(answer.is_ok(), fine, "{user} {host} {more}: {answer:?}");
        assert!(
            ask_at(&with(user, host, more, "wrong"), "select 1")
                .await
                .is_err()
        );
    }
    let encoded =
        percent_encoding::utf8_percent_encode(password, percent_encoding::NON_ALPHANUMERIC);
    let uri = format!(
        "postgres://scram:{encoded}@localhost:{}/postgres",
        server.port
    );
    assert_eq!(ask_at(&uri, "select current_user").await.unwrap(), "scram");
    let directory = server
        .directory
        .path()
        .display()
        .to_string()
        .replace('/', "%2F");
    let uri = format!("postgres://postgres@{directory}:{}/postgres", server.port);
    assert_eq!(
        ask_at(&uri, "select current_user").await.unwrap(),
        "postgres"
    );
}

const TRUST: &str = "local all all trust\nhost all all all trust\n";

#[tokio::test]
async fn the_first_host_with_the_wanted_role_is_taken() {
    let Some(server) = Server::start(TRUST) else {
        return;
    };
    let Some(reader) = Server::start(TRUST) else {
        return;
    };
    reader
        .sql("alter system set default_transaction_read_only = on")
        .await;
    reader.control(&["restart", "-w", "-m", "fast"]);
    let hosts = format!(
        "host=127.0.0.1,127.0.0.1,127.0.0.1 port={},{},{} user=postgres",
        free_port(),
        reader.port,
        server.port
    );
    let port = "select inet_server_port()::text";
    for (attrs, expected) in [
        ("any", reader.port),
        ("read-write", server.port),
        ("read-only", reader.port),
        ("primary", reader.port),
        ("prefer-standby", reader.port),
    ] {
        let text = format!("{hosts} target_session_attrs={attrs}");
        assert_eq!(
            ask_at(&text, port).await.unwrap(),
            expected.to_string(),
            "{attrs}"
        );
    }
    assert!(
        ask_at(&format!("{hosts} target_session_attrs=standby"), port)
            .await
            .is_err()
    );
    let mut config = DbConfig::parse(&server.tcp("user=postgres")).unwrap();
    config.read_replicas = vec![reader.tcp("user=postgres").parse().unwrap()];
    let db = Db::connect(config).await.unwrap();
    assert_eq!(ask(&db, port).await.unwrap(), reader.port.to_string());
    let rows = db
        .run(&Scope::default(), &[Statement::new(port)])
        .await
        .unwrap();
    assert_eq!(rows[0].first().unwrap(), server.port.to_string().as_bytes());
    reader.control(&["stop", "-m", "fast"]);
    for _ in 0..3 {
        assert_eq!(ask(&db, port).await.unwrap(), server.port.to_string());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_under_load_is_survived() {
    let Some(server) = Server::start(TRUST) else {
        return;
    };
    let db = connect(&server.socket()).await.unwrap();
    let mut listener = db.listen(&["news", "it's \"odd\""]);
    assert_eq!(listener.next().await, Notice::Connected);
    server
        .sql(r#"select pg_notify('news', 'one'), pg_notify('it''s "odd"', '')"#)
        .await;
    heard(&mut listener, "news", "one").await;
    heard(&mut listener, "it's \"odd\"", "").await;
    let stop = Instant::now() + Duration::from_secs(6);
    let tasks: Vec<_> = (0..8)
        .map(|_| tokio::spawn(load(db.clone(), stop)))
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.control(&["stop", "-m", "fast"]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let down = ask(&db, "select 1").await.unwrap_err();
    assert!(down.is_unreachable(), "{down}");
    assert!(!db.status().reachable && db.retry_after().is_some());
    server.control(&["start", "-w"]);
    for task in tasks {
        let (before, after) = task.await.unwrap();
        assert!(before > 0 && after > 0, "{before} {after}");
    }
    assert!(db.status().reachable && db.retry_after().is_none());
    loop {
        match listener.next().await {
            Notice::Connected => break,
            notice => assert!(matches!(notice, Notice::Disconnected { .. })),
        }
    }
    server.sql("select pg_notify('news', 'two')").await;
    heard(&mut listener, "news", "two").await;
}

async fn heard(listener: &mut Listener, channel: &str, payload: &str) {
    let notice = tokio::time::timeout(Duration::from_secs(5), listener.next())
        .await
        .unwrap();
    let (channel, payload) = (channel.to_owned(), payload.to_owned());
    assert_eq!(notice, Notice::Notification { channel, payload });
}

/// Answers before the first failure and after the last; any failure must be one of the connection.
async fn load(db: Db, stop: Instant) -> (u32, u32) {
    let (mut before, mut after, mut failed) = (0, 0, false);
    while Instant::now() < stop {
        match ask(&db, "select 1").await {
            Ok(_) if failed => after += 1,
            Ok(_) => before += 1,
            Err(error) => {
                assert!(error.is_unreachable(), "{error}");
                (failed, after) = (true, 0);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    (before, after)
}

#[tokio::test]
async fn a_terminated_backend_is_replaced() {
    let Some(server) = Server::start(TRUST) else {
        return;
    };
    let mut config = DbConfig::parse(&server.socket()).unwrap();
    config.pool_size = 2;
    let db = Db::connect(config).await.unwrap();
    for _ in 0..5 {
        server
            .sql("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'")
            .await;
        assert_eq!(ask(&db, "select 1").await.unwrap(), "1");
    }
}

#[tokio::test]
async fn behind_a_pooler_in_transaction_mode() {
    let Some(mut server) = Server::start(TRUST) else {
        return;
    };
    let port = free_port();
    let config = format!(
        "[databases]\n* = host={} port={} user=postgres\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\n\
         unix_socket_dir=\npidfile={}\nauth_type=any\npool_mode=transaction\ndefault_pool_size=2\n",
        server.directory.path().display(),
        server.port,
        server.path("pgbouncer.pid").display()
    );
    server.write("pgbouncer.ini", &config);
    let pooler = as_postgres("/usr/sbin/pgbouncer")
        .arg("-q")
        .arg(server.path("pgbouncer.ini"))
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn();
    let Ok(pooler) = pooler else { return };
    server.pooler = Some(pooler);
    let mut settings = DbConfig::parse(&format!(
        "host=127.0.0.1 port={port} user=postgres dbname=postgres"
    ))
    .unwrap();
    settings.prepared_statements = false;
    let db = Db::lazy(settings).unwrap();
    let ready = Instant::now() + Duration::from_secs(10);
    while ask(&db, "select 1").await.is_err() {
        assert!(Instant::now() < ready);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut tasks = Vec::new();
    for task in 0..8 {
        let db = db.clone();
        tasks.push(tokio::spawn(async move {
            for n in 0..50 {
                let role = if (task + n) % 2 == 0 {
                    "pg_monitor"
                } else {
                    "postgres"
                };
                let settings = [("role", role)];
                let access = if n % 3 == 0 {
                    Access::ReadWrite
                } else {
                    Access::ReadOnly
                };
                let scope = Scope {
                    settings: &settings,
                    access,
                    ..Scope::default()
                };
                let statement = Statement::new("select current_user, $1::text as x").bind("y");
                let rows = db.run(&scope, &[statement]).await.unwrap();
                assert_eq!(rows[0].first().unwrap(), role.as_bytes());
                assert_eq!(&*rows[0].columns()[1].name, "x");
                if n % 10 == 0 {
                    let (rows, open) = db
                        .open(&scope, &[Statement::new("select current_user")])
                        .await
                        .unwrap();
                    assert_eq!(rows[0].first().unwrap(), role.as_bytes());
                    open.rollback().await.unwrap();
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}
