//! Keys and tokens as requests carry them: headers that are made once and sent often.

use http::HeaderValue;

use crate::error::Error;

const SCHEME: &str = "Bearer ";

/// An access token. Not shown by `Debug`.
#[derive(Debug, Clone)]
pub(crate) struct Bearer(HeaderValue);

impl Bearer {
    pub(crate) fn new(token: &str) -> Result<Self, Error> {
        secret(&format!("{SCHEME}{token}")).map(Self)
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    pub(crate) fn token(&self) -> &str {
        let text = self.0.to_str().unwrap_or_default();
        text.strip_prefix(SCHEME).unwrap_or(text)
    }
}

/// A project's key, which is a token too.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) header: HeaderValue,
    pub(crate) bearer: Bearer,
}

impl Key {
    pub(crate) fn new(key: &str) -> Result<Self, Error> {
        Ok(Self {
            header: secret(key)?,
            bearer: Bearer::new(key)?,
        })
    }
}

fn secret(text: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| Error::Request("a key or token has characters that no header has".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_header_that_nobody_sees() {
        let bearer = Bearer::new("a.b.c").unwrap();
        assert_eq!(bearer.token(), "a.b.c");
        assert_eq!(bearer.header(), "Bearer a.b.c");
        assert!(!format!("{bearer:?}").contains("a.b.c"));
        assert!(Key::new("a\nb").is_err());
    }
}
