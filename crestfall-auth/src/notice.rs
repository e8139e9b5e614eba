//! Mails that tell the owner of an account what happened to it (GT-099).

use chrono::Utc;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::device;
use crate::error::Result;
use crate::hook;
use crate::mail::{Mail, MailKind, Variables, languages};
use crate::sending;
use crate::store::{known_devices, sessions};
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

/// Tells of a sign-in from a network not seen before and with a kind of device that no other session
/// has. Nothing at the first sign-in of all, and to who came by a link or code: they read their mail.
pub(crate) async fn new_sign_in(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    (session, method): (Uuid, &str),
) -> Result<()> {
    let came_by_mail = matches!(
        method,
        "otp" | "magiclink" | "recovery" | "invite" | "email/signup" | "email_change"
    );
    if came_by_mail || !known_devices::are_several(db, user.id).await? {
        return Ok(());
    }
    let device = device::name(caller.user_agent.as_deref());
    let sessions = sessions::of_user(db, user.id).await?;
    let mut others = sessions.iter().filter(|other| other.id != session);
    if others.any(|other| device::name(other.user_agent.as_deref()) == device) {
        return Ok(());
    }
    let kind = MailKind::NewSignIn;
    tell(auth, db, caller, user, kind, Variables::default()).await
}
