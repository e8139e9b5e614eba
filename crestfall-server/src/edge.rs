//! What every request passes first and every answer last: browsers' origins, the trace header,
//! the server's name, counting and the access log.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use axum::body::Body;
use axum::response::IntoResponse as _;
use crestfall_audit::Recorder;
use crestfall_core::client_ip::ClientIpLayer;
use crestfall_core::request_id::RequestId;
use http::header::{self, HeaderName, HeaderValue};
use http::{Request, Response};

use crate::audit::Asked;
use crate::cors::Cors;
use crate::hosts::{self, Hosts};
use crate::http::Handler;
use crate::metrics::Metrics;
use crate::routes::Routes;
use crate::telemetry::{self, AccessLog};

/// What a reload may change.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    /// The `Server` header.
    pub(crate) server: HeaderValue,
    /// The request header that is repeated in the answer.
    pub(crate) trace: Option<HeaderName>,
    /// The origins that may call.
    pub(crate) cors: Cors,
    /// The names that the server answers to.
    pub(crate) hosts: Hosts,
    /// Finds a client's address; with it, each request gets an id. None leaves requests as they came.
    pub(crate) client_ip: Option<ClientIpLayer>,
}

/// The outermost part of the server, around its router.
#[derive(Clone)]
pub(crate) struct Edge(Arc<Inner>);

struct Inner {
    routes: Routes,
    policy: Arc<ArcSwap<Policy>>,
    log: Arc<AccessLog>,
    metrics: Arc<Metrics>,
    /// Takes refusals for the audit log.
    recorder: Option<Recorder>,
}

impl Edge {
    /// Puts the edge around a router.
    pub(crate) fn new(
        routes: Routes,
        policy: Arc<ArcSwap<Policy>>,
        log: Arc<AccessLog>,
        metrics: Arc<Metrics>,
        recorder: Option<Recorder>,
    ) -> Self {
        Self(Arc::new(Inner {
            routes,
            policy,
            log,
            metrics,
            recorder,
        }))
    }
}

impl Handler for Edge {
    async fn handle(&self, mut request: Request<Body>, peer: Option<IpAddr>) -> Response<Body> {
        let policy = self.0.policy.load();
        let is_ours = policy.hosts.answer_to(&request);
        let id = policy.client_ip.as_ref().map(|client_ip| {
            let sent = policy.trace.as_ref();
            let sent = sent.and_then(|name| request.headers().get(name));
            let id = sent.and_then(RequestId::given);
            let id = id.unwrap_or_else(RequestId::random);
            let placeholder = Request::new(Body::empty());
            request = client_ip.located(std::mem::replace(&mut request, placeholder));
            request.extensions_mut().insert(id.clone());
            id
        });
        let allowed = policy.cors.allowed(&request).filter(|_| is_ours);
        let trace = policy.trace.as_ref().map(|name| {
            let id = id.as_ref().map(RequestId::to_header);
            (
                name.clone(),
                id.or_else(|| request.headers().get(name).cloned()),
            )
        });
        let server = policy.server.clone();
        // Not kept while the answer is made: a reload need not wait for slow requests.
        drop(policy);

        let preflight = allowed
            .as_ref()
            .and_then(|allowed| allowed.preflight(&request));
        let mut response = match preflight {
            Some(response) => response,
            None => {
                let mut response = self.0.answer(request, peer, is_ours).await;
                if let Some(allowed) = allowed {
                    allowed.apply(response.headers_mut());
                }
                response
            }
        };
        if let Some((name, value)) = trace {
            let value = value.unwrap_or_else(|| HeaderValue::from_static(""));
            response.headers_mut().insert(name, value);
        }
        response.headers_mut().insert(header::SERVER, server);
        response
    }
}

impl Inner {
    #[cfg(not(feature = "otel"))]
    async fn routed(&self, request: Request<Body>) -> Response<Body> {
        self.routes.call(request).await
    }

    #[cfg(feature = "otel")]
    async fn routed(&self, request: Request<Body>) -> Response<Body> {
        use tracing::Instrument as _;

        let span = telemetry::span(&request);
        // Pinned where it is: instrumenting would move all that an answer may need.
        let answer = std::pin::pin!(self.routes.call(request));
        let response = answer.instrument(span.clone()).await;
        telemetry::answered(&span, response.status());
        response
    }

    /// The router's answer, or none to a request that is not for us; counted and told.
    async fn answer(
        &self,
        mut request: Request<Body>,
        peer: Option<IpAddr>,
        is_ours: bool,
    ) -> Response<Body> {
        let started = Instant::now();
        let in_flight = self.metrics.begin();
        let told = self
            .log
            .is_on()
            .then(|| telemetry::Request::of(&request, peer));
        let asked = self.recorder.as_ref().map(|recorder| {
            let asked = Asked::of(&request);
            asked.follow(recorder, &mut request);
            (recorder, asked)
        });
        let response = match is_ours {
            true => self.routed(request).await,
            false => hosts::misdirected().into_response(),
        };
        let took = started.elapsed();
        in_flight.answered(response.status(), took);
        if let Some((recorder, asked)) = asked {
            asked.tell(recorder, &response);
        }
        if let Some(told) = told {
            self.log.tell(&told, &response, took);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;

    use super::*;
    use crate::telemetry::{Format, Level};

    fn edge(trace: Option<&str>) -> Edge {
        let policy = Policy {
            server: HeaderValue::from_static("test/1"),
            trace: trace.map(|name| name.parse().unwrap()),
            cors: Cors::default(),
            hosts: Hosts::default(),
            client_ip: None,
        };
        Edge::new(
            Routes {
                others: Router::new().route("/", get(|| async { "ok" })),
                ..Routes::default()
            },
            Arc::new(ArcSwap::from_pointee(policy)),
            Arc::new(AccessLog::new(Format::Text, Level::Crit)),
            Arc::default(),
            None,
        )
    }

    #[tokio::test]
    async fn the_trace_header_comes_back() {
        let request = Request::get("/").header("x-id", "7").body(Body::empty());
        let response = edge(Some("X-Id")).handle(request.unwrap(), None).await;
        assert_eq!(response.headers()["x-id"], "7");
        assert_eq!(response.headers()["server"], "test/1");

        let request = Request::get("/").body(Body::empty()).unwrap();
        let response = edge(Some("X-Id")).handle(request, None).await;
        assert_eq!(response.headers()["x-id"], "");
    }

    #[tokio::test]
    async fn sec_06_a_request_for_another_host_never_reaches_the_router() {
        let edge = edge(None);
        let mut policy = Policy::clone(&edge.0.policy.load());
        policy.hosts = Hosts::new(&["api.example.org".to_owned()]).unwrap();
        edge.0.policy.store(Arc::new(policy));
        for (method, host, status) in [
            ("GET", "api.example.org", 200),
            ("GET", "evil.example", 421),
            ("OPTIONS", "evil.example", 421),
        ] {
            let request = Request::builder()
                .method(method)
                .uri("/")
                .header("host", host)
                .header("origin", "http://a.com")
                .header("access-control-request-method", "PUT")
                .body(Body::empty());
            let response = edge.handle(request.unwrap(), None).await;
            assert_eq!(response.status(), status, "{method} {host}");
        }
    }

    #[tokio::test]
    async fn a_preflight_never_reaches_the_router() {
        let request = Request::options("/nowhere")
            .header("origin", "http://a.com")
            .header("access-control-request-method", "PUT")
            .body(Body::empty());
        let response = edge(None).handle(request.unwrap(), None).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
    }
}
