//! What a client may know of a user, by its scopes (OpenID Connect Core, section 5.4).

use serde_json::{Map, Value};

use super::scope::{EMAIL, PHONE, PROFILE, Scopes};
use crate::user::User;

/// The standard claims that these scopes open.
pub(crate) fn by_scope(user: &User, scopes: &Scopes) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut add = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    let said = |names: &[&str]| {
        let texts = names
            .iter()
            .filter_map(|name| user.user_metadata.get(*name)?.as_str());
        texts.into_iter().find(|text| !text.is_empty())
    };
    if scopes.contains(EMAIL) && !user.email().is_empty() {
        add("email", user.email().into());
        add("email_verified", user.is_email_confirmed().into());
    }
    if scopes.contains(PHONE) && !user.phone().is_empty() {
        add("phone_number", user.phone().into());
        add("phone_number_verified", user.is_phone_confirmed().into());
    }
    if scopes.contains(PROFILE) {
        // The address stands in for a name only where the client knows it anyway.
        let address = Some(user.email()).filter(|_| scopes.contains(EMAIL));
        let name = said(&["name", "full_name"]).or(address.filter(|text| !text.is_empty()));
        let claims = [
            ("name", name),
            ("picture", said(&["picture", "avatar_url"])),
            (
                "preferred_username",
                said(&["preferred_username", "username"]),
            ),
        ];
        for (claim, value) in claims {
            if let Some(value) = value {
                add(claim, value.into());
            }
        }
        add("updated_at", user.updated_at.timestamp().into());
    }
    claims
}
