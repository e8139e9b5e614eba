//! The endpoints, one a file.

mod admin;
mod api_keys;
mod cookie;
mod external;
mod factors;
mod forward_auth;
mod health;
mod invite;
mod jwks;
mod login;
mod logout;
mod oauth;
mod otp;
mod passkeys;
mod reauthenticate;
mod recover;
mod resend;
mod scim;
mod security_log;
mod sessions;
mod settings;
mod signup;
mod sso;
mod token;
mod user;
mod verify;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{delete, get, post};
use serde::Deserialize;

use crate::error::answer_in_the_callers_form;
use crate::reconfigure::Live;
use crate::{captcha, rate_limit};

/// The query of what sends a mail: where its link leads in the end.
#[derive(Deserialize)]
pub(crate) struct RedirectTo {
    redirect_to: Option<String>,
}

/// Largest body of a request, in bytes (GT-032).
pub(crate) const MAX_BODY: usize = 1 << 20;

pub(crate) use oauth::well_known;

pub(crate) fn router<S: Clone + Send + Sync + 'static>(live: Live) -> Router<S> {
    Router::new()
        .route("/health", get(health::show))
        .route("/settings", get(settings::show))
        .route("/.well-known/jwks.json", get(jwks::show))
        .route("/signup", post(signup::sign_up))
        .route("/sso", post(sso::sign_in))
        .route("/token", post(token::grant))
        .route("/logout", post(logout::log_out))
        .route("/user", get(user::show).put(user::update))
        .route(
            "/user/sessions",
            get(sessions::list).delete(sessions::end_others),
        )
        .route("/user/sessions/{id}", delete(sessions::end))
        .route("/user/security-log", get(security_log::show))
        .route("/otp", post(otp::send))
        .route("/magiclink", post(otp::send_link))
        .route("/recover", post(recover::send))
        .route("/resend", post(resend::send))
        .route("/verify", get(verify::open).post(verify::submit))
        .route("/reauthenticate", get(reauthenticate::send))
        .route("/invite", post(invite::send))
        .merge(admin::routes())
        .merge(oauth::routes(&live))
        .merge(api_keys::routes())
        .merge(cookie::routes())
        .merge(forward_auth::routes())
        .merge(login::routes())
        .merge(factors::routes())
        .merge(passkeys::routes())
        .merge(external::routes())
        .merge(scim::routes(&live))
        .fallback(scim::no_route)
        .layer(middleware::from_fn_with_state(
            live.clone(),
            captcha::require,
        ))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(
            live.clone(),
            rate_limit::limit,
        ))
        .layer(middleware::from_fn(answer_in_the_callers_form))
        .with_state(live)
}
