//! What this server offers, told by itself: `/openapi.json`, the same as OpenAPI 3.0 at
//! `/openapi-3.0.json`, and a page about it at `/docs`.
//!
//! Rows and functions are those that the caller may use, so that the document of an anonymous
//! caller shows nothing but what is open to everybody.

mod contents;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use crestfall_core::openapi::Document;
use crestfall_rest::{Error, ErrorVerbosity, OpenApiMode, Rest};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use crate::api_key::take_key;
use crate::auth::Callers;
use crate::setup::Setup;
pub(crate) use contents::Contents;

const PAGE: &str = include_str!("describe/page.html");
const SCRIPT: &str = include_str!("describe/page.js");
const STYLE: &str = include_str!("describe/page.css");

/// Nothing from elsewhere, nothing inline; requests go to this server alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document and its page.
#[derive(Clone)]
pub(crate) struct Describe {
    rest: Rest,
    contents: Contents,
    callers: Option<Callers>,
}

impl Describe {
    /// A description of what these settings serve; none when they ask for none.
    pub(crate) fn new(setup: &Setup, rest: Rest, callers: Option<Callers>) -> Option<Self> {
        setup.describes.then(|| Self {
            rest,
            contents: Contents::new(setup),
            callers,
        })
    }

    /// The routes.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/openapi.json", get(newest))
            .route("/openapi-3.0.json", get(older))
            .route(
                "/docs",
                get(async || file("text/html; charset=utf-8", PAGE)),
            )
            .route(
                "/docs/page.js",
                get(async || file("text/javascript; charset=utf-8", SCRIPT)),
            )
            .route(
                "/docs/page.css",
                get(async || file("text/css; charset=utf-8", STYLE)),
            )
            .with_state(self)
    }

    /// The document as the caller of a request sees it, or why there is none.
    async fn answer(
        &self,
        mut request: Request,
        media_type: &'static str,
        write: fn(Document) -> Value,
    ) -> Response {
        take_key(request.headers_mut());
        let answer = async |request: Request| match self.document(request).await {
            Ok(document) => written(media_type, &write(document)),
            Err(error) => error.into_response(ErrorVerbosity::Verbose),
        };
        match &self.callers {
            Some(callers) => callers.identify(request, answer).await,
            None => answer(request).await,
        }
    }

    async fn document(&self, request: Request) -> Result<Document, Error> {
        let (parts, _) = request.into_parts();
        let rest = match self.rest.openapi_mode() {
            OpenApiMode::Disabled => None,
            _ => Some(self.rest.openapi(&parts).await?),
        };
        Ok(self.contents.document(rest))
    }
}

async fn newest(State(describe): State<Describe>, request: Request) -> Response {
    let media_type = "application/vnd.oai.openapi+json;version=3.1";
    describe
        .answer(request, media_type, Document::into_value)
        .await
}

async fn older(State(describe): State<Describe>, request: Request) -> Response {
    let media_type = "application/vnd.oai.openapi+json;version=3.0";
    let write = |document: Document| document.to_3_0();
    describe.answer(request, media_type, write).await
}

fn written(media_type: &'static str, document: &Value) -> Response {
    let Ok(body) = serde_json::to_vec_pretty(document) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (CONTENT_TYPE, media_type),
        // Somebody else sees something else, and the same caller something else tomorrow.
        (CACHE_CONTROL, "private, no-cache"),
        (VARY, "Authorization, apikey, Cookie, Accept-Profile"),
    ];
    (headers, Body::from(body)).into_response()
}

fn file(media_type: &'static str, text: &'static str) -> impl axum::response::IntoResponse {
    const NOSNIFF: HeaderName = http::header::X_CONTENT_TYPE_OPTIONS;
    let headers = [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (NOSNIFF, "nosniff"),
        (http::header::REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (
        headers.map(|(name, value)| (name, HeaderValue::from_static(value))),
        text,
    )
}
