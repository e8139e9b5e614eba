use async_trait::async_trait;
use http::HeaderValue;
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use proptest::prelude::*;

use super::super::key::{Key, LookupError, PrivateKey};
use super::super::nonce::MemoryNonces;
use super::super::sign::Signer;
use super::super::structured::Parameters;
use super::*;

mod clients;
mod vectors;

const NOW: i64 = 1_800_000_000;
const SECRET: [u8; 32] = [42; 32];
const BODY: &[u8] = b"{\"amount\":100}";

/// One shared secret and one public key; the store is away for `away`.
struct TwoKeys;

#[async_trait]
impl Keys for TwoKeys {
    async fn key(&self, key_id: &str) -> Result<Option<Key>, LookupError> {
        Ok(match key_id {
            "shared" => Some(Key::hmac_sha256(&SECRET)?),
            "public" => Some(Key::ed25519(ed25519().public().unwrap_or_default())?),
            "away" => return Err("the database is away".into()),
            _ => None,
        })
    }
}

fn ed25519() -> PrivateKey {
    PrivateKey::ed25519(&[7; 32]).expect("a key")
}

fn hmac() -> PrivateKey {
    PrivateKey::hmac_sha256(&SECRET).expect("a key")
}

fn verifier(policy: Policy) -> Verifier {
    let nonces = MemoryNonces::since(0, 1000);
    Verifier::new(Arc::new(TwoKeys), Arc::new(nonces)).policy(policy)
}

fn parts() -> Parts {
    let request = Request::post("/orders/7?dry=1&Pet=dog").header("host", "Example.com:80");
    request.body(()).expect("a request").into_parts().0
}

fn signed(key_id: &str, key: PrivateKey) -> Parts {
    let mut parts = parts();
    let signer = Signer::new(key_id, key);
    signer.sign(&mut parts, BODY, NOW).expect("signed");
    parts
}

/// Signed as one pleases.
fn with(names: &[&str], parameters: &[(&str, Bare)]) -> Parts {
    let mut parts = parts();
    let signer = Signer::new("shared", hmac());
    let digest = super::super::content_digest(BODY);
    let digest = HeaderValue::try_from(digest).expect("a value");
    parts.headers.insert("content-digest", digest);
    let mut all = Parameters::default();
    for (name, value) in parameters {
        all.push(name, value.clone());
    }
    signer.sign_as("x", &mut parts, names, all).expect("signed");
    parts
}

const COVERED: [&str; 3] = ["@method", "@target-uri", "content-digest"];

fn usual() -> Vec<(&'static str, Bare)> {
    vec![
        ("created", Bare::Integer(NOW)),
        ("keyid", Bare::String("shared".into())),
        ("nonce", Bare::String("0123456789".into())),
    ]
}

/// The usual parameters with one of them another, or (with none) without it.
fn but(name: &'static str, value: Option<Bare>) -> Vec<(&'static str, Bare)> {
    let mut all = usual();
    all.retain(|(other, _)| *other != name);
    all.extend(value.map(|value| (name, value)));
    all
}

async fn judged(parts: &Parts) -> Result<Verified, Error> {
    verifier(Policy::default())
        .verify_head(parts, true, NOW)
        .await
}

async fn refused(parts: &Parts) -> String {
    judged(parts).await.expect_err("refused").to_string()
}

#[tokio::test]
async fn a_signed_request_is_accepted_once() {
    for (key_id, key) in [("shared", hmac()), ("public", ed25519())] {
        let parts = signed(key_id, key);
        let verifier = verifier(Policy::default());
        let verified = verifier.verify_head(&parts, true, NOW).await.expect("good");
        assert_eq!(
            (verified.by.key_id.as_str(), verified.by.created),
            (key_id, NOW)
        );
        assert!(verified.digest.expect("one").check(BODY).is_ok());
        let again = verifier.verify_head(&parts, true, NOW + 60).await;
        assert!(matches!(again, Err(Error::Replayed)), "{again:?}");
    }
}

