//! `GET /settings` (GT-002): what a login page needs to know.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::auth::Auth;

pub(super) async fn show(State(auth): State<Auth>) -> Json<Value> {
    let config = auth.config();
    Json(json!({
        "external": {
            "anonymous_users": config.anonymous_users,
            "email": config.email.enabled,
            "phone": config.phone.enabled,
        },
        "disable_signup": config.disable_signup,
        "mailer_autoconfirm": config.email.autoconfirm,
        "phone_autoconfirm": config.phone.autoconfirm,
        "sms_provider": "",
        "saml_enabled": false,
        "passkeys_enabled": config.passkeys.enabled,
    }))
}
