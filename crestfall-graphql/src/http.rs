//! GraphQL over HTTP: POST with a JSON body, GET with a query string.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::response::IntoResponse as _;
use axum::routing::MethodRouter;
use crestfall_core::tx::RequestContext;
use crestfall_core::{Identity, Problem};
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response as HttpResponse, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use serde_json::Value as Json;

use crate::graphql::GraphQl;
use crate::request::{Error, Fate, Request, Response};

/// The media type of the GraphQL-over-HTTP specification, whose statuses tell of errors.
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

impl GraphQl {
    /// The routes, relative to where they are nested; fits a router of any state.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let here: MethodRouter<Self> = axum::routing::any(serve);
        Router::new().route("/", here).with_state(self.clone())
    }

    /// Answers one HTTP request, wherever it stands.
    pub async fn serve(&self, request: HttpRequest) -> HttpResponse<Body> {
        let (parts, body) = request.into_parts();
        let identity = match self.identify(&parts).await {
            Ok(identity) => identity,
            Err(problem) => return *problem,
        };
        let context = RequestContext::from_parts(&parts);
        let by_status = wants_statuses(&parts.headers);
        let response = match parts.method {
            Method::POST => match self.posted(&parts, body).await {
                Ok(request) => self.execute(&identity, &context, request).await,
                Err(refusal) => return refusal.answer(by_status),
            },
            Method::GET => match queried(&parts) {
                Ok(request) => self.execute_query(&identity, &context, request).await,
                Err(refusal) => return refusal.answer(by_status),
            },
            _ => {
                let refusal = Malformed(StatusCode::METHOD_NOT_ALLOWED, "only GET and POST");
                return refusal.answer(by_status);
            }
        };
        let mut answer = http_response(&response, by_status);
        if response.fate == Fate::Unavailable {
            let headers = answer.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(self.retry_after()));
        }
        answer.extensions_mut().insert(identity);
        answer
    }

    async fn identify(&self, parts: &Parts) -> Result<Identity, Box<HttpResponse<Body>>> {
        if let Some(identity) = parts.extensions.get::<Identity>() {
            return Ok(identity.clone());
        }
        let Some(verifier) = &self.shared.verifier else {
            return Ok(Identity::default());
        };
        let verifier = verifier.load_full();
        let identified = verifier.identify_or_refresh(&parts.headers).await;
        identified.map_err(|error| Box::new(Problem::from(error).into_response()))
    }

    async fn posted(&self, parts: &Parts, body: Body) -> Result<Request, Malformed> {
        let content_type = parts.headers.get(CONTENT_TYPE);
        let is_json = content_type
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            let message = "the body must be application/json";
            return Err(Malformed(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        let limited = Limited::new(body, self.limits().body_bytes);
        let body = limited.collect().await.map_err(|error| match error
            .is::<http_body_util::LengthLimitError>(
        ) {
            true => Malformed(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
            false => Malformed(StatusCode::BAD_REQUEST, "the body could not be read"),
        })?;
        serde_json::from_slice(&body.to_bytes()).map_err(|_| {
            let message = "the body must be a JSON object with a text `query`";
            Malformed(StatusCode::BAD_REQUEST, message)
        })
    }
}

async fn serve(State(graphql): State<GraphQl>, request: HttpRequest) -> HttpResponse<Body> {
    graphql.serve(request).await
}

/// The operation in a query string.
fn queried(parts: &Parts) -> Result<Request, Malformed> {
    #[derive(serde::Deserialize)]
    struct Query {
        query: String,
        variables: Option<String>,
        #[serde(rename = "operationName")]
        operation_name: Option<String>,
        extensions: Option<String>,
    }
    let wrong = |message| Malformed(StatusCode::BAD_REQUEST, message);
    let axum::extract::Query(query) = axum::extract::Query::<Query>::try_from_uri(&parts.uri)
        .map_err(|_| wrong("the query string must have a `query`"))?;
    let json = |text: Option<String>| match text.as_deref() {
        None | Some("") => Ok(Json::Null),
        Some(text) => serde_json::from_str(text)
            .map_err(|_| wrong("`variables` and `extensions` must be JSON objects")),
    };
    Ok(Request {
        query: query.query,
        variables: json(query.variables)?,
        operation_name: query.operation_name.filter(|name| !name.is_empty()),
        extensions: json(query.extensions)?,
    })
}

/// A request that holds no operation.
struct Malformed(StatusCode, &'static str);

impl Malformed {
    fn answer(self, by_status: bool) -> HttpResponse<Body> {
        let Self(status, message) = self;
        let response = Response::refused(Error::new(message));
        let mut answer = http_response(&response, by_status);
        *answer.status_mut() = status;
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let headers = answer.headers_mut();
            headers.insert(ALLOW, HeaderValue::from_static("GET, POST"));
        }
        answer
    }
}

/// The client knows the media type under which statuses tell of errors.
fn wants_statuses(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT).iter();
    accepted.any(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.contains(GRAPHQL_RESPONSE))
    })
}

fn http_response(response: &Response, by_status: bool) -> HttpResponse<Body> {
    let status = match response.fate {
        Fate::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Fate::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Fate::Refused if by_status => StatusCode::BAD_REQUEST,
        Fate::Refused | Fate::Executed => StatusCode::OK,
    };
    let media_type = match by_status {
        true => "application/graphql-response+json; charset=utf-8",
        false => "application/json; charset=utf-8",
    };
    let mut answer = HttpResponse::new(Body::from(response.to_body()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}
