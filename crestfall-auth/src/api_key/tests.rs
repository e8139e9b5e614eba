use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;

fn key() -> ApiKey {
    ApiKey::generate(KeyKind::Secret).expect("a key")
}

fn scopes(texts: &[&str]) -> Scopes {
    Scopes::parse(texts).expect("scopes")
}

#[test]
fn a_key_reads_as_it_was_made() {
    for kind in [KeyKind::Secret, KeyKind::Publishable] {
        let key = ApiKey::generate(kind).expect("a key");
        let read = ApiKey::parse(key.expose()).expect("a key");
        assert_eq!((read.kind(), read.id()), (kind, key.id()));
        assert!(read.matches(&key.hash()));
        assert!(looks_like_key(key.expose()));
        assert!(!read.matches(&ApiKey::generate(kind).expect("a key").hash()));
    }
}

#[test]
fn a_key_has_the_form_that_scanners_look_for() {
    let key = ApiKey::build(KeyKind::Secret, Uuid::nil(), &[0; 32]);
    let zeros = |count| "0".repeat(count);
    let (body, check) = key.expose().split_at(72);
    assert_eq!(body, format!("cf_sk_{}_{}", zeros(22), zeros(43)));
    // CRC-32 by Python: zlib.crc32(b"cf_sk_" + b"0" * 22 + b"_" + b"0" * 43)
    let expected = 0x1952_06ED_u32;
    assert_eq!(base62::read::<4>(check), Some(expected.to_be_bytes()));
    assert_eq!(key.expose().len(), 78);
}

#[test]
fn a_mistyped_key_is_no_key() {
    let key = key();
    let text = key.expose();
    for at in 0..text.len() {
        let mut typed = text.as_bytes().to_vec();
        typed[at] = if typed[at] == b'x' { b'y' } else { b'x' };
        let typed = String::from_utf8(typed).expect("ASCII");
        assert_eq!(ApiKey::parse(&typed), Err(NotAKey), "{at}");
    }
    for wrong in [
        "",
        "cf_sk_",
        &text[1..],
        &text[..77],
        &format!("{text}0"),
        &format!(" {text}"),
        &text.replace("cf_sk_", "cf_pk_"),
        &text.to_ascii_lowercase(),
        &"é".repeat(39),
    ] {
        assert_eq!(ApiKey::parse(wrong), Err(NotAKey), "{wrong}");
    }
}

#[test]
fn debug_does_not_show_a_key() {
    let key = key();
    let shown = format!("{key:?}");
    assert!(shown.len() < 30 && shown.contains(key.hint()), "{shown}");
    assert!(!key.hint().contains(&key.expose()[29..]));
}

#[test]
fn scopes_cover_what_they_name() {
    let cases = [
        ("rest:read", "rest:read", true),
        ("rest:*", "rest:read", true),
        ("*:read", "rest:read", true),
        ("*:*", "auth:admin", true),
        ("*:*", "*:*", true),
        ("rest:read", "rest:*", false),
        ("rest:read", "*:read", false),
        ("rest:read", "rest:write", false),
        ("rest:read", "restful:read", false),
        ("table.orders:read", "table.orders_archive:read", false),
    ];
    for (has, wants, covered) in cases {
        let wants = wants.parse().expect("a scope");
        assert_eq!(scopes(&[has]).covers(&wants), covered, "{has} {wants}");
    }
    assert!(!Scopes::default().covers(&"a:b".parse().expect("a scope")));
    for wrong in [
        "", "rest", ":", "rest:", ":read", "a:b:c", "re*:read", "A:b", "a b:c", "**:a",
    ] {
        assert!(wrong.parse::<Scope>().is_err(), "{wrong}");
    }
}

#[test]
fn sec_11_a_key_never_allows_more_than_its_owner_may() {
    let owner = scopes(&["rest:*", "storage:read"]);
    assert!(owner.covers_all(&scopes(&["rest:read", "storage:read"])));
    assert!(!owner.covers_all(&scopes(&["rest:read", "storage:write"])));
    assert!(!owner.covers_all(&scopes(&["*:*"])));
    let narrowed = scopes(&["*:read", "auth:admin"]).intersection(&owner);
    assert_eq!(narrowed, scopes(&["rest:read", "storage:read"]));
    assert_eq!(Scopes::all().intersection(&owner), owner);
    assert!(Scopes::default().intersection(&owner).is_empty());
    let json = serde_json::to_string(&owner).expect("JSON");
    assert_eq!(json, r#"["rest:*","storage:read"]"#);
    assert!(serde_json::from_str::<Scopes>(r#"["rest"]"#).is_err());
}

#[test]
fn a_key_is_refused_when_it_is_over_or_elsewhere() {
    let now: DateTime<Utc> = Utc::now();
    let here = |text: &str| Some(text.parse().expect("an address"));
    let free = KeyRules::default();
    assert_eq!(free.check(None, now), Ok(()));
    let expired = KeyRules {
        expires_at: Some(now),
        ..KeyRules::default()
    };
    assert_eq!(expired.check(None, now), Err(Refused::Expired));
    assert_eq!(expired.check(None, now - TimeDelta::seconds(1)), Ok(()));
    let revoked = KeyRules {
        revoked_at: Some(now + TimeDelta::days(1)),
        ..KeyRules::default()
    };
    assert_eq!(revoked.check(None, now), Err(Refused::Revoked));
    let bound = KeyRules {
        allowed_networks: vec![
            "192.0.2.0/24".parse().expect("one"),
            "2001:db8::/32".parse().expect("one"),
        ],
        ..KeyRules::default()
    };
    for allowed in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"] {
        assert_eq!(bound.check(here(allowed), now), Ok(()), "{allowed}");
    }
    for refused in [
        here("192.0.3.7"),
        here("::ffff:192.0.3.7"),
        here("2001:db9::1"),
        None,
    ] {
        assert_eq!(
            bound.check(refused, now),
            Err(Refused::Address),
            "{refused:?}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "(cf_[ps]k_)?\\PC{0,90}") {
        let _ = ApiKey::parse(&text);
    }

    #[test]
    fn an_intersection_is_covered_by_both(
        one in proptest::collection::vec("(\\*|a|b):(\\*|r|w)", 0..4),
        two in proptest::collection::vec("(\\*|a|b):(\\*|r|w)", 0..4),
        wanted in "(a|b|c):(r|w)",
    ) {
        let (one, two) = (Scopes::parse(one).expect("scopes"), Scopes::parse(two).expect("scopes"));
        let both = one.intersection(&two);
        let wanted: Scope = wanted.parse().expect("a scope");
        prop_assert_eq!(both.covers(&wanted), one.covers(&wanted) && two.covers(&wanted));
        prop_assert!(one.covers_all(&both) && two.covers_all(&both));
    }
}
