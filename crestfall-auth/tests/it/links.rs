//! Links and codes by mail (GT-012 to GT-017, D7, SEC-05, SEC-07).

mod told;

use axum::body::Body;
use crestfall_auth::Config;
use http::{Method, Request, StatusCode};
use serde_json::json;
use url::Url;

use crate::postbox::Postbox;
use crate::service::{Answer, TestAuth, claims};

/// Addresses have to be confirmed, and mails may follow each other at once.
fn strict(config: &mut Config) {
    config.email.autoconfirm = false;
    config.email.max_frequency = "0s".parse().expect("a duration");
    config.redirect_urls = vec!["https://app.example/**".into()];
}

async fn open(app: &TestAuth, method: Method, link: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(link);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::empty()).expect("a request"))
        .await
}

/// Presses the button of a page.
async fn press(app: &TestAuth, link: &str, page: &str) -> Answer {
    let at = page.find("name=\"press\" value=\"").expect("a field");
    let value: String = page[at + 20..].chars().take_while(|c| *c != '"').collect();
    let request = Request::post(link)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(format!("press={value}")));
    app.send(request.expect("a request")).await
}

/// Opens a link and presses its button.
async fn follow(app: &TestAuth, link: &str) -> Answer {
    let page = open(app, Method::GET, link, &[]).await;
    match page.status {
        StatusCode::OK => press(app, link, page.body.as_str().expect("a page")).await,
        _ => page,
    }
}

fn location(answer: &Answer) -> Url {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    let location = answer.headers["location"].to_str().expect("a location");
    Url::parse(location).expect("a URL")
}

fn part(text: Option<&str>, name: &str) -> String {
    url::form_urlencoded::parse(text.unwrap_or_default().as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[tokio::test]
async fn a_sign_up_is_confirmed_by_its_link_and_keeps_its_password() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    let body = json!({ "email": "ada@example.org", "password": "correct horse" });
    let path = "/signup?redirect_to=https%3A%2F%2Fapp.example%2Fin";
    let user = app.post(path, "", body).await;
    assert_eq!(user.status, StatusCode::OK);
    assert!(user.body.get("access_token").is_none());
    let early = app.sign_in("ada@example.org", "correct horse").await;
    assert_eq!(early.code(), "email_not_confirmed");
    let mail = post.one("ada@example.org").await;
    assert_eq!(mail.kind, "confirmation");
    let landed = location(&follow(&app, &mail.link()).await);
    assert_eq!(
        landed.as_str().split('#').next(),
        Some("https://app.example/in")
    );
    let token = part(landed.fragment(), "access_token");
    assert_eq!(part(landed.fragment(), "type"), "signup");
    assert_eq!(claims(&token)["amr"][0]["method"], "otp");
    let user = app.get("/user", &token).await;
    assert!(user.body["email_confirmed_at"].is_string());
    assert_eq!(
        user.body["identities"][0]["identity_data"]["email_verified"],
        true
    );
    let in_again = app.sign_in("ada@example.org", "correct horse").await;
    assert_eq!(in_again.status, StatusCode::OK);
}

#[tokio::test]
async fn scanners_open_links_and_use_nothing_up() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    app.post("/otp", "", json!({ "email": "ada@example.org" }))
        .await;
    let link = post.one("ada@example.org").await.link();
    let safe_links = "Mozilla/5.0 (Windows NT 10.0) SafeLinks";
    for (method, headers) in [
        (Method::GET, vec![("user-agent", safe_links)]),
        (Method::HEAD, vec![]),
        (Method::GET, vec![("sec-purpose", "prefetch;prerender")]),
        (Method::GET, vec![("purpose", "prefetch")]),
        (Method::GET, vec![("accept-language", "de-AT,de;q=0.9")]),
    ] {
        let page = open(&app, method, &link, &headers).await;
        assert_eq!(page.status, StatusCode::OK, "{headers:?}");
        assert_eq!(page.headers["cache-control"], "no-store");
        assert_eq!(page.headers["referrer-policy"], "no-referrer");
        let policy = page.headers["content-security-policy"]
            .to_str()
            .expect("text");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
    }
    let german = open(&app, Method::GET, &link, &[("accept-language", "de")]).await;
    assert_eq!(german.headers["content-language"], "de");
    assert!(german.text("").contains("<html lang=\"de\">"));
    assert!(!german.text("").contains("<script"));
    // A form of another site shows the page; only its own button counts.
    let forged = Request::post(&link)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site")
        .body(Body::empty());
    assert_eq!(
        app.send(forged.expect("a request")).await.status,
        StatusCode::OK
    );
    let landed = location(&follow(&app, &link).await);
    assert!(!part(landed.fragment(), "access_token").is_empty());
}

