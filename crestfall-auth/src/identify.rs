//! The layer that says who a request comes from, to whatever is below it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::response::{IntoResponse, Response};
use crestfall_core::{Identity, Problem};
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{Request, StatusCode};
use tower::{Layer, Service};
use uuid::Uuid;

use crate::auth::Auth;
use crate::signed_in::check_claims;

/// Puts an [`Identity`] into each request's extensions: the one that its credentials prove, or the
/// anonymous one without any. Bad credentials are answered with a [`Problem`] and go no further.
#[derive(Clone, Debug)]
pub struct IdentifyLayer {
    auth: Auth,
}

impl IdentifyLayer {
    pub(crate) fn new(auth: Auth) -> Self {
        Self { auth }
    }
}

impl Auth {
    /// Gives every request an [`Identity`].
    pub fn layer(&self) -> IdentifyLayer {
        IdentifyLayer::new(self.clone())
    }

    /// The identity that a request's credentials prove; the anonymous one without any.
    ///
    /// # Errors
    /// Credentials that are wrong, have expired or were revoked: never a fallback to anonymous.
    pub async fn identify(&self, parts: &Parts) -> Result<Identity, Problem> {
        let verifier = self.verifier().load_full();
        let identity = verifier.identify_or_refresh(&parts.headers).await?;
        if identity.is_authenticated() {
            check_claims(self, &identity).map_err(refused)?;
        }
        self.check_session(&identity)?;
        Ok(identity)
    }

    /// Refuses a token whose session has ended.
    pub(crate) fn check_session(&self, identity: &Identity) -> Result<(), Problem> {
        if !self.config().sessions.immediate_revocation {
            return Ok(());
        }
        let session = identity
            .claims()
            .get("session_id")
            .and_then(|claim| claim.as_str());
        let session = session.and_then(|text| text.parse::<Uuid>().ok());
        match session.is_some_and(|session| self.revocations().contains(session)) {
            false => Ok(()),
            true => Err(ended()),
        }
    }
}

fn refused(reason: &'static str) -> Problem {
    let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{reason}\"");
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "CF401", reason);
    match HeaderValue::try_from(challenge) {
        Ok(challenge) => problem.header(WWW_AUTHENTICATE, challenge),
        Err(_) => problem,
    }
}

fn ended() -> Problem {
    let challenge = "Bearer error=\"invalid_token\", error_description=\"The session has ended\"";
    Problem::new(StatusCode::UNAUTHORIZED, "CF401", "The session has ended")
        .hint("Sign in again")
        .header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

impl<S> Layer<S> for IdentifyLayer {
    type Service = Identify<S>;

    fn layer(&self, inner: S) -> Identify<S> {
        Identify {
            inner,
            auth: self.auth.clone(),
        }
    }
}

/// The service [`IdentifyLayer`] makes.
#[derive(Clone, Debug)]
pub struct Identify<S> {
    inner: S,
    auth: Auth,
}

impl<S, B> Service<Request<B>> for Identify<S>
where
    S: Service<Request<B>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let auth = self.auth.clone();
        // The clone may not be ready; the service that was polled is.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match auth.identify(&parts).await {
                Ok(identity) => {
                    parts.extensions.insert(identity);
                    inner.call(Request::from_parts(parts, body)).await
                }
                Err(problem) => Ok(problem.into_response()),
            }
        })
    }
}
