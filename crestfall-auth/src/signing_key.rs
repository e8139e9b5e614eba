//! Private keys that sign tokens (GT-074): made here, or read from a JWK or PKCS#8.
//!
//! A key knows its `kid`, its algorithm and nothing else; who signs now and who still verifies is
//! told by the [`SigningKeys`] set. Signatures are made by aws-lc. The set's
//! [`verifying_keys`](SigningKeys::verifying_keys) are the keys that core's verifier checks with.

mod jwk;
mod set;

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding,
    RsaKeyPair,
};
use aws_lc_rs::{error, hmac};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

pub use set::{KeyState, SigningKeys, VerifyingKey};

/// The shortest shared secret, in bytes; the same as core's verifier wants.
const MIN_SECRET: usize = 32;

/// An `alg` that tokens can be signed with (RFC 7518, RFC 8037): those of GoTrue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC with SHA-256 and a shared secret.
    Hs256,
    /// RSA with PKCS #1 padding and SHA-256. Signing costs about fifty times ES256.
    Rs256,
    /// RSA with PKCS #1 padding and SHA-512.
    Rs512,
    /// ECDSA on P-256: what new keys should be.
    Es256,
    /// ECDSA on P-521.
    Es512,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    const ALL: [Self; 6] = [
        Self::Hs256,
        Self::Rs256,
        Self::Rs512,
        Self::Es256,
        Self::Es512,
        Self::EdDsa,
    ];

    /// The `alg` of headers and JWKs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Rs512 => "RS512",
            Self::Es256 => "ES256",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl FromStr for Algorithm {
    type Err = KeyError;

    /// Case-sensitive, as RFC 7518 has it.
    fn from_str(name: &str) -> Result<Self, KeyError> {
        let known = Self::ALL.into_iter().find(|known| known.name() == name);
        known.ok_or(KeyError::Algorithm)
    }
}

