//! How long sessions last, and how many there are (GT-076).

use crestfall_core::units::Duration;
use http::StatusCode;
use serde_json::json;

use crate::service::{Answer, TestAuth};

async fn refresh(app: &TestAuth, session: &Answer) -> Answer {
    let body = json!({ "refresh_token": session.text("/refresh_token") });
    app.post("/token?grant_type=refresh_token", "", body).await
}

async fn sign_in(app: &TestAuth) -> Answer {
    let body = json!({ "email": "ada@example.org", "password": "correct horse" });
    let session = app.post("/token?grant_type=password", "", body).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    session
}

/// As if the session had begun, and was last refreshed, so much earlier.
async fn grow_older(app: &TestAuth, by: &str) {
    let query = format!(
        "update auth.sessions set created_at = created_at - interval '{by}',
           refreshed_at = coalesce(refreshed_at, now() at time zone 'utc') - interval '{by}',
           updated_at = updated_at - interval '{by}', not_after = not_after - interval '{by}'"
    );
    sqlx::query(sqlx::AssertSqlSafe(query))
        .execute(&app.pool)
        .await
        .expect("an update");
}

fn is_over(answer: &Answer) -> bool {
    answer.status == StatusCode::BAD_REQUEST && answer.code() == "session_expired"
}

#[tokio::test]
async fn a_session_lasts_no_longer_than_its_timebox_gt_076() {
    let app = TestAuth::with(|config| config.sessions.timebox = Duration::seconds(3600)).await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    grow_older(&app, "50 minutes").await;
    let session = refresh(&app, &session).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    grow_older(&app, "11 minutes").await;
    let over = refresh(&app, &session).await;
    assert!(is_over(&over), "{over:?}");

    // One that began under other settings, too.
    let session = sign_in(&app).await;
    app.db
        .execute("update auth.sessions set not_after = null")
        .await;
    grow_older(&app, "61 minutes").await;
    let over = refresh(&app, &session).await;
    assert!(is_over(&over), "{over:?}");
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends_gt_076() {
    let change = |config: &mut crestfall_auth::Config| {
        config.sessions.inactivity_timeout = Duration::seconds(3600);
    };
    let app = TestAuth::with(change).await;
    let mut session = app.sign_up("ada@example.org", "correct horse").await;
    // Used now and then, it lasts.
    for _ in 0..3 {
        grow_older(&app, "50 minutes").await;
        session = refresh(&app, &session).await;
        assert_eq!(session.status, StatusCode::OK, "{session:?}");
    }
    grow_older(&app, "61 minutes").await;
    let over = refresh(&app, &session).await;
    assert!(is_over(&over), "{over:?}");
}

#[tokio::test]
async fn a_user_has_one_session_if_the_settings_say_so_gt_076() {
    let app = TestAuth::with(|config| config.sessions.single_per_user = true).await;
    let first = app.sign_up("ada@example.org", "correct horse").await;
    let second = sign_in(&app).await;
    let gone = refresh(&app, &first).await;
    assert_eq!(gone.status, StatusCode::BAD_REQUEST, "{gone:?}");
    assert_eq!(refresh(&app, &second).await.status, StatusCode::OK);
    // Others keep theirs.
    let other = app.sign_up("eve@example.org", "correct horse").await;
    assert_eq!(refresh(&app, &other).await.status, StatusCode::OK);
    sign_in(&app).await;
    assert_eq!(refresh(&app, &other).await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_has_a_second_factor_has_to_prove_it_in_time_gt_076() {
    let app = TestAuth::with(|config| config.sessions.allow_low_aal = Duration::seconds(900)).await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    // Who has none has nothing to prove.
    grow_older(&app, "1 hour").await;
    let session = refresh(&app, &session).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    let user = session.text("/user/id");
    app.db
        .execute(&format!(
            "insert into auth.mfa_factors (user_id, factor_type, status, secret, friendly_name)
               values ('{user}', 'totp', 'verified', 'none', 'phone')"
        ))
        .await;
    let over = refresh(&app, &session).await;
    assert!(is_over(&over), "{over:?}");
    assert!(over.text("/message").contains("Low AAL"), "{over:?}");

    let session = sign_in(&app).await;
    grow_older(&app, "10 minutes").await;
    let session = refresh(&app, &session).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    // Its token holds no longer than the session may stay as it is.
    let expires_in = session.body["expires_in"].as_i64().expect("a number");
    assert!((1..=300).contains(&expires_in), "{expires_in}");
    app.db
        .execute("update auth.sessions set aal = 'aal2'")
        .await;
    grow_older(&app, "10 minutes").await;
    let proved = refresh(&app, &session).await;
    assert_eq!(proved.status, StatusCode::OK, "{proved:?}");
    assert_eq!(proved.body["expires_in"], 3600);
    app.db
        .execute("update auth.sessions set aal = 'aal1'")
        .await;
    let over = refresh(&app, &proved).await;
    assert!(is_over(&over), "{over:?}");
}
