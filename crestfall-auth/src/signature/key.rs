//! Keys that requests are signed with.

use std::fmt;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, ParsedPublicKey};

/// The shortest shared secret, in bytes.
const MIN_SECRET: usize = 32;

/// What failed when a key was looked up; the request is then refused with 503.
pub type LookupError = Box<dyn std::error::Error + Send + Sync>;

/// Where the keys of clients are: the seam between signatures and the store.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The key of this `keyid`, if there is one that may be used now. The id is whatever a client
    /// sent, up to 256 characters.
    ///
    /// # Errors
    /// The store could not be asked.
    async fn key(&self, key_id: &str) -> Result<Option<Key>, LookupError>;
}

/// Bytes that are no key: a secret under 32 bytes, or no Ed25519 key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key for signatures: a secret of 32 bytes or more, or an Ed25519 key, is needed")]
pub struct NotAKey;

/// A key that verifies, bound to its algorithm.
#[derive(Clone)]
pub struct Key(Kind);

#[derive(Clone)]
enum Kind {
    HmacSha256(Box<hmac::Key>),
    Ed25519(Box<ParsedPublicKey>),
}

impl Key {
    /// A shared secret for `hmac-sha256`.
    ///
    /// # Errors
    /// A secret under 32 bytes.
    pub fn hmac_sha256(secret: &[u8]) -> Result<Self, NotAKey> {
        Ok(Self(Kind::HmacSha256(Box::new(hmac_key(secret)?))))
    }

    /// A public key for `ed25519`: its 32 bytes, or a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// Anything else.
    pub fn ed25519(public: &[u8]) -> Result<Self, NotAKey> {
        let key = ParsedPublicKey::new(&ED25519, public).map_err(|_| NotAKey)?;
        Ok(Self(Kind::Ed25519(Box::new(key))))
    }

    /// The `alg` of RFC 9421.
    pub fn algorithm(&self) -> &'static str {
        match &self.0 {
            Kind::HmacSha256(_) => HMAC_SHA256,
            Kind::Ed25519(_) => ED25519_NAME,
        }
    }

    /// In constant time for a shared secret: aws-lc compares the whole tag.
    pub(super) fn verify(&self, base: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Kind::HmacSha256(key) => hmac::verify(key, base, signature).is_ok(),
            Kind::Ed25519(key) => key.verify_sig(base, signature).is_ok(),
        }
    }
}

const HMAC_SHA256: &str = "hmac-sha256";
const ED25519_NAME: &str = "ed25519";

fn hmac_key(secret: &[u8]) -> Result<hmac::Key, NotAKey> {
    if secret.len() < MIN_SECRET {
        return Err(NotAKey);
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, secret))
}

/// The algorithm only.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.algorithm())
    }
}

/// A key that signs.
pub struct PrivateKey(PrivateKind);

enum PrivateKind {
    HmacSha256(Box<hmac::Key>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl PrivateKey {
    /// A shared secret for `hmac-sha256`.
    ///
    /// # Errors
    /// A secret under 32 bytes.
    pub fn hmac_sha256(secret: &[u8]) -> Result<Self, NotAKey> {
        Ok(Self(PrivateKind::HmacSha256(Box::new(hmac_key(secret)?))))
    }

    /// A private key for `ed25519`: its seed of 32 bytes, or PKCS#8 in DER.
    ///
    /// # Errors
    /// Anything else.
    pub fn ed25519(private: &[u8]) -> Result<Self, NotAKey> {
        let pair = match private.len() {
            32 => Ed25519KeyPair::from_seed_unchecked(private),
            _ => Ed25519KeyPair::from_pkcs8_maybe_unchecked(private),
        };
        let pair = pair.map_err(|_| NotAKey)?;
        Ok(Self(PrivateKind::Ed25519(Box::new(pair))))
    }

    /// The 32 bytes to give to the verifier's side; none for a shared secret.
    pub fn public(&self) -> Option<&[u8]> {
        match &self.0 {
            PrivateKind::HmacSha256(_) => None,
            PrivateKind::Ed25519(pair) => Some(pair.public_key().as_ref()),
        }
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match &self.0 {
            PrivateKind::HmacSha256(_) => HMAC_SHA256,
            PrivateKind::Ed25519(_) => ED25519_NAME,
        }
    }

    pub(super) fn sign(&self, base: &[u8]) -> Vec<u8> {
        match &self.0 {
            PrivateKind::HmacSha256(key) => hmac::sign(key, base).as_ref().to_vec(),
            PrivateKind::Ed25519(pair) => pair.sign(base).as_ref().to_vec(),
        }
    }
}

/// The algorithm only.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.algorithm())
    }
}