#[tokio::test]
async fn a_double_click_ends_in_one_session_and_a_second_use_in_none() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    app.post("/otp", "", json!({ "email": "ada@example.org" }))
        .await;
    let link = post.one("ada@example.org").await.link();
    let page = open(&app, Method::GET, &link, &[]).await.text("");
    let other_page = open(&app, Method::GET, &link, &[]).await.text("");
    let (first, second) = tokio::join!(press(&app, &link, &page), press(&app, &link, &page));
    let token = part(location(&first).fragment(), "refresh_token");
    assert!(!token.is_empty());
    assert_eq!(token, part(location(&second).fragment(), "refresh_token"));
    let late = location(&press(&app, &link, &other_page).await);
    assert_eq!(part(late.fragment(), "error"), "access_denied");
    assert_eq!(part(late.fragment(), "error_code"), "otp_expired");
    let again = location(&follow(&app, &link).await);
    assert_eq!(
        part(again.fragment(), "error_description"),
        "Email link is invalid or has expired"
    );
    let sessions: i64 = sqlx::query_scalar("select count(*) from auth.sessions")
        .fetch_one(&app.pool)
        .await
        .expect("a count");
    assert_eq!(sessions, 1);
}

#[tokio::test]
async fn a_link_may_count_when_it_is_opened_but_not_for_a_prefetch() {
    let app = TestAuth::with(|config| {
        strict(config);
        config.email.verify_on_get = true;
    })
    .await;
    let post = Postbox::open(&app);
    app.post("/otp", "", json!({ "email": "ada@example.org" }))
        .await;
    let link = post.one("ada@example.org").await.link();
    let prefetched = [("sec-purpose", "prefetch")];
    assert_eq!(
        open(&app, Method::GET, &link, &prefetched).await.status,
        StatusCode::OK
    );
    assert_eq!(
        open(&app, Method::HEAD, &link, &[]).await.status,
        StatusCode::OK
    );
    let landed = location(&open(&app, Method::GET, &link, &[]).await);
    assert!(!part(landed.fragment(), "access_token").is_empty());
}

#[tokio::test]
async fn the_code_and_the_link_of_a_mail_use_each_other_up() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    app.post("/otp", "", json!({ "email": "ada@example.org" }))
        .await;
    let mail = post.one("ada@example.org").await;
    let body = json!({ "type": "email", "email": "Ada@example.org", "token": mail.code() });
    let session = app.post("/verify", "", body.clone()).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    assert_eq!(session.body["user"]["email"], "ada@example.org");
    let again = app.post("/verify", "", body).await;
    assert_eq!((again.status.as_u16(), again.code()), (403, "otp_expired"));
    assert_eq!(again.body["message"], "Token has expired or is invalid");
    let link = location(&follow(&app, &mail.link()).await);
    assert_eq!(part(link.fragment(), "error_code"), "otp_expired");
    // The other way round.
    app.post("/otp", "", json!({ "email": "ada@example.org" }))
        .await;
    let mail = post.nth("ada@example.org", 2).await;
    assert_eq!(mail.kind, "magic_link");
    follow(&app, &mail.link()).await;
    let body = json!({ "type": "magiclink", "email": "ada@example.org", "token": mail.code() });
    assert_eq!(app.post("/verify", "", body).await.code(), "otp_expired");
}

#[tokio::test]
async fn a_few_wrong_codes_void_code_and_link() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    app.post("/otp", "", json!({ "email": "ada@example.org" }))
        .await;
    let mail = post.one("ada@example.org").await;
    let verify = |code: String| {
        let body = json!({ "type": "email", "email": "ada@example.org", "token": code });
        app.post("/verify", "", body)
    };
    let wrong = if mail.code() == "000000" {
        "000001"
    } else {
        "000000"
    };
    let tries = (0..5).map(|_| verify(wrong.into()));
    for answer in futures_util::future::join_all(tries).await {
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (403, "otp_expired")
        );
    }
    assert_eq!(verify(mail.code()).await.code(), "otp_expired");
    let link = location(&follow(&app, &mail.link()).await);
    assert_eq!(part(link.fragment(), "error_code"), "otp_expired");
}

#[tokio::test]
async fn of_many_uses_at_once_one_wins() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    app.post("/otp", "", json!({ "email": "ada@example.org" }))
        .await;
    let mail = post.one("ada@example.org").await;
    let code = json!({ "type": "email", "email": "ada@example.org", "token": mail.code() });
    let token = part(mail.link().split('?').nth(1), "token");
    let hash = json!({ "type": "email", "token_hash": token });
    let uses = (0..20).map(|n| {
        let body = if n % 2 == 0 { &code } else { &hash };
        app.post("/verify", "", body.clone())
    });
    let answers = futures_util::future::join_all(uses).await;
    let won = answers.iter().filter(|a| a.status == StatusCode::OK);
    assert_eq!(won.count(), 1);
    assert!(
        answers
            .iter()
            .all(|a| a.status == StatusCode::OK || a.code() == "otp_expired")
    );
}

