//! What follows when somebody has proved to read an address: it is confirmed or changed, and what
//! was in the account before nobody had proved it goes (SEC-05).

use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::directory;
use crate::error::{Error, ErrorCode, Result};
use crate::hook::HookPoint;
use crate::mail::{MailKind, Variables};
use crate::notice;
use crate::one_time::{self, CodeOutcome, TokenType};
use crate::store::one_time_tokens::{self, OneTimeToken};
use crate::store::{identities, proofs, sessions, users};
use crate::user::User;
use crate::verification::Verification;

/// What a used token has led to.
pub(crate) enum Proved {
    /// The user may be signed in; the session's `amr` value.
    User(Box<User>, &'static str),
    /// A change of address that the other address has to confirm too.
    FirstOfTwo,
}

/// Does what the token was made for. It has been used up, and the user's row is locked.
pub(crate) async fn accept(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    token: &OneTimeToken,
) -> Result<Proved> {
    let user = users::find(db, token.user_id)
        .await?
        .filter(|user| user.deleted_at.is_none())
        .ok_or_else(invalid)?;
    if user.is_banned() {
        return Err(Error::new(ErrorCode::UserBanned, "User is banned"));
    }
    let address = token.relates_to.as_str();
    let purpose = Verification::parse(&token.purpose);
    match token.kind {
        TokenType::ConfirmationToken | TokenType::RecoveryToken => {
            // Sent to what was the address then.
            let by = match address {
                email if email == user.email() => "email",
                phone if phone == user.phone() => "phone",
                _ => return Err(invalid()),
            };
            confirm(db, caller, &user, by, purpose).await?;
        }
        TokenType::EmailChangeTokenCurrent | TokenType::EmailChangeTokenNew => {
            let is_due = match token.kind {
                TokenType::EmailChangeTokenNew => address == user.email_change,
                _ => address == user.email() && !user.email_change.is_empty(),
            };
            if !is_due {
                return Err(invalid());
            }
            if user.email_change_confirm_status == 0 {
                proofs::one_proof_of_email(db, user.id).await?;
                return Ok(Proved::FirstOfTwo);
            }
            change_email(auth, db, caller, &user, &user.email_change).await?;
        }
        TokenType::PhoneChangeToken if address == user.phone_change => {
            change_phone(auth, db, caller, &user, address).await?;
        }
        TokenType::PhoneChangeToken | TokenType::ReauthenticationToken => return Err(invalid()),
    }
    directory::push(auth, db, user.id).await?;
    let user = users::find(db, user.id).await?.ok_or_else(invalid)?;
    let method = match purpose {
        Some(Verification::Recovery) => "recovery",
        _ => "otp",
    };
    Ok(Proved::User(Box::new(user), method))
}

/// Whether the user's password outlives the use of this token: one that was set before the address was
/// proved counts only if the sign-up's own mail is used.
pub(crate) fn keeps_password(token: &OneTimeToken, user: &User) -> bool {
    let is_proved = match token.relates_to.as_str() {
        email if email == user.email() => user.is_email_confirmed(),
        phone if phone == user.phone() => user.is_phone_confirmed(),
        _ => true,
    };
    let is_sign_up = Verification::parse(&token.purpose) == Some(Verification::Signup);
    is_proved || is_sign_up || user.password_hash().is_none()
}

/// The address is proved, perhaps for the first time.
async fn confirm(
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    by: &str,
    purpose: Option<Verification>,
) -> Result<()> {
    let was_confirmed = match by {
        "email" => user.is_email_confirmed(),
        _ => user.is_phone_confirmed(),
    };
    if !was_confirmed {
        // The sign-up's own confirmation stands for what was given with it. All else proves only
        // who reads the address, not who chose the password.
        if purpose != Some(Verification::Signup) {
            proofs::forget_unproven(db, user.id, by).await?;
        }
        match by {
            "email" => users::confirm_email(db, user.id).await?,
            _ => users::confirm_phone(db, user.id).await?,
        }
    }
    let address = match by {
        "email" => user.email(),
        _ => user.phone(),
    };
    set_identity(db, user.id, by, address).await?;
    users::refresh_providers(db, user.id).await?;
    let action = match (was_confirmed, purpose) {
        (true, _) => Action::Login,
        (false, Some(Verification::Invite)) => Action::InviteAccepted,
        (false, _) => Action::UserSignedUp,
    };
    audit::record(db, caller, user, action, json!({ "provider": by })).await
}

/// Gives the user the address, which is proved.
///
/// # Errors
/// 422 when somebody else has it by now.
pub(crate) async fn change_email(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    email: &str,
) -> Result<()> {
    proofs::change_email(db, user.id, email)
        .await
        .map_err(|error| taken(error, email_taken))?;
    set_identity(db, user.id, "email", email).await?;
    users::refresh_providers(db, user.id).await?;
    // What was sent to the old address opens nothing any more.
    one_time_tokens::delete_all(db, user.id).await?;
    audit::record(db, caller, user, Action::UserModified, json!({})).await?;
    if user.email().is_empty() {
        return Ok(());
    }
    sessions::delete_all(db, user.id, None).await?;
    let old = user.email();
    let variables = Variables {
        old_email: old.to_owned(),
        new_email: email.to_owned(),
        ..Variables::default()
    };
    let now = User {
        email: Some(email.to_owned()),
        ..user.clone()
    };
    let kind = MailKind::EmailChanged;
    notice::tell_at(auth, db, caller, (&now, old), kind, variables).await
}

/// Gives the user the number, which is proved.
///
/// # Errors
/// 422 when somebody else has it by now.
pub(crate) async fn change_phone(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    phone: &str,
) -> Result<()> {
    proofs::change_phone(db, user.id, phone)
        .await
        .map_err(|error| taken(error, phone_taken))?;
    set_identity(db, user.id, "phone", phone).await?;
    users::refresh_providers(db, user.id).await?;
    one_time_tokens::delete_all(db, user.id).await?;
    audit::record(db, caller, user, Action::UserModified, json!({})).await?;
    let variables = Variables {
        old_phone: user.phone().to_owned(),
        phone: phone.to_owned(),
        ..Variables::default()
    };
    notice::tell(auth, db, caller, user, MailKind::PhoneChanged, variables).await
}

/// The identity by address, made or brought up to date.
async fn set_identity(
    db: &mut PgConnection,
    user: Uuid,
    provider: &str,
    address: &str,
) -> Result<()> {
    let verified = format!("{provider}_verified");
    let members: [(&str, Value); 2] = [(provider, address.into()), (&verified, true.into())];
    let own = user.to_string();
    match identities::find(db, provider, &own).await? {
        Some(identity) => {
            let changes = members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value));
            identities::merge_data(db, identity.identity_id, &changes.collect()).await?;
        }
        None => {
            let data = identities::data(user, &members);
            identities::insert(db, user, provider, &own, &data).await?;
        }
    }
    if provider == "email" {
        identities::email_verified(db, user, address).await?;
    }
    Ok(())
}

