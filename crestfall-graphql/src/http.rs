//! GraphQL over HTTP: POST with a JSON body, GET with a query string, event streams, WebSockets.

mod events;
mod negotiate;
mod read;
mod socket;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::response::IntoResponse as _;
use axum::routing::MethodRouter;
use crestfall_core::tx::RequestContext;
use crestfall_core::{Identity, Problem};
use http::header::{
    ACCEPT, ALLOW, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response as HttpResponse, StatusCode};

use crate::caller::{Caller, Sender, without_foreign_cookies};
use crate::graphql::{GraphQl, May, Missing};
use crate::request::{Error, Fate, Request, Response};
use negotiate::Form;
use read::Malformed;

/// What may be asked of the endpoint.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");

/// Marks an answer, in its extensions, that tells of a refusal by a grant or a policy (SQLSTATE 42501): its
/// status is 200 all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forbidden;

type Tell = dyn Fn(&HttpResponse<Body>) + Send + Sync;

/// In the extensions of a request, told of refusals in the socket or the event stream that it opens: no status
/// and no mark of its answer can tell of them.
#[derive(Clone)]
pub struct Refusals(Arc<Tell>);

impl Refusals {
    /// Passes on what an answer to a request of its own would have said, without the body: with [`Forbidden`]
    /// and an [`Identity`] in the extensions, or 401 with its challenge.
    pub fn new(tell: impl Fn(&HttpResponse<Body>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Tells whom the request named, if it did.
    pub(crate) fn tell(opening: &Parts, answer: impl FnOnce() -> HttpResponse<Body>) {
        if let Some(Self(tell)) = opening.extensions.get() {
            tell(&answer());
        }
    }
}

impl std::fmt::Debug for Refusals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refusals").finish_non_exhaustive()
    }
}

/// Marks the answer if a grant or a policy refused.
fn mark(answer: &mut HttpResponse<Body>, response: &Response) {
    if response.errors.iter().any(Error::is_forbidden) {
        answer.extensions_mut().insert(Forbidden);
    }
}

/// The door for the fuzzer.
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing {
    use super::{Request, read, socket};
    use crate::config::Limits;

    pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Option<Request> {
        socket::fuzz(bytes, limits);
        read::request(bytes, limits).ok()
    }
}

impl GraphQl {
    /// The routes, relative to where they are nested; fits a router of any state.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let here: MethodRouter<Self> = axum::routing::any(serve);
        Router::new().route("/", here).with_state(self.clone())
    }

    /// Answers one HTTP request, wherever it stands.
    pub async fn serve(&self, request: HttpRequest) -> HttpResponse<Body> {
        let (mut parts, body) = request.into_parts();
        if socket::is_wanted(&parts) {
            without_foreign_cookies(&mut parts);
            return Box::pin(self.socket(parts)).await;
        }
        if parts.method == Method::OPTIONS {
            return options();
        }
        let Some(form) = Form::wanted(&parts.headers) else {
            let message = "application/json, application/graphql-response+json and \
                           text/event-stream can be had";
            let malformed = Malformed::new(StatusCode::NOT_ACCEPTABLE, message);
            return malformed.answer(Form::Json);
        };
        let sender = match Sender::of(&parts, self.authenticate.as_ref()).await {
            Ok(sender) => sender,
            Err(problem) => return refused(problem, form),
        };
        let identity = sender.identity.clone();
        let mut answer = match self.read(&parts, body).await {
            Ok(request) if form == Form::Events => {
                let caller = sender.staying(&parts);
                Box::pin(self.events(&parts, caller, request)).await
            }
            Ok(request) => self.answer(&parts, &identity, request, form).await,
            Err(malformed) => malformed.answer(form),
        };
        answer.extensions_mut().insert(identity);
        answer
    }

    async fn read(&self, parts: &Parts, body: Body) -> Result<Request, Malformed> {
        let limits = self.limits();
        match parts.method {
            Method::POST => read::posted(parts, body, &limits).await,
            Method::GET | Method::HEAD => read::queried(parts, &limits),
            _ => Err(Malformed::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET and POST",
            )),
        }
    }

    async fn answer(
        &self,
        parts: &Parts,
        identity: &Identity,
        request: Request,
        form: Form,
    ) -> HttpResponse<Body> {
        let response = self.execute_by(parts, identity, request, form).await;
        let mut answer = http_response(&response, form);
        mark(&mut answer, &response);
        if response.fate == Fate::Unavailable {
            let headers = answer.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(self.retry_after()));
        }
        answer
    }

    /// Executes what this method may ask for.
    async fn execute_by(
        &self,
        parts: &Parts,
        identity: &Identity,
        request: Request,
        form: Form,
    ) -> Response {
        let context = RequestContext::from_parts(parts);
        let may = match parts.method {
            Method::POST => May::Execute,
            _ => May::Query,
        };
        // Clients of the specification, and of streams, which pg_graphql has none of, get what it says.
        let missing = match form {
            Form::Json => Missing::MayBeNull,
            Form::GraphQlResponse | Form::Events => Missing::Refused,
        };
        self.execute_as_asked(identity, &context, request, may, missing)
            .await
    }
}

