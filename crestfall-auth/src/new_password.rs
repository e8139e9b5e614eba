//! New passwords: whether they are good enough, and their hash.

use crate::auth::Auth;
use crate::error::{Error, ErrorCode, Result};
use crate::password::{Busy, Reason, Rejection};

/// Refuses a password that the policy does not accept.
pub(crate) async fn check(auth: &Auth, password: &str) -> Result<()> {
    let checked = auth
        .password_policy()
        .check(password, auth.breaches())
        .await;
    checked.map_err(|rejection| match rejection {
        Rejection::TooLong(_) => Error::invalid(rejection.to_string()),
        Rejection::Weak(weak) => {
            let reasons = weak.reasons.iter().map(|reason| name(*reason)).collect();
            Error::new(ErrorCode::WeakPassword, weak.message).with_reasons(reasons)
        }
        Rejection::BreachCheck => Error::internal(
            "Unable to perform password strength check with HaveIBeenPwned.org.",
            rejection,
        ),
    })
}

/// The hash to store.
pub(crate) async fn hash(auth: &Auth, password: &str) -> Result<String> {
    auth.passwords().hash(password).await.map_err(Error::from)
}

fn name(reason: Reason) -> &'static str {
    match reason {
        Reason::Length => "length",
        Reason::Characters => "characters",
        Reason::Pwned => "pwned",
    }
}

/// Too many are being checked already.
impl From<Busy> for Error {
    fn from(busy: Busy) -> Self {
        Self::new(
            ErrorCode::ServiceBusy,
            "Too many sign-ins at once; try again in a moment",
        )
        .retry_after(1)
        .caused_by(busy)
    }
}
