//! The layer that lets only those through who have proved a second factor.

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::response::{IntoResponse, Response};
use crestfall_core::{Identity, Problem};
use futures_util::future::Either;
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::{Request, StatusCode};
use tower::{Layer, Service};

/// Lets only requests through whose [`Identity`] has proved a second factor: `aal2` or more in the
/// token's claims. Put it below [`Auth::layer`](crate::Auth::layer), around the routes that need it.
///
/// Who has not is answered 403 with a [`Problem`] of code `insufficient_aal`, and a challenge as in
/// RFC 9470; who is not signed in, 401. Keys of services have proved no factor either.
///
/// ```
/// use axum::{Router, routing::{get, post}};
/// use crestfall_auth::{Auth, RequireAal2Layer};
///
/// # fn app(auth: Auth) -> Router {
/// let money = Router::new()
///     .route("/transfers", post(|| async { "sent" }))
///     .layer(RequireAal2Layer::new());
/// Router::new()
///     .route("/balance", get(|| async { "42" }))
///     .merge(money)
///     .layer(auth.layer())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct RequireAal2Layer {
    _private: (),
}

impl RequireAal2Layer {
    /// The layer.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<S> Layer<S> for RequireAal2Layer {
    type Service = RequireAal2<S>;

    fn layer(&self, inner: S) -> RequireAal2<S> {
        RequireAal2 { inner }
    }
}

/// The service [`RequireAal2Layer`] makes.
#[derive(Clone, Debug)]
pub struct RequireAal2<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for RequireAal2<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match check(request.extensions().get::<Identity>()) {
            Ok(()) => Either::Left(self.inner.call(request)),
            Err(problem) => Either::Right(ready(Ok(problem.into_response()))),
        }
    }
}

fn check(identity: Option<&Identity>) -> Result<(), Box<Problem>> {
    let identity = identity.filter(|identity| identity.is_authenticated());
    let Some(identity) = identity else {
        let problem = Problem::new(
            StatusCode::UNAUTHORIZED,
            "no_authorization",
            "This needs somebody who is signed in",
        );
        let challenge = HeaderValue::from_static("Bearer");
        return Err(Box::new(
            problem
                .hint("Send an access token")
                .header(WWW_AUTHENTICATE, challenge),
        ));
    };
    let aal = identity.claims().get("aal").and_then(|aal| aal.as_str());
    match aal {
        Some("aal2" | "aal3") => Ok(()),
        _ => Err(Box::new(insufficient())),
    }
}

fn insufficient() -> Problem {
    let challenge = "Bearer error=\"insufficient_user_authentication\", error_description=\"A second factor is needed\", acr_values=\"aal2\"";
    Problem::new(
        StatusCode::FORBIDDEN,
        "insufficient_aal",
        "This needs a session with a second factor (aal2)",
    )
    .hint("Prove a second factor: POST /factors/{id}/challenge and /factors/{id}/verify, or /factors/recovery-codes/verify; set one up with POST /factors")
    .header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}
