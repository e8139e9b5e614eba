//! Telling users of changes to what proves who they are.

use chrono::Utc;
use sqlx::PgConnection;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::device;
use crate::error::Result;
use crate::hook;
use crate::mail::{Mail, MailKind, Variables, languages};
use crate::user::User;

/// What happened, with the kind of factor: `totp`, `phone`, `webauthn`, `recovery_codes`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    Enrolled(&'static str),
    Unenrolled(&'static str),
    RecoveryCodeUsed,
}

/// Promises a mail in the caller's transaction, to who has an address.
pub(crate) async fn tell(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    subject: Subject,
) -> Result<()> {
    if user.email().is_empty() {
        return Ok(());
    }
    let (kind, factor_type) = match subject {
        Subject::Enrolled(factor) => (MailKind::MfaFactorEnrolled, factor),
        Subject::Unenrolled(factor) => (MailKind::MfaFactorUnenrolled, factor),
        Subject::RecoveryCodeUsed => (MailKind::RecoveryCodeUsed, "recovery_codes"),
    };
    let mail = Mail {
        kind,
        to: user.email().to_owned(),
        languages: languages(&user.user_metadata, caller.languages.as_deref()),
        variables: Variables {
            email: user.email().to_owned(),
            factor_type: factor_type.to_owned(),
            device: device::name(caller.user_agent.as_deref()),
            place: caller.inet().unwrap_or_default(),
            time: Utc::now().format("%-d %B %Y, %H:%M UTC").to_string(),
            data: user.user_metadata.0.clone(),
            ..Variables::default()
        },
        expires_at: None,
    };
    hook::send_email(auth, db, caller, user, &mail).await
}
