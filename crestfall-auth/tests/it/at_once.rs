//! What changes while a password is being checked: the sign-in counts as of its end, not of its beginning.

use std::sync::{Arc, OnceLock};

use crestfall_auth::hook::HookPoint;
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::service::{TestAuth, claims};

const EMAIL: &str = "ada@example.org";
const PASSWORD: &str = "correct horse";

/// A service in which this statement runs between the check of a password and the sign-in.
async fn meanwhile(statement: &'static str) -> TestAuth {
    let pool: Arc<OnceLock<PgPool>> = Arc::default();
    let hook = {
        let pool = pool.clone();
        move |_: Value| {
            let pool = pool.get().expect("a pool").clone();
            async move {
                sqlx::raw_sql(statement)
                    .execute(&pool)
                    .await
                    .expect(statement);
                Ok(json!({ "decision": "continue" }))
            }
        }
    };
    let point = HookPoint::PasswordVerificationAttempt;
    let app = TestAuth::built(|_| (), |builder| builder.hook(point, hook)).await;
    pool.set(app.pool.clone()).expect("a pool is set once");
    app.sign_up(EMAIL, PASSWORD).await;
    app
}

#[tokio::test]
async fn a_password_that_is_replaced_while_it_is_checked_opens_nothing() {
    let app =
        meanwhile("update auth.users set encrypted_password = '$2b$04$abcdefghijklmnopqrstuu'")
            .await;
    let late = app.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(
        (late.status, late.code()),
        (StatusCode::BAD_REQUEST, "invalid_credentials")
    );
    let sessions: i64 = sqlx::query_scalar("select count(*) from auth.sessions")
        .fetch_one(&app.pool)
        .await
        .expect("a count");
    assert_eq!(sessions, 1, "the sign-up's");
}

#[tokio::test]
async fn a_user_who_is_shut_out_while_the_password_is_checked_stays_out() {
    let app = meanwhile("update auth.users set banned_until = now() + interval '1 day'").await;
    let late = app.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(late.status, StatusCode::BAD_REQUEST, "{late:?}");
    let sessions: i64 = sqlx::query_scalar("select count(*) from auth.sessions")
        .fetch_one(&app.pool)
        .await
        .expect("a count");
    assert_eq!(sessions, 0);
}

#[tokio::test]
async fn a_token_says_what_an_administrator_changed_while_the_password_was_checked() {
    let app = meanwhile("update auth.users set raw_app_meta_data = '{\"team\": \"red\"}'").await;
    let session = app.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    let token = claims(&session.text("/access_token"));
    assert_eq!(token["app_metadata"]["team"], "red");
    assert_eq!(session.body["user"]["app_metadata"]["team"], "red");
}

#[tokio::test]
async fn a_sign_in_from_a_known_network_leaves_what_every_sign_in_leaves() {
    let app = TestAuth::new().await;
    let session = json!({ "email": EMAIL, "password": PASSWORD });
    app.post_from("192.0.2.7", "/signup", session.clone()).await;
    let path = "/token?grant_type=password";
    let failed = json!({ "email": EMAIL, "password": "wrong" });
    app.post_from("192.0.2.7", path, failed).await;
    let answer = app.post_from("192.0.2.7", path, session).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let token = claims(&answer.text("/access_token"));
    assert_eq!(token["aal"], "aal1");
    assert_eq!(token["amr"][0]["method"], "password");
    let left: Value = sqlx::query_scalar(
        "select jsonb_build_object(
           'ip', host(s.ip), 'amr', (select jsonb_agg(authentication_method)
             from auth.mfa_amr_claims where session_id = s.id),
           'counter', s.refresh_token_counter,
           'signed_in', u.last_sign_in_at >= s.created_at,
           'failures', (select coalesce(sum(failures), 0) from auth.sign_in_failures),
           'log', (select jsonb_agg(payload ->> 'action' order by created_at desc)
             from auth.audit_log_entries),
           'provider', (select payload -> 'traits' ->> 'provider'
             from auth.audit_log_entries order by created_at desc limit 1))
         from auth.sessions s join auth.users u on u.id = s.user_id where s.id = $1::uuid",
    )
    .bind(token["session_id"].as_str().expect("a session"))
    .fetch_one(&app.pool)
    .await
    .expect("a session");
    assert_eq!(
        left,
        json!({
            "ip": "192.0.2.7", "amr": ["password"], "counter": 0, "signed_in": true,
            "failures": 0, "log": ["login", "login_failed", "login", "user_signedup"], "provider": "email",
        })
    );
    let next = app.refresh(&answer.text("/refresh_token")).await;
    assert_eq!(next.status, StatusCode::OK, "{next:?}");
    assert_eq!(claims(&next.text("/access_token"))["amr"], token["amr"]);
}
