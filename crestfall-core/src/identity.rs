//! Who a request acts as in the database.

mod layer;

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use serde_json::{Map, Value};

use crate::jwt;

pub use layer::{Identify, IdentifyLayer, SharedVerifier};

/// The role of a request on which no layer has put an identity.
pub const ANONYMOUS_ROLE: &str = "anon";

/// A database role, the claims policies read, and how they were proved. Cheap to clone.
///
/// As an extractor it never fails: a request on which no [`IdentifyLayer`] has put an identity is
/// [anonymous](Identity::anonymous) with the role [`ANONYMOUS_ROLE`], never more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    role: Arc<str>,
    claims: Arc<Claims>,
    proof: Proof,
}

/// How an identity was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proof {
    /// Not at all.
    Anonymous,
    /// By a signed token.
    Token,
    /// By an API key.
    ApiKey,
    /// By the request's own signature (RFC 9421).
    Signature,
    /// By user and password (RFC 7617).
    Basic,
    /// By a browser's session cookie.
    Cookie,
}

/// The claims of an identity, and their text as `request.jwt.claims` wants it. Both have the role
/// under `role`, wherever the token had it.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    /// An object.
    value: Value,
    text: String,
}

impl Identity {
    /// Nobody in particular, acting as this role.
    pub fn anonymous(role: &str) -> Self {
        Self::new(role.into(), Map::new(), Proof::Anonymous)
    }

    /// Whom a verified token's claims describe. For authenticators: nothing is checked here.
    pub fn from_token(role: Arc<str>, claims: Map<String, Value>) -> Self {
        Self::new(role, claims, Proof::Token)
    }

    /// Whom a credential of another kind stands for. For authenticators: nothing is checked here.
    pub fn proved(role: Arc<str>, claims: Map<String, Value>, proof: Proof) -> Self {
        Self::new(role, claims, proof)
    }

    fn new(role: Arc<str>, claims: Map<String, Value>, proof: Proof) -> Self {
        let claims = Arc::new(Claims::new(claims, &role));
        Self {
            role,
            claims,
            proof,
        }
    }

    /// The database role.
    pub fn role(&self) -> &str {
        &self.role
    }

    /// The database role, shared.
    pub fn shared_role(&self) -> &Arc<str> {
        &self.role
    }

    /// The claims, with `role`.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The claims, shared.
    pub fn shared_claims(&self) -> &Arc<Claims> {
        &self.claims
    }

    /// How it was proved.
    pub fn proof(&self) -> Proof {
        self.proof
    }

    /// Whether it was proved at all.
    pub fn is_authenticated(&self) -> bool {
        self.proof != Proof::Anonymous
    }
}

impl Default for Identity {
    /// Anonymous, as [`ANONYMOUS_ROLE`].
    fn default() -> Self {
        Self::anonymous(ANONYMOUS_ROLE)
    }
}

impl Claims {
    fn new(mut object: Map<String, Value>, role: &str) -> Self {
        object.insert("role".to_owned(), Value::from(role));
        object.sort_keys(); // as PostgREST writes them
        let value = Value::Object(object);
        let text = value.to_string();
        Self { value, text }
    }

    /// One claim.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.value.get(name)
    }

    /// All claims, a JSON object.
    pub fn as_value(&self) -> &Value {
        &self.value
    }

    /// All claims as the text of a JSON object, made once per token.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Names only: values may be personal.
impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set()
            .entries(self.value.as_object().into_iter().flat_map(Map::keys))
            .finish()
    }
}

impl<S: Sync> FromRequestParts<S> for Identity {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// The token of `Authorization: Bearer`, the scheme in any case. None without the header, and none
/// for other schemes, which are another's business (a proxy's Basic, say).
///
/// # Errors
/// [`jwt::Error::ManyCredentials`] for more than one such header.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Result<Option<&[u8]>, jwt::Error> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let more = values.count();
    if more > 0 {
        return Err(jwt::Error::ManyCredentials(more + 1));
    }
    let value = value.as_bytes();
    let end = value
        .iter()
        .position(u8::is_ascii_whitespace)
        .unwrap_or(value.len());
    let (scheme, token) = value.split_at(end);
    let is_bearer = scheme.eq_ignore_ascii_case(b"bearer");
    Ok(is_bearer.then(|| token.trim_ascii_start()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().expect("a header value"));
        let token = bearer_token(&headers).expect("one header");
        token.map(|token| String::from_utf8_lossy(token).into_owned())
    }

    #[test]
    fn the_scheme_is_in_any_case_and_alone_is_an_empty_token() {
        assert_eq!(token("Bearer a.b.c").as_deref(), Some("a.b.c"));
        assert_eq!(token("bEARER  a").as_deref(), Some("a"));
        assert_eq!(token("Bearer").as_deref(), Some(""));
        assert_eq!(token("Bearer ").as_deref(), Some(""));
        assert_eq!(token("Basic dTpw"), None);
        assert_eq!(token("Bearerx y"), None);
    }

    #[test]
    fn two_authorization_headers_are_refused() {
        let mut headers = HeaderMap::new();
        assert_eq!(bearer_token(&headers), Ok(None));
        headers.append(AUTHORIZATION, "Bearer a".parse().expect("a header value"));
        headers.append(AUTHORIZATION, "Basic b".parse().expect("a header value"));
        assert_eq!(bearer_token(&headers), Err(jwt::Error::ManyCredentials(2)));
    }

    #[test]
    fn the_text_of_claims_has_the_role_that_acts() {
        let claims = json!({ "sub": "ada", "role": "from elsewhere", "app": { "role": "editor" } });
        let claims = claims.as_object().expect("an object").clone();
        let identity = Identity::from_token("editor".into(), claims);
        let text = r#"{"app":{"role":"editor"},"role":"editor","sub":"ada"}"#;
        assert_eq!(identity.claims().as_str(), text);
        assert_eq!(identity.claims().get("role"), Some(&"editor".into()));
        assert_eq!(Identity::default().claims().as_str(), r#"{"role":"anon"}"#);
    }

    #[test]
    fn debug_shows_no_claim_values() {
        let claims = json!({ "email": "ada@example.org" });
        let claims = claims.as_object().expect("an object").clone();
        let shown = format!("{:?}", Identity::from_token("editor".into(), claims));
        assert!(
            shown.contains("email") && !shown.contains("ada@"),
            "{shown}"
        );
    }
}
