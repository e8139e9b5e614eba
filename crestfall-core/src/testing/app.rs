use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt as _;

use super::described::Described;
use crate::openapi::Document;

/// A router that is asked directly, without a socket.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use axum::{Json, Router, routing::get};
/// use crestfall_core::testing::TestApp;
/// use serde_json::json;
///
/// let app = TestApp::new(Router::new().route("/hi", get(|| async { Json(json!({"ok": true})) })));
/// let response = app.get("/hi").header("accept", "application/json").await;
/// assert_eq!(response.status, 200);
/// assert_eq!(response.json(), json!({"ok": true}));
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct TestApp {
    router: Router,
    described: Option<Arc<Described>>,
}

impl TestApp {
    /// Wraps a router.
    pub fn new(router: Router) -> Self {
        Self {
            router,
            described: None,
        }
    }

    /// Every answer has to be one that this document gives, where it describes the operation.
    #[must_use]
    pub fn described(mut self, document: Document) -> Self {
        self.described = Some(Arc::new(Described::new(document)));
        self
    }

    /// A GET of that path and query.
    pub fn get(&self, path: &str) -> TestRequest {
        self.request(Method::GET, path)
    }

    /// A POST of that JSON.
    pub fn post(&self, path: &str, body: &Value) -> TestRequest {
        self.request(Method::POST, path).json(body)
    }

    /// A PATCH with that JSON.
    pub fn patch(&self, path: &str, body: &Value) -> TestRequest {
        self.request(Method::PATCH, path).json(body)
    }

    /// A PUT of that JSON.
    pub fn put(&self, path: &str, body: &Value) -> TestRequest {
        self.request(Method::PUT, path).json(body)
    }

    /// A DELETE of that path and query.
    pub fn delete(&self, path: &str) -> TestRequest {
        self.request(Method::DELETE, path)
    }

    /// Any request. Characters that no URI may hold are percent-encoded, so that paths can be
    /// written as people read them.
    ///
    /// # Panics
    /// When the path is no path.
    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        let request = Request::builder()
            .method(method)
            .uri(escape(path))
            .body(Body::empty());
        match request {
            Ok(request) => TestRequest {
                app: self.clone(),
                request,
            },
            Err(error) => panic!("{path} is no path: {error}"),
        }
    }
}

/// A request being made; `.await` sends it.
#[derive(Debug)]
#[must_use = "a request is sent by `.await`"]
pub struct TestRequest {
    app: TestApp,
    request: Request<Body>,
}

impl TestRequest {
    /// Adds a header.
    ///
    /// # Panics
    /// When name or value are none.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => self.request.headers_mut().append(name, value),
            _ => panic!("`{name}: {value}` is no header"),
        };
        self
    }

    /// Adds `Authorization: Bearer …`.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sets a JSON body and its content type.
    pub fn json(mut self, body: &Value) -> Self {
        self.request.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        self.body(body.to_string())
    }

    /// Sets the body alone.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }
}

impl IntoFuture for TestRequest {
    type Output = TestResponse;
    type IntoFuture = Pin<Box<dyn Future<Output = TestResponse> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (method, uri) = (self.request.method().clone(), self.request.uri().clone());
            let Ok(response) = self.app.router.oneshot(self.request).await;
            let (parts, body) = response.into_parts();
            let body = match axum::body::to_bytes(body, usize::MAX).await {
                Ok(body) => body,
                Err(error) => panic!("the body broke off: {error}"),
            };
            let response = TestResponse {
                status: parts.status,
                headers: parts.headers,
                body,
            };
            if let Some(described) = self.app.described {
                response.check(&described, &method, uri.path());
            }
            response
        })
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct TestResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl TestResponse {
    /// The body as JSON; `null` when there is none.
    ///
    /// # Panics
    /// When it is something else; the message shows it.
    pub fn json(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("no JSON ({error}): {}", self.text()),
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    fn check(&self, described: &Described, method: &Method, path: &str) {
        let body = serde_json::from_slice(&self.body).unwrap_or_else(|_| self.text().into());
        described.check(method, path, self.status, &self.headers, &body);
    }

    /// Status and JSON body, which is what most tests compare.
    pub fn status_and_json(&self) -> (u16, Value) {
        (self.status.as_u16(), self.json())
    }
}

fn escape(path: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const NOT_IN_URI: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'<')
        .add(b'>')
        .add(b'\\')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    utf8_percent_encode(path, NOT_IN_URI).to_string()
}
