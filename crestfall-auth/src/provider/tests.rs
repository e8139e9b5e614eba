//! What is read out of each provider's profiles, and what is not (GT-056, SEC-04).

use serde_json::{Value, json};

use super::known::{self, KNOWN, Source};
use super::profile::{ExternalUser, Mapping};
use super::{ProviderError, Reading};
use crate::config;

fn read(name: &str, profile: &Value, trust_email: bool) -> Result<ExternalUser, ProviderError> {
    let known = known::find(name).expect("a provider");
    let reading = Reading::Known {
        known,
        profile: &known.profile,
        api: "https://api.example".into(),
    };
    reading.read(profile, trust_email)
}

/// For each provider: a profile as it documents it, the subject, and a verified address in it. Lists of
/// addresses are tested over HTTP.
fn samples() -> Vec<(&'static str, Value, &'static str, bool)> {
    let openid =
        json!({ "sub": "s1", "email": "a@example.com", "email_verified": true, "name": "Ada L" });
    let mut slack = openid.clone();
    slack["https://slack.com/user_id"] = "U1".into();
    vec![
        ("apple", openid.clone(), "s1", true),
        (
            "azure",
            json!({ "sub": "s1", "email": "a@example.com", "xms_edov": "1", "name": "Ada L" }),
            "s1",
            true,
        ),
        (
            "bitbucket",
            json!({ "uuid": "{u}", "display_name": "Ada L" }),
            "{u}",
            false,
        ),
        (
            "discord",
            json!({ "id": "80", "username": "Ada L", "discriminator": "0007", "email": "a@example.com", "verified": true }),
            "80",
            true,
        ),
        (
            "facebook",
            json!({ "id": "1", "name": "Ada L", "email": "a@example.com" }),
            "1",
            false,
        ),
        (
            "figma",
            json!({ "id": "1", "handle": "Ada L", "email": "a@example.com" }),
            "1",
            false,
        ),
        (
            "fly",
            json!({ "user_id": "1", "user_name": "Ada L", "email": "a@example.com" }),
            "1",
            false,
        ),
        (
            "github",
            json!({ "id": 1, "login": "ada", "name": "Ada L", "email": "a@example.com" }),
            "1",
            false,
        ),
        (
            "gitlab",
            json!({ "id": 1, "name": "Ada L", "email": "a@example.com", "confirmed_at": "2012-05-23T09:05:22Z" }),
            "1",
            true,
        ),
        ("google", openid.clone(), "s1", true),
        (
            "kakao",
            json!({ "id": 1, "kakao_account": { "email": "a@example.com", "is_email_valid": true,
            "is_email_verified": true, "profile": { "nickname": "Ada L" } } }),
            "1",
            true,
        ),
        ("keycloak", openid.clone(), "s1", true),
        (
            "linkedin",
            json!({ "id": "1",
            "firstName": { "localized": { "en_US": "Ada" }, "preferredLocale": { "country": "US", "language": "en" } },
            "lastName": { "localized": { "en_US": "L" }, "preferredLocale": { "country": "US", "language": "en" } } }),
            "1",
            false,
        ),
        ("linkedin_oidc", openid.clone(), "s1", true),
        (
            "notion",
            json!({ "bot": { "owner": { "user": { "id": "1", "name": "Ada L", "person": { "email": "a@example.com" } } } } }),
            "1",
            false,
        ),
        ("slack", slack.clone(), "U1", true),
        ("slack_oidc", slack, "U1", true),
        (
            "snapchat",
            json!({ "data": { "me": { "externalId": "1", "displayName": "Ada L" } } }),
            "1",
            false,
        ),
        (
            "spotify",
            json!({ "id": "1", "display_name": "Ada L", "email": "a@example.com" }),
            "1",
            false,
        ),
        (
            "twitch",
            json!({ "data": [{ "id": "1", "login": "Ada L", "email": "a@example.com" }] }),
            "1",
            true,
        ),
        (
            "twitter",
            json!({ "id_str": "1", "name": "Ada L", "screen_name": "ada", "email": "a@example.com" }),
            "1",
            true,
        ),
        (
            "vercel_marketplace",
            json!({ "sub": "s1", "user_email": "a@example.com", "user_name": "Ada L", "global_user_id": "g" }),
            "global_user_id:g",
            false,
        ),
        (
            "workos",
            json!({ "id": "1", "first_name": "Ada", "last_name": "L", "email": "a@example.com" }),
            "1",
            false,
        ),
        (
            "x",
            json!({ "data": { "id": "1", "name": "Ada L", "username": "ada", "confirmed_email": "a@example.com" } }),
            "1",
            true,
        ),
        (
            "zoom",
            json!({ "id": "1", "first_name": "Ada", "last_name": "L", "email": "a@example.com", "verified": 1 }),
            "1",
            true,
        ),
    ]
}

