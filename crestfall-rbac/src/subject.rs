//! Who asks, as `rbac.subject()` says it in the database.

use std::borrow::Cow;

use crestfall_core::Identity;
use serde_json::Value;

/// The role that passes by every policy, and so by every decision.
pub(crate) const SERVICE_ROLE: &str = "service_role";

/// `sub` of the claims; for a key that is nobody's, the key. None for who is anonymous.
pub fn subject_of(identity: &Identity) -> Option<Cow<'_, str>> {
    let claim = |name: &str| {
        let text = identity.claims().get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    };
    match claim("sub").filter(|subject| *subject != "*") {
        Some(subject) => Some(Cow::Borrowed(subject)),
        None => claim("api_key_id").map(|key| Cow::Owned(format!("api_key:{key}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subject_is_the_claim_or_the_key() {
        for (claims, expected) in [
            (json!({ "sub": "ada" }), Some("ada")),
            (json!({ "sub": "ada", "api_key_id": "k" }), Some("ada")),
            (json!({ "api_key_id": "k" }), Some("api_key:k")),
            (json!({ "sub": "", "api_key_id": "k" }), Some("api_key:k")),
            (json!({ "sub": "*" }), None),
            (json!({ "sub": 7 }), None),
            (json!({ "sub": "" }), None),
            (json!({}), None),
        ] {
            let members = claims.as_object().cloned().expect("an object");
            let identity = Identity::from_token("authenticated".into(), members);
            assert_eq!(subject_of(&identity).as_deref(), expected, "{claims}");
        }
    }
}
