//! A user's own change of mail address or phone number, which the new address has to confirm, and of
//! the password.

use sqlx::PgConnection;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::code_message::{self, CodeMessage};
use crate::error::{Error, ErrorCode, Result};
use crate::link_mail::{self, LinkMail};
use crate::mail::{MailKind, Variables};
use crate::one_time::{self, CodeOutcome, TokenType};
use crate::pkce::Challenge;
use crate::proof;
use crate::sign_in_guard::{self, Who};
use crate::store::one_time_tokens;
use crate::store::proofs::{self, Sent};
use crate::user::User;
use crate::verification::Verification;
use crate::{directory, hook, notice, sending};

/// What is to change; empty stays as it is.
pub(crate) struct Change<'a> {
    pub(crate) email: &'a str,
    pub(crate) phone: &'a str,
    pub(crate) channel: &'a str,
    pub(crate) challenge: &'a Challenge,
    pub(crate) redirect_to: &'a str,
}

/// Asks the new addresses to confirm themselves. The message it gives is to be sent once the
/// transaction is committed.
pub(crate) async fn request(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    change: &Change<'_>,
) -> Result<Option<CodeMessage>> {
    if !change.email.is_empty() {
        request_email(auth, db, caller, user, change).await?;
    }
    match change.phone {
        "" => Ok(None),
        phone => request_phone(auth, db, caller, user, (phone, change.channel)).await,
    }
}

async fn request_email(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    change: &Change<'_>,
) -> Result<()> {
    check_email_is_free(auth, db, user, change.email).await?;
    // A guest who gives an address is one who signs up.
    if user.is_anonymous && auth.config().email.autoconfirm {
        return proof::change_email(auth, db, caller, user, change.email).await;
    }
    sending::email_change(auth, caller, user.id, change.email).await?;
    let redirect = (change.challenge, change.redirect_to);
    send_email_change(auth, db, caller, user, change.email, redirect).await
}

/// Sends the links and codes: to the new address, and to the old one where it has to agree.
pub(crate) async fn send_email_change(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    email: &str,
    (challenge, redirect_to): (&Challenge, &str),
) -> Result<()> {
    let both = needs_both(auth, user);
    proofs::want_email(db, user.id, email, i16::from(!both)).await?;
    one_time_tokens::delete_of_kind(db, user.id, TokenType::EmailChangeTokenCurrent).await?;
    let user = &User {
        email_change: email.to_owned(),
        ..user.clone()
    };
    let method = Verification::EmailChange.name();
    let flow_state = link_mail::begin_exchange(db, user.id, challenge, method).await?;
    let redirect_to = link_mail::redirect_target(auth, redirect_to);
    let new = LinkMail {
        user,
        to: email,
        kind: MailKind::EmailChangeNew,
        token: TokenType::EmailChangeTokenNew,
        purpose: Verification::EmailChange,
        flow_state,
        redirect_to: &redirect_to,
    };
    let to_new = link_mail::write(auth, db, caller, &new).await?;
    let to_current = match both {
        false => None,
        true => {
            let current = LinkMail {
                to: user.email(),
                kind: MailKind::EmailChangeCurrent,
                token: TokenType::EmailChangeTokenCurrent,
                ..new
            };
            Some(link_mail::write(auth, db, caller, &current).await?)
        }
    };
    hook::send_email_change(auth, db, caller, user, (to_current.as_ref(), &to_new)).await
}

/// Whether the old address has to agree to a new one: where there is one that its user reads.
pub(crate) fn needs_both(auth: &Auth, user: &User) -> bool {
    auth.config().email.secure_change && !user.email().is_empty() && user.is_email_confirmed()
}

/// # Errors
/// 422 when somebody else has the address.
pub(crate) async fn check_email_is_free(
    auth: &Auth,
    db: &mut PgConnection,
    user: &User,
    email: &str,
) -> Result<()> {
    match directory::find_by_email(auth, db, email).await? {
        Some(other) if other.id != user.id => Err(proof::email_taken()),
        _ => Ok(()),
    }
}

