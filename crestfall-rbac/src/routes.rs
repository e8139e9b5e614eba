//! The endpoints, one subject a file. Each runs as its caller: policies decide.

mod assignments;
mod check;
mod invitations;
mod me;
mod organisations;
mod permissions;
mod roles;
mod service_accounts;

use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use crestfall_core::Identity;

use crate::error::{Error, Result};
use crate::openapi::openapi;
use crate::rbac::Rbac;

/// Largest body of a request, in bytes.
const MAX_BODY: usize = 256 << 10;

pub(crate) fn router<S: Clone + Send + Sync + 'static>(rbac: Rbac) -> Router<S> {
    Router::new()
        .route("/me", get(me::show))
        .route("/me/active-organisation", put(me::activate))
        .route("/check", post(check::check))
        .route("/explain", get(check::explain))
        .route(
            "/permissions",
            get(permissions::list).post(permissions::create),
        )
        .route("/permissions/{permission}", delete(permissions::remove))
        .route("/roles", get(roles::list).post(roles::create))
        .route(
            "/roles/{role}",
            get(roles::show).patch(roles::update).delete(roles::remove),
        )
        .route(
            "/roles/{role}/permissions/{permission}",
            put(roles::give).delete(roles::take),
        )
        .route(
            "/roles/{role}/parents/{parent}",
            put(roles::inherit).delete(roles::disinherit),
        )
        .route(
            "/assignments",
            get(assignments::list).post(assignments::create),
        )
        .route("/assignments/{assignment}", delete(assignments::remove))
        .route(
            "/organisations",
            get(organisations::list).post(organisations::create),
        )
        .route(
            "/organisations/{organisation}",
            get(organisations::show)
                .patch(organisations::update)
                .delete(organisations::remove),
        )
        .route(
            "/organisations/{organisation}/members",
            get(organisations::members),
        )
        .route(
            "/organisations/{organisation}/members/{subject}",
            put(organisations::add_member).delete(organisations::remove_member),
        )
        .route(
            "/organisations/{organisation}/invitations",
            get(invitations::list).post(invitations::create),
        )
        .route(
            "/organisations/{organisation}/invitations/{invitation}",
            delete(invitations::withdraw),
        )
        .route("/invitations/accept", post(invitations::accept))
        .route(
            "/service-accounts",
            get(service_accounts::list).post(service_accounts::create),
        )
        .route(
            "/service-accounts/{account}",
            delete(service_accounts::remove),
        )
        .layer(middleware::from_fn(signed_in))
        .route("/openapi.json", get(async || Json(openapi().into_value())))
        .fallback(async || Error::NotFound("There is no such endpoint".into()))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(rbac)
}

/// Nothing here is for who is anonymous.
async fn signed_in(identity: Identity, request: Request, next: Next) -> Result<Response> {
    match identity.is_authenticated() {
        true => Ok(next.run(request).await),
        false => Err(Error::Anonymous),
    }
}

/// There is nothing of that name, or the caller may not change it: which, is not told.
fn absent(what: &'static str) -> Error {
    Error::NotFound(format!("There is no such {what}, or it is not yours to change").into())
}
