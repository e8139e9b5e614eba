//! Which credential a request carries. Never two: which of them counts would be a guess.
//!
//! - `Authorization: Bearer` has a token, or an API key.
//! - `apikey` and `x-api-key` may have an API key. What is no key of ours there (Supabase's `apikey`
//!   is often a JWT) proves nothing and is passed over.
//! - `Signature-Input` is a signature; `Authorization: Basic` is user and password. Other schemes of
//!   `Authorization` are another's business (S3's, a proxy's).
//! - A key of a service beside a bearer token says which application asks, as with Supabase: it has to
//!   be good, and the token decides. Any other two credentials are refused, though the same key
//!   may be sent twice.
//! - A session cookie is looked at only where no header has a credential: browsers send it unasked.

use std::fmt;

use crestfall_core::{Problem, jwt};
use http::header::{AUTHORIZATION, HeaderValue};
use http::{HeaderMap, HeaderName};

use super::refused;
use crate::api_key::looks_like_key;
use crate::basic::{Basic, BasicError};
use crate::cookie::SessionCookie;
use crate::signature::is_signed;

const KEY_HEADERS: [HeaderName; 2] = [
    HeaderName::from_static("apikey"),
    HeaderName::from_static("x-api-key"),
];

/// What a request carries. `Debug` shows its kind only.
pub(crate) enum Credential<'a> {
    None,
    /// A bearer token, and the key of the application that sends it.
    Token {
        token: &'a [u8],
        app_key: Option<&'a str>,
    },
    ApiKey(&'a str),
    Signature,
    Basic(Basic),
    Cookie(&'a str),
}

/// Why the credentials of a request cannot be judged.
#[derive(Debug)]
pub(crate) enum Unclear {
    /// Two of them.
    Many,
    /// Two headers `Authorization`.
    ManyAuthorizations(usize),
    Basic(BasicError),
}

/// What the header `Authorization` has.
enum Authorization<'a> {
    None,
    Bearer(&'a [u8]),
    Basic(Basic),
}

impl<'a> Credential<'a> {
    /// The credential of a request. `cookie` is none where cookies are not accepted.
    pub(crate) fn find(
        headers: &'a HeaderMap,
        cookie: Option<&SessionCookie>,
    ) -> Result<Self, Unclear> {
        let authorization = authorization(headers)?;
        let key = header_key(headers)?;
        let signed = is_signed(headers);
        match (authorization, key, signed) {
            (Authorization::None, None, true) => Ok(Self::Signature),
            (_, _, true) => Err(Unclear::Many),
            (Authorization::Bearer(token), key, _) => bearer(token, key),
            (Authorization::Basic(basic), None, _) => Ok(Self::Basic(basic)),
            (Authorization::Basic(_), Some(_), _) => Err(Unclear::Many),
            (Authorization::None, Some(key), _) => Ok(Self::ApiKey(key)),
            (Authorization::None, None, _) => {
                let value = cookie.and_then(|cookie| cookie.read(headers));
                Ok(value.map_or(Self::None, Self::Cookie))
            }
        }
    }
}

fn bearer<'a>(token: &'a [u8], key: Option<&'a str>) -> Result<Credential<'a>, Unclear> {
    let as_key = std::str::from_utf8(token).ok();
    match (as_key.filter(|text| looks_like_key(text)), key) {
        (None, app_key) => Ok(Credential::Token { token, app_key }),
        (Some(bearer), None) => Ok(Credential::ApiKey(bearer)),
        (Some(bearer), Some(key)) if bearer == key => Ok(Credential::ApiKey(key)),
        (Some(_), Some(_)) => Err(Unclear::Many),
    }
}

fn authorization(headers: &HeaderMap) -> Result<Authorization<'_>, Unclear> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(Authorization::None);
    };
    let more = values.count();
    if more > 0 {
        return Err(Unclear::ManyAuthorizations(more + 1));
    }
    let bytes = value.as_bytes();
    let end = bytes
        .iter()
        .position(u8::is_ascii_whitespace)
        .unwrap_or(bytes.len());
    let (scheme, rest) = bytes.split_at(end);
    if scheme.eq_ignore_ascii_case(b"bearer") {
        return Ok(Authorization::Bearer(rest.trim_ascii()));
    }
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return Ok(Authorization::None);
    }
    let text = value
        .to_str()
        .map_err(|_| Unclear::Basic(BasicError::NotBase64))?;
    match Basic::parse(text).map_err(Unclear::Basic)? {
        Some(basic) => Ok(Authorization::Basic(basic)),
        None => Ok(Authorization::None),
    }
}

