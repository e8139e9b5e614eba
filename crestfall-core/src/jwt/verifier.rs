//! The verifier: keys, rules and cache put together.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use http::HeaderMap;
use serde_json::Value;

use super::builder::Builder;
use super::cache::{CacheStatus, Counts, TokenCache};
use super::claims::{Times, check_audience, check_issuer, parse_object};
use super::error::{Error, KeyProblem};
use super::keys::KeySet;
use super::refresh::Refresher;
use super::role::RoleClaim;
use super::token::Token;
use crate::identity::{Identity, bearer_token};

/// Turns tokens, or a request's headers, into identities. Share it as `Arc<Verifier>`; to change keys
/// or rules put a new one in its place.
pub struct Verifier {
    rules: Rules,
    keyring: Arc<ArcSwap<Keyring>>,
    refresher: Option<Refresher>,
    counts: Arc<Counts>,
}

/// What a token must say, besides being signed.
pub(super) struct Rules {
    pub(super) audience: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) role_claim: RoleClaim,
    pub(super) anonymous: Option<Identity>,
    pub(super) leeway_seconds: i64,
    pub(super) exp_required: bool,
}

/// The keys, and the tokens found good with them: replaced together, so that a token signed with a
/// withdrawn key is forgotten.
pub(super) struct Keyring {
    keys: Keys,
    cache: Option<TokenCache>,
}

/// What is known of the keys.
pub(super) enum Keys {
    /// None was configured.
    Unset,
    /// They are still to be fetched.
    Awaited,
    Known(KeySet),
}

/// A token whose signature is good. Whether its times are is asked on each use; audience, issuer and
/// role cannot change under one set of rules.
pub(super) struct Verified {
    times: Times,
    identity: Result<Identity, Error>,
}

impl Keyring {
    pub(super) fn new(keys: Keys, cache_entries: usize, counts: &Arc<Counts>) -> Self {
        let cache = (cache_entries > 0).then(|| TokenCache::new(cache_entries, Arc::clone(counts)));
        Self { keys, cache }
    }

    fn verified(&self, token: &[u8], rules: &Rules) -> Result<Arc<Verified>, Error> {
        let keys = match &self.keys {
            Keys::Known(keys) => keys,
            Keys::Unset => return Err(Error::SecretMissing),
            Keys::Awaited => return Err(Error::KeysUnavailable),
        };
        let verify = || {
            let token = Token::parse(token)?;
            keys.verify(&token)?;
            rules.read(&token.payload)
        };
        match &self.cache {
            Some(cache) => cache.get_or(token, verify),
            None => verify().map(Arc::new),
        }
    }
}

impl Rules {
    /// What a signed payload says.
    fn read(&self, payload: &[u8]) -> Result<Verified, Error> {
        let claims = parse_object(payload).ok_or(Error::Claims)?;
        let times = Times::read(&claims);
        let accepted = check_audience(&claims, self.audience.as_deref())
            .and_then(|()| check_issuer(&claims, self.issuer.as_deref()));
        let identity = accepted.and_then(|()| self.identity(Value::Object(claims)));
        Ok(Verified { times, identity })
    }

    /// The identity of these claims. Without a role they are the anonymous role's.
    fn identity(&self, claims: Value) -> Result<Identity, Error> {
        let role = match self.role_claim.find(&claims) {
            Some(role) if role == "none" => return Err(Error::RoleNotAllowed),
            Some(role) => role.into(),
            None => Arc::clone(self.anonymous()?.shared_role()),
        };
        match claims {
            Value::Object(claims) => Ok(Identity::from_token(role, claims)),
            _ => Err(Error::Claims),
        }
    }

    fn anonymous(&self) -> Result<&Identity, Error> {
        self.anonymous.as_ref().ok_or(Error::TokenRequired)
    }
}

impl Verified {
    fn identity_at(&self, now: i64, rules: &Rules) -> Result<Identity, Error> {
        self.times
            .check(now, rules.leeway_seconds, rules.exp_required)?;
        self.identity.clone()
    }
}

