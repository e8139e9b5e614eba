//! The browser's answers: `PublicKeyCredential` in JSON (WebAuthn, 5.1.8).

use super::{authenticator_data::MAX_CREDENTIAL_ID, base64url::Base64Url, error::Error};
use serde::{Deserialize, de::DeserializeOwned};

/// Longest answer, in bytes. Attestations with certificates have some four kilobytes.
const MAX_JSON: usize = 64 * 1024;
const MAX_USER_HANDLE: usize = 64;
/// Longest signature: RSA of 4096 bits has 512 bytes.
const MAX_SIGNATURE: usize = 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublicKeyCredential<R> {
    id: Base64Url,
    raw_id: Option<Base64Url>,
    r#type: String,
    response: R,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttestationResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: Base64Url,
    attestation_object: Base64Url,
    transports: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: Base64Url,
    authenticator_data: Base64Url,
    signature: Base64Url,
    user_handle: Option<Base64Url>,
}

/// The answer of a registration.
pub(super) struct Registration {
    pub(super) id: Vec<u8>,
    pub(super) client_data: Vec<u8>,
    pub(super) attestation_object: Vec<u8>,
    pub(super) transports: Vec<String>,
}

impl Registration {
    pub(super) fn parse(json: &str) -> Result<Self, Error> {
        let (id, response) = parse::<AttestationResponse>(json)?;
        Ok(Self {
            id,
            client_data: response.client_data.0,
            attestation_object: response.attestation_object.0,
            transports: known_transports(response.transports.unwrap_or_default()),
        })
    }
}

/// The answer of an authentication, not verified yet: it says which credential to look up.
#[derive(Debug)]
pub(crate) struct Assertion {
    pub(super) id: Vec<u8>,
    pub(super) client_data: Vec<u8>,
    pub(super) authenticator_data: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) user_handle: Option<Vec<u8>>,
}

impl Assertion {
    /// Reads the answer, the text of the request's `credential` or `credential_response`.
    ///
    /// # Errors
    /// It is no such answer.
    pub(crate) fn parse(json: &str) -> Result<Self, Error> {
        let (id, response) = parse::<AssertionResponse>(json)?;
        let user_handle = response
            .user_handle
            .map(|handle| handle.0)
            .filter(|handle| !handle.is_empty());
        if user_handle
            .as_ref()
            .is_some_and(|handle| handle.len() > MAX_USER_HANDLE)
        {
            return Err(Error::UserHandle);
        }
        if response.signature.0.len() > MAX_SIGNATURE {
            return Err(Error::Signature);
        }
        Ok(Self {
            id,
            client_data: response.client_data.0,
            authenticator_data: response.authenticator_data.0,
            signature: response.signature.0,
            user_handle,
        })
    }

    /// The id of the credential that is said to have signed.
    pub(crate) fn credential_id(&self) -> &[u8] {
        &self.id
    }

    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "a passkey is found by its own id")
    )]
    /// Whose it is said to be; the handle that the registration's options gave the user.
    pub(crate) fn user_handle(&self) -> Option<&[u8]> {
        self.user_handle.as_deref()
    }
}

fn parse<R: DeserializeOwned>(json: &str) -> Result<(Vec<u8>, R), Error> {
    if json.len() > MAX_JSON {
        return Err(Error::Json);
    }
    let credential: PublicKeyCredential<R> = serde_json::from_str(json).map_err(|_| Error::Json)?;
    let id = credential.id.0;
    let is_same = credential.raw_id.is_none_or(|raw| raw.0 == id);
    if credential.r#type != "public-key" || !is_same || !(1..=MAX_CREDENTIAL_ID).contains(&id.len())
    {
        return Err(Error::Json);
    }
    Ok((id, credential.response))
}

/// Hints of how to reach the authenticator, given back in later options; invented ones are dropped.
fn known_transports(transports: Vec<String>) -> Vec<String> {
    const KNOWN: [&str; 6] = ["ble", "hybrid", "internal", "nfc", "smart-card", "usb"];
    KNOWN
        .iter()
        .filter(|known| transports.iter().any(|given| given == *known))
        .map(|known| (*known).into())
        .collect()
}
