use super::*;
use crate::forward_auth::{Domains, Form};

fn target(method: &str, url: &str, ip: &str) -> Target {
    let request = http::Request::builder()
        .header("x-original-url", url)
        .header("x-original-method", method)
        .body(())
        .expect("a request");
    let domains = Domains::new(&["example.org".into()], false);
    let (parts, ()) = request.into_parts();
    Target::read(&parts, Form::Original, ip.parse().ok(), &domains).expect(url)
}

fn get(url: &str) -> Target {
    target("GET", url, "192.0.2.1")
}

fn subject() -> Subject {
    Subject {
        id: "u1".into(),
        email: "ada@example.org".into(),
        groups: vec!["admins".into()],
        role: "authenticated".into(),
        ..Subject::default()
    }
}

fn rules(rules: serde_json::Value) -> Rules {
    let rules: Vec<ForwardAuthRule> = serde_json::from_value(rules).expect("rules");
    Rules::new(&rules, ForwardAuthPolicy::Deny).expect("rules")
}

fn sign_in() -> Decision {
    Decision::SignIn(ForwardAuthPolicy::OneFactor)
}

#[test]
fn nobody_passes_without_a_rule() {
    let none = rules(serde_json::json!([]));
    let page = get("https://app.example.org/");
    assert_eq!(none.decide(&page, None), Decision::Denied);
    assert_eq!(none.decide(&page, Some(&subject())), Decision::Denied);
}

#[test]
fn the_first_rule_that_fits_decides() {
    let rules = rules(serde_json::json!([
        { "domains": ["app.example.org"], "paths": ["/public"], "policy": "bypass" },
        { "domains": ["app.example.org"], "paths": ["/admin"], "subjects": [["group:admins"]],
          "policy": "two_factor" },
        { "domains": ["app.example.org"], "paths": ["/admin/"], "policy": "deny" },
        { "domains": ["*.example.org"], "policy": "one_factor" },
    ]));
    let (ada, mut bob, mut proved) = (subject(), subject(), subject());
    bob.groups.clear();
    proved.second_factor = true;
    for (url, nobody, as_ada, as_bob) in [
        ("/public", Decision::Open, Decision::Open, Decision::Open),
        ("/public/x", Decision::Open, Decision::Open, Decision::Open),
        (
            "/publicity",
            sign_in(),
            Decision::Allowed,
            Decision::Allowed,
        ),
        ("/", sign_in(), Decision::Allowed, Decision::Allowed),
        (
            "/admin",
            sign_in(),
            Decision::SignIn(ForwardAuthPolicy::TwoFactor),
            Decision::Denied,
        ),
    ] {
        let page = get(&format!("https://app.example.org{url}"));
        assert_eq!(rules.decide(&page, None), nobody, "{url}");
        assert_eq!(rules.decide(&page, Some(&ada)), as_ada, "{url}");
        assert_eq!(rules.decide(&page, Some(&bob)), as_bob, "{url}");
    }
    let admin = get("https://app.example.org/admin");
    assert_eq!(rules.decide(&admin, Some(&proved)), Decision::Allowed);
    // The domain itself is not below itself.
    let apex = get("https://example.org/");
    assert_eq!(rules.decide(&apex, Some(&ada)), Decision::Denied);
}

#[test]
fn each_criterion_counts() {
    let page = |method: &str, path: &str, ip: &str| {
        target(method, &format!("https://app.example.org{path}"), ip)
    };
    for (rule, yes, no) in [
        (
            serde_json::json!({ "methods": ["get", "HEAD"] }),
            page("GET", "/", ""),
            page("POST", "/", ""),
        ),
        (
            serde_json::json!({ "networks": ["192.0.2.0/24", "2001:db8::1"] }),
            page("GET", "/", "192.0.2.200"),
            page("GET", "/", "192.0.3.1"),
        ),
        (
            serde_json::json!({ "networks": ["192.0.2.0/24"] }),
            page("GET", "/", "192.0.2.1"),
            page("GET", "/", ""),
        ),
        (
            serde_json::json!({ "resources": ["^/api/v[0-9]+/"] }),
            page("GET", "/api/v1/x", ""),
            page("GET", "/x/api/v1/", ""),
        ),
        (
            serde_json::json!({ "query": [{ "key": "t", "operator": "equal", "value": "1" }] }),
            page("GET", "/?t=1", ""),
            page("GET", "/?t=1&t=2", ""),
        ),
        (
            serde_json::json!({ "query": [{ "key": "t", "operator": "absent" }] }),
            page("GET", "/?u=1", ""),
            page("GET", "/?t", ""),
        ),
        (
            serde_json::json!({ "query": [{ "key": "t", "operator": "not_pattern", "value": "^x" }] }),
            page("GET", "/?t=y", ""),
            page("GET", "/?t=y&t=x", ""),
        ),
        (
            serde_json::json!({ "domain_regex": ["app\\.example\\.(org|com)"] }),
            page("GET", "/", ""),
            get("https://app.example.org.example.org/"),
        ),
    ] {
        let mut rule = rule;
        rule["policy"] = "bypass".into();
        let rules = rules(serde_json::json!([rule]));
        assert!(rules.is_open(&yes), "{rule}");
        assert!(!rules.is_open(&no), "{rule}");
    }
}

#[test]
fn a_host_may_be_a_users_or_a_groups_own() {
    let rules = rules(serde_json::json!([
        { "domain_regex": ["(?P<user>\\w+)\\.home\\.example\\.org"], "policy": "one_factor" },
        { "domain_regex": ["(?P<group>\\w+)\\.team\\.example\\.org"], "policy": "one_factor" },
    ]));
    let ada = subject();
    for (url, expected) in [
        ("https://ada.home.example.org/", Decision::Allowed),
        ("https://bob.home.example.org/", Decision::Denied),
        ("https://admins.team.example.org/", Decision::Allowed),
        ("https://others.team.example.org/", Decision::Denied),
    ] {
        assert_eq!(rules.decide(&get(url), Some(&ada)), expected, "{url}");
        assert_eq!(rules.decide(&get(url), None), sign_in(), "{url}");
    }
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    for wrong in [
        serde_json::json!({ "resources": ["("] }),
        serde_json::json!({ "networks": ["home"] }),
        serde_json::json!({ "subjects": [["ada"]] }),
        serde_json::json!({ "subjects": [["user:"]] }),
        serde_json::json!({ "subjects": [["user:ada"]], "policy": "bypass" }),
    ] {
        let rule: ForwardAuthRule = serde_json::from_value(wrong.clone()).expect("a rule");
        let refused = Rules::new(&[rule], ForwardAuthPolicy::Deny);
        assert!(refused.is_err(), "{wrong}");
    }
}
