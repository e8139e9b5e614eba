use proptest::prelude::*;

use super::*;

fn redirects(site: &str, patterns: &[&str]) -> Redirects {
    Redirects::new(site, patterns).expect("settings")
}

fn usual() -> Redirects {
    redirects(
        "https://example.com",
        &[
            "https://docs.example.org",
            "https://docs.example.org/**",
            "https://*.preview.example.org/*",
            "http://localhost:8000/*",
            "com.example.app://**",
            "myapp:/login",
        ],
    )
}

#[test]
fn gt_088_the_site_and_what_the_list_matches_are_allowed() {
    for good in [
        "https://example.com",
        "https://example.com/a/b?c=d#e",
        "https://example.com:443/",
        "https://EXAMPLE.com/x",
        "https://docs.example.org",
        "https://docs.example.org/guide/start?x=1",
        "https://docs.example.org/guide#https://evil.com",
        "https://pr-7.preview.example.org/x?next=1",
        "http://localhost:8000/path",
        "http://localhost:8000/path?param=1",
        "http://127.0.0.1:12345/path",
        "http://[::1]:12345/path",
        "http://[0:0:0:0:0:0:0:1]:12345/path",
        "com.example.app://login/callback?code=1",
        "myapp:/login",
    ] {
        assert!(usual().allowed(good).is_some(), "{good}");
    }
}

#[test]
fn gt_088_what_neither_matches_is_refused() {
    for bad in [
        "",
        "/relative",
        "https://evil.com",
        "http://example.com/",
        "https://example.com:8443/",
        "https://sub.example.com/",
        "https://example.com.evil.com/",
        "https://example.co",
        "https://docs.example.org:444/",
        "http://localhost:3000",
        "http://localhost:8000",
        "http://localhost:8000/path/to/page",
        "https://a.b.preview.example.org/x",
        "https://pr.preview.example.org/a/b",
        "com.example.app2://login",
        "myapp:/logout",
    ] {
        assert!(usual().allowed(bad).is_none(), "{bad}");
    }
}

#[test]
fn gt_088_the_loopback_has_any_port() {
    let local = redirects("http://localhost:3000", &[]);
    for good in [
        "http://localhost:8080/callback",
        "http://localhost/callback",
    ] {
        assert!(local.allowed(good).is_some(), "{good}");
    }
    assert!(
        redirects("https://localhost:3000", &[])
            .allowed("http://localhost:80/")
            .is_none()
    );
    assert!(
        redirects("https://a.com:9000", &[])
            .allowed("https://a.com:9001/")
            .is_none()
    );
}

/// The list allows as much as a careless operator may have written.
fn careless() -> Redirects {
    redirects(
        "https://example.com",
        &[
            "https://docs**",
            "https://*docs.example.org/**",
            "http://*:12345/*",
            "http://**:12345/*",
            "https://docs.example.org/public/**",
            "**localhost:8000/**",
        ],
    )
}

#[test]
fn sec_07_no_attack_of_the_corpus_passes() {
    for evil in [
        "//evil.com",
        "///evil.com",
        "//evil.com/docs.example.org",
        "https:evil.com",
        "https:/evil.com",
        "https:///evil.com",
        "https:\\\\evil.com",
        "\\evil.com",
        "\\\\evil.com",
        "/\\evil.com",
        "https://evil.com\\.docs.example.org/x",
        "https://docs.example.org\\@evil.com/",
        "https://docs.example.org@evil.com/",
        "https://docs.example.org:x@evil.com/",
        "https://@evil.com/",
        "https://:@docs.example.org/",
        "https://example.com@evil.com",
        "https://evil.com#@example.com/",
        "https://evil.com?@example.com/",
        "https://evil.com/?https://docs.example.org/",
        "https://evil.com/localhost:8000/x",
        "https://evil.com?localhost:8000/x",
        "https://example.com\t.evil.com",
        "ht\ttps://evil.com",
        "https://ex\nample.com",
        " https://example.com",
        "https://example.com ",
        "https://example.com\r\nLocation: https://evil.com",
        "https://exаmple.com", // a Cyrillic letter
        "https://ex%61mple.com.evil.com",
        "https://example。com.evil.com",
        "https://xn--exmple-4nf.com",
        "https://docs.example.org/public/../../evil",
        "https://docs.example.org/public/%2e%2e/admin",
        "https://docs.example.org/public/.%2E/admin",
        "https://docs.example.org/public/%2e/admin",
        "javascript:alert(1)",
        "JavaScript:alert(1)//localhost:8000/",
        "javascript://localhost:8000/%0aalert(1)",
        "data:text/html,localhost:8000/",
        "vbscript:localhost:8000/",
        "file:///localhost:8000/",
        "blob:https://docs.example.org/x",
        "ws://localhost:8000/",
        "wss://localhost:8000/",
        "http://123?.localhost:12345/path",
        "http://123:12345/path",
        "http://2130706433:12345/path",
        "http://0x7f.1:12345/path",
        "http://0177.0.0.1:12345/path",
        "http://123.123.123.123?localhost:12345/path",
        "http://evil.com?localhost:12345/path",
        "http://evil?localhost:12345/path",
        "http://evil.com/x:12345/path",
        "https://evil.com?docs.example.org/x",
        "https://evil.com/docs.example.org/x",
        "http://10.0.0.1:12345/path",
        "http://169.254.169.254:12345/latest",
        "http://[65e7:9410:d8b6:e227:58cd:e55b:8fc0:206d]:12345/path",
        "http://[::ffff:10.0.0.1]:12345/path",
        "http://65e7:9410::206d?localhost:12345/path",
        "https://-docs.example.org/",
        "https://docs.example.org./",
        "https://docs!.example.org/",
    ] {
        let allowed = careless().allowed(evil);
        assert!(allowed.is_none(), "{evil:?} went to {allowed:?}");
    }
}

