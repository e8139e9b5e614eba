//! Refuses requests that another site made a browser send with our cookie.
//!
//! A request that changes something (any method but `GET`, `HEAD`, `OPTIONS`, `TRACE`) and carries
//! cookies has to come from our own pages. Browsers say so in `Sec-Fetch-Site` and `Origin`, which no
//! page can forge. A request that carries neither cookies nor these headers is no browser's with a
//! session, and passes.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aws_lc_rs::{hmac, rand};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use crestfall_core::Problem;
use http::header::{COOKIE, HOST, ORIGIN};
use http::{HeaderMap, Method, Request, StatusCode};
use tower::{Layer, Service};
use url::Url;

/// The header in which a page's script repeats its token.
const TOKEN_HEADER: &str = "x-csrf-token";

/// Why a request is refused. The client learns it: it is no secret of anyone's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `Sec-Fetch-Site` or `Origin` is of another site.
    #[error("the request comes from another site")]
    OtherSite,
    /// There are cookies, and no word on where the request comes from.
    #[error("the request has cookies but neither `Sec-Fetch-Site` nor `Origin`")]
    Unknown,
    /// The token is not the one of the session.
    #[error("the request has no valid `X-CSRF-Token`")]
    Token,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let hint = match refusal {
            Refusal::OtherSite => "Add the page's origin to the origins of the service",
            Refusal::Unknown => "Send `Origin`, or a bearer token instead of the cookie",
            Refusal::Token => "Send the token of the session in `X-CSRF-Token`",
        };
        Self::new(StatusCode::FORBIDDEN, "csrf", refusal.to_string()).hint(hint)
    }
}

/// The rules: which origins are our own.
#[derive(Clone, Debug)]
pub struct Csrf {
    origins: BTreeSet<String>,
    key: Option<hmac::Key>,
}

impl Csrf {
    /// Rules with our own origins, such as `https://app.example.com`; what follows the port is passed
    /// over. Given none, the origin has to be that of the request's `Host`, which HTTP/2 does not
    /// send. None if one is no http(s) URL.
    pub fn new<T: AsRef<str>>(origins: impl IntoIterator<Item = T>) -> Option<Self> {
        let origins = origins.into_iter().map(|text| origin(text.as_ref()));
        let origins = origins.collect::<Option<_>>()?;
        Some(Self { origins, key: None })
    }

    /// Wants a token with such requests too (signed double submit): for browsers so old that they
    /// send no origin. `key` has 32 bytes or more and is the same on all nodes.
    #[must_use]
    pub fn with_tokens(mut self, key: &[u8]) -> Self {
        self.key = Some(hmac::Key::new(hmac::HMAC_SHA256, key));
        self
    }

    /// A token for a session, to be handed to its pages; none without
    /// [`with_tokens`](Self::with_tokens). `session` is the value of its cookie.
    pub fn token(&self, session: &str) -> Option<String> {
        let mut nonce = [0_u8; 16];
        rand::fill(&mut nonce).ok()?;
        let tag = hmac::sign(self.key.as_ref()?, &signed(&nonce, session));
        let token = [nonce.as_slice(), tag.as_ref()].concat();
        Some(BASE64_URL_SAFE_NO_PAD.encode(token))
    }