/// The one API key of the headers made for it.
fn header_key(headers: &HeaderMap) -> Result<Option<&str>, Unclear> {
    let mut found = None;
    for value in KEY_HEADERS
        .iter()
        .flat_map(|name| headers.get_all(name).iter())
    {
        let Some(key) = value.to_str().ok().filter(|text| looks_like_key(text)) else {
            continue;
        };
        if found.is_some_and(|other| other != key) {
            return Err(Unclear::Many);
        }
        found = Some(key);
    }
    Ok(found)
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Token { app_key: None, .. } => "Token",
            Self::Token { .. } => "Token with a key",
            Self::ApiKey(_) => "ApiKey",
            Self::Signature => "Signature",
            Self::Basic(_) => "Basic",
            Self::Cookie(_) => "Cookie",
        })
    }
}

impl Unclear {
    /// What the client is told. `realm` is for the challenge of Basic.
    pub(crate) fn problem(self, realm: &str) -> Problem {
        match self {
            Self::ManyAuthorizations(count) => jwt::Error::ManyCredentials(count).into(),
            Self::Many => many(),
            Self::Basic(error) => {
                super::basic::refusal(realm, "The Basic credentials are malformed")
                    .hint(error.to_string())
            }
        }
    }
}

/// More than one credential.
pub(crate) fn many() -> Problem {
    let challenge = HeaderValue::from_static("Bearer error=\"invalid_request\"");
    refused(
        "many_credentials",
        "The request has more than one credential",
        challenge,
    )
    .hint("Send one of: a token, an API key, a signature, Basic credentials")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "cf_sk_1";

    fn found(lines: &[(&'static str, &'static str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let cookie = SessionCookie::new("s", true).expect("a cookie");
        match Credential::find(&headers, Some(&cookie)) {
            Ok(credential) => format!("{credential:?}"),
            Err(unclear) => format!("{unclear:?}"),
        }
    }

    #[test]
    fn one_credential_is_found_by_its_kind() {
        for (lines, kind) in [
            (&[][..], "None"),
            (&[("authorization", "Bearer a.b.c")][..], "Token"),
            (&[("authorization", "Bearer")], "Token"),
            (&[("authorization", "Bearer cf_sk_1")], "ApiKey"),
            (&[("apikey", KEY)], "ApiKey"),
            (&[("x-api-key", KEY)], "ApiKey"),
            (&[("apikey", "a.b.c")], "None"),
            (&[("signature-input", "x")], "Signature"),
            (&[("signature", "x")], "Signature"),
            (&[("authorization", "Basic YTpi")], "Basic"),
            (&[("authorization", "AWS4-HMAC-SHA256 x")], "None"),
            (&[("cookie", "__Host-s=x")], "Cookie"),
            (&[("cookie", "s=x")], "None"),
        ] {
            assert_eq!(found(lines), kind, "{lines:?}");
        }
    }

    #[test]
    fn a_header_goes_before_a_cookie_and_two_headers_are_refused() {
        for (lines, kind) in [
            (
                &[("authorization", "Bearer a"), ("apikey", "a.b.c")][..],
                "Token",
            ),
            (
                &[("authorization", "Bearer a"), ("apikey", KEY)],
                "Token with a key",
            ),
            (
                &[("authorization", "Bearer cf_sk_1"), ("apikey", KEY)],
                "ApiKey",
            ),
            (
                &[("authorization", "Bearer cf_sk_2"), ("apikey", KEY)],
                "Many",
            ),
            (&[("apikey", KEY), ("x-api-key", "cf_sk_2")], "Many"),
            (&[("apikey", KEY), ("x-api-key", KEY)], "ApiKey"),
            (&[("authorization", "Basic YTpi"), ("apikey", KEY)], "Many"),
            (&[("authorization", "Bearer a"), ("signature", "x")], "Many"),
            (&[("apikey", KEY), ("signature-input", "x")], "Many"),
            (
                &[
                    ("authorization", "Bearer a"),
                    ("authorization", "Basic YTpi"),
                ],
                "ManyAuthorizations(2)",
            ),
            (
                &[("authorization", "Bearer a"), ("cookie", "__Host-s=x")],
                "Token",
            ),
            (&[("authorization", "Basic !!")], "Basic(NotBase64)"),
        ] {
            assert_eq!(found(lines), kind, "{lines:?}");
        }
    }
}
