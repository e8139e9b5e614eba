//! Making tokens: for tests, development keys and the command line.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;

use super::error::ConfigError;
use super::keys::MIN_SECRET;

/// A token with these claims, signed with HS256.
///
/// # Errors
/// A secret under 32 bytes, claims that are not JSON.
pub fn sign_hs256(
    secret: impl AsRef<[u8]>,
    claims: &impl Serialize,
) -> Result<String, ConfigError> {
    let secret = secret.as_ref();
    if secret.len() < MIN_SECRET {
        return Err(ConfigError::SecretTooShort);
    }
    let claims = serde_json::to_vec(claims).map_err(ConfigError::Sign)?;
    let mut token = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, token.as_bytes());
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(tag, &mut token);
    Ok(token)
}
