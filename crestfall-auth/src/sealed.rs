//! Secrets of the database, encrypted with a key that is not in it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Seals and opens.
pub(crate) struct Sealer {
    keys: Vec<(String, LessSafeKey)>,
}

/// Something sealed cannot be opened: it was changed, or its key is not known any more.
#[derive(Debug, thiserror::Error)]
#[error("a sealed secret cannot be opened: {0}")]
pub(crate) struct SealError(&'static str);

impl Sealer {
    /// With the first key it seals; with all of them it opens.
    pub(crate) fn new<'a>(keys: impl IntoIterator<Item = &'a str>) -> Result<Self, SealError> {
        let keys = keys
            .into_iter()
            .map(|text| {
                let key = digest(&SHA256, text.as_bytes());
                let id = digest(&SHA256, key.as_ref());
                let unbound = UnboundKey::new(&AES_256_GCM, key.as_ref())
                    .map_err(|_| SealError("no such key"))?;
                let id = BASE64_URL_SAFE_NO_PAD.encode(&id.as_ref()[..6]);
                Ok((id, LessSafeKey::new(unbound)))
            })
            .collect::<Result<Vec<_>, _>>()?;
        match keys.is_empty() {
            true => Err(SealError("there is no key")),
            false => Ok(Self { keys }),
        }
    }

    /// Encrypts. `context` says what it is and whose; opening needs the same.
    pub(crate) fn seal(&self, plain: &[u8], context: &str) -> Result<String, SealError> {
        let (id, key) = &self.keys[0];
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut bytes = plain.to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context.as_bytes()),
            &mut bytes,
        )
        .map_err(|_| SealError("it is too long"))?;
        let sealed = [&nonce[..], &bytes].concat();
        Ok(format!("{id}.{}", BASE64_URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Decrypts.
    pub(crate) fn open(&self, sealed: &str, context: &str) -> Result<Vec<u8>, SealError> {
        let (id, text) = sealed
            .split_once('.')
            .ok_or(SealError("it has no key id"))?;
        let (_, key) = self
            .keys
            .iter()
            .find(|(known, _)| known == id)
            .ok_or(SealError("its key is not known"))?;
        let mut bytes = BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| SealError("it is no base64url"))?;
        if bytes.len() < NONCE_LEN {
            return Err(SealError("it is too short"));
        }
        let mut sealed = bytes.split_off(NONCE_LEN);
        let nonce =
            Nonce::try_assume_unique_for_key(&bytes).map_err(|_| SealError("it is too short"))?;
        let plain = key
            .open_in_place(nonce, Aad::from(context.as_bytes()), &mut sealed)
            .map_err(|_| SealError("it was changed"))?;
        Ok(plain.to_vec())
    }
}