#[tokio::test]
async fn what_came_before_the_first_proof_goes() {
    let app = TestAuth::with(|config| {
        strict(config);
        config.email.allow_unverified_sign_in = true;
    })
    .await;
    let post = Postbox::open(&app);
    // Somebody else begins with the address, and has a session.
    let body = json!({ "email": "eve@example.org", "password": "correct horse" });
    app.post("/signup", "", body).await;
    let early = app.sign_in("eve@example.org", "correct horse").await;
    assert_eq!(early.status, StatusCode::OK, "{early:?}");
    post.one("eve@example.org").await;
    // The address's reader comes by a link, or by forgetting a password never set.
    app.post("/recover", "", json!({ "email": "eve@example.org" }))
        .await;
    let mail = post.nth("eve@example.org", 2).await;
    assert_eq!(mail.kind, "recovery");
    let landed = location(&follow(&app, &mail.link()).await);
    let token = part(landed.fragment(), "access_token");
    assert_eq!(claims(&token)["amr"][0]["method"], "recovery");
    assert_eq!(app.get("/user", &token).await.status, StatusCode::OK);
    assert_eq!(
        app.get("/user", &early.text("/access_token")).await.code(),
        "session_not_found"
    );
    assert_eq!(
        app.sign_in("eve@example.org", "correct horse").await.code(),
        "invalid_credentials"
    );
    let new = json!({ "password": "battery staple" });
    assert_eq!(app.put("/user", &token, new).await.status, StatusCode::OK);
    assert_eq!(
        app.sign_in("eve@example.org", "battery staple")
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_sign_up_whose_link_is_sent_again_by_another_way_keeps_no_password() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    let body = json!({ "email": "eve@example.org", "password": "correct horse" });
    app.post("/signup", "", body).await;
    post.one("eve@example.org").await;
    app.post("/otp", "", json!({ "email": "eve@example.org" }))
        .await;
    post.nth("eve@example.org", 2).await;
    let again = json!({ "type": "signup", "email": "eve@example.org" });
    assert_eq!(app.post("/resend", "", again).await.body, json!({}));
    let mail = post.nth("eve@example.org", 3).await;
    location(&follow(&app, &mail.link()).await);
    assert_eq!(
        app.sign_in("eve@example.org", "correct horse").await.code(),
        "invalid_credentials"
    );
}

#[tokio::test]
async fn a_link_of_an_exchange_gives_a_code_that_its_beginner_exchanges() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    // RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let body = json!({
        "email": "ada@example.org", "code_challenge_method": "s256",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    });
    app.post("/otp?redirect_to=https://app.example/in?x=1", "", body)
        .await;
    let mail = post.one("ada@example.org").await;
    assert!(mail.link().contains("token=pkce_"));
    let page = open(&app, Method::GET, &mail.link(), &[]).await.text("");
    assert!(
        page.contains("If you began elsewhere, enter the code"),
        "{page}"
    );
    let landed = location(&follow(&app, &mail.link()).await);
    assert_eq!((landed.fragment(), landed.path()), (None, "/in"));
    let exchange = json!({ "auth_code": part(landed.query(), "code"), "code_verifier": verifier });
    let session = app.post("/token?grant_type=pkce", "", exchange).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    // Errors of an exchange are in the query too.
    let again = location(&follow(&app, &mail.link()).await);
    assert_eq!(part(again.query(), "error_code"), "otp_expired");
    assert_eq!(part(again.fragment(), "error_code"), "otp_expired");
    assert_eq!(part(again.query(), "x"), "1");
}

#[tokio::test]
async fn no_branch_leads_to_a_place_that_is_not_listed() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    for (n, evil) in [
        "https://evil.example",
        "//evil.example",
        "https:evil.example",
        "\\evil.example",
        "https://app.example@evil.example/",
        "https://app.example.evil.example/",
        "javascript:alert(1)",
        "https://app.example%2eevil.example/",
        "data:text/html,x",
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("ada{n}@example.org");
        let evil: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
        let path = format!("/otp?redirect_to={evil}");
        app.post(&path, "", json!({ "email": email })).await;
        let link = post.one(&email).await.link();
        assert!(
            link.ends_with("redirect_to=http://localhost:3000"),
            "{link}"
        );
        let token = part(link.split('?').nth(1), "token");
        for token in [token.as_str(), "no-such-token", "pkce_no-such-token"] {
            for kind in ["email", "magiclink", "email_change", "nonsense"] {
                let link = format!("/verify?token={token}&type={kind}&redirect_to={evil}");
                let landed = follow(&app, &link).await;
                let landed = location(&landed);
                assert_eq!(landed.host_str(), Some("localhost"), "{link}");
            }
        }
    }
    for incomplete in ["/verify", "/verify?token=x", "/verify?type=signup"] {
        let answer = open(&app, Method::GET, incomplete, &[]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{incomplete}");
    }
}

#[tokio::test]
async fn sec_06_links_lead_to_the_configured_address_whatever_a_request_says() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    let request = Request::post("/recover")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "evil")
        .header("forwarded", "host=evil.example")
        .header("origin", "https://evil.example")
        .header("referer", "https://evil.example/")
        .body(Body::from(
            json!({ "email": "ada@example.org" }).to_string(),
        ));
    app.post("/otp", "", json!({ "email": "ada@example.org" }))
        .await;
    post.one("ada@example.org").await;
    app.send(request.expect("a request")).await;
    let mail = post.nth("ada@example.org", 2).await;
    assert!(!mail.text.contains("evil") && !mail.html.contains("evil"));
    mail.link();
}
