//! What a client may say of itself.

use serde_json::{Value, json};

use super::*;

fn parse(value: Value) -> ClientMetadata {
    serde_json::from_value(value).expect("metadata")
}

fn message(result: Result<NewClient>) -> String {
    result.err().expect("a refusal").message().to_owned()
}

#[test]
fn kind_and_method_follow_from_each_other() {
    let check = |kind: &str, method: &str| {
        let metadata = parse(json!({
            "redirect_uris": ["https://a.org/cb"],
            "client_type": kind,
            "token_endpoint_auth_method": method,
        }));
        let client = metadata.check_manual(OwnRights::default()).ok()?;
        Some((client.client_type.name(), client.auth_method.name()))
    };
    let confidential = Some(("confidential", "client_secret_basic"));
    assert_eq!(check("", ""), confidential);
    assert_eq!(check("confidential", ""), confidential);
    assert_eq!(check("public", ""), Some(("public", "none")));
    assert_eq!(check("", "none"), Some(("public", "none")));
    assert_eq!(
        check("", "client_secret_post"),
        Some(("confidential", "client_secret_post"))
    );
    assert_eq!(check("public", "client_secret_post"), None);
    assert_eq!(check("confidential", "none"), None);
    assert_eq!(check("secret", ""), None);
    assert_eq!(check("", "private_key_jwt"), None);
}

#[test]
fn messages_name_what_is_wrong() {
    let manual = |value| message(parse(value).check_manual(OwnRights::default()));
    assert_eq!(manual(json!({})), "redirect_uris is required");
    assert_eq!(
        manual(json!({ "redirect_uris": ["http://a.org/"] })),
        "invalid redirect_uri 'http://a.org/': HTTP scheme only allowed for localhost"
    );
    let many: Vec<String> = (0..11).map(|n| format!("https://a.org/{n}")).collect();
    assert_eq!(
        manual(json!({ "redirect_uris": many })),
        "redirect_uris cannot exceed 10 items"
    );
    let with = |name: &str, value: Value| {
        manual(json!({ "redirect_uris": ["https://a.org/"], name: value }))
    };
    assert!(with("grant_types", json!(["implicit"])).starts_with("grant_types must only"));
    assert_eq!(
        with("client_uri", json!("javascript:alert(1)")),
        "client_uri must be a valid URL"
    );
    assert_eq!(
        with("client_name", json!("a".repeat(1025))),
        "client_name cannot exceed 1024 characters"
    );
}

/// SEC-11: rights that nobody may give themselves.
#[test]
fn who_registers_itself_gets_no_rights_of_its_own() {
    let client = parse(json!({
        "redirect_uris": ["https://a.org/cb"],
        "grant_types": ["authorization_code", "client_credentials", "implicit"],
        "client_credentials_role": "service_role",
        "client_credentials_scopes": "all",
        "registration_type": "manual",
    }))
    .check_dynamic()
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(client.grant_types, "authorization_code");
    assert_eq!(client.own_role, "authenticated");
    assert_eq!(client.own_scopes, "");
    assert_eq!(client.registration_type, RegistrationType::Dynamic);
    let only = parse(json!({
        "redirect_uris": ["https://a.org/cb"],
        "grant_types": ["client_credentials"],
    }));
    assert!(only.check_dynamic().is_err());
}

#[test]
fn a_change_needs_something_to_change() {
    let mut none = ClientChanges::default();
    assert!(none.check(ClientType::Confidential).is_err());
    let mut method = ClientChanges {
        token_endpoint_auth_method: Some("none".to_owned()),
        ..ClientChanges::default()
    };
    assert!(method.check(ClientType::Confidential).is_err());
    assert!(method.check(ClientType::Public).is_ok());
}
