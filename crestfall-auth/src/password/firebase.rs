//! Firebase's form of scrypt, in the notation that GoTrue imports:
//! `$fbscrypt$v=1,n=14,r=8,p=1,ss=<salt separator>,sk=<signer key>$<salt>$<hash>`, Base64 with padding.
//!
//! The password's scrypt key encrypts the project's signer key (AES-256-CTR, a zero nonce); the cipher text is the hash.

use super::stored_hash::{HashError, decode};
use ctr::cipher::{KeyIvInit, StreamCipher};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Most memory of one check, in bytes.
const MAX_MEMORY: u64 = 256 << 20;
/// Most memory times parallelism, in bytes.
const MAX_WORK: u64 = 1 << 30;
const MAX_FIELD: usize = 256;

pub(super) struct FirebaseHash {
    params: scrypt::Params,
    /// The user's salt with the project's separator behind it.
    salt: Vec<u8>,
    signer_key: Vec<u8>,
    output: Vec<u8>,
}

impl FirebaseHash {
    pub(super) fn parse(text: &str) -> Result<Self, HashError> {
        let fields: Vec<&str> = text.split('$').collect();
        let ["", "fbscrypt", settings, salt, output] = fields[..] else {
            return Err(HashError::Malformed("fbscrypt fields"));
        };
        let settings = Settings::parse(settings)?;
        let mut salt = decode(salt, MAX_FIELD)?;
        salt.extend_from_slice(&settings.separator);
        let output = decode(output, MAX_FIELD)?;
        if settings.signer_key.is_empty() || output.len() != settings.signer_key.len() {
            return Err(HashError::Malformed("fbscrypt hash"));
        }
        Ok(Self {
            params: settings.params,
            salt,
            signer_key: settings.signer_key,
            output,
        })
    }

    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let mut key = Zeroizing::new([0; 32]);
        if scrypt::scrypt(password, &self.salt, &self.params, &mut *key).is_err() {
            return false;
        }
        let mut derived = Zeroizing::new(self.signer_key.clone());
        ctr::Ctr128BE::<aes::Aes256>::new((&*key).into(), (&[0; 16]).into())
            .apply_keystream(&mut derived);
        derived.ct_eq(&self.output).into()
    }
}

struct Settings {
    params: scrypt::Params,
    separator: Vec<u8>,
    signer_key: Vec<u8>,
}

impl Settings {
    fn parse(text: &str) -> Result<Self, HashError> {
        let (mut version, mut n, mut r, mut p) = (None, None, None, None);
        let (mut separator, mut signer_key) = (Vec::new(), Vec::new());
        for setting in text.split(',') {
            match setting.split_once('=') {
                Some(("v", value)) => version = Some(value),
                Some(("n", value)) => n = value.parse().ok(),
                Some(("r", value)) => r = value.parse().ok(),
                Some(("p", value)) => p = value.parse().ok(),
                Some(("ss", value)) => separator = decode(value, MAX_FIELD)?,
                Some(("sk", value)) => signer_key = decode(value, MAX_FIELD)?,
                _ => return Err(HashError::Malformed("fbscrypt settings")),
            }
        }
        let (Some("1"), Some(n), Some(r), Some(p)) = (version, n, r, p) else {
            return Err(HashError::Malformed("fbscrypt settings"));
        };
        Ok(Self {
            params: params(n, r, p)?,
            separator,
            signer_key,
        })
    }
}

fn params(log_n: u8, r: u32, p: u32) -> Result<scrypt::Params, HashError> {
    let memory = 1u64
        .checked_shl(log_n.into())
        .and_then(|n| n.checked_mul(128)?.checked_mul(r.into()));
    let work = memory.and_then(|memory| memory.checked_mul(p.into()));
    if memory.is_none_or(|memory| memory > MAX_MEMORY) || work.is_none_or(|work| work > MAX_WORK) {
        return Err(HashError::TooCostly);
    }
    if log_n == 0 {
        return Err(HashError::Malformed("fbscrypt settings"));
    }
    scrypt::Params::new(log_n, r, p).map_err(|_| HashError::Malformed("fbscrypt settings"))
}
