//! Secrets that have to be read again (shared secrets of HMAC keys, TOTP seeds, private keys), sealed
//! for the store with AES-256-GCM.
//!
//! Sealing keys have ids, so that a new one can be brought in while values sealed with the old ones
//! are still opened and, one by one, sealed again. What a value belongs to (its table and row) is
//! authenticated with it: a sealed value moved to another row does not open.
//!
//! The text form is `v1.<key id>.<base64url of nonce, ciphertext and tag>`.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// The size of a sealing key, in bytes.
pub const KEY_BYTES: usize = 32;

/// Why a value could not be sealed or opened. Nothing of the value is told.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// A sealing key is not 32 bytes, or its id is not 1 to 32 letters, digits, `-` and `_`.
    #[error("a sealing key needs an id of letters, digits, `-` and `_`, and 32 bytes")]
    Key,
    /// Two sealing keys have one id.
    #[error("two sealing keys have the id `{0}`")]
    Duplicate(String),
    /// The text is not a sealed value.
    #[error("not a sealed value")]
    Malformed,
    /// The key that sealed the value is not there any more.
    #[error("there is no sealing key `{0}`")]
    UnknownKey(String),
    /// The value was changed, belongs elsewhere, or was sealed with another key of the same id.
    #[error("the sealed value does not open")]
    Forged,
    /// The cipher failed, for want of randomness.
    #[error("the value could not be sealed")]
    Cipher,
}

/// Keys that seal and open. The first seals; all open. `Debug` shows their ids only.
pub struct SealingKeys {
    keys: Vec<SealingKey>,
}

struct SealingKey {
    id: String,
    key: RandomizedNonceKey,
}

impl SealingKeys {
    /// The key that seals from now on.
    ///
    /// # Errors
    /// A malformed id, or not 32 bytes.
    pub fn new(id: impl Into<String>, key: &[u8]) -> Result<Self, SealError> {
        let keys = vec![sealing_key(id.into(), key)?];
        Ok(Self { keys })
    }

    /// An older key, which still opens.
    ///
    /// # Errors
    /// The same, and an id that is there already.
    pub fn and_older(mut self, id: impl Into<String>, key: &[u8]) -> Result<Self, SealError> {
        let older = sealing_key(id.into(), key)?;
        if self.keys.iter().any(|key| key.id == older.id) {
            return Err(SealError::Duplicate(older.id));
        }
        self.keys.push(older);
        Ok(self)
    }

    /// Seals a value. `owner` says what it belongs to, such as `factor:<uuid>`; the same has to be
    /// given to open it.
    ///
    /// # Errors
    /// The system gave no randomness.
    pub fn seal(&self, value: &[u8], owner: &str) -> Result<String, SealError> {
        let [current, ..] = self.keys.as_slice() else {
            return Err(SealError::Key);
        };
        let mut sealed = value.to_vec();
        let associated = associated(&current.id, owner);
        let nonce = current
            .key
            .seal_in_place_append_tag(Aad::from(associated.as_bytes()), &mut sealed)
            .map_err(|_| SealError::Cipher)?;
        let mut bytes = nonce.as_ref().to_vec();
        bytes.append(&mut sealed);
        let encoded = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        Ok(format!("v1.{}.{encoded}", current.id))
    }

    /// Opens a value that belongs to `owner`.
    ///
    /// # Errors
    /// The text is no sealed value, its key is gone, or it was changed or moved.
    pub fn open(&self, sealed: &str, owner: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (id, bytes) = parse(sealed)?;
        let key = self.keys.iter().find(|key| key.id == id);
        let key = key.ok_or_else(|| SealError::UnknownKey(id.to_owned()))?;
        let (nonce, ciphertext) = bytes
            .split_at_checked(NONCE_LEN)
            .ok_or(SealError::Malformed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Malformed)?;
        let mut plain = Zeroizing::new(ciphertext.to_vec());
        let associated = associated(id, owner);
        let length = key
            .key
            .open_in_place(nonce, Aad::from(associated.as_bytes()), &mut plain)
            .map_err(|_| SealError::Forged)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    /// The same value sealed with the current key, or none if it is already.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and [`seal`](Self::seal).
    pub fn reseal(&self, sealed: &str, owner: &str) -> Result<Option<String>, SealError> {
        let (id, _) = parse(sealed)?;
        if self.keys.first().is_some_and(|current| current.id == id) {
            return Ok(None);
        }
        let value = self.open(sealed, owner)?;
        self.seal(&value, owner).map(Some)
    }
}

fn sealing_key(id: String, key: &[u8]) -> Result<SealingKey, SealError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let named = (1..=32).contains(&id.len()) && id.bytes().all(allowed);
    if !named || key.len() != KEY_BYTES {
        return Err(SealError::Key);
    }
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| SealError::Key)?;
    Ok(SealingKey { id, key })
}

