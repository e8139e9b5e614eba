//! A service whose users sign up, log in and use passkeys.

use axum::{Router, routing::get};
use crestfall_auth::{Auth, Config, ConnectError, CurrentUser};
use crestfall_core::Secret;

// For everybody, and by name for who is signed in.
async fn hello(user: Option<CurrentUser>) -> String {
    let name = user.and_then(|user| user.email);
    format!("hello, {}", name.as_deref().unwrap_or("stranger"))
}

// For who is signed in; others are answered 401.
async fn account(user: CurrentUser) -> String {
    user.id.to_string()
}

/// The whole service.
///
/// # Errors
/// The settings or the database will not do.
pub async fn app(database: &str, encryption_key: Secret) -> Result<Router, ConnectError> {
    let mut config = Config::new(encryption_key);
    config.email.autoconfirm = true; // without, sign-up waits for a mailed link: `config.mail`
    config.passkeys.enabled = true;
    let auth = Auth::connect(database, config).await?;
    let app = Router::new()
        .route("/hello", get(hello))
        .route("/account", get(account));
    Ok(auth.mount("/auth/v1", app)) // /auth/v1/signup, /token, /passkeys/…
}