#[test]
fn sec_07_docss_is_not_docs() {
    let exact = redirects(
        "https://example.com",
        &["https://example.org/docs", "https://docs.io"],
    );
    for good in ["https://example.org/docs", "https://docs.io"] {
        assert!(exact.allowed(good).is_some(), "{good}");
    }
    for bad in [
        "https://example.org/docss",
        "https://example.org/docs/",
        "https://example.org/docs?x",
        "https://docs.io.evil.com",
        "https://docs.iox",
        "https://docss.io",
    ] {
        assert!(exact.allowed(bad).is_none(), "{bad}");
    }
}

#[test]
fn who_may_not_go_elsewhere_goes_to_the_site() {
    let all = usual();
    let chosen = |targets: [Option<&str>; 2]| all.choose(targets).to_string();
    assert_eq!(chosen([None, None]), "https://example.com/");
    assert_eq!(
        chosen([Some("https://evil.com"), None]),
        "https://example.com/"
    );
    let docs = Some("https://docs.example.org/x");
    assert_eq!(
        chosen([Some("//evil.com"), docs]),
        "https://docs.example.org/x"
    );
    assert_eq!(
        chosen([docs, Some("https://example.com/y")]),
        "https://docs.example.org/x"
    );
}

#[test]
fn parameters_are_encoded_and_stay_where_they_belong() {
    let url = || Url::parse("https://example.com/a?b=c#old").expect("a URL");
    let query = with_query(url(), [("code", "x&y=z#"), ("e", "a b")]);
    assert_eq!(
        query.as_str(),
        "https://example.com/a?b=c&code=x%26y%3Dz%23&e=a+b#old"
    );
    let fragment = with_fragment(url(), [("access_token", "a.b&c"), ("type", "x y")]);
    assert_eq!(
        fragment.as_str(),
        "https://example.com/a?b=c#access_token=a.b%26c&type=x+y"
    );
    assert_eq!(with_query(url(), []).as_str(), url().as_str());
    let app = Url::parse("com.example.app://login").expect("a URL");
    assert_eq!(
        with_query(app, [("code", "1")]).as_str(),
        "com.example.app://login?code=1"
    );
}

#[test]
fn wrong_settings_are_told() {
    for site in ["", "example.com", "javascript:alert(1)", "data:,x", "/x"] {
        assert!(Redirects::new(site, [""; 0]).is_err(), "{site}");
    }
    assert!(Redirects::new("https://example.com", ["https://[a"]).is_err());
}

proptest! {
    #[test]
    fn what_is_allowed_is_where_a_browser_goes(text in "(https?:)?[/\\\\]{0,3}[a-z@:.%2e\\[\\]]{0,20}(example\\.com|docs\\.example\\.org)?[a-z0-9@:./?#%\\\\]{0,20}") {
        if let Some(url) = usual().allowed(&text) {
            let host = url.host_str().unwrap_or_default();
            let ours = ["example.com", "docs.example.org", "localhost", "127.0.0.1", "[::1]"];
            prop_assert!(ours.contains(&host) || host.ends_with(".preview.example.org"), "{text} {url}");
            prop_assert!(url.username().is_empty());
        }
    }
}
