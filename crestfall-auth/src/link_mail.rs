//! Mails with a link and a code beside it: each proves, once, that somebody reads the address (D7).

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::Result;
use crate::hook;
use crate::mail::{Mail, MailKind, Variables, languages};
use crate::one_time::{self, Issued, Request, TokenType};
use crate::pkce::Challenge;
use crate::sending;
use crate::store::flow_states::{self, NewFlowState};
use crate::user::User;
use crate::verification::Verification;

/// What is to be sent to whom.
pub(crate) struct LinkMail<'a> {
    pub(crate) user: &'a User,
    /// The address that is to prove itself.
    pub(crate) to: &'a str,
    pub(crate) kind: MailKind,
    pub(crate) token: TokenType,
    /// What the token was made for. It may prove more than its link's `type` says.
    pub(crate) purpose: Verification,
    /// The PKCE exchange that the link continues.
    pub(crate) flow_state: Option<Uuid>,
    /// Where the link leads in the end, already allowed.
    pub(crate) redirect_to: &'a str,
}

/// Makes the token and promises the mail.
pub(crate) async fn send(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    mail: &LinkMail<'_>,
) -> Result<()> {
    let letter = write(auth, db, caller, mail).await?;
    hook::send_email(auth, db, caller, mail.user, &letter).await
}

/// Makes the token, and the mail that is to be sent.
pub(crate) async fn write(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    mail: &LinkMail<'_>,
) -> Result<Mail> {
    sending::authorized(auth, mail.to)?;
    let issued = issue(auth, db, mail).await?;
    let user = mail.user;
    Ok(Mail {
        kind: mail.kind,
        to: mail.to.to_owned(),
        languages: languages(&user.user_metadata, caller.languages.as_deref()),
        variables: Variables {
            email: user.email().to_owned(),
            token: issued.code,
            token_hash: match mail.kind {
                // A code alone: there is nowhere to go.
                MailKind::Reauthentication => String::new(),
                _ => issued.link_token,
            },
            redirect_to: mail.redirect_to.to_owned(),
            new_email: user.email_change.clone(),
            phone: user.phone().to_owned(),
            data: user.user_metadata.0.clone(),
            ..Variables::default()
        },
        expires_at: Some(expiry(auth)),
    })
}

/// Makes the token alone.
pub(crate) async fn issue(
    auth: &Auth,
    db: &mut PgConnection,
    mail: &LinkMail<'_>,
) -> Result<Issued> {
    let request = Request {
        user: mail.user.id,
        kind: mail.token,
        relates_to: mail.to,
        purpose: mail.purpose.name(),
        expires_at: expiry(auth),
        code_length: auth.config().email.otp_length,
        flow_state: mail.flow_state,
    };
    Ok(one_time::issue(db, &request).await?)
}

/// The exchange that a challenge begins, if there is one. `method` is what its session will say that
/// proved the user.
pub(crate) async fn begin_exchange(
    db: &mut PgConnection,
    user: Uuid,
    challenge: &Challenge,
    method: &str,
) -> Result<Option<Uuid>> {
    let Some(challenge) = challenge.check()? else {
        return Ok(None);
    };
    let flow = NewFlowState {
        user_id: Some(user),
        challenge: Some(challenge),
        provider_type: method,
        authentication_method: method,
        ..NewFlowState::default()
    };
    Ok(Some(flow_states::insert(db, &flow).await?))
}

/// The address asked for, as it was written, if it is allowed; else the site.
pub(crate) fn redirect_target(auth: &Auth, asked: &str) -> String {
    match auth.redirects().allowed(asked) {
        Some(_) => asked.to_owned(),
        None => auth.config().site_url.clone(),
    }
}

fn expiry(auth: &Auth) -> DateTime<Utc> {
    let lifetime = auth.config().email.otp_lifetime.get();
    Utc::now() + TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::hours(1))
}
