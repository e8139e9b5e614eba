//! Who is meant by an address, looked for and counted at once.

use super::{Attempt, Who, check_on, hold_back, limits, network};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::directory;
use crate::error::Result;
use crate::store::sign_ins::{self, By, Seen, Try};

/// Finds the user with an address, counts a try on them (or on `given`, the address as it was given,
/// where nobody has it), and holds it back for as long as its forerunners cost.
pub(crate) async fn find_and_check(
    auth: &Auth,
    caller: &Caller,
    by: By<'_>,
    given: &str,
) -> Result<(Option<Seen>, Attempt)> {
    if auth.directory().is_some() {
        return ask_directory(auth, caller, by, given).await;
    }
    let audience = &auth.config().tokens.audience;
    let mut db = auth.lane().acquire().await?;
    let (seen, counted) = if auth.config().lock_out.enabled {
        let (network, limits) = (network(caller), limits(auth));
        let new = Try {
            nobody: &Who::Nobody(given).subject(),
            network: network.as_deref(),
            limits: &limits,
        };
        let (seen, counted) = sign_ins::find_and_count(&mut db, by, audience, new).await?;
        (seen, Some(counted))
    } else {
        (sign_ins::find(&mut db, by, audience).await?, None)
    };
    db.done();
    if let Some(counted) = &counted {
        hold_back(auth, counted).await;
    }
    let who = Who::of(seen.as_ref().map(|seen| &seen.user), given);
    let attempt = Attempt {
        subject: who.subject(),
        user: who.user(),
        counted,
    };
    Ok((seen, attempt))
}

async fn ask_directory(
    auth: &Auth,
    caller: &Caller,
    by: By<'_>,
    given: &str,
) -> Result<(Option<Seen>, Attempt)> {
    let mut db = auth.pool().acquire().await?;
    let found = match by {
        By::Email(Some(address)) => directory::find_by_email(auth, &mut db, address).await?,
        By::Phone(Some(number)) => directory::find_by_phone(auth, &mut db, number).await?,
        By::Email(None) | By::Phone(None) => None,
    };
    let attempt = check_on(db, auth, caller, Who::of(found.as_ref(), given)).await?;
    let seen = found.map(|user| Seen {
        user,
        version: None,
    });
    Ok((seen, attempt))
}
