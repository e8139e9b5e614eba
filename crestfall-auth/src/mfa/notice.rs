//! Telling users of changes to what proves who they are.

use sqlx::PgConnection;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::Result;
use crate::mail::{MailKind, Variables};
use crate::notice;
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
    let (kind, factor_type) = match subject {
        Subject::Enrolled(factor) => (MailKind::MfaFactorEnrolled, factor),
        Subject::Unenrolled(factor) => (MailKind::MfaFactorUnenrolled, factor),
        Subject::RecoveryCodeUsed => (MailKind::RecoveryCodeUsed, "recovery_codes"),
    };
    let variables = Variables {
        factor_type: factor_type.to_owned(),
        ..Variables::default()
    };
    notice::tell(auth, db, caller, user, kind, variables).await
}
