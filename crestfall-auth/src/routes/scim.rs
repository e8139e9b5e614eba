//! `/scim/v2`: users kept by an identity provider (GT-063, RFC 7644).

mod discovery;
mod users;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{StatusCode, Uri};
use serde_json::{Map, Value};

use crate::auth::Auth;
use crate::error::{Error, ErrorCode};
use crate::reconfigure::Live;
use crate::scim::error::{ScimError, ScimResult};
use crate::scim::provisioner::check_enabled;
use crate::scim::{BASE, MEDIA_TYPE};

pub(super) fn routes(live: &Live) -> Router<Live> {
    Router::new()
        .route("/scim/v2/ServiceProviderConfig", get(discovery::config))
        .route("/scim/v2/ResourceTypes", get(discovery::resource_types))
        .route(
            "/scim/v2/ResourceTypes/{name}",
            get(discovery::resource_type),
        )
        .route("/scim/v2/Schemas", get(discovery::schemas))
        .route("/scim/v2/Schemas/{name}", get(discovery::schema))
        .route("/scim/v2/Users", get(users::list).post(users::create))
        .route(
            "/scim/v2/Users/{id}",
            get(users::show)
                .put(users::replace)
                .patch(users::patch)
                .delete(users::remove),
        )
        .route_layer(middleware::from_fn_with_state(live.clone(), enabled))
}

async fn enabled(State(auth): State<Auth>, request: Request, next: Next) -> Response {
    match check_enabled(&auth) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// The answer to a path that is no route.
pub(super) async fn no_route(State(auth): State<Auth>, uri: Uri) -> Response {
    let is_below = uri
        .path()
        .strip_prefix(BASE)
        .is_some_and(|rest| rest.starts_with('/'));
    match is_below {
        true if auth.config().scim.enabled => {
            let detail = "Endpoint or resource does not exist";
            ScimError::new(StatusCode::NOT_FOUND, detail).into_response()
        }
        _ => Error::new(ErrorCode::ValidationFailed, "404 page not found")
            .with_status(StatusCode::NOT_FOUND)
            .into_response(),
    }
}

/// A resource, or a list of them.
fn answer(status: StatusCode, body: &Value) -> Response {
    let media_type = HeaderValue::from_static(MEDIA_TYPE);
    (status, [(CONTENT_TYPE, media_type)], body.to_string()).into_response()
}

/// The JSON object of a request, whatever its media type: clients send either.
struct Sent(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = ScimError;

    async fn from_request(request: Request, state: &S) -> ScimResult<Self> {
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|error| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let detail = "Request body is too large; the limit is 1 MiB";
                ScimError::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
            }
            _ => ScimError::invalid_syntax("Could not read the request body"),
        })?;
        let sent = serde_json::from_slice(&bytes).map_err(|error| {
            ScimError::invalid_syntax(format!("The request body is no JSON object: {error}"))
        });
        sent.map(Self)
    }
}