async fn serve(State(graphql): State<GraphQl>, request: HttpRequest) -> HttpResponse<Body> {
    graphql.serve(request).await
}

fn options() -> HttpResponse<Body> {
    let mut answer = HttpResponse::new(Body::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer.headers_mut().insert(ALLOW, METHODS);
    answer
}

/// Wrong credentials as a GraphQL client expects to be told of them, for whoever judges credentials
/// before the endpoint does. `accepted` is the request's header `Accept`.
pub fn refuse(problem: Problem, accepted: Option<&HeaderValue>) -> HttpResponse<Body> {
    let named = accepted.map(|value| (ACCEPT, value.clone()));
    let form = Form::wanted(&HeaderMap::from_iter(named));
    refused(problem, form.unwrap_or(Form::Json))
}

/// Tells that the caller of a socket or an event stream was refused by a grant or a policy, if so.
fn tell_refusal(caller: &Caller, response: &Response) {
    if !response.errors.iter().any(Error::is_forbidden) {
        return;
    }
    Refusals::tell(caller.opening(), || {
        let mut answer = HttpResponse::new(Body::empty());
        let extensions = answer.extensions_mut();
        extensions.insert(Forbidden);
        extensions.insert(caller.identity.clone());
        answer
    });
}

/// Wrong credentials, as a GraphQL client expects to be told of them.
fn refused(problem: Problem, form: Form) -> HttpResponse<Body> {
    let told = serde_json::to_value(&problem).unwrap_or_default();
    let message = told["message"].as_str().unwrap_or_default();
    let told = Error::new(message).coded(problem.code());
    let mut answer = http_response(&Response::refused(told), form);
    let (head, _) = problem.into_response().into_parts();
    *answer.status_mut() = head.status;
    for name in [WWW_AUTHENTICATE, RETRY_AFTER] {
        for value in head.headers.get_all(&name) {
            answer.headers_mut().append(&name, value.clone());
        }
    }
    answer
}

impl Malformed {
    fn answer(self, form: Form) -> HttpResponse<Body> {
        let mut answer = http_response(&Response::refused(*self.error), form);
        *answer.status_mut() = self.status;
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            answer.headers_mut().insert(ALLOW, METHODS);
        }
        answer
    }
}

fn http_response(response: &Response, form: Form) -> HttpResponse<Body> {
    let by_status = form.tells_by_status();
    let status = match response.fate {
        Fate::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Fate::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Fate::Refused if by_status => StatusCode::BAD_REQUEST,
        Fate::Refused | Fate::Executed => StatusCode::OK,
    };
    // What is told before a stream begins is no event.
    let form = match form {
        Form::Events => Form::Json,
        other => other,
    };
    let mut answer = HttpResponse::new(Body::from(response.to_body()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    let media_type = HeaderValue::from_static(form.content_type());
    headers.insert(CONTENT_TYPE, media_type);
    headers.insert(VARY, HeaderValue::from_static("Accept, Authorization"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, METHODS);
    }
    answer
}
