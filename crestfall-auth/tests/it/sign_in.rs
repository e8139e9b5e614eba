//! Sign-up, sign-in, refresh, sign-out (GT-005 to GT-008, GT-020, GT-022, GT-072).

use http::StatusCode;
use serde_json::json;

use crate::service::{TestAuth, claims, key};

#[tokio::test]
async fn who_signs_up_is_signed_in() {
    let app = TestAuth::new().await;
    let session = app.sign_up("Ada@Example.org", "correct horse").await.body;
    assert_eq!(session["token_type"], "bearer");
    assert_eq!(session["user"]["email"], "ada@example.org");
    assert_eq!(session["user"]["phone"], "");
    assert_eq!(
        session["user"]["app_metadata"],
        json!({ "provider": "email", "providers": ["email"] })
    );
    assert_eq!(
        session["user"]["identities"][0]["identity_data"]["email"],
        "ada@example.org"
    );
    let token = session["access_token"].as_str().expect("a token");
    let claims = claims(token);
    assert_eq!(claims["sub"], session["user"]["id"]);
    assert_eq!(
        (&claims["role"], &claims["aal"]),
        (&json!("authenticated"), &json!("aal1"))
    );
    assert_eq!(claims["amr"][0]["method"], "password");
    let user = app.get("/user", token).await;
    assert_eq!(
        (user.status, &user.body["id"]),
        (StatusCode::OK, &claims["sub"])
    );
}

#[tokio::test]
async fn a_second_sign_up_with_the_same_address_is_refused() {
    let app = TestAuth::new().await;
    app.sign_up("ada@example.org", "correct horse").await;
    let again = app
        .post(
            "/signup",
            "",
            json!({ "email": "ADA@example.org", "password": "another one" }),
        )
        .await;
    assert_eq!(
        (again.status.as_u16(), again.code()),
        (422, "user_already_exists")
    );
    assert_eq!(again.body["message"], "User already registered");
}

#[tokio::test]
async fn one_answer_for_every_wrong_sign_in() {
    let app = TestAuth::new().await;
    app.sign_up("ada@example.org", "correct horse").await;
    for (email, password) in [
        ("ada@example.org", "wrong"),
        ("nobody@example.org", "correct horse"),
        ("no address", "correct horse"),
    ] {
        let answer = app.sign_in(email, password).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, "invalid_credentials"),
            "{email}"
        );
        assert_eq!(answer.body["message"], "Invalid login credentials");
    }
    assert_eq!(
        app.sign_in(" Ada@example.org", "correct horse")
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn errors_have_two_forms() {
    let app = TestAuth::new().await;
    let newer = app.get("/user", "").await;
    assert_eq!(newer.headers["x-supabase-api-version"], "2024-01-01");
    assert_eq!(
        newer.body,
        json!({ "code": "no_authorization", "message": "This endpoint requires a valid Bearer token" })
    );
    let request = http::Request::get("/user")
        .body(axum::body::Body::empty())
        .expect("a request");
    let older = app.send(request).await;
    assert_eq!(older.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        older.body,
        json!({ "code": 401, "error_code": "no_authorization", "msg": "This endpoint requires a valid Bearer token" })
    );
    let weak = app
        .post(
            "/signup",
            "",
            json!({ "email": "a@b.org", "password": "123" }),
        )
        .await;
    assert_eq!((weak.status.as_u16(), weak.code()), (422, "weak_password"));
    assert_eq!(weak.body["weak_password"], json!({ "reasons": ["length"] }));
}

#[tokio::test]
async fn a_refresh_gives_a_successor_and_the_same_one_to_who_asks_at_once() {
    let app = TestAuth::new().await;
    let first = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/refresh_token");
    let mut answers = Vec::new();
    for answer in futures_util::future::join_all((0..10).map(|_| app.refresh(&first))).await {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answers.push(answer.text("/refresh_token"));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_ne!(answers[0], first);
    assert_eq!(app.refresh(&answers[0]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_superseded_long_ago_ends_its_session() {
    let app =
        TestAuth::with(|config| config.sessions.reuse_interval = "0s".parse().expect("a duration"))
            .await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let first = session.text("/refresh_token");
    let second = app.refresh(&first).await.text("/refresh_token");
    let third = app.refresh(&second).await.text("/refresh_token");
    let stolen = app.refresh(&first).await;
    assert_eq!(
        (stolen.status.as_u16(), stolen.code()),
        (400, "refresh_token_already_used")
    );
    assert_eq!(app.refresh(&third).await.code(), "refresh_token_not_found");
    assert_eq!(
        app.get("/user", &session.text("/access_token"))
            .await
            .code(),
        "session_not_found"
    );
}

#[tokio::test]
async fn scopes_of_sign_out() {
    let app = TestAuth::new().await;
    let first = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    let second = app
        .sign_in("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    let third = app
        .sign_in("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    assert_eq!(
        app.get("/user/sessions", &first)
            .await
            .body
            .as_array()
            .map(Vec::len),
        Some(3)
    );
    let out = app.post("/logout?scope=local", &first, json!(null)).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(app.get("/user", &first).await.status, StatusCode::FORBIDDEN);
    app.post("/logout?scope=others", &second, json!(null)).await;
    assert_eq!(app.get("/user", &third).await.code(), "session_not_found");
    assert_eq!(app.get("/user", &second).await.status, StatusCode::OK);
    app.post("/logout", &second, json!(null)).await;
    assert_eq!(app.get("/user", &second).await.code(), "session_not_found");
}

#[tokio::test]
async fn a_key_is_no_user() {
    let app = TestAuth::new().await;
    let answer = app.get("/user", &key("anon")).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (403, "bad_jwt"));
    let forged = app.get("/user", "a.b.c").await;
    assert_eq!((forged.status.as_u16(), forged.code()), (403, "bad_jwt"));
    assert!(
        forged
            .text("/message")
            .starts_with("invalid JWT: unable to parse or verify signature")
    );
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let app = TestAuth::new().await;
    let first = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    let other = app.sign_in("ada@example.org", "correct horse").await;
    let same = app
        .put("/user", &first, json!({ "password": "correct horse" }))
        .await;
    assert_eq!((same.status.as_u16(), same.code()), (422, "same_password"));
    let changed = app
        .put(
            "/user",
            &first,
            json!({ "password": "battery staple", "data": { "name": "Ada" } }),
        )
        .await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(changed.body["user_metadata"]["name"], "Ada");
    assert_eq!(
        app.refresh(&other.text("/refresh_token")).await.code(),
        "refresh_token_not_found"
    );
    assert_eq!(app.get("/user", &first).await.status, StatusCode::OK);
    assert_eq!(
        app.sign_in("ada@example.org", "correct horse").await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        app.sign_in("ada@example.org", "battery staple")
            .await
            .status,
        StatusCode::OK
    );
}
