//! Tokens of clients that act by themselves (RFC 6749, section 4.4; GT-071).
//!
//! Such a token names no user: its `sub` is the client. It holds for a short time, never longer than
//! a user's (revocations are not remembered for longer), cannot be refreshed, and ends as soon as the client is changed or deleted, because its `session_id` is then
//! revoked (see [`Client::own_session`]).

use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use super::client::{CLIENT_CREDENTIALS, Client};
use super::scope::Scopes;
use crate::auth::Auth;
use crate::error::Result;
use crate::store::oauth_clients;
use crate::token::{self, AccessToken};

/// A token for the client itself.
pub(crate) fn sign(
    auth: &Auth,
    client: &Client,
    scopes: &Scopes,
    resource: Option<&str>,
) -> Result<AccessToken> {
    token::sign(auth, &claims(auth, client, scopes, resource))
}

fn claims(
    auth: &Auth,
    client: &Client,
    scopes: &Scopes,
    resource: Option<&str>,
) -> Map<String, Value> {
    let config = auth.config();
    let lifetime = config.oauth_server.client_credentials_lifetime.get();
    let lifetime = lifetime.min(config.tokens.lifetime.get());
    let issued_at = token::now();
    let audience = &config.tokens.audience;
    let mut claims = Map::new();
    let standard = [
        ("iss", json!(auth.issuer())),
        ("sub", json!(client.id)),
        (
            "aud",
            match resource {
                None => json!(audience),
                Some(resource) => json!([audience, resource]),
            },
        ),
        ("exp", json!(issued_at + lifetime.as_secs().cast_signed())),
        ("iat", json!(issued_at)),
        ("jti", json!(uuid::Uuid::new_v4())),
        ("role", json!(client.client_credentials_role)),
        ("session_id", json!(client.own_session())),
        ("client_id", json!(client.id)),
    ];
    for (name, value) in standard {
        claims.insert(name.to_owned(), value);
    }
    if !scopes.is_empty() {
        claims.insert("scope".to_owned(), scopes.to_string().into());
    }
    claims
}

/// Voids the tokens that a client, as it was before a change, has been given for itself.
pub(crate) async fn revoke(db: &mut PgConnection, before: &Client) -> Result<()> {
    if before.may_use(CLIENT_CREDENTIALS) {
        oauth_clients::revoke_tokens(db, before.own_session()).await?;
    }
    Ok(())
}
