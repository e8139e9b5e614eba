//! `POST /factors/{id}/verify` (GT-035): proves a factor, and lifts the session.

use axum::Json;
use axum::extract::State;
use chrono::{TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::mfa::webauthn::Step;
use crate::mfa::{self, Outcome, OwnFactor, Owner};
use crate::sign_in_guard;
use crate::store::factor_challenges::{self, FactorChallenge};
use crate::store::factors::{self, Factor, FactorType};
use crate::store::users;
use crate::token::TokenResponse;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Request {
    #[serde(deserialize_with = "or_default")]
    challenge_id: Uuid,
    #[serde(deserialize_with = "or_default")]
    code: String,
    webauthn: Option<WebAuthn>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WebAuthn {
    #[serde(rename = "type", deserialize_with = "or_default")]
    step: String,
    credential_response: Value,
}

/// What is given as a proof.
enum Proof<'a> {
    Totp(&'a str),
    Phone {
        code: &'a str,
        by_service: Option<bool>,
    },
    WebAuthn(Step, String),
}

pub(super) async fn verify(
    State(auth): State<Auth>,
    caller: Caller,
    own: OwnFactor,
    Body(request): Body<Request>,
) -> Result<Json<TokenResponse>> {
    let (user, method) = (own.owner.user.id, own.factor.kind.method());
    let is_wrong = |code| {
        matches!(
            code,
            ErrorCode::MfaVerificationFailed
                | ErrorCode::OtpExpired
                | ErrorCode::WebauthnVerificationFailed
        )
    };
    let proof = prove(&auth, &caller, own, request);
    sign_in_guard::guarded(&auth, &caller, user, method, is_wrong, proof).await
}

async fn prove(
    auth: &Auth,
    caller: &Caller,
    OwnFactor { mut owner, factor }: OwnFactor,
    request: Request,
) -> Result<Json<TokenResponse>> {
    request.check(auth, &factor)?;
    let rate = auth.config().rate_limits.mfa_verify_by_factor.rate();
    let key = format!("factor_verify:{}", factor.id);
    mfa::check_limit(auth, rate, &key).await?;
    let proof = proof(auth, &factor, &request).await?;
    let mut tx = auth.begin().await?;
    let gone = || Error::new(ErrorCode::MfaFactorNotFound, "Factor not found");
    // One at a time: what is there now counts.
    owner.user = users::lock(&mut tx, owner.user.id)
        .await?
        .ok_or_else(gone)?;
    let factor = factors::lock(&mut tx, owner.user.id, factor.id).await?;
    let factor = factor.ok_or_else(gone)?;
    if !factor.verified {
        mfa::check_first_use(auth, &owner, &owner.user)?;
    }
    let challenge = match open_challenge(auth, &mut tx, caller, &factor, &request).await? {
        Ok(challenge) => challenge,
        Err(refusal) => {
            tx.commit().await?;
            return Err(refusal);
        }
    };
    let outcome = match &proof {
        Proof::Totp(code) => mfa::totp::check(auth, &mut tx, &factor, code).await?,
        Proof::Phone { code, by_service } => {
            mfa::phone::check(auth, &challenge, code, *by_service)?
        }
        Proof::WebAuthn(step, answer) => {
            let answer = (*step, answer.as_str());
            mfa::webauthn::check(auth, &mut tx, &owner.user, &factor, &challenge, answer).await?
        }
    };
    if let Err(refusal) = mfa::judge(auth, &mut tx, caller, &factor, &outcome).await {
        if refusal.code() == ErrorCode::MfaVerificationRejected {
            tx.commit().await?;
        }
        return Err(refusal);
    }
    match outcome {
        Outcome::Wrong(error) => {
            wrong(&mut tx, caller, &owner, &factor, &challenge).await?;
            tx.commit().await?;
            Err(error)
        }
        Outcome::Right => {
            let tokens = mfa::proved(auth, &mut tx, caller, &owner, &factor, challenge.id).await?;
            tx.commit().await?;
            mfa::forget_limit(auth, rate, &key).await;
            Ok(Json(tokens))
        }
    }
}

impl Request {
    fn check(&self, auth: &Auth, factor: &Factor) -> Result<()> {
        if self.code.is_empty() && factor.kind != FactorType::Webauthn {
            return Err(Error::invalid("Code needs to be non-empty"));
        }
        mfa::check_verify(auth, factor.kind)
    }
}

async fn proof<'a>(auth: &Auth, factor: &Factor, request: &'a Request) -> Result<Proof<'a>> {
    let code = request.code.as_str();
    match factor.kind {
        FactorType::Totp => Ok(Proof::Totp(code)),
        FactorType::Phone => Ok(Proof::Phone {
            code,
            by_service: mfa::phone::check_by_service(auth, factor, code).await?,
        }),
        FactorType::Webauthn => {
            let given = request.webauthn.as_ref();
            let given = given.ok_or_else(|| Error::invalid("WebAuthn config required"))?;
            let step = match given.step.as_str() {
                "create" => Step::Create,
                "request" => Step::Request,
                _ => return Err(Error::invalid("WebAuthn type must be create or request")),
            };
            match &given.credential_response {
                Value::Null => Err(Error::invalid("credential_response required")),
                answer => Ok(Proof::WebAuthn(step, answer.to_string())),
            }
        }
    }
}

/// The challenge, locked, if it can still be answered from here; else why not, with what has to be
/// kept.
async fn open_challenge(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    factor: &Factor,
    request: &Request,
) -> Result<Result<FactorChallenge>> {
    let challenge = factor_challenges::lock(db, factor.id, request.challenge_id).await?;
    let Some(challenge) = challenge else {
        return Ok(Err(Error::new(
            ErrorCode::MfaFactorNotFound,
            "MFA factor with the provided challenge ID not found",
        )
        .with_status(http::StatusCode::UNPROCESSABLE_ENTITY)));
    };
    let is_from_here = challenge.ip.parse() == Ok(caller.ip);
    if challenge.verified_at.is_some() || !is_from_here {
        return Ok(Err(Error::new(
            ErrorCode::MfaIpAddressMismatch,
            "Challenge and verify IP addresses mismatch.",
        )));
    }
    let mfa = &auth.config().mfa;
    let lifetime = TimeDelta::from_std(mfa.challenge_lifetime.get()).unwrap_or(TimeDelta::MAX);
    let has_expired = Utc::now().signed_duration_since(challenge.created_at) > lifetime;
    if has_expired || i32::from(challenge.attempts) >= i32::from(mfa.attempts) {
        factor_challenges::delete(db, challenge.id).await?;
        let message = format!(
            "MFA challenge {} has expired, verify against another challenge or create a new challenge.",
            challenge.id
        );
        return Ok(Err(Error::new(ErrorCode::MfaChallengeExpired, message)));
    }
    Ok(Ok(challenge))
}

/// Counts a wrong answer. A browser's challenge is answered once, rightly or not.
async fn wrong(
    db: &mut PgConnection,
    caller: &Caller,
    owner: &Owner,
    factor: &Factor,
    challenge: &FactorChallenge,
) -> Result<()> {
    match factor.kind {
        FactorType::Webauthn => factor_challenges::delete(db, challenge.id).await?,
        FactorType::Totp | FactorType::Phone => {
            factor_challenges::count_attempt(db, challenge.id).await?;
        }
    }
    let traits = json!({
        "factor_id": factor.id, "challenge_id": challenge.id, "factor_type": factor.kind.name(),
        "valid": false,
    });
    let action = Action::VerificationAttempted;
    audit::record(db, caller, &owner.user, action, traits).await
}