#[test]
fn every_provider_is_read() {
    let samples = samples();
    let names: Vec<&str> = samples.iter().map(|(name, ..)| *name).collect();
    let all: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
    assert_eq!(names, all);
    for (name, profile, subject, verified) in &samples {
        let user = read(name, profile, false).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(user.subject, *subject, "{name}");
        let expected = if *name == "discord" {
            "Ada L#0007"
        } else {
            "Ada L"
        };
        let data = user.identity_data();
        assert_eq!(data["name"], expected, "{name}");
        assert_eq!(data["provider_id"], *subject, "{name}");
        assert_eq!(data["email_verified"], *verified, "{name}");
        assert_eq!(data["phone_verified"], false, "{name}");
        assert_eq!(user.verifies("a@example.com"), *verified, "{name}");
    }
}

/// SEC-04: whatever is near the flag, only the flag itself counts, and only as the provider writes it.
#[test]
fn no_other_word_makes_an_address_verified() {
    for (name, profile, ..) in samples() {
        for wrong in [
            json!("true"),
            json!("yes"),
            json!(0),
            json!(2),
            json!(false),
            Value::Null,
            json!([true]),
            json!({}),
        ] {
            let mut profile = profile.clone();
            for pointer in [
                "/email_verified",
                "/verified",
                "/xms_edov",
                "/confirmed_at",
                "/kakao_account/is_email_verified",
                "/kakao_account/is_email_valid",
            ] {
                if let Some(flag) = profile.pointer_mut(pointer) {
                    *flag = wrong.clone();
                }
            }
            let documented = matches!(name, "twitch" | "twitter" | "x");
            let user = read(name, &profile, false).expect("a user");
            assert_eq!(
                user.verified_emails().is_empty(),
                !documented,
                "{name} {wrong}"
            );
        }
        // Absent: and what else could be taken for an address is not.
        if let Some(members) = profile.as_object() {
            let mut profile = members.clone();
            for flag in [
                "email_verified",
                "verified",
                "xms_edov",
                "confirmed_at",
                "email",
                "user_email",
            ] {
                profile.remove(flag);
            }
            for (near, value) in [
                ("upn", json!("a@example.com")),
                ("preferred_username", json!("a@example.com")),
                ("unique_name", json!("a@example.com")),
                ("mail", json!("a@example.com")),
            ] {
                profile.insert(near.into(), value);
            }
            let user = read(name, &Value::Object(profile), false).expect("a user");
            let has_own_place = matches!(name, "twitch" | "x" | "kakao" | "notion");
            assert!(has_own_place || user.emails.is_empty(), "{name}");
        }
    }
}

#[test]
fn the_operator_may_vouch_for_a_provider() {
    for (name, profile, ..) in samples() {
        let user = read(name, &profile, true).expect("a user");
        assert!(user.emails.iter().all(|email| email.verified), "{name}");
    }
}

#[test]
fn a_profile_without_a_subject_is_nobodys() {
    for known in KNOWN {
        for profile in [
            json!({}),
            json!({ "id": "", "sub": "" }),
            json!({ "id": null }),
            json!([]),
        ] {
            assert!(
                read(known.name, &profile, false).is_err(),
                "{} {profile}",
                known.name
            );
        }
    }
    for profile in [
        json!({}),
        json!({ "sub": "" }),
        json!({ "sub": ["x"] }),
        json!([]),
        json!("x"),
    ] {
        assert!(Mapping::default().read(&profile).is_err(), "{profile}");
    }
}

/// Everything that a provider needs is there, and stays where the settings put it.
#[test]
fn addresses_follow_the_settings() {
    let own = config::Provider {
        url: "https://own.example/".into(),
        ..config::Provider::default()
    };
    for known in KNOWN {
        let public = known.place(&config::Provider::default());
        let place = known.place(&own);
        for template in known.endpoints.iter().flat_map(|(a, b)| [a, b]) {
            assert!(
                place.fill(template).starts_with("https://own.example/"),
                "{}",
                known.name
            );
            let url = url::Url::parse(&public.fill(template)).expect("a URL");
            assert_eq!(url.scheme(), "https", "{}", known.name);
        }
        if let Some(url) = known.user_info_url(&place) {
            assert!(url.starts_with("https://own.example/"), "{}", known.name);
            assert!(url.parse::<http::Uri>().is_ok(), "{}", known.name);
        }
        let issuer = known.issuer(&own);
        assert!(
            known.source != Source::IdToken || issuer.is_some(),
            "{}",
            known.name
        );
        assert!(
            known.endpoints.is_some() || known.issuer.is_some(),
            "{}",
            known.name
        );
        if let Some(issuer) = issuer.filter(|_| known.name != "azure") {
            assert!(issuer.may_be("https://own.example"), "{}", known.name);
            for other in [
                "https://own.example.evil.example",
                "https://accounts.google.com",
                "",
            ] {
                assert!(!issuer.may_be(other), "{} {other}", known.name);
            }
        }
    }
    let own_api = config::Provider {
        api_url: "https://api.own.example".into(),
        ..own
    };
    let github = known::find("github").expect("GitHub");
    let url = github.user_info_url(&github.place(&own_api));
    assert_eq!(url.as_deref(), Some("https://api.own.example/user"));
}
