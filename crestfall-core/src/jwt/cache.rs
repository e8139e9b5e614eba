//! Tokens whose signature was found good, with what they say. Their claims are judged anew on each
//! request: a cached token expires on time.

use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest;
use metrics::Counter;
use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, UnitWeighter};

use super::verifier::Verified;

/// The SHA-256 of a token. The token itself is not kept: memory then holds no credential, and no two
/// tokens can be made to share a key.
type Digest = [u8; 32];

/// A bounded cache, evicting what is used least (S3-FIFO).
pub(super) struct TokenCache {
    tokens: Cache<Digest, Arc<Verified>, UnitWeighter, BuildHasherDefault<FirstBytes>, Evictions>,
    requests: Counter,
    hits: Counter,
    counts: Arc<Counts>,
}

/// What a verifier's cache did so far. It goes on when the keys, and the cache with them, are replaced.
#[derive(Debug, Default)]
pub(super) struct Counts {
    lookups: AtomicU64,
    hits: AtomicU64,
    evictions: AtomicU64,
}

/// What the cache of verified tokens did since its verifier was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStatus {
    /// Tokens that were looked up.
    pub lookups: u64,
    /// Those that were found.
    pub hits: u64,
    /// Tokens that made room for others.
    pub evictions: u64,
}

impl Counts {
    pub(super) fn status(&self) -> CacheStatus {
        CacheStatus {
            lookups: self.lookups.load(Ordering::Relaxed),
            hits: self.hits.load(Ordering::Relaxed),
            evictions: self.evictions.load(Ordering::Relaxed),
        }
    }
}

impl TokenCache {
    pub(super) fn new(entries: usize, counts: Arc<Counts>) -> Self {
        let evictions = Evictions(
            metrics::counter!("pgrst_jwt_cache_evictions_total"),
            Arc::clone(&counts),
        );
        Self {
            tokens: Cache::with(
                entries,
                entries as u64,
                UnitWeighter,
                BuildHasherDefault::default(),
                evictions,
            ),
            requests: metrics::counter!("pgrst_jwt_cache_requests_total"),
            hits: metrics::counter!("pgrst_jwt_cache_hits_total"),
            counts,
        }
    }

    /// The verified token, from the cache or made by `verify`. Failures are not kept.
    pub(super) fn get_or<E>(
        &self,
        token: &[u8],
        verify: impl FnOnce() -> Result<Verified, E>,
    ) -> Result<Arc<Verified>, E> {
        self.requests.increment(1);
        self.counts.lookups.fetch_add(1, Ordering::Relaxed);
        let key = digest_of(token);
        if let Some(found) = self.tokens.get(&key) {
            self.hits.increment(1);
            self.counts.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(found);
        }
        let verified = Arc::new(verify()?);
        self.tokens.insert(key, Arc::clone(&verified));
        Ok(verified)
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }
}

fn digest_of(token: &[u8]) -> Digest {
    let mut key = [0; 32];
    key.copy_from_slice(digest::digest(&digest::SHA256, token).as_ref());
    key
}

/// Hashes a digest by taking eight bytes of it: it is uniform already.
#[derive(Default)]
struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_ne_bytes(*first);
        }
    }

    /// The length prefix that arrays and slices hash.
    fn write_usize(&mut self, _: usize) {}
}

/// Counts what the bound pushes out.
#[derive(Clone)]
struct Evictions(Counter, Arc<Counts>);

impl Lifecycle<Digest, Arc<Verified>> for Evictions {
    type RequestState = ();

    fn begin_request(&self) -> Self::RequestState {}

    fn on_evict(&self, _: &mut Self::RequestState, _: Digest, _: Arc<Verified>) {
        self.0.increment(1);
        self.1.evictions.fetch_add(1, Ordering::Relaxed);
    }
}
