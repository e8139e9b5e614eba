//! `/factors`: a user's own second factors.

mod challenge;
mod enroll;
mod recovery_codes;
mod unenroll;
mod verify;

use axum::Router;
use axum::routing::{delete, post};

use crate::reconfigure::Live;

pub(super) fn routes() -> Router<Live> {
    Router::new()
        .route("/factors", post(enroll::enroll))
        .route(
            "/factors/recovery-codes",
            post(recovery_codes::generate).get(recovery_codes::count),
        )
        .route(
            "/factors/recovery-codes/verify",
            post(recovery_codes::verify),
        )
        .route("/factors/{factor_id}", delete(unenroll::unenroll))
        .route("/factors/{factor_id}/challenge", post(challenge::challenge))
        .route("/factors/{factor_id}/verify", post(verify::verify))
}
