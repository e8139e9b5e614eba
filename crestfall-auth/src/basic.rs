//! `Authorization: Basic` (RFC 7617): user and password with each request, for machines and tools.

mod cache;

use std::fmt;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

pub use cache::{BasicCache, Checked};

/// Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The challenge for `WWW-Authenticate`: the realm must be printable ASCII without `"` and `\`.
pub fn challenge(realm: &str) -> String {
    let allowed = |character: &char| matches!(character, ' '..='~') && !"\"\\".contains(*character);
    let realm: String = realm.chars().filter(allowed).collect();
    format!("Basic realm=\"{realm}\", charset=\"UTF-8\"")
}

/// The header is no user and password. For a client: 401 with a [`challenge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasicError {
    /// Not Base64.
    #[error("the Basic credentials are not Base64")]
    NotBase64,
    /// Not UTF-8, as we announce it.
    #[error("the Basic credentials are not UTF-8")]
    NotUtf8,
    /// No colon between user and password.
    #[error("the Basic credentials have no colon")]
    NoColon,
    /// A control character, which RFC 7617 forbids.
    #[error("the Basic credentials have a control character")]
    Control,
}

/// A user and password as sent. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Basic {
    user: String,
    password: Zeroizing<String>,
}

impl Basic {
    /// The credentials of an `Authorization` value; none if it is of another scheme.
    ///
    /// # Errors
    /// It says Basic and is malformed.
    pub fn parse(authorization: &str) -> Result<Option<Self>, BasicError> {
        let (scheme, encoded) = match authorization.trim().split_once(' ') {
            Some(parts) => parts,
            None => (authorization.trim(), ""),
        };
        if !scheme.eq_ignore_ascii_case("Basic") {
            return Ok(None);
        }
        let bytes = Zeroizing::new(
            BASE64
                .decode(encoded.trim())
                .map_err(|_| BasicError::NotBase64)?,
        );
        let text = std::str::from_utf8(&bytes).map_err(|_| BasicError::NotUtf8)?;
        // The first colon: a password may have more, a user none.
        let (user, password) = text.split_once(':').ok_or(BasicError::NoColon)?;
        if text.chars().any(char::is_control) {
            return Err(BasicError::Control);
        }
        Ok(Some(Self {
            user: user.to_owned(),
            password: Zeroizing::new(password.to_owned()),
        }))
    }

    /// The user: an e-mail address, phone number or key id.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The password, for its one check.
    pub fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for Basic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Basic").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Option<(String, String)> {
        let basic = Basic::parse(text).ok()??;
        Some((basic.user().to_owned(), basic.password().to_owned()))
    }

    fn pair(user: &str, password: &str) -> Option<(String, String)> {
        Some((user.to_owned(), password.to_owned()))
    }

    #[test]
    fn the_examples_of_rfc_7617_are_read() {
        let aladdin = pair("Aladdin", "open sesame");
        assert_eq!(parse("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), aladdin);
        assert_eq!(parse("bASIC  QWxhZGRpbjpvcGVuIHNlc2FtZQ"), aladdin);
        assert_eq!(parse("Basic dGVzdDoxMjPCow=="), pair("test", "123£"));
    }

    #[test]
    fn the_first_colon_divides() {
        let basic = |text: &str| parse(&format!("Basic {}", BASE64_STANDARD.encode(text)));
        assert_eq!(basic("a:b:c"), pair("a", "b:c"));
        assert_eq!(basic(":"), pair("", ""));
        assert_eq!(basic("user:"), pair("user", ""));
        assert_eq!(basic(" a : b "), pair(" a ", " b "));
    }

    #[test]
    fn another_scheme_is_not_ours_and_a_broken_one_is_refused() {
        for other in ["", "Bearer x", "Basicx QTpC", "Basicx", "Digest a"] {
            assert_eq!(Basic::parse(other), Ok(None), "{other}");
        }
        for (wrong, error) in [
            ("Basic", BasicError::NoColon),
            ("Basic  ", BasicError::NoColon),
            ("Basic !!", BasicError::NotBase64),
            ("Basic QTpC QTpC", BasicError::NotBase64),
            ("Basic QUI=", BasicError::NoColon),
            ("Basic OP8=", BasicError::NotUtf8),
            ("Basic YToKYg==", BasicError::Control),
            ("Basic YQA6Yg==", BasicError::Control),
        ] {
            assert_eq!(Basic::parse(wrong), Err(error), "{wrong}");
        }
    }

    #[test]
    fn debug_shows_no_password() {
        let basic = Basic::parse("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(format!("{basic:?}"), "Ok(Some(Basic { .. }))");
        assert_eq!(
            challenge("a\"b\\c\n é"),
            "Basic realm=\"abc \", charset=\"UTF-8\""
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(Basic )?\\PC{0,40}") {
            let _ = Basic::parse(&text);
        }
    }
}
