//! Tries to get into an account: counted on the account however they are made, slowed, and stopped
//! for a while when too many fail (D36, SEC-17).
//!
//! Who tries is either a network from which the account was signed in to before, which counts by
//! itself, or a stranger: strangers count together, however many they are. So a stranger, or a
//! thousand, cannot lock out the owner at home, and the owner elsewhere is sent a link. An address
//! that nobody has is counted in the same way. A try that is locked out is answered like a wrong one,
//! after the same work: nothing tells that there is a lock, or an account.
//!
//! A handler calls [`check`] (or [`find_and_check`]) before it looks at what is offered as proof, and then one of
//! [`Attempt::failed`], [`Attempt::succeeded`] and [`Attempt::withdraw`]; what it calls none of
//! counts as failed. Tokens too long to guess need no guard.

mod find;
mod notice;

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use crestfall_core::client_ip;
use serde_json::json;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres};
use uuid::Uuid;

use crate::audit;
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::store::sign_in_failures::{self, Counted, Limits};
use crate::store::{known_devices, users};
use crate::user::User;

pub(crate) use find::find_and_check;
pub(crate) use notice::Notice;

/// The delay after the first failure that is not free; it doubles with each.
const FIRST_DELAY: Duration = Duration::from_millis(125);

/// Whose account is tried.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who<'a> {
    Account(Uuid),
    /// An address or number in its one spelling, or whatever was given in its place, that no user has.
    Nobody(&'a str),
}

impl<'a> Who<'a> {
    /// The user found by an address, or the address.
    pub(crate) fn of(found: Option<&User>, address: &'a str) -> Self {
        found.map_or(Self::Nobody(address), |user| Self::Account(user.id))
    }

    fn subject(self) -> String {
        match self {
            Self::Account(id) => id.to_string(),
            Self::Nobody(address) => {
                let hash = digest(&SHA256, address.as_bytes());
                hash.as_ref().iter().map(|b| format!("{b:02x}")).collect()
            }
        }
    }

    fn user(self) -> Option<Uuid> {
        match self {
            Self::Account(id) => Some(id),
            Self::Nobody(_) => None,
        }
    }
}

/// A try that has been counted as failed, until it is known to be none.
#[must_use = "a try counts as failed until it is said to be none"]
#[derive(Debug)]
pub(crate) struct Attempt {
    subject: String,
    user: Option<Uuid>,
    /// None when nothing is counted.
    counted: Option<Counted>,
}

/// Counts a try, and holds it back for as long as its forerunners cost.
pub(crate) async fn check(auth: &Auth, caller: &Caller, who: Who<'_>) -> Result<Attempt> {
    let db = auth.pool().acquire().await?;
    check_on(db, auth, caller, who).await
}

/// The same on a connection at hand, which is given back before anything is held back.
async fn check_on(
    mut db: PoolConnection<Postgres>,
    auth: &Auth,
    caller: &Caller,
    who: Who<'_>,
) -> Result<Attempt> {
    let config = &auth.config().lock_out;
    let subject = who.subject();
    if !config.enabled {
        return Ok(Attempt {
            subject,
            user: who.user(),
            counted: None,
        });
    }
    let limits = limits(auth);
    let network = network(caller);
    let user = who.user();
    let counted =
        sign_in_failures::count(&mut db, &subject, user, network.as_deref(), &limits).await?;
    drop(db);
    hold_back(auth, &counted).await;
    Ok(Attempt {
        subject,
        user: who.user(),
        counted: Some(counted),
    })
}

fn limits(auth: &Auth) -> Limits {
    let config = &auth.config().lock_out;
    Limits {
        attempts: config.attempts.max(1).into(),
        duration: config.duration.get().as_secs_f64(),
        max_duration: config.max_duration.get().as_secs_f64(),
        memory: config.memory.get().as_secs_f64(),
        known_for: config.known_for.get().as_secs_f64(),
    }
}

async fn hold_back(auth: &Auth, counted: &Counted) {
    let config = &auth.config().lock_out;
    let free = config.free_attempts.into();
    let delay = delay(counted.failures, free, config.max_delay.get());
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}

impl Attempt {
    /// The subject and device that it was counted on.
    pub(crate) fn counted(&self) -> Option<(&str, &str)> {
        let counted = self.counted.as_ref()?;
        Some((&self.subject, &counted.device))
    }

    /// Whether it must not succeed, whatever it proves.
    pub(crate) fn is_locked(&self) -> bool {
        self.counted
            .as_ref()
            .is_some_and(|counted| counted.is_locked)
    }

