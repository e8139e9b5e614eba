//! Forged, confused and broken tokens: none is accepted, none makes the verifier panic.

use crestfall_core::jwt::{Error, Verifier};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::issuer::{ALGORITHMS, Issuer, encode, mac};
use super::{BareSecret, SECRET, now, verifier};

fn accepted(verifier: &Verifier, token: &str) -> bool {
    verifier.verify(token).is_ok()
}

#[test]
fn sec_09_time_claims_of_another_kind_are_refused() {
    let verifier = verifier(SECRET);
    let far = now() + 1_000_000;
    let values = [
        format!("\"{far}\""),
        "1.5".into(),
        "-1".into(),
        "1e400".into(),
        "1e300".into(),
        "99999999999999999999".into(),
        "[]".into(),
        format!("[{far}]"),
        "null".into(),
        "true".into(),
        "{}".into(),
        "\"\"".into(),
    ];
    for name in ["exp", "nbf", "iat"] {
        for value in &values {
            let payload = format!(r#"{{"role":"a","{name}":{value}}}"#);
            let token = BareSecret(SECRET).sign(r#"{"alg":"HS256"}"#, &payload);
            let refused = verifier.verify(&token);
            assert!(refused.is_err(), "{payload}");
            assert_eq!(refused, verifier.verify(&token), "the same when cached");
        }
        let twice = format!(r#"{{"role":"a","{name}":1,"{name}":{far}}}"#);
        let token = BareSecret(SECRET).sign(r#"{"alg":"HS256"}"#, &twice);
        assert_eq!(verifier.verify(token), Err(Error::Claims));
    }
}

#[test]
fn sec_10_none_is_no_algorithm_in_any_case() {
    let verifier = verifier(SECRET);
    for name in [
        "none", "None", "NONE", "nOnE", "", "null", "HS256 ", "hs256",
    ] {
        let start = format!(
            "{}.{}",
            encode(json!({ "alg": name }).to_string()),
            encode("{}")
        );
        let tag = mac("HS256", SECRET.as_bytes(), start.as_bytes());
        for signature in [String::new(), encode(tag), "AA".into()] {
            assert!(
                !accepted(&verifier, &format!("{start}.{signature}")),
                "{name}"
            );
        }
        assert!(!accepted(&verifier, &start));
    }
}

#[test]
fn sec_10_a_public_key_is_never_a_secret() {
    let claims = json!({ "role": "admin" }).to_string();
    for algorithm in ALGORITHMS
        .into_iter()
        .filter(|name| !name.starts_with("HS"))
    {
        let issuer = Issuer::named(algorithm, "k");
        for keys in [issuer.jwk(), json!({ "keys": [issuer.jwk()] })] {
            let verifier = verifier(keys.to_string());
            for secret in issuer.public_bytes() {
                for hs in ["HS256", "HS384", "HS512"] {
                    let header = json!({ "alg": hs, "kid": "k" }).to_string();
                    let signed = format!("{}.{}", encode(header), encode(&claims));
                    let token = format!("{signed}.{}", encode(mac(hs, &secret, signed.as_bytes())));
                    assert!(!accepted(&verifier, &token), "{algorithm} as {hs}");
                }
            }
        }
    }
}

#[test]
fn sec_10_a_key_checks_only_its_own_algorithms() {
    let claims = json!({ "role": "admin" }).to_string();
    for algorithm in ALGORITHMS {
        let issuer = Issuer::new(algorithm);
        let mut bound = issuer.jwk();
        bound["alg"] = algorithm.into();
        let verifier = verifier(bound.to_string());
        for other in ALGORITHMS.into_iter().filter(|other| *other != algorithm) {
            let header = json!({ "alg": other }).to_string();
            assert!(
                !accepted(&verifier, &issuer.sign_raw(&header, &claims)),
                "{algorithm} {other}"
            );
        }
    }
}

#[test]
fn sec_10_the_header_brings_no_key_and_no_extension() {
    let ours = Issuer::named("ES256", "k");
    let theirs = Issuer::named("ES256", "k");
    let verifier = verifier(ours.jwk().to_string());
    let claims = json!({ "role": "admin" }).to_string();
    let extended = |name: &str, value: Value| {
        let mut header = ours.header();
        header[name] = value;
        header.to_string()
    };
    for (name, value) in [
        ("jwk", theirs.jwk()),
        ("jku", json!("https://attacker.example/jwks")),
        ("x5u", json!("https://attacker.example/x5")),
        ("x5c", json!(["MIIB"])),
        ("kid", json!("../../dev/null")),
        ("kid", json!("k' or '1'='1")),
        ("kid", json!("")),
        ("kid", json!(["k"])),
        ("enc", json!("A128GCM")),
    ] {
        let header = extended(name, value);
        assert!(
            !accepted(&verifier, &theirs.sign_raw(&header, &claims)),
            "{header}"
        );
    }
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!(null)),
        ("b64", json!(false)),
        ("b64", json!("false")),
    ] {
        let token = ours.sign_raw(&extended(name, value), &claims);
        assert_eq!(verifier.verify(token), Err(Error::TokenType), "{name}");
    }
    let twice = ours.sign_raw(r#"{"alg":"ES256","alg":"ES256"}"#, &claims);
    assert_eq!(verifier.verify(twice), Err(Error::Malformed));
}

#[test]
fn sec_10_a_signature_has_one_spelling() {
    for algorithm in ALGORITHMS {
        let issuer = Issuer::new(algorithm);
        let verifier = verifier(issuer.jwk().to_string());
        let token = issuer.sign(&json!({ "role": "a" }));
        let (signed, signature) = token.rsplit_once('.').expect("three parts");
        assert!(accepted(&verifier, &token));
        for changed in ["", "=", "A", "AA"] {
            assert!(
                !accepted(&verifier, &format!("{signed}.{signature}{changed}x")),
                "{algorithm}"
            );
        }
        for changed in [
            String::new(),
            format!("{signature}="),
            format!("{signature}\n"),
        ] {
            assert!(
                !accepted(&verifier, &format!("{signed}.{changed}")),
                "{algorithm}"
            );
        }
        let zeros = encode(vec![0; signature.len() * 3 / 4]);
        assert!(
            !accepted(&verifier, &format!("{signed}.{zeros}")),
            "{algorithm}"
        );
    }
}

#[test]
fn sec_10_ten_thousand_mutated_tokens_are_refused() {
    use rand::{Rng as _, SeedableRng as _};
    let mut random = rand::rngs::StdRng::seed_from_u64(10);
    let issuers: Vec<Issuer> = ["HS256", "RS256", "PS256", "ES256", "EdDSA"]
        .map(Issuer::new)
        .into();
    let keys: Vec<Value> = issuers.iter().map(Issuer::jwk).collect();
    let verifier = verifier(json!({ "keys": keys }).to_string());
    let claims = json!({ "role": "editor", "sub": "ada", "exp": now() + 600 });
    let tokens: Vec<String> = issuers.iter().map(|issuer| issuer.sign(&claims)).collect();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";
    for round in 0..10_000 {
        let original = tokens[round % tokens.len()].as_bytes();
        let mut mutated = original.to_vec();
        for _ in 0..random.random_range(1..=3) {
            let at = random.random_range(0..mutated.len());
            let letter = alphabet[random.random_range(0..alphabet.len())];
            match random.random_range(0..5) {
                0 => mutated[at] = letter,
                1 => mutated.insert(at, letter),
                2 => drop(mutated.remove(at)),
                3 => mutated[at] ^= 1 << random.random_range(0..8),
                _ => mutated.truncate(at.max(1)),
            }
        }
        if mutated != original {
            let text = String::from_utf8_lossy(&mutated).into_owned();
            assert!(verifier.verify(&mutated).is_err(), "{text}");
        }
    }
    assert_eq!(verifier.cached_tokens(), 0);
    assert!(tokens.iter().all(|token| accepted(&verifier, token)));
}

#[test]
fn a_payload_nested_without_end_is_refused() {
    let deep = format!(
        r#"{{"role":"a","x":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let token = BareSecret(SECRET).sign(r#"{"alg":"HS256"}"#, &deep);
    assert_eq!(verifier(SECRET).verify(token), Err(Error::Claims));
}

proptest! {
    #[test]
    fn any_bytes_are_refused_without_a_panic(token in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verifier(SECRET).verify(token).is_err());
    }

    #[test]
    fn any_parts_are_refused_without_a_panic(
        header in ".{0,60}", payload in ".{0,60}", signature in proptest::collection::vec(any::<u8>(), 0..70),
    ) {
        let token = format!("{}.{}.{}", encode(header), encode(payload), encode(signature));
        prop_assert!(verifier(SECRET).verify(token).is_err());
    }

    #[test]
    fn any_signed_payload_is_judged_without_a_panic(payload in ".{0,100}") {
        let token = BareSecret(SECRET).sign(r#"{"alg":"HS256"}"#, &payload);
        let _ = verifier(SECRET).verify(token);
    }

    #[test]
    fn any_role_path_is_parsed_without_a_panic(path in r#"[.$\[\]?(@=!^*")a-z0-9 ]{0,30}"#) {
        let _ = path.parse::<crestfall_core::jwt::RoleClaim>();
    }

    #[test]
    fn any_key_text_is_parsed_without_a_panic(member in ".{0,40}", kind in "(RSA|EC|OKP|oct|x)") {
        let jwk = json!({ "kty": kind, "crv": "P-256", "n": member, "e": member, "x": member, "y": member, "k": member });
        let _ = Verifier::builder().secret(jwk.to_string()).build();
    }
}
