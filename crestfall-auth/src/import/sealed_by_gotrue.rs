//! What GoTrue keeps encrypted (`SECURITY_DB_ENCRYPTION_ENCRYPT`): password hashes and secrets of
//! authenticator apps. AES-256-GCM under a key that HKDF-SHA256 makes of a named key for each row.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use zeroize::Zeroizing;

/// GoTrue's keys by name, as `SECURITY_DB_ENCRYPTION_DECRYPTION_KEYS` has them.
#[derive(Default)]
pub struct GotrueKeys(BTreeMap<String, Zeroizing<[u8; 32]>>);

/// No keys of GoTrue's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidGotrueKeys {
    /// Not `{"name": "key", …}`.
    #[error("the keys have to be a JSON object of names and keys")]
    Json,
    /// One is no 32 bytes in Base64 for URLs.
    #[error("the key `{0}` is no 32 bytes in Base64 for URLs without padding")]
    Key(String),
}

/// Why something that is encrypted cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum NotOpened {
    #[error("it is encrypted with the key `{0}`, which was not given")]
    NoKey(String),
    #[error("it is encrypted, and not with the key that was given")]
    WrongKey,
}

#[derive(Deserialize)]
struct Encrypted {
    key_id: String,
    alg: String,
    data: String,
    nonce: String,
}

impl std::fmt::Debug for GotrueKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl GotrueKeys {
    /// Reads `{"name": "32 bytes in Base64 for URLs", …}`.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(json: &str) -> Result<Self, InvalidGotrueKeys> {
        let texts: BTreeMap<String, String> =
            serde_json::from_str(json).map_err(|_| InvalidGotrueKeys::Json)?;
        let key = |(name, text): (String, String)| {
            let bytes = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(&text).unwrap_or_default());
            match <[u8; 32]>::try_from(bytes.as_slice()) {
                Ok(key) => Ok((name, Zeroizing::new(key))),
                Err(_) => Err(InvalidGotrueKeys::Key(name)),
            }
        };
        texts
            .into_iter()
            .map(key)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// What was encrypted for the row of this id; what is not encrypted as it is.
    pub(super) fn open(&self, id: &str, kept: &str) -> Result<Zeroizing<String>, NotOpened> {
        let Some(encrypted) = Encrypted::of(kept) else {
            return Ok(Zeroizing::new(kept.to_owned()));
        };
        let named = self.0.get(&encrypted.key_id);
        let named = named.ok_or_else(|| NotOpened::NoKey(encrypted.key_id.clone()))?;
        encrypted
            .open(named.as_slice(), id)
            .ok_or(NotOpened::WrongKey)
    }
}

impl Encrypted {
    fn of(kept: &str) -> Option<Self> {
        let read: Self = serde_json::from_str(kept.trim()).ok()?;
        (read.alg == "aes-gcm-hkdf").then_some(read)
    }

    fn open(&self, key: &[u8], id: &str) -> Option<Zeroizing<String>> {
        let mut derived = Zeroizing::new([0; 32]);
        let info = [id.as_bytes()];
        let secret = Salt::new(HKDF_SHA256, &[]).extract(key);
        let expanded = secret.expand(&info, HKDF_SHA256).ok()?;
        expanded.fill(derived.as_mut_slice()).ok()?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, derived.as_slice()).ok()?);
        let nonce = BASE64_STANDARD.decode(&self.nonce).ok()?;
        let nonce = Nonce::try_assume_unique_for_key(&nonce).ok()?;
        let mut data = Zeroizing::new(BASE64_STANDARD.decode(&self.data).ok()?);
        let opened = key.open_in_place(nonce, Aad::empty(), &mut data).ok()?;
        let text = std::str::from_utf8(opened).ok()?;
        Some(Zeroizing::new(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8a01";
    const KEYS: &str = r#"{"old":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#;
    /// "JBSWY3DPEHPK3PXP", made by another implementation (Node.js' `hkdfSync` and `aes-256-gcm`).
    const SEALED: &str = include_str!("sealed_by_gotrue.json");

    #[test]
    fn what_gotrue_encrypted_is_read_with_its_key_for_its_row_alone() {
        let keys = GotrueKeys::parse(KEYS).expect("keys");
        let open = |id: &str, kept: &str| keys.open(id, kept).map(|text| text.to_string());
        assert_eq!(open(ID, SEALED).as_deref(), Ok("JBSWY3DPEHPK3PXP"));
        assert_eq!(open("another", SEALED), Err(NotOpened::WrongKey));
        let other = SEALED.replace("\"old\"", "\"new\"");
        assert_eq!(open(ID, &other), Err(NotOpened::NoKey("new".into())));
        assert_eq!(open(ID, "JBSWY3DP").as_deref(), Ok("JBSWY3DP"));
    }

    #[test]
    fn keys_are_thirty_two_bytes_and_not_shown() {
        assert_eq!(GotrueKeys::parse("[]").err(), Some(InvalidGotrueKeys::Json));
        let short = GotrueKeys::parse(r#"{"a":"AAAA"}"#).err();
        assert_eq!(short, Some(InvalidGotrueKeys::Key("a".into())));
        let shown = format!("{:?}", GotrueKeys::parse(KEYS));
        assert!(shown.contains("old") && !shown.contains("AAEC"), "{shown}");
    }
}
