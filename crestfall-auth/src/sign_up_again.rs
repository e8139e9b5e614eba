//! A sign-up with an address that an account has which nobody has proved to be theirs (SEC-05).
//!
//! Who confirms an address reads its mail, and cannot tell the mail of their own sign-up from one that
//! a stranger asked for. So the password of a sign-up counts only where nobody else can have meant the
//! same mail:
//!
//! - The same password as before is the same person, who is sent one more mail.
//! - While an earlier mail could still be used, or when an administrator made the account, another
//!   password leaves open whose counts: none does. The mail signs in all the same, and a password is
//!   chosen then. Only who ends the PKCE exchange of a sign-up proves to be the one who began it:
//!   then theirs counts.
//! - Later, what somebody began is over, and all that they left in the account goes.
//! - An account that has another address, a proved one, is somebody's: it keeps all but the address that
//!   it only claimed.

use chrono::Utc;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::auth::Auth;
use crate::directory;
use crate::error::Result;
use crate::one_time::TokenType;
use crate::store::{external, one_time_tokens, proofs, users};
use crate::user::{Metadata, User};
use crate::verification::Verification;

/// What a sign-up brings.
pub(crate) struct Given<'a> {
    /// `email` or `phone`.
    pub(crate) provider: &'a str,
    /// The account's hash, if this is its password.
    pub(crate) matched: Option<&'a str>,
    /// A hash of the password.
    pub(crate) hash: &'a str,
    pub(crate) data: &'a Metadata,
    /// Whether the address will have to be proved.
    pub(crate) to_be_proved: bool,
}

/// The account as the sign-up leaves it, and what its confirmation is for: another purpose than the
/// sign-up keeps no password. None when there is no account with this address any more.
pub(crate) async fn begin(
    auth: &Auth,
    db: &mut PgConnection,
    user: Uuid,
    given: &Given<'_>,
) -> Result<Option<(User, Verification)>> {
    let Some(user) = users::lock(db, user).await? else {
        return Ok(None);
    };
    if is_anothers(&user, given.provider) {
        release(auth, db, &user, given.provider).await?;
        return Ok(None);
    }
    let sent = one_time_tokens::lock(db, user.id, TokenType::ConfirmationToken).await?;
    let usable = sent.filter(|token| token.expires_at > Utc::now());
    let purpose = usable.as_ref().map(|token| token.purpose.as_str());
    let is_same = given.matched.is_some() && given.matched == user.password_hash();
    let made_by_admin = user.confirmation_sent_at.is_none();
    let purpose = match purpose {
        _ if !given.to_be_proved => Verification::Signup,
        // Once open, it stays so.
        Some(purpose) if is_same => Verification::parse(purpose).unwrap_or(Verification::Signup),
        None if is_same => Verification::Signup,
        Some(_) => return Ok(Some((user, Verification::MagicLink))),
        None if made_by_admin => return Ok(Some((user, Verification::MagicLink))),
        None => Verification::Signup,
    };
    if is_same {
        users::merge_user_metadata(db, user.id, given.data).await?;
    } else {
        proofs::forget_unproven(db, user.id, given.provider).await?;
        users::set_password(db, user.id, Some(given.hash)).await?;
        users::merge_user_metadata(db, user.id, &in_place_of(&user, given.data)).await?;
        users::refresh_providers(db, user.id).await?;
    }
    Ok(users::find(db, user.id).await?.map(|user| (user, purpose)))
}

fn is_anothers(user: &User, provider: &str) -> bool {
    match provider {
        "email" => user.is_phone_confirmed(),
        _ => user.is_email_confirmed(),
    }
}

async fn release(auth: &Auth, db: &mut PgConnection, user: &User, provider: &str) -> Result<()> {
    match provider {
        "email" => external::release_email(db, user.id).await?,
        _ => external::release_phone(db, user.id).await?,
    }
    users::refresh_providers(db, user.id).await?;
    directory::push(auth, db, user.id).await
}

/// The changes by which nothing stays but this.
fn in_place_of(user: &User, data: &Metadata) -> Metadata {
    let gone = user.user_metadata.0.keys();
    let mut changes: Metadata = gone.map(|key| (key.clone(), ().into())).collect();
    changes.extend(data.clone());
    changes
}
