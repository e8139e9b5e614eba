//! What a browser began at a provider, that browser ends: login CSRF and the injection of links.

use axum::body::Body;
use http::header::{HOST, SET_COOKIE};
use http::{Method, Request, StatusCode};
use serde_json::json;

use crate::fake_provider::FakeProvider;
use crate::providers::{location, parameters, with};
use crate::service::{Answer, TestAuth};

async fn app(fake: &FakeProvider, change: impl FnOnce(&mut crestfall_auth::Config)) -> TestAuth {
    fake.says(json!({ "sub": "eve-1", "email": "eve@example.com", "email_verified": true }));
    TestAuth::with(|config| {
        with(config, "google", fake);
        with(config, "apple", fake);
        config.manual_linking = true;
        config.external.confirm_links = true;
        change(config);
    })
    .await
}

fn cookie(answer: &Answer) -> String {
    let cookie = answer.headers.get(SET_COOKIE).expect("a cookie");
    cookie.to_str().expect("text").to_owned()
}

/// A form as a browser posts it.
async fn post(app: &TestAuth, fields: &[(&str, &str)]) -> Answer {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    let request = Request::builder()
        .method(Method::POST)
        .uri("/callback")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.extend_pairs(fields).finish()))
        .expect("a request");
    app.send(request).await
}

/// The hidden fields of a page.
fn fields(page: &str) -> Vec<(String, String)> {
    let inputs = page.split("<input type=\"hidden\" name=\"").skip(1);
    let pairs = inputs.map(|input| {
        let (name, rest) = input.split_once("\" value=\"").expect("a value");
        let (value, _) = rest.split_once("\">").expect("its end");
        (name.to_owned(), value.replace("&amp;", "&"))
    });
    pairs.collect()
}

async fn press(app: &TestAuth, page: &Answer) -> Answer {
    let fields = fields(page.body.as_str().expect("a page"));
    let fields: Vec<_> = fields
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    post(app, &fields).await
}

async fn providers(app: &TestAuth, token: &str) -> serde_json::Value {
    app.get("/user", token).await.body["app_metadata"]["providers"].clone()
}

/// Login CSRF: who opens the end of somebody else's sign-in is not signed in as somebody else.
#[tokio::test]
async fn a_sign_in_ends_in_the_browser_where_it_began() {
    let fake = FakeProvider::start().await;
    let app = app(&fake, |_| ()).await;
    for flow in [
        "",
        "&code_challenge_method=s256&code_challenge=4_EHlbzhoChXmjM-nSLR8ySE0lgvWI1_Nd8Gc3jIq5U",
    ] {
        let begun = app
            .get(&format!("/authorize?provider=google{flow}"), "")
            .await;
        let back = format!("/callback?{}", fake.agree(&location(&begun)));
        let eves = cookie(&begun);

        // The victim has no cookie, then one of a sign-in of their own.
        app.change_browser();
        for _ in 0..2 {
            let end = location(&app.get(&back, "").await);
            assert!(end.starts_with("https://app.example"), "{end}");
            assert_eq!(parameters(&end).0["error_code"], "bad_oauth_state", "{end}");
            assert!(
                !end.contains("access_token") && !end.contains("?code="),
                "{end}"
            );
            app.get("/authorize?provider=google", "").await;
        }
        // Nothing of it is used up for the browser that began.
        let request = Request::get(&back).header("cookie", eves.split(';').next().expect("a pair"));
        app.change_browser();
        let end = app
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        let end = location(&end);
        assert!(
            end.contains("access_token") || end.contains("?code="),
            "{end}"
        );
    }
}

#[tokio::test]
async fn tabs_of_one_browser_sign_in_beside_each_other() {
    let fake = FakeProvider::start().await;
    let app = app(&fake, |_| ()).await;
    let first = app.get("/authorize?provider=google", "").await;
    let second = app.get("/authorize?provider=google", "").await;
    assert_eq!(cookie(&first), cookie(&second));
    for begun in [first, second] {
        let back = fake.agree(&location(&begun));
        let end = location(&app.get(&format!("/callback?{back}"), "").await);
        assert!(end.contains("access_token"), "{end}");
    }
}

#[tokio::test]
async fn the_cookie_is_as_narrow_as_the_way_back_allows() {
    let fake = FakeProvider::start().await;
    let secure = app(&fake, |config| {
        config.external_url = "https://id.example/auth/v1".to_owned();
    })
    .await;
    let set = cookie(&secure.get("/authorize?provider=google", "").await);
    assert!(set.starts_with("__Host-crestfall-browser="), "{set}");
    for attribute in [
        "HttpOnly",
        "Secure",
        "SameSite=Lax",
        "Path=/",
        "Max-Age=300",
    ] {
        assert!(set.contains(attribute), "{set}");
    }
    secure.change_browser();
    // Apple sends browsers back by a form, from its own site.
    let begun = secure.get("/authorize?provider=apple", "").await;
    let set = cookie(&begun);
    assert!(set.starts_with("__Host-crestfall-browser-post="), "{set}");
    assert!(
        set.contains("SameSite=None") && set.contains("Secure"),
        "{set}"
    );
    let back = fake.agree(&location(&begun));
    let fields: Vec<_> = url::form_urlencoded::parse(back.as_bytes())
        .into_owned()
        .collect();
    let fields: Vec<_> = fields
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let end = location(&post(&secure, &fields).await);
    assert!(end.contains("access_token"), "{end}");
}

