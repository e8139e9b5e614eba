//! The layer that says who a request comes from, to whatever is below it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use crestfall_core::{Identity, Problem};
use http::header::{HeaderValue, SET_COOKIE, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{Request, StatusCode};
use tower::{Layer, Service};
use uuid::Uuid;

use crate::auth::Auth;
use crate::authenticator::credential::Credential;

/// A way to prove who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Authenticator {
    /// Access tokens, ours and those of `issuers`.
    Bearer,
    /// API keys, in whichever header.
    ApiKey,
    /// HTTP Message Signatures (RFC 9421).
    Signature,
    /// User and password, or an API key in the password's place (RFC 7617).
    Basic,
    /// The session cookie.
    Cookie,
}

const ALL: [Authenticator; 5] = [
    Authenticator::Bearer,
    Authenticator::ApiKey,
    Authenticator::Signature,
    Authenticator::Basic,
    Authenticator::Cookie,
];

/// The successor of a session cookie, to be sent with the answer as `Set-Cookie`. In the extensions of
/// a request that [`Auth::identify_request`] gave back; the layer sends it itself.
#[derive(Clone, Debug)]
pub struct RenewedCookie(pub HeaderValue);

/// Puts an [`Identity`] into each request's extensions: the one that its credentials prove, or the
/// anonymous one without any. Bad credentials are answered with a [`Problem`] and go no further.
#[derive(Clone, Debug)]
pub struct IdentifyLayer {
    auth: Auth,
    allowed: Vec<Authenticator>,
}

impl IdentifyLayer {
    pub(crate) fn new(auth: Auth) -> Self {
        let allowed = ALL.to_vec();
        Self { auth, allowed }
    }

    /// Accepts these alone. Any other credential is refused, but for the cookie, which browsers send
    /// unasked: it is passed over.
    #[must_use]
    pub fn only(mut self, authenticators: impl IntoIterator<Item = Authenticator>) -> Self {
        self.allowed = authenticators.into_iter().collect();
        self
    }
}

impl Auth {
    /// Gives every request an [`Identity`].
    pub fn layer(&self) -> IdentifyLayer {
        IdentifyLayer::new(self.clone())
    }

    /// The identity that the credentials of a request without body prove; the anonymous one without
    /// any. A signed request that may have a body is refused: see
    /// [`identify_request`](Self::identify_request).
    ///
    /// # Errors
    /// Credentials that are wrong, have expired or were revoked, and more than one of them: never a
    /// fallback to anonymous.
    pub async fn identify(&self, parts: &Parts) -> Result<Identity, Problem> {
        let auth = self.now();
        match auth.credential(parts, &ALL)? {
            Credential::Signature => auth.identify_signed_head(parts).await,
            other => Ok(auth.identify_head(other, parts).await?.0),
        }
    }

    /// The identity that a request's credentials prove, and the request, whose body may have been
    /// read: a signature covers it. Its extensions may have a [`RenewedCookie`].
    ///
    /// # Errors
    /// As [`identify`](Self::identify).
    pub async fn identify_request(
        &self,
        request: Request<Body>,
    ) -> Result<(Request<Body>, Identity), Problem> {
        self.now().identify_by(request, &ALL).await
    }

    async fn identify_by(
        &self,
        request: Request<Body>,
        allowed: &[Authenticator],
    ) -> Result<(Request<Body>, Identity), Problem> {
        let (mut parts, body) = request.into_parts();
        let (identity, renewed) = match self.credential(&parts, allowed)? {
            Credential::Signature => {
                let request = Request::from_parts(parts, body);
                return self.identify_signed(request).await;
            }
            other => self.identify_head(other, &parts).await?,
        };
        if let Some(cookie) = renewed {
            parts.extensions.insert(RenewedCookie(cookie));
        }
        Ok((Request::from_parts(parts, body), identity))
    }

    fn credential<'a>(
        &self,
        parts: &'a Parts,
        allowed: &[Authenticator],
    ) -> Result<Credential<'a>, Problem> {
        let is_allowed = |authenticator| allowed.contains(&authenticator);
        let cookies = self.cookies();
        let cookie = cookies
            .cookie()
            .filter(|_| is_allowed(Authenticator::Cookie));
        let credential = Credential::find(&parts.headers, cookie)
            .map_err(|unclear| unclear.problem(&self.config().basic.realm))?;
        match authenticator(&credential).is_none_or(is_allowed) {
            true => Ok(credential),
            false => Err(not_here()),
        }
    }

    /// Judges all but signatures, by the head alone. Gives a cookie's successor if it is due.
    async fn identify_head(
        &self,
        credential: Credential<'_>,
        parts: &Parts,
    ) -> Result<(Identity, Option<HeaderValue>), Problem> {
        let identity = match credential {
            Credential::None => self.verifier().load().anonymous()?,
            Credential::Token { token, app_key } => {
                if let Some(key) = app_key {
                    self.check_app_key(key, parts).await?;
                }
                self.identify_token(token).await?
            }
            Credential::ApiKey(key) => self.identify_api_key(key, parts).await?,
            Credential::Basic(basic) => self.identify_basic(&basic, parts).await?,
            Credential::Cookie(value) => return self.identify_cookie(value, parts).await,
            Credential::Signature => self.identify_signed_head(parts).await?,
        };
        Ok((identity, None))
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

pub(crate) fn refused(reason: &'static str) -> Problem {
    let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{reason}\"");
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "CF401", reason);
    match HeaderValue::try_from(challenge) {
        Ok(challenge) => problem.header(WWW_AUTHENTICATE, challenge),
        Err(_) => problem,
    }
}

fn authenticator(credential: &Credential<'_>) -> Option<Authenticator> {
    match credential {
        Credential::None => None,
        Credential::Token { .. } => Some(Authenticator::Bearer),
        Credential::ApiKey(_) => Some(Authenticator::ApiKey),
        Credential::Signature => Some(Authenticator::Signature),
        Credential::Basic(_) => Some(Authenticator::Basic),
        Credential::Cookie(_) => Some(Authenticator::Cookie),
    }
}

fn not_here() -> Problem {
    let message = "This kind of credential is not accepted here";
    Problem::new(StatusCode::UNAUTHORIZED, "credential_not_accepted", message)
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
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
            layer: self.clone(),
        }
    }
}

/// The service [`IdentifyLayer`] makes.
#[derive(Clone, Debug)]
pub struct Identify<S> {
    inner: S,
    layer: IdentifyLayer,
}

impl<S> Service<Request<Body>> for Identify<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let layer = self.layer.clone();
        // The clone may not be ready; the service that was polled is.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let (mut request, identity) =
                match layer.auth.now().identify_by(request, &layer.allowed).await {
                    Ok(identified) => identified,
                    Err(problem) => return Ok(problem.into_response()),
                };
            let renewed = request.extensions_mut().remove::<RenewedCookie>();
            request.extensions_mut().insert(identity.clone());
            let mut response = inner.call(request).await?;
            // For what stands outside: logs of answers and of refusals.
            response.extensions_mut().insert(identity);
            if let Some(RenewedCookie(cookie)) = renewed {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
            Ok(response)
        })
    }
}
