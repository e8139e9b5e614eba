//! What an outsider tries, and a client that goes too far.

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use super::{OKTA, audited, client, delete, get, made, patch, post, scim, service, with_clients};
use crate::service::{TestAuth, key};

#[tokio::test]
async fn nothing_but_a_clients_secret_opens_it_and_it_opens_nothing_else_gt_063() {
    let app = service().await;
    let user = app.sign_up("eve@example.org", "correct horse").await;
    let body = json!({ "name": "machine" });
    let admin_key = app
        .post("/admin/api-keys", &key("service_role"), body)
        .await;
    for secret in [
        "",
        "x",
        &OKTA[1..],
        &format!("{OKTA}x"),
        &OKTA.to_uppercase(),
        &key("anon"),
        &key("service_role"),
        &user.text("/access_token"),
        &admin_key.text("/key"),
    ] {
        let refused = scim(
            &app,
            secret,
            Method::POST,
            "/Users",
            json!({ "userName": "a@b.net" }),
        )
        .await;
        assert_eq!(refused.status, 401, "{secret}");
        assert_eq!(refused.headers["www-authenticate"], "Bearer");
        assert_eq!(
            refused.text("/schemas/0"),
            "urn:ietf:params:scim:api:messages:2.0:Error"
        );
    }
    // Neither elsewhere in the request, nor one of two.
    for (name, value) in [
        ("apikey", OKTA.to_owned()),
        ("authorization", format!("Basic {OKTA}")),
        ("authorization", OKTA.to_owned()),
        ("cookie", format!("__Host-crestfall={OKTA}")),
    ] {
        let request = Request::get("/scim/v2/Users").header(name, &value);
        let answer = app
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(answer.status, 401, "{name}");
    }
    let request = Request::get("/scim/v2/Users")
        .header("authorization", format!("Bearer {OKTA}"))
        .header("authorization", format!("Bearer {}", key("anon")));
    let answer = app
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(answer.status, 401);
    for path in ["/admin/users", "/user", "/admin/audit", "/admin/api-keys"] {
        let refused = app.get(path, OKTA).await;
        assert!(
            matches!(refused.status.as_u16(), 401 | 403),
            "{path} {refused:?}"
        );
    }
}

#[tokio::test]
async fn without_clients_nobody_gets_in_gt_063() {
    let app = TestAuth::with(|config| config.scim.enabled = true).await;
    for secret in ["", " ", &key("service_role")] {
        let refused = scim(&app, secret, Method::GET, "/Users", Value::Null).await;
        assert_eq!(refused.status, 401);
    }
}

