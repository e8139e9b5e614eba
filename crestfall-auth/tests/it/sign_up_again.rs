//! Two who sign up with one address (SEC-05): who reads its mail gets no password that another chose.

use axum::body::Body;
use crestfall_auth::Config;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::postbox::Postbox;
use crate::service::{TestAuth, key};

const ADDRESS: &str = "ada@example.org";
const OWNERS: &str = "the owner's own";
const STRANGERS: &str = "the stranger's";
// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn strict(config: &mut Config) {
    config.email.autoconfirm = false;
    config.email.max_frequency = "0s".parse().expect("a duration");
    config.phone.autoconfirm = false;
    config.phone.max_frequency = "0s".parse().expect("a duration");
}

async fn sign_up(app: &TestAuth, password: &str, more: Value) {
    let mut body = json!({ "email": ADDRESS, "password": password });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let answer = app.post("/signup", "", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

/// Presses the button of a link's page; where it leads.
async fn press(app: &TestAuth, link: &str) -> String {
    let request = Request::post(link)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::empty());
    let answer = app.send(request.expect("a request")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    let location = answer.headers["location"].to_str().expect("text");
    location.to_owned()
}

async fn signs_in(app: &TestAuth, password: &str) -> bool {
    app.sign_in(ADDRESS, password).await.status == StatusCode::OK
}

async fn expire_mails(app: &TestAuth) {
    sqlx::query("update auth.one_time_tokens set expires_at = now() - interval '1 second'")
        .execute(&app.pool)
        .await
        .expect("an update");
}

#[tokio::test]
async fn sec_05_of_two_sign_ups_on_their_way_neither_password_counts() {
    for (first, second) in [(OWNERS, STRANGERS), (STRANGERS, OWNERS)] {
        let app = TestAuth::with(strict).await;
        let post = Postbox::open(&app);
        sign_up(&app, first, json!({})).await;
        let former = post.one(ADDRESS).await;
        sign_up(&app, second, json!({})).await;
        let latter = post.nth(ADDRESS, 2).await;
        assert!(press(&app, &former.link()).await.contains("otp_expired"));
        let page = app.get(&latter.link(), "").await.text("");
        assert!(page.contains("it will not count"), "{page}");
        let landed = press(&app, &latter.link()).await;
        assert!(landed.contains("access_token="), "{landed}");
        assert!(!signs_in(&app, STRANGERS).await);
        // Nobody knows that it was the owner's.
        assert!(!signs_in(&app, OWNERS).await);
        // The owner, who is signed in, chooses one.
        let token = landed.split("access_token=").nth(1).expect("a token");
        let token = token.split('&').next().expect("a token");
        let chosen = app
            .put("/user", token, json!({ "password": "chosen now" }))
            .await;
        assert_eq!(chosen.status, StatusCode::OK, "{chosen:?}");
        assert!(signs_in(&app, "chosen now").await);
    }
}

#[tokio::test]
async fn sec_05_a_third_sign_up_settles_nothing_and_neither_does_a_mail_sent_once_more() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    sign_up(&app, OWNERS, json!({})).await;
    sign_up(&app, STRANGERS, json!({})).await;
    sign_up(&app, OWNERS, json!({})).await;
    post.nth(ADDRESS, 3).await;
    let body = json!({ "email": ADDRESS, "type": "signup" });
    app.post("/resend", "", body).await;
    let last = post.nth(ADDRESS, 4).await;
    let body = json!({ "email": ADDRESS, "type": "signup", "token": last.code() });
    let answer = app.post("/verify", "", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert!(!signs_in(&app, OWNERS).await);
    assert!(!signs_in(&app, STRANGERS).await);
}

#[tokio::test]
async fn who_signs_up_again_with_the_same_password_keeps_it() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    sign_up(&app, OWNERS, json!({ "data": { "name": "Ada" } })).await;
    post.one(ADDRESS).await;
    sign_up(&app, OWNERS, json!({ "data": { "town": "London" } })).await;
    let link = post.nth(ADDRESS, 2).await.link();
    let page = app.get(&link, "").await.text("");
    assert!(!page.contains("it will not count"), "{page}");
    press(&app, &link).await;
    let session = app.sign_in(ADDRESS, OWNERS).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    let metadata = &session.body["user"]["user_metadata"];
    assert_eq!(
        (&metadata["name"], &metadata["town"]),
        (&json!("Ada"), &json!("London"))
    );
}

/// What nobody confirmed in time is over: nothing that was set up stays.
#[tokio::test]
async fn sec_05_a_sign_up_after_an_older_one_was_given_up_begins_anew() {
    let app = TestAuth::with(|config| {
        strict(config);
        config.email.allow_unverified_sign_in = true;
    })
    .await;
    let post = Postbox::open(&app);
    sign_up(&app, STRANGERS, json!({ "data": { "name": "Mallory" } })).await;
    post.one(ADDRESS).await;
    let stranger = app.sign_in(ADDRESS, STRANGERS).await;
    assert_eq!(stranger.status, StatusCode::OK, "{stranger:?}");
    let (own, body) = (stranger.text("/access_token"), json!({ "name": "mine" }));
    let kept = app.post("/user/api-keys", &own, body).await;
    assert!(kept.status.is_success(), "{kept:?}");
    expire_mails(&app).await;
    sign_up(&app, OWNERS, json!({})).await;
    let link = post.nth(ADDRESS, 2).await.link();
    press(&app, &link).await;
    assert!(!signs_in(&app, STRANGERS).await);
    let refreshed = app.refresh(&stranger.text("/refresh_token")).await;
    assert_eq!(refreshed.code(), "refresh_token_not_found");
    let session = app.sign_in(ADDRESS, OWNERS).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    assert!(session.body["user"]["user_metadata"].get("name").is_none());
    let keys: i64 = sqlx::query_scalar("select count(*) from auth.api_keys")
        .fetch_one(&app.pool)
        .await
        .expect("a count");
    assert_eq!(keys, 0);
}

#[tokio::test]
async fn sec_05_a_link_to_sign_in_keeps_no_password_of_a_stranger() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    app.post("/otp", "", json!({ "email": ADDRESS })).await;
    post.one(ADDRESS).await;
    sign_up(&app, STRANGERS, json!({})).await;
    let link = post.nth(ADDRESS, 2).await.link();
    press(&app, &link).await;
    assert!(!signs_in(&app, STRANGERS).await);
    // The other way round.
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    sign_up(&app, STRANGERS, json!({})).await;
    post.one(ADDRESS).await;
    app.post("/otp", "", json!({ "email": ADDRESS })).await;
    let link = post.nth(ADDRESS, 2).await.link();
    press(&app, &link).await;
    assert!(!signs_in(&app, STRANGERS).await);
}

