use crestfall_core::jwt::Verifier;
use serde_json::json;

use super::super::Algorithm;
use super::*;

const ALL: [Algorithm; 6] = [
    Algorithm::Hs256,
    Algorithm::Rs256,
    Algorithm::Rs512,
    Algorithm::Es256,
    Algorithm::Es512,
    Algorithm::EdDsa,
];
/// A key made for this test.
const RSA: &str = include_str!("rsa.jwk.json");
/// RFC 8037, A.1.
const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519",
    "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// A key made for this test.
const P256: &str = r#"{"kty":"EC","crv":"P-256","kid":"ec",
    "x":"gzahb-b291th3xnrM8Qo2sgBtfYGWVIaxEefWZ7xQsY",
    "y":"7R4JNdIBM4rkUyMrsVCSX1bMYvzFbYfMTmRoUO6jqSw",
    "d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X4fCE9-E9LI"}"#;

fn accepts(keys: &SigningKeys, token: &str) -> bool {
    let keys = keys.verifying_keys().expect("keys");
    let verifier = Verifier::builder().keys(keys).build().expect("a verifier");
    verifier.verify(token).is_ok()
}

fn token(key: &SigningKey) -> String {
    key.sign(&json!({ "role": "authenticated" }))
        .expect("a token")
}

fn jwk(text: &str) -> SigningKey {
    SigningKey::from_jwk(text.as_bytes()).expect("a key")
}

#[test]
fn cores_verifier_accepts_what_every_algorithm_signs() {
    for algorithm in ALL {
        let keys = SigningKeys::new(SigningKey::generate(algorithm).expect("a key"));
        let signed = token(keys.current());
        assert!(accepts(&keys, &signed), "{algorithm:?}");
        let another = SigningKeys::new(SigningKey::generate(algorithm).expect("a key"));
        assert!(!accepts(&another, &signed), "{algorithm:?}");
    }
}

#[test]
fn a_stored_key_signs_as_before() {
    for algorithm in ALL {
        let key = SigningKey::generate(algorithm).expect("a key");
        let bytes = key.to_bytes().expect("bytes");
        let id = key.id().map(str::to_owned);
        let again = SigningKey::from_bytes(id, algorithm, &bytes).expect("the key");
        assert!(accepts(&SigningKeys::new(key), &token(&again)));
        let other = if algorithm == Algorithm::EdDsa {
            Algorithm::Es256
        } else {
            Algorithm::EdDsa
        };
        assert!(SigningKey::from_bytes(None, other, &bytes).is_err());
    }
}

