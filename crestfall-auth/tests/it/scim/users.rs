//! Users made, shown, changed and deleted.

use http::{Method, Request};
use serde_json::{Value, json};

use super::{
    ENTRA, OKTA, audited, client, delete, found, get, made, patch, post, put, scim, service,
    with_clients,
};
use crate::service::{TestAuth, key};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn ada() -> Value {
    json!({
        "schemas": [CORE, ENTERPRISE],
        "userName": "Ada@Example.org", "externalId": "00u1", "active": true,
        "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "emails": [{ "value": "Ada@Example.org", "type": "work", "primary": true }],
        ENTERPRISE: { "department": "Engines" },
    })
}

#[tokio::test]
async fn a_user_is_an_account_with_a_confirmed_address_gt_063() {
    let app = service().await;
    let made = post(&app, ada()).await;
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.text("/id");
    let location = format!("http://localhost:8000/auth/v1/scim/v2/Users/{id}");
    assert_eq!(made.text("/meta/location"), location);
    assert_eq!(made.headers["location"], location);
    assert_eq!(made.headers["etag"], made.text("/meta/version"));
    assert_eq!(made.headers["content-type"], "application/scim+json");
    let mut expected = ada();
    expected["id"] = json!(id);
    expected["meta"] = made.body["meta"].clone();
    assert_eq!(made.body, expected);
    assert_eq!(get(&app, &format!("/Users/{id}")).await.body, expected);

    let account = app
        .get(&format!("/admin/users/{id}"), &key("service_role"))
        .await;
    assert_eq!(account.text("/email"), "ada@example.org");
    assert_eq!(account.text("/user_metadata/full_name"), "Ada Lovelace");
    assert_eq!(account.text("/role"), "authenticated");
    assert!(account.body["email_confirmed_at"].is_string());
    assert_eq!(account.text("/identities/0/provider"), "email");
    assert_eq!(
        audited(&app).await,
        [(
            "user_signedup".to_owned(),
            json!({ "by": null, "scim_client": "okta", "active": true })
        )]
    );
    // A name and an address are there once, however they are spelled.
    for again in [
        json!({ "userName": "ADA@example.ORG", "emails": ["other@example.org"] }),
        json!({ "userName": "another", "emails": ["ada@EXAMPLE.org"] }),
    ] {
        let refused = post(&app, again).await;
        assert_eq!(refused.status, 409);
        assert_eq!(refused.text("/scimType"), "uniqueness");
        assert_eq!(refused.text("/status"), "409");
    }
    assert_eq!(delete(&app, &id).await.status, 204);
    assert_eq!(get(&app, &format!("/Users/{id}")).await.status, 404);
    assert_eq!(delete(&app, &id).await.status, 404);
    assert_eq!(audited(&app).await[1].0, "user_deleted");
    let again = post(&app, ada()).await;
    assert_eq!(again.status, 201, "{again:?}");
}