    /// The same for codes that were sent to the owner: the one that tells of the lock is taken.
    pub(crate) fn is_locked_for_codes(&self) -> bool {
        self.is_locked()
            && !self
                .counted
                .as_ref()
                .is_some_and(|counted| counted.has_unlock_code)
    }

    /// It proved nothing. `method` is an `amr` value.
    pub(crate) async fn failed(self, auth: &Auth, caller: &Caller, method: &str) -> Result<()> {
        let mut tx = auth.begin().await?;
        // Looked for in any case: it takes as long.
        let user = users::find(&mut tx, self.user.unwrap_or_default()).await?;
        let traits = json!({ "method": method, "locked": self.is_locked() });
        audit::record_failure(&mut tx, caller, user.as_ref(), traits).await?;
        if self.counted.is_some_and(|counted| counted.locked_now) {
            // For nobody's address as well: it takes as long.
            Notice::new(self.user, caller).enqueue(&mut tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// It proved who the user is. Begin the session in the same transaction: that makes the network
    /// a known one.
    pub(crate) async fn succeeded(self, db: &mut PgConnection) -> Result<()> {
        let Some(counted) = self.counted else {
            return Ok(());
        };
        match counted.device.as_str() {
            "" => sign_in_failures::take_back(db, &self.subject, "").await?,
            device => sign_in_failures::forget(db, &self.subject, device).await?,
        }
        Ok(())
    }

    /// It was not looked at after all: it does not count.
    pub(crate) async fn withdraw(self, auth: &Auth) -> Result<()> {
        let Some(counted) = self.counted else {
            return Ok(());
        };
        let mut db = auth.pool().acquire().await?;
        Ok(sign_in_failures::take_back(&mut db, &self.subject, &counted.device).await?)
    }
}

/// Counts what somebody with half a proof tries for the other half; `is_wrong` tells a wrong one from
/// what could not be tried. To them a lock is no secret.
pub(crate) async fn guarded<T>(
    auth: &Auth,
    caller: &Caller,
    user: Uuid,
    method: &str,
    is_wrong: fn(ErrorCode) -> bool,
    proof: impl Future<Output = Result<T>>,
) -> Result<T> {
    let attempt = check(auth, caller, Who::Account(user)).await?;
    if attempt.is_locked() {
        attempt.failed(auth, caller, method).await?;
        return Err(Error::new(
            ErrorCode::OverRequestRateLimit,
            "Request rate limit reached",
        )
        .retry_after(60));
    }
    let proved = proof.await;
    match &proved {
        Ok(_) => {
            let mut db = auth.pool().acquire().await?;
            attempt.succeeded(&mut db).await?;
        }
        Err(error) if is_wrong(error.code()) => attempt.failed(auth, caller, method).await?,
        Err(_) => attempt.withdraw(auth).await?,
    }
    proved
}

/// A user has proved all there is to prove from this network: it is known from now on. Whether it
/// was not before.
pub(crate) async fn know(db: &mut PgConnection, caller: &Caller, user: Uuid) -> Result<bool> {
    match network(caller) {
        Some(network) => Ok(known_devices::see(db, user, &network).await?),
        None => Ok(false),
    }
}

/// Whence a request comes, as a `cidr`. None when the server was not told.
pub(crate) fn network(caller: &Caller) -> Option<String> {
    (!caller.ip.is_unspecified()).then(|| client_ip::network(caller.ip).to_string())
}

/// How long an answer is held back after so many tries.
fn delay(failures: i32, free: i32, longest: Duration) -> Duration {
    match u32::try_from(failures - free - 1) {
        Err(_) => Duration::ZERO,
        Ok(more) => FIRST_DELAY
            .saturating_mul(1_u32.checked_shl(more).unwrap_or(u32::MAX))
            .min(longest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failures_cost_nothing_and_further_ones_more_and_more() {
        let longest = Duration::from_secs(2);
        let delays: Vec<u128> = (4..13).map(|n| delay(n, 5, longest).as_millis()).collect();
        assert_eq!(delays, [0, 0, 125, 250, 500, 1000, 2000, 2000, 2000]);
        assert_eq!(delay(i32::MAX, 5, longest), longest);
    }

    #[test]
    fn nobodys_address_is_kept_as_its_hash() {
        let subject = Who::Nobody("ada@example.org").subject();
        assert_eq!(subject.len(), 64);
        assert!(!subject.contains('@'));
    }
}
