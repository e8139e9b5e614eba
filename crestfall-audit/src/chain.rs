//! The chain of seals: whether anybody tampered with what is in the log.

use aws_lc_rs::hmac;
use crestfall_core::Secret;
use serde::Serialize;

/// What is wrong with one seal, or with what it covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Finding {
    /// Its number.
    pub seal: i64,
    /// The partition of the log whose entries it covers.
    pub partition: String,
    /// What is wrong, for people.
    pub problem: String,
}

/// What checking the chain gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Seals that were checked.
    pub seals: i64,
    /// Entries under them, with those that retention has dropped since.
    pub entries: i64,
    /// Entries that no seal covers yet.
    pub unsealed: i64,
    /// The last hash in hexadecimal. Kept elsewhere, it shows later that the chain was not made anew.
    pub head: Option<String>,
    /// What is wrong; nothing, when nobody tampered with anything.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }
}

/// A seal as far as it is signed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Seal {
    pub(crate) id: i64,
    pub(crate) hash: Vec<u8>,
}

/// A seal's number, its hash, and its signature if it has one.
pub(crate) type SignedSeal = (i64, Vec<u8>, Option<Vec<u8>>);

/// Signs seals with a key that the database does not have, so that its administrator cannot make the
/// chain anew either.
pub(crate) struct Signer(hmac::Key);

impl Signer {
    pub(crate) fn new(key: &Secret) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes()))
    }

    pub(crate) fn sign(&self, seal: i64, hash: &[u8]) -> Vec<u8> {
        hmac::sign(&self.0, &text(seal, hash)).as_ref().to_vec()
    }

    /// In constant time.
    pub(crate) fn verifies(&self, seal: i64, hash: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.0, &text(seal, hash), signature).is_ok()
    }
}

fn text(seal: i64, hash: &[u8]) -> Vec<u8> {
    let mut text = b"crestfall audit seal 1 ".to_vec();
    text.extend_from_slice(&seal.to_be_bytes());
    text.extend_from_slice(hash);
    text
}

/// What signatures tell besides: one that is missing or does not fit.
pub(crate) fn check_signatures(signer: &Signer, seals: &[SignedSeal]) -> Vec<Finding> {
    let wrong = |seal: i64, problem: &str| Finding {
        seal,
        partition: String::new(),
        problem: problem.to_owned(),
    };
    seals
        .iter()
        .filter_map(|(seal, hash, signature)| match signature {
            None => Some(wrong(*seal, "it is not signed")),
            Some(signature) if signer.verifies(*seal, hash, signature) => None,
            Some(_) => Some(wrong(*seal, "its signature is not of this key")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_one_key_seal_and_hash() {
        let signer = Signer::new(&Secret::new("one key of the tests"));
        let other = Signer::new(&Secret::new("another key of the tests"));
        let signature = signer.sign(1, b"hash");
        assert!(signer.verifies(1, b"hash", &signature));
        assert!(!signer.verifies(2, b"hash", &signature));
        assert!(!signer.verifies(1, b"hush", &signature));
        assert!(!other.verifies(1, b"hash", &signature));
        let seals = [
            (1, b"hash".to_vec(), Some(signature.clone())),
            (2, b"hash".to_vec(), Some(signature)),
            (3, b"hash".to_vec(), None),
        ];
        let found = check_signatures(&signer, &seals);
        assert_eq!(found.iter().map(|one| one.seal).collect::<Vec<_>>(), [2, 3]);
    }
}
