//! Whether something may be sent to an address now (GT-085, GT-087). Asked before anything is looked
//! up, and counted whether anything is sent or not: an address without an account is answered, and
//! refused, as one that has one (SEC-18).

use std::time::Duration;

use crestfall_core::rate_limit::Rate;
use tokio::time::Instant;
use uuid::Uuid;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::{mail_domain, rate_limit};

/// A mail with a link or code. Each `action` has a gap of its own, as in GoTrue: one to sign in may
/// follow one to confirm.
///
/// # Errors
/// 429 too soon, or too many from one network; 400 not to this address.
pub(crate) async fn email(auth: &Auth, caller: &Caller, action: &str, address: &str) -> Result<()> {
    authorized(auth, address)?;
    let gap = auth.config().email.max_frequency.get();
    let key = format!("mail:{action}:{}", mailbox(address));
    keep_distance(auth, gap, &key, ErrorCode::OverEmailSendRateLimit).await?;
    rate_limit::mail(auth, caller).await?;
    mail_domain::check(auth, address).await
}

/// A mail that an administrator has sent: no gap is kept.
///
/// # Errors
/// 429 too many from one network; 400 not to this address.
pub(crate) async fn email_by_admin(auth: &Auth, caller: &Caller, address: &str) -> Result<()> {
    authorized(auth, address)?;
    rate_limit::mail(auth, caller).await?;
    mail_domain::check(auth, address).await
}

/// A mail that a user has sent to a new address: a gap is kept by user and by address.
///
/// # Errors
/// 429 too soon, or too many from one network; 400 not to this address.
pub(crate) async fn email_change(
    auth: &Auth,
    caller: &Caller,
    user: Uuid,
    address: &str,
) -> Result<()> {
    let gap = auth.config().email.max_frequency.get();
    let key = format!("mail:email_change:{user}");
    keep_distance(auth, gap, &key, ErrorCode::OverEmailSendRateLimit).await?;
    email(auth, caller, "email_change", address).await
}

/// The same for a text message.
///
/// # Errors
/// 429 too soon, or too many from one network.
pub(crate) async fn phone_change(
    auth: &Auth,
    caller: &Caller,
    user: Uuid,
    number: &str,
) -> Result<()> {
    let gap = auth.config().phone.max_frequency.get();
    let key = format!("sms:phone_change:{user}");
    keep_distance(auth, gap, &key, ErrorCode::OverSmsSendRateLimit).await?;
    phone(auth, caller, "phone_change", number).await
}

/// A text message with a code.
///
/// # Errors
/// 429 too soon, or too many from one network.
pub(crate) async fn phone(auth: &Auth, caller: &Caller, action: &str, number: &str) -> Result<()> {
    let gap = auth.config().phone.max_frequency.get();
    let key = format!("sms:{action}:{number}");
    let code = ErrorCode::OverSmsSendRateLimit;
    keep_distance(auth, gap, &key, code).await?;
    rate_limit::sms(auth, caller).await
}

/// Answers take a multiple of this where what was found may not be told by their time.
const STEP: Duration = Duration::from_millis(250);

/// Waits until the time since then is a whole number of steps.
pub(crate) async fn even_out(started: Instant) {
    let taken = started.elapsed().as_millis();
    let steps = taken / STEP.as_millis() + 1;
    let until = STEP * u32::try_from(steps).unwrap_or(1);
    tokio::time::sleep_until(started + until).await;
}

/// # Errors
/// 400 for an address that no mail goes to.
pub(crate) fn authorized(auth: &Auth, address: &str) -> Result<()> {
    if is_authorized(auth, address) {
        return Ok(());
    }
    let message = format!("Email address \"{address}\" cannot be used as it is not authorized");
    Err(Error::new(ErrorCode::EmailAddressNotAuthorized, message))
}

/// Mail goes to the addresses of `email.authorized_addresses`, with any `+label`, if it names some.
pub(crate) fn is_authorized(auth: &Auth, address: &str) -> bool {
    let listed = &auth.config().email.authorized_addresses;
    let plain = mailbox(address);
    listed.is_empty() || listed.iter().any(|one| one.eq_ignore_ascii_case(&plain))
}

async fn keep_distance(auth: &Auth, gap: Duration, key: &str, code: ErrorCode) -> Result<()> {
    if gap.is_zero() {
        return Ok(());
    }
    let decision = auth.limiter().check(&Rate::new(1, gap), key).await;
    if decision.allowed {
        return Ok(());
    }
    let seconds = decision.retry_after_seconds();
    let message =
        format!("For security purposes, you can only request this after {seconds} seconds.");
    Err(Error::new(code, message).retry_after(seconds))
}

/// Where an address's mail arrives with most providers: without `+label` (SEC-16).
fn mailbox(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return address.to_owned();
    };
    match local.split_once('+') {
        Some((name, _)) if !name.is_empty() => format!("{name}@{domain}"),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_no_other_mailbox() {
        assert_eq!(mailbox("ada+x+y@example.org"), "ada@example.org");
        assert_eq!(mailbox("ada@example.org"), "ada@example.org");
        assert_eq!(mailbox("+x@example.org"), "+x@example.org");
        assert_eq!(mailbox("15550100"), "15550100");
    }
}
