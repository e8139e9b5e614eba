//! What this server offers, told by itself: `/openapi.json`, the same as OpenAPI 3.0 at
//! `/openapi-3.0.json`, and a page about it at `/docs`.
//!
//! Rows and functions are those that the caller may use, so that the document of an anonymous
//! caller shows nothing but what is open to everybody.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use crestfall_core::openapi::Document;
use crestfall_rest::{Error, ErrorVerbosity, OpenApiMode, Rest};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::api_key::take_key;
use crate::auth::Callers;
use crate::setup::Setup;

const PAGE: &str = include_str!("describe/page.html");
const SCRIPT: &str = include_str!("describe/page.js");
const STYLE: &str = include_str!("describe/page.css");

/// Nothing from elsewhere, nothing inline; requests go to this server alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What a document says beside what a caller may do.
#[derive(Clone)]
pub(crate) struct Describe {
    rest: Rest,
    rest_path: &'static str,
    /// Where the authentication service stands.
    auth_path: Option<&'static str>,
    /// How else than by a bearer token callers prove who they are.
    schemes: Vec<(&'static str, Value)>,
    callers: Option<Callers>,
    /// The server's address, as the operator gives it.
    url: String,
}

impl Describe {
    /// A description of what these settings serve; none when they ask for none.
    pub(crate) fn new(setup: &Setup, rest: Rest, callers: Option<Callers>) -> Option<Self> {
        if !setup.describes {
            return None;
        }
        let auth = setup.auth.as_ref();
        Some(Self {
            rest,
            rest_path: setup.rest_paths.first()?,
            auth_path: auth.and_then(|auth| auth.paths.first().copied()),
            schemes: schemes(setup),
            callers,
            url: origin(setup),
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
        let mut document = Document::new("Crestfall", env!("CARGO_PKG_VERSION"));
        document.server(&self.url);
        if self.rest.openapi_mode() != OpenApiMode::Disabled {
            let mut rest = self.rest.openapi(&parts).await?;
            let schemes: Vec<&str> = self.schemes.iter().map(|(name, _)| *name).collect();
            rest.also_by(&schemes);
            document.take_info(&rest);
            document.merge(rest.mounted(self.rest_path));
        }
        if let Some(path) = self.auth_path {
            document.merge(crestfall_auth::openapi().mounted(path));
        }
        for (name, scheme) in &self.schemes {
            document.security_scheme(name, scheme.clone());
        }
        Ok(document)
    }
}

/// The credentials that the REST API takes besides a bearer token.
fn schemes(setup: &Setup) -> Vec<(&'static str, Value)> {
    let mut schemes = Vec::new();
    if setup.takes_api_key {
        let about = "A key or token, which counts when there is no `Authorization`.";
        let scheme = json!({
            "type": "apiKey", "in": "header", "name": "apikey", "description": about,
        });
        schemes.push(("apikey", scheme));
    }
    let Some(auth) = &setup.auth else {
        return schemes;
    };
    let config = &auth.config;
    if config.api_keys.enabled {
        let about = "A request signed with an API key's secret (RFC 9421); \
                     `Signature-Input` goes with it.";
        let scheme = json!({
            "type": "apiKey", "in": "header", "name": "Signature", "description": about,
        });
        schemes.push(("signature", scheme));
    }
    if config.basic.passwords || config.api_keys.enabled {
        let scheme = json!({
            "type": "http", "scheme": "basic",
            "description": "An API key, or an address and its password.",
        });
        schemes.push(("basic", scheme));
    }
    if config.cookies.enabled {
        let prefix = if config.external_url.starts_with("https") {
            "__Host-"
        } else {
            ""
        };
        let scheme = json!({
            "type": "apiKey", "in": "cookie", "name": format!("{prefix}{}", config.cookies.name),
            "description": "A browser's session.",
        });
        schemes.push(("cookie", scheme));
    }
    schemes
}

/// The scheme, host and port that clients use, where the settings tell; else the address that the
/// document came from.
fn origin(setup: &Setup) -> String {
    let told = setup.rest.openapi_server_proxy_uri.as_deref();
    let origin = told.and_then(|url| {
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split('/').next()?;
        Some(format!("{scheme}://{host}"))
    });
    origin.unwrap_or_else(|| "/".to_owned())
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
