//! Hooks: functions of the database, addresses over HTTP, Rust (GT-092 to GT-097).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crestfall_auth::Config;
use crestfall_auth::config::HookConfig;
use crestfall_auth::hook::{HookError, HookPoint};
use crestfall_core::Secret;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::service::{TestAuth, claims, key};

const SECRETS: [&str; 2] = [
    "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "v1,whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
];

fn function(name: &str) -> HookConfig {
    HookConfig {
        enabled: true,
        uri: format!("pg-functions://postgres/public/{name}"),
        ..HookConfig::default()
    }
}

/// A service whose database has these functions.
async fn with_sql(sql: &'static str, change: impl FnOnce(&mut Config)) -> TestAuth {
    let app = TestAuth::with(change).await;
    sqlx::raw_sql(sql).execute(&app.pool).await.expect("done");
    app
}

/// A status, a `Retry-After` or none, a body.
type Scripted = (u16, &'static str, String);

/// What an application answers, in turn, and what it was asked.
#[derive(Clone, Default)]
struct Application {
    answers: Arc<Mutex<VecDeque<Scripted>>>,
    asked: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Application {
    async fn new() -> (Self, HookConfig) {
        let this = Self::default();
        let app = Router::new()
            .route("/hook", post(Self::answer))
            .with_state(this.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, app).await });
        let config = HookConfig {
            enabled: true,
            uri: format!("http://{address}/hook"),
            secrets: SECRETS.map(Secret::new).to_vec(),
            ..HookConfig::default()
        };
        (this, config)
    }

    async fn answer(State(this): State<Self>, headers: HeaderMap, body: Bytes) -> Response {
        this.asked.lock().expect("a lock").push((headers, body));
        let answer = this.answers.lock().expect("a lock").pop_front();
        let (status, content_type, body) = answer.unwrap_or((204, "", String::new()));
        let status = StatusCode::from_u16(status).expect("a status");
        let headers = match (status, content_type) {
            (StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS, after) => {
                [("retry-after", after)]
            }
            (_, content_type) => [("content-type", content_type)],
        };
        (status, headers, body).into_response()
    }

    fn will(&self, status: u16, header: &'static str, body: &str) {
        let mut answers = self.answers.lock().expect("a lock");
        answers.push_back((status, header, body.to_owned()));
    }

    fn asked(&self) -> Vec<(HeaderMap, Bytes)> {
        std::mem::take(&mut self.asked.lock().expect("a lock"))
    }
}

const JSON: &str = "application/json";

