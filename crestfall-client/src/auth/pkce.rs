//! Proof key for code exchange (RFC 7636): who asked for a code is the only one who can use it.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::random;

/// The secret half, to be kept until the code comes: in a file or a page's storage, as the browser
/// goes elsewhere in between. Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier(String);

/// The public half.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Challenge {
    code_challenge: String,
    code_challenge_method: &'static str,
}

impl Verifier {
    /// A new one.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn new() -> Result<Self, Error> {
        random::token::<48>().map(Self)
    }

    /// One that was kept.
    pub fn from_secret(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// To be kept.
    pub fn secret(&self) -> &str {
        &self.0
    }

    pub(super) fn challenge(&self) -> Challenge {
        Challenge {
            code_challenge: BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes())),
            code_challenge_method: "s256",
        }
    }
}

impl Challenge {
    pub(super) fn pairs(&self) -> [(&'static str, &str); 2] {
        [
            ("code_challenge", &self.code_challenge),
            ("code_challenge_method", self.code_challenge_method),
        ]
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_the_verifiers_digest() {
        let verifier = Verifier::from_secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let challenge = verifier.challenge();
        assert_eq!(
            challenge.code_challenge,
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
        assert_ne!(Verifier::new().unwrap(), Verifier::new().unwrap());
    }
}