#[tokio::test]
async fn secrets_change_while_the_service_runs_gt_063() {
    let app = service().await;
    let mut config = crate::service::open_config();
    with_clients(&mut config);
    let new = "another secret of okta, of the tests, of today";
    let okta = config.scim.clients.get_mut("okta").expect("a client");
    okta.secrets.push(crestfall_core::Secret::new(new));
    app.auth.reconfigure(config.clone()).expect("settings");
    for secret in [OKTA, new] {
        assert_eq!(
            scim(&app, secret, Method::GET, "/Users", Value::Null)
                .await
                .status,
            200
        );
    }
    config.scim.clients.insert("okta".to_owned(), client(new));
    app.auth.reconfigure(config.clone()).expect("settings");
    assert_eq!(
        scim(&app, OKTA, Method::GET, "/Users", Value::Null)
            .await
            .status,
        401
    );
    assert_eq!(
        scim(&app, new, Method::GET, "/Users", Value::Null)
            .await
            .status,
        200
    );
    config
        .scim
        .clients
        .insert("okta".to_owned(), client("short"));
    assert!(app.auth.reconfigure(config).is_err());
    assert_eq!(
        scim(&app, new, Method::GET, "/Users", Value::Null)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn bodies_that_go_too_far_are_refused_and_change_nothing_gt_063() {
    let app = service().await;
    let id = made(
        &app,
        json!({ "userName": "ada@example.org", "title": "Countess" }),
    )
    .await;
    let before = get(&app, &format!("/Users/{id}")).await.body;
    let nested = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    for (body, status) in [
        ("".to_owned(), 400),
        ("[]".to_owned(), 400),
        ("null".to_owned(), 400),
        ("{".to_owned(), 400),
        (format!("{{\"userName\": {nested}}}"), 400),
        (
            format!("{{\"userName\": \"{}\"}}", "a".repeat(2 << 20)),
            413,
        ),
        (r#"{"userName": "x\u0000@example.org"}"#.to_owned(), 400),
        (
            r#"{"userName": "x@example.org", "title": "\u0000"}"#.to_owned(),
            400,
        ),
        (
            r#"{"userName": "x@example.org", "externalId": "\u0000"}"#.to_owned(),
            400,
        ),
        ("{}".to_owned(), 400),
    ] {
        for (method, path) in [
            (Method::POST, String::new()),
            (Method::PUT, format!("/{id}")),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(format!("/scim/v2/Users{path}"))
                .header("authorization", format!("Bearer {OKTA}"))
                .body(Body::from(body.clone()))
                .expect("a request");
            let start: String = body.chars().take(40).collect();
            let answer = app.send(request).await;
            assert_eq!(answer.status.as_u16(), status, "{start} {answer:?}");
        }
    }
    let large: Vec<Value> = (0..100)
        .map(|number| json!({ "value": format!("{number}{}", "v".repeat(1000)) }))
        .collect();
    let large = post(&app, json!({ "userName": "x@example.org", "roles": large })).await;
    assert_eq!(large.text("/scimType"), "invalidValue");
    for operations in [
        json!([{ "op": "replace", "path": "title", "value": "x" }, { "op": "remove", "path": "userName" }]),
        json!([{ "op": "replace", "path": "title", "value": "x" }, { "op": "add", "path": "id", "value": "y" }]),
        json!([{ "op": "replace", "path": "title'; drop table auth.users; --", "value": "x" }]),
        json!([{ "op": "add", "path": "emails[type eq \"x\"", "value": "x" }]),
        json!([{ "op": "add", "path": "emails", "value": "nobody" }]),
    ] {
        let refused = patch(&app, &id, operations.clone()).await;
        assert_eq!(refused.status, 400, "{operations}");
    }
    assert_eq!(get(&app, &format!("/Users/{id}")).await.body, before);
    assert_eq!(audited(&app).await.len(), 1);
    // No role, no claim, no confirmed number comes in this way.
    let sneaky = json!({
        "userName": "eve@example.org", "role": "service_role", "aud": "x", "is_super_admin": true,
        "app_metadata": { "role": "admin" }, "roles": ["service_role"], "phone": "+491701234567",
        "user_metadata": { "a": "b" },
    });
    let id = made(&app, sneaky).await;
    let account = app
        .get(&format!("/admin/users/{id}"), &key("service_role"))
        .await;
    assert_eq!(account.text("/role"), "authenticated");
    assert_eq!(account.text("/aud"), "authenticated");
    assert_eq!(account.text("/phone"), "");
    assert_eq!(
        account.body["app_metadata"],
        json!({ "provider": "email", "providers": ["email"] })
    );
    assert_eq!(account.body["user_metadata"], json!({}));
}

#[tokio::test]
async fn of_two_who_make_the_same_user_at_once_one_does_gt_063() {
    let app = service().await;
    let make = || post(&app, json!({ "userName": "ada@example.org" }));
    let answers = futures_util::future::join_all((0..6).map(|_| make())).await;
    let mut statuses: Vec<u16> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn settings_that_became_narrower_keep_nobody_from_being_shut_out_gt_063() {
    let app = service().await;
    let id = made(&app, json!({ "userName": "ada@former.net" })).await;
    let mut config = crate::service::open_config();
    with_clients(&mut config);
    let okta = config.scim.clients.get_mut("okta").expect("a client");
    okta.domains = vec!["example.org".to_owned()];
    app.auth.reconfigure(config).expect("settings");
    let off = json!([{ "op": "replace", "value": { "active": false } }]);
    let answer = patch(&app, &id, off).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["active"]),
        (200, &json!(false))
    );
    let moved = json!([{ "op": "replace", "path": "userName", "value": "eve@former.net" }]);
    assert_eq!(
        patch(&app, &id, moved).await.text("/scimType"),
        "invalidValue"
    );
}

#[tokio::test]
async fn a_user_that_the_application_refers_to_is_not_deleted_gt_063() {
    let app = service().await;
    let id = made(&app, json!({ "userName": "ada@example.org" })).await;
    app.db
        .execute(&format!(
            "create table public.orders (buyer uuid references auth.users);
             insert into public.orders values ('{id}')"
        ))
        .await;
    let refused = delete(&app, &id).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    assert_eq!(get(&app, &format!("/Users/{id}")).await.status, 200);
    assert_eq!(audited(&app).await.len(), 1);
}
