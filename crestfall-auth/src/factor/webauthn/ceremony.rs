//! What connects the two requests of a ceremony.

use super::{
    base64url::Base64Url, config::UserVerification, credential::Credential, error::Error,
    response::Assertion,
};
use serde::{Deserialize, Serialize};

/// What the store keeps between the two requests, once and for a few minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ceremony {
    pub(super) kind: Kind,
    pub(super) challenge: Base64Url,
    pub(super) user_verification: UserVerification,
    /// Whose answer is expected; anyone's when the user is to be found by it.
    pub(super) user_handle: Option<Base64Url>,
    /// The credentials asked for; any when empty.
    pub(super) allowed: Vec<Base64Url>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Create,
    Get,
}

impl Kind {
    pub(super) fn client_data_type(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

impl Ceremony {
    /// The credential is the one that answered, was asked for, and is its owner's.
    pub(super) fn check_owner(
        &self,
        assertion: &Assertion,
        credential: &Credential,
        owner: &[u8],
    ) -> Result<(), Error> {
        let was_asked_for = self.allowed.is_empty() || self.allowed.contains(&credential.id);
        if assertion.id != credential.id.0 || !was_asked_for {
            return Err(Error::Credential);
        }
        let is_owners = match (&self.user_handle, &assertion.user_handle) {
            (None, None) => false, // nobody was named: the authenticator has to
            (expected, answered) => {
                expected.as_ref().is_none_or(|handle| handle.0 == owner)
                    && answered.as_ref().is_none_or(|handle| handle == owner)
            }
        };
        if is_owners {
            Ok(())
        } else {
            Err(Error::UserHandle)
        }
    }
}