/// `org` and the method are added to the claims.
const CUSTOM: &str = "
    create function public.custom(event jsonb) returns jsonb language sql as $$
      select jsonb_build_object('claims', event -> 'claims'
        || jsonb_build_object('org', 'acme', 'by', event -> 'authentication_method',
          'asked_by', event #> '{metadata,name}'))
    $$";

#[tokio::test]
async fn gt_095_a_function_adds_claims_to_every_token() {
    let app = with_sql(CUSTOM, |config| {
        config.hooks.custom_access_token = function("custom");
    })
    .await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let token = session.text("/access_token");
    let said = claims(&token);
    assert_eq!(
        (&said["org"], &said["by"], &said["asked_by"]),
        (
            &json!("acme"),
            &json!("password"),
            &json!("customize-access-token")
        )
    );
    assert_eq!(app.get("/user", &token).await.status, StatusCode::OK);
    let refreshed = app.refresh(&session.text("/refresh_token")).await;
    let said = claims(&refreshed.text("/access_token"));
    assert_eq!(said["by"], "token_refresh");
}

#[tokio::test]
async fn gt_095_claims_that_make_no_token_are_refused() {
    let sql = "create function public.custom(event jsonb) returns jsonb language sql as $$
        select jsonb_build_object('claims', (event -> 'claims') - 'role') $$";
    let app = with_sql(sql, |config| {
        config.hooks.custom_access_token = function("custom");
    })
    .await;
    let body = json!({ "email": "ada@example.org", "password": "correct horse" });
    let answer = app.post("/signup", "", body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (500, "unexpected_failure")
    );
    assert!(
        answer.text("/message").contains("role is required"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn gt_092_a_function_that_takes_too_long_fails_unless_it_may() {
    let sql = "create function public.slow(event jsonb) returns jsonb language sql as $$
        select pg_sleep(10); select '{}'::jsonb $$";
    for fail_open in [false, true] {
        let app = with_sql(sql, |config| {
            config.hooks.custom_access_token = HookConfig {
                fail_open,
                ..function("slow")
            };
        })
        .await;
        let body = json!({ "email": "ada@example.org", "password": "correct horse" });
        let start = std::time::Instant::now();
        let answer = app.post("/signup", "", body).await;
        assert!(start.elapsed() < std::time::Duration::from_secs(6));
        if fail_open {
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        } else {
            assert_eq!(
                (answer.status.as_u16(), answer.text("/message")),
                (
                    500,
                    "Error running hook URI: pg-functions://postgres/public/slow".to_owned()
                )
            );
        }
    }
}

#[tokio::test]
async fn gt_097_a_function_refuses_users_and_hears_of_those_that_are_made() {
    let sql = "
        create table public.profiles (id uuid primary key references auth.users, email text);
        create function public.before(event jsonb) returns jsonb language sql as $$
          select case when event #>> '{user,email}' ~ '^$|@example.org$' then '{}'::jsonb
            else jsonb_build_object('error',
              jsonb_build_object('http_code', 403, 'message', 'example.org only')) end $$;
        create function public.after(event jsonb) returns jsonb language plpgsql as $$
          begin
            insert into public.profiles
              values ((event #>> '{user,id}')::uuid, event #>> '{user,email}');
            return '{}';
          end $$;";
    let app = with_sql(sql, |config| {
        config.hooks.before_user_created = function("before");
        config.hooks.after_user_created = function("after");
    })
    .await;
    let body = json!({ "email": "ada@example.com", "password": "correct horse" });
    let refused = app.post("/signup", "", body.clone()).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "unknown"));
    assert_eq!(refused.body["message"], "example.org only");
    let by_admin = app.post("/admin/users", &key("service_role"), body).await;
    assert_eq!(by_admin.status, StatusCode::FORBIDDEN);
    assert_eq!(
        app.post("/signup", "", json!({})).await.status,
        StatusCode::OK
    );
    app.sign_up("ada@example.org", "correct horse").await;
    let made = json!({ "email": "bob@example.org" });
    let made = app.post("/admin/users", &key("service_role"), made).await;
    assert_eq!(made.status, StatusCode::OK, "{made:?}");
    let profiles: Vec<Option<String>> =
        sqlx::query_scalar("select email from public.profiles order by 1")
            .fetch_all(&app.pool)
            .await
            .expect("profiles");
    let profiles: Vec<_> = profiles.iter().flatten().map(String::as_str).collect();
    assert_eq!(profiles, ["", "ada@example.org", "bob@example.org"]);
}

#[tokio::test]
async fn gt_096_a_function_stops_tries_of_passwords_and_ends_sessions() {
    let sql = "
        create table public.tries (user_id uuid, valid boolean);
        create function public.try(event jsonb) returns jsonb language plpgsql as $$
          begin
            insert into public.tries values ((event ->> 'user_id')::uuid, (event ->> 'valid')::boolean);
            if (select count(*) from public.tries where not valid) > 1 then
              return '{\"decision\": \"reject\", \"should_logout_user\": true}';
            end if;
            return '{\"decision\": \"continue\"}';
          end $$;";
    let app = with_sql(sql, |config| {
        config.hooks.password_verification_attempt = function("try");
    })
    .await;
    let token = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    let wrong = app.sign_in("ada@example.org", "wrong").await;
    assert_eq!(wrong.body["message"], "Invalid login credentials");
    let right = app.sign_in("ada@example.org", "correct horse").await;
    assert_eq!(right.status, StatusCode::OK);
    app.sign_in("nobody@example.org", "wrong").await;
    for password in ["wrong", "correct horse"] {
        let rejected = app.sign_in("ada@example.org", password).await;
        assert_eq!(
            (rejected.status.as_u16(), rejected.code()),
            (400, "invalid_credentials")
        );
        assert_eq!(
            rejected.body["message"],
            "Further password verification attempts will be rejected."
        );
    }
    assert_eq!(app.get("/user", &token).await.code(), "session_not_found");
}

#[tokio::test]
async fn gt_092_calls_over_http_are_signed_with_every_secret() {
    let (application, hook) = Application::new().await;
    let app = TestAuth::with(|config| config.hooks.after_user_created = hook).await;
    application.will(200, "application/json; charset=utf-8", "{}");
    app.sign_up("ada@example.org", "correct horse").await;
    let [(headers, body)] = &application.asked()[..] else {
        panic!("one call")
    };
    let text = |name: &str| headers[name].to_str().expect("ASCII").to_owned();
    let head = format!("{}.{}.", text("webhook-id"), text("webhook-timestamp"));
    let signed = [head.as_bytes(), body].concat();
    let signatures: Vec<_> = SECRETS
        .iter()
        .map(|secret| {
            let secret = secret.trim_start_matches("v1,whsec_");
            let bytes = BASE64_STANDARD.decode(secret).expect("base64");
            let hmac_key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
            format!(
                "v1,{}",
                BASE64_STANDARD.encode(hmac::sign(&hmac_key, &signed))
            )
        })
        .collect();
    assert_eq!(text("webhook-signature"), signatures.join(" "));
    let body: Value = serde_json::from_slice(body).expect("JSON");
    assert_eq!(body["user"]["email"], "ada@example.org");
    assert_eq!(body["metadata"]["name"], "after-user-created");
    assert!(body["metadata"]["uuid"].is_string() && body["metadata"]["time"].is_string());
}

#[tokio::test]
async fn gt_092_a_busy_application_is_asked_again_three_times_in_all() {
    let (application, hook) = Application::new().await;
    let app = TestAuth::with(|config| config.hooks.before_user_created = hook).await;
    application.will(503, "0", "");
    application.will(429, "1", "");
    app.sign_up("ada@example.org", "correct horse").await;
    let asked = application.asked();
    assert_eq!(asked.len(), 3);
    let mut ids: Vec<_> = asked.iter().map(|(h, _)| h["webhook-id"].clone()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 3, "each try has its own id");
    for _ in 0..3 {
        application.will(503, "0", "");
    }
    let body = json!({ "email": "bob@example.org", "password": "correct horse" });
    let answer = app.post("/signup", "", body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text("/message")),
        (500, "Service currently unavailable due to hook".to_owned())
    );
    assert_eq!(application.asked().len(), 3);
}

#[tokio::test]
async fn gt_092_answers_that_are_none_have_gotrues_errors() {
    let (application, hook) = Application::new().await;
    let app = TestAuth::with(|config| config.hooks.before_user_created = hook).await;
    let large = format!("{{\"x\": \"{}\"}}", "x".repeat(200 * 1024));
    for (status, content_type, body, expected) in [
        (
            200,
            "text/html",
            "{}",
            (
                400,
                "hook_payload_invalid_content_type",
                "Invalid JSON response. Received content-type: text/html",
            ),
        ),
        (
            200,
            JSON,
            large.as_str(),
            (
                422,
                "hook_payload_over_size_limit",
                "Payload size exceeded size limit of 204800 bytes",
            ),
        ),
        (
            200,
            JSON,
            "nonsense",
            (500, "unexpected_failure", "Error unmarshaling JSON output."),
        ),
        (
            400,
            JSON,
            "{}",
            (500, "unexpected_failure", "Invalid payload sent to hook"),
        ),
        (
            401,
            JSON,
            "{}",
            (
                500,
                "unexpected_failure",
                "Hook requires authorization token",
            ),
        ),
        (
            418,
            JSON,
            "{}",
            (
                500,
                "unexpected_failure",
                "Unexpected status code returned from hook: 418",
            ),
        ),
        (
            200,
            JSON,
            r#"{"error":{"message":"not you"}}"#,
            (500, "unexpected_failure", "not you"),
        ),
        (
            200,
            JSON,
            r#"{"error":{"http_code":422,"message":"not you"}}"#,
            (422, "unknown", "not you"),
        ),
    ] {
        application.will(status, content_type, body);
        let user = json!({ "email": "ada@example.org", "password": "correct horse" });
        let answer = app.post("/signup", "", user).await;
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.code(),
                answer.text("/message").as_str()
            ),
            expected
        );
    }
    application.will(204, "", "");
    app.sign_up("ada@example.org", "correct horse").await;
}

#[tokio::test]
async fn gt_092_an_application_that_does_not_answer_is_waited_for_five_seconds() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let silent = format!("http://{}/", listener.local_addr().expect("an address"));
    for (uri, expected) in [
        (
            silent,
            (
                422,
                "hook_timeout",
                "Failed to reach hook within maximum time of 5.000000 seconds",
            ),
        ),
        (
            "http://127.0.0.1:1/".to_owned(),
            (
                422,
                "hook_timeout_after_retry",
                "Failed to reach hook after maximum retries",
            ),
        ),
    ] {
        let app = TestAuth::with(|config| {
            config.hooks.before_user_created = HookConfig {
                enabled: true,
                uri,
                ..HookConfig::default()
            };
        })
        .await;
        let user = json!({ "email": "ada@example.org", "password": "correct horse" });
        let start = std::time::Instant::now();
        let answer = app.post("/signup", "", user).await;
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.code(),
                answer.text("/message").as_str()
            ),
            expected
        );
        assert!(start.elapsed() < std::time::Duration::from_secs(30));
    }
}

