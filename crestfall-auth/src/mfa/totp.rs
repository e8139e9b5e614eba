//! Authenticator apps: their secrets at rest, and the check of a code.

use sqlx::PgConnection;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Outcome, owner_of_secret};
use crate::auth::Auth;
use crate::error::{Error, ErrorCode, Result};
use crate::factor::totp::Totp;
use crate::store::factors::{self, Factor};
use crate::token;

/// Seals the secret of a new factor.
pub(crate) fn seal(auth: &Auth, factor: Uuid, totp: &Totp) -> Result<String> {
    let sealed = auth
        .sealer()
        .seal(totp.secret().as_bytes(), &owner_of_secret(factor));
    sealed.map_err(|error| Error::internal("Unexpected failure", error))
}

/// Whether this is the code of now, and it or a later one was not used before.
pub(crate) async fn check(
    auth: &Auth,
    db: &mut PgConnection,
    factor: &Factor,
    code: &str,
) -> Result<Outcome> {
    let totp = open(auth, factor)?;
    let now = u64::try_from(token::now()).unwrap_or_default();
    let step = totp
        .verify(code, now)
        .and_then(|step| i64::try_from(step).ok());
    let fresh = match step {
        None => false,
        Some(step) => factors::use_totp_step(db, factor.id, step).await?,
    };
    if !fresh {
        return Ok(Outcome::Wrong(Error::new(
            ErrorCode::MfaVerificationFailed,
            "Invalid TOTP code entered",
        )));
    }
    seal_again(auth, db, factor, &totp).await?;
    Ok(Outcome::Right)
}

fn open(auth: &Auth, factor: &Factor) -> Result<Totp> {
    let kept = factor.secret.as_deref().unwrap_or_default();
    let secret = match kept.starts_with("v1.") {
        true => {
            let opened = auth.sealer().open(kept, &owner_of_secret(factor.id));
            opened.map_err(|error| Error::internal("Unexpected failure", error))?
        }
        // As GoTrue keeps it unless told to encrypt.
        false => Zeroizing::new(kept.as_bytes().to_vec()),
    };
    let totp = std::str::from_utf8(&secret)
        .ok()
        .and_then(Totp::from_base32);
    totp.ok_or_else(|| Error::internal("Unexpected failure", "a kept TOTP secret is none"))
}

/// Seals what was imported in the open, or sealed with an older key.
async fn seal_again(
    auth: &Auth,
    db: &mut PgConnection,
    factor: &Factor,
    totp: &Totp,
) -> Result<()> {
    let kept = factor.secret.as_deref().unwrap_or_default();
    let sealed = match kept.starts_with("v1.") {
        true => {
            let again = auth.sealer().reseal(kept, &owner_of_secret(factor.id));
            again.map_err(|error| Error::internal("Unexpected failure", error))?
        }
        false => Some(seal(auth, factor.id, totp)?),
    };
    if let Some(sealed) = sealed {
        factors::set_secret(db, factor.id, &sealed).await?;
    }
    Ok(())
}
