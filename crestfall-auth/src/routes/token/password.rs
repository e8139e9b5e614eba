//! `grant_type=password` (GT-007).

use axum::Json;
use serde::Deserialize;
use serde_json::json;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::or_default;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::session::{self, SessionOptions};
use crate::sign_in_guard::{self, Attempt};
use crate::store::sign_ins::{By, Seen};
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
    let spelled = spell(&credentials);
    let given = match &spelled {
        Ok(address) => address,
        Err(given) => *given,
    };
    let address = spelled.as_deref().ok();
    let by = match provider {
        "email" => By::Email(address),
        _ => By::Phone(address),
    };
    let (found, attempt) = sign_in_guard::find_and_check(auth, caller, by, given).await?;
    // The hash is checked before anything is said, and a dummy when there is none: a user who is
    // not there, or is locked, takes as long as one who is.
    let hash = found.as_ref().and_then(|seen| seen.user.password_hash());
    let hash = hash.filter(|_| !attempt.is_locked());
    let verified = match auth.passwords().verify(&credentials.password, hash).await {
        Ok(verified) => verified,
        Err(busy) => {
            attempt.withdraw(auth).await?;
            return Err(busy.into());
        }
    };
    if let Some(Seen { user, .. }) = found.as_ref().filter(|seen| has_password(seen)) {
        hook::password_verification_attempt(auth, caller, user.id, verified.ok).await?;
    }
    let mut seen = match found {
        Some(seen) if verified.ok => seen,
        _ => {
            attempt.failed(auth, caller, "password").await?;
            return Err(wrong());
        }
    };
    if seen.user.is_banned() {
        return Err(Error::new(ErrorCode::UserBanned, "User is banned")
            .with_status(http::StatusCode::BAD_REQUEST));
    }
    check_confirmed(auth, &seen.user, provider)?;
    let weak = new_password::check(auth, &credentials.password).await.err();
    if verified.needs_rehash {
        rehash(auth, &mut seen, &credentials.password).await?;
    }
    let mut tokens = match session::begin_at_once(auth, caller, &seen, &attempt, provider).await? {
        Some(tokens) => tokens,
        None => begin(auth, caller, &seen, attempt, provider).await?,
    };
    tokens.weak_password = weak
        .filter(|error| error.code() == ErrorCode::WeakPassword)
        .map(|error| json!({ "message": error.message(), "reasons": error.reasons() }));
    Ok(Json(tokens))
}

fn has_password(seen: &Seen) -> bool {
    seen.user.password_hash().is_some()
}

async fn begin(
    auth: &Auth,
    caller: &Caller,
    seen: &Seen,
    attempt: Attempt,
    provider: &str,
) -> Result<TokenResponse> {
    let mut tx = auth.begin().await?;
    // Shut out while the password was being checked, or has another one by now?
    let mut user = users::lock(&mut tx, seen.user.id)
        .await?
        .filter(|now| !now.is_banned() && now.deleted_at.is_none())
        .filter(|now| now.password_hash() == seen.user.password_hash())
        .ok_or_else(wrong)?;
    attempt.succeeded(&mut tx).await?;
    let traits = json!({ "provider": provider });
    audit::record(&mut tx, caller, &user, Action::Login, traits).await?;
    let options = SessionOptions::default();
    let tokens = session::begin(auth, &mut tx, caller, &mut user, "password", options).await?;
    tx.commit().await?;
    Ok(tokens)
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

/// The address that was given, in its one spelling; as it was given if it is none.
fn spell(credentials: &Credentials) -> std::result::Result<String, &str> {
    let (spelled, given) = match credentials.phone.is_empty() {
        true => (address::email(&credentials.email), &credentials.email),
        false => (address::phone(&credentials.phone), &credentials.phone),
    };
    spelled.map_err(|_| given.as_str())
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
async fn rehash(auth: &Auth, seen: &mut Seen, password: &str) -> Result<()> {
    let new = auth.passwords().hash(password).await?;
    let mut db = auth.pool().acquire().await?;
    let old = seen.user.password_hash().unwrap_or_default();
    if users::replace_hash(&mut db, seen.user.id, old, &new).await? {
        directory::push(auth, &mut db, seen.user.id).await?;
        seen.user.encrypted_password = Some(new);
    }
    Ok(())
}
