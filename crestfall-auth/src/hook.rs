//! Calls to the application at certain moments (GT-092 to GT-097): a function of the database, an
//! address over HTTP, or Rust in the embedder's own program. All three get the same JSON and give
//! the same.
//!
//! What a hook asked within a transaction does in the database is part of it.

mod answer;
mod claims;
mod function;
mod http;
mod point;
mod registry;
mod send;
mod signature;

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::store::sessions;
use crate::store::users::NewUser;
use crate::user::User;

pub use point::HookPoint;
pub(crate) use registry::{Registry, place, places};
pub(crate) use send::{send_email, send_email_change, send_sms};

/// A hook in Rust, given to [`Builder::hook`](crate::Builder::hook). Implemented by closures
/// `|input: Value| async { … }`. It has 5 seconds.
///
/// Input and output are those of [GoTrue's hooks](https://supabase.com/docs/guides/auth/auth-hooks),
/// such as `{"user_id": …, "claims": {…}}` and `{"claims": {…}}`.
#[async_trait]
pub trait Hook: Send + Sync + 'static {
    /// Answers. `db` is in the transaction of what is asked about, where there is one.
    ///
    /// # Errors
    /// When the hook refuses, or failed.
    async fn call(
        &self,
        db: &mut PgConnection,
        input: Value,
    ) -> std::result::Result<Value, HookError>;
}

/// Why a hook in Rust gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// It refuses: who asked is told so.
    #[error("{message}")]
    Refused {
        /// Of the answer, from 400 on.
        status: ::http::StatusCode,
        /// What who asked is told.
        message: String,
    },
    /// It failed. The log is told, who asked is not.
    #[error(transparent)]
    Failed(#[from] Box<dyn std::error::Error + Send + Sync>),
}

#[async_trait]
impl<F, Fut> Hook for F
where
    F: Fn(Value) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = std::result::Result<Value, HookError>> + Send,
{
    async fn call(
        &self,
        _: &mut PgConnection,
        input: Value,
    ) -> std::result::Result<Value, HookError> {
        self(input).await
    }
}

/// What an access token is to say (GT-095).
pub(crate) async fn custom_access_token(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    method: &str,
    claims: Map<String, Value>,
) -> Result<Map<String, Value>> {
    let point = HookPoint::CustomAccessToken;
    if !auth.hooks().is_enabled(point) {
        return Ok(claims);
    }
    let members = json!({
        "user_id": user.id, "claims": claims, "authentication_method": method,
    });
    match auth.hooks().call(db, caller, point, members).await? {
        None => Ok(claims),
        Some(output) => claims::check(output, &claims),
    }
}

/// Whether a try of a password may count (GT-096); hears of wrong ones as well.
pub(crate) async fn password_verification_attempt(
    auth: &Auth,
    caller: &Caller,
    user: Uuid,
    valid: bool,
) -> Result<()> {
    let point = HookPoint::PasswordVerificationAttempt;
    let members = json!({ "user_id": user, "valid": valid });
    if !auth.hooks().is_enabled(point) {
        return Ok(());
    }
    let mut db = auth.pool().acquire().await?;
    let Some(rejection) = attempt(auth, &mut db, caller, point, members).await? else {
        return Ok(());
    };
    if rejection.should_logout_user {
        sessions::delete_all(&mut db, user, None).await?;
    }
    let message = rejection.message_or("Further password verification attempts will be rejected.");
    Err(Error::new(ErrorCode::InvalidCredentials, message))
}

/// Whether a try of a second factor may count (GT-096); hears of wrong ones as well. On the
/// transaction of the try, whose locks would keep any other waiting. A rejection, which is an error
/// of code `mfa_verification_rejected`, ends all of the user's sessions: the caller commits.
pub(crate) async fn mfa_verification_attempt(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: Uuid,
    (factor, factor_type): (Uuid, &str),
    valid: bool,
) -> Result<()> {
    let point = HookPoint::MfaVerificationAttempt;
    let members = json!({
        "user_id": user, "factor_id": factor, "factor_type": factor_type, "valid": valid,
    });
    let Some(rejection) = attempt(auth, db, caller, point, members).await? else {
        return Ok(());
    };
    sessions::delete_all(db, user, None).await?;
    let message = rejection.message_or("Further MFA verification attempts will be rejected.");
    Err(Error::new(ErrorCode::MfaVerificationRejected, message)
        .with_status(::http::StatusCode::FORBIDDEN))
}

/// A decision against.
struct Rejection {
    message: String,
    should_logout_user: bool,
}

impl Rejection {
    fn message_or(self, default: &str) -> String {
        match self.message.is_empty() {
            true => default.to_owned(),
            false => self.message,
        }
    }
}

/// None when it may go on.
async fn attempt(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    point: HookPoint,
    members: Value,
) -> Result<Option<Rejection>> {
    if !auth.hooks().is_enabled(point) {
        return Ok(None);
    }
    let output = auth.hooks().call(db, caller, point, members).await?;
    let output = output.unwrap_or_default();
    let text = |name: &str| output.get(name).and_then(Value::as_str).unwrap_or_default();
    Ok((text("decision") == "reject").then(|| Rejection {
        message: text("message").to_owned(),
        should_logout_user: output["should_logout_user"].as_bool().unwrap_or_default(),
    }))
}

/// Whether a user may be made (GT-097). Call it before the user is.
pub(crate) async fn before_user_created(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    new: &NewUser,
) -> Result<()> {
    let point = HookPoint::BeforeUserCreated;
    if !auth.hooks().is_enabled(point) {
        return Ok(());
    }
    let members = json!({ "user": user_to_be(new) });
    auth.hooks()
        .call(db, caller, point, members)
        .await
        .map(drop)
}

/// Tells of a user that was made, in the same transaction (GT-097).
pub(crate) async fn after_user_created(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
) -> Result<()> {
    let point = HookPoint::AfterUserCreated;
    if !auth.hooks().is_enabled(point) {
        return Ok(());
    }
    let members = json!({ "user": user });
    auth.hooks()
        .call(db, caller, point, members)
        .await
        .map(drop)
}

/// A user as clients will see it, without what the database adds.
fn user_to_be(new: &NewUser) -> Value {
    let now = chrono::Utc::now();
    json!({
        "id": new.id.unwrap_or_else(Uuid::new_v4),
        "aud": new.aud,
        "role": new.role,
        "email": new.email.as_deref().unwrap_or_default(),
        "phone": new.phone.as_deref().unwrap_or_default(),
        "app_metadata": new.app_metadata,
        "user_metadata": new.user_metadata,
        "identities": [],
        "created_at": now,
        "updated_at": now,
        "is_anonymous": new.is_anonymous,
    })
}