#[tokio::test]
async fn a_closure_of_the_embedder_is_a_hook() {
    let app = TestAuth::built(
        |_| (),
        |builder| {
            builder
                .hook(HookPoint::CustomAccessToken, async |mut input: Value| {
                    input["claims"]["org"] = "acme".into();
                    Ok(json!({ "claims": input["claims"] }))
                })
                .hook(HookPoint::BeforeUserCreated, async |input: Value| {
                    match input["user"]["email"].as_str() {
                        Some("mallory@example.org") => Err(HookError::Refused {
                            status: StatusCode::FORBIDDEN,
                            message: "not you".to_owned(),
                        }),
                        Some("eve@example.org") => Err(HookError::Failed("no directory".into())),
                        _ => Ok(json!({})),
                    }
                })
        },
    )
    .await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    assert_eq!(claims(&session.text("/access_token"))["org"], "acme");
    let sign_up = async |email: &str| {
        let body = json!({ "email": email, "password": "correct horse" });
        app.post("/signup", "", body).await
    };
    let refused = sign_up("mallory@example.org").await;
    assert_eq!(
        (refused.status.as_u16(), refused.text("/message")),
        (403, "not you".to_owned())
    );
    let failed = sign_up("eve@example.org").await;
    assert_eq!(
        (failed.status.as_u16(), failed.text("/message")),
        (500, "Error running hook".to_owned())
    );
}

