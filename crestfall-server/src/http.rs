//! Listeners and connections: from a socket to a request and back.

mod accept;
mod bind;
mod body;
mod stream;

use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;

pub(crate) use accept::{Server, serve};
pub(crate) use bind::{Address, BindError, Listener, is_special_host};

/// Answers requests. Cloned for every connection.
pub(crate) trait Handler: Clone + Send + Sync + 'static {
    /// Answers one request; a peer at a unix socket has no address.
    fn handle(
        &self,
        request: http::Request<Body>,
        peer: Option<IpAddr>,
    ) -> impl Future<Output = http::Response<Body>> + Send;
}

/// What one client may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// For a request's head to arrive, from the moment the connection is free for it: slow clients
    /// and idle connections alike are closed after it.
    pub(crate) head_timeout: Duration,
    /// For the next piece of a request's body to arrive.
    pub(crate) body_timeout: Duration,
    /// For the client to take the next piece of an answer.
    pub(crate) write_timeout: Duration,
    /// Bytes of a request's head.
    pub(crate) max_head_bytes: usize,
    /// Connections at a time; more wait in the kernel's queue.
    pub(crate) max_connections: usize,
    /// For the requests in flight to finish once the server is told to end.
    pub(crate) shutdown_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            max_head_bytes: 64 * 1024,
            max_connections: 10_000,
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}
