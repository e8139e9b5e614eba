//! Whether a request was signed by one of our clients, just now, and for the first time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::OriginalUri;
use bytes::Bytes;
use chrono::Utc;
use http::request::Parts;
use http::{HeaderMap, Request, Uri};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use super::component::{Message, base, name};
use super::digest::{CONTENT_DIGEST, ContentDigest};
use super::error::Error;
use super::key::Keys;
use super::nonce::{Nonce, NonceError, NonceStore, Use};
use super::structured::{Bare, Dictionary, InnerList, Item, Member, parse_dictionary};

/// The longest `keyid`, `nonce` and `tag` that are looked at, in characters.
const MAX_PARAMETER: usize = 256;
const NONCE_LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

/// What a signature has to cover and how old it may be.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How long after `created` a signature is accepted. Default: 60 seconds.
    pub max_age: Duration,
    /// How far a client's clock may be ahead. Default: 10 seconds.
    pub max_ahead: Duration,
    /// Components to be covered besides method, target and digest: names of headers, in lower case.
    /// Default: none.
    pub required: Vec<&'static str>,
    /// The scheme clients use, which HTTP/1.1 does not tell: `https` behind a proxy that ends TLS.
    /// It matters to those who sign `@target-uri` or `@scheme`. Default: the request URI's, else
    /// `http`.
    pub scheme: Option<String>,
    /// Only signatures with this `tag` are for us. Default: the request must have one signature.
    pub tag: Option<String>,
    /// Bodies up to this size, in bytes, are read and checked before the request goes on; larger
    /// ones while they are read. Default: 1 MiB.
    pub collect: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_age: Duration::from_secs(60),
            max_ahead: Duration::from_secs(10),
            required: Vec::new(),
            scheme: None,
            tag: None,
            collect: 1024 * 1024,
        }
    }
}

/// Who signed a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBy {
    /// The `keyid`, which the store knows.
    pub key_id: String,
    /// When it was signed, in seconds of the epoch.
    pub created: i64,
    /// The signature's `tag`.
    pub tag: Option<String>,
}

/// A verified head of a request, whose body is still to be held against its digest.
#[derive(Debug)]
pub struct Verified {
    /// Who signed.
    pub by: SignedBy,
    /// What the body must be; none if there is none and no digest is covered.
    pub digest: Option<ContentDigest>,
}

/// Verifies signatures. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    keys: Arc<dyn Keys>,
    nonces: Arc<dyn NonceStore>,
    policy: Arc<Policy>,
}

/// Whether a request claims to be signed. Such a request is to be verified and never to be taken for
/// an anonymous one.
pub fn is_signed(headers: &HeaderMap) -> bool {
    headers.contains_key("signature-input") || headers.contains_key("signature")
}

impl Verifier {
    /// A verifier with the default [`Policy`].
    pub fn new(keys: Arc<dyn Keys>, nonces: Arc<dyn NonceStore>) -> Self {
        Self {
            keys,
            nonces,
            policy: Arc::default(),
        }
    }

