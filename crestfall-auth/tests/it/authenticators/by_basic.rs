//! `Authorization: Basic`.

use super::*;

#[tokio::test]
async fn basic_takes_a_password_once_a_minute_or_a_key() {
    let app = TestAuth::new().await;
    let end = app.run(&[&app.auth]).await;
    let (token, made) = user_and_key(&app, json!({ "name": "k" })).await;
    let guarded = guarded(&app.auth);
    let right = basic("ada@example.org", "correct horse");
    let headers = [("authorization", right.as_str())];
    let answer = ask(&guarded, with(&headers)).await;
    assert_eq!(
        (answer.status, answer.text("/proof")),
        (StatusCode::OK, "Basic".into())
    );
    assert_eq!(
        answer.text("/claims/sub"),
        crate::service::claims(&token)["sub"]
    );
    let started = Instant::now();
    for _ in 0..50 {
        assert_eq!(ask(&guarded, with(&headers)).await.status, 200);
    }
    assert!(
        started.elapsed() < Duration::from_millis(500),
        "hashed again"
    );
    let key = basic("anyone", &made.text("/key"));
    let by_key = ask(&guarded, with(&[("authorization", &key)])).await;
    assert_eq!(by_key.text("/proof"), "ApiKey");
    let wrong = basic("ada@example.org", "wrong");
    let refused = ask(&guarded, with(&[("authorization", &wrong)])).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::UNAUTHORIZED, "basic_invalid")
    );
    let challenge = refused.headers["www-authenticate"].to_str().expect("text");
    assert!(challenge.starts_with("Basic realm="), "{challenge}");
    // A page of another site cannot use what a browser remembers.
    let cross = [
        ("authorization", right.as_str()),
        ("origin", "https://evil.example"),
    ];
    assert_eq!(
        ask(&guarded, at(Method::POST, "/", &cross)).await.status,
        403
    );
    // A new password is felt within a second.
    app.put("/user", &token, json!({ "password": "battery staple" }))
        .await;
    within_a_second(&guarded, &headers, StatusCode::UNAUTHORIZED).await;
    end.cancel();
}

#[tokio::test]
async fn wrong_passwords_are_counted_by_account_in_whatever_spelling_and_way() {
    let app = TestAuth::with(|config| config.lock_out.attempts = 3).await;
    app.sign_up("ada@example.org", "correct horse").await;
    let guarded = guarded(&app.auth);
    for user in ["ada@example.org", "ADA@example.org"] {
        let header = basic(user, "wrong");
        let request = from("192.0.2.1", with(&[("authorization", &header)]));
        assert_eq!(ask(&guarded, request).await.status, 401);
    }
    // The third is a sign-in: they count together.
    let wrong = app.sign_in(" Ada@example.org", "wrong").await;
    assert_eq!(wrong.code(), "invalid_credentials");
    let right = basic("ada@example.org", "correct horse");
    let stranger = from("198.51.100.1", with(&[("authorization", &right)]));
    let locked = ask(&guarded, stranger).await;
    assert_eq!(
        (locked.status, locked.code()),
        (StatusCode::UNAUTHORIZED, "basic_invalid")
    );
}

#[tokio::test]
async fn who_has_a_second_factor_does_not_pass_by_it_with_basic() {
    let app = TestAuth::new().await;
    app.sign_up("ada@example.org", "correct horse").await;
    app.db
        .execute(
            "insert into auth.mfa_factors (user_id, factor_type, status)
             select id, 'totp', 'verified' from auth.users",
        )
        .await;
    let header = basic("ada@example.org", "correct horse");
    let refused = ask(&guarded(&app.auth), with(&[("authorization", &header)])).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    // Nor do they make keys at the first level.
    let token = app
        .sign_in("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    let refused = app
        .post("/user/api-keys", &token, json!({ "name": "k" }))
        .await;
    assert_eq!(refused.code(), "insufficient_aal");
}
