//! Versions of resources (RFC 7644, section 3.14): who changes a user by a stale view of it is told.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::StatusCode;
use http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};
use serde_json::Value;

use super::error::{ScimError, ScimResult};

/// The version of what is shown of a resource.
pub(crate) fn of(resource: &Value) -> String {
    let hash = digest(&SHA256, resource.to_string().as_bytes());
    let hash = BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..12]);
    format!("W/\"{hash}\"")
}

/// # Errors
/// 412: the resource is no longer what the client takes it for.
pub(crate) fn check(headers: &HeaderMap, version: &str) -> ScimResult<()> {
    match named(headers, IF_MATCH) {
        Some(versions) if !is_among(&versions, version) => Err(ScimError::new(
            StatusCode::PRECONDITION_FAILED,
            "The resource has changed since",
        )),
        _ => Ok(()),
    }
}

/// Whether the client has this version already.
pub(crate) fn is_known(headers: &HeaderMap, version: &str) -> bool {
    named(headers, IF_NONE_MATCH).is_some_and(|versions| is_among(&versions, version))
}

fn named(headers: &HeaderMap, name: HeaderName) -> Option<Vec<&str>> {
    let mut all = headers.get_all(name).iter().peekable();
    all.peek()?;
    let texts = all.filter_map(|value| value.to_str().ok());
    Some(
        texts
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .collect(),
    )
}

/// Weakly, as RFC 9110 has it: whether both are the same but for `W/`.
fn is_among(versions: &[&str], version: &str) -> bool {
    let plain = |text: &str| text.strip_prefix("W/").unwrap_or(text).to_owned();
    let mut versions = versions.iter();
    versions.any(|one| *one == "*" || plain(one) == plain(version))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_version_follows_from_what_is_shown() {
        let (one, other) = (of(&json!({ "a": 1 })), of(&json!({ "a": 2 })));
        assert_ne!(one, other);
        let headers = |text: &str| {
            let value = text.parse().expect("a header");
            HeaderMap::from_iter([(IF_MATCH, value)])
        };
        assert!(check(&HeaderMap::new(), &one).is_ok());
        assert!(check(&headers("*"), &one).is_ok());
        assert!(check(&headers(&format!("{other}, {one}")), &one).is_ok());
        assert!(check(&headers(&other), &one).is_err());
        assert!(check(&headers("nonsense"), &one).is_err());
        assert!(!is_known(&headers(&one), &one), "it is another header");
    }
}
