//! What the browser says and the authenticator signs with it (WebAuthn, 5.8.1).

use super::{base64url::Base64Url, error::Error};
use serde::Deserialize;
use subtle::ConstantTimeEq;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: Base64Url,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<String>,
}

/// What the client data must say.
pub(super) struct Expected<'a> {
    /// `webauthn.create` or `webauthn.get`.
    pub(super) r#type: &'a str,
    pub(super) challenge: &'a [u8],
    pub(super) origins: &'a [String],
    /// The page may be framed by one of `origins`.
    pub(super) framed: bool,
}

impl Expected<'_> {
    pub(super) fn check(&self, json: &[u8]) -> Result<(), Error> {
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json); // "UTF-8 decode" drops a byte order mark
        let data: ClientData = serde_json::from_slice(json).map_err(|_| Error::ClientData)?;
        if data.r#type != self.r#type {
            return Err(Error::Type);
        }
        if !bool::from(data.challenge.0.ct_eq(self.challenge)) {
            return Err(Error::Challenge);
        }
        if !self.origins.contains(&data.origin) {
            return Err(Error::Origin);
        }
        let framed = data.cross_origin || data.top_origin.is_some();
        let is_top_allowed = data
            .top_origin
            .as_ref()
            .is_none_or(|top| self.origins.contains(top));
        if framed && !(self.framed && is_top_allowed) {
            Err(Error::CrossOrigin)
        } else {
            Ok(())
        }
    }
}
