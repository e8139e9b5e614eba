//! `/user/identities` (GT-023): linking identities to one's account, and unlinking them.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::authorize::{self, Parameters};
use crate::audit::Action;
use crate::auth::Auth;
use crate::browser::{Browser, keeps_cookies};
use crate::caller::Caller;
use crate::directory;
use crate::error::{Error, ErrorCode, Result};
use crate::external_user;
use crate::path::Path;
use crate::query::Query;
use crate::signed_in::SignedIn;
use crate::store::{external, identities, users};
use crate::user::{User, UserIdentity};

fn check(auth: &Auth, signed_in: &SignedIn) -> Result<()> {
    if !auth.config().manual_linking {
        return Err(Error::new(
            ErrorCode::ManualLinkingDisabled,
            "Manual linking is disabled",
        ));
    }
    if !signed_in.is_at_highest_level() {
        return Err(Error::new(
            ErrorCode::InsufficientAal,
            "AAL2 session is required to change identities when MFA is enabled.",
        ));
    }
    Ok(())
}

pub(super) async fn authorize(
    State(auth): State<Auth>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Query(parameters): Query<Parameters>,
) -> Result<Response> {
    check(&auth, &signed_in)?;
    let settings = &auth.config().external;
    let is_bound = settings.bind_to_browser && keeps_cookies(&auth, &headers);
    let browser = is_bound.then(|| Browser::leaving(&auth, &headers));
    let target = Some(signed_in.user.id);
    let begun = authorize::start(&auth, &headers, &parameters, target, browser).await?;
    let mut parameters = parameters.iter();
    let stays = parameters.any(|(name, value)| name == "skip_http_redirect" && value == "true");
    let response = match stays {
        true => Json(json!({ "url": begun.url.as_str() })).into_response(),
        false => authorize::found(&begun.url),
    };
    begun.with_cookie(&auth, response)
}

pub(super) async fn unlink(
    State(auth): State<Auth>,
    caller: Caller,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    check(&auth, &signed_in)?;
    let not_uuid =
        |_| Error::invalid("identity_id must be an UUID").with_status(StatusCode::NOT_FOUND);
    let id: Uuid = id.parse().map_err(not_uuid)?;
    let mut tx = auth.begin().await?;
    // The row is locked: of two at once, the second sees that one identity is left.
    let user = users::lock(&mut tx, signed_in.user.id).await?;
    let user = user.ok_or_else(|| Error::new(ErrorCode::UserNotFound, "User not found"))?;
    if user.identities.len() <= 1 {
        return Err(Error::new(
            ErrorCode::SingleIdentityNotDeletable,
            "User must have at least 1 identity after unlinking",
        ));
    }
    let mut all = user.identities.iter();
    let identity = all
        .find(|identity| identity.identity_id == id)
        .ok_or_else(|| Error::new(ErrorCode::IdentityNotFound, "Identity doesn't exist"))?;
    identities::delete(&mut tx, id).await?;
    match identity.provider.as_str() {
        "phone" => external::remove_phone(&mut tx, user.id).await?,
        provider => {
            if provider == "email" {
                // Its proof goes with it.
                users::set_password(&mut tx, user.id, None).await?;
            }
            let others: Vec<&UserIdentity> = user
                .identities
                .iter()
                .filter(|other| other.identity_id != id)
                .collect();
            settle_email(&auth, &mut tx, &user, others).await?;
        }
    }
    users::refresh_providers(&mut tx, user.id).await?;
    directory::push(&auth, &mut tx, user.id).await?;
    let action = Action::IdentityUnlinked;
    external_user::record_link(&auth, &mut tx, &caller, &user, identity, action).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

/// The account's address must be one of an identity that it still has: the same, else one that a
/// provider has verified, else any, else none.
async fn settle_email(
    auth: &Auth,
    db: &mut PgConnection,
    user: &User,
    mut others: Vec<&UserIdentity>,
) -> Result<()> {
    let email = |identity: &UserIdentity| identity.email.clone().unwrap_or_default();
    let is_verified = |identity: &UserIdentity| {
        identity.identity_data.get("email_verified") == Some(&Value::Bool(true))
    };
    if others.iter().any(|other| email(other) == user.email()) {
        return Ok(());
    }
    others.sort_by_key(|other| {
        let rank = match (email(other).is_empty(), is_verified(other)) {
            (true, _) => 2,
            (false, false) => 1,
            (false, true) => 0,
        };
        (rank, other.created_at, other.identity_id)
    });
    for other in others {
        let address = email(other);
        if address.is_empty() {
            return Ok(external::replace_email(db, user.id, None, false).await?);
        }
        if directory::find_by_email(auth, db, &address)
            .await?
            .is_none()
        {
            let confirmed = is_verified(other) || auth.config().email.autoconfirm;
            return Ok(external::replace_email(db, user.id, Some(&address), confirmed).await?);
        }
    }
    Err(Error::new(
        ErrorCode::EmailConflictIdentityNotDeletable,
        "Unable to unlink identity due to email conflict",
    ))
}
