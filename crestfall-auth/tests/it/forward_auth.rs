//! Forward auth and its login page (AU-001 to AU-006), by themselves and behind Caddy and nginx.

mod behind;
mod caddy;
mod nginx;
mod traefik;

use crestfall_auth::Config;
use crestfall_auth::config::{ForwardAuthPolicy, ForwardAuthRule};
use http::{Method, StatusCode};
use serde_json::json;

use crate::cookie_session::{ORIGIN, cookie, request};
use crate::postbox::Postbox;
use crate::second_factor::App;
use crate::service::{Answer, TestAuth};

/// A public path, one for administrators with two factors, the rest for all users.
fn guard(config: &mut Config) {
    let rule = |paths: &[&str], subjects: &[&str], policy| ForwardAuthRule {
        domains: vec!["app.example.org".into()],
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        subjects: subjects
            .iter()
            .map(|subject| vec![(*subject).to_owned()])
            .collect(),
        policy,
        ..ForwardAuthRule::default()
    };
    config.forward_auth.domains = vec!["example.org".into()];
    config.forward_auth.rules = vec![
        rule(&["/public"], &[], ForwardAuthPolicy::Bypass),
        rule(&["/admin"], &["group:admins"], ForwardAuthPolicy::TwoFactor),
        rule(&["/admin"], &[], ForwardAuthPolicy::Deny),
        rule(&[], &[], ForwardAuthPolicy::OneFactor),
    ];
}

async fn ask(app: &TestAuth, uri: &str, extra: &[(&str, &str)]) -> Answer {
    let mut headers = vec![
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "app.example.org"),
        ("x-forwarded-uri", uri),
        ("x-forwarded-method", "GET"),
        ("accept", "text/html"),
    ];
    headers.extend_from_slice(extra);
    app.send(request(Method::GET, "/forward-auth", &headers, ""))
        .await
}

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

async fn post(
    app: &TestAuth,
    path: &str,
    extra: &[(&str, &str)],
    fields: &[(&str, &str)],
) -> Answer {
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    headers.extend_from_slice(extra);
    app.send(request(Method::POST, path, &headers, &form(fields)))
        .await
}

const RD: &str = "https://app.example.org/page?x=1";

