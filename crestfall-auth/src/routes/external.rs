//! Signing in through other providers, by the browser (GT-018, GT-019, GT-023).

mod authorize;
mod callback;
mod identities;
mod link_page;

use axum::Router;
use axum::routing::{delete, get};

use crate::reconfigure::Live;

pub(super) fn routes() -> Router<Live> {
    Router::new()
        .route("/authorize", get(authorize::redirect))
        .route("/callback", get(callback::get).post(callback::post))
        .route("/user/identities/authorize", get(identities::authorize))
        .route("/user/identities/{id}", delete(identities::unlink))
}
