//! `/admin`: what only roles of `tokens.admin_roles` may do.

mod api_keys;
mod audit;
mod custom_providers;
mod factors;
mod generate_link;
mod passkeys;
mod user_sessions;
mod users;

use axum::Router;
use axum::routing::{delete, get, post, put};

use crate::reconfigure::Live;

pub(super) fn routes() -> Router<Live> {
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
        .route("/admin/generate_link", post(generate_link::generate))
        .route("/admin/users/{user_id}/factors", get(factors::list))
        .route(
            "/admin/users/{user_id}/factors/{factor_id}",
            put(factors::update).delete(factors::remove),
        )
        .route("/admin/users/{user_id}/passkeys", get(passkeys::list))
        .route(
            "/admin/users/{user_id}/passkeys/{passkey_id}",
            delete(passkeys::remove),
        )
        .route("/admin/audit", get(audit::list))
        .merge(api_keys::routes())
        .merge(custom_providers::routes())
}
