//! A password hash as it stands in the database, in any notation that can be checked.

use super::{
    argon2id::{Argon2Hash, Memory},
    firebase::FirebaseHash,
};
use argon2::Params;
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Highest bcrypt cost that is checked: about two seconds of one core.
const MAX_BCRYPT_COST: u32 = 15;

/// Why a hash cannot be imported or checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HashError {
    /// No notation that can be checked.
    #[error("the password hash is of no known kind; known are argon2, bcrypt and fbscrypt")]
    UnknownKind,
    /// The notation is known, but this part of it makes no sense.
    #[error("the password hash is malformed: {0}")]
    Malformed(&'static str),
    /// One check would take more memory or time than a login may.
    #[error("checking the password hash would take too much memory or time")]
    TooCostly,
    /// The operating system gave no random bytes.
    #[error("no randomness")]
    NoRandomness,
}

/// Says whether users with this hash could log in: its notation is known, and checking it costs no more than 256 MiB
/// and about two seconds, so that an imported hash cannot be used to exhaust the server.
///
/// # Errors
/// What is wrong with the hash.
pub(crate) fn check_importable(hash: &str) -> Result<(), HashError> {
    StoredHash::parse(hash).map(drop)
}

pub(super) enum StoredHash {
    Argon2(Argon2Hash),
    /// Checked by the crate from its text, with a `$2a$`, `$2b$` or `$2y$` prefix: since none of these bugs of old
    /// implementations are imitated, they all mean the same.
    Bcrypt(String),
    Firebase(FirebaseHash),
}

impl StoredHash {
    pub(super) fn parse(hash: &str) -> Result<Self, HashError> {
        if hash.starts_with("$argon2") {
            Argon2Hash::parse(hash).map(Self::Argon2)
        } else if hash.starts_with("$fbscrypt$") {
            FirebaseHash::parse(hash).map(Self::Firebase)
        } else if ["$2a$", "$2b$", "$2y$"]
            .iter()
            .any(|prefix| hash.starts_with(prefix))
        {
            check_bcrypt(hash).map(|()| Self::Bcrypt(hash.into()))
        } else {
            Err(HashError::UnknownKind)
        }
    }

    /// Compares in constant time. Bcrypt reads the first 72 bytes of a password only.
    pub(super) fn matches(&self, password: &[u8], memory: &mut Memory) -> bool {
        match self {
            Self::Argon2(hash) => hash.matches(password, memory),
            Self::Bcrypt(hash) => bcrypt::verify(password, hash).unwrap_or(false),
            Self::Firebase(hash) => hash.matches(password),
        }
    }

    pub(super) fn is_current(&self, params: &Params) -> bool {
        matches!(self, Self::Argon2(hash) if hash.is_current(params))
    }
}

fn check_bcrypt(hash: &str) -> Result<(), HashError> {
    let parts: bcrypt::HashParts = hash.parse().map_err(|_| HashError::Malformed("bcrypt"))?;
    match parts.get_cost() {
        4..=MAX_BCRYPT_COST => Ok(()),
        16..=31 => Err(HashError::TooCostly),
        _ => Err(HashError::Malformed("bcrypt cost")),
    }
}

/// Base64 with or without padding; other implementations leave stray bits in the last letter.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes a field of a hash, one to `max` bytes long.
pub(super) fn decode(field: &str, max: usize) -> Result<Vec<u8>, HashError> {
    let bytes = if field.len() > max * 2 {
        Vec::new()
    } else {
        LENIENT.decode(field).unwrap_or_default()
    };
    match bytes.len() {
        0 => Err(HashError::Malformed("base64")),
        length if length > max => Err(HashError::Malformed("a field is too long")),
        _ => Ok(bytes),
    }
}
