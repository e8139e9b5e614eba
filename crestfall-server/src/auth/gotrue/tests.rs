use std::path::Path;

use super::*;

fn translated(pairs: &[(&str, &str)]) -> Translated {
    let pairs = pairs.iter();
    translate(pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn one(name: &str, value: &str) -> (String, String) {
    let translated = translated(&[(name, value)]);
    let mut settings = translated.settings.into_iter();
    let found = settings.find(|(found, ..)| found == name);
    let (_, key, value) = found.unwrap_or_else(|| panic!("{name}: {:?}", translated.warnings));
    (key, value)
}

#[test]
fn variables_of_the_suites_are_settings_of_ours() {
    for (name, value, key, ours) in [
        (
            "GOTRUE_SITE_URL",
            "https://a.example",
            "auth.site_url",
            "https://a.example",
        ),
        (
            "GOTRUE_JWT_EXP",
            "3600",
            "auth.tokens.lifetime",
            "3600000ms",
        ),
        (
            "GOTRUE_SMTP_MAX_FREQUENCY",
            "1m30s",
            "auth.email.max_frequency",
            "90000ms",
        ),
        (
            "GOTRUE_DISABLE_SIGNUP",
            "TRUE",
            "auth.disable_signup",
            "true",
        ),
        (
            "GOTRUE_MAILER_AUTOCONFIRM",
            "1",
            "auth.email.autoconfirm",
            "true",
        ),
        (
            "GOTRUE_RATE_LIMIT_OTP",
            "1000",
            "auth.rate_limits.otp",
            "1000",
        ),
        (
            "GOTRUE_HOOK_SEND_SMS_SECRETS",
            "v1,whsec_YQ==",
            "auth.hooks.send_sms.secrets",
            "v1,whsec_YQ==",
        ),
        (
            "GOTRUE_MFA_MAX_ENROLLED_FACTORS",
            "10",
            "auth.mfa.max_enrolled_factors",
            "10",
        ),
        (
            "GOTRUE_PASSKEY_ENABLED",
            "true",
            "auth.passkeys.enabled",
            "true",
        ),
        (
            "GOTRUE_WEBAUTHN_RP_ID",
            "localhost",
            "auth.webauthn.rp_id",
            "localhost",
        ),
        (
            "GOTRUE_OAUTH_SERVER_ENABLED",
            "true",
            "auth.oauth_server.enabled",
            "true",
        ),
        (
            "GOTRUE_SMS_AUTOCONFIRM",
            "f",
            "auth.phone.autoconfirm",
            "false",
        ),
        (
            "GOTRUE_EXTERNAL_PHONE_ENABLED",
            "true",
            "auth.phone.enabled",
            "true",
        ),
        (
            "GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED",
            "true",
            "auth.anonymous_users",
            "true",
        ),
        (
            "GOTRUE_PASSWORD_MIN_LENGTH",
            "6",
            "auth.password.min_length",
            "6",
        ),
        (
            "GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL",
            "10",
            "auth.sessions.reuse_interval",
            "10000ms",
        ),
        (
            "GOTRUE_SMS_PROVIDER",
            "twilio",
            "auth.sms.provider",
            "twilio",
        ),
        (
            "GOTRUE_SMS_TWILIO_ACCOUNT_SID",
            "AC1",
            "auth.sms.twilio.account_sid",
            "AC1",
        ),
        (
            "GOTRUE_SMS_TWILIO_VERIFY_AUTH_TOKEN",
            "x",
            "auth.sms.twilio_verify.auth_token",
            "x",
        ),
        (
            "GOTRUE_SMS_TEST_OTP",
            "123:456",
            "auth.sms.test_otp",
            r#"{"123":"456"}"#,
        ),
        (
            "GOTRUE_MAILER_SUBJECTS_RECOVERY",
            "Again",
            "auth.mail.subjects.recovery",
            "Again",
        ),
        (
            "GOTRUE_API_EXTERNAL_URL",
            "http://a",
            "auth.external_url",
            "http://a",
        ),
        (
            "API_EXTERNAL_URL",
            "http://a",
            "auth.external_url",
            "http://a",
        ),
        ("PORT", "9999", "server.port", "9999"),
        ("GOTRUE_LOG_LEVEL", "warning", "log.level", "warn"),
        (
            "GOTRUE_DB_DATABASE_URL",
            "postgres://u@h/d?search_path=auth&sslmode=disable",
            "database.url",
            "postgres://u@h/d?sslmode=disable",
        ),
    ] {
        assert_eq!(
            one(name, value),
            (key.to_owned(), ours.to_owned()),
            "{name}"
        );
    }
}

#[test]
fn the_header_that_says_whom_to_count_is_believed_no_further_than_the_proxy() {
    let own = one("GOTRUE_RATE_LIMIT_HEADER", "CF-Connecting-IP");
    assert_eq!(own.0, "server.client_ip_header");
    let list = one("GOTRUE_RATE_LIMIT_HEADER", "x-forwarded-for");
    assert_eq!(list, ("server.trusted_proxies".to_owned(), "1".to_owned()));
    let supabase = one("GOTRUE_SECURITY_SB_FORWARDED_FOR_ENABLED", "true");
    let header = "server.client_ip_header".to_owned();
    assert_eq!(supabase, (header, "Sb-Forwarded-For".to_owned()));
    let off = translated(&[("GOTRUE_SECURITY_SB_FORWARDED_FOR_ENABLED", "false")]);
    assert_eq!((off.settings.len(), off.warnings.len()), (0, 0));
}

#[test]
fn a_clean_up_that_is_off_stays_off() {
    let (key, value) = one("GOTRUE_DB_CLEANUP_ENABLED", "false");
    assert_eq!(
        (key.as_str(), value.as_str()),
        ("auth.cleanup.enabled", "false")
    );
}

#[test]
fn providers_that_are_on_are_settings_of_theirs() {
    let found = translated(&[
        ("GOTRUE_EXTERNAL_GOOGLE_ENABLED", "true"),
        ("GOTRUE_EXTERNAL_GOOGLE_CLIENT_ID", "a.apps,b.apps"),
        ("GOTRUE_EXTERNAL_GOOGLE_SKIP_NONCE_CHECK", "true"),
        ("GOTRUE_EXTERNAL_TWITTER_ENABLED", "false"),
        ("GOTRUE_EXTERNAL_TWITTER_SECRET", "x"),
    ]);
    assert_eq!(found.value("auth.providers.google.enabled"), Some("true"));
    assert_eq!(
        found.value("auth.providers.google.client_id"),
        Some("a.apps,b.apps")
    );
    assert_eq!(
        found.value("auth.providers.google.skip_nonce_check"),
        Some("true")
    );
    assert!(
        !found
            .settings
            .iter()
            .any(|(_, key, _)| key.contains("twitter"))
    );
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
}

#[test]
fn what_is_unknown_or_makes_no_sense_is_told_and_does_not_stop_the_service() {
    let translated = translated(&[
        ("GOTRUE_NO_SUCH_THING", "1"),
        ("GOTRUE_MAILER_AUTOCONFIRM", "perhaps"),
        ("GOTRUE_DB_DRIVER", "postgres"),
        ("NO_SUCH_THING", "1"),
    ]);
    assert_eq!(translated.settings, []);
    assert_eq!(translated.warnings.len(), 2, "{translated:?}");
    assert!(!translated.warnings.concat().contains("perhaps"));
}

#[test]
fn tokens_are_signed_with_the_shared_secret_unless_there_are_keys() {
    let secret = ("GOTRUE_JWT_SECRET", "0123456789abcdef0123456789abcdef");
    let found = translated(&[secret]);
    assert!(found.value("auth.tokens.keys").unwrap().contains("\"oct\""));
    assert!(found.value("auth.encryption_key").is_some() && found.warnings.len() == 1);
    let found = translated(&[secret, ("GOTRUE_JWT_KEYS", "[]")]);
    assert_eq!(found.value("auth.tokens.keys"), Some("[]"));
}

#[test]
fn each_setting_is_there() {
    let schema = settings::schema();
    for Known { variable, setting } in known(&schema) {
        assert!(
            settings::at(&schema, &setting).is_some(),
            "{variable}: {setting}"
        );
    }
}

/// `CRESTFALL_WRITE_DOCS=1` writes it anew.
#[test]
fn the_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/gotrue.md");
    if std::env::var_os("CRESTFALL_WRITE_DOCS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page(),
        "docs/gotrue.md is stale: run the tests with CRESTFALL_WRITE_DOCS=1"
    );
}