#[test]
fn the_signature_of_rfc_8037_is_made() {
    let input = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = jwk(ED25519).signature(input).expect("a signature");
    use base64::Engine as _;
    assert_eq!(
        base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(signature),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

#[test]
fn a_key_without_a_kid_is_named_by_its_thumbprint() {
    // RFC 8037, A.3.
    let key = jwk(ED25519);
    assert_eq!(
        key.id(),
        Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    );
    assert_eq!(key.id(), key.thumbprint().as_deref());
    assert_eq!(jwk(P256).id(), Some("ec"));
}

#[test]
fn gt_074_private_jwks_of_each_type_sign() {
    for text in [RSA, ED25519, P256] {
        let key = jwk(text);
        let signed = token(&key);
        assert!(accepts(&SigningKeys::new(key), &signed));
    }
    let point = P256.replace("gzahb", "gzahc");
    let seed = ED25519.replace("nWGxne", "nWGxnf");
    for wrong in [point, seed] {
        assert!(SigningKey::from_jwk(wrong.as_bytes()).is_err(), "{wrong}");
    }
    let exponent = RSA.replacen("\"e\":\"AQAB\"", "\"e\":\"Aw\"", 1);
    assert!(SigningKey::from_jwk(exponent.as_bytes()).is_err());
    for wrong in [
        "",
        "[]",
        "{}",
        r#"{"kty":"oct"}"#,
        r#"{"kty":"oct","k":"c2hvcnQ"}"#,
        r#"{"kty":"oct","k":5}"#,
        r#"{"kty":"EC","crv":"P-256","alg":"HS256"}"#,
        r#"{"kty":"OKP","crv":"Ed448"}"#,
        r#"{"kty":"RSA","alg":"none"}"#,
    ] {
        assert!(SigningKey::from_jwk(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn gt_074_keys_rotate_from_standby_to_current_to_previous() {
    let mut keys = SigningKeys::new(SigningKey::generate(Algorithm::Es256).expect("a key"));
    let old = token(keys.current());
    assert!(matches!(keys.rotate(), Err(KeyError::NoStandby)));
    let next = SigningKey::generate(Algorithm::EdDsa).expect("a key");
    let (first, second) = (
        keys.current().id().expect("an id").to_owned(),
        next.id().expect("an id").to_owned(),
    );
    keys.add_standby(next).expect("added");
    let published = keys.jwks();
    assert_eq!(published["keys"][1]["kid"], second.as_str());
    keys.rotate().expect("rotated");
    assert_eq!(keys.current().id(), Some(second.as_str()));
    assert!(accepts(&keys, &old), "no one is logged out");
    assert!(accepts(&keys, &token(keys.current())));
    assert!(matches!(keys.revoke(&second), Err(KeyError::InUse(_))));
    keys.revoke(&first).expect("revoked");
    assert!(!accepts(&keys, &old));
    assert!(matches!(keys.revoke(&first), Err(KeyError::Unknown(_))));
}

#[test]
fn published_keys_hold_nothing_private() {
    let secret = SigningKey::from_secret(Some("hs".into()), &[7; 32]).expect("a key");
    let keys = [
        (KeyState::Current, jwk(RSA).into()),
        (KeyState::Previous, jwk(ED25519).into()),
        (KeyState::Standby, jwk(P256).into()),
        (KeyState::Previous, secret.into()),
    ];
    let keys = SigningKeys::from_keys(keys).expect("keys");
    let jwks = keys.jwks();
    let published = jwks["keys"].as_array().expect("keys");
    assert_eq!(published.len(), 3, "a shared secret is not published");
    for key in published {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert_eq!(key.get(private), None, "{key}");
        }
        assert_eq!(key["key_ops"], json!(["verify"]));
        assert_eq!(key["use"], "sig");
    }
    let shown = format!("{keys:?}");
    assert!(
        !shown.contains("nWGxne") && !shown.contains("7, 7"),
        "{shown}"
    );
}

#[test]
fn gotrues_setting_is_understood() {
    let hs = r#"{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","kid":"hs","key_ops":["verify"]}"#;
    let rsa = RSA
        .trim_end()
        .replacen('{', r#"{"key_ops":["sign","verify"],"#, 1);
    let public = r#"{"kty":"EC","crv":"P-256","key_ops":["verify"],
        "x":"gzahb-b291th3xnrM8Qo2sgBtfYGWVIaxEefWZ7xQsY",
        "y":"7R4JNdIBM4rkUyMrsVCSX1bMYvzFbYfMTmRoUO6jqSw"}"#;
    let keys = SigningKeys::from_gotrue(&format!("[{hs},{rsa},{public}]")).expect("keys");
    assert_eq!(keys.current().algorithm(), Algorithm::Rs256);
    assert_eq!(keys.verifying_keys().expect("keys").len(), 3);
    let secret: Vec<u8> = (0..32).collect();
    let earlier = SigningKey::from_secret(Some("hs".into()), &secret).expect("a key");
    assert!(accepts(&keys, &token(&earlier)));
    let refused = |text: &str| SigningKeys::from_gotrue(text).expect_err("no keys");
    assert!(matches!(refused(&format!("[{hs}]")), KeyError::Current(0)));
    let twice = format!("[{rsa},{rsa}]");
    assert!(matches!(refused(&twice), KeyError::Current(2)));
    let twice = format!("[{rsa},{hs},{hs}]");
    assert!(matches!(refused(&twice), KeyError::Duplicate(_)));
    assert!(matches!(refused("{}"), KeyError::NotKeys));
}

#[test]
fn a_secret_without_a_name_signs_tokens_without_a_kid() {
    let key = SigningKey::from_secret(None, &[9; 32]).expect("a key");
    let signed = token(&key);
    assert!(accepts(&SigningKeys::new(key), &signed));
    let plain = Verifier::builder().secret([9; 32]).build().expect("one");
    assert!(plain.verify(&signed).is_ok(), "as of a JWT_SECRET");
    let short = SigningKey::from_secret(None, &[9; 31]);
    assert!(matches!(short, Err(KeyError::SecretTooShort)));
}