#[tokio::test]
async fn a_signature_is_good_for_its_window_only() {
    for (later, accepted) in [
        (-10, true),
        (0, true),
        (60, true),
        (-11, false),
        (61, false),
    ] {
        let parts = signed("shared", hmac());
        let judged = verifier(Policy::default())
            .verify_head(&parts, true, NOW + later)
            .await;
        assert_eq!(judged.is_ok(), accepted, "{later}");
    }
    let expires = |at| but("expires", Some(Bare::Integer(at)));
    assert!(judged(&with(&COVERED, &expires(NOW + 1))).await.is_ok());
    assert_eq!(
        refused(&with(&COVERED, &expires(NOW))).await,
        Error::Expired.to_string()
    );
    for created in [i64::MAX, i64::MIN, 0, -999_999_999_999_999] {
        let parts = with(&COVERED, &but("created", Some(Bare::Integer(created))));
        assert!(judged(&parts).await.is_err(), "{created}");
    }
}

#[tokio::test]
async fn each_single_defect_of_the_parameters_refuses() {
    let string = |text: &str| Some(Bare::String(text.into()));
    for (name, value) in [
        ("created", None),
        ("created", string("1800000000")),
        ("created", Some(Bare::Decimal(NOW * 1000))),
        ("keyid", None),
        ("keyid", string("nobody")),
        ("keyid", string("public")),
        ("keyid", Some(Bare::Token("shared".into()))),
        ("nonce", None),
        ("nonce", string("")),
        ("nonce", string("1234567")),
        ("nonce", string(&"x".repeat(129))),
        ("alg", string("ed25519")),
        ("alg", string("none")),
        ("alg", string("rsa-v1_5-sha256")),
        ("tag", string(&"x".repeat(257))),
        ("expires", string("never")),
    ] {
        let parts = with(&COVERED, &but(name, value.clone()));
        assert!(judged(&parts).await.is_err(), "{name} {value:?}");
    }
    assert!(judged(&with(&COVERED, &usual())).await.is_ok());
}

#[tokio::test]
async fn what_has_to_be_covered_is() {
    let body = ["@method", "@authority", "@path", "@query", "content-digest"];
    assert!(judged(&with(&body, &usual())).await.is_ok());
    for missing in 0..body.len() {
        let mut names = body.to_vec();
        names.remove(missing);
        let error = judged(&with(&names, &usual())).await.expect_err("refused");
        assert!(matches!(error, Error::NotCovered(_)), "{error}");
    }
    let parts = with(&["@method", "@target-uri"], &usual());
    let verifier = verifier(Policy::default());
    let without_body = verifier
        .verify_head(&parts, false, NOW)
        .await
        .expect("good");
    assert!(without_body.digest.is_none());
    // A query parameter or a piece of the digest does not stand for the whole.
    for part in [
        vec![
            "@method",
            "@authority",
            "@path",
            "@query-param;name=\"dry\"",
            "content-digest",
        ],
        vec![
            "@method",
            "@authority",
            "@path",
            "@scheme",
            "content-digest",
        ],
    ] {
        assert!(judged(&with(&part, &usual())).await.is_err(), "{part:?}");
    }
}

