//! Codes for who has lost every other factor (GT-040).

use sqlx::PgConnection;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::auth::Auth;
use crate::error::{Error, Result};
use crate::factor::recovery_code;
use crate::store::recovery_codes;

/// Most codes of a user, whatever the settings say.
const MOST: usize = 100;

/// `amr` of a session that was lifted by one.
pub(crate) const METHOD: &str = "mfa/recovery_code";

/// New codes in place of all before. They are known now and never again.
pub(crate) async fn generate(
    auth: &Auth,
    db: &mut PgConnection,
    user: Uuid,
    session: Uuid,
) -> Result<Vec<Zeroizing<String>>> {
    let count = auth.config().mfa.recovery_codes.min(MOST);
    let codes = recovery_code::generate_all(count)
        .map_err(|error| Error::internal("Unexpected failure", error))?;
    let hashes: Vec<String> = codes
        .iter()
        .filter_map(|code| recovery_code::hash(user, code))
        .collect();
    recovery_codes::replace(db, user, session, &hashes).await?;
    Ok(codes)
}

/// Uses a code up; no when it is none of the user's, or used already. Each of the user's codes is
/// compared, in constant time.
pub(crate) async fn use_up(db: &mut PgConnection, user: Uuid, code: &str) -> Result<bool> {
    let given = recovery_code::hash(user, code).unwrap_or_default();
    let mut found = None;
    for kept in recovery_codes::unused(db, user).await? {
        if bool::from(kept.code_hash.as_bytes().ct_eq(given.as_bytes())) {
            found = Some(kept.id);
        }
    }
    match found {
        None => Ok(false),
        Some(id) => Ok(recovery_codes::use_up(db, id).await?),
    }
}
