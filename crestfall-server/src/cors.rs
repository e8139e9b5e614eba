//! Which browsers' pages may call, as PostgREST decides it: any origin, or the listed ones with
//! credentials.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response};

const METHODS: &str = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD";

/// The request headers that any page may send.
const SAFE_HEADERS: [&str; 3] = ["Accept", "Accept-Language", "Content-Language"];

const EXPOSED: &str = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, \
                       Location, Server, Transfer-Encoding, Range-Unit";

/// How long a browser may remember a preflight's answer, in seconds.
const MAX_AGE: &str = "86400";

/// The origins that may call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cors {
    /// Empty: any, without credentials.
    origins: Vec<HeaderValue>,
    /// Headers of an answer that a page may read, when not [`EXPOSED`] alone.
    exposed: Option<HeaderValue>,
}

/// What the answer to one allowed origin carries.
pub(crate) struct Allowed {
    origin: HeaderValue,
    credentials: bool,
    exposed: HeaderValue,
}

impl Cors {
    /// Allows these origins, or any when there is none. An origin that no header can hold is left
    /// out: no browser could send it.
    pub(crate) fn new(origins: &[String]) -> Self {
        let origins = origins
            .iter()
            .filter(|origin| !origin.is_empty())
            .filter_map(|origin| HeaderValue::from_str(origin).ok())
            .collect();
        Self {
            origins,
            exposed: None,
        }
    }

    /// Lets pages read further headers.
    #[must_use]
    pub(crate) fn exposing(mut self, headers: &[&str]) -> Self {
        let all = format!("{EXPOSED}, {}", headers.join(", "));
        self.exposed = HeaderValue::try_from(all).ok();
        self
    }

    fn exposed(&self) -> HeaderValue {
        let all = self.exposed.clone();
        all.unwrap_or(HeaderValue::from_static(EXPOSED))
    }

    /// Whether, and how, the request's origin may read the answer.
    pub(crate) fn allowed<B>(&self, request: &Request<B>) -> Option<Allowed> {
        let origin = request.headers().get(header::ORIGIN)?;
        if self.origins.is_empty() {
            return Some(Allowed {
                origin: HeaderValue::from_static("*"),
                credentials: false,
                exposed: self.exposed(),
            });
        }
        self.origins.contains(origin).then(|| Allowed {
            origin: origin.clone(),
            credentials: true,
            exposed: self.exposed(),
        })
    }
}

impl Allowed {
    /// The answer to a preflight request; none when the request is no preflight, or asks for a
    /// method that is never allowed.
    pub(crate) fn preflight<B>(&self, request: &Request<B>) -> Option<Response<axum::body::Body>> {
        let wanted = request
            .headers()
            .get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
        let is_known = METHODS
            .split(", ")
            .any(|method| method.as_bytes() == wanted);
        if request.method() != Method::OPTIONS || !is_known {
            return None;
        }
        let mut response = Response::new(axum::body::Body::empty());
        let headers = response.headers_mut();
        self.set_origin(headers);
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static(METHODS),
        );
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            allowed_headers(request.headers()),
        );
        headers.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static(MAX_AGE),
        );
        Some(response)
    }

    /// Lets the origin read an answer.
    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        self.set_origin(headers);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone());
    }

    fn set_origin(&self, headers: &mut HeaderMap) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.origin.clone());
        if self.credentials {
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
    }
}

/// `Authorization`, what was asked for, and what is always safe, each once.
fn allowed_headers(request: &HeaderMap) -> HeaderValue {
    let asked = request
        .get(header::ACCESS_CONTROL_REQUEST_HEADERS)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut names: Vec<&str> = vec!["Authorization"];
    for name in asked.split(',').map(str::trim).chain(SAFE_HEADERS) {
        let is_name = HeaderName::from_bytes(name.as_bytes()).is_ok();
        if is_name && !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    HeaderValue::from_str(&names.join(", "))
        .unwrap_or_else(|_| HeaderValue::from_static("Authorization"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn a_preflight_gets_what_it_asks_for() {
        let request = request(
            "OPTIONS",
            &[
                ("origin", "http://example.com"),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "Foo,Bar, accept"),
            ],
        );
        let allowed = Cors::default().allowed(&request).unwrap();
        let response = allowed.preflight(&request).unwrap();
        let header = |name: &str| response.headers().get(name).unwrap();
        assert_eq!(header("access-control-allow-origin"), "*");
        assert_eq!(
            header("access-control-allow-headers"),
            "Authorization, Foo, Bar, accept, Accept-Language, Content-Language"
        );
        assert_eq!(header("access-control-max-age"), "86400");
        assert!(
            !response
                .headers()
                .contains_key("access-control-allow-credentials")
        );
    }

    #[test]
    fn only_listed_origins_get_credentials() {
        let cors = Cors::new(&["http://a.com".into(), "http://b.com".into()]);
        let good = request("GET", &[("origin", "http://b.com")]);
        let mut headers = HeaderMap::new();
        cors.allowed(&good).unwrap().apply(&mut headers);
        assert_eq!(headers["access-control-allow-origin"], "http://b.com");
        assert_eq!(headers["access-control-allow-credentials"], "true");
        assert!(
            cors.allowed(&request("GET", &[("origin", "http://c.com")]))
                .is_none()
        );
        assert!(cors.allowed(&request("GET", &[])).is_none());
    }

    #[test]
    fn options_without_a_wanted_method_is_an_ordinary_request() {
        let plain = request("OPTIONS", &[("origin", "http://a.com")]);
        let allowed = Cors::default().allowed(&plain).unwrap();
        assert!(allowed.preflight(&plain).is_none());
        let odd = request(
            "OPTIONS",
            &[
                ("origin", "http://a.com"),
                ("access-control-request-method", "BREW"),
            ],
        );
        assert!(allowed.preflight(&odd).is_none());
    }
}
