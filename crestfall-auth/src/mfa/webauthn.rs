//! Security keys and passkeys as second factors.

mod kept;

use chrono::Utc;
use http::HeaderMap;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Outcome;
use crate::auth::Auth;
use crate::error::{Error, ErrorCode, Result};
use crate::factor::webauthn::{self, Assertion, Credential, RelyingParty, Usage};
use crate::relying_party::{Pending, handle, names};
use crate::store::factor_challenges::FactorChallenge;
use crate::store::factors::{self, Factor};
use crate::user::User;

/// Whether a credential is made or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Create,
    Request,
}

impl Step {
    /// What a factor needs next.
    fn of(factor: &Factor) -> Self {
        match factor.verified {
            false => Self::Create,
            true => Self::Request,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Request => "request",
        }
    }
}

/// A challenge for the browser, and what is kept of it.
pub(crate) struct Started {
    /// The answer's `webauthn`.
    pub(crate) options: Value,
    pub(crate) session_data: Value,
}

/// Begins the ceremony that a factor needs next.
pub(crate) async fn start(
    auth: &Auth,
    db: &mut PgConnection,
    headers: &HeaderMap,
    user: &User,
    factor: &Factor,
) -> Result<Started> {
    let party = auth.relying_parties().of_request(headers)?;
    let step = Step::of(factor);
    let handle = handle(user);
    let started = match step {
        Step::Create => {
            let (name, display_name) = names(user);
            let shown = webauthn::User {
                handle: &handle,
                name: &name,
                display_name: &display_name,
            };
            let existing = credentials(db, user).await?;
            party.start_registration(&shown, &existing, Usage::SecondFactor)
        }
        Step::Request => party.start_authentication(Some(&handle), &[credential(factor)?]),
    };
    let (options, ceremony) =
        started.map_err(|error| Error::internal("Failed to generate WebAuthn options", error))?;
    Ok(Started {
        options: json!({ "type": step.name(), "credential_options": { "publicKey": options } }),
        session_data: Pending::keep(party, ceremony)?,
    })
}

/// Checks the browser's answer, and keeps what the key registered or counted. The challenge's row is
/// the caller's to remove, whatever comes of this.
pub(crate) async fn check(
    auth: &Auth,
    db: &mut PgConnection,
    user: &User,
    factor: &Factor,
    challenge: &FactorChallenge,
    (step, answer): (Step, &str),
) -> Result<Outcome> {
    let kept = challenge
        .session_data
        .clone()
        .map_or(Value::Null, |it| it.0);
    let pending = Pending::read(kept)?;
    let party = auth.relying_parties().of_ceremony(&pending)?;
    if step != Step::of(factor) {
        return Ok(wrong(webauthn::Error::Ceremony));
    }
    let checked = match step {
        Step::Create => party.finish_registration(&pending.ceremony, answer, Utc::now()),
        Step::Request => request(party, &pending, user, credential(factor)?, answer),
    };
    match checked {
        Err(error) => Ok(wrong(error)),
        Ok(credential) => {
            keep(db, factor.id, &credential).await?;
            Ok(Outcome::Right)
        }
    }
}

fn request(
    party: &RelyingParty,
    pending: &Pending,
    user: &User,
    mut credential: Credential,
    answer: &str,
) -> Result<Credential, webauthn::Error> {
    let assertion = Assertion::parse(answer)?;
    let authenticated =
        party.finish_authentication(&pending.ceremony, &assertion, &credential, &handle(user))?;
    if authenticated.cloned {
        tracing::warn!(
            crestfall.user_id = %user.id,
            "a security key's counter stands still: it may have been copied"
        );
    }
    credential.used(&authenticated, Utc::now());
    Ok(credential)
}

fn wrong(error: webauthn::Error) -> Outcome {
    let message = match error {
        webauthn::Error::Json => "Invalid credential_response",
        _ => "Failed to validate WebAuthn MFA response",
    };
    Outcome::Wrong(Error::new(ErrorCode::MfaVerificationFailed, message).caused_by(error))
}

async fn keep(db: &mut PgConnection, factor: Uuid, credential: &Credential) -> Result<()> {
    let kept = serde_json::to_value(credential)
        .map_err(|error| Error::internal("Unexpected failure", error))?;
    Ok(factors::set_credential(db, factor, &kept, credential.aaguid).await?)
}

fn credential(factor: &Factor) -> Result<Credential> {
    let kept = kept::read(factor);
    kept.ok_or_else(|| Error::internal("Unexpected failure", "a kept security key is none"))
}

/// What the user's other factors are made of, so that one key is not set up twice.
async fn credentials(db: &mut PgConnection, user: &User) -> Result<Vec<Credential>> {
    let mut all = Vec::new();
    for view in &user.factors.0 {
        if view.factor_type != "webauthn" || view.status != "verified" {
            continue;
        }
        if let Some(factor) = factors::find(db, user.id, view.id).await? {
            all.extend(kept::read(&factor));
        }
    }
    Ok(all)
}
