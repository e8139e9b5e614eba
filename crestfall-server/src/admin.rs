//! The administration server: `live`, `ready`, `metrics`, `schema_cache`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use axum::body::Body;
use http::header::{self, HeaderValue};
use http::{Request, Response, StatusCode};
use parking_lot::RwLock;

use crate::http::Handler;

/// Whether the process can do its work; shared by all who know a part of it.
#[derive(Debug, Default)]
pub(crate) struct Health {
    catalog_is_current: AtomicBool,
    is_listening: AtomicBool,
    /// The API's socket, once it accepts: its file, when it is one.
    socket: RwLock<Option<Option<PathBuf>>>,
}

impl Health {
    /// Whether the catalogue is the one of the last reload that was asked for.
    pub(crate) fn set_catalog_is_current(&self, is_current: bool) {
        self.catalog_is_current.store(is_current, Relaxed);
    }

    /// Whether notifications arrive.
    pub(crate) fn set_listening(&self, is_listening: bool) {
        self.is_listening.store(is_listening, Relaxed);
    }

    /// Whether notifications arrive.
    pub(crate) fn is_listening(&self) -> bool {
        self.is_listening.load(Relaxed)
    }

    /// The API accepts requests, at this file or over TCP.
    pub(crate) fn set_accepting(&self, file: Option<PathBuf>) {
        *self.socket.write() = Some(file);
    }

    /// The API accepts no more requests.
    pub(crate) fn set_ended(&self) {
        *self.socket.write() = None;
    }

    /// The API accepts requests, and its socket's file is still there.
    fn is_live(&self) -> bool {
        match &*self.socket.read() {
            None => false,
            Some(None) => true,
            Some(Some(file)) => file.exists(),
        }
    }

    fn live(&self) -> StatusCode {
        match self.is_live() {
            true => StatusCode::OK,
            false => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn ready(&self, is_connected: bool) -> StatusCode {
        if !self.catalog_is_current.load(Relaxed) || !is_connected {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        self.live()
    }
}

/// What the administration server asks the rest of the process for.
pub(crate) trait Subject: Send + Sync + 'static {
    /// Whether the process can do its work.
    fn health(&self) -> &Health;
    /// Whether the database answers.
    fn is_connected(&self) -> bool;
    /// The metrics as Prometheus reads them.
    fn metrics(&self) -> String;
    /// The catalogue as JSON; empty while there is none.
    fn schema_cache(&self) -> Vec<u8>;
}

/// The administration server's answers.
pub(crate) struct Admin<S>(Arc<S>);

impl<S> Clone for Admin<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Subject> Admin<S> {
    /// Answers about `subject`.
    pub(crate) fn new(subject: Arc<S>) -> Self {
        Self(subject)
    }

    fn answer(&self, path: &str) -> Response<Body> {
        match path {
            "/live" => empty(self.0.health().live()),
            "/ready" => empty(self.0.health().ready(self.0.is_connected())),
            "/metrics" => with_type(self.0.metrics().into(), "text/plain; charset=utf-8"),
            "/schema_cache" => with_type(self.0.schema_cache().into(), "application/json"),
            _ => empty(StatusCode::NOT_FOUND),
        }
    }
}

impl<S: Subject> Handler for Admin<S> {
    async fn handle(&self, request: Request<Body>, _peer: Option<IpAddr>) -> Response<Body> {
        self.answer(request.uri().path())
    }
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn with_type(body: Body, media_type: &'static str) -> Response<Body> {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Process(Health);

    impl Subject for Process {
        fn health(&self) -> &Health {
            &self.0
        }
        fn is_connected(&self) -> bool {
            self.0.is_listening()
        }
        fn metrics(&self) -> String {
            "m 1.0\n".into()
        }
        fn schema_cache(&self) -> Vec<u8> {
            b"{}".to_vec()
        }
    }

    #[test]
    fn ready_wants_a_catalogue_a_connection_and_a_socket() {
        let admin = Admin::new(Arc::new(Process::default()));
        let health = admin.0.health();
        let status = |path: &str| admin.answer(path).status().as_u16();
        assert_eq!((status("/live"), status("/ready")), (500, 503));
        health.set_catalog_is_current(true);
        assert_eq!(status("/ready"), 503);
        health.set_listening(true);
        assert_eq!(status("/ready"), 500);
        health.set_accepting(None);
        assert_eq!((status("/live"), status("/ready")), (200, 200));
        health.set_accepting(Some("/does/not/exist".into()));
        assert_eq!((status("/live"), status("/ready")), (500, 500));
        health.set_ended();
        assert_eq!(status("/live"), 500);
    }

    #[test]
    fn metrics_name_their_type_and_the_rest_is_unknown() {
        let admin = Admin::new(Arc::new(Process::default()));
        let metrics = admin.answer("/metrics");
        assert_eq!(
            metrics.headers()["content-type"],
            "text/plain; charset=utf-8"
        );
        assert_eq!(admin.answer("/config").status(), 404);
    }
}