/// An id has no colon, so that no two pairs give one text.
fn associated(id: &str, owner: &str) -> String {
    format!("v1:{id}:{owner}")
}

fn parse(sealed: &str) -> Result<(&str, Vec<u8>), SealError> {
    let rest = sealed.strip_prefix("v1.").ok_or(SealError::Malformed)?;
    let (id, encoded) = rest.split_once('.').ok_or(SealError::Malformed)?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(encoded);
    Ok((id, bytes.map_err(|_| SealError::Malformed)?))
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.keys.iter().map(|key| &key.id);
        f.debug_list().entries(ids).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: [u8; 32] = [1; 32];
    const NEW: [u8; 32] = [2; 32];

    fn keys(id: &str, key: &[u8]) -> SealingKeys {
        SealingKeys::new(id, key).expect("a key")
    }

    #[test]
    fn what_is_sealed_opens_for_its_owner_only() {
        let keys = keys("2026", &OLD);
        let sealed = keys.seal(b"seed", "factor:1").expect("sealed");
        assert_eq!(*keys.open(&sealed, "factor:1").expect("opened"), b"seed");
        assert!(matches!(
            keys.open(&sealed, "factor:2"),
            Err(SealError::Forged)
        ));
        assert_ne!(keys.seal(b"seed", "factor:1").expect("sealed"), sealed);
        let empty = keys.seal(b"", "x").expect("sealed");
        assert!(keys.open(&empty, "x").expect("opened").is_empty());
    }

    #[test]
    fn a_changed_value_does_not_open() {
        let keys = keys("k", &OLD);
        let sealed = keys.seal(b"seed", "o").expect("sealed");
        let (head, encoded) = sealed.rsplit_once('.').expect("parts");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(encoded).expect("Base64");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let text = format!("{head}.{}", BASE64_URL_SAFE_NO_PAD.encode(changed));
            assert!(
                matches!(keys.open(&text, "o"), Err(SealError::Forged)),
                "{at}"
            );
        }
        for wrong in [
            "",
            "v1",
            "v1.k",
            "v1.k.",
            "v1.k.AAAA",
            "v2.k.AAAA",
            "v1.k.!!",
            "seed",
        ] {
            assert!(keys.open(wrong, "o").is_err(), "{wrong}");
        }
    }

    #[test]
    fn keys_change_and_values_are_sealed_anew() {
        let before = keys("old", &OLD);
        let sealed = before.seal(b"seed", "o").expect("sealed");
        let both = keys("new", &NEW).and_older("old", &OLD).expect("keys");
        assert_eq!(*both.open(&sealed, "o").expect("opened"), b"seed");
        let again = both.reseal(&sealed, "o").expect("resealed").expect("new");
        assert!(again.starts_with("v1.new."));
        assert_eq!(both.reseal(&again, "o").expect("checked"), None);
        let after = keys("new", &NEW);
        assert_eq!(*after.open(&again, "o").expect("opened"), b"seed");
        assert!(matches!(
            after.open(&sealed, "o"),
            Err(SealError::UnknownKey(_))
        ));
        assert!(keys("new", &NEW).and_older("new", &OLD).is_err());
    }

    #[test]
    fn keys_are_whole_and_not_shown() {
        for (id, key) in [
            ("", &OLD[..]),
            ("a.b", &OLD[..]),
            ("a:b", &OLD[..]),
            ("k", &OLD[1..]),
        ] {
            assert!(SealingKeys::new(id, key).is_err(), "{id}");
        }
        assert_eq!(format!("{:?}", keys("k", &OLD)), "[\"k\"]");
    }
}
