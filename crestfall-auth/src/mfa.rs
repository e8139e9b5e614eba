//! Second factors: who may manage them, how often they may be tried, and what a proof changes.

mod limit;
mod notice;
mod owner;
pub(crate) mod phone;
pub(crate) mod recovery_code;
pub(crate) mod totp;
pub(crate) mod webauthn;

use http::StatusCode;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::hook;
use crate::session;
use crate::store::factors::{Factor, FactorType};
use crate::store::{factor_challenges, factors, recovery_codes, sessions};
use crate::token::TokenResponse;
use crate::user::User;

pub(crate) use limit::{check as check_limit, forget as forget_limit};
pub(crate) use notice::{Subject, tell};
pub(crate) use owner::{OwnFactor, Owner};

/// What came of an answer to a challenge. A wrong one has been counted: the caller commits.
pub(crate) enum Outcome {
    Right,
    Wrong(Error),
}

/// An id in the path.
pub(crate) fn id_in_path(text: &str, name: &str) -> Result<Uuid> {
    text.parse().map_err(|_| {
        Error::invalid(format!("{name} must be an UUID")).with_status(StatusCode::NOT_FOUND)
    })
}

/// The row of what a secret belongs to, as sealed secrets have it.
pub(crate) fn owner_of_secret(factor: Uuid) -> String {
    format!("auth.mfa_factors.{factor}")
}

/// Refuses to prove a factor for the first time, by which it becomes one of the user's. Who has
/// others has to have proved one of them: else a factor begun by somebody who knows the password
/// alone would do.
pub(crate) fn check_first_use(auth: &Auth, owner: &Owner, user: &User) -> Result<()> {
    let verified = user
        .factors
        .iter()
        .filter(|factor| factor.status == "verified")
        .count();
    if verified >= auth.config().mfa.max_verified_factors {
        return Err(too_many());
    }
    if verified > 0 && !owner.is_aal2() {
        return Err(Error::new(
            ErrorCode::InsufficientAal,
            "AAL2 required to enroll a new factor",
        )
        .with_status(StatusCode::FORBIDDEN));
    }
    Ok(())
}

pub(crate) fn too_many() -> Error {
    Error::new(
        ErrorCode::TooManyEnrolledMfaFactors,
        "Maximum number of verified factors reached, unenroll to continue",
    )
}

/// Lets the application judge an attempt: an error with code `mfa_verification_rejected` has ended the
/// user's sessions and is the answer; the caller commits.
pub(crate) async fn judge(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    factor: &Factor,
    outcome: &Outcome,
) -> Result<()> {
    let valid = matches!(outcome, Outcome::Right);
    let which = (factor.id, factor.kind.name());
    hook::mfa_verification_attempt(auth, db, caller, factor.user_id, which, valid).await
}

/// A factor was proved: the session is lifted, and those that proved no factor end.
pub(crate) async fn proved(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    owner: &Owner,
    factor: &Factor,
    challenge: Uuid,
) -> Result<TokenResponse> {
    let user = &owner.user;
    factor_challenges::used(db, challenge).await?;
    if !factor.verified {
        factors::set_verified(db, factor.id).await?;
        if !user.has_verified_factor() {
            recovery_codes::delete_others(db, user.id, owner.session.id).await?;
        }
        tell(
            auth,
            db,
            caller,
            user,
            Subject::Enrolled(factor.kind.name()),
        )
        .await?;
    }
    factors::delete_unverified(db, user.id, factor.kind, None).await?;
    let traits = json!({
        "factor_id": factor.id, "challenge_id": challenge, "factor_type": factor.kind.name(),
        "valid": true,
    });
    audit::record(db, caller, user, Action::VerificationAttempted, traits).await?;
    lift(
        auth,
        db,
        caller,
        owner,
        factor.kind.method(),
        Some(factor.id),
    )
    .await
}

/// Lifts the session, and ends those of the user that proved no second factor.
pub(crate) async fn lift(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    owner: &Owner,
    method: &str,
    factor: Option<Uuid>,
) -> Result<TokenResponse> {
    let tokens = session::lift(auth, db, caller, owner.session.id, (method, factor)).await?;
    sessions::delete_below_aal2(db, owner.user.id).await?;
    Ok(tokens)
}

/// Removes a factor: what it had proved is taken back, and recovery codes go with the last one.
pub(crate) async fn remove(db: &mut PgConnection, user: &User, factor: &Factor) -> Result<()> {
    factors::delete(db, factor.id).await?;
    sessions::lower(db, user.id, factor.id).await?;
    let others = user.factors.iter().filter(|other| other.id != factor.id);
    if factor.verified && !others.into_iter().any(|other| other.status == "verified") {
        recovery_codes::delete_all(db, user.id).await?;
    }
    Ok(())
}

/// Whether factors of a kind may be set up, and used.
pub(crate) fn check_enroll(auth: &Auth, kind: FactorType) -> Result<()> {
    let mfa = &auth.config().mfa;
    let (enabled, code, message) = match kind {
        FactorType::Totp => (
            mfa.totp.enroll,
            ErrorCode::MfaTotpEnrollNotEnabled,
            "MFA enroll is disabled for TOTP",
        ),
        FactorType::Phone => (
            mfa.phone.enroll,
            ErrorCode::MfaPhoneEnrollNotEnabled,
            "MFA enroll is disabled for Phone",
        ),
        FactorType::Webauthn => (
            mfa.webauthn.enroll,
            ErrorCode::MfaWebauthnEnrollNotEnabled,
            "MFA enroll is disabled for WebAuthn",
        ),
    };
    match enabled {
        true => Ok(()),
        false => Err(Error::new(code, message)),
    }
}

pub(crate) fn check_verify(auth: &Auth, kind: FactorType) -> Result<()> {
    let mfa = &auth.config().mfa;
    let (enabled, code, message) = match kind {
        FactorType::Totp => (
            mfa.totp.verify,
            ErrorCode::MfaTotpVerifyNotEnabled,
            "MFA verification is disabled for TOTP",
        ),
        FactorType::Phone => (
            mfa.phone.verify,
            ErrorCode::MfaPhoneVerifyNotEnabled,
            "MFA verification is disabled for Phone",
        ),
        FactorType::Webauthn => (
            mfa.webauthn.verify,
            ErrorCode::MfaWebauthnVerifyNotEnabled,
            "MFA verification is disabled for WebAuthn",
        ),
    };
    match enabled {
        true => Ok(()),
        false => Err(Error::new(code, message)),
    }
}
