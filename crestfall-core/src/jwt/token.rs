//! The compact form `header.payload.signature`, taken apart. Nothing here is trusted yet.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::algorithm::Algorithm;
use super::claims::parse_object;
use super::error::Error;

/// A token's parts, decoded. `jwk`, `jku`, `x5u` and `x5c` are not read: keys come from settings.
pub(super) struct Token<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    /// What was signed: the first two parts as sent.
    pub(super) signed: &'a [u8],
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Checks the form only, in the order in which PostgREST finds faults.
    pub(super) fn parse(token: &'a [u8]) -> Result<Self, Error> {
        if token.is_empty() {
            return Err(Error::Empty);
        }
        let parts: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
        let [header, payload, signature] = parts.as_slice() else {
            return Err(Error::Parts(parts.len()));
        };
        let object = parse_object(&decode(header)?).ok_or(Error::Malformed)?;
        let payload = decode(payload)?;
        if object.get("alg").and_then(Value::as_str) == Some("none") {
            return Err(Error::Unsecured);
        }
        let algorithm = algorithm(&object)?;
        let key_id = text(&object, "kid")?;
        let signature = decode(signature)?;
        if object.contains_key("crit") || object.get("b64").is_some_and(|b64| b64 != true) {
            return Err(Error::TokenType);
        }
        let signed = &token[..token.len() - parts[2].len() - 1];
        Ok(Self {
            algorithm,
            key_id,
            signed,
            payload,
            signature,
        })
    }
}

/// Strict: no padding, no stray bits, so that one signature has one spelling.
fn decode(part: &[u8]) -> Result<Vec<u8>, Error> {
    BASE64_URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Error::Malformed)
}

fn algorithm(header: &Map<String, Value>) -> Result<Algorithm, Error> {
    text(header, "typ")?;
    text(header, "cty")?;
    if header.contains_key("enc") {
        return Err(Error::Malformed); // an encrypted token has five parts
    }
    let name = text(header, "alg")?.ok_or(Error::Malformed)?;
    Algorithm::parse(&name).ok_or(Error::Malformed)
}

fn text(header: &Map<String, Value>, name: &str) -> Result<Option<String>, Error> {
    match header.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Error::Malformed),
    }
}
