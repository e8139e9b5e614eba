//! What happened to accounts, for administrators and for the accounts' owners (GT-103).

use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::caller::Caller;
use crate::error::Result;
use crate::signed_in::Admin;
use crate::store;
use crate::user::User;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Login,
    Logout,
    InviteAccepted,
    UserSignedUp,
    UserInvited,
    UserDeleted,
    UserModified,
    UserRecoveryRequested,
    UserReauthenticateRequested,
    UserConfirmationRequested,
    UserRepeatedSignUp,
    UserUpdatedPassword,
    TokenRevoked,
    TokenRefreshed,
    FactorInProgress,
    FactorUnenrolled,
    ChallengeCreated,
    VerificationAttempted,
    FactorDeleted,
    FactorUpdated,
    RecoveryCodesGenerated,
    RecoveryCodeUsed,
    IdentityLinked,
    IdentityUnlinked,
    PasskeyCreated,
    PasskeyUpdated,
    PasskeyDeleted,
    ApiKeyCreated,
    ApiKeyChanged,
    ApiKeyRotated,
    ApiKeyRevoked,
    LoginFailed,
    AccountLocked,
    OauthGrantGiven,
}

impl Action {
    /// As it is written in the log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Logout => "logout",
            Self::InviteAccepted => "invite_accepted",
            Self::UserSignedUp => "user_signedup",
            Self::UserInvited => "user_invited",
            Self::UserDeleted => "user_deleted",
            Self::UserModified => "user_modified",
            Self::UserRecoveryRequested => "user_recovery_requested",
            Self::UserReauthenticateRequested => "user_reauthenticate_requested",
            Self::UserConfirmationRequested => "user_confirmation_requested",
            Self::UserRepeatedSignUp => "user_repeated_signup",
            Self::UserUpdatedPassword => "user_updated_password",
            Self::TokenRevoked => "token_revoked",
            Self::TokenRefreshed => "token_refreshed",
            Self::FactorInProgress => "factor_in_progress",
            Self::FactorUnenrolled => "factor_unenrolled",
            Self::ChallengeCreated => "challenge_created",
            Self::VerificationAttempted => "verification_attempted",
            Self::FactorDeleted => "factor_deleted",
            Self::FactorUpdated => "factor_updated",
            Self::RecoveryCodesGenerated => "recovery_codes_generated",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::IdentityLinked => "identity_linked",
            Self::IdentityUnlinked => "identity_unlinked",
            Self::PasskeyCreated => "passkey_created",
            Self::PasskeyUpdated => "passkey_updated",
            Self::PasskeyDeleted => "passkey_deleted",
            Self::ApiKeyCreated => "api_key_created",
            Self::ApiKeyChanged => "api_key_changed",
            Self::ApiKeyRotated => "api_key_rotated",
            Self::ApiKeyRevoked => "api_key_revoked",
            Self::LoginFailed => "login_failed",
            Self::AccountLocked => "account_locked",
            Self::OauthGrantGiven => "oauth_grant_given",
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Login
            | Self::Logout
            | Self::InviteAccepted
            | Self::LoginFailed
            | Self::AccountLocked => "account",
            Self::UserSignedUp | Self::UserInvited | Self::UserDeleted => "team",
            Self::TokenRevoked | Self::TokenRefreshed | Self::OauthGrantGiven => "token",
            Self::UserModified
            | Self::UserRecoveryRequested
            | Self::UserReauthenticateRequested
            | Self::UserConfirmationRequested
            | Self::UserRepeatedSignUp
            | Self::UserUpdatedPassword
            | Self::IdentityLinked
            | Self::IdentityUnlinked => "user",
            Self::FactorInProgress
            | Self::FactorUnenrolled
            | Self::ChallengeCreated
            | Self::VerificationAttempted
            | Self::FactorDeleted
            | Self::FactorUpdated
            | Self::RecoveryCodesGenerated
            | Self::RecoveryCodeUsed
            | Self::PasskeyCreated
            | Self::PasskeyUpdated
            | Self::PasskeyDeleted => "factor",
            Self::ApiKeyCreated
            | Self::ApiKeyChanged
            | Self::ApiKeyRotated
            | Self::ApiKeyRevoked => "key",
        }
    }
}

/// Writes an entry in the caller's transaction: it is there exactly when what it tells happened.
/// `traits` says more, and holds no secret.
pub(crate) async fn record(
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    action: Action,
    traits: Value,
) -> Result<()> {
    let payload = entry(caller, user, action, traits);
    let ip = caller.inet().unwrap_or_default();
    Ok(store::audit::insert(db, &payload, &ip).await?)
}

/// The entry that [`record`] writes, for a statement that writes more beside it.
pub(crate) fn entry(caller: &Caller, user: &User, action: Action, traits: Value) -> Value {
    let name = user.user_metadata.get("full_name").and_then(Value::as_str);
    let mut payload = json!({
        "user_id": user.id,
        "actor_id": user.id,
        "actor_username": match user.email() { "" => user.phone(), email => email },
        "actor_name": name,
        "actor_via_sso": user.is_sso_user,
        "action": action.name(),
        "log_type": action.kind(),
        "user_agent": caller.user_agent,
    });
    if traits.as_object().is_some_and(|object| !object.is_empty()) {
        payload["traits"] = traits;
    }
    tell_request(caller, &mut payload);
    payload
}

/// Writes what an administrator did that is about no account, such as to the key of a service.
pub(crate) async fn record_by_admin(
    db: &mut PgConnection,
    caller: &Caller,
    admin: &Admin,
    action: Action,
    traits: Value,
) -> Result<()> {
    let actor = match admin.user_id() {
        Some(user) => store::users::find(db, user).await?,
        None => None,
    };
    let mut payload = json!({
        "actor_id": admin.user_id(),
        "actor_username": actor.as_ref().map_or(admin.identity.role(), User::email),
        "action": action.name(),
        "log_type": action.kind(),
        "user_agent": caller.user_agent,
        "traits": traits,
    });
    write(db, caller, &mut payload).await
}

/// Writes that somebody tried to sign in and failed. Who tried an address that nobody has leaves an
/// entry without the address: it may be a password typed into the wrong field.
pub(crate) async fn record_failure(
    db: &mut PgConnection,
    caller: &Caller,
    user: Option<&User>,
    traits: Value,
) -> Result<()> {
    if let Some(user) = user {
        return record(db, caller, user, Action::LoginFailed, traits).await;
    }
    let action = Action::LoginFailed;
    let mut payload = json!({
        "actor_username": "",
        "action": action.name(),
        "log_type": action.kind(),
        "user_agent": caller.user_agent,
        "traits": traits,
    });
    write(db, caller, &mut payload).await
}

async fn write(db: &mut PgConnection, caller: &Caller, payload: &mut Value) -> Result<()> {
    tell_request(caller, payload);
    let ip = caller.inet().unwrap_or_default();
    Ok(store::audit::insert(db, payload, &ip).await?)
}

/// Which request it was, where a layer in front has given it an id.
fn tell_request(caller: &Caller, payload: &mut Value) {
    if let Some(id) = &caller.request_id {
        payload["request_id"] = Value::from(id.as_str());
    }
}