#[tokio::test]
async fn who_is_not_active_is_out_at_once_gt_063() {
    let app = TestAuth::with(|config| {
        with_clients(config);
        let okta = config.scim.clients.get_mut("okta").expect("a client");
        okta.set_passwords = true;
    })
    .await;
    let mut user = ada();
    user["password"] = json!("correct horse battery");
    let made = post(&app, user).await;
    assert_eq!(made.body["password"], Value::Null);
    let id = made.text("/id");
    let session = app
        .sign_in("ada@example.org", "correct horse battery")
        .await;
    assert_eq!(session.status, 200, "{session:?}");
    let off = patch(
        &app,
        &id,
        json!([{ "op": "replace", "value": { "active": false } }]),
    )
    .await;
    assert_eq!(
        (off.status.as_u16(), &off.body["active"]),
        (200, &json!(false))
    );
    assert_ne!(off.headers["etag"], made.headers["etag"]);
    assert_ne!(
        app.refresh(&session.text("/refresh_token")).await.status,
        200
    );
    assert_ne!(
        app.get("/user", &session.text("/access_token"))
            .await
            .status,
        200
    );
    let refused = app
        .sign_in("ada@example.org", "correct horse battery")
        .await;
    assert_eq!(refused.code(), "user_banned");
    // A change of something else leaves it so, and so does a whole user that does not say.
    let renamed = json!([{ "op": "replace", "path": "displayName", "value": "Ada" }]);
    assert_eq!(patch(&app, &id, renamed).await.body["active"], false);
    let mut silent = ada();
    silent.as_object_mut().expect("an object").remove("active");
    assert_eq!(put(&app, &id, silent).await.body["active"], false);
    let on = patch(
        &app,
        &id,
        json!([{ "op": "replace", "path": "active", "value": "True" }]),
    )
    .await;
    assert_eq!(on.body["active"], true);
    let session = app
        .sign_in("ada@example.org", "correct horse battery")
        .await;
    assert_eq!(session.status, 200, "{session:?}");
    // A new password ends what the former one began.
    let changed =
        json!([{ "op": "replace", "path": "password", "value": "another horse battery" }]);
    assert_eq!(patch(&app, &id, changed).await.status, 200);
    assert_ne!(
        app.refresh(&session.text("/refresh_token")).await.status,
        200
    );
    assert_eq!(
        app.sign_in("ada@example.org", "another horse battery")
            .await
            .status,
        200
    );
    let weak = json!([{ "op": "replace", "path": "password", "value": "a" }]);
    assert_eq!(
        patch(&app, &id, weak).await.text("/scimType"),
        "invalidValue"
    );
}

#[tokio::test]
async fn whom_an_administrator_has_shut_out_no_client_lets_in_gt_063() {
    let app = service().await;
    let id = made(&app, ada()).await;
    let admin = key("service_role");
    let path = format!("/admin/users/{id}");
    app.put(&path, &admin, json!({ "ban_duration": "1h" }))
        .await;
    let active = |value: bool| json!([{ "op": "replace", "path": "active", "value": value }]);
    assert_eq!(patch(&app, &id, active(true)).await.body["active"], false);
    let title = json!([{ "op": "replace", "path": "title", "value": "Countess" }]);
    assert_eq!(patch(&app, &id, title).await.body["active"], false);
    let until = app.get(&path, &admin).await.text("/banned_until");
    assert!(!until.starts_with("9999"), "{until}");
    // The client's own word outlasts the hour.
    patch(&app, &id, active(false)).await;
    let until = app.get(&path, &admin).await.text("/banned_until");
    assert!(until.starts_with("9999"), "{until}");
    assert_eq!(patch(&app, &id, active(true)).await.body["active"], true);
}

