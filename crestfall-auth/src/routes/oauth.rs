//! `/oauth`, and what belongs to it elsewhere: the OAuth 2.1 and OpenID Connect server.

mod authorizations;
mod authorize;
mod clients;
mod device;
mod grants;
mod introspect;
mod metadata;
mod register;
mod revoke;
mod token;
mod userinfo;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;

use crate::auth::Auth;
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::metadata::issuer_path;
use crate::reconfigure::Live;

pub(super) fn routes(live: &Live) -> Router<Live> {
    Router::new()
        .route(
            "/.well-known/oauth-authorization-server",
            get(metadata::show),
        )
        .route(
            "/oauth/authorize",
            get(authorize::begin).post(authorize::begin),
        )
        .route(
            "/oauth/authorizations/{authorization_id}",
            get(authorizations::show),
        )
        .route(
            "/oauth/authorizations/{authorization_id}/consent",
            post(authorizations::decide),
        )
        .route("/oauth/device_authorization", post(device::begin))
        .route("/oauth/device", post(device::find))
        .route("/oauth/token", post(token::grant))
        .route("/oauth/userinfo", get(userinfo::show).post(userinfo::show))
        .route("/oauth/introspect", post(introspect::show))
        .route("/oauth/revoke", post(revoke::revoke))
        .route("/oauth/clients/register", post(register::register))
        .route(
            "/user/oauth/grants",
            get(grants::list).delete(grants::withdraw),
        )
        .route(
            "/admin/oauth/clients",
            get(clients::list).post(clients::create),
        )
        .route(
            "/admin/oauth/clients/{client_id}",
            get(clients::show)
                .put(clients::update)
                .delete(clients::remove),
        )
        .route(
            "/admin/oauth/clients/{client_id}/regenerate_secret",
            post(clients::regenerate_secret),
        )
        .route_layer(middleware::from_fn_with_state(live.clone(), if_enabled))
        .route("/.well-known/openid-configuration", get(metadata::show))
}

async fn if_enabled(State(auth): State<Auth>, request: Request, next: Next) -> Result<Response> {
    match auth.config().oauth_server.enabled {
        true => Ok(next.run(request).await),
        false => Err(
            Error::new(ErrorCode::FeatureDisabled, "OAuth server is disabled")
                .with_status(StatusCode::NOT_FOUND),
        ),
    }
}

/// The metadata where the issuer's path comes behind `/.well-known/…` (RFC 8414, section 3.1).
pub(crate) fn well_known<S: Clone + Send + Sync + 'static>(live: Live) -> Router<S> {
    let path = issuer_path(&live.0);
    Router::new()
        .route(
            &format!("/.well-known/oauth-authorization-server{path}"),
            get(metadata::show),
        )
        .route_layer(middleware::from_fn_with_state(live.clone(), if_enabled))
        .route(
            &format!("/.well-known/openid-configuration{path}"),
            get(metadata::show),
        )
        .with_state(live)
}
