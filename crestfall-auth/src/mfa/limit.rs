//! How often proofs may be tried.

use crestfall_core::rate_limit::Rate;

use crate::auth::Auth;
use crate::error::{Error, ErrorCode, Result};

/// Counts an action, by a key that begins with its name, if there is a limit.
///
/// # Errors
/// 429 when it was done too often.
pub(crate) async fn check(auth: &Auth, rate: Option<Rate>, key: &str) -> Result<()> {
    let Some(rate) = rate else { return Ok(()) };
    let decision = auth.limiter().check(&rate, key).await;
    match decision.allowed {
        true => Ok(()),
        false => Err(Error::new(
            ErrorCode::OverRequestRateLimit,
            "Request rate limit reached",
        )
        .retry_after(decision.retry_after_seconds())),
    }
}

/// Forgets what was counted.
pub(crate) async fn forget(auth: &Auth, rate: Option<Rate>, key: &str) {
    if let Some(rate) = rate {
        auth.limiter().reset(&rate, key).await;
    }
}