#[tokio::test]
async fn a_new_address_takes_what_was_sent_to_the_old_one_gt_063() {
    let app = service().await;
    let id = made(&app, ada()).await;
    let other = made(&app, json!({ "userName": "grace@example.org" })).await;
    app.db
        .execute(&format!(
            "insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, expires_at)
             values (gen_random_uuid(), '{id}', 'recovery_token', 'hash', '', now() + interval '1 hour')"
        ))
        .await;
    let mut renamed = ada();
    renamed["userName"] = json!("lovelace@example.org");
    renamed["emails"] = json!([{ "value": "lovelace@example.org", "type": "work" }]);
    renamed
        .as_object_mut()
        .expect("an object")
        .remove("externalId");
    let answer = put(&app, &id, renamed).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // A client loses its own name for the user by its word alone.
    assert_eq!(answer.text("/externalId"), "00u1");
    let account = app
        .get(&format!("/admin/users/{id}"), &key("service_role"))
        .await;
    assert_eq!(account.text("/email"), "lovelace@example.org");
    assert_eq!(
        account.text("/identities/0/identity_data/email"),
        "lovelace@example.org"
    );
    let tokens: i64 = sqlx::query_scalar("select count(*) from auth.one_time_tokens")
        .fetch_one(&app.pool)
        .await
        .expect("a count");
    assert_eq!(tokens, 0);
    for taken in [
        json!([{ "op": "replace", "path": "emails", "value": "GRACE@example.org" }]),
        json!([{ "op": "replace", "path": "userName", "value": "Grace@example.org" }]),
    ] {
        let refused = patch(&app, &id, taken).await;
        assert_eq!(
            (refused.status.as_u16(), refused.text("/scimType")),
            (409, "uniqueness".to_owned())
        );
    }
    // Without addresses of its own the account follows the name.
    let renamed = json!([{ "op": "replace", "path": "userName", "value": "hopper@example.org" }]);
    assert_eq!(
        patch(&app, &other, renamed).await.text("/emails/0/value"),
        "hopper@example.org"
    );
    assert_eq!(
        found(&app, r#"emails.value eq "hopper@example.org""#).await,
        ["hopper@example.org"]
    );
}

#[tokio::test]
async fn clients_see_their_own_users_alone_gt_063() {
    let app = service().await;
    let id = made(&app, ada()).await;
    let path = format!("/Users/{id}");
    for (method, body) in [
        (Method::GET, Value::Null),
        (Method::PUT, ada()),
        (Method::PATCH, json!({ "Operations": [] })),
        (Method::DELETE, Value::Null),
    ] {
        assert_eq!(scim(&app, ENTRA, method, &path, body).await.status, 404);
    }
    let list = scim(&app, ENTRA, Method::GET, "/Users", Value::Null).await;
    assert_eq!(list.body["totalResults"], 0);
    let filtered = "/Users?filter=userName%20eq%20%22ada@example.org%22";
    let list = scim(&app, ENTRA, Method::GET, filtered, Value::Null).await;
    assert_eq!(list.body["totalResults"], 0);
    // The address is the account's, whoever asks.
    assert_eq!(
        scim(&app, ENTRA, Method::POST, "/Users", ada())
            .await
            .status,
        409
    );
}

#[tokio::test]
async fn accounts_that_were_there_before_are_taken_over_where_that_is_set_gt_063() {
    let app = TestAuth::with(|config| {
        with_clients(config);
        let okta = config.scim.clients.get_mut("okta").expect("a client");
        okta.existing_users = true;
        okta.domains = vec!["Example.org".to_owned()];
        config.scim.clients.insert(
            "third".to_owned(),
            client("a third secret, of thirty-two bytes"),
        );
    })
    .await;
    app.sign_up("ada@example.org", "correct horse").await;
    app.sign_up("eve@elsewhere.net", "correct horse").await;
    app.post("/signup", "", json!({})).await;
    assert_eq!(found(&app, "userName pr").await, ["ada@example.org"]);
    assert_eq!(
        found(&app, r#"userName eq "ADA@example.org""#).await,
        ["ada@example.org"]
    );
    assert!(
        found(&app, r#"userName eq "eve@elsewhere.net""#)
            .await
            .is_empty()
    );
    let list = get(&app, "/Users").await;
    let id = list.text("/Resources/0/id");
    assert_eq!(list.text("/Resources/0/emails/0/value"), "ada@example.org");
    let taken = put(&app, &id, ada()).await;
    assert_eq!(
        (taken.status.as_u16(), taken.text("/externalId")),
        (200, "00u1".to_owned())
    );
    // The password is still the user's own.
    assert_eq!(
        app.sign_in("ada@example.org", "correct horse").await.status,
        200
    );
    // From now on the user is nobody else's.
    let other = scim(
        &app,
        ENTRA,
        Method::GET,
        &format!("/Users/{id}"),
        Value::Null,
    )
    .await;
    assert_eq!(other.status, 404);
    let outside = json!({ "userName": "mallory@evil.net" });
    assert_eq!(post(&app, outside).await.text("/scimType"), "invalidValue");
}

#[tokio::test]
async fn an_address_that_nobody_has_proved_is_the_clients_to_give_gt_063() {
    let app = TestAuth::with(|config| {
        with_clients(config);
        config.email.autoconfirm = false;
    })
    .await;
    let body = json!({ "email": "ada@example.org", "password": "the squatter's" });
    assert_eq!(app.post("/signup", "", body).await.status, 200);
    let id = made(&app, ada()).await;
    // The account is another one, and the squatter's password opens nothing.
    let refused = app.sign_in("ada@example.org", "the squatter's").await;
    assert_eq!(refused.code(), "invalid_credentials");
    let squatted: Vec<Option<String>> =
        sqlx::query_scalar("select email from auth.users where id::text <> $1")
            .bind(id)
            .fetch_all(&app.pool)
            .await
            .expect("rows");
    assert_eq!(squatted, [None]);
}

#[tokio::test]
async fn a_stale_view_changes_nothing_gt_063() {
    let app = service().await;
    let id = made(&app, ada()).await;
    let send = async |method: Method, header: &str, version: &str| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2/Users/{id}"))
            .header("authorization", format!("Bearer {OKTA}"))
            .header(header, version)
            .body(ada().to_string().into())
            .expect("a request");
        app.send(request).await.status.as_u16()
    };
    let version = get(&app, &format!("/Users/{id}"))
        .await
        .text("/meta/version");
    assert_eq!(send(Method::GET, "if-none-match", &version).await, 304);
    patch(
        &app,
        &id,
        json!([{ "op": "add", "path": "title", "value": "Countess" }]),
    )
    .await;
    assert_eq!(send(Method::GET, "if-none-match", &version).await, 200);
    assert_eq!(send(Method::PUT, "if-match", &version).await, 412);
    assert_eq!(send(Method::DELETE, "if-match", &version).await, 412);
    let version = get(&app, &format!("/Users/{id}"))
        .await
        .text("/meta/version");
    assert_eq!(send(Method::PUT, "if-match", &version).await, 200);
}

#[tokio::test]
async fn lists_have_pages_and_show_what_is_asked_for_gt_063() {
    let app = service().await;
    for number in 0..5 {
        made(
            &app,
            json!({ "userName": format!("u{number}@example.org"), "title": "T" }),
        )
        .await;
    }
    let page = async |query: &str| {
        let list = get(&app, &format!("/Users?{query}")).await;
        assert_eq!(list.status, 200, "{query} {list:?}");
        let names: Vec<String> = list.body["Resources"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|user| user["userName"].as_str().unwrap_or_default()[..2].to_owned())
            .collect();
        assert_eq!(list.body["totalResults"], 5);
        assert_eq!(list.body["itemsPerPage"], names.len());
        (
            list.body["startIndex"].as_i64().expect("a number"),
            names.join(" "),
        )
    };
    assert_eq!(page("").await, (1, "u0 u1 u2 u3 u4".to_owned()));
    assert_eq!(page("startIndex=2&count=2").await, (2, "u1 u2".to_owned()));
    assert_eq!(page("startIndex=-3&count=1").await, (1, "u0".to_owned()));
    assert_eq!(page("startIndex=9").await, (9, String::new()));
    assert_eq!(page("count=0").await, (1, String::new()));
    assert_eq!(page("count=-1").await, (1, String::new()));
    assert_eq!(get(&app, "/Users?count=many").await.status, 400);
    let narrow = get(&app, "/Users?count=1&attributes=userName").await;
    let user = narrow.body["Resources"][0].as_object().expect("a user");
    assert_eq!(
        user.keys().collect::<Vec<_>>(),
        ["schemas", "id", "userName"]
    );
    let narrow = get(&app, "/Users?count=1&excludedAttributes=title,meta").await;
    let user = narrow.body["Resources"][0].as_object().expect("a user");
    assert!(!user.contains_key("title") && !user.contains_key("meta") && user.contains_key("id"));
}
