//! `/user/oauth/grants` (GT-024): which clients a user has agreed to, and an end of it.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::client::ClientSummary;
use crate::oauth::scope::Scopes;
use crate::query::Query;
use crate::signed_in::SignedIn;
use crate::store::oauth_consents::{self, Grant};
use crate::store::sessions;

/// What a user agreed to.
#[derive(Serialize)]
pub(super) struct GrantView {
    client: ClientSummary,
    scopes: Vec<String>,
    granted_at: DateTime<Utc>,
}

impl From<Grant> for GrantView {
    fn from(grant: Grant) -> Self {
        Self {
            client: ClientSummary {
                id: grant.client_id,
                name: grant.client_name,
                uri: grant.client_uri,
                logo_uri: grant.logo_uri,
            },
            scopes: Scopes::parse(&grant.scopes).words().to_vec(),
            granted_at: grant.granted_at,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Parameters {
    client_id: Option<String>,
}

pub(super) async fn list(
    State(auth): State<Auth>,
    signed_in: SignedIn,
) -> Result<Json<Vec<GrantView>>> {
    let mut db = auth.pool().acquire().await?;
    let grants = oauth_consents::of_user(&mut db, signed_in.user.id).await?;
    Ok(Json(grants.into_iter().map(GrantView::from).collect()))
}

/// The client has to ask again, and its sessions of this user end.
pub(super) async fn withdraw(
    State(auth): State<Auth>,
    Query(parameters): Query<Parameters>,
    caller: Caller,
    signed_in: SignedIn,
) -> Result<StatusCode> {
    let client: Uuid = parameters
        .client_id
        .filter(|id| !id.is_empty())
        .ok_or_else(|| Error::invalid("client_id query parameter is required"))?
        .parse()
        .map_err(|_| Error::invalid("invalid client_id format"))?;
    let user = &signed_in.user;
    let mut tx = auth.begin().await?;
    if !oauth_consents::withdraw(&mut tx, user.id, client).await? {
        return Err(Error::new(
            ErrorCode::OauthConsentNotFound,
            "No active grant found for this client",
        ));
    }
    sessions::delete_of_client(&mut tx, client, Some(user.id), None).await?;
    let traits = json!({ "oauth_client_id": client, "action": "revoke_oauth_grant" });
    audit::record(&mut tx, &caller, user, Action::TokenRevoked, traits).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
