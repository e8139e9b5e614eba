//! A service whose users sign up, log in and use passkeys; what Crestfall adds is marked.

use axum::{Router, http::StatusCode, routing::get};
use crestfall_auth::{Auth, Config, StartError};
use crestfall_core::{Identity, Secret};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

// For everybody, and by name for who is signed in.
async fn hello(caller: Identity) -> String {
    let email = caller
        .claims()
        .get("email")
        .and_then(|email| email.as_str());
    format!("hello, {}", email.unwrap_or("stranger"))
}

// For who is signed in.
async fn account(caller: Identity) -> Result<String, StatusCode> {
    let user = caller.claims().get("sub").and_then(|id| id.as_str());
    user.map(str::to_owned).ok_or(StatusCode::UNAUTHORIZED)
}

/// The whole service.
///
/// # Errors
/// The settings or the database will not do.
pub async fn app(pool: PgPool, encryption_key: Secret) -> Result<Router, StartError> {
    // Crestfall, to the end of the paragraph.
    let mut config = Config {
        encryption_key,
        ..Config::default()
    };
    config.email.autoconfirm = true; // without, sign-up waits for a mailed link: `config.mail`
    config.passkeys.enabled = true;
    let auth = Auth::new(pool, config).await?;
    let running = auth.clone();
    tokio::spawn(async move { running.run(CancellationToken::new()).await });

    Ok(Router::new()
        .route("/hello", get(hello))
        .route("/account", get(account))
        .layer(auth.layer()) // Crestfall: gives every request an `Identity`
        .nest("/auth/v1", auth.router())) // Crestfall: /signup, /token, /passkeys/…
}
