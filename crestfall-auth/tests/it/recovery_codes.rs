//! Recovery codes (GT-040, D30, SEC-12).

use http::StatusCode;
use serde_json::{Value, json};

use crate::second_factor::{App, subjects};
use crate::service::{TestAuth, claims};

const CODES: &str = "/factors/recovery-codes";
const VERIFY: &str = "/factors/recovery-codes/verify";

async fn generate(app: &TestAuth, token: &str) -> Vec<String> {
    let answer = app.post(CODES, token, Value::Null).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    serde_json::from_value(answer.body["codes"].clone()).expect("codes")
}

/// Signs up, sets a factor up, and gives a session that proved it.
async fn with_factor(app: &TestAuth) -> String {
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let token = session.text("/access_token");
    let phone = App::enroll(app, &token, "phone").await;
    phone.lift(app, &token).await.text("/access_token")
}

async fn low(app: &TestAuth) -> String {
    let session = app.sign_in("ada@example.org", "correct horse").await;
    session.text("/access_token")
}

#[tokio::test]
async fn gt_040_a_code_takes_the_place_of_a_lost_factor_once() {
    let app = TestAuth::new().await;
    let high = with_factor(&app).await;
    let codes = generate(&app, &high).await;
    assert_eq!(codes.len(), 10);
    let kept: Vec<String> = sqlx::query_scalar("select code_hash from auth.recovery_codes")
        .fetch_all(&app.pool)
        .await
        .expect("hashes");
    assert!(codes.iter().all(|code| !kept.contains(code)));
    let token = low(&app).await;
    let refused = app.post(CODES, &token, Value::Null).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (403, "insufficient_aal")
    );
    let typed = codes[3].to_lowercase().replace('-', " ");
    let lifted = app.post(VERIFY, &token, json!({ "code": typed })).await;
    assert_eq!(lifted.status, StatusCode::OK, "{lifted:?}");
    let token = lifted.text("/access_token");
    let said = claims(&token);
    assert_eq!(said["aal"], "aal2");
    assert_eq!(said["amr"][0]["method"], "mfa/recovery_code");
    let left = app.get(CODES, &token).await;
    assert_eq!(left.body, json!({ "remaining": 9 }));
    let again = app.post(VERIFY, &token, json!({ "code": codes[3] })).await;
    assert_eq!(
        (again.status.as_u16(), again.code()),
        (422, "recovery_code_invalid")
    );
    let subjects = subjects(&app, 3).await;
    assert!(
        subjects.contains(&"A recovery code was used".to_owned()),
        "{subjects:?}"
    );
    let actions: Vec<String> = sqlx::query_scalar(
        "select payload ->> 'action' from auth.audit_log_entries
         where payload ->> 'action' like 'recovery_code%' order by created_at",
    )
    .fetch_all(&app.pool)
    .await
    .expect("actions");
    assert_eq!(
        actions,
        [
            "recovery_codes_generated",
            "recovery_code_used",
            "recovery_code_used"
        ]
    );
}

#[tokio::test]
async fn sec_12_of_fifty_uses_at_once_one_succeeds() {
    let app = TestAuth::new().await;
    let high = with_factor(&app).await;
    let codes = generate(&app, &high).await;
    let mut tokens = Vec::new();
    for _ in 0..5 {
        tokens.push(low(&app).await);
    }
    let tries = (0..50).map(|number| {
        let token = &tokens[number % tokens.len()];
        app.post(VERIFY, token, json!({ "code": codes[0] }))
    });
    let answers = futures_util::future::join_all(tries).await;
    let right = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK);
    assert_eq!(right.count(), 1);
    assert!(
        answers
            .iter()
            .all(|answer| !answer.status.is_server_error())
    );
}

#[tokio::test]
async fn gt_040_new_codes_kill_the_old_and_tries_are_limited() {
    let app = TestAuth::with(|config| {
        config.rate_limits.mfa_verify_by_factor = "3".parse().expect("a rate");
        config.mfa.recovery_codes = 4;
    })
    .await;
    let high = with_factor(&app).await;
    let old = generate(&app, &high).await;
    let new = generate(&app, &high).await;
    assert_eq!((old.len(), new.len()), (4, 4));
    let verify = async |code: &str| app.post(VERIFY, &high, json!({ "code": code })).await;
    assert_eq!(verify(&old[0]).await.code(), "recovery_code_invalid");
    assert_eq!(verify("nonsense").await.code(), "recovery_code_invalid");
    assert_eq!(verify("").await.code(), "validation_failed");
    assert_eq!(verify(&old[1]).await.code(), "recovery_code_invalid");
    let limited = verify(&new[0]).await;
    assert_eq!(
        (limited.status.as_u16(), limited.code()),
        (429, "over_request_rate_limit")
    );
}

#[tokio::test]
async fn codes_made_elsewhere_are_void_once_the_first_factor_is_set_up() {
    let app = TestAuth::new().await;
    let thief = app.sign_up("ada@example.org", "correct horse").await;
    let thiefs = generate(&app, &thief.text("/access_token")).await;
    let token = low(&app).await;
    let phone = App::enroll(&app, &token, "phone").await;
    let high = phone.lift(&app, &token).await.text("/access_token");
    assert_eq!(app.get(CODES, &high).await.body, json!({ "remaining": 0 }));
    let token = low(&app).await;
    let refused = app.post(VERIFY, &token, json!({ "code": thiefs[0] })).await;
    assert_eq!(refused.code(), "recovery_code_invalid");
    // And all are, when the last factor goes.
    generate(&app, &high).await;
    let removed = app.delete(&phone.path(""), &high, Value::Null).await;
    assert_eq!(removed.status, StatusCode::OK, "{removed:?}");
    let left = app.get(CODES, &low(&app).await).await;
    assert_eq!(left.body, json!({ "remaining": 0 }));
}

#[tokio::test]
async fn codes_made_before_the_first_factor_in_the_same_session_hold() {
    let app = TestAuth::new().await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let token = session.text("/access_token");
    generate(&app, &token).await;
    let phone = App::enroll(&app, &token, "phone").await;
    let high = phone.lift(&app, &token).await.text("/access_token");
    let left = app.get(CODES, &high).await;
    assert_eq!(left.body, json!({ "remaining": 10 }));
}
