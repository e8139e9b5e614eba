//! The user who calls, for handlers of an embedder.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use crestfall_core::{Identity, Problem};
use http::StatusCode;
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::request::Parts;
use serde_json::Value;
use uuid::Uuid;

/// Who calls, where only a user may: a handler that takes one is behind a sign-in, and one that takes
/// an `Option` is for everybody. By session, cookie, Basic or a key of the user's, whatever
/// [`Auth::layer`](crate::Auth::layer) accepted; 401 without.
///
/// A key and an OAuth client act for their user within scopes: ask for those by
/// [`RequireScopeLayer`](crate::RequireScopeLayer).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CurrentUser {
    /// The same for ever.
    pub id: Uuid,
    /// The mail address, if the user has one.
    pub email: Option<String>,
    /// A guest, who has neither address nor password.
    pub is_anonymous: bool,
    /// All that the credential says.
    pub identity: Identity,
}

impl CurrentUser {
    /// None for who is nobody, and for a project's or service's key, which is no user.
    pub fn of(identity: &Identity) -> Option<Self> {
        let claim = |name: &str| identity.claims().get(name);
        let text = |name: &str| claim(name).and_then(Value::as_str);
        Some(Self {
            id: text("sub")?.parse().ok()?,
            email: text("email")
                .filter(|email| !email.is_empty())
                .map(str::to_owned),
            is_anonymous: claim("is_anonymous").and_then(Value::as_bool) == Some(true),
            identity: identity.clone(),
        })
    }
}

async fn identity<S: Sync>(parts: &mut Parts, state: &S) -> Identity {
    let Ok(identity) = Identity::from_request_parts(parts, state).await;
    identity
}

impl<S: Send + Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Self::of(&identity(parts, state).await).ok_or_else(|| {
            let message = "This needs a user who is signed in";
            Problem::new(StatusCode::UNAUTHORIZED, "sign_in_required", message)
                .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        })
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Infallible> {
        Ok(Self::of(&identity(parts, state).await))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(claims: Value) -> Option<CurrentUser> {
        let claims = claims.as_object().expect("an object").clone();
        CurrentUser::of(&Identity::from_token("authenticated".into(), claims))
    }

    #[test]
    fn a_user_is_who_has_an_id() {
        let id = "3f333df6-90a4-4fda-8dd3-9485d27cee36";
        let user = of(json!({ "sub": id, "email": "ada@example.org" })).expect("a user");
        assert_eq!(user.id.to_string(), id);
        assert_eq!(user.email.as_deref(), Some("ada@example.org"));
        assert!(!user.is_anonymous);
        let guest = of(json!({ "sub": id, "email": "", "is_anonymous": true })).expect("a guest");
        assert_eq!((guest.email, guest.is_anonymous), (None, true));
        assert!(of(json!({ "role": "service_role" })).is_none());
        assert!(of(json!({ "sub": "a machine" })).is_none());
        assert!(CurrentUser::of(&Identity::anonymous("anon")).is_none());
    }
}
