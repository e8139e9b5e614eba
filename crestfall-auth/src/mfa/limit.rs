//! How often proofs may be tried.

use crestfall_core::rate_limit::Rate;

use crate::auth::Auth;
use crate::caller::Caller;
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

/// The same by the caller's network; not at all where the server was not told the address, since
/// then all callers are one.
pub(crate) async fn check_address(
    auth: &Auth,
    rate: &Rate,
    action: &str,
    caller: &Caller,
) -> Result<()> {
    if caller.ip.is_unspecified() {
        return Ok(());
    }
    let network = crestfall_core::client_ip::network(caller.ip);
    check(auth, rate, &format!("{action}:{network}")).await
}
