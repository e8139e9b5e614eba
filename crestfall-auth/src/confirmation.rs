//! Asking a new user to confirm the mail address or phone number.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::code_message::{self, CodeMessage};
use crate::error::Result;
use crate::link_mail::{self, LinkMail};
use crate::mail::MailKind;
use crate::one_time::TokenType;
use crate::pkce::Challenge;
use crate::store::one_time_tokens;
use crate::store::proofs::{self, Sent};
use crate::user::User;
use crate::verification::Verification;

/// Sends the link and code that confirm the address of a user who has just signed up.
pub(crate) async fn request(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    challenge: &Challenge,
    redirect_to: &str,
) -> Result<()> {
    let redirect = (challenge, redirect_to);
    request_for(auth, db, caller, user, Verification::Signup, redirect)
        .await
        .map(drop)
}

/// The same, for a purpose: one other than the sign-up keeps no password that was set before. Gives
/// the exchange that the challenge begins, if there is one.
pub(crate) async fn request_for(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    purpose: Verification,
    (challenge, redirect_to): (&Challenge, &str),
) -> Result<Option<Uuid>> {
    let method = "email/signup";
    let flow_state = link_mail::begin_exchange(db, user.id, challenge, method).await?;
    let redirect_to = link_mail::redirect_target(auth, redirect_to);
    let mail = LinkMail {
        user,
        to: user.email(),
        kind: MailKind::Confirmation,
        token: TokenType::ConfirmationToken,
        purpose,
        flow_state,
        redirect_to: &redirect_to,
    };
    link_mail::send(auth, db, caller, &mail).await?;
    proofs::mark_sent(db, user.id, Sent::Confirmation).await?;
    Ok(flow_state)
}

/// Makes the code that confirms a phone number, for a purpose, to be sent once the transaction is
/// committed. One other than the sign-up keeps no password that was set before.
pub(crate) async fn request_by_phone_for(
    auth: &Auth,
    db: &mut PgConnection,
    user: &User,
    purpose: Verification,
    channel: &str,
) -> Result<CodeMessage> {
    let channel = code_message::channel(auth, channel)?;
    let what = (TokenType::ConfirmationToken, purpose);
    let message = code_message::issue(auth, db, user, user.phone(), what, channel).await?;
    proofs::mark_sent(db, user.id, Sent::Confirmation).await?;
    Ok(message)
}

/// What a confirmation that is sent once more is for: what the one before was.
pub(crate) async fn purpose_again(db: &mut PgConnection, user: &User) -> Result<Verification> {
    let before = one_time_tokens::lock(db, user.id, TokenType::ConfirmationToken).await?;
    let purpose = before.and_then(|token| Verification::parse(&token.purpose));
    Ok(purpose.unwrap_or(Verification::Signup))
}