#[tokio::test]
async fn without_the_binding_any_browser_ends_a_sign_in() {
    let fake = FakeProvider::start().await;
    let app = app(&fake, |config| config.external.bind_to_browser = false).await;
    let begun = app.get("/authorize?provider=google", "").await;
    assert!(begun.headers.get(SET_COOKIE).is_none());
    let back = fake.agree(&location(&begun));
    let end = location(&app.get(&format!("/callback?{back}"), "").await);
    assert!(end.contains("access_token"), "{end}");
}

/// Where a provider sends users back by another host, as its setting says, no cookie comes along.
#[tokio::test]
async fn a_way_back_by_another_host_is_not_bound() {
    let fake = FakeProvider::start().await;
    let app = app(&fake, |config| {
        let google = config.providers.get_mut("google").expect("a provider");
        google.redirect_uri = "https://elsewhere.example/callback".to_owned();
    })
    .await;
    let begun = app.get("/authorize?provider=google", "").await;
    assert!(begun.headers.get(SET_COOKIE).is_none());
}

/// The injection of a link: Eve sends Ada the address at which Ada's account at the provider would be
/// linked to Eve's account.
#[tokio::test]
async fn a_link_that_came_by_an_address_asks_first() {
    let fake = FakeProvider::start().await;
    let app = app(&fake, |_| ()).await;
    let eve = app.sign_up("eve@example.org", "a password").await;
    let eve = eve.text("/access_token");
    let begun = app
        .get(
            "/user/identities/authorize?provider=google&skip_http_redirect=true",
            &eve,
        )
        .await;
    assert!(begun.headers.get(SET_COOKIE).is_none());
    let back = format!("/callback?{}", fake.agree(&begun.text("/url")));

    let page = app.get(&back, "").await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    let text = page.body.as_str().expect("a page");
    assert!(
        text.contains("eve@example.org") && text.contains("Google"),
        "{text}"
    );
    assert_eq!(page.headers["x-frame-options"], "DENY");
    assert_eq!(providers(&app, &eve).await, json!(["email"]));
    assert_eq!(fake.exchanges(), 0);

    // What Eve's own browser was shown is no sign from Ada's, nor is anything made up.
    let seen = fields(text);
    app.change_browser();
    for confirmation in [
        seen.iter()
            .find(|(name, _)| name == "confirmation")
            .map(|(_, value)| value.as_str()),
        Some("yes"),
    ] {
        let mut forged: Vec<(&str, &str)> = seen
            .iter()
            .filter(|(name, _)| name != "confirmation")
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        forged.push(("confirmation", confirmation.expect("a field")));
        let answer = post(&app, &forged).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let query = format!("{back}&confirmation={}", confirmation.expect("a field"));
        assert_eq!(app.get(&query, "").await.status, StatusCode::OK);
        app.change_browser();
    }
    assert_eq!(providers(&app, &eve).await, json!(["email"]));

    // Whoever presses the button links it.
    let page = app.get(&back, "").await;
    let end = location(&press(&app, &page).await);
    assert!(end.contains("access_token"), "{end}");
    assert_eq!(providers(&app, &eve).await, json!(["email", "google"]));
}

/// A page of the same origin gets the cookie by its script's request, and its user is not asked.
#[tokio::test]
async fn a_link_asked_for_by_a_page_of_this_origin_needs_no_question() {
    let fake = FakeProvider::start().await;
    let app = app(&fake, |_| ()).await;
    let ada = app
        .sign_up("ada@example.org", "a password")
        .await
        .text("/access_token");
    let ask = async |site: &str, host: &str| {
        let request =
            Request::get("/user/identities/authorize?provider=google&skip_http_redirect=true")
                .header("authorization", format!("Bearer {ada}"))
                .header("sec-fetch-site", site)
                .header(HOST, host);
        app.send(request.body(Body::empty()).expect("a request"))
            .await
    };
    for (site, host) in [
        ("same-site", "localhost:8000"),
        ("cross-site", "localhost:8000"),
        ("same-origin", "elsewhere.example"),
    ] {
        let begun = ask(site, host).await;
        assert!(begun.headers.get(SET_COOKIE).is_none(), "{site} {host}");
    }
    let begun = ask("same-origin", "localhost:8000").await;
    let back = format!("/callback?{}", fake.agree(&begun.text("/url")));
    let kept = cookie(&begun);
    app.change_browser();
    let end = location(&app.get(&back, "").await);
    assert_eq!(parameters(&end).0["error_code"], "bad_oauth_state", "{end}");
    let request = Request::get(&back).header("cookie", kept.split(';').next().expect("a pair"));
    let end = app
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    assert!(location(&end).contains("access_token"), "{end:?}");
    assert_eq!(providers(&app, &ada).await, json!(["email", "google"]));
}
