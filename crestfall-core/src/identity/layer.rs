//! The layer that gives every request an [`Identity`].

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arc_swap::ArcSwap;
use axum::response::{IntoResponse, Response};
use http::Request;
use tower::{Layer, Service};

use crate::jwt::Verifier;
use crate::problem::Problem;

/// A verifier that can be replaced while requests run, as when settings are loaded anew.
pub type SharedVerifier = Arc<ArcSwap<Verifier>>;

/// Puts an [`Identity`](super::Identity) into each request's extensions: its bearer token's, or the
/// anonymous one without a token. A bad token is answered with a [`Problem`] and goes no further.
///
/// ```
/// use axum::{Router, routing::get};
/// use crestfall_core::{identity::{Identity, IdentifyLayer}, jwt::Verifier};
///
/// # fn app() -> Result<Router, crestfall_core::jwt::ConfigError> {
/// let verifier = Verifier::builder()
///     .secret("a secret of thirty-two or more bytes")
///     .anonymous_role("anon")
///     .build()?;
/// let app = Router::new()
///     .route("/whoami", get(|identity: Identity| async move { identity.role().to_owned() }))
///     .layer(IdentifyLayer::new(verifier));
/// # Ok(app) }
/// ```
#[derive(Clone, Debug)]
pub struct IdentifyLayer {
    verifier: SharedVerifier,
}

impl IdentifyLayer {
    /// Asks this verifier.
    pub fn new(verifier: Verifier) -> Self {
        Self::shared(Arc::new(ArcSwap::from_pointee(verifier)))
    }

    /// Asks whichever verifier is in place when a request comes.
    pub fn shared(verifier: SharedVerifier) -> Self {
        Self { verifier }
    }

    /// The verifier in place, to ask it or to replace it.
    pub fn verifier(&self) -> &SharedVerifier {
        &self.verifier
    }
}

impl<S> Layer<S> for IdentifyLayer {
    type Service = Identify<S>;

    fn layer(&self, inner: S) -> Identify<S> {
        Identify {
            inner,
            verifier: Arc::clone(&self.verifier),
        }
    }
}

/// The service [`IdentifyLayer`] makes.
#[derive(Clone, Debug)]
pub struct Identify<S> {
    inner: S,
    verifier: SharedVerifier,
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

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let verifier = self.verifier.load_full();
        // The clone may not be ready; the service that was polled is.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            match verifier.identify_or_refresh(request.headers()).await {
                Ok(identity) => {
                    request.extensions_mut().insert(identity.clone());
                    let mut response = inner.call(request).await?;
                    // For what stands outside: logs of answers and of refusals.
                    response.extensions_mut().insert(identity);
                    Ok(response)
                }
                Err(error) => Ok(Problem::from(error).into_response()),
            }
        })
    }
}