/// What a service that makes the codes itself says of one: none when codes are ours. It is asked
/// only for a message that is on its way, and outside of any transaction.
pub(crate) async fn ask_service(
    auth: &Auth,
    user: Uuid,
    kinds: &[TokenType],
    phone: &str,
    code: &str,
) -> Result<Option<bool>> {
    let now = chrono::Utc::now();
    let Some((sender, _)) = auth.sms().filter(|(sender, _)| sender.checks_codes()) else {
        return Ok(None);
    };
    let is_ours = auth.config().sms.test_code(phone, now).is_some()
        || auth.hooks().is_enabled(HookPoint::SendSms);
    if is_ours {
        return Ok(None);
    }
    let mut tx = auth.begin().await?;
    let pending = one_time::pending(&mut tx, user, kinds, phone).await?;
    tx.rollback().await?;
    if pending.is_empty() {
        return Ok(Some(false));
    }
    sender.check(phone, code).await.map(Some).map_err(|error| {
        Error::new(
            ErrorCode::SmsSendFailed,
            "The code could not be checked; try again",
        )
        .caused_by(error)
    })
}

/// Uses up a token, or counts a wrong try, as the service has said.
pub(crate) async fn settle(
    db: &mut PgConnection,
    user: Uuid,
    kinds: &[TokenType],
    phone: &str,
    is_right: bool,
    max_attempts: u16,
) -> Result<CodeOutcome> {
    for token in one_time::pending(db, user, kinds, phone).await? {
        if is_right {
            one_time_tokens::delete(db, token.id).await?;
            return Ok(CodeOutcome::Right(Box::new(token)));
        }
        one_time_tokens::count_attempt(db, token.id, max_attempts).await?;
    }
    Ok(CodeOutcome::Wrong)
}

/// A link that is none, or none any more.
pub(crate) fn invalid() -> Error {
    Error::new(
        ErrorCode::OtpExpired,
        "Email link is invalid or has expired",
    )
}

/// Somebody else has the address.
pub(crate) fn email_taken() -> Error {
    Error::new(
        ErrorCode::EmailExists,
        "A user with this email address has already been registered",
    )
}

/// Somebody else has the number.
pub(crate) fn phone_taken() -> Error {
    Error::new(
        ErrorCode::PhoneExists,
        "A user with this phone number has already been registered",
    )
}

fn taken(error: sqlx::Error, refusal: fn() -> Error) -> Error {
    match error
        .as_database_error()
        .is_some_and(|error| error.is_unique_violation())
    {
        true => refusal(),
        false => error.into(),
    }
}
