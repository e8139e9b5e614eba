//! `/admin`: what only roles of `tokens.admin_roles` may do.

mod audit;
mod custom_providers;
mod user_sessions;
mod users;

use axum::Router;
use axum::routing::{delete, get};

use crate::auth::Auth;

pub(super) fn routes() -> Router<Auth> {
    Router::new()
        .route("/admin/users", get(users::list).post(users::create))
        .route(
            "/admin/users/{user_id}",
            get(users::show).put(users::update).delete(users::remove),
        )
        .route(
            "/admin/users/{user_id}/sessions",
            get(user_sessions::list).delete(user_sessions::end_all),
        )
        .route(
            "/admin/users/{user_id}/sessions/{id}",
            delete(user_sessions::end),
        )
        .route("/admin/audit", get(audit::list))
        .merge(custom_providers::routes())
}
