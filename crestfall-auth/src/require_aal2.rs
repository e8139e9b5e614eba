//! The layer that lets only those through who have proved a second factor.

use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use crestfall_core::{Identity, Problem};
use futures_util::future::Either;
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::{Request, StatusCode};
use tower::{Layer, Service};

use crate::token::{is_second_factor, now};

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
    max_age: Option<Duration>,
}

impl RequireAal2Layer {
    /// A second factor, whenever it was proved in this session.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that was proved no longer ago than this, for what has to be confirmed each time. The
    /// token has to be newer than the proof too: the one that the proof was answered with is.
    #[must_use]
    pub fn within(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }
}

impl<S> Layer<S> for RequireAal2Layer {
    type Service = RequireAal2<S>;

    fn layer(&self, inner: S) -> RequireAal2<S> {
        RequireAal2 {
            inner,
            max_age: self.max_age,
        }
    }
}

/// The service [`RequireAal2Layer`] makes.
#[derive(Clone, Debug)]
pub struct RequireAal2<S> {
    inner: S,
    max_age: Option<Duration>,
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
        match check(request.extensions().get::<Identity>(), self.max_age) {
            Ok(()) => Either::Left(self.inner.call(request)),
            Err(problem) => Either::Right(ready(Ok(problem.into_response()))),
        }
    }
}

fn check(identity: Option<&Identity>, max_age: Option<Duration>) -> Result<(), Box<Problem>> {
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
        Some("aal2" | "aal3") if is_recent(identity, max_age) => Ok(()),
        _ => Err(Box::new(insufficient(max_age))),
    }
}

/// Whether the newest proof of a second factor is young enough.
fn is_recent(identity: &Identity, max_age: Option<Duration>) -> bool {
    let Some(max_age) = max_age else {
        return true;
    };
    let proofs = identity.claims().get("amr").and_then(|amr| amr.as_array());
    let times = proofs.into_iter().flatten().filter_map(|proof| {
        let method = proof.get("method")?.as_str()?;
        let time = proof.get("timestamp")?.as_i64()?;
        is_second_factor(method).then_some(time)
    });
    let age = times.max().map(|newest| now().saturating_sub(newest));
    age.is_some_and(|age| u64::try_from(age).unwrap_or(0) <= max_age.as_secs())
}

fn insufficient(max_age: Option<Duration>) -> Problem {
    let mut challenge = "Bearer error=\"insufficient_user_authentication\", error_description=\"A second factor is needed\", acr_values=\"aal2\"".to_owned();
    let message = match max_age {
        None => "This needs a session with a second factor (aal2)".to_owned(),
        Some(age) => {
            let seconds = age.as_secs();
            challenge.push_str(&format!(", max_age=\"{seconds}\""));
            format!("This needs a second factor (aal2) proved in the last {seconds} seconds")
        }
    };
    let problem = Problem::new(StatusCode::FORBIDDEN, "insufficient_aal", message)
        .hint("Prove a second factor: POST /factors/{id}/challenge and /factors/{id}/verify, or /factors/recovery-codes/verify; set one up with POST /factors");
    match HeaderValue::try_from(challenge) {
        Ok(challenge) => problem.header(WWW_AUTHENTICATE, challenge),
        Err(_) => problem,
    }
}
