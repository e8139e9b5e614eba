//! Mail from the transaction that promises it to the server that takes it.

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use axum::Router;
use chrono::Utc;
use crestfall_auth::mail::{
    Catcher, Delivery, Mail, MailConfig, MailKind, Mails, Smtp, SmtpTls, Variables,
};
use crestfall_auth::sms::{Channel, Sms, SmsSender as _};
use crestfall_core::job::{self, Worker, WorkerConfig};
use crestfall_core::migrate::{self, Options};
use crestfall_core::testing::{TestApp, TestDb};
use sqlx::postgres::{PgConnectOptions, PgPool};
use tokio_util::sync::CancellationToken;

use crate::postbox::Postbox;
use crate::service::TestAuth;
use crate::smtp_server::{Certificates, Mood, Protection, Server};

struct Post {
    pool: PgPool,
    mails: Mails,
    stop: CancellationToken,
    _db: TestDb,
}

impl Drop for Post {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn config(port: u16) -> MailConfig {
    let mut config = MailConfig {
        sender_email: "no-reply@example.com".into(),
        ..MailConfig::default()
    };
    config.smtp.host = "127.0.0.1".into();
    config.smtp.port = Some(port);
    config.smtp.tls = SmtpTls::None;
    config
}

impl Post {
    /// With so many nodes that send.
    async fn new(port: u16, nodes: usize) -> Self {
        Self::with(config(port), nodes).await
    }

    async fn with(config: MailConfig, nodes: usize) -> Self {
        let db = TestDb::new().await;
        let options = PgConnectOptions::from_str(&db.url()).unwrap();
        migrate::run(&options, &[job::migrations()], &Options::default())
            .await
            .unwrap();
        let pool = PgPool::connect_with(options).await.unwrap();
        let stop = CancellationToken::new();
        for _ in 0..nodes {
            let worker = Worker::new(pool.clone())
                .config(WorkerConfig {
                    poll: Duration::from_millis(200),
                    first_pause: Duration::from_millis(50),
                    longest_pause: Duration::from_millis(200),
                    ..WorkerConfig::default()
                })
                .on(Mails::JOB, Delivery::new(Smtp::new(&config).unwrap()));
            tokio::spawn(worker.run(stop.clone()));
        }
        let mails =
            Mails::new(config, "https://app.example", "https://api.example/auth/v1").unwrap();
        Self {
            pool,
            mails,
            stop,
            _db: db,
        }
    }

    async fn promise(&self, mail: &Mail) {
        let mut transaction = self.pool.begin().await.unwrap();
        self.mails.enqueue(&mut transaction, mail).await.unwrap();
        transaction.commit().await.unwrap();
    }

