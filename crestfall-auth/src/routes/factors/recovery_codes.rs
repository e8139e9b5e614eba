//! `/factors/recovery-codes` (GT-040, D30): codes for who has lost every other factor.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::mfa::{self, Owner, Subject, recovery_code};
use crate::sign_in_guard;
use crate::store::{recovery_codes, users};
use crate::token::TokenResponse;

#[derive(Serialize)]
pub(super) struct Generated {
    /// Such as `7KQX-0M4T-9ZBC`: known now and never again.
    codes: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Remaining {
    remaining: usize,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Used {
    #[serde(deserialize_with = "or_default")]
    code: String,
}

/// New codes in place of those before, for who has proved a second factor or has none yet.
pub(super) async fn generate(
    State(auth): State<Auth>,
    caller: Caller,
    owner: Owner,
) -> Result<Json<Generated>> {
    check_enabled(&auth)?;
    let mut tx = auth.begin().await?;
    let user = users::lock(&mut tx, owner.user.id).await?;
    let owner = Owner {
        user: user.unwrap_or(owner.user),
        session: owner.session,
    };
    owner.require_highest_level("AAL2 required to generate recovery codes")?;
    let codes = recovery_code::generate(&auth, &mut tx, owner.user.id, owner.session.id).await?;
    let traits = json!({ "count": codes.len() });
    let action = Action::RecoveryCodesGenerated;
    audit::record(&mut tx, &caller, &owner.user, action, traits).await?;
    let subject = Subject::Enrolled("recovery_codes");
    mfa::tell(&auth, &mut tx, &caller, &owner.user, subject).await?;
    tx.commit().await?;
    Ok(Json(Generated {
        codes: codes.iter().map(|code| code.to_string()).collect(),
    }))
}

/// How many are left.
pub(super) async fn count(State(auth): State<Auth>, owner: Owner) -> Result<Json<Remaining>> {
    let mut db = auth.pool().acquire().await?;
    let unused = recovery_codes::unused(&mut db, owner.user.id).await?;
    Ok(Json(Remaining {
        remaining: unused.len(),
    }))
}

/// Uses one up, and lifts the session as a factor would.
pub(super) async fn verify(
    State(auth): State<Auth>,
    caller: Caller,
    owner: Owner,
    Body(used): Body<Used>,
) -> Result<Json<TokenResponse>> {
    check_enabled(&auth)?;
    if used.code.is_empty() {
        return Err(Error::invalid("Code needs to be non-empty"));
    }
    let is_wrong = |code| code == ErrorCode::RecoveryCodeInvalid;
    let (user, method) = (owner.user.id, recovery_code::METHOD);
    let proof = prove(&auth, &caller, owner, used);
    sign_in_guard::guarded(&auth, &caller, user, method, is_wrong, proof).await
}

async fn prove(
    auth: &Auth,
    caller: &Caller,
    owner: Owner,
    used: Used,
) -> Result<Json<TokenResponse>> {
    let rate = auth.config().rate_limits.mfa_verify_by_factor.rate();
    let key = format!("recovery_code_verify:{}", owner.user.id);
    mfa::check_limit(auth, rate, &key).await?;
    let mut tx = auth.begin().await?;
    let user = &owner.user;
    users::lock(&mut tx, user.id).await?;
    let valid = recovery_code::use_up(&mut tx, user.id, &used.code).await?;
    let traits = json!({ "valid": valid });
    audit::record(&mut tx, caller, user, Action::RecoveryCodeUsed, traits).await?;
    if !valid {
        tx.commit().await?;
        return Err(Error::new(
            ErrorCode::RecoveryCodeInvalid,
            "Invalid recovery code entered",
        ));
    }
    mfa::tell(auth, &mut tx, caller, user, Subject::RecoveryCodeUsed).await?;
    let method = recovery_code::METHOD;
    let tokens = mfa::lift(auth, &mut tx, caller, &owner, method, None).await?;
    tx.commit().await?;
    mfa::forget_limit(auth, rate, &key).await;
    Ok(Json(tokens))
}

fn check_enabled(auth: &Auth) -> Result<()> {
    match auth.config().mfa.recovery_codes {
        0 => Err(Error::new(
            ErrorCode::FeatureDisabled,
            "Recovery codes are disabled",
        )),
        _ => Ok(()),
    }
}
