//! `POST /factors/{id}/challenge` (GT-034): asks for a proof.

use axum::Json;
use axum::extract::State;
use chrono::Utc;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::mfa::{self, OwnFactor, Owner};
use crate::store::factor_challenges::{self, NewChallenge};
use crate::store::factors::{self, Factor, FactorType};
use crate::{code_message, rate_limit};

/// auth-js sends `webauthn: {rpId, rpOrigins}` too: whom keys are for is the settings' to say.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Request {
    #[serde(deserialize_with = "or_default")]
    channel: String,
}

#[derive(Serialize)]
pub(super) struct Challenged {
    id: Uuid,
    #[serde(rename = "type")]
    kind: FactorType,
    /// Seconds of the epoch.
    expires_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    webauthn: Option<Value>,
}

pub(super) async fn challenge(
    State(auth): State<Auth>,
    caller: Caller,
    OwnFactor { owner, factor }: OwnFactor,
    headers: HeaderMap,
    Body(request): Body<Request>,
) -> Result<Json<Challenged>> {
    mfa::check_verify(&auth, factor.kind)?;
    let rate = auth.config().rate_limits.mfa_challenge_by_user.rate();
    mfa::check_limit(&auth, rate, &format!("factor_challenge:{}", owner.user.id)).await?;
    let id = Uuid::new_v4();
    let mut new = NewChallenge {
        id,
        factor_id: factor.id,
        ip: &caller.ip.to_string(),
        otp_code: None,
        session_data: None,
    };
    let (created_at, webauthn) = match factor.kind {
        FactorType::Totp => (begin(&auth, &caller, &owner, &factor, &new).await?, None),
        FactorType::Phone => {
            let channel = code_message::channel(&auth, &request.channel)?;
            let code = mfa::phone::new_code(&auth, id)?;
            rate_limit::sms(&auth, &caller).await?;
            new.otp_code = Some(&code.sealed);
            let created_at = begin(&auth, &caller, &owner, &factor, &new).await?;
            // Outside of the transaction: the service may take its time.
            let to = (&owner.user, &factor);
            mfa::phone::send(&auth, &caller, to, channel, &code).await?;
            (created_at, None)
        }
        FactorType::Webauthn => {
            let mut db = auth.pool().acquire().await?;
            let started =
                mfa::webauthn::start(&auth, &mut db, &headers, &owner.user, &factor).await?;
            drop(db);
            new.session_data = Some(&started.session_data);
            let created_at = begin(&auth, &caller, &owner, &factor, &new).await?;
            (created_at, Some(started.options))
        }
    };
    let lifetime = auth.config().mfa.challenge_lifetime.get().as_secs();
    Ok(Json(Challenged {
        id,
        kind: factor.kind,
        expires_at: created_at.timestamp() + lifetime.cast_signed(),
        webauthn,
    }))
}

async fn begin(
    auth: &Auth,
    caller: &Caller,
    owner: &Owner,
    factor: &Factor,
    new: &NewChallenge<'_>,
) -> Result<chrono::DateTime<Utc>> {
    let mut tx = auth.begin().await?;
    note(auth, &mut tx, factor).await?;
    let created_at = factor_challenges::insert(&mut tx, new).await?;
    let traits = json!({ "factor_id": factor.id, "factor_status": factor.status() });
    let action = Action::ChallengeCreated;
    audit::record(&mut tx, caller, &owner.user, action, traits).await?;
    tx.commit().await?;
    Ok(created_at)
}

/// Notes that there is a challenge; refuses one to a phone that had a message just now.
async fn note(auth: &Auth, db: &mut PgConnection, factor: &Factor) -> Result<()> {
    let pause = match factor.kind {
        FactorType::Phone => auth.config().mfa.phone.max_frequency.get(),
        FactorType::Totp | FactorType::Webauthn => std::time::Duration::ZERO,
    };
    if factors::challenged(db, factor.id, pause.as_secs_f64()).await? {
        return Ok(());
    }
    let since = factor.last_challenged_at.map(|at| Utc::now() - at);
    let since = since.and_then(|since| since.to_std().ok());
    let left = pause.saturating_sub(since.unwrap_or_default());
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    let message =
        format!("For security purposes, you can only request this after {seconds} seconds.");
    Err(Error::new(ErrorCode::OverSmsSendRateLimit, message).retry_after(seconds))
}