    async fn waiting(&self) -> i64 {
        sqlx::query_scalar("select count(*) from crestfall.jobs where dead_at is null")
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// How many mails were tried in vain.
    async fn tried(&self) -> i64 {
        sqlx::query_scalar("select count(*) from crestfall.jobs where last_error is not null")
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// Waits until a try has failed with these words.
    async fn refused_with(&self, words: &str) {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let error: Option<String> = sqlx::query_scalar(
                "select last_error from crestfall.jobs where last_error is not null",
            )
            .fetch_optional(&self.pool)
            .await
            .unwrap()
            .flatten();
            if let Some(error) = error {
                assert!(error.contains(words), "{error}");
                return;
            }
            assert!(Instant::now() < until, "it was not refused");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn all_is_sent(&self) {
        let until = Instant::now() + Duration::from_secs(20);
        while self.waiting().await > 0 {
            assert!(Instant::now() < until, "mail still waits");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn mail() -> Mail {
    Mail {
        kind: MailKind::MagicLink,
        to: "ada@example.com".into(),
        languages: vec!["de".into()],
        variables: Variables {
            email: "ada@example.com".into(),
            token: "123456".into(),
            token_hash: "abc".into(),
            ..Variables::default()
        },
        expires_at: None,
    }
}

fn message_id(message: &str) -> &str {
    message
        .lines()
        .find(|line| line.starts_with("Message-ID: "))
        .unwrap()
}

#[tokio::test]
async fn a_mail_arrives_if_its_transaction_commits_and_leaves_no_row() {
    let server = Server::start().await;
    let post = Post::new(server.port, 1).await;
    let mut transaction = post.pool.begin().await.unwrap();
    post.mails.enqueue(&mut transaction, &mail()).await.unwrap();
    transaction.rollback().await.unwrap();
    post.promise(&mail()).await;
    post.all_is_sent().await;
    let messages = server.messages();
    assert_eq!(messages.len(), 1);
    for part in [
        "From: no-reply@example.com",
        "To: ada@example.com",
        "Subject: Ihr Link zum Anmelden",
        "text/plain",
        "text/html",
        "123456",
        "Auto-Submitted: auto-generated",
    ] {
        assert!(messages[0].contains(part), "{part}: {}", messages[0]);
    }
    assert!(message_id(&messages[0]).ends_with("@example.com>"));
}

#[tokio::test]
async fn mail_arrives_once_after_the_server_was_away() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = gone.local_addr().unwrap().port();
    drop(gone);
    let post = Post::new(port, 3).await;
    for _ in 0..5 {
        post.promise(&mail()).await;
    }
    let until = Instant::now() + Duration::from_secs(20);
    while post.tried().await < 5 {
        assert!(Instant::now() < until, "nobody tries");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(post.waiting().await, 5);
    let server = Server::start_on(port).await;
    post.all_is_sent().await;
    let messages = server.messages();
    let ids: std::collections::BTreeSet<_> = messages.iter().map(|text| message_id(text)).collect();
    assert_eq!((messages.len(), ids.len()), (5, 5));
}

#[tokio::test]
async fn a_server_that_says_later_is_asked_later_and_one_that_says_no_is_not() {
    let server = Server::start().await;
    let post = Post::new(server.port, 1).await;
    server.will(Mood::Refuse("451 <ada@example.com> is greylisted"));
    server.will(Mood::Refuse("421 too many connections"));
    post.promise(&mail()).await;
    post.all_is_sent().await;
    assert_eq!(server.messages().len(), 1);

    server.will(Mood::Refuse("550 <ada@example.com> does not exist"));
    post.promise(&mail()).await;
    post.all_is_sent().await;
    assert_eq!(server.messages().len(), 1);
    let dead = job::dead(&post.pool, 10).await.unwrap();
    // Neither address nor code stays.
    assert_eq!(
        dead[0].error.as_deref(),
        Some("the mail server answered 550")
    );
    assert_eq!(dead[0].attempts, 1);
    let kept: i64 = sqlx::query_scalar("select count(payload) from crestfall.jobs")
        .fetch_one(&post.pool)
        .await
        .unwrap();
    assert_eq!(kept, 0);
}

/// `AUTH PLAIN` of this user and password.
fn plain(user: &str, password: &str) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(format!("\0{user}\0{password}"))
}

fn protected(port: u16, tls: SmtpTls, certificates: &Certificates) -> MailConfig {
    let mut config = config(port);
    config.smtp.host = "localhost".into();
    config.smtp.tls = tls;
    config.smtp.ca_file = Some(certificates.authority());
    config.smtp.user = "shop".into();
    config.smtp.password = crestfall_core::Secret::new("open sesame");
    config
}

#[tokio::test]
async fn mail_goes_by_tls_from_the_first_byte_or_by_starttls_to_who_knows_us() {
    let certificates = Certificates::make();
    for (protection, tls) in [
        (Protection::Implicit, SmtpTls::Implicit),
        (Protection::Starttls, SmtpTls::Starttls),
        (Protection::Starttls, SmtpTls::Opportunistic),
    ] {
        let credentials = plain("shop", "open sesame");
        let server = Server::start_protected(protection, &certificates, &credentials).await;
        let post = Post::with(protected(server.port, tls, &certificates), 1).await;
        post.promise(&mail()).await;
        post.all_is_sent().await;
        let messages = server.messages();
        assert_eq!(messages.len(), 1, "{tls:?}");
        assert!(messages[0].contains("123456"), "{tls:?}");
        assert_eq!((server.refused(), server.in_the_open()), (0, 0), "{tls:?}");
    }
}

#[tokio::test]
async fn a_server_that_refuses_our_password_is_asked_again_and_the_log_says_why() {
    let certificates = Certificates::make();
    let (protection, credentials) = (Protection::Starttls, plain("shop", "another"));
    let server = Server::start_protected(protection, &certificates, &credentials).await;
    let config = protected(server.port, SmtpTls::Starttls, &certificates);
    let post = Post::with(config, 1).await;
    post.promise(&mail()).await;
    post.refused_with("the mail server answered 535: it refuses mail.smtp.user or password")
        .await;
    assert!(server.refused() > 0);
    // Mended: what waited goes out.
    server.expect_credentials(&plain("shop", "open sesame"));
    post.all_is_sent().await;
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn no_mail_goes_to_a_server_without_tls_or_that_nobody_vouches_for() {
    let certificates = Certificates::make();
    // STARTTLS is wanted and not offered.
    let server = Server::start().await;
    let config = protected(server.port, SmtpTls::Starttls, &certificates);
    let post = Post::with(config, 1).await;
    post.promise(&mail()).await;
    post.refused_with("the mail server could not be used").await;
    assert!(server.messages().is_empty());
    // Somebody else's authority.
    let others = Certificates::make();
    let credentials = plain("shop", "open sesame");
    let protection = Protection::Implicit;
    let server = Server::start_protected(protection, &others, &credentials).await;
    let config = protected(server.port, SmtpTls::Implicit, &certificates);
    let post = Post::with(config, 1).await;
    post.promise(&mail()).await;
    post.refused_with("certificate").await;
    assert!(server.messages().is_empty());
    assert_eq!(server.refused(), 0, "no password was sent");
}

#[tokio::test]
async fn a_mail_sent_again_after_a_lost_answer_can_be_recognised() {
    let server = Server::start().await;
    let post = Post::new(server.port, 1).await;
    server.will(Mood::DropAfterData);
    post.promise(&mail()).await;
    post.all_is_sent().await;
    let messages = server.messages();
    assert_eq!(messages.len(), 2);
    assert_eq!(message_id(&messages[0]), message_id(&messages[1]));
}

/// What stands at an address, as long as it is there.
#[derive(Clone, Default)]
struct Shelf(std::sync::Arc<std::sync::Mutex<Option<&'static str>>>);

impl Shelf {
    fn put(&self, template: Option<&'static str>) {
        *self.0.lock().unwrap() = template;
    }

    async fn open(&self) -> String {
        let shelf = self.clone();
        let look = move || async move {
            let template = *shelf.0.lock().unwrap();
            template.ok_or(http::StatusCode::NOT_FOUND)
        };
        let app = Router::new().route("/mails/confirm.html", axum::routing::get(look));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        format!("http://{address}")
    }
}

#[tokio::test]
async fn d31_a_template_may_stand_at_an_address_of_the_site() {
    let shelf = Shelf::default();
    shelf.put(Some("<p>Come in, {{ .Email }}: {{ .ConfirmationURL }}</p>"));
    let site = shelf.open().await;
    let app = TestAuth::with(|config| {
        config.site_url = site;
        config.email.autoconfirm = false;
        let path = "/mails/confirm.html".to_owned();
        config
            .mail
            .template_urls
            .insert(MailKind::Confirmation, path);
        let missing = "/mails/nothing.html".to_owned();
        config
            .mail
            .template_urls
            .insert(MailKind::Recovery, missing);
    })
    .await;
    let post = Postbox::open(&app);
    let sign_up = async |email: &str| {
        let body = serde_json::json!({ "email": email, "password": "correct horse" });
        app.post("/signup", "", body).await;
        post.one(email).await
    };
    let until = Instant::now() + Duration::from_secs(10);
    for n in 0.. {
        let email = format!("ada-{n}@example.org");
        let letter = sign_up(&email).await;
        if letter.html.contains("Come in") {
            assert!(letter.html.contains(&email), "{}", letter.html);
            assert!(letter.text.contains("Come in"), "{}", letter.text);
            break;
        }
        assert!(Instant::now() < until, "it was never fetched");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // One that cannot be had is the built-in one.
    let body = serde_json::json!({ "email": "ada-0@example.org" });
    app.post("/recover", "", body).await;
    let letter = post.nth("ada-0@example.org", 2).await;
    assert_eq!(letter.kind, "recovery");
    letter.code();
}

#[tokio::test]
async fn a_code_that_expired_is_not_sent() {
    let server = Server::start().await;
    let post = Post::new(server.port, 1).await;
    let expired = Mail {
        expires_at: Some(Utc::now()),
        ..mail()
    };
    post.promise(&expired).await;
    post.all_is_sent().await;
    assert!(server.messages().is_empty());
}

#[tokio::test]
async fn the_catcher_shows_mail_and_messages_and_lets_nothing_out() {
    let catcher = Catcher::new();
    let router: Router = Router::new().nest("/mail", catcher.router());
    let app = TestApp::new(router);
    assert!(app.get("/mail").await.text().contains("No mail yet"));

    let mails = Mails::new(config(1), "https://app.example", "https://api.example").unwrap();
    let mut written = mails.write(&mail()).unwrap();
    written.content.subject = "<script>alert(1)</script>".into();
    crestfall_auth::mail::Mailer::send(&catcher, &written)
        .await
        .unwrap();
    let sms = Sms {
        phone: "491701234567".into(),
        text: "Your code is <b>1".into(),
        code: "1".into(),
        channel: Channel::Sms,
    };
    catcher.send(&sms).await.unwrap();

    let index = app.get("/mail").await;
    assert!(
        index.text().contains("&lt;script&gt;alert(1)") && !index.text().contains("<script>alert")
    );
    assert!(index.text().find("Your code is").unwrap() < index.text().find("alert").unwrap());
    assert!(
        index
            .header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    assert!(
        index.text().contains("href=\"/mail/mails/1\"")
            && index.text().contains("src=\"/mail/catcher.js\"")
    );
    let list = app.get("/mail/mails").await.json();
    assert_eq!(list[0]["type"], "sms");
    assert_eq!(
        (&list[1]["to"], &list[1]["kind"]),
        (&"ada@example.com".into(), &"magic_link".into())
    );
    let page = app.get("/mail/mails/1").await;
    assert!(
        page.text().contains("href=\"/mail\"") && page.text().contains("src=\"/mail/catcher.js\"")
    );
    assert_eq!(app.get("/mail/catcher.js").await.status, 200);
    assert!(
        page.text()
            .contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\" src=\"1/html\"")
    );
    let html = app.get("/mail/mails/1/html").await;
    assert!(
        html.header("content-security-policy").contains("sandbox")
            && html.text().contains("123456")
    );
    assert!(
        app.get("/mail/mails/1/raw")
            .await
            .header("content-type")
            .starts_with("text/plain")
    );
    assert_eq!(app.get("/mail/mails/9").await.status, 404);
    assert_eq!(app.delete("/mail/mails").await.status, 204);
    assert_eq!(app.get("/mail/mails").await.json(), serde_json::json!([]));
}
