//! What happens at the same time (D6, SEC-15).

use std::time::Duration;

use futures_util::future::join_all;
use http::{Request, StatusCode};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::service::TestAuth;

/// How often; more when asked by `CRESTFALL_TEST_RACES`.
fn rounds(default: u32) -> u32 {
    let asked = std::env::var("CRESTFALL_TEST_RACES").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// With cheap hashes: sign-ins are not what is looked at.
async fn app() -> TestAuth {
    TestAuth::with(|config| {
        config.password.hash_memory = 64;
        config.password.hash_passes = 1;
    })
    .await
}

async fn is_alive(app: &TestAuth, access_token: &str) -> bool {
    let request = Request::get("/").header("authorization", format!("Bearer {access_token}"));
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    app.auth.identify(&parts).await.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sec_15_a_refresh_that_races_with_a_sign_out_leaves_no_live_token() {
    let app = app().await;
    let end = CancellationToken::new();
    let auth = app.auth.clone();
    let run = tokio::spawn({
        let end = end.clone();
        async move { auth.run(end).await }
    });
    app.sign_up("ada@example.org", "correct horse").await;
    let mut access_tokens = Vec::new();
    let (mut refreshed_first, mut signed_out_first) = (0, 0);
    for round in 0..rounds(1000) {
        let session = app.sign_in("ada@example.org", "correct horse").await;
        let (access, refresh) = (
            session.text("/access_token"),
            session.text("/refresh_token"),
        );
        // Who begins, and how much later the other does, differs from round to round.
        let pause = |n: u32| Duration::from_micros(u64::from(n % 40) * 100);
        let refreshing = async {
            tokio::time::sleep(pause(round)).await;
            app.refresh(&refresh).await
        };
        let signing_out = async {
            tokio::time::sleep(pause(round / 40)).await;
            let scope = ["local", "global", "others"][round as usize % 2];
            app.post(&format!("/logout?scope={scope}"), &access, Value::Null)
                .await
        };
        let (refreshed, signed_out) = tokio::join!(refreshing, signing_out);
        assert_eq!(signed_out.status, StatusCode::NO_CONTENT, "{signed_out:?}");
        access_tokens.push(access);
        let successor = if refreshed.status == StatusCode::OK {
            refreshed_first += 1;
            access_tokens.push(refreshed.text("/access_token"));
            refreshed.text("/refresh_token")
        } else {
            signed_out_first += 1;
            assert_eq!(refreshed.code(), "refresh_token_not_found", "{refreshed:?}");
            refresh
        };
        let again = app.refresh(&successor).await;
        assert_eq!(again.code(), "refresh_token_not_found", "{again:?}");
    }
    println!("{refreshed_first} refreshed first, {signed_out_first} signed out first");
    // Within a second of the last sign-out; the cache of who asks knows no later one.
    for token in &access_tokens {
        let started = std::time::Instant::now();
        while is_alive(&app, token).await {
            assert!(started.elapsed() < Duration::from_secs(1), "a live token");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    end.cancel();
    run.await.expect("an end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d6_twenty_tabs_that_refresh_at_once_stay_signed_in() {
    let app = app().await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let mut refresh = session.text("/refresh_token");
    let mut access = session.text("/access_token");
    for round in 0..rounds(200) {
        let tabs = join_all((0..20).map(|_| app.refresh(&refresh))).await;
        let mut successors = Vec::new();
        for tab in tabs {
            assert_eq!(tab.status, StatusCode::OK, "round {round}: {tab:?}");
            successors.push(tab.text("/refresh_token"));
            access = tab.text("/access_token");
        }
        successors.sort();
        successors.dedup();
        assert_eq!(successors.len(), 1, "one successor for all");
        refresh = successors.remove(0);
    }
    let sessions = app.get("/user/sessions", &access).await;
    assert_eq!(sessions.body.as_array().map(Vec::len), Some(1));
    let sessions: i64 = sqlx::query_scalar("select count(*) from auth.sessions")
        .fetch_one(&app.pool)
        .await
        .expect("a count");
    assert_eq!(sessions, 1, "one live family");
}