async fn log_in(app: &TestAuth) -> String {
    app.sign_up("ada@example.org", "correct horse").await;
    let fields = [
        ("email", "ada@example.org"),
        ("password", "correct horse"),
        ("rd", RD),
    ];
    let answer = post(app, "/login", &[("origin", ORIGIN)], &fields).await;
    assert_eq!(
        (
            answer.status,
            answer.headers["location"].to_str().expect("text")
        ),
        (StatusCode::SEE_OTHER, RD),
        "{answer:?}"
    );
    cookie(&answer).expect("a cookie")
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_the_login_page_and_back() {
    let app = TestAuth::with(guard).await;
    let led = ask(&app, "/page?x=1", &[]).await;
    assert_eq!(led.status, StatusCode::FOUND);
    let login =
        "http://localhost:8000/auth/v1/login?rd=https%3A%2F%2Fapp.example.org%2Fpage%3Fx%3D1";
    assert_eq!(led.headers["location"], login);
    let program = ask(&app, "/page", &[("accept", "application/json")]).await;
    assert_eq!(program.status, StatusCode::FOUND, "a browser among them");
    let cookie = log_in(&app).await;
    app.db
        .execute(
            r#"update auth.users set raw_user_meta_data = '{"full_name": "Ada Lövelace\n"}',
               raw_app_meta_data = '{"groups": ["staff", "a,b", "users"]}'"#,
        )
        .await;
    let seen = ask(&app, "/page?x=1", &[("cookie", &cookie)]).await;
    assert_eq!(seen.status, StatusCode::OK, "{seen:?}");
    assert_eq!(seen.headers["remote-user"], "ada@example.org");
    assert_eq!(seen.headers["remote-email"], "ada@example.org");
    assert_eq!(seen.headers["remote-groups"], "staff,users");
    assert_eq!(
        seen.headers["remote-name"].as_bytes(),
        "Ada Lövelace".as_bytes()
    );
    assert_eq!(
        ask(&app, "/admin", &[("cookie", &cookie)]).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn each_policy_says_who_passes() {
    let app = TestAuth::with(guard).await;
    let public = ask(&app, "/public/x", &[]).await;
    assert_eq!(
        (public.status, public.headers["remote-user"].len()),
        (StatusCode::OK, 0)
    );
    // Nobody's credentials are of interest there.
    assert_eq!(
        ask(&app, "/public", &[("cookie", "crestfall=x")])
            .await
            .status,
        StatusCode::OK
    );
    for uri in [
        "/public/../admin",
        "/public/%2e%2e/admin",
        "//admin",
        "/public%5c..%5cadmin",
    ] {
        assert_eq!(
            ask(&app, uri, &[]).await.status,
            StatusCode::FORBIDDEN,
            "{uri}"
        );
    }
    let cookie = log_in(&app).await;
    app.db
        .execute(r#"update auth.users set raw_app_meta_data = '{"groups": ["admins"]}'"#)
        .await;
    let needs = ask(&app, "/admin", &[("cookie", &cookie)]).await;
    assert_eq!(needs.status, StatusCode::FOUND);
    let login = needs.headers["location"].to_str().expect("text").to_owned();
    assert!(login.ends_with("&need=two_factor"), "{login}");
    app.db
        .execute(
            "update auth.sessions set aal = 'aal2', refresh_token_counter = refresh_token_counter + 1",
        )
        .await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(
        ask(&app, "/admin", &[("cookie", &cookie)]).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_program_passes_with_a_password_or_a_key_and_is_told_what_is_wrong() {
    use base64::Engine as _;
    let app = TestAuth::with(guard).await;
    let token = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    let key = async |scopes: &[&str]| {
        let body = json!({ "name": "k", "scopes": scopes });
        app.post("/user/api-keys", &token, body).await.text("/key")
    };
    let (passes, narrow) = (
        key(&["forward-auth:access"]).await,
        key(&["rest:read"]).await,
    );
    let encoded = base64::prelude::BASE64_STANDARD.encode("ada@example.org:correct horse");
    let basic = format!("Basic {encoded}");
    let bearer = format!("Bearer {token}");
    let anon = format!("Bearer {}", crate::service::key("anon"));
    for (header, value, expected) in [
        ("authorization", basic.as_str(), 200),
        ("authorization", bearer.as_str(), 200),
        ("x-api-key", passes.as_str(), 200),
        // A key everybody has, and one for something else, are nobody's sign-in.
        ("authorization", anon.as_str(), 302),
        ("x-api-key", narrow.as_str(), 302),
        ("authorization", "Bearer a.b.c", 401),
        ("x-api-key", "cf_sk_x", 401),
        // A session that ended leads to the login page.
        ("cookie", "crestfall=x", 302),
    ] {
        let answer = ask(&app, "/page", &[(header, value)]).await;
        assert_eq!(
            answer.status.as_u16(),
            expected,
            "{header} {value} {answer:?}"
        );
    }
    let anonymous = app
        .post("/signup", "", json!({}))
        .await
        .text("/access_token");
    assert!(!anonymous.is_empty());
    let bearer = format!("Bearer {anonymous}");
    let answer = ask(&app, "/page", &[("authorization", &bearer)]).await;
    assert_eq!(
        answer.status,
        StatusCode::FOUND,
        "an anonymous user has not signed in"
    );
}

#[tokio::test]
async fn nginx_is_told_401_and_where_to_lead() {
    let app = TestAuth::with(guard).await;
    let headers = [
        ("x-original-url", "https://app.example.org/page"),
        ("x-original-method", "GET"),
        ("accept", "text/html"),
    ];
    let answer = app
        .send(request(Method::GET, "/forward-auth/nginx", &headers, ""))
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let location = answer.headers["location"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(
        location.contains("/login?rd=https%3A%2F%2Fapp.example.org%2Fpage"),
        "{location}"
    );
    let missing = app
        .send(request(Method::GET, "/forward-auth/nginx", &[], ""))
        .await;
    assert_eq!(missing.status, StatusCode::FORBIDDEN);
    let elsewhere = [
        ("x-original-url", "https://evil.com/"),
        ("x-original-method", "GET"),
    ];
    let elsewhere = app
        .send(request(Method::GET, "/forward-auth/nginx", &elsewhere, ""))
        .await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_login_page_is_strict_about_where_it_leads_and_who_posts() {
    let app = TestAuth::with(guard).await;
    app.sign_up("ada@example.org", "correct horse").await;
    let page = app
        .get(
            "/login?rd=https%3A%2F%2Fapp.example.org%2F%22%3E%3Cscript%3E",
            "",
        )
        .await;
    assert_eq!(page.status, StatusCode::OK);
    let html = page.body.as_str().expect("a page").to_owned();
    assert!(
        html.contains("<label for=\"email\">") && !html.contains("<script"),
        "{html}"
    );
    let policy = page.headers["content-security-policy"]
        .to_str()
        .expect("text");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(
        policy.contains("form-action 'self' https://example.org:*"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    for rd in [
        "https://evil.com/",
        "//evil.com",
        "javascript:alert(1)",
        "https://example.org@evil.com",
    ] {
        let fields = [
            ("email", "ada@example.org"),
            ("password", "correct horse"),
            ("rd", rd),
        ];
        let answer = post(&app, "/login", &[("origin", ORIGIN)], &fields).await;
        assert_eq!(answer.headers["location"], "http://localhost:3000/", "{rd}");
    }
    let fields = [
        ("email", "ada@example.org"),
        ("password", "wrong"),
        ("rd", RD),
    ];
    let wrong = post(&app, "/login", &[("origin", ORIGIN)], &fields).await;
    assert_eq!((wrong.status.as_u16(), cookie(&wrong)), (400, None));
    let html = wrong.body.as_str().expect("a page");
    assert!(
        html.contains("role=\"alert\"") && html.contains("value=\"ada@example.org\""),
        "{html}"
    );
    assert!(!html.contains("wrong\""), "no password comes back");
    let fields = [("email", "ada@example.org"), ("password", "correct horse")];
    let cross = post(&app, "/login", &[("origin", "https://evil.com")], &fields).await;
    assert_eq!((cross.status.as_u16(), cookie(&cross)), (403, None));
}

#[tokio::test]
async fn who_signs_out_is_asked_again() {
    let app = TestAuth::with(guard).await;
    let value = log_in(&app).await;
    let here = [("cookie", value.as_str()), ("origin", ORIGIN)];
    let page = app
        .send(request(Method::GET, "/login", &[("cookie", &value)], ""))
        .await;
    assert!(
        page.body
            .as_str()
            .expect("a page")
            .contains("signed in as <strong>ada@example.org")
    );
    let out = post(&app, "/login/sign-out", &here, &[]).await;
    assert_eq!(
        (out.status, cookie(&out)),
        (StatusCode::OK, Some(String::new()))
    );
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let led = ask(&app, "/page", &[("cookie", &value)]).await;
    assert_eq!(led.status, StatusCode::FOUND);
    assert_eq!(cookie(&led), Some(String::new()));
}

#[tokio::test]
async fn who_has_an_authenticator_app_is_asked_for_its_code() {
    let app = TestAuth::with(guard).await;
    let token = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    let phone = App::enroll(&app, &token, "phone").await;
    let lifted = phone.lift(&app, &token).await;
    assert_eq!(lifted.status, StatusCode::OK, "{lifted:?}");
    app.db
        .execute("update auth.mfa_factors set last_totp_step = null")
        .await;
    app.db
        .execute(r#"update auth.users set raw_app_meta_data = '{"groups": ["admins"]}'"#)
        .await;
    let admin = "https://app.example.org/admin";
    let here = [("origin", ORIGIN)];
    let fields = [
        ("email", "ada@example.org"),
        ("password", "correct horse"),
        ("rd", admin),
    ];
    let answer = post(&app, "/login", &here, &fields).await;
    assert_eq!(answer.status, StatusCode::OK);
    let html = answer.body.as_str().expect("a page");
    assert!(
        html.contains("/login/code") && html.contains("one-time-code"),
        "{html}"
    );
    let value = cookie(&answer).expect("a cookie");
    let needs = ask(&app, "/admin", &[("cookie", &value)]).await;
    assert_eq!(needs.status, StatusCode::FOUND, "one factor is not enough");
    let with_cookie = [("origin", ORIGIN), ("cookie", value.as_str())];
    let wrong = post(
        &app,
        "/login/code",
        &with_cookie,
        &[("code", "000000"), ("rd", admin)],
    )
    .await;
    assert!(wrong.status.is_client_error(), "{wrong:?}");
    let value = cookie(&wrong).expect("its successor");
    let with_cookie = [("origin", ORIGIN), ("cookie", value.as_str())];
    let code = phone.code(0);
    let right = post(
        &app,
        "/login/code",
        &with_cookie,
        &[("code", &code), ("rd", admin)],
    )
    .await;
    assert_eq!(right.status, StatusCode::SEE_OTHER, "{right:?}");
    assert_eq!(right.headers["location"], admin);
    let value = cookie(&right).expect("a cookie");
    let seen = ask(&app, "/admin", &[("cookie", &value)]).await;
    assert_eq!(
        (seen.status, &seen.headers["remote-groups"]),
        (StatusCode::OK, &"admins".parse().expect("a value"))
    );
}

#[tokio::test]
async fn a_mail_signs_in_without_a_password_and_says_nothing_of_accounts() {
    let app = TestAuth::with(guard).await;
    let postbox = Postbox::open(&app);
    app.sign_up("ada@example.org", "correct horse").await;
    let here = [("origin", ORIGIN)];
    let ask_for = async |email: &str| {
        let fields = [("email", email), ("rd", RD)];
        let answer = post(&app, "/login/mail", &here, &fields).await;
        let html = answer.body.as_str().expect("a page").replace(email, "…");
        (answer.status, html.replace("&#x40;", "@"))
    };
    let known = ask_for("ada@example.org").await;
    assert_eq!(known.0, StatusCode::OK, "{known:?}");
    assert_eq!(
        known,
        ask_for("bob@example.org").await,
        "known and unknown are alike"
    );
    let letter = postbox.one("ada@example.org").await;
    let digits = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
    let code = letter.text.split_whitespace().find(digits).expect("a code");
    let fields = [("email", "ada@example.org"), ("code", code), ("rd", RD)];
    let answer = post(&app, "/login/mail-code", &here, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    let value = cookie(&answer).expect("a cookie");
    assert_eq!(
        ask(&app, "/page", &[("cookie", &value)]).await.status,
        StatusCode::OK
    );
    let again = post(&app, "/login/mail-code", &here, &fields).await;
    assert!(again.status.is_client_error() && cookie(&again).is_none());
}

#[tokio::test]
async fn it_is_off_without_domains() {
    let app = TestAuth::new().await;
    assert_eq!(ask(&app, "/", &[]).await.status, StatusCode::NOT_FOUND);
}
