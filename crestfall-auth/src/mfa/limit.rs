//! How often proofs may be tried.

use crestfall_core::rate_limit::Rate;

use crate::auth::Auth;
use crate::error::{Error, ErrorCode, Result};

/// Counts an action, by a key that begins with its name.
///
/// # Errors
/// 429 when it was done too often.
pub(crate) async fn check(auth: &Auth, rate: &Rate, key: &str) -> Result<()> {
    let decision = auth.limiter().check(rate, key).await;
    match decision.allowed {
        true => Ok(()),
        false => Err(Error::new(
            ErrorCode::OverRequestRateLimit,
            "Request rate limit reached",
        )
        .retry_after(decision.retry_after_seconds())),
    }
}
