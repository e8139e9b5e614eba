//! Tokens: PR-153 to PR-158, and what an attacker may try.

mod attacks;
mod cache;
mod issuer;
mod rotation;

use crestfall_core::jwt::{ConfigError, Error, KeyProblem, Verifier, read_secret, sign_hs256};
use serde_json::{Value, json};

use issuer::{ALGORITHMS, Issuer};

pub(crate) const SECRET: &str = "a secret of at least thirty-two bytes";

fn now() -> i64 {
    let since = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("a clock");
    since.as_secs() as i64
}

fn verifier(secret: impl AsRef<[u8]>) -> Verifier {
    Verifier::builder()
        .secret(secret)
        .anonymous_role("anon")
        .build()
        .expect("a verifier")
}

/// The role of these claims, honestly signed.
fn role_of(verifier: &Verifier, claims: &Value) -> Result<String, Error> {
    let token = sign_hs256(SECRET, claims).expect("a token");
    verifier
        .verify(token)
        .map(|identity| identity.role().to_owned())
}

#[test]
fn pr_153_every_algorithm_verifies_by_a_jwk_and_by_a_set() {
    for algorithm in ALGORITHMS {
        let issuer = Issuer::new(algorithm);
        let token = issuer.sign(&json!({ "role": "editor" }));
        let mut bound = issuer.jwk();
        bound["alg"] = algorithm.into();
        let others: Vec<Value> = ["RS256", "ES256"]
            .map(|name| Issuer::new(name).jwk())
            .into();
        let set = json!({ "keys": [others[0], bound, others[1]] });
        for keys in [issuer.jwk(), bound.clone(), set] {
            let identity = verifier(keys.to_string()).verify(&token);
            assert_eq!(
                identity.map(|it| it.role().to_owned()),
                Ok("editor".into()),
                "{algorithm}"
            );
        }
    }
}

