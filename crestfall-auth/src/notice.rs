//! Mails that tell the owner of an account what happened to it (GT-099).

use chrono::Utc;
use sqlx::PgConnection;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::device;
use crate::error::Result;
use crate::hook;
use crate::mail::{Mail, MailKind, Variables, languages};
use crate::sending;
use crate::user::User;

/// Tells the user, at the address they have. Nothing without one, or when the notice is turned off.
pub(crate) async fn tell(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    kind: MailKind,
    variables: Variables,
) -> Result<()> {
    tell_at(auth, db, caller, (user, user.email()), kind, variables).await
}

/// Tells the user, at another address: the one they had.
pub(crate) async fn tell_at(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    (user, address): (&User, &str),
    kind: MailKind,
    variables: Variables,
) -> Result<()> {
    let can = !address.is_empty() && sending::is_authorized(auth, address);
    if !can || !auth.mails().is_enabled(kind) {
        return Ok(());
    }
    let variables = Variables {
        email: user.email().to_owned(),
        device: device::name(caller.user_agent.as_deref()),
        place: caller.inet().unwrap_or_default(),
        time: Utc::now().format("%Y-%m-%d %H:%M UTC").to_string(),
        data: user.user_metadata.0.clone(),
        ..variables
    };
    let mail = Mail {
        kind,
        to: address.to_owned(),
        languages: languages(&user.user_metadata, caller.languages.as_deref()),
        variables,
        expires_at: None,
    };
    hook::send_email(auth, db, caller, user, &mail).await
}
