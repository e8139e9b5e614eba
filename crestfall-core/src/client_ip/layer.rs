//! The layer that finds the client.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::Request;
use tower::{Layer, Service};

use super::{ClientIp, ClientIpConfig, InvalidHeader, Source};

/// Puts [`ClientIp`] into each request's extensions. Outermost, before whoever wants to know.
#[derive(Clone, Debug)]
pub struct ClientIpLayer {
    source: Arc<Source>,
}

impl ClientIpLayer {
    /// Believes these proxies.
    ///
    /// # Errors
    /// When the header's name is none.
    pub fn new(config: &ClientIpConfig) -> Result<Self, InvalidHeader> {
        Ok(Self {
            source: Arc::new(Source::new(config)?),
        })
    }

    /// What the layer does to one request, without a service behind it.
    pub fn located<B>(&self, request: Request<B>) -> Request<B> {
        let (mut parts, body) = request.into_parts();
        if let Some(ip) = self.source.find(&parts) {
            parts.extensions.insert(ClientIp(ip));
        }
        Request::from_parts(parts, body)
    }
}

impl<S> Layer<S> for ClientIpLayer {
    type Service = PutClientIp<S>;

    fn layer(&self, inner: S) -> PutClientIp<S> {
        PutClientIp {
            inner,
            source: Arc::clone(&self.source),
        }
    }
}

/// The service [`ClientIpLayer`] makes.
#[derive(Clone, Debug)]
pub struct PutClientIp<S> {
    inner: S,
    source: Arc<Source>,
}

impl<S, B> Service<Request<B>> for PutClientIp<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        let (mut parts, body) = request.into_parts();
        if let Some(ip) = self.source.find(&parts) {
            parts.extensions.insert(ClientIp(ip));
        }
        self.inner.call(Request::from_parts(parts, body))
    }
}
