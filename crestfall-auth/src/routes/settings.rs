//! `GET /settings` (GT-002): what a login page needs to know.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::auth::Auth;
use crate::provider;

pub(super) async fn show(State(auth): State<Auth>) -> Json<Value> {
    let config = auth.config();
    let mut external = json!({
        "anonymous_users": config.anonymous_users,
        "email": config.email.enabled,
        "phone": config.phone.enabled,
        // OAuth 1.0a: `x` is the same service.
        "twitter": false,
    });
    for (name, enabled) in provider::enabled(config) {
        external[name] = enabled.into();
    }
    Json(json!({
        "external": external,
        "disable_signup": config.disable_signup,
        "mailer_autoconfirm": config.email.autoconfirm,
        "phone_autoconfirm": config.phone.autoconfirm,
        "sms_provider": "",
        "saml_enabled": false,
        "passkeys_enabled": config.passkeys.enabled,
    }))
}