/// Why a key cannot be used. No variant holds any of the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// An `alg` we do not sign with.
    #[error("the algorithm is none of HS256, RS256, RS512, ES256, ES512, EdDSA")]
    Algorithm,
    /// Under 32 bytes, a secret can be guessed from one token.
    #[error("a shared secret needs at least 32 bytes")]
    SecretTooShort,
    /// A JWK is malformed: what about it.
    #[error("the JSON Web Key is not valid: {0}")]
    Jwk(&'static str),
    /// The numbers are no key, or not of this algorithm. RSA keys have 2048 bits or more.
    #[error("the private key is not one of its algorithm")]
    Rejected,
    /// The system gave no randomness, or signing failed.
    #[error("the cryptographic operation failed")]
    Crypto,
    /// The claims are no JSON.
    #[error("the claims could not be written as JSON")]
    Claims(#[source] serde_json::Error),
    /// The setting is no JSON array of JWKs.
    #[error("the keys are not a JSON array of JSON Web Keys")]
    NotKeys,
    /// Two keys have one `kid`.
    #[error("two keys have the id `{0}`")]
    Duplicate(String),
    /// Not exactly one key signs.
    #[error("exactly one key must be in use for signing, not {0}")]
    Current(usize),
    /// No key waits to be used.
    #[error("there is no standby key to rotate to")]
    NoStandby,
    /// No such key.
    #[error("there is no key `{0}`")]
    Unknown(String),
    /// The key that signs cannot be revoked: rotate first.
    #[error("the key `{0}` is in use; rotate before revoking it")]
    InUse(String),
}

impl From<error::Unspecified> for KeyError {
    fn from(_: error::Unspecified) -> Self {
        Self::Crypto
    }
}

impl From<error::KeyRejected> for KeyError {
    fn from(_: error::KeyRejected) -> Self {
        Self::Rejected
    }
}

/// A private key (or shared secret) with its algorithm and `kid`. `Debug` shows these two only.
pub struct SigningKey {
    id: Option<String>,
    algorithm: Algorithm,
    pair: Pair,
}

enum Pair {
    Shared {
        secret: Zeroizing<Vec<u8>>,
        key: Box<hmac::Key>,
    },
    Rsa(Box<RsaKeyPair>),
    Ecdsa(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl SigningKey {
    /// A new key. Its `kid` is the RFC 7638 thumbprint; that of a shared secret is random, since a
    /// digest of a secret is not for publication. RSA keys get 2048 bits and take some 100 ms: call
    /// this off the async threads.
    ///
    /// # Errors
    /// The system gave no randomness.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        match algorithm {
            Algorithm::Hs256 => {
                let mut secret = Zeroizing::new(vec![0_u8; MIN_SECRET]);
                aws_lc_rs::rand::fill(&mut secret)?;
                let id = uuid::Uuid::new_v4().to_string();
                Self::shared(Some(id), secret)
            }
            Algorithm::Rs256 | Algorithm::Rs512 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
                Ok(Self::new(None, algorithm, Pair::Rsa(Box::new(pair))))
            }
            Algorithm::Es256 | Algorithm::Es512 => {
                let pair = EcdsaKeyPair::generate(curve(algorithm)?)?;
                Ok(Self::new(None, algorithm, Pair::Ecdsa(Box::new(pair))))
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate()?;
                Ok(Self::new(None, algorithm, Pair::Ed25519(Box::new(pair))))
            }
        }
    }

    /// A shared secret for HS256. Without an id its tokens carry no `kid`, as GoTrue's do that
    /// knows only a `JWT_SECRET`.
    ///
    /// # Errors
    /// A secret under 32 bytes.
    pub fn from_secret(id: Option<String>, secret: &[u8]) -> Result<Self, KeyError> {
        Self::shared(id, Zeroizing::new(secret.to_vec()))
    }

    /// A private key in unencrypted PKCS#8 DER. Without an id, its thumbprint is its `kid`.
    ///
    /// # Errors
    /// Bytes that are no private key of this algorithm; HS256, whose key is no PKCS#8.
    pub fn from_pkcs8(
        id: Option<String>,
        algorithm: Algorithm,
        der: &[u8],
    ) -> Result<Self, KeyError> {
        let pair = match algorithm {
            Algorithm::Hs256 => return Err(KeyError::Rejected),
            Algorithm::Rs256 | Algorithm::Rs512 => {
                Pair::Rsa(Box::new(RsaKeyPair::from_pkcs8(der)?))
            }
            Algorithm::Es256 | Algorithm::Es512 => {
                Pair::Ecdsa(Box::new(EcdsaKeyPair::from_pkcs8(curve(algorithm)?, der)?))
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)?;
                Pair::Ed25519(Box::new(pair))
            }
        };
        Ok(Self::new(id, algorithm, pair))
    }

    /// A private JWK, given as its JSON text.
    ///
    /// # Errors
    /// No JWK, no private one, or of an algorithm we do not sign with.
    pub fn from_jwk(text: &[u8]) -> Result<Self, KeyError> {
        let jwk = serde_json::from_slice(text).map_err(|_| KeyError::Jwk("it is no object"))?;
        Self::from_jwk_object(&jwk)
    }

    /// What [`to_bytes`](Self::to_bytes) gave, of a key kept in a store.
    ///
    /// # Errors
    /// Bytes of another algorithm, or of no key.
    pub fn from_bytes(
        id: Option<String>,
        algorithm: Algorithm,
        bytes: &[u8],
    ) -> Result<Self, KeyError> {
        match algorithm {
            Algorithm::Hs256 => Self::from_secret(id, bytes),
            _ => Self::from_pkcs8(id, algorithm, bytes),
        }
    }

    /// The private key for a store, which has to seal it: PKCS#8 DER, or the shared secret itself.
    ///
    /// # Errors
    /// The key could not be encoded.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
        let bytes = match &self.pair {
            Pair::Shared { secret, .. } => return Ok(secret.clone()),
            Pair::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der()?;
                der.as_ref().to_vec()
            }
            Pair::Ecdsa(pair) => pair.to_pkcs8v1()?.as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.to_pkcs8v1()?.as_ref().to_vec(),
        };
        Ok(Zeroizing::new(bytes))
    }

    fn shared(id: Option<String>, secret: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        if secret.len() < MIN_SECRET {
            return Err(KeyError::SecretTooShort);
        }
        let key = Box::new(hmac::Key::new(hmac::HMAC_SHA256, &secret));
        Ok(Self {
            id,
            algorithm: Algorithm::Hs256,
            pair: Pair::Shared { secret, key },
        })
    }

    fn new(id: Option<String>, algorithm: Algorithm, pair: Pair) -> Self {
        let mut key = Self {
            id,
            algorithm,
            pair,
        };
        if key.id.is_none() {
            key.id = key.thumbprint();
        }
        key
    }

    /// The `kid`. A shared secret may have none.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The `alg`.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// A token with these claims and `typ` `JWT`, in the compact form (RFC 7515).
    ///
    /// # Errors
    /// Claims that are not JSON.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, KeyError> {
        self.sign_typed("JWT", claims)
    }

    /// The same with another `typ`, such as `at+jwt` (RFC 9068).
    ///
    /// # Errors
    /// Claims that are not JSON.
    pub fn sign_typed(&self, typ: &str, claims: &impl Serialize) -> Result<String, KeyError> {
        let claims = serde_json::to_vec(claims).map_err(KeyError::Claims)?;
        let mut header = json!({ "alg": self.algorithm.name(), "typ": typ });
        if let (Some(id), Some(header)) = (&self.id, header.as_object_mut()) {
            header.insert("kid".to_owned(), id.as_str().into());
        }
        let mut token = BASE64_URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Shared { key, .. } => Ok(hmac::sign(key, message).as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    rsa_padding(self.algorithm),
                    &random,
                    message,
                    &mut signature,
                )?;
                Ok(signature)
            }
            Pair::Ecdsa(pair) => Ok(pair.sign(&random, message)?.as_ref().to_vec()),
            Pair::Ed25519(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
        }
    }
}

fn curve(algorithm: Algorithm) -> Result<&'static EcdsaSigningAlgorithm, KeyError> {
    match algorithm {
        Algorithm::Es256 => Ok(&ECDSA_P256_SHA256_FIXED_SIGNING),
        Algorithm::Es512 => Ok(&ECDSA_P521_SHA512_FIXED_SIGNING),
        Algorithm::Hs256 | Algorithm::Rs256 | Algorithm::Rs512 | Algorithm::EdDsa => {
            Err(KeyError::Algorithm)
        }
    }
}

fn rsa_padding(algorithm: Algorithm) -> &'static dyn RsaEncoding {
    match algorithm {
        Algorithm::Rs512 => &RSA_PKCS1_SHA512,
        Algorithm::Hs256 | Algorithm::Rs256 | Algorithm::Es256 => &RSA_PKCS1_SHA256,
        Algorithm::Es512 | Algorithm::EdDsa => &RSA_PKCS1_SHA256,
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
