//! PR-158: the cache of verified tokens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crestfall_core::jwt::{Error, Verifier, sign_hs256};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use serde_json::json;

use super::{SECRET, now, verifier};

fn signed(claims: serde_json::Value) -> String {
    sign_hs256(SECRET, &claims).expect("a token")
}

/// Remembers counters by name.
#[derive(Default)]
struct Counters(Mutex<HashMap<String, Arc<AtomicU64>>>);

impl Counters {
    fn get(&self, name: &str) -> u64 {
        let all = self.0.lock().expect("not poisoned");
        all.get(name)
            .map_or(0, |counter| counter.load(Ordering::Relaxed))
    }
}

impl Recorder for Counters {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let mut all = self.0.lock().expect("not poisoned");
        Counter::from_arc(Arc::clone(all.entry(key.name().to_owned()).or_default()))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn pr_158_good_signatures_are_cached_even_when_claims_fail() {
    let verifier = verifier(SECRET);
    let expired = signed(json!({ "role": "a", "exp": 1 }));
    assert_eq!(verifier.verify(&expired), Err(Error::Expired));
    assert_eq!(verifier.cached_tokens(), 1);
    assert_eq!(verifier.verify(&expired), Err(Error::Expired));
    assert!(verifier.verify("a.b.c").is_err());
    assert!(verifier.verify(format!("{expired}x")).is_err());
    assert_eq!(verifier.cached_tokens(), 1, "failures are not kept");
}

#[test]
fn pr_158_a_cached_token_expires_on_time() {
    let verifier = Verifier::builder()
        .secret(SECRET)
        .leeway(Duration::ZERO)
        .build()
        .expect("a verifier");
    let token = signed(json!({ "role": "a", "exp": now() + 1 }));
    let premature = signed(json!({ "role": "a", "nbf": now() + 2 }));
    assert!(verifier.verify(&token).is_ok());
    assert_eq!(verifier.verify(&premature), Err(Error::NotYetValid));
    std::thread::sleep(Duration::from_millis(2200));
    assert_eq!(verifier.verify(&token), Err(Error::Expired));
    assert!(
        verifier.verify(&premature).is_ok(),
        "and becomes valid on time"
    );
}

#[test]
fn pr_158_the_bound_holds_and_is_counted() {
    let counters = Counters::default();
    let verifier = metrics::with_local_recorder(&counters, || {
        Verifier::builder()
            .secret(SECRET)
            .cache_entries(10)
            .build()
            .expect("a verifier")
    });
    let tokens: Vec<String> = (0..100)
        .map(|id| signed(json!({ "role": "a", "id": id })))
        .collect();
    for token in &tokens {
        assert!(verifier.verify(token).is_ok());
    }
    assert!(
        verifier.cached_tokens() <= 10,
        "{}",
        verifier.cached_tokens()
    );
    assert!(counters.get("pgrst_jwt_cache_evictions_total") >= 80);
    assert_eq!(counters.get("pgrst_jwt_cache_requests_total"), 100);
    assert_eq!(counters.get("pgrst_jwt_cache_hits_total"), 0);
    let fresh = signed(json!({ "role": "a", "id": "again" }));
    for _ in 0..3 {
        assert!(verifier.verify(&fresh).is_ok());
    }
    assert_eq!(counters.get("pgrst_jwt_cache_hits_total"), 2);
}

#[test]
fn pr_158_zero_entries_is_no_cache() {
    let verifier = Verifier::builder()
        .secret(SECRET)
        .cache_entries(0)
        .build()
        .expect("a verifier");
    let token = signed(json!({ "role": "a" }));
    assert!(verifier.verify(&token).is_ok() && verifier.verify(&token).is_ok());
    assert_eq!(verifier.cached_tokens(), 0);
}

#[test]
fn identities_of_a_cached_token_share_their_claims() {
    let verifier = verifier(SECRET);
    let token = signed(json!({ "role": "a" }));
    let (one, two) = (verifier.verify(&token), verifier.verify(&token));
    let (one, two) = (one.expect("good"), two.expect("good"));
    assert!(Arc::ptr_eq(one.shared_claims(), two.shared_claims()));
}

/// `cargo test --release -p crestfall-core a_hit_costs -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, for optimised builds"]
fn a_hit_costs_under_half_a_microsecond() {
    let verifier = verifier(SECRET);
    let claims = json!({ "role": "authenticated", "sub": "8f14e45f-ceea-467f-a8f0-3f1b2f4f1f11",
        "email": "ada@example.org", "aud": "authenticated", "exp": now() + 600, "iat": now() });
    let token = signed(claims);
    // The best of many short batches: what it costs when nothing else has the processor.
    let cost = (0..500).map(|_| {
        let start = Instant::now();
        for _ in 0..1000 {
            assert!(std::hint::black_box(verifier.verify(&token)).is_ok());
        }
        start.elapsed() / 1000
    });
    let best = cost.min().expect("some batches");
    println!("a hit costs {best:?} for a token of {} bytes", token.len());
    assert!(best < Duration::from_nanos(500), "{best:?}");
}