    /// Judges a request by its head alone.
    ///
    /// # Errors
    /// It changes something and may come from another site.
    pub fn check_origin(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
        if is_safe(method) {
            return Ok(());
        }
        // `Origin` first: it names the one that is allowed, where `Sec-Fetch-Site` only compares.
        let mut origins = headers.get_all(ORIGIN).iter();
        if let Some(sent) = origins.next() {
            let known = sent.to_str().is_ok_and(|sent| self.is_ours(sent, headers));
            let only = origins.next().is_none();
            return if known && only {
                Ok(())
            } else {
                Err(Refusal::OtherSite)
            };
        }
        match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
            Some(b"same-origin" | b"none") => Ok(()),
            Some(_) => Err(Refusal::OtherSite),
            None if headers.contains_key(COOKIE) => Err(Refusal::Unknown),
            None => Ok(()),
        }
    }

    /// Judges the token of a request whose session cookie has this value. Without
    /// [`with_tokens`](Self::with_tokens) every request passes.
    ///
    /// # Errors
    /// It changes something and has not the session's token.
    pub fn check_token(
        &self,
        method: &Method,
        headers: &HeaderMap,
        session: &str,
    ) -> Result<(), Refusal> {
        let Some(key) = self.key.as_ref().filter(|_| !is_safe(method)) else {
            return Ok(());
        };
        let sent = headers.get(TOKEN_HEADER).ok_or(Refusal::Token)?;
        let token = BASE64_URL_SAFE_NO_PAD
            .decode(sent)
            .map_err(|_| Refusal::Token)?;
        let (nonce, tag) = token.split_at_checked(16).ok_or(Refusal::Token)?;
        hmac::verify(key, &signed(nonce, session), tag).map_err(|_| Refusal::Token)
    }

    /// One of ours by name, exactly as browsers write it.
    fn is_ours(&self, sent: &str, headers: &HeaderMap) -> bool {
        // Without origins of its own, a service is its own origin: the host of the request.
        if self.origins.is_empty() {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            let sent = sent
                .strip_prefix("https://")
                .or(sent.strip_prefix("http://"));
            return sent.is_some() && sent == host;
        }
        self.origins.contains(sent)
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    )
}

fn signed(nonce: &[u8], session: &str) -> Vec<u8> {
    [nonce, session.as_bytes()].concat() // the nonce has one length
}

fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_http = matches!(url.scheme(), "http" | "https");
    is_http.then(|| url.origin().ascii_serialization())
}

/// Applies [`Csrf::check_origin`] to every request: 403 with a [`Problem`] for those that fail.
#[derive(Clone, Debug)]
pub struct CsrfLayer(Arc<Csrf>);

impl CsrfLayer {
    /// A layer with these rules.
    pub fn new(rules: Csrf) -> Self {
        Self(Arc::new(rules))
    }
}

impl<S> Layer<S> for CsrfLayer {
    type Service = CsrfService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let rules = Arc::clone(&self.0);
        CsrfService { inner, rules }
    }
}

/// The service that [`CsrfLayer`] makes.
#[derive(Clone, Debug)]
pub struct CsrfService<S> {
    inner: S,
    rules: Arc<Csrf>,
}

type Answer<E> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