impl Verifier {
    /// A verifier to be: say where its keys come from and what its tokens must say.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(super) fn new(
        rules: Rules,
        keyring: Arc<ArcSwap<Keyring>>,
        refresher: Option<Refresher>,
        counts: Arc<Counts>,
    ) -> Self {
        Self {
            rules,
            keyring,
            refresher,
            counts,
        }
    }

    /// The identity of a request: its bearer token's, or the anonymous one if it has none. Never
    /// waits; a token signed with a key not yet known is refused while that key is fetched.
    ///
    /// # Errors
    /// A bad token, and no token where anonymous access is disabled. A bad token never falls back to
    /// anonymous.
    pub fn identify(&self, headers: &HeaderMap) -> Result<Identity, Error> {
        match bearer_token(headers)? {
            Some(token) => self.verify(token),
            None => self.anonymous(),
        }
    }

    /// As [`identify`](Self::identify), but waits (at most [`JwksOptions::timeout`] and rarely) for a
    /// key not yet known. It waits for nothing if the keys are literal.
    ///
    /// [`JwksOptions::timeout`]: super::JwksOptions::timeout
    ///
    /// # Errors
    /// The same.
    pub async fn identify_or_refresh(&self, headers: &HeaderMap) -> Result<Identity, Error> {
        match bearer_token(headers)? {
            Some(token) => self.verify_or_refresh(token).await,
            None => self.anonymous(),
        }
    }

    /// The identity a token proves, by the keys at hand.
    ///
    /// # Errors
    /// A bad token.
    pub fn verify(&self, token: impl AsRef<[u8]>) -> Result<Identity, Error> {
        let result = self.verify_now(token.as_ref());
        if let (Err(error), Some(refresher)) = (&result, &self.refresher)
            && newer_keys_may_help(error)
        {
            refresher.hint_unknown_key();
        }
        result
    }

    /// As [`verify`](Self::verify), but waits for a key not yet known.
    ///
    /// # Errors
    /// A bad token.
    pub async fn verify_or_refresh(&self, token: impl AsRef<[u8]>) -> Result<Identity, Error> {
        let token = token.as_ref();
        let result = self.verify_now(token);
        if let (Err(error), Some(refresher)) = (&result, &self.refresher)
            && newer_keys_may_help(error)
        {
            refresher.refresh_for_unknown_key().await;
            return self.verify_now(token);
        }
        result
    }

    fn verify_now(&self, token: &[u8]) -> Result<Identity, Error> {
        let verified = self.keyring.load().verified(token, &self.rules)?;
        verified.identity_at(now(), &self.rules)
    }

    /// The identity of a request without a token.
    ///
    /// # Errors
    /// [`Error::TokenRequired`] if there is no anonymous role.
    pub fn anonymous(&self) -> Result<Identity, Error> {
        self.rules.anonymous().cloned()
    }

    /// Fetches keys from a file or URL now. Does nothing for literal keys.
    pub async fn refresh(&self) {
        if let Some(refresher) = &self.refresher {
            refresher.refresh().await;
        }
    }

    /// How many verified tokens are cached.
    pub fn cached_tokens(&self) -> usize {
        self.keyring
            .load()
            .cache
            .as_ref()
            .map_or(0, TokenCache::len)
    }

    /// What the cache of verified tokens did so far.
    pub fn cache_status(&self) -> CacheStatus {
        self.counts.status()
    }
}

/// No key of that name, or no key at all yet.
fn newer_keys_may_help(error: &Error) -> bool {
    matches!(
        error,
        Error::Key(KeyProblem::NotFound) | Error::KeysUnavailable
    )
}

/// Seconds of the epoch. A clock before it makes every token premature rather than eternal.
fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|since| since.as_secs());
    since
        .ok()
        .and_then(|seconds| i64::try_from(seconds).ok())
        .unwrap_or(0)
}

/// The rules, and the keys by name; no secret, no token.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keyring = self.keyring.load();
        let keys = match &keyring.keys {
            Keys::Known(keys) => Some(keys),
            Keys::Unset | Keys::Awaited => None,
        };
        f.debug_struct("Verifier")
            .field("keys", &keys)
            .field("audience", &self.rules.audience)
            .field("issuer", &self.rules.issuer)
            .finish_non_exhaustive()
    }
}
