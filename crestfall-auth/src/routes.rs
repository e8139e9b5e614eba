//! The endpoints, one a file.

mod admin;
mod api_keys;
mod cookie;
mod forward_auth;
mod health;
mod jwks;
mod login;
mod logout;
mod sessions;
mod settings;
mod signup;
mod token;
mod user;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{delete, get, post};

use crate::auth::Auth;
use crate::error::{Error, ErrorCode, answer_in_the_callers_form};

/// Largest body of a request, in bytes (GT-032).
const MAX_BODY: usize = 1 << 20;

pub(crate) fn router<S: Clone + Send + Sync + 'static>(auth: Auth) -> Router<S> {
    Router::new()
        .route("/health", get(health::show))
        .route("/settings", get(settings::show))
        .route("/.well-known/jwks.json", get(jwks::show))
        .route("/signup", post(signup::sign_up))
        .route("/token", post(token::grant))
        .route("/logout", post(logout::log_out))
        .route("/user", get(user::show).put(user::update))
        .route(
            "/user/sessions",
            get(sessions::list).delete(sessions::end_others),
        )
        .route("/user/sessions/{id}", delete(sessions::end))
        .merge(admin::routes())
        .merge(api_keys::routes())
        .merge(cookie::routes())
        .merge(forward_auth::routes())
        .merge(login::routes())
        .fallback(async || {
            Error::new(ErrorCode::ValidationFailed, "404 page not found")
                .with_status(http::StatusCode::NOT_FOUND)
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(answer_in_the_callers_form))
        .with_state(auth)
}
