//! The `jwt-secret` setting: text, Base64, a JWK, a JWK set, or `@` and the file with one of them.

use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::algorithm::Algorithm;
use super::error::ConfigError;
use super::jwk::Malformed;
use super::keys::{Key, KeySet};

/// The bytes of a `jwt-secret` setting: `@path` is read (one newline at its end is dropped), and
/// Base64 is undone if the setting says that it is Base64 (either alphabet; `.` counts as padding).
///
/// # Errors
/// A file that cannot be read, text that is no Base64.
pub fn read_secret(setting: &str, is_base64: bool) -> Result<Vec<u8>, ConfigError> {
    let bytes = match setting.strip_prefix('@') {
        None => setting.as_bytes().to_vec(),
        Some(path) => read_file(path.into())?,
    };
    if !is_base64 {
        return Ok(bytes);
    }
    let text = String::from_utf8(bytes).map_err(|_| ConfigError::SecretNotBase64)?;
    let standard = text
        .trim()
        .replace('_', "/")
        .replace('-', "+")
        .replace('.', "=");
    BASE64_STANDARD
        .decode(standard)
        .map_err(|_| ConfigError::SecretNotBase64)
}

fn read_file(path: PathBuf) -> Result<Vec<u8>, ConfigError> {
    let mut bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(source) => return Err(ConfigError::File { path, source }),
    };
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Ok(bytes)
}

impl KeySet {
    /// The keys of a secret: a JWK or JWK set if it is one, else a shared secret for HS256.
    ///
    /// # Errors
    /// A secret under 32 bytes; a malformed JWK, which PostgREST would take for a shared secret
    /// although it may be public; a PEM key, for the same reason.
    pub fn from_secret(secret: &[u8]) -> Result<Self, ConfigError> {
        if let Some(keys) = Self::from_json(secret, Malformed::Refuse) {
            return keys;
        }
        if secret.trim_ascii_start().starts_with(b"-----BEGIN ") {
            return Err(ConfigError::SecretIsPem);
        }
        let key = Key::shared(None, secret, Some(Algorithm::Hs256))?;
        Ok(Self::new(vec![key]))
    }
}
