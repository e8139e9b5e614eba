//! The list as its user has it, against the services it is made for.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};

use axum::Router;
use crestfall_auth::{Auth, Config};
use crestfall_core::Secret;
use crestfall_core::migrate::{self, MigrationSet, Options};
use crestfall_core::testing::TestDb;
use crestfall_graphql::GraphQl;
use crestfall_rest::Rest;
use tokio_util::sync::CancellationToken;

/// A server with users and rows.
async fn server(db: &TestDb) -> String {
    let mut sets = crestfall_auth::migrations();
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    sets.push(MigrationSet::directory("project", directory.as_ref()).unwrap());
    let database = migrate::database(&db.url()).unwrap();
    migrate::run(&database, &sets, &Options::default())
        .await
        .unwrap();
    let mut config = Config {
        encryption_key: Secret::new("a key of the tests, of thirty-two bytes and more"),
        ..Config::default()
    };
    config.email.autoconfirm = true;
    let pool = sqlx::PgPool::connect(&db.url()).await.unwrap();
    let auth = Auth::new(pool, config).await.unwrap();
    let running = auth.clone();
    tokio::spawn(async move { running.run(CancellationToken::new()).await });
    let login = db.url_as("authenticator");
    let rest = Rest::connect(&login, crestfall_rest::Config::default());
    let graphql = GraphQl::connect(&login, crestfall_graphql::Config::default());
    let app = Router::new()
        .nest_service("/rest/v1", rest.await.unwrap().router::<()>())
        .nest_service("/graphql/v1", graphql.await.unwrap().router::<()>())
        .layer(auth.layer())
        .nest("/auth/v1", auth.router());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    url
}

struct Terminal {
    url: String,
    home: tempfile::TempDir,
}

impl Terminal {
    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_client-todo"));
        command
            .args(line.split(' '))
            .env_clear()
            .env("CRESTFALL_URL", &self.url)
            .env("TODO_SESSION", self.home.path().join("session"));
        command
    }

    async fn type_in(&self, line: &str) -> (bool, String) {
        let mut command = self.command(line);
        let run = tokio::task::spawn_blocking(move || command.output().unwrap());
        let Output {
            status,
            stdout,
            stderr,
        } = run.await.unwrap();
        (
            status.success(),
            String::from_utf8([stdout, stderr].concat()).unwrap(),
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_kept_from_one_run_to_the_next_and_is_ones_own() {
    let db = TestDb::new().await;
    let url = server(&db).await;
    let ann = Terminal {
        url: url.clone(),
        home: tempfile::tempdir().unwrap(),
    };
    let ben = Terminal {
        url,
        home: tempfile::tempdir().unwrap(),
    };
    let said = |text: &str| (true, text.to_owned());
    let sign_up = "sign-up ann@example.com correct-horse-battery";
    assert_eq!(
        ann.type_in(sign_up).await,
        said("welcome, ann@example.com\n")
    );
    assert_eq!(ann.type_in("add Buy milk").await, said("1\n"));
    assert_eq!(ann.type_in("add Call Ben").await, said("2\n"));
    assert_eq!(
        ann.type_in("list").await,
        said("   1  Buy milk\n   2  Call Ben\n")
    );
    assert_eq!(ann.type_in("done 1").await, said(""));
    assert_eq!(ann.type_in("list").await, said("   2  Call Ben\n"));

    let (worked, told) = ben.type_in("add Nothing").await;
    assert!(!worked && told.contains("permission denied"), "{told}");
    ben.type_in("sign-up ben@example.com correct-horse-battery")
        .await;
    assert_eq!(ben.type_in("list").await, said(""));
    assert!(!ben.type_in("done 2").await.0, "it is Ann's");
    assert_eq!(ann.type_in("sign-out").await, said(""));
    assert!(!ann.type_in("list").await.0);
    let (_, told) = ann.type_in("sign-in ann@example.com wrong").await;
    assert!(told.contains("Invalid login credentials"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_watched_shows_what_changes_elsewhere() {
    let db = TestDb::new().await;
    let url = server(&db).await;
    let home = tempfile::tempdir().unwrap();
    let ann = Terminal { url, home };
    ann.type_in("sign-up ann@example.com correct-horse-battery")
        .await;
    let mut watching = ann.command("watch").stdout(Stdio::piped()).spawn().unwrap();
    let shown = BufReader::new(watching.stdout.take().unwrap());
    // Until the other end is closed, or nobody listens any more.
    let (say, mut said) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        shown
            .lines()
            .map_while(Result::ok)
            .try_for_each(|line| say.send(line))
    });
    let mut next = async || said.recv().await.unwrap();
    assert_eq!(next().await, "-- 0 to do");
    ann.type_in("add Buy milk").await;
    assert_eq!(next().await, "   1  Buy milk");
    assert_eq!(next().await, "-- 1 to do");
    ann.type_in("done 1").await;
    assert_eq!(next().await, "-- 0 to do");
    watching.kill().unwrap();
    watching.wait().unwrap();
}