async fn request_phone(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    (phone, channel): (&str, &str),
) -> Result<Option<CodeMessage>> {
    if let Some(other) = directory::find_by_phone(auth, db, phone).await?
        && other.id != user.id
    {
        return Err(proof::phone_taken());
    }
    if auth.config().phone.autoconfirm {
        proof::change_phone(auth, db, caller, user, phone).await?;
        return Ok(None);
    }
    sending::phone_change(auth, caller, user.id, phone).await?;
    send_phone_change(auth, db, user, phone, channel)
        .await
        .map(Some)
}

/// Makes the code that confirms a new number.
pub(crate) async fn send_phone_change(
    auth: &Auth,
    db: &mut PgConnection,
    user: &User,
    phone: &str,
    channel: &str,
) -> Result<CodeMessage> {
    let channel = code_message::channel(auth, channel)?;
    proofs::want_phone(db, user.id, phone).await?;
    let what = (TokenType::PhoneChangeToken, Verification::PhoneChange);
    code_message::issue(auth, db, user, phone, what, channel).await
}

/// Sends the code that lets a password be changed long after the sign-in. The message it gives is
/// to be sent once the transaction is committed.
pub(crate) async fn send_nonce(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
) -> Result<Option<CodeMessage>> {
    let (token, purpose) = (TokenType::ReauthenticationToken, Verification::Email);
    proofs::mark_sent(db, user.id, Sent::Reauthentication).await?;
    if user.email().is_empty() {
        let channel = code_message::channel(auth, "")?;
        let what = (token, Verification::Sms);
        return code_message::issue(auth, db, user, user.phone(), what, channel)
            .await
            .map(Some);
    }
    let mail = LinkMail {
        user,
        to: user.email(),
        kind: MailKind::Reauthentication,
        token,
        purpose,
        flow_state: None,
        redirect_to: "",
    };
    link_mail::send(auth, db, caller, &mail).await?;
    Ok(None)
}

/// Whether this is the code that `/reauthenticate` sent; it is used up. In a transaction of its own,
/// so that a wrong one counts although what it was for is refused.
///
/// # Errors
/// 400 without one; 422 when it is not the one.
pub(crate) async fn check_nonce(
    auth: &Auth,
    caller: &Caller,
    user: &User,
    nonce: &str,
) -> Result<()> {
    if nonce.is_empty() {
        return Err(Error::new(
            ErrorCode::ReauthenticationNeeded,
            "Password update requires reauthentication",
        ));
    }
    let (address, attempts) = match user.email() {
        "" => (user.phone(), auth.config().phone.otp_attempts),
        email => (email, auth.config().email.otp_attempts),
    };
    let kinds = [TokenType::ReauthenticationToken];
    let attempt = sign_in_guard::check(auth, caller, Who::Account(user.id)).await?;
    let by_service = match user.email() {
        "" => proof::ask_service(auth, user.id, &kinds, address, nonce).await?,
        _ => None,
    };
    let mut tx = auth.begin().await?;
    let outcome = match by_service {
        Some(is_right) => {
            proof::settle(&mut tx, user.id, &kinds, address, is_right, attempts).await?
        }
        None => one_time::use_code(&mut tx, user.id, &kinds, address, nonce, attempts).await?,
    };
    if matches!(outcome, CodeOutcome::Right(_)) && !attempt.is_locked() {
        attempt.succeeded(&mut tx).await?;
        return Ok(tx.commit().await?);
    }
    tx.commit().await?;
    attempt.failed(auth, caller, "otp").await?;
    Err(Error::new(
        ErrorCode::ReauthenticationNotValid,
        "Nonce has expired or is invalid",
    ))
}

/// Tells the user that the password is a new one.
pub(crate) async fn tell_of_new_password(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
) -> Result<()> {
    let kind = MailKind::PasswordChanged;
    notice::tell(auth, db, caller, user, kind, Variables::default()).await
}
