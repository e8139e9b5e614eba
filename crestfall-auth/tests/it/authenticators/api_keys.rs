//! Keys of users and services (D33).

use super::*;

/// A user with a session, and a key of theirs.
pub(super) async fn user_and_key(app: &TestAuth, request: Value) -> (String, Answer) {
    let token = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    let made = app.post("/user/api-keys", &token, request).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    (token, made)
}

#[tokio::test]
async fn a_users_key_acts_as_the_user_within_its_scopes() {
    let app = TestAuth::new().await;
    let request = json!({ "name": "reports", "scopes": ["reports:read", "rest:read"] });
    let (token, made) = user_and_key(&app, request).await;
    let secret = made.text("/key");
    assert!(
        secret.starts_with("cf_sk_") && secret.len() == 78,
        "{secret}"
    );
    let guarded = guarded(&app.auth);
    for header in [
        ("apikey", secret.clone()),
        ("authorization", format!("Bearer {secret}")),
    ] {
        let answer = ask(&guarded, with(&[(header.0, &header.1)])).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.text("/role"), "authenticated");
        assert_eq!(answer.text("/proof"), "ApiKey");
        assert_eq!(
            answer.text("/claims/sub"),
            crate::service::claims(&token)["sub"]
        );
        assert_eq!(answer.text("/claims/api_key_id"), made.text("/id"));
        assert_eq!(answer.text("/claims/scope"), "reports:read rest:read");
        assert_eq!(answer.text("/claims/aal"), "aal1");
        assert_eq!(answer.text("/claims/email"), "ada@example.org");
    }
    let headers = [("apikey", secret.as_str())];
    for (method, path, expected) in [
        (Method::GET, "/report", 200),
        (Method::GET, "/rest", 200),
        (Method::POST, "/rest", 403),
        (Method::DELETE, "/rest", 403),
    ] {
        let answer = ask(&guarded, at(method, path, &headers)).await;
        assert_eq!(answer.status.as_u16(), expected, "{path}");
    }
    assert_eq!(
        ask(&guarded, at(Method::GET, "/report", &[])).await.status,
        401
    );
    let narrow = json!({ "name": "n", "scopes": ["rest:read"] });
    let narrow = app
        .post("/user/api-keys", &token, narrow)
        .await
        .text("/key");
    let refused = ask(&guarded, at(Method::GET, "/report", &[("apikey", &narrow)])).await;
    assert_eq!(refused.code(), "insufficient_scope");
    // Not the user: a key neither reads nor changes the account, and makes no further keys.
    for path in ["/user", "/user/api-keys"] {
        assert_eq!(
            app.get(path, &secret).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    assert_eq!(app.get("/admin/users", &secret).await.code(), "not_admin");
    // The list has no secret.
    let list = app.get("/user/api-keys", &token).await;
    assert!(!list.body.to_string().contains(&secret[30..]), "{list:?}");
    let stored = one_text(&app, "select material from auth.api_keys limit 1").await;
    assert!(!secret.contains(&stored));
}

#[tokio::test]
async fn what_a_user_may_not_say_of_a_key_is_refused() {
    let app = TestAuth::new().await;
    let token = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    for body in [
        json!({}),
        json!({ "name": "" }),
        json!({ "name": "k", "role": "service_role" }),
        json!({ "name": "k", "user_id": "00000000-0000-0000-0000-000000000000" }),
        json!({ "name": "k", "kind": "publishable" }),
        json!({ "name": "k", "kind": "rsa" }),
        json!({ "name": "k", "scopes": ["everything"] }),
        json!({ "name": "k", "expires_at": "2001-01-01T00:00:00Z" }),
        json!({ "name": "k", "allowed_ips": ["everywhere"] }),
        json!({ "name": "k", "kind": "ed25519" }),
        json!({ "name": "k", "kind": "ed25519", "public_key": "AAAA" }),
        json!({ "name": "k", "public_key": "AAAA" }),
    ] {
        let answer = app.post("/user/api-keys", &token, body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body} {answer:?}");
    }
    assert_eq!(
        app.post("/user/api-keys", "", json!({ "name": "k" }))
            .await
            .status,
        401
    );
    let anon = app
        .post("/user/api-keys", &key("anon"), json!({ "name": "k" }))
        .await;
    assert_eq!(anon.status, StatusCode::FORBIDDEN);
    let user = app
        .post("/admin/api-keys", &token, json!({ "name": "k" }))
        .await;
    assert_eq!(user.code(), "not_admin");
}

#[tokio::test]
async fn a_key_is_no_wider_than_its_owners_role() {
    let app = TestAuth::with(|config| {
        let scopes = vec!["rest:*".to_owned()];
        config
            .api_keys
            .scopes
            .insert("authenticated".into(), scopes);
        config.api_keys.max_per_user = 2;
    })
    .await;
    let (token, made) = user_and_key(&app, json!({ "name": "all" })).await;
    assert_eq!(made.body["scopes"], json!(["rest:*"]));
    let wider = json!({ "name": "wide", "scopes": ["reports:read"] });
    assert_eq!(
        app.post("/user/api-keys", &token, wider).await.status,
        StatusCode::FORBIDDEN
    );
    // One that has more, by whatever way, loses it.
    app.db
        .execute("update auth.api_keys set scopes = '{*:read}'")
        .await;
    let guarded = guarded(&app.auth);
    let answer = ask(&guarded, with(&[("apikey", &made.text("/key"))])).await;
    assert_eq!(answer.text("/claims/scope"), "rest:read");
    let second = app
        .post("/user/api-keys", &token, json!({ "name": "2" }))
        .await;
    assert_eq!(second.status, StatusCode::CREATED);
    let third = app
        .post("/user/api-keys", &token, json!({ "name": "3" }))
        .await;
    assert_eq!(third.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_key_holds_until_it_expires_and_from_its_networks_only() {
    let app = TestAuth::new().await;
    let request = json!({ "name": "k", "allowed_ips": ["192.0.2.0/24", "2001:db8::1"] });
    let (token, made) = user_and_key(&app, request).await;
    let secret = made.text("/key");
    let guarded = guarded(&app.auth);
    for (ip, expected) in [
        ("192.0.2.7", 200),
        ("::ffff:192.0.2.7", 200),
        ("2001:db8::1", 200),
        ("192.0.3.7", 401),
        ("2001:db8::2", 401),
    ] {
        let request = from(ip, with(&[("apikey", &secret)]));
        assert_eq!(
            ask(&guarded, request).await.status.as_u16(),
            expected,
            "{ip}"
        );
    }
    assert_eq!(
        ask(&guarded, with(&[("apikey", &secret)])).await.status,
        401
    );
    let soon = chrono::Utc::now() + chrono::TimeDelta::milliseconds(600);
    let short = json!({ "name": "short", "expires_at": soon.to_rfc3339() });
    let short = app.post("/user/api-keys", &token, short).await.text("/key");
    assert_eq!(ask(&guarded, with(&[("apikey", &short)])).await.status, 200);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(ask(&guarded, with(&[("apikey", &short)])).await.status, 401);
}

#[tokio::test]
async fn a_revoked_key_is_refused_on_every_node_within_a_second() {
    let app = TestAuth::new().await;
    let other = Auth::new(app.pool.clone(), open_config())
        .await
        .expect("a second node");
    let end = app.run(&[&app.auth, &other]).await;
    let (token, made) = user_and_key(&app, json!({ "name": "k" })).await;
    let second = app
        .post("/user/api-keys", &token, json!({ "name": "2" }))
        .await
        .text("/key");
    let nodes = [guarded(&app.auth), guarded(&other)];
    let first = made.text("/key");
    for node in &nodes {
        for key in [&first, &second] {
            assert_eq!(ask(node, with(&[("apikey", key)])).await.status, 200);
        }
    }
    let path = format!("/user/api-keys/{}", made.text("/id"));
    let gone = app.delete(&path, &token, Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    // At once where it was done.
    assert_eq!(
        ask(&nodes[0], with(&[("apikey", &first)])).await.status,
        401
    );
    for node in &nodes {
        within_a_second(node, &[("apikey", &first)], StatusCode::UNAUTHORIZED).await;
        assert_eq!(ask(node, with(&[("apikey", &second)])).await.status, 200);
    }
    // A banned user's keys stop too, whoever bans.
    app.db
        .execute("update auth.users set banned_until = now() + interval '1 day'")
        .await;
    for node in &nodes {
        within_a_second(node, &[("apikey", &second)], StatusCode::UNAUTHORIZED).await;
    }
    end.cancel();
}

#[tokio::test]
async fn without_the_channel_a_revocation_still_takes_a_second_at_most() {
    let app = TestAuth::new().await;
    let (_, made) = user_and_key(&app, json!({ "name": "k" })).await;
    let guarded = guarded(&app.auth);
    let headers = [("apikey", made.text("/key"))];
    let headers = [(headers[0].0, headers[0].1.as_str())];
    assert_eq!(ask(&guarded, with(&headers)).await.status, 200);
    app.db
        .execute("update auth.api_keys set revoked_at = now()")
        .await;
    tokio::time::sleep(Duration::from_millis(1000)).await;
    assert_eq!(ask(&guarded, with(&headers)).await.status, 401);
}

#[tokio::test]
async fn when_a_key_was_last_used_is_written_later() {
    let app = TestAuth::new().await;
    let end = app.run(&[&app.auth]).await;
    let (_, made) = user_and_key(&app, json!({ "name": "k" })).await;
    let guarded = guarded(&app.auth);
    for _ in 0..5 {
        let request = from("192.0.2.9", with(&[("apikey", &made.text("/key"))]));
        assert_eq!(ask(&guarded, request).await.status, 200);
    }
    let query = "select coalesce(host(last_used_ip), '') from auth.api_keys";
    let started = Instant::now();
    while one_text(&app, query).await != "192.0.2.9" {
        assert!(started.elapsed() < Duration::from_secs(5), "never written");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    end.cancel();
}

#[tokio::test]
async fn a_services_key_administers_if_its_scopes_say_so() {
    let app = TestAuth::new().await;
    let admin = key("service_role");
    let made = app
        .post("/admin/api-keys", &admin, json!({ "name": "server" }))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(
        (made.text("/role"), made.body["scopes"].clone()),
        ("service_role".into(), json!(["*:*"]))
    );
    let secret = made.text("/key");
    assert_eq!(
        app.get("/admin/users", &secret).await.status,
        StatusCode::OK
    );
    // A key makes none that is wider than itself.
    let narrow = json!({ "name": "narrow", "scopes": ["auth:admin", "rest:read"] });
    let narrow = app.post("/admin/api-keys", &secret, narrow).await;
    let by_narrow = json!({ "name": "wide", "scopes": ["*:*"] });
    let refused = app
        .post("/admin/api-keys", &narrow.text("/key"), by_narrow)
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    let inherits = app
        .post(
            "/admin/api-keys",
            &narrow.text("/key"),
            json!({ "name": "i" }),
        )
        .await;
    assert_eq!(inherits.body["scopes"], json!(["auth:admin", "rest:read"]));
    for wrong in [
        json!({ "name": "k", "role": "postgres" }),
        json!({ "name": "k", "kind": "publishable", "role": "service_role" }),
    ] {
        let answer = app.post("/admin/api-keys", &admin, wrong.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let path = format!("/admin/api-keys/{}", made.text("/id"));
    let scopes = json!({ "scopes": ["storage:read"], "expires_at": null });
    let patched = app.call(Method::PATCH, &path, &admin, scopes).await;
    assert_eq!(
        patched.body["scopes"],
        json!(["storage:read"]),
        "{patched:?}"
    );
    assert_eq!(app.get("/admin/users", &secret).await.code(), "not_admin");
    assert_eq!(
        app.delete(&path, &admin, Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(app.get("/admin/users", &secret).await.code(), "bad_jwt");
    assert_eq!(
        app.delete(&path, &admin, Value::Null).await.code(),
        "api_key_not_found"
    );
    let list = app.get("/admin/api-keys", &admin).await;
    assert_eq!(list.body.as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn an_id_that_is_none_is_refused_in_the_services_own_words() {
    let app = TestAuth::new().await;
    for path in ["/admin/api-keys/none", "/admin/users/%20/sessions"] {
        let answer = app.delete(path, &key("service_role"), Value::Null).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {answer:?}");
        assert_eq!(answer.code(), "validation_failed", "{path} {answer:?}");
    }
}

#[tokio::test]
async fn sec_36_a_services_secret_key_is_refused_from_a_browser() {
    let app = TestAuth::new().await;
    let admin = key("service_role");
    let make = async |body: Value| app.post("/admin/api-keys", &admin, body).await.text("/key");
    let secret = make(json!({ "name": "server" })).await;
    let public = make(json!({ "name": "app", "kind": "publishable" })).await;
    let (_, own) = user_and_key(&app, json!({ "name": "mine" })).await;
    let guarded = guarded(&app.auth);
    for (key, is_secret) in [
        (&secret, true),
        (&public, false),
        (&own.text("/key"), false),
    ] {
        assert_eq!(ask(&guarded, with(&[("apikey", key)])).await.status, 200);
        let page = with(&[("apikey", key), ("sec-fetch-site", "cross-site")]);
        let answer = ask(&guarded, page).await;
        match is_secret {
            true => assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (401, "api_key_in_browser")
            ),
            false => assert_eq!(answer.status, 200),
        }
    }
    let bearer = format!("Bearer {secret}");
    let page = with(&[
        ("authorization", &bearer),
        ("sec-fetch-site", "same-origin"),
    ]);
    assert_eq!(ask(&guarded, page).await.status, 401);
}

#[tokio::test]
async fn d33_a_key_is_replaced_by_another_while_both_hold() {
    let app = TestAuth::new().await;
    let request =
        json!({ "name": "k", "scopes": ["reports:read"], "allowed_ips": ["192.0.2.0/24"] });
    let (token, old) = user_and_key(&app, request).await;
    let path = format!("/user/api-keys/{}/rotate", old.text("/id"));
    let new = app.post(&path, &token, json!({ "overlap": "1s" })).await;
    assert_eq!(new.status, StatusCode::CREATED, "{new:?}");
    for same in ["name", "scopes", "allowed_ips", "role", "kind"] {
        assert_eq!(new.body[same], old.body[same], "{same}");
    }
    assert_ne!(new.text("/key"), old.text("/key"));
    let guarded = guarded(&app.auth);
    let status = async |key: &str| {
        let request = from("192.0.2.9", with(&[("apikey", key)]));
        ask(&guarded, request).await.status
    };
    assert_eq!(status(&old.text("/key")).await, 200);
    assert_eq!(status(&new.text("/key")).await, 200);
    let started = Instant::now();
    while status(&old.text("/key")).await == 200 {
        assert!(started.elapsed() < Duration::from_secs(10), "it goes on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(status(&new.text("/key")).await, 200);
    // One that is over has no successor, and nobody else's has one.
    let over = app.post(&path, &token, json!({})).await;
    assert_eq!(over.status, StatusCode::BAD_REQUEST, "{over:?}");
    let other = app.sign_up("eve@example.org", "correct horse").await;
    let path = format!("/user/api-keys/{}/rotate", new.text("/id"));
    let foreign = app
        .post(&path, &other.text("/access_token"), json!({}))
        .await;
    assert_eq!(foreign.code(), "api_key_not_found");
}

#[tokio::test]
async fn d33_what_administrators_do_to_keys_is_written_down() {
    let app = TestAuth::new().await;
    let admin = key("service_role");
    let made = app.post("/admin/api-keys", &admin, json!({ "name": "server" }));
    let made = made.await.text("/id");
    let path = format!("/admin/api-keys/{made}");
    let renamed = json!({ "name": "the server" });
    app.call(Method::PATCH, &path, &admin, renamed).await;
    let rotated = app.post(&format!("{path}/rotate"), &admin, json!({})).await;
    assert_eq!(rotated.status, StatusCode::CREATED, "{rotated:?}");
    assert_eq!(rotated.text("/name"), "the server");
    app.delete(&path, &admin, Value::Null).await;
    let entries = app.get("/admin/audit?query=type:key", &admin).await;
    let entries: Vec<(String, Value)> = entries
        .body
        .as_array()
        .expect("a list")
        .iter()
        .rev()
        .map(|entry| {
            let payload = &entry["payload"];
            assert_eq!(payload["actor_username"], "service_role");
            assert_eq!(payload["traits"]["api_key_id"], made.as_str());
            (
                payload["action"].as_str().unwrap_or_default().to_owned(),
                payload["traits"]["successor"].clone(),
            )
        })
        .collect();
    let actions: Vec<&str> = entries.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "api_key_created",
            "api_key_changed",
            "api_key_rotated",
            "api_key_revoked"
        ]
    );
    assert_eq!(entries[2].1, rotated.body["id"]);
    // A user finds what was done to theirs.
    let (token, own) = user_and_key(&app, json!({ "name": "mine" })).await;
    let path = format!("/admin/api-keys/{}", own.text("/id"));
    app.delete(&path, &admin, Value::Null).await;
    let log = app.get("/user/security-log", &token).await;
    assert_eq!(log.body[0]["action"], "api_key_revoked");
    assert_eq!(log.body[0]["by_administrator"], true);
}
