//! `POST /invite` (GT-025): an administrator has somebody asked to join.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::error::Result;
use crate::link_mail::{self, LinkMail};
use crate::mail::MailKind;
use crate::one_time::TokenType;
use crate::query::Query;
use crate::routes::RedirectTo;
use crate::signed_in::Admin;
use crate::store::proofs::{self, Sent};
use crate::store::users;
use crate::user::{Metadata, User};
use crate::verification::Verification;
use crate::{address, new_user, proof, sending};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Invitation {
    #[serde(deserialize_with = "or_default")]
    email: String,
    #[serde(deserialize_with = "or_default")]
    data: Metadata,
}

pub(super) async fn send(
    State(auth): State<Auth>,
    Query(parameters): Query<RedirectTo>,
    caller: Caller,
    admin: Admin,
    Body(invitation): Body<Invitation>,
) -> Result<Json<User>> {
    let email = address::email(&invitation.email)?;
    sending::email_by_admin(&auth, &caller, &email).await?;
    let mut tx = auth.begin().await?;
    let user = invitee(&auth, &mut tx, &caller, &email, &invitation.data).await?;
    let traits = json!({ "by": admin.user_id() });
    audit::record(&mut tx, &caller, &user, Action::UserInvited, traits).await?;
    let asked = parameters.redirect_to.unwrap_or_default();
    let redirect_to = link_mail::redirect_target(&auth, &asked);
    link_mail::send(&auth, &mut tx, &caller, &mail(&user, &redirect_to)).await?;
    proofs::mark_sent(&mut tx, user.id, Sent::Invite).await?;
    let user = users::find(&mut tx, user.id).await?.unwrap_or(user);
    tx.commit().await?;
    Ok(Json(user))
}

/// A new user, or one who has never confirmed the address.
///
/// # Errors
/// 422 for one who has.
pub(in crate::routes) async fn invitee(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    email: &str,
    data: &Metadata,
) -> Result<User> {
    match crate::directory::find_by_email(auth, db, email).await? {
        Some(user) if user.is_email_confirmed() => Err(proof::email_taken()),
        Some(user) => {
            users::lock(db, user.id).await?;
            Ok(user)
        }
        None => Ok(new_user::create(auth, db, caller, ("email", email), None, data).await?),
    }
}

/// What asks the user to join.
pub(in crate::routes) fn mail<'a>(user: &'a User, redirect_to: &'a str) -> LinkMail<'a> {
    LinkMail {
        user,
        to: user.email(),
        kind: MailKind::Invite,
        token: TokenType::ConfirmationToken,
        purpose: Verification::Invite,
        flow_state: None,
        redirect_to,
    }
}
