//! Refuses callers whose key, or whose token's scopes, do not cover what they ask for.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::response::{IntoResponse, Response};
use crestfall_core::identity::Proof;
use crestfall_core::{Identity, Problem};
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::{Method, Request, StatusCode};
use tower::{Layer, Service};

use crate::api_key::{Scope, ScopeError, Scopes};

/// What an identity may do at most: the scopes of its key, or of its token.
///
/// A key has those of its claim `scope` and no other. A token without scopes of the form
/// `resource:action` (a user's own session; OpenID Connect's `openid email`) is not limited by them.
/// The anonymous identity has none.
pub fn scopes_of(identity: &Identity) -> Scopes {
    let claim = identity
        .claims()
        .get("scope")
        .and_then(|scope| scope.as_str());
    let parts = claim.unwrap_or_default().split_ascii_whitespace();
    // One that makes no sense allows nothing.
    let scopes = Scopes::parse(parts.filter(|part| part.contains(':'))).unwrap_or_default();
    let is_key = identity.claims().get("api_key_id").is_some();
    match identity.proof() {
        Proof::Anonymous => Scopes::default(),
        _ if is_key || !scopes.is_empty() => scopes,
        _ => Scopes::all(),
    }
}

/// Lets a request pass whose [`Identity`] has a scope. To stand below [`Auth::layer`](crate::Auth::layer).
/// Without credentials: 401; without the scope: 403, both with a [`Problem`].
///
/// ```
/// use crestfall_auth::RequireScopeLayer;
/// let reports = RequireScopeLayer::new("reports:read")?;
/// let rest = RequireScopeLayer::of_resource("rest")?.allow_anonymous();
/// # Ok::<(), crestfall_auth::api_key::ScopeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequireScopeLayer {
    /// For methods that change nothing.
    reading: Scope,
    /// For all others.
    writing: Scope,
    anonymous: bool,
}

impl RequireScopeLayer {
    /// One scope, `resource:action`, for every method.
    ///
    /// # Errors
    /// It is no scope.
    pub fn new(scope: &str) -> Result<Self, ScopeError> {
        let scope: Scope = scope.parse()?;
        Ok(Self {
            reading: scope.clone(),
            writing: scope,
            anonymous: false,
        })
    }

    /// `resource:read` for `GET`, `HEAD` and `OPTIONS`, `resource:write` for all other methods.
    ///
    /// # Errors
    /// It is no resource.
    pub fn of_resource(resource: &str) -> Result<Self, ScopeError> {
        Ok(Self {
            reading: format!("{resource}:read").parse()?,
            writing: format!("{resource}:write").parse()?,
            anonymous: false,
        })
    }

    /// Lets requests without credentials pass: what they may do is for their role to say.
    #[must_use]
    pub fn allow_anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    fn check(&self, method: &Method, identity: Option<&Identity>) -> Result<(), Problem> {
        let wanted = match *method {
            Method::GET | Method::HEAD | Method::OPTIONS => &self.reading,
            _ => &self.writing,
        };
        match identity.filter(|identity| identity.is_authenticated()) {
            None if self.anonymous => Ok(()),
            None => Err(unauthenticated()),
            Some(identity) if scopes_of(identity).covers(wanted) => Ok(()),
            Some(_) => Err(insufficient(wanted)),
        }
    }
}

fn unauthenticated() -> Problem {
    let message = "This needs credentials";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", message)
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

/// RFC 6750, section 3.1.
fn insufficient(wanted: &Scope) -> Problem {
    let message = format!("This needs the scope `{wanted}`");
    let problem = Problem::new(StatusCode::FORBIDDEN, "insufficient_scope", message);
    let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{wanted}\"");
    match HeaderValue::try_from(challenge) {
        Ok(challenge) => problem.header(WWW_AUTHENTICATE, challenge),
        Err(_) => problem,
    }
}

impl<S> Layer<S> for RequireScopeLayer {
    type Service = RequireScope<S>;

    fn layer(&self, inner: S) -> RequireScope<S> {
        RequireScope {
            inner,
            rule: self.clone(),
        }
    }
}

/// The service [`RequireScopeLayer`] makes.
#[derive(Clone, Debug)]
pub struct RequireScope<S> {
    inner: S,
    rule: RequireScopeLayer,
}

impl<S, B> Service<Request<B>> for RequireScope<S>
where
    S: Service<Request<B>, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let identity = request.extensions().get::<Identity>();
        match self.rule.check(request.method(), identity) {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(problem) => Box::pin(std::future::ready(Ok(problem.into_response()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn identity(proof: Proof, claims: serde_json::Value) -> Identity {
        let claims = claims.as_object().cloned().unwrap_or_else(Map::new);
        Identity::proved("authenticated".into(), claims, proof)
    }

    fn status(layer: &RequireScopeLayer, method: Method, identity: &Identity) -> u16 {
        match layer.check(&method, Some(identity)) {
            Ok(()) => 200,
            Err(problem) => problem.status().as_u16(),
        }
    }

    #[test]
    fn a_key_has_its_scopes_and_a_session_all() {
        let layer = RequireScopeLayer::of_resource("rest").expect("a resource");
        let key =
            |scope: &str| identity(Proof::ApiKey, json!({ "api_key_id": "k", "scope": scope }));
        for (identity, get, post) in [
            (identity(Proof::Token, json!({})), 200, 200),
            (
                identity(Proof::Token, json!({ "scope": "openid email" })),
                200,
                200,
            ),
            (
                identity(Proof::Token, json!({ "scope": "openid rest:read" })),
                200,
                403,
            ),
            (identity(Proof::Cookie, json!({})), 200, 200),
            (key("rest:read"), 200, 403),
            (key("rest:*"), 200, 200),
            (key("*:read storage:write"), 200, 403),
            (key(""), 403, 403),
            (key("openid"), 403, 403),
            (key("a:b c:D"), 403, 403),
            (Identity::default(), 401, 401),
        ] {
            assert_eq!(status(&layer, Method::GET, &identity), get, "{identity:?}");
            assert_eq!(
                status(&layer, Method::POST, &identity),
                post,
                "{identity:?}"
            );
        }
        let open = layer.allow_anonymous();
        assert_eq!(status(&open, Method::POST, &Identity::default()), 200);
        assert!(open.check(&Method::GET, None).is_ok());
    }
}
