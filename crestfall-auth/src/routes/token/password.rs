//! `grant_type=password` (GT-007).

use axum::Json;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::or_default;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::session::{self, SessionOptions};
use crate::sign_in_guard::{self, Who};
use crate::store::users;
use crate::token::TokenResponse;
use crate::user::User;
use crate::{address, directory, hook, new_password};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Credentials {
    #[serde(deserialize_with = "or_default")]
    email: String,
    #[serde(deserialize_with = "or_default")]
    phone: String,
    #[serde(deserialize_with = "or_default")]
    password: String,
}

/// One answer for every reason: no such user, no password, a wrong one.
fn wrong() -> Error {
    Error::new(ErrorCode::InvalidCredentials, "Invalid login credentials")
}

pub(super) async fn grant(
    auth: &Auth,
    caller: &Caller,
    credentials: Credentials,
) -> Result<Json<TokenResponse>> {
    let provider = if credentials.phone.is_empty() {
        "email"
    } else {
        "phone"
    };
    check_offered(auth, &credentials)?;
    let mut db = auth.pool().acquire().await?;
    let (found, address) = find(auth, &mut db, &credentials).await?;
    let who = Who::of(found.as_ref(), &address);
    let attempt = sign_in_guard::check_on(db, auth, caller, who).await?;
    // The hash is checked before anything is said, and a dummy when there is none: a user who is
    // not there, or is locked, takes as long as one who is.
    let hash = found.as_ref().and_then(User::password_hash);
    let hash = hash.filter(|_| !attempt.is_locked());
    let verified = match auth.passwords().verify(&credentials.password, hash).await {
        Ok(verified) => verified,
        Err(busy) => {
            attempt.withdraw(auth).await?;
            return Err(busy.into());
        }
    };
    if let Some(user) = found.as_ref().filter(|user| user.password_hash().is_some()) {
        hook::password_verification_attempt(auth, caller, user.id, verified.ok).await?;
    }
    let user = match found {
        Some(user) if verified.ok => user,
        _ => {
            attempt.failed(auth, caller, "password").await?;
            return Err(wrong());
        }
    };
    if user.is_banned() {
        return Err(Error::new(ErrorCode::UserBanned, "User is banned")
            .with_status(http::StatusCode::BAD_REQUEST));
    }
    check_confirmed(auth, &user, provider)?;
    let weak = new_password::check(auth, &credentials.password).await.err();
    if verified.needs_rehash {
        rehash(auth, &user, &credentials.password).await?;
    }
    let mut tx = auth.begin().await?;
    // Shut out or changed while the password was being checked?
    let mut user = users::lock(&mut tx, user.id)
        .await?
        .filter(|now| !now.is_banned() && now.deleted_at.is_none())
        .ok_or_else(wrong)?;
    attempt.succeeded(&mut tx).await?;
    audit::record(
        &mut tx,
        caller,
        &user,
        Action::Login,
        json!({ "provider": provider }),
    )
    .await?;
    let options = SessionOptions::default();
    let mut tokens = session::begin(auth, &mut tx, caller, &mut user, "password", options).await?;
    tx.commit().await?;
    tokens.weak_password = weak
        .filter(|error| error.code() == ErrorCode::WeakPassword)
        .map(|error| json!({ "message": error.message(), "reasons": error.reasons() }));
    Ok(Json(tokens))
}

/// One address, of a kind that is taken.
fn check_offered(auth: &Auth, credentials: &Credentials) -> Result<()> {
    let config = auth.config();
    match (credentials.email.is_empty(), credentials.phone.is_empty()) {
        (false, false) => Err(Error::invalid(
            "Only an email address or phone number should be provided on login.",
        )),
        (true, true) => Err(Error::invalid("missing email or phone")),
        (false, true) if !config.email.enabled => Err(Error::new(
            ErrorCode::EmailProviderDisabled,
            "Email logins are disabled",
        )),
        (true, false) if !config.phone.enabled => Err(Error::new(
            ErrorCode::PhoneProviderDisabled,
            "Phone logins are disabled",
        )),
        _ => Ok(()),
    }
}

/// The user with the address that was given, and the address in its one spelling. An address that is
/// none belongs to nobody.
async fn find(
    auth: &Auth,
    db: &mut PgConnection,
    credentials: &Credentials,
) -> Result<(Option<User>, String)> {
    if credentials.phone.is_empty() {
        return match address::email(&credentials.email) {
            Ok(email) => Ok((directory::find_by_email(auth, db, &email).await?, email)),
            Err(_) => Ok((None, credentials.email.clone())),
        };
    }
    match address::phone(&credentials.phone) {
        Ok(phone) => Ok((directory::find_by_phone(auth, db, &phone).await?, phone)),
        Err(_) => Ok((None, credentials.phone.clone())),
    }
}

fn check_confirmed(auth: &Auth, user: &User, provider: &str) -> Result<()> {
    let email = &auth.config().email;
    if provider == "email" && !user.is_email_confirmed() && !email.allow_unverified_sign_in {
        return Err(Error::new(
            ErrorCode::EmailNotConfirmed,
            "Email not confirmed",
        ));
    }
    if provider == "phone" && !user.is_phone_confirmed() {
        return Err(Error::new(
            ErrorCode::PhoneNotConfirmed,
            "Phone not confirmed",
        ));
    }
    Ok(())
}

/// The hash came from elsewhere or is weaker than today's: the password is known now.
async fn rehash(auth: &Auth, user: &User, password: &str) -> Result<()> {
    let new = auth.passwords().hash(password).await?;
    let old = user.password_hash().unwrap_or_default();
    let mut db = auth.pool().acquire().await?;
    users::replace_hash(&mut db, user.id, old, &new).await?;
    directory::push(auth, &mut db, user.id).await
}
