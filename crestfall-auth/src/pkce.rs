//! Proof Key for Code Exchange (RFC 7636): a sign-in that ends elsewhere than it began gives a code
//! that only the program that began it can exchange (GT-010, GT-078).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::body::or_default;
use crate::error::{Error, ErrorCode, Result};

/// What a client sends to begin an exchange; empty for the implicit flow.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Challenge {
    #[serde(deserialize_with = "or_default")]
    code_challenge: String,
    #[serde(deserialize_with = "or_default")]
    code_challenge_method: String,
}

/// How the challenge is made of the verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "auth.code_challenge_method", rename_all = "lowercase")]
pub(crate) enum Method {
    S256,
    Plain,
}

impl Challenge {
    /// As it comes in a query.
    pub(crate) fn new(code_challenge: String, code_challenge_method: String) -> Self {
        Self {
            code_challenge,
            code_challenge_method,
        }
    }

    /// The challenge and its method; none when none was sent.
    ///
    /// # Errors
    /// Half of one, or one that RFC 7636 does not allow.
    pub(crate) fn check(&self) -> Result<Option<(&str, Method)>> {
        if self.code_challenge.is_empty() != self.code_challenge_method.is_empty() {
            return Err(Error::invalid(
                "PKCE flow requires code_challenge_method and code_challenge",
            ));
        }
        if self.code_challenge.is_empty() {
            return Ok(None);
        }
        let method = if self.code_challenge_method.eq_ignore_ascii_case("s256") {
            Method::S256
        } else if self.code_challenge_method.eq_ignore_ascii_case("plain") {
            Method::Plain
        } else {
            return Err(Error::invalid(
                "code challenge method not supported; use \"s256\" or \"plain\"",
            ));
        };
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        if !(43..=128).contains(&self.code_challenge.len()) {
            return Err(Error::invalid(
                "code challenge has to be between 43 and 128 characters",
            ));
        }
        if !self.code_challenge.bytes().all(unreserved) {
            return Err(Error::invalid(
                "code challenge can only contain alphanumeric characters, hyphens, periods, \
                 underscores and tildes",
            ));
        }
        Ok(Some((&self.code_challenge, method)))
    }
}

/// Whether this verifier made the challenge. In constant time.
///
/// # Errors
/// It did not.
pub(crate) fn verify(challenge: &str, method: Method, verifier: &str) -> Result<()> {
    let made = match method {
        Method::Plain => verifier.to_owned(),
        Method::S256 => BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())),
    };
    match bool::from(made.as_bytes().ct_eq(challenge.as_bytes())) {
        true => Ok(()),
        false => Err(Error::new(
            ErrorCode::BadCodeVerifier,
            "code challenge does not match previously saved code verifier",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn the_verifier_of_the_rfc_answers_its_challenge() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(verify(challenge, Method::S256, verifier).is_ok());
        assert!(verify(challenge, Method::Plain, verifier).is_err());
        assert!(verify(challenge, Method::S256, "another").is_err());
    }

    #[test]
    fn half_a_challenge_is_none() {
        let check = |challenge: &str, method: &str| {
            Challenge::new(challenge.to_owned(), method.to_owned())
                .check()
                .map(|c| c.is_some())
                .ok()
        };
        assert_eq!(check("", ""), Some(false));
        assert_eq!(check(&"a".repeat(43), "S256"), Some(true));
        assert_eq!(check(&"a".repeat(43), ""), None);
        assert_eq!(check("", "plain"), None);
        assert_eq!(check(&"a".repeat(42), "plain"), None);
        assert_eq!(check(&"a".repeat(129), "plain"), None);
        assert_eq!(check(&"!".repeat(43), "plain"), None);
        assert_eq!(check(&"a".repeat(43), "s512"), None);
    }
}