#[tokio::test]
async fn a_header_may_be_required() {
    let policy = || Policy {
        required: vec!["content-type"],
        ..Policy::default()
    };
    let without = signed("shared", hmac());
    let error = verifier(policy()).verify_head(&without, true, NOW).await;
    assert!(matches!(error, Err(Error::NotCovered("content-type"))));
    let mut parts = parts();
    let json = HeaderValue::from_static("application/json");
    parts.headers.insert("content-type", json);
    let signer = Signer::new("shared", hmac()).component("content-type");
    signer.sign(&mut parts, BODY, NOW).expect("signed");
    assert!(
        verifier(policy())
            .verify_head(&parts, true, NOW)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn what_is_covered_cannot_be_changed() {
    let original = signed("shared", hmac());
    let mut changed = vec![original.clone(); 5];
    changed[0].method = http::Method::PUT;
    changed[1].uri = Uri::from_static("/orders/8?dry=1&Pet=dog");
    changed[2].uri = Uri::from_static("/orders/7?Pet=dog&dry=1");
    changed[3]
        .headers
        .insert("host", HeaderValue::from_static("evil.com"));
    let digest = HeaderValue::try_from(super::super::content_digest(b"{}")).expect("a value");
    changed[4].headers.insert("content-digest", digest);
    for parts in changed {
        assert!(
            matches!(judged(&parts).await, Err(Error::WrongSignature)),
            "{parts:?}"
        );
    }
    let mut two = original.clone();
    two.headers
        .append("host", HeaderValue::from_static("example.com"));
    assert!(matches!(judged(&two).await, Err(Error::NotInRequest(_))));
    let mut digests = original;
    digests
        .headers
        .append("content-digest", HeaderValue::from_static("sha-512=:AAAA:"));
    assert!(judged(&digests).await.is_err());
}

#[tokio::test]
async fn a_router_that_strips_a_prefix_changes_nothing() {
    let mut parts = signed("shared", hmac());
    let sent = std::mem::replace(&mut parts.uri, Uri::from_static("/7?dry=1&Pet=dog"));
    assert!(judged(&parts).await.is_err());
    parts.extensions.insert(OriginalUri(sent));
    assert!(judged(&parts).await.is_ok());
}

#[tokio::test]
async fn malformed_and_ambiguous_headers_are_refused() {
    let good = signed("shared", hmac());
    for (header, value) in [
        ("signature-input", ""),
        ("signature-input", "sig"),
        ("signature-input", "sig=1"),
        ("signature-input", "sig=(@method)"),
        ("signature-input", "sig=(1 2);created=1"),
        ("signature-input", "other=()"),
        ("signature", ""),
        ("signature", "sig=\"text\""),
        ("signature", "sig=::"),
        ("signature", "other=:AAAA:"),
        ("signature", "sig=:AAAA:, sig=:AAAA:"),
        ("content-digest", ""),
    ] {
        let mut parts = good.clone();
        parts
            .headers
            .insert(header, HeaderValue::from_static(value));
        assert!(judged(&parts).await.is_err(), "{header}: {value}");
        parts.headers.remove(header);
        assert!(judged(&parts).await.is_err(), "no {header}");
    }
    let mut two = good.clone();
    let other = HeaderValue::from_static("two=();created=1;keyid=\"shared\"");
    two.headers.append("signature-input", other);
    assert!(matches!(judged(&two).await, Err(Error::NotOne(2))));
    for names in [
        vec!["@method", "@target-uri", "content-digest", "@method"],
        vec!["@method", "@target-uri", "content-digest", "host", "host"],
    ] {
        let mut parts = parts();
        let signer = Signer::new("shared", hmac());
        let twice = signer.sign_as("x", &mut parts, &names, Parameters::default());
        assert!(twice.is_err(), "{names:?}");
    }
}

#[tokio::test]
async fn with_a_tag_only_its_signatures_count() {
    let policy = || Policy {
        tag: Some("shop".to_owned()),
        ..Policy::default()
    };
    let mut parts = parts();
    let signer = Signer::new("shared", hmac()).tag("shop");
    signer.sign(&mut parts, BODY, NOW).expect("signed");
    let other = HeaderValue::from_static("proxy=(\"@method\");created=1;tag=\"proxy\"");
    parts.headers.append("signature-input", other);
    let verified = verifier(policy())
        .verify_head(&parts, true, NOW)
        .await
        .expect("good");
    assert_eq!(verified.by.tag.as_deref(), Some("shop"));
    let untagged = signed("shared", hmac());
    let none = verifier(policy()).verify_head(&untagged, true, NOW).await;
    assert!(matches!(none, Err(Error::NotOne(0))));
}

#[tokio::test]
async fn who_cannot_be_asked_refuses_with_503() {
    let away = judged(&with(
        &COVERED,
        &but("keyid", Some(Bare::String("away".into()))),
    ))
    .await;
    let error = away.expect_err("refused");
    assert_eq!(error.status(), http::StatusCode::SERVICE_UNAVAILABLE);
    let full = Verifier::new(Arc::new(TwoKeys), Arc::new(MemoryNonces::since(0, 0)));
    let error = full.verify_head(&signed("shared", hmac()), true, NOW).await;
    let status = error.expect_err("refused").status();
    assert_eq!(status, http::StatusCode::SERVICE_UNAVAILABLE);
    // A process that has just started cannot know what it accepted before.
    let new = Verifier::new(Arc::new(TwoKeys), Arc::new(MemoryNonces::since(NOW + 1, 9)));
    let error = new.verify_head(&signed("shared", hmac()), true, NOW).await;
    let status = error.expect_err("refused").status();
    assert_eq!(status, http::StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_refused_signature_uses_no_nonce() {
    let verifier = verifier(Policy::default());
    let good = signed("shared", hmac());
    let mut forged = good.clone();
    forged.method = http::Method::DELETE;
    assert!(verifier.verify_head(&forged, true, NOW).await.is_err());
    assert!(verifier.verify_head(&good, true, NOW).await.is_ok());
}

#[tokio::test]
async fn the_client_learns_the_same_of_a_wrong_key_and_a_wrong_signature() {
    let wrong = PrivateKey::hmac_sha256(&[1; 32]).expect("a key");
    let hints = [
        judged(&signed("nobody", hmac()))
            .await
            .expect_err("refused")
            .hint(),
        judged(&signed("shared", wrong))
            .await
            .expect_err("refused")
            .hint(),
        judged(&signed("shared", ed25519()))
            .await
            .expect_err("refused")
            .hint(),
    ];
    assert!(hints.iter().all(|hint| *hint == hints[0]));
}

fn now_signed(body: Body) -> Request<Body> {
    let mut parts = parts();
    let signer = Signer::new("shared", hmac());
    signer
        .sign(&mut parts, BODY, Utc::now().timestamp())
        .expect("signed");
    Request::from_parts(parts, body)
}

fn live() -> Verifier {
    Verifier::new(Arc::new(TwoKeys), Arc::new(MemoryNonces::since(0, 1000)))
}

fn stream(pieces: &[&'static [u8]]) -> Body {
    let pieces: Vec<_> = pieces
        .iter()
        .map(|piece| Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(piece))))
        .collect();
    Body::new(StreamBody::new(futures_util::stream::iter(pieces)))
}

#[tokio::test]
async fn a_small_body_is_checked_before_the_request_goes_on() {
    let good = Body::new(Full::new(Bytes::from_static(BODY)));
    let (request, by) = live().verify(now_signed(good)).await.expect("good");
    assert_eq!(by.key_id, "shared");
    let body = request
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    assert_eq!(body, BODY);
    let evil = Body::from("{\"amount\":999}");
    let error = live().verify(now_signed(evil)).await.expect_err("refused");
    assert!(matches!(error, Error::WrongDigest));
}

#[tokio::test]
async fn a_streamed_body_is_whole_only_if_it_is_right() {
    let (first, second) = BODY.split_at(5);
    let request = now_signed(stream(&[first, b"", second]));
    let (request, _) = live().verify(request).await.expect("a good head");
    let body = request
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    assert_eq!(body, BODY);
    let request = now_signed(stream(&[b"{\"amount\":", b"999", b"}"]));
    let (request, _) = live().verify(request).await.expect("a good head");
    let mut body = request.into_body();
    let mut got = Vec::new();
    let error = loop {
        match body.frame().await {
            Some(Ok(frame)) => got.extend(frame.into_data().unwrap_or_default()),
            Some(Err(error)) => break error,
            None => panic!("a wrong body must not end well"),
        }
    };
    assert_eq!(got, b"{\"amount\":999", "the end is held back");
    let cause = std::error::Error::source(&error).expect("a cause");
    assert!(cause.to_string().contains("Content-Digest"), "{cause}");
    let nothing = now_signed(stream(&[b""]));
    let (request, _) = live().verify(nothing).await.expect("a good head");
    assert!(request.into_body().collect().await.is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_header_text_panics_or_passes(input in "\\PC{0,60}", signature in "\\PC{0,60}") {
        let mut parts = signed("shared", hmac());
        for (name, text) in [("signature-input", input), ("signature", signature)] {
            if let Ok(value) = HeaderValue::try_from(text) {
                parts.headers.insert(name, value);
                let judged = futures_util::FutureExt::now_or_never(judged(&parts));
                prop_assert!(matches!(judged, Some(Err(_))));
            }
        }
    }

    #[test]
    fn a_bit_of_the_signature_counts(at in 0_usize..32, bit in 0_u8..8) {
        let mut parts = signed("shared", hmac());
        let Member::Item(Item { value: Bare::Bytes(mut bytes), .. }) =
            dictionary(&parts.headers, "signature").expect("one").0.remove(0).1
        else {
            panic!("a signature is bytes");
        };
        bytes[at] ^= 1 << bit;
        let value = format!("sig={}", Bare::Bytes(bytes));
        parts.headers.insert("signature", HeaderValue::try_from(value).expect("a value"));
        let judged = futures_util::FutureExt::now_or_never(judged(&parts));
        prop_assert!(matches!(judged, Some(Err(Error::WrongSignature))));
    }
}
