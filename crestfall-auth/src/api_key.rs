//! API keys: what a machine or tool sends instead of a password (D33).
//!
//! A key reads `cf_sk_<id>_<secret><checksum>`, 78 characters of `[A-Za-z0-9_]`, so that a double
//! click selects it whole and a scanner finds it by `\bcf_(pk|sk)_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}\b`:
//!
//! - `cf` and the kind: `sk` is secret, `pk` may stand in public (an app's key, which names a project
//!   and proves nothing more);
//! - 22 digits of base 62: the id, 128 bits, by which the store finds the row. It is no secret;
//! - 43 digits of base 62: the secret, 256 random bits;
//! - 6 digits of base 62: CRC-32 (ISO-HDLC) of all before, by which a scanner knows a key from a text
//!   that looks like one without asking us.
//!
//! The store keeps the SHA-256 of the whole text. A plain digest is enough: 256 random bits cannot be
//! guessed, unlike passwords.

mod base62;
mod material;
mod rules;
mod scope;

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use zeroize::Zeroizing;

pub use material::{KeyMaterial, MaterialError, owner};
pub use rules::{KeyRules, Refused};
pub use scope::{Scope, ScopeError, Scopes};

const ID_DIGITS: usize = 22;
const SECRET_DIGITS: usize = 43;
const CHECK_DIGITS: usize = 6;
const LENGTH: usize = 6 + ID_DIGITS + 1 + SECRET_DIGITS + CHECK_DIGITS;

/// What a key may be used for, told by its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// `pk`: may be published; stands for anonymous callers of an app.
    Publishable,
    /// `sk`: proves who calls.
    Secret,
}

impl KeyKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Publishable => "cf_pk_",
            Self::Secret => "cf_sk_",
        }
    }
}

/// The text is not a key of ours: wrong form or checksum. It says nothing about the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an API key of this service")]
pub struct NotAKey;

/// A key as its owner has it. Neither `Debug` nor anything else shows its secret but
/// [`expose`](Self::expose), to be called once, when it is made.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    kind: KeyKind,
    id: Uuid,
    text: Zeroizing<String>,
}

/// What the store keeps of a key: the SHA-256 of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHash(pub [u8; 32]);

/// Whether a text claims to be a key of ours, whatever follows. Such a credential is to be judged as
/// an API key and never passed on to another authenticator.
pub fn looks_like_key(text: &str) -> bool {
    text.starts_with("cf_pk_") || text.starts_with("cf_sk_")
}

impl ApiKey {
    /// A new key with a random id and secret.
    ///
    /// # Errors
    /// The system gave no randomness.
    pub fn generate(kind: KeyKind) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut secret = Zeroizing::new([0_u8; 32]);
        rand::fill(secret.as_mut())?;
        let mut id = [0_u8; 16];
        rand::fill(&mut id)?;
        let id = uuid::Builder::from_random_bytes(id).into_uuid();
        Ok(Self::build(kind, id, &secret))
    }

    fn build(kind: KeyKind, id: Uuid, secret: &[u8; 32]) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        text.push_str(kind.prefix());
        base62::push(id.as_bytes(), ID_DIGITS, &mut text);
        text.push('_');
        base62::push(secret, SECRET_DIGITS, &mut text);
        let check = base62::crc32(text.as_bytes());
        base62::push(&check.to_be_bytes(), CHECK_DIGITS, &mut text);
        Self { kind, id, text }
    }

    /// Reads a key. Only one spelling is one.
    ///
    /// # Errors
    /// Another length, other characters, a wrong checksum: such a text needs no look into the store.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        if text.len() != LENGTH || !text.is_ascii() {
            return Err(NotAKey);
        }
        let kinds = [KeyKind::Publishable, KeyKind::Secret];
        let kind = kinds
            .into_iter()
            .find(|kind| text.starts_with(kind.prefix()));
        let kind = kind.ok_or(NotAKey)?;
        let (body, check) = text.split_at(LENGTH - CHECK_DIGITS);
        let expected = base62::crc32(body.as_bytes()).to_be_bytes();
        if base62::read::<4>(check) != Some(expected) {
            return Err(NotAKey);
        }
        let (id, secret) = body[6..].split_at_checked(ID_DIGITS).ok_or(NotAKey)?;
        let id = base62::read::<16>(id).ok_or(NotAKey)?;
        let secret = secret.strip_prefix('_').ok_or(NotAKey)?;
        base62::read::<32>(secret)
            .map(Zeroizing::new)
            .ok_or(NotAKey)?;
        Ok(Self {
            kind,
            id: Uuid::from_bytes(id),
            text: Zeroizing::new(text.to_owned()),
        })
    }

    /// The kind.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The id, by which the store finds the key. No secret.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The key for its owner, to be shown once.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// How the key is named in lists and logs: its prefix and the first digits of its id.
    pub fn hint(&self) -> &str {
        &self.text[..12] // checked to be ASCII and longer
    }

    /// The part before the secret, by which a key is known and found: `cf_sk_<id>`.
    pub fn public_part(&self) -> &str {
        &self.text[..6 + ID_DIGITS] // checked to be ASCII and longer
    }

    /// What the store keeps.
    pub fn hash(&self) -> KeyHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, self.text.as_bytes()).as_ref());
        KeyHash(hash)
    }

    /// Whether the store's hash is of this key, in constant time.
    pub fn matches(&self, stored: &KeyHash) -> bool {
        self.hash().0.ct_eq(&stored.0).into()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}…)", self.hint())
    }
}

#[cfg(test)]
mod tests;