#[test]
fn pr_153_kid_selects_the_key_and_no_match_is_an_error() {
    let (one, two) = (Issuer::named("ES256", "one"), Issuer::named("ES256", "two"));
    let keys = json!({ "keys": [one.jwk(), two.jwk()] }).to_string();
    let verifier = verifier(&keys);
    let claims = json!({ "role": "editor" });
    assert!(verifier.verify(one.sign(&claims)).is_ok());
    assert!(verifier.verify(two.sign(&claims)).is_ok());
    let anonymous_key = two.sign_raw(r#"{"alg":"ES256"}"#, &claims.to_string());
    assert!(
        verifier.verify(anonymous_key).is_ok(),
        "without a kid each key is tried"
    );

    let not_found = Err(Error::Key(KeyProblem::NotFound));
    let wrong = Err(Error::Key(KeyProblem::WrongSignature));
    let other = two.sign_raw(r#"{"alg":"ES256","kid":"one"}"#, &claims.to_string());
    assert_eq!(verifier.verify(other).map(|_| ()), wrong);
    let unknown = one.sign_raw(r#"{"alg":"ES256","kid":"three"}"#, &claims.to_string());
    assert_eq!(verifier.verify(unknown).map(|_| ()), not_found);

    let unnamed = super::jwt::verifier(SECRET);
    let secret = BareSecret(SECRET);
    let named = secret.sign(r#"{"alg":"HS256","kid":"x"}"#, r#"{"role":"a"}"#);
    assert_eq!(unnamed.verify(named).map(|_| ()), not_found);
}

/// Signs any header with a text secret.
struct BareSecret(&'static str);

impl BareSecret {
    fn sign(&self, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", issuer::encode(header), issuer::encode(payload));
        let tag = issuer::mac("HS256", self.0.as_bytes(), signed.as_bytes());
        format!("{signed}.{}", issuer::encode(tag))
    }
}

#[test]
fn pr_153_a_text_secret_is_for_hs256_alone() {
    let claims = r#"{"role":"a"}"#;
    let signed = format!(
        "{}.{}",
        issuer::encode(r#"{"alg":"HS512"}"#),
        issuer::encode(claims)
    );
    let tag = issuer::mac("HS512", SECRET.as_bytes(), signed.as_bytes());
    let token = format!("{signed}.{}", issuer::encode(tag));
    let refused = verifier(SECRET).verify(token).map(|_| ());
    assert_eq!(refused, Err(Error::Key(KeyProblem::NotFound)));
}

#[test]
fn pr_153_secrets_come_as_text_base64_or_a_file() {
    use base64::Engine as _;
    let standard = base64::prelude::BASE64_STANDARD.encode(SECRET);
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        format!("@{}", path.display())
    };
    let url_safe = format!(
        " {} ",
        standard
            .replace('+', "-")
            .replace('/', "_")
            .replace('=', ".")
    );
    for (setting, is_base64) in [
        (SECRET.to_owned(), false),
        (standard.clone(), true),
        (url_safe, true),
        (file("text", SECRET), false),
        (file("newline", &format!("{SECRET}\n")), false),
        (file("base64", &format!("{standard}\n")), true),
    ] {
        let bytes = read_secret(&setting, is_base64).expect("a secret");
        assert_eq!(bytes, SECRET.as_bytes(), "{setting}");
    }
    assert!(matches!(
        read_secret("@/no/such/file", false),
        Err(ConfigError::File { .. })
    ));
    assert!(matches!(
        read_secret("not base64!", true),
        Err(ConfigError::SecretNotBase64)
    ));
}

#[test]
fn pr_153_keys_that_cannot_be_are_refused_when_the_verifier_is_built() {
    let message = |secret: &str| {
        let built = Verifier::builder().secret(secret).build();
        built.expect_err(secret).to_string()
    };
    let too_short = "The JWT secret must be at least 32 characters long.";
    assert_eq!(message("thirty-one bytes are too few!!!"), too_short);
    assert_eq!(message(r#"{"kty":"oct","k":"c2hvcnQ"}"#), too_short);
    assert_eq!(
        sign_hs256("short", &json!({}))
            .expect_err("short")
            .to_string(),
        too_short
    );

    let rsa = Issuer::new("RS256");
    let mut broken = rsa.jwk();
    broken.as_object_mut().expect("an object").remove("e");
    assert!(message(&broken.to_string()).contains("an RSA key needs `e`"));
    assert!(message(&json!({ "keys": [rsa.jwk(), 1] }).to_string()).contains("not an object"));
    assert!(message("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQ").contains("PEM"));
    for unusable in [
        json!({ "keys": [] }),
        json!({ "kty": "weird", "of": "another kind, long enough for a secret" }),
        with(&rsa, "use", json!("enc")),
        with(&rsa, "key_ops", json!(["encrypt"])),
        with(&rsa, "alg", json!("RSA-OAEP")),
        with(&rsa, "alg", json!("HS256")),
        with(&Issuer::new("ES256"), "alg", json!("ES384")),
    ] {
        let told = message(&unusable.to_string());
        assert!(
            told.contains("no key that can verify"),
            "{unusable}: {told}"
        );
    }
}

fn with(issuer: &Issuer, member: &str, value: Value) -> Value {
    let mut jwk = issuer.jwk();
    jwk[member] = value;
    jwk
}

#[test]
fn pr_153_a_private_jwk_verifies_and_shows_nothing() {
    let issuer = Issuer::named("RS256", "mine");
    let mut jwk = issuer.jwk();
    jwk["d"] = "c2VjcmV0".into();
    let verifier = verifier(jwk.to_string());
    assert!(
        verifier
            .verify(issuer.sign(&json!({ "role": "a" })))
            .is_ok()
    );
    let shown = format!("{verifier:?}");
    assert!(
        shown.contains("mine") && !shown.contains("c2VjcmV0"),
        "{shown}"
    );
    let shown = format!(
        "{:?} {:?}",
        Verifier::builder().secret(SECRET),
        super::jwt::verifier(SECRET)
    );
    assert!(!shown.contains("thirty-two"), "{shown}");
}

#[test]
fn pr_155_times_and_audience_are_checked() {
    let verifier = Verifier::builder()
        .secret(SECRET)
        .audience("us")
        .build()
        .expect("a verifier");
    let check = |mut claims: Value| {
        claims["role"] = "editor".into();
        role_of(&verifier, &claims).map(|_| ())
    };
    assert_eq!(check(json!({ "exp": now() - 29 })), Ok(()));
    assert_eq!(check(json!({ "exp": now() - 35 })), Err(Error::Expired));
    assert_eq!(check(json!({ "nbf": now() + 29 })), Ok(()));
    assert_eq!(check(json!({ "nbf": now() + 35 })), Err(Error::NotYetValid));
    assert_eq!(check(json!({ "iat": now() + 29 })), Ok(()));
    assert_eq!(
        check(json!({ "iat": now() + 35 })),
        Err(Error::IssuedInFuture)
    );
    assert_eq!(check(json!({ "aud": "us" })), Ok(()));
    assert_eq!(check(json!({ "aud": null })), Ok(()));
    assert_eq!(check(json!({ "aud": ["them", "us"] })), Ok(()));
    assert_eq!(check(json!({ "aud": "them" })), Err(Error::NotInAudience));
    assert_eq!(
        check(json!({ "aud": "them", "exp": 1 })),
        Err(Error::Expired),
        "time comes first"
    );
}

#[test]
fn a_foreign_issuer_is_held_to_its_name_and_to_expiry() {
    let issuer = "https://issuer.example";
    let verifier = Verifier::builder()
        .secret(SECRET)
        .issuer(issuer)
        .require_exp(true)
        .leeway(std::time::Duration::ZERO)
        .build()
        .expect("a verifier");
    let check = |claims| role_of(&verifier, &claims).map(|_| ());
    let later = now() + 60;
    assert_eq!(
        check(json!({ "role": "a", "iss": issuer, "exp": later })),
        Ok(())
    );
    let slash = format!("{issuer}/");
    for iss in [json!(slash), json!(null), json!([issuer])] {
        let refused = check(json!({ "role": "a", "iss": iss, "exp": later }));
        assert_eq!(refused, Err(Error::WrongIssuer));
    }
    assert_eq!(
        check(json!({ "role": "a", "exp": later })),
        Err(Error::WrongIssuer)
    );
    assert_eq!(
        check(json!({ "role": "a", "iss": issuer })),
        Err(Error::ExpMissing)
    );
    let past = json!({ "role": "a", "iss": issuer, "exp": now() - 2 });
    assert_eq!(check(past), Err(Error::Expired), "no leeway");
}

#[test]
fn pr_156_the_role_is_where_the_path_says_or_anonymous() {
    let verifier = Verifier::builder()
        .secret(SECRET)
        .role_claim("$.app.roles[?(@ != 'other')]")
        .anonymous_role("anon")
        .build()
        .expect("a verifier");
    let claims = json!({ "role": "decoy", "app": { "roles": ["other", "editor"] } });
    assert_eq!(role_of(&verifier, &claims).as_deref(), Ok("editor"));
    assert_eq!(
        role_of(&verifier, &json!({ "role": "decoy" })).as_deref(),
        Ok("anon")
    );
    let none = json!({ "app": { "roles": ["none"] } });
    assert_eq!(role_of(&verifier, &none), Err(Error::RoleNotAllowed));

    let strict = Verifier::builder()
        .secret(SECRET)
        .build()
        .expect("a verifier");
    assert_eq!(role_of(&strict, &json!({})), Err(Error::TokenRequired));
}

#[test]
fn pr_157_each_refusal_has_postgrests_code_status_and_words() {
    let token = |claims: &str| BareSecret(SECRET).sign(r#"{"alg":"HS256"}"#, claims);
    let header = |header: &str| BareSecret(SECRET).sign(header, r#"{"role":"a"}"#);
    let no_key = Some("No suitable key was found to decode the JWT");
    let no_decode = Some("None of the keys was able to decode the JWT");
    let unsecured = Some("JWT is unsecured but expected 'alg' was not 'none'");
    let suitable = "No suitable key or wrong key type";
    let crypto = "JWT cryptographic operation failed";
    let forged = token(r#"{"role":"a"}"#)
        .replace('.', ".e30.")
        .split_once(".e30.")
        .map_or_else(String::new, |(head, rest)| {
            format!("{head}.e30.{}", rest.rsplit('.').next().unwrap_or_default())
        });
    let cases = [
        (
            String::new(),
            "PGRST301",
            "Empty JWT is sent in Authorization header",
            None,
        ),
        (
            "a.b".into(),
            "PGRST301",
            "Expected 3 parts in JWT; got 2",
            None,
        ),
        (
            "a.b.c.d.e".into(),
            "PGRST301",
            "Expected 3 parts in JWT; got 5",
            None,
        ),
        (
            "a".into(),
            "PGRST301",
            "Expected 3 parts in JWT; got 1",
            None,
        ),
        ("..".into(), "PGRST301", crypto, None),
        ("!.e30.e30".into(), "PGRST301", crypto, None),
        (header("{}"), "PGRST301", crypto, None),
        (header(r#"{"alg":"HS1"}"#), "PGRST301", crypto, None),
        (
            header(r#"{"alg":"HS256","kid":7}"#),
            "PGRST301",
            crypto,
            None,
        ),
        (
            header(r#"{"alg":"none"}"#),
            "PGRST301",
            "Wrong or unsupported encoding algorithm",
            unsecured,
        ),
        (header(r#"{"alg":"RS256"}"#), "PGRST301", suitable, no_key),
        (forged, "PGRST301", suitable, no_decode),
        (
            header(r#"{"alg":"HS256","crit":["x"]}"#),
            "PGRST301",
            "Unsupported token type",
            None,
        ),
        (token("[]"), "PGRST303", "Parsing claims failed", None),
        (token("no json"), "PGRST303", "Parsing claims failed", None),
        (token(r#"{"exp":1}"#), "PGRST303", "JWT expired", None),
        (
            token(r#"{"nbf":99999999999}"#),
            "PGRST303",
            "JWT not yet valid",
            None,
        ),
        (
            token(r#"{"iat":99999999999}"#),
            "PGRST303",
            "JWT issued at future",
            None,
        ),
        (
            token(r#"{"aud":"x"}"#),
            "PGRST303",
            "JWT not in audience",
            None,
        ),
        (
            token(r#"{"exp":"1"}"#),
            "PGRST303",
            "The JWT 'exp' claim must be a number",
            None,
        ),
        (
            token(r#"{"nbf":"1"}"#),
            "PGRST303",
            "The JWT 'nbf' claim must be a number",
            None,
        ),
        (
            token(r#"{"iat":"1"}"#),
            "PGRST303",
            "The JWT 'iat' claim must be a number",
            None,
        ),
        (
            token(r#"{"aud":1}"#),
            "PGRST303",
            "The JWT 'aud' claim must be a string or an array of strings",
            None,
        ),
    ];
    let verifier = Verifier::builder()
        .secret(SECRET)
        .audience("us")
        .build()
        .expect("a verifier");
    for (token, code, message, details) in cases {
        let error = verifier.verify(&token).expect_err(&token);
        assert_eq!(
            (error.code(), error.message().as_str()),
            (code, message),
            "{token}"
        );
        assert_eq!((error.details(), error.hint()), (details, None), "{token}");
        assert_eq!(error.status(), 401, "{token}");
        let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{message}\"");
        assert_eq!(error.www_authenticate(), Some(challenge));
    }
}

#[test]
fn pr_157_a_server_without_keys_or_anonymous_role_says_so() {
    let bare = Verifier::builder().build().expect("a verifier");
    let error = bare.verify("a.b.c").expect_err("no key");
    assert_eq!((error.code(), error.status().as_u16()), ("PGRST300", 500));
    assert_eq!(error.message(), "Server lacks JWT secret");
    assert_eq!(error.www_authenticate(), None);

    let error = bare.anonymous().expect_err("no anonymous role");
    assert_eq!((error.code(), error.status().as_u16()), ("PGRST302", 401));
    assert_eq!(error.message(), "Anonymous access is disabled");
    assert_eq!(error.www_authenticate().as_deref(), Some("Bearer"));
}
