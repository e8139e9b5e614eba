//! A user's own change of mail address or phone number, which the new address has to confirm.

use sqlx::PgConnection;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::pkce::Challenge;
use crate::store::users;
use crate::user::User;

/// What is to change; empty stays as it is.
pub(crate) struct Change<'a> {
    pub(crate) email: &'a str,
    pub(crate) phone: &'a str,
    pub(crate) channel: &'a str,
    pub(crate) challenge: &'a Challenge,
    pub(crate) redirect_to: &'a str,
}

/// Asks the new addresses to confirm themselves.
pub(crate) async fn request(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    change: &Change<'_>,
) -> Result<()> {
    let _ = (
        auth,
        db,
        caller,
        user,
        change.email,
        change.phone,
        change.channel,
    );
    let _ = (change.challenge, change.redirect_to);
    Ok(())
}

/// Whether this is the code that `/reauthenticate` sent.
pub(crate) async fn check_nonce(
    auth: &Auth,
    db: &mut PgConnection,
    user: &User,
    nonce: &str,
) -> Result<()> {
    let _ = (auth, db, user, nonce);
    Err(Error::new(
        ErrorCode::ReauthenticationNeeded,
        "Password update requires reauthentication",
    ))
}

/// Tells the user that the password is a new one.
pub(crate) async fn tell_of_new_password(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
) -> Result<()> {
    let _ = (auth, db, caller, user);
    Ok(())
}