    /// Another policy.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = Arc::new(policy);
        self
    }

    /// Verifies a request as of now, its body too: a small one at once, a large one while it is
    /// read (see [`ContentDigest::guard`]).
    ///
    /// # Errors
    /// The request is not, or not well, signed.
    pub async fn verify(&self, request: Request<Body>) -> Result<(Request<Body>, SignedBy), Error> {
        let (parts, body) = request.into_parts();
        let now = Utc::now().timestamp();
        let head = self.verify_head(&parts, !body.is_end_stream(), now).await?;
        let body = match head.digest {
            None => body,
            Some(digest) => self.checked(body, &digest).await?,
        };
        Ok((Request::from_parts(parts, body), head.by))
    }

    async fn checked(&self, body: Body, digest: &ContentDigest) -> Result<Body, Error> {
        let upper = body.size_hint().upper();
        if upper.is_none_or(|upper| upper > self.policy.collect) {
            return Ok(Body::new(digest.guard(body)));
        }
        let collected = body.collect().await;
        let bytes: Bytes = collected
            .map_err(|error| Error::Body(error.into()))?
            .to_bytes();
        digest.check(&bytes)?;
        Ok(Body::from(bytes))
    }

    /// Verifies the head of a request at a time, in seconds of the epoch. The caller has to hold the
    /// body against the digest.
    ///
    /// # Errors
    /// The request is not, or not well, signed.
    pub async fn verify_head(
        &self,
        parts: &Parts,
        has_body: bool,
        now: i64,
    ) -> Result<Verified, Error> {
        let signature = self.signature(&parts.headers)?;
        let claims = Claims::read(&signature.covered)?;
        claims.check_times(&self.policy, now)?;
        self.check_covered(&signature.covered, has_body)?;
        let uri = match parts.extensions.get::<OriginalUri>() {
            Some(OriginalUri(uri)) => uri,
            None => &parts.uri,
        };
        self.check_signature(parts, uri, &signature, &claims)
            .await?;
        let digest = match covers(&signature.covered, CONTENT_DIGEST) {
            true => Some(ContentDigest::read(&parts.headers)?),
            false => None,
        };
        self.use_nonce(&claims, now).await?;
        let by = SignedBy {
            key_id: claims.key_id.to_owned(),
            created: claims.created,
            tag: claims.tag.map(str::to_owned),
        };
        Ok(Verified { by, digest })
    }

    /// The one signature that is for us.
    fn signature(&self, headers: &HeaderMap) -> Result<Signature, Error> {
        let inputs = dictionary(headers, "signature-input")?;
        let signatures = dictionary(headers, "signature")?;
        let wanted = self.policy.tag.as_deref();
        let mut ours = Vec::new();
        for (label, member) in inputs.0 {
            let Member::List(covered) = member else {
                return Err(malformed("signature-input"));
            };
            let tag = text(&covered, "tag")?;
            if wanted.is_none() || tag == wanted {
                ours.push((label, covered));
            }
        }
        let count = ours.len();
        let (label, covered) = match ours.pop() {
            Some(only) if count == 1 => only,
            _ => return Err(Error::NotOne(count)),
        };
        match signatures.get(&label) {
            Some(Member::Item(Item {
                value: Bare::Bytes(bytes),
                ..
            })) => Ok(Signature {
                covered,
                bytes: bytes.clone(),
            }),
            _ => Err(malformed("signature")),
        }
    }

    fn check_covered(&self, covered: &InnerList, has_body: bool) -> Result<(), Error> {
        let has = |name| covers(covered, name);
        if !has("@method") {
            return Err(Error::NotCovered("@method"));
        }
        let by_parts = has("@authority") && has("@path") && has("@query");
        if !has("@target-uri") && !by_parts {
            return Err(Error::NotCovered("@target-uri"));
        }
        if has_body && !has(CONTENT_DIGEST) {
            return Err(Error::NotCovered(CONTENT_DIGEST));
        }
        match self.policy.required.iter().find(|name| !has(name)) {
            Some(name) => Err(Error::NotCovered(name)),
            None => Ok(()),
        }
    }

    async fn check_signature(
        &self,
        parts: &Parts,
        uri: &Uri,
        signature: &Signature,
        claims: &Claims<'_>,
    ) -> Result<(), Error> {
        let message = Message::new(parts, uri, self.policy.scheme.as_deref());
        let base = base(&message, &signature.covered)?;
        let key = self.keys.key(claims.key_id).await;
        let key = key.map_err(|source| Error::Unavailable {
            what: "the keys",
            source,
        })?;
        let key = key.ok_or_else(|| Error::UnknownKey(claims.key_id.to_owned()))?;
        // The key's algorithm counts; `alg` may only agree.
        if claims.algorithm.is_some_and(|name| name != key.algorithm()) {
            return Err(Error::Algorithm);
        }
        if !key.verify(base.as_bytes(), &signature.bytes) {
            return Err(Error::WrongSignature);
        }
        Ok(())
    }

    /// Only after the signature is known to be good: others cannot fill the store, or use up the
    /// nonces of a client.
    async fn use_nonce(&self, claims: &Claims<'_>, now: i64) -> Result<(), Error> {
        let nonce = Nonce::new(claims.key_id, claims.nonce);
        let age = u64::try_from(now.saturating_sub(claims.created)).unwrap_or_default();
        let ahead = u64::try_from(claims.created.saturating_sub(now)).unwrap_or_default();
        let left = self.policy.max_age.as_secs().saturating_sub(age);
        // Two seconds more, since both ends of the window are whole seconds.
        let for_how_long = Duration::from_secs(left.saturating_add(ahead).saturating_add(2));
        let used = self.nonces.remember(nonce, claims.created, for_how_long);
        match used.await {
            Ok(Use::First) => Ok(()),
            Ok(Use::Again) => Err(Error::Replayed),
            Err(error @ (NonceError::Full | NonceError::BeforeMemory | NonceError::Away(_))) => {
                Err(Error::Unavailable {
                    what: "the nonces",
                    source: error.into(),
                })
            }
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

struct Signature {
    covered: InnerList,
    bytes: Vec<u8>,
}

/// What a signature says of itself.
struct Claims<'a> {
    key_id: &'a str,
    nonce: &'a str,
    created: i64,
    expires: Option<i64>,
    algorithm: Option<&'a str>,
    tag: Option<&'a str>,
}

impl<'a> Claims<'a> {
    fn read(covered: &'a InnerList) -> Result<Self, Error> {
        let needed = |name| text(covered, name)?.ok_or(Error::Parameter(name));
        let nonce = needed("nonce")?;
        if !NONCE_LENGTH.contains(&nonce.len()) {
            return Err(Error::Parameter("nonce"));
        }
        Ok(Self {
            key_id: needed("keyid")?,
            nonce,
            created: seconds(covered, "created")?.ok_or(Error::Parameter("created"))?,
            expires: seconds(covered, "expires")?,
            algorithm: text(covered, "alg")?,
            tag: text(covered, "tag")?,
        })
    }

    fn check_times(&self, policy: &Policy, now: i64) -> Result<(), Error> {
        let age = now.saturating_sub(self.created);
        let whole = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        if age > whole(policy.max_age) {
            return Err(Error::TooOld(age));
        }
        if age.saturating_neg() > whole(policy.max_ahead) {
            return Err(Error::FromFuture(age.saturating_neg()));
        }
        match self.expires {
            Some(expires) if expires <= now => Err(Error::Expired),
            _ => Ok(()),
        }
    }
}

/// Whether a component is covered whole, i.e. without parameters.
fn covers(covered: &InnerList, wanted: &str) -> bool {
    let is = |item: &Item| name(item).is_ok_and(|name| name == wanted);
    let mut items = covered.items.iter();
    items.any(|item| is(item) && item.parameters.0.is_empty())
}

fn text<'a>(covered: &'a InnerList, name: &'static str) -> Result<Option<&'a str>, Error> {
    match covered.parameters.get(name) {
        None => Ok(None),
        Some(Bare::String(text)) if text.len() <= MAX_PARAMETER => Ok(Some(text)),
        Some(_) => Err(Error::Parameter(name)),
    }
}

fn seconds(covered: &InnerList, name: &'static str) -> Result<Option<i64>, Error> {
    match covered.parameters.get(name) {
        None => Ok(None),
        Some(Bare::Integer(seconds)) => Ok(Some(*seconds)),
        Some(_) => Err(Error::Parameter(name)),
    }
}

fn malformed(header: &'static str) -> Error {
    let source = None;
    Error::Malformed { header, source }
}

fn dictionary(headers: &HeaderMap, name: &'static str) -> Result<Dictionary, Error> {
    if !headers.contains_key(name) {
        return Err(Error::Absent(name));
    }
    let lines = headers.get_all(name).iter().map(|line| line.to_str());
    let lines: Result<Vec<_>, _> = lines.collect();
    let text = lines.map_err(|_| malformed(name))?.join(", ");
    parse_dictionary(&text).map_err(|source| Error::Malformed {
        header: name,
        source: Some(source),
    })
}

#[cfg(test)]
mod tests;