#[tokio::test]
async fn gt_094_a_hook_sends_mail_instead_of_the_service() {
    let (application, hook) = Application::new().await;
    let app = TestAuth::with(|config| {
        config.hooks.send_email = hook;
        config.lock_out.max_delay = "0s".parse().expect("a duration");
        config.lock_out.attempts = 2;
    })
    .await;
    app.sign_up("ada@example.org", "correct horse").await;
    for _ in 0..3 {
        app.sign_in("ada@example.org", "wrong").await;
    }
    let auth = app.auth.clone();
    let run =
        tokio::spawn(async move { auth.run(tokio_util::sync::CancellationToken::new()).await });
    let mut asked = Vec::new();
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        asked = application.asked();
        if !asked.is_empty() {
            break;
        }
    }
    run.abort();
    let (_, body) = asked.first().expect("a call");
    let body: Value = serde_json::from_slice(body).expect("JSON");
    let data = &body["email_data"];
    assert_eq!(body["user"]["email"], "ada@example.org");
    assert_eq!(data["send_to"], "ada@example.org");
    assert_eq!(data["token"].as_str().map(str::len), Some(6));
    assert!(
        data["token_hash"]
            .as_str()
            .is_some_and(|hash| hash.len() >= 56)
    );
    let jobs: i64 =
        sqlx::query_scalar("select count(*) from crestfall.jobs where kind = 'auth.mail'")
            .fetch_one(&app.pool)
            .await
            .expect("a count");
    assert_eq!(jobs, 0, "nothing is sent twice");
}

#[tokio::test]
async fn hooks_that_make_no_sense_keep_the_service_from_starting() {
    for (uri, secret) in [
        ("", ""),
        ("ftp://example.org/", ""),
        ("http://hooks.example.org/", ""),
        ("pg-functions://postgres/public", ""),
        ("https://hooks.example.org/", "v1a,whpk_x:whsk_y"),
    ] {
        let mut config = crate::service::open_config();
        config.hooks.send_sms = HookConfig {
            enabled: true,
            uri: uri.to_owned(),
            secrets: vec![Secret::new(secret)],
            ..HookConfig::default()
        };
        let pool = sqlx::PgPool::connect_lazy("postgres://localhost/none").expect("a pool");
        let error = crestfall_auth::Auth::new(pool, config)
            .await
            .expect_err(uri);
        assert!(error.to_string().contains("hooks"), "{error}");
    }
}
