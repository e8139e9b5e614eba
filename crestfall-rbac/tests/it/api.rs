//! The API, as its clients use it.

use crestfall_core::testing::{TestApp, TestResponse};
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::service::TestRbac;

/// Somebody who asks.
struct Caller<'a>(&'a TestApp, &'a str);

impl Caller<'_> {
    async fn send(&self, method: Method, path: &str, body: Value) -> TestResponse {
        let claims = json!({ "sub": self.1, "email": format!("{}@example.org", self.1) });
        let request = self
            .0
            .request(method, path)
            .header("x-claims", &claims.to_string());
        match body {
            Value::Null => request.await,
            body => request.json(&body).await,
        }
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, Value::Null)
            .await
            .status_and_json()
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, body).await.status_and_json()
    }

    async fn status(&self, method: Method, path: &str) -> u16 {
        self.send(method, path, Value::Null).await.status.as_u16()
    }
}

fn id(answer: &(u16, Value)) -> String {
    assert!(answer.0 < 300, "{answer:?}");
    answer.1["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn an_organisation_from_its_founding_to_its_end() {
    let service = TestRbac::new().await;
    service.assign("root", "administrator", ("", "")).await;
    let app = service.app();
    let (root, ada, bob, eve) = (
        Caller(&app, "root"),
        Caller(&app, "ada"),
        Caller(&app, "bob"),
        Caller(&app, "eve"),
    );
    // The application's permissions and a role, by the API.
    for name in ["invoice:read", "invoice:write"] {
        assert_eq!(
            root.post("/permissions", json!({ "name": name })).await.0,
            201
        );
    }
    let founder = json!({ "name": "founder", "permissions": ["rbac.organisation:create"] });
    let founder = id(&root.post("/roles", founder).await);
    let everybody = json!({ "subject": "*", "role_id": founder });
    assert_eq!(root.post("/assignments", everybody).await.0, 201);
    // Ada's own.
    let acme = id(&ada.post("/organisations", json!({ "name": "Acme" })).await);
    let (status, me) = ada.get(&format!("/me?organisation={acme}")).await;
    assert_eq!((status, &me["subject"]), (200, &json!("ada")));
    assert_eq!(
        me["roles"],
        json!(["founder", "organisation-member", "organisation-owner"])
    );
    assert_eq!(me["organisations"], json!([acme]));
    // The administrator lets owners have invoices; Ada makes a role and invites.
    let (_, roles) = ada.get("/roles?name=organisation-owner").await;
    let owner = roles["items"][0]["id"].as_str().expect("an id").to_owned();
    for name in ["invoice:read", "invoice:write"] {
        let path = format!("/roles/{owner}/permissions/{name}");
        assert_eq!(ada.status(Method::PUT, &path).await, 403);
        assert_eq!(root.status(Method::PUT, &path).await, 204);
    }
    let clerk =
        json!({ "name": "clerk", "organisation_id": acme, "permissions": ["invoice:read"] });
    let clerk = id(&ada.post("/roles", clerk).await);
    let invitations = format!("/organisations/{acme}/invitations");
    let (status, invitation) = ada
        .post(
            &invitations,
            json!({ "email": "bob@example.org", "role": "clerk", "expires_in": 3600 }),
        )
        .await;
    assert_eq!(status, 201);
    assert_eq!(eve.post(&invitations, json!({})).await.0, 403);
    let token = json!({ "token": invitation["token"] });
    assert_eq!(eve.post("/invitations/accept", token.clone()).await.0, 404);
    assert_eq!(
        bob.post("/invitations/accept", token).await,
        (200, json!({ "organisation_id": acme }))
    );
    let (_, told) = ada.get(&invitations).await;
    assert_eq!(told["items"][0]["accepted_by"], "bob");
    assert!(told["items"][0].get("token").is_none());
    // What Bob may do, and why.
    let checks = json!({ "checks": [
        { "permission": "invoice:read", "organisation": acme },
        { "permission": "invoice:write", "organisation": acme },
        { "permission": "invoice:read" },
    ] });
    assert_eq!(
        bob.post("/check", checks.clone()).await.1,
        json!({ "allowed": [true, false, false] })
    );
    let (_, why) = bob
        .get(&format!(
            "/explain?permission=invoice:read&organisation={acme}"
        ))
        .await;
    assert_eq!(
        (&why["allowed"], &why["grants"][0]["role"]),
        (&json!(true), &json!("clerk"))
    );
    let (_, why) = bob.get("/explain?permission=invoice:read").await;
    assert_eq!(
        (&why["allowed"], &why["reason"]),
        (&json!(false), &json!("held elsewhere"))
    );
    let (_, why) = bob.get("/explain?permission=invoice:nothing").await;
    assert_eq!(why["reason"], "unknown permission");
    // About others, to who may see.
    let of_bob = format!("/explain?permission=invoice:read&organisation={acme}&subject=bob");
    assert_eq!(eve.get(&of_bob).await.0, 403);
    assert_eq!(ada.get(&of_bob).await.1["allowed"], true);
    let mut asked = checks;
    asked["subject"] = "bob".into();
    assert_eq!(eve.post("/check", asked.clone()).await.0, 403);
    assert_eq!(
        root.post("/check", asked).await.1,
        json!({ "allowed": [true, false, false] })
    );
    // Members, and the end.
    let (_, members) = ada.get(&format!("/organisations/{acme}/members")).await;
    assert_eq!(members["items"][1]["subject"], "bob");
    assert_eq!(members["items"][1]["roles"], json!(["clerk"]));
    assert_eq!(eve.get(&format!("/organisations/{acme}")).await.0, 404);
    assert_eq!(
        bob.status(Method::DELETE, &format!("/roles/{clerk}")).await,
        404
    );
    let bobs = format!("/organisations/{acme}/members/bob");
    assert_eq!(eve.status(Method::DELETE, &bobs).await, 404);
    assert_eq!(ada.status(Method::DELETE, &bobs).await, 204);
    assert_eq!(
        bob.post(
            "/check",
            json!({ "checks": [{ "permission": "invoice:read", "organisation": acme }] })
        )
        .await
        .1,
        json!({ "allowed": [false] })
    );
    assert_eq!(
        ada.status(Method::DELETE, &format!("/organisations/{acme}"))
            .await,
        204
    );
    assert_eq!(ada.get("/organisations").await.1["items"], json!([]));
}

#[tokio::test]
async fn lists_come_in_pages_and_are_filtered() {
    let service = TestRbac::new().await;
    service.assign("root", "administrator", ("", "")).await;
    service.role("clerk", &["invoice:read"]).await;
    for index in 0..5 {
        service
            .assign(&format!("user{index}"), "clerk", ("", ""))
            .await;
        service
            .assign(&format!("user{index}"), "clerk", ("", "invoice/1"))
            .await;
    }
    let app = service.app();
    let root = Caller(&app, "root");
    let mut seen = Vec::new();
    let mut path = "/assignments?limit=3&resource=invoice/1".to_owned();
    loop {
        let (status, page) = root.get(&path).await;
        assert_eq!(status, 200, "{page}");
        let items = page["items"].as_array().expect("items").clone();
        seen.extend(
            items
                .iter()
                .map(|item| item["subject"].as_str().expect("text").to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => path = format!("/assignments?limit=3&resource=invoice/1&after={next}"),
            None => break,
        }
    }
    seen.sort();
    assert_eq!(seen, ["user0", "user1", "user2", "user3", "user4"]);
    assert_eq!(
        root.get("/assignments?subject=user1").await.1["items"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    let (_, first) = root.get("/roles?limit=1").await;
    let after = first["next"].as_str().expect("more").replace(' ', "%20");
    let (_, second) = root.get(&format!("/roles?limit=1&after={after}")).await;
    assert_eq!(
        (&first["items"][0]["name"], &second["items"][0]["name"]),
        (&json!("administrator"), &json!("clerk"))
    );
    assert_eq!(root.get("/roles?limit=0").await.0, 422);
    // Others see their own.
    let user = Caller(&app, "user1");
    assert_eq!(
        user.get("/assignments").await.1["items"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    assert_eq!(user.get("/permissions").await.1["items"], json!([]));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_words() {
    let service = TestRbac::new().await;
    service.assign("root", "administrator", ("", "")).await;
    let app = service.app();
    let root = Caller(&app, "root");
    for (path, body, status, said) in [
        (
            "/roles",
            json!({ "name": "A Role" }),
            422,
            "is no name of a role",
        ),
        ("/roles", json!({ "nam": "x" }), 422, "unknown field `nam`"),
        (
            "/roles",
            json!({ "name": "administrator" }),
            409,
            "a role of this name already",
        ),
        (
            "/roles",
            json!({ "name": "x", "permissions": ["a:b"] }),
            409,
            "declare it first",
        ),
        (
            "/roles",
            json!({ "name": "x", "permissions": ["ab"] }),
            422,
            "resource:action",
        ),
        (
            "/permissions",
            json!({ "name": "invoice" }),
            422,
            "resource:action",
        ),
        (
            "/assignments",
            json!({ "subject": "a", "role": "nobody" }),
            404,
            "There is no role `nobody`",
        ),
        (
            "/assignments",
            json!({ "subject": "a" }),
            422,
            "Name the role",
        ),
        (
            "/assignments",
            json!({ "subject": "a", "role": "administrator", "expires_at": "2001-01-01T00:00:00Z" }),
            422,
            "has passed",
        ),
        (
            "/assignments",
            json!({ "subject": "a", "role": "administrator", "resource": "x" }),
            422,
            "`resource` is kind/id",
        ),
        (
            "/assignments",
            json!({ "subject": "root", "role": "administrator" }),
            403,
            "themselves",
        ),
        (
            "/assignments",
            json!({ "subject": "a", "role": "administrator", "organisation_id": Uuid::nil() }),
            409,
            "no member of the organisation",
        ),
        (
            "/organisations",
            json!({ "name": "" }),
            422,
            "`name` has 1 to 200",
        ),
        (
            "/invitations/accept",
            json!({ "token": "x" }),
            404,
            "The invitation is unknown",
        ),
        (
            "/check",
            json!({ "checks": [{ "permission": "a" }] }),
            422,
            "resource:action",
        ),
        ("/nothing", json!({}), 404, "no such endpoint"),
    ] {
        let (got, problem) = root.post(path, body.clone()).await;
        assert_eq!(got, status, "{path} {body}: {problem}");
        let message = problem["message"].as_str().unwrap_or_default();
        assert!(message.contains(said), "{path} {body}: {message}");
        assert!(
            !message.contains("rbac.r") && !message.contains("relation"),
            "{message}"
        );
    }
    // A filter that is misspelt would show everything.
    for list in [
        "/assignments?subjct=a",
        "/roles?nam=a",
        "/organisations?limits=1",
    ] {
        let (status, problem) = root.get(list).await;
        assert_eq!(status, 422, "{list}");
        let message = problem["message"].as_str().unwrap_or_default();
        assert!(message.contains("unknown field"), "{message}");
    }
    let answer = app
        .post("/roles", &json!([]))
        .header("x-claims", "{\"sub\":\"root\"}")
        .await;
    assert_eq!(answer.status, 422);
    assert_eq!(root.get("/roles/no-uuid").await.0, 404);
    assert_eq!(root.get("/explain?permission=invoice").await.0, 422);
}

#[tokio::test]
async fn nothing_is_for_the_anonymous_but_the_document() {
    let service = TestRbac::new().await;
    let app = service.app();
    let document = app.get("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut operations = 0;
    for (path, entry) in document["paths"].as_object().expect("paths") {
        let path = path.replace("{permission}", "a:b");
        let path = path.split('/').map(|part| match part.starts_with('{') {
            true => "00000000-0000-0000-0000-000000000001",
            false => part,
        });
        let path = path.collect::<Vec<_>>().join("/");
        for method in entry.as_object().expect("operations").keys() {
            operations += 1;
            let method: Method = method.to_uppercase().parse().expect("a method");
            let anonymous = app.request(method.clone(), &path).await;
            assert_eq!(anonymous.status, 401, "{method} {path}");
            // The route is there, and nobody in particular breaks nothing.
            let nobody = Caller(&app, "nobody")
                .send(method.clone(), &path, json!({}))
                .await;
            assert!(
                nobody.status.as_u16() < 500,
                "{method} {path}: {}",
                nobody.text()
            );
            assert_ne!(nobody.status, 405, "{method} {path}");
        }
    }
    assert!(operations > 30, "{operations}");
}

#[tokio::test]
async fn service_accounts_are_made_assigned_and_removed() {
    let service = TestRbac::new().await;
    service.assign("root", "administrator", ("", "")).await;
    service.role("clerk", &["invoice:read"]).await;
    let app = service.app();
    let root = Caller(&app, "root");
    let made = root
        .post(
            "/service-accounts",
            json!({ "name": "robot", "subject": "api_key:1" }),
        )
        .await;
    let account = id(&made);
    let assigned = root
        .post(
            "/assignments",
            json!({ "subject": "api_key:1", "role": "clerk" }),
        )
        .await;
    assert_eq!(assigned.0, 201);
    let claims = json!({ "api_key_id": "1" }).to_string();
    let check = json!({ "checks": [{ "permission": "invoice:read" }] });
    let allowed = app
        .post("/check", &check)
        .header("x-claims", &claims)
        .await
        .json();
    assert_eq!(allowed, json!({ "allowed": [true] }));
    assert_eq!(
        root.status(Method::DELETE, &format!("/service-accounts/{account}"))
            .await,
        204
    );
    let allowed = app
        .post("/check", &check)
        .header("x-claims", &claims)
        .await
        .json();
    assert_eq!(allowed, json!({ "allowed": [false] }));
}
