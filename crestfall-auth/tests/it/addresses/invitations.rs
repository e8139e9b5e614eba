//! Invitations, and links that administrators make (GT-049).

use super::*;

#[tokio::test]
async fn who_is_invited_accepts_by_the_link() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    let admin = key("service_role");
    let body = json!({ "email": "ada@example.org", "data": { "team": "red" } });
    assert_eq!(
        app.post("/invite", &key("anon"), body.clone()).await.code(),
        "not_admin"
    );
    let user = app.post("/invite", &admin, body.clone()).await;
    assert_eq!(user.status, StatusCode::OK, "{user:?}");
    assert!(user.body["invited_at"].is_string());
    let mail = post.one("ada@example.org").await;
    assert_eq!(mail.kind, "invite");
    let landed = press(&app, &mail.link()).await;
    assert!(landed.contains("type=invite"), "{landed}");
    let again = app.post("/invite", &admin, body).await;
    assert_eq!((again.status.as_u16(), again.code()), (422, "email_exists"));
}

#[tokio::test]
async fn an_administrator_makes_links_of_every_type() {
    let app = TestAuth::with(strict).await;
    let admin = key("service_role");
    let generate = |body: Value| app.post("/admin/generate_link", &admin, body);
    let to = "http://localhost:3000/welcome";
    let signup = generate(json!({
        "type": "signup", "email": "ada@example.org", "password": "correct horse",
        "data": { "x": 1 }, "redirect_to": to,
    }))
    .await;
    assert_eq!(signup.status, StatusCode::OK, "{signup:?}");
    let link = signup.text("/action_link");
    let start = "http://localhost:8000/auth/v1/verify?token=";
    assert!(link.starts_with(start), "{link}");
    assert!(
        link.ends_with(&format!("&type=signup&redirect_to={to}")),
        "{link}"
    );
    assert_eq!(signup.body["redirect_to"], to);
    assert_eq!(signup.body["verification_type"], "signup");
    assert_eq!(signup.body["email"], "ada@example.org");
    assert_eq!(signup.body["user_metadata"]["x"], 1);
    let landed = press(&app, &link["http://localhost:8000/auth/v1".len()..]).await;
    assert!(
        landed.starts_with(&format!("{to}#access_token=")),
        "{landed}"
    );
    let taken = generate(json!({ "type": "invite", "email": "ada@example.org" })).await;
    assert_eq!(taken.code(), "email_exists");
    for kind in ["magiclink", "recovery"] {
        let made = generate(json!({
            "type": kind, "email": "ada@example.org", "redirect_to": "https://evil.example",
        }))
        .await;
        assert_eq!(made.body["verification_type"], kind);
        assert_eq!(made.body["redirect_to"], "http://localhost:3000");
        let code = made.text("/email_otp");
        let by_code = verify(&app, kind, ("email", "ada@example.org"), &code).await;
        assert_eq!(by_code.status, StatusCode::OK, "{kind}");
    }
    let made = generate(json!({ "type": "magiclink", "email": "ada@example.org" })).await;
    let body = json!({ "type": "email", "token_hash": made.text("/hashed_token") });
    assert_eq!(app.post("/verify", "", body).await.status, StatusCode::OK);
    let new = generate(json!({ "type": "magiclink", "email": "new@example.org" })).await;
    assert_eq!(new.body["verification_type"], "signup");
    let unknown = generate(json!({ "type": "recovery", "email": "no@example.org" })).await;
    assert_eq!(
        (unknown.status.as_u16(), unknown.code()),
        (404, "user_not_found")
    );
    let change = |kind: &str| {
        generate(json!({
            "type": kind, "email": "ada@example.org", "new_email": "ada@new.example",
        }))
    };
    let current = change("email_change_current").await;
    assert_eq!(current.body["new_email"], "ada@new.example", "{current:?}");
    assert!(current.text("/action_link").contains("&type=email_change"));
    let new = change("email_change_new").await;
    let body = |answer: &Answer| json!({ "type": "email_change", "token_hash": answer.text("/hashed_token") });
    let first = app.post("/verify", "", body(&current)).await;
    assert_eq!(first.body["code"], "200", "{first:?}");
    let second = app.post("/verify", "", body(&new)).await;
    assert_eq!(
        second.body["user"]["email"], "ada@new.example",
        "{second:?}"
    );
    let nonsense = generate(json!({ "type": "nonsense", "email": "ada@example.org" })).await;
    assert_eq!(nonsense.code(), "validation_failed");
}
