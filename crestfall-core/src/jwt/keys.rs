//! Keys that verify signatures. A key *is* its list of algorithms with the material of each.

use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::ParsedPublicKey;

use super::algorithm::{Algorithm, Family};
use super::error::{ConfigError, Error, KeyProblem};
use super::token::Token;

/// The shortest secret accepted, in bytes.
pub(super) const MIN_SECRET: usize = 32;

/// The keys a token may be signed with.
#[derive(Clone, Default)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// One key, bound to the algorithms it may check. An HMAC entry is only made from a secret, a public
/// one only from a public key; a token's header chooses among the entries and makes none.
#[derive(Clone)]
pub(super) struct Key {
    id: Option<String>,
    checks: Vec<(Algorithm, Check)>,
}

#[derive(Clone)]
enum Check {
    Mac(Box<hmac::Key>),
    Signature(ParsedPublicKey),
}

impl Check {
    fn holds(&self, signed: &[u8], signature: &[u8]) -> bool {
        match self {
            // Constant time: aws-lc compares the whole tag.
            Self::Mac(key) => hmac::verify(key, signed, signature).is_ok(),
            Self::Signature(key) => key.verify_sig(signed, signature).is_ok(),
        }
    }
}

impl Key {
    /// A shared secret for HS256, HS384 and HS512, or only the one given.
    ///
    /// # Errors
    /// A secret under 32 bytes.
    pub(super) fn shared(
        id: Option<String>,
        secret: &[u8],
        only: Option<Algorithm>,
    ) -> Result<Self, ConfigError> {
        if secret.len() < MIN_SECRET {
            return Err(ConfigError::SecretTooShort);
        }
        let checks = allowed(Family::Hmac, only)
            .filter_map(|algorithm| {
                let key = hmac::Key::new(algorithm.hmac()?, secret);
                Some((algorithm, Check::Mac(Box::new(key))))
            })
            .collect();
        Ok(Self { id, checks })
    }

    /// A public key in the encoding aws-lc reads for its family.
    ///
    /// # Errors
    /// Bytes that are no key of this family.
    pub(super) fn public(
        id: Option<String>,
        family: Family,
        encoded: &[u8],
        only: Option<Algorithm>,
    ) -> Result<Self, ConfigError> {
        let invalid = || ConfigError::Jwk("its numbers are not a public key of its type");
        let mut checks = Vec::new();
        for algorithm in allowed(family, only) {
            let Some(parameters) = algorithm.public() else {
                continue;
            };
            let key = ParsedPublicKey::new(parameters, encoded).map_err(|_| invalid())?;
            checks.push((algorithm, Check::Signature(key)));
        }
        Ok(Self { id, checks })
    }

    pub(super) fn is_usable(&self) -> bool {
        !self.checks.is_empty()
    }

    /// A token with a `kid` is for the key of that `kid` alone.
    fn check_for(&self, token: &Token<'_>) -> Option<&Check> {
        if token.key_id.is_some() && token.key_id != self.id {
            return None;
        }
        let (_, check) = self
            .checks
            .iter()
            .find(|(algorithm, _)| *algorithm == token.algorithm)?;
        Some(check)
    }
}

/// The algorithms of a family, or the one its `alg` names if that is of the family.
fn allowed(family: Family, only: Option<Algorithm>) -> impl Iterator<Item = Algorithm> {
    Algorithm::of(family).filter(move |algorithm| only.is_none_or(|only| only == *algorithm))
}

impl KeySet {
    pub(super) fn new(keys: Vec<Key>) -> Self {
        Self { keys }
    }

    /// Whether one of the keys signed the token.
    pub(super) fn verify(&self, token: &Token<'_>) -> Result<(), Error> {
        let mut fitting = self
            .keys
            .iter()
            .filter_map(|key| key.check_for(token))
            .peekable();
        if fitting.peek().is_none() {
            return Err(Error::Key(KeyProblem::NotFound));
        }
        if fitting.any(|check| check.holds(token.signed, &token.signature)) {
            Ok(())
        } else {
            Err(Error::Key(KeyProblem::WrongSignature))
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// Names and algorithms only.
impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.keys).finish()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithms: Vec<Algorithm> = self.checks.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Key")
            .field("id", &self.id)
            .field("algorithms", &algorithms)
            .finish()
    }
}
