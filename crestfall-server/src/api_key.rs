//! Header `apikey`: what Supabase's clients send beside, or in place of, a bearer token.

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};

const API_KEY: HeaderName = HeaderName::from_static("apikey");

/// Takes the key for a bearer token when there is no `Authorization`, which decides otherwise.
pub(crate) fn take_key(headers: &mut HeaderMap) {
    if headers.contains_key(AUTHORIZATION) {
        return;
    }
    let Some(key) = headers.get(API_KEY) else {
        return;
    };
    let bearer = [b"Bearer ", key.as_bytes()].concat();
    if let Ok(mut bearer) = HeaderValue::from_bytes(&bearer) {
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(pairs: &[(&'static str, &'static str)]) -> Option<String> {
        let mut headers: HeaderMap = pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        take_key(&mut headers);
        let found = headers.get(AUTHORIZATION)?;
        Some(found.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_key_is_a_token_only_where_there_is_none() {
        assert_eq!(taken(&[("apikey", "a.b.c")]).unwrap(), "Bearer a.b.c");
        let both = [("apikey", "a.b.c"), ("authorization", "Bearer d")];
        assert_eq!(taken(&both).unwrap(), "Bearer d");
        assert_eq!(taken(&[]), None);
    }
}
