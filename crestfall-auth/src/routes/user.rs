//! `/user` (GT-022): the user who asks.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::contact_change::{self, Change};
use crate::error::{Error, ErrorCode, Result};
use crate::pkce::Challenge;
use crate::query::Query;
use crate::routes::RedirectTo;
use crate::signed_in::{SignedIn, UserOrClient};
use crate::store::{identities, one_time_tokens, sessions, users};
use crate::user::{Metadata, User};
use crate::{address, new_password};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Update {
    #[serde(deserialize_with = "or_default")]
    email: String,
    #[serde(deserialize_with = "or_default")]
    phone: String,
    password: Option<String>,
    current_password: Option<String>,
    #[serde(deserialize_with = "or_default")]
    nonce: String,
    data: Option<Metadata>,
    app_metadata: Option<Metadata>,
    #[serde(deserialize_with = "or_default")]
    channel: String,
    #[serde(flatten)]
    challenge: Challenge,
}

/// An OAuth client may ask: its token says most of this already, and it is how services that are
/// given a token find out whose it is.
pub(super) async fn show(UserOrClient(signed_in): UserOrClient) -> Json<User> {
    Json(signed_in.user)
}

pub(super) async fn update(
    State(auth): State<Auth>,
    Query(parameters): Query<RedirectTo>,
    caller: Caller,
    signed_in: SignedIn,
    Body(mut update): Body<Update>,
) -> Result<Json<User>> {
    let user = &signed_in.user;
    update.normalize(user)?;
    update.check(&auth, &signed_in)?;
    let password = match update
        .password
        .as_deref()
        .filter(|password| !password.is_empty())
    {
        None => None,
        Some(password) => Some(change_of_password(&auth, &signed_in, &update, password).await?),
    };
    if password.is_some() && needs_reauthentication(&auth, &signed_in) {
        contact_change::check_nonce(&auth, &caller, user, &update.nonce).await?;
    }
    let mut tx = auth.begin().await?;
    users::lock(&mut tx, user.id).await?;
    if let Some(hash) = &password {
        set_password(&mut tx, &signed_in, hash).await?;
        audit::record(
            &mut tx,
            &caller,
            user,
            Action::UserUpdatedPassword,
            json!({}),
        )
        .await?;
        contact_change::tell_of_new_password(&auth, &mut tx, &caller, user).await?;
    }
    if let Some(data) = &update.data {
        users::merge_user_metadata(&mut tx, user.id, data).await?;
    }
    let change = Change {
        email: &update.email,
        phone: &update.phone,
        channel: &update.channel,
        challenge: &update.challenge,
        redirect_to: parameters.redirect_to.as_deref().unwrap_or_default(),
    };
    let message = contact_change::request(&auth, &mut tx, &caller, user, &change).await?;
    audit::record(&mut tx, &caller, user, Action::UserModified, json!({})).await?;
    crate::directory::push(&auth, &mut tx, user.id).await?;
    let user = users::find(&mut tx, user.id).await?;
    tx.commit().await?;
    if let Some(message) = message {
        message.send(&auth, &caller).await?;
    }
    let gone = || {
        Error::new(
            ErrorCode::UserNotFound,
            "User from sub claim in JWT does not exist",
        )
    };
    user.ok_or_else(gone).map(Json)
}

impl Update {
    /// Addresses in their one spelling; empty when they are what they were.
    fn normalize(&mut self, user: &User) -> Result<()> {
        if !self.email.is_empty() {
            self.email = address::email(&self.email)?;
        }
        if !self.phone.is_empty() {
            self.phone = address::phone(&self.phone)?;
        }
        if self.email == user.email() {
            self.email.clear();
        }
        if self.phone == user.phone() {
            self.phone.clear();
        }
        Ok(())
    }

