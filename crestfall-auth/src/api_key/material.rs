//! What the store keeps of each kind of key, and how it verifies.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::KeyHash;
use crate::sealed::{SealError, SealingKeys};
use crate::signature;

/// The three kinds of key that a machine may prove itself with.
#[derive(Clone, Debug)]
pub enum KeyMaterial {
    /// An [`ApiKey`](super::ApiKey), sent with each request: its hash.
    Hash(KeyHash),
    /// A shared secret that signs requests (`hmac-sha256`). It has to be read again to verify, so it
    /// is sealed, for [`owner`].
    HmacSha256 {
        /// What [`SealingKeys::seal`] gave.
        sealed: String,
    },
    /// The public key of a client that signs requests (`ed25519`): nothing to hide.
    Ed25519 {
        /// Its 32 bytes.
        public: [u8; 32],
    },
}

/// Why stored material is not usable: the store or the sealing keys are wrong, not the client.
#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    /// The secret does not open.
    #[error("the secret of a signing key does not open")]
    Sealed(#[from] SealError),
    /// What is stored is no key.
    #[error("what is stored is not a key")]
    NotAKey(#[from] signature::NotAKey),
    /// The system gave no randomness.
    #[error("the system gave no randomness")]
    Random,
}

/// What a sealed signing secret belongs to, for [`SealingKeys`].
pub fn owner(key_id: Uuid) -> String {
    format!("api_key:{key_id}")
}

impl KeyMaterial {
    /// A new shared secret of 32 bytes: for the client, once, and for the store.
    ///
    /// # Errors
    /// The system gave no randomness.
    pub fn new_hmac_sha256(
        key_id: Uuid,
        sealing: &SealingKeys,
    ) -> Result<(Zeroizing<Vec<u8>>, Self), MaterialError> {
        let mut secret = Zeroizing::new(vec![0_u8; 32]);
        aws_lc_rs::rand::fill(&mut secret).map_err(|_| MaterialError::Random)?;
        let sealed = sealing.seal(&secret, &owner(key_id))?;
        Ok((secret, Self::HmacSha256 { sealed }))
    }

    /// The key that verifies signatures; none for an API key, which signs nothing.
    ///
    /// # Errors
    /// The secret does not open, or is no key.
    pub fn verifying(
        &self,
        key_id: Uuid,
        sealing: &SealingKeys,
    ) -> Result<Option<signature::Key>, MaterialError> {
        match self {
            Self::Hash(_) => Ok(None),
            Self::HmacSha256 { sealed } => {
                let secret = sealing.open(sealed, &owner(key_id))?;
                Ok(Some(signature::Key::hmac_sha256(&secret)?))
            }
            Self::Ed25519 { public } => Ok(Some(signature::Key::ed25519(public)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signing_secret_is_kept_sealed_and_bound_to_its_key() {
        let sealing = SealingKeys::new("k", &[3; 32]).expect("a key");
        let id = Uuid::new_v4();
        let (secret, material) = KeyMaterial::new_hmac_sha256(id, &sealing).expect("a secret");
        assert_eq!(secret.len(), 32);
        let key = material.verifying(id, &sealing).expect("opened");
        assert_eq!(key.expect("a key").algorithm(), "hmac-sha256");
        assert!(material.verifying(Uuid::new_v4(), &sealing).is_err());
        let hash = KeyMaterial::Hash(KeyHash([0; 32]));
        assert!(hash.verifying(id, &sealing).expect("checked").is_none());
    }
}