#[tokio::test]
async fn sec_05_who_ends_the_exchange_of_a_sign_up_began_it() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    sign_up(&app, STRANGERS, json!({})).await;
    post.one(ADDRESS).await;
    let exchange = json!({ "code_challenge": CHALLENGE, "code_challenge_method": "s256" });
    sign_up(&app, OWNERS, exchange).await;
    let link = post.nth(ADDRESS, 2).await.link();
    let landed = press(&app, &link).await;
    // The mail alone keeps no password.
    assert!(!signs_in(&app, OWNERS).await);
    let code = landed.split("code=").nth(1).expect("a code");
    let code = code.split('&').next().expect("a code");
    let body = json!({ "auth_code": code, "code_verifier": VERIFIER });
    let session = app.post("/token?grant_type=pkce", "", body).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    assert!(signs_in(&app, OWNERS).await);
    assert!(!signs_in(&app, STRANGERS).await);
}

#[tokio::test]
async fn sec_05_what_an_administrator_made_or_invited_to_gets_no_strangers_password() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    let admin = key("service_role");
    let body = json!({ "email": ADDRESS, "password": OWNERS });
    assert_eq!(
        app.post("/admin/users", &admin, body).await.status,
        StatusCode::OK
    );
    sign_up(&app, STRANGERS, json!({})).await;
    press(&app, &post.one(ADDRESS).await.link()).await;
    assert!(!signs_in(&app, STRANGERS).await);

    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    app.post("/invite", &admin, json!({ "email": ADDRESS }))
        .await;
    post.one(ADDRESS).await;
    sign_up(&app, STRANGERS, json!({})).await;
    let link = post.nth(ADDRESS, 2).await.link();
    press(&app, &link).await;
    assert!(!signs_in(&app, STRANGERS).await);
}

/// An account with a proved number that only claims an address is not to be had by that address.
#[tokio::test]
async fn sec_05_an_address_that_was_only_claimed_opens_no_account() {
    for autoconfirm in [false, true] {
        let app = TestAuth::with(|config| {
            strict(config);
            config.email.autoconfirm = autoconfirm;
        })
        .await;
        let _post = Postbox::open(&app);
        let body = json!({
            "phone": "15550100", "phone_confirm": true, "email": ADDRESS, "password": OWNERS,
        });
        let owner = app.post("/admin/users", &key("service_role"), body).await;
        assert_eq!(owner.status, StatusCode::OK, "{owner:?}");
        let body = json!({ "email": ADDRESS, "password": STRANGERS });
        let stranger = app.post("/signup", "", body).await;
        assert_eq!(stranger.status, StatusCode::OK, "{stranger:?}");
        let of_stranger = match autoconfirm {
            true => stranger.text("/user/id"),
            false => stranger.text("/id"),
        };
        assert_ne!(of_stranger, owner.text("/id"));
        let by_number = |password: &str| json!({ "phone": "15550100", "password": password });
        let path = "/token?grant_type=password";
        let refused = app.post(path, "", by_number(STRANGERS)).await;
        assert_eq!(refused.code(), "invalid_credentials");
        let session = app.post(path, "", by_number(OWNERS)).await;
        assert_eq!(session.status, StatusCode::OK, "{session:?}");
        assert_eq!(session.text("/user/id"), owner.text("/id"));
        assert_eq!(session.text("/user/email"), "");
    }
}