impl<S, B> Service<Request<B>> for CsrfService<S>
where
    S: Service<Request<B>>,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Answer<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.rules.check_origin(request.method(), request.headers()) {
            Ok(()) => {
                let answer = self.inner.call(request);
                Box::pin(async move { Ok(answer.await?.into_response()) })
            }
            Err(refusal) => {
                let response = Problem::from(refusal).into_response();
                Box::pin(std::future::ready(Ok(response)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    const OURS: &str = "https://app.example.com";

    async fn status(rules: Csrf, method: &str, headers: &[(&str, &str)]) -> StatusCode {
        let routes = get(|| async {}).post(|| async {}).delete(|| async {});
        let app = Router::new()
            .route("/", routes)
            .layer(CsrfLayer::new(rules));
        let mut request = Request::builder().method(method).uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        app.oneshot(request).await.expect("an answer").status()
    }

    fn ours() -> Csrf {
        Csrf::new([format!("{OURS}:443/some/path")]).expect("rules")
    }

    const COOKIE_SENT: (&str, &str) = ("cookie", "__Host-session=x");

    #[tokio::test]
    async fn our_own_pages_may_change_things() {
        for headers in [
            &[COOKIE_SENT, ("origin", OURS)][..],
            &[
                COOKIE_SENT,
                ("origin", OURS),
                ("sec-fetch-site", "same-site"),
            ][..],
            &[COOKIE_SENT, ("sec-fetch-site", "same-origin")][..],
            &[COOKIE_SENT, ("sec-fetch-site", "none")][..],
            &[][..],
            &[("authorization", "Bearer x")][..],
        ] {
            assert_eq!(
                status(ours(), "POST", headers).await,
                StatusCode::OK,
                "{headers:?}"
            );
        }
    }

    #[tokio::test]
    async fn another_site_may_only_look() {
        for headers in [
            &[COOKIE_SENT, ("origin", "https://evil.com")][..],
            &[("origin", "https://evil.com")][..],
            &[COOKIE_SENT, ("origin", "null")][..],
            &[COOKIE_SENT, ("origin", "")][..],
            &[COOKIE_SENT, ("origin", "http://app.example.com")][..],
            &[COOKIE_SENT, ("origin", "https://app.example.com.evil.com")][..],
            &[COOKIE_SENT, ("origin", "https://app.example.com:8443")][..],
            &[
                COOKIE_SENT,
                ("origin", "https://evil.com"),
                ("sec-fetch-site", "same-origin"),
            ][..],
            &[
                COOKIE_SENT,
                ("origin", OURS),
                ("origin", "https://evil.com"),
            ][..],
            &[COOKIE_SENT, ("sec-fetch-site", "cross-site")][..],
            &[COOKIE_SENT, ("sec-fetch-site", "same-site")][..],
            &[COOKIE_SENT, ("sec-fetch-site", "")][..],
            &[COOKIE_SENT][..],
        ] {
            for method in ["POST", "DELETE"] {
                let refused = status(ours(), method, headers).await;
                assert_eq!(refused, StatusCode::FORBIDDEN, "{method} {headers:?}");
            }
            assert_eq!(
                status(ours(), "GET", headers).await,
                StatusCode::OK,
                "{headers:?}"
            );
        }
    }

    #[tokio::test]
    async fn without_origins_a_service_is_its_own() {
        let own = || Csrf::new([""; 0]).expect("rules");
        let from = |origin| [COOKIE_SENT, ("host", "a.com:3000"), ("origin", origin)];
        let good = status(own(), "POST", &from("http://a.com:3000")).await;
        assert_eq!(good, StatusCode::OK);
        for evil in ["http://a.com", "http://b.com:3000", "null", "a.com:3000"] {
            let refused = status(own(), "POST", &from(evil)).await;
            assert_eq!(refused, StatusCode::FORBIDDEN, "{evil}");
        }
    }

    #[test]
    fn a_token_is_good_for_its_session_only() {
        let rules = ours().with_tokens(&[5; 32]);
        let with = |token: &str| {
            let value = token.try_into().expect("a value");
            HeaderMap::from_iter([(http::HeaderName::from_static(TOKEN_HEADER), value)])
        };
        let check =
            |headers: &HeaderMap, session| rules.check_token(&Method::POST, headers, session);
        let token = rules.token("session-a").expect("a token");
        assert_eq!(check(&with(&token), "session-a"), Ok(()));
        assert_eq!(check(&with(&token), "session-b"), Err(Refusal::Token));
        assert_eq!(check(&HeaderMap::new(), "session-a"), Err(Refusal::Token));
        for wrong in ["", "AAAA", "!!", &token[1..]] {
            assert_eq!(
                check(&with(wrong), "session-a"),
                Err(Refusal::Token),
                "{wrong}"
            );
        }
        let looked = rules.check_token(&Method::GET, &HeaderMap::new(), "session-a");
        assert_eq!(looked, Ok(()));
        let other = ours()
            .with_tokens(&[6; 32])
            .token("session-a")
            .expect("a token");
        assert_eq!(check(&with(&other), "session-a"), Err(Refusal::Token));
        assert_eq!(ours().token("session-a"), None);
    }

    #[test]
    fn an_origin_has_to_be_one() {
        for wrong in ["", "app.example.com", "file:///x", "javascript:x"] {
            assert!(Csrf::new([wrong]).is_none(), "{wrong}");
        }
    }
}