    fn check(&self, auth: &Auth, signed_in: &SignedIn) -> Result<()> {
        let user = &signed_in.user;
        let changes_password = self.password.as_deref().is_some_and(|new| !new.is_empty());
        let changes_access = changes_password || !self.email.is_empty() || !self.phone.is_empty();
        let is_admin = auth.config().tokens.admin_roles.contains(&user.role);
        if self.app_metadata.is_some() && !is_admin {
            return Err(Error::new(
                ErrorCode::NotAdmin,
                "Updating app_metadata requires admin privileges",
            ));
        }
        if changes_access && !signed_in.is_at_highest_level() {
            return Err(Error::new(
                ErrorCode::InsufficientAal,
                "AAL2 session is required to update email or password when MFA is enabled.",
            ));
        }
        let has_address = !self.email.is_empty() || !self.phone.is_empty();
        if user.is_anonymous && changes_password && !has_address {
            return Err(Error::invalid(
                "Updating password of an anonymous user without an email or phone is not allowed",
            )
            .with_status(http::StatusCode::UNPROCESSABLE_ENTITY));
        }
        if user.is_sso_user && (changes_access || !self.nonce.is_empty()) {
            return Err(Error::new(
                ErrorCode::UserSsoManaged,
                "Updating email, phone, password of a SSO account only possible via SSO",
            ));
        }
        self.challenge.check().map(drop)
    }
}

/// The hash of a new password that is good enough, and is not the old one.
async fn change_of_password(
    auth: &Auth,
    signed_in: &SignedIn,
    update: &Update,
    password: &str,
) -> Result<String> {
    new_password::check(auth, password).await?;
    if let Some(old) = signed_in.user.password_hash() {
        if auth.config().require_current_password && !is_recovering(signed_in) {
            let required = || {
                Error::new(
                    ErrorCode::CurrentPasswordRequired,
                    "Current password required when setting new password.",
                )
            };
            let current = update
                .current_password
                .as_deref()
                .filter(|text| !text.is_empty());
            let current = current.ok_or_else(required)?;
            if !auth.passwords().verify(current, Some(old)).await?.ok {
                return Err(Error::new(
                    ErrorCode::CurrentPasswordInvalid,
                    "Current password is not right.",
                ));
            }
        }
        if auth.passwords().verify(password, Some(old)).await?.ok {
            return Err(Error::new(
                ErrorCode::SamePassword,
                "New password should be different from the old password.",
            ));
        }
    }
    new_password::hash(auth, password).await
}

/// Whether the user came by a recovery link, having forgotten the password.
fn is_recovering(signed_in: &SignedIn) -> bool {
    let session = signed_in.session.as_ref();
    session.is_some_and(|session| session.amr.iter().any(|amr| amr.method == "recovery"))
}

/// Signed in too long ago to change the password without proving anew who it is.
fn needs_reauthentication(auth: &Auth, signed_in: &SignedIn) -> bool {
    let day = chrono::TimeDelta::days(1);
    let is_fresh = |at: chrono::DateTime<chrono::Utc>| chrono::Utc::now() - at < day;
    auth.config().require_reauthentication
        && !signed_in
            .session
            .as_ref()
            .is_some_and(|session| is_fresh(session.created_at))
}

/// A new password ends every other session, and every link and code on its way (SEC-14).
async fn set_password(db: &mut PgConnection, signed_in: &SignedIn, hash: &str) -> Result<()> {
    let user = &signed_in.user;
    users::set_password(db, user.id, Some(hash)).await?;
    one_time_tokens::delete_all(db, user.id).await?;
    let keep = signed_in.session.as_ref().map(|session| session.id);
    sessions::delete_all(db, user.id, keep).await?;
    if user.identity("email").is_none() && user.is_email_confirmed() {
        let data = identities::data(
            user.id,
            &[
                ("email", user.email().into()),
                ("email_verified", true.into()),
            ],
        );
        identities::insert(db, user.id, "email", &user.id.to_string(), &data).await?;
        users::refresh_providers(db, user.id).await?;
    }
    Ok(())
}
