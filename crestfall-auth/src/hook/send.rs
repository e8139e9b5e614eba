//! Mail and text messages: by the application's hook if it has one, else by the service.

use serde_json::{Value, json};
use sqlx::PgConnection;

use super::HookPoint;
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::mail::{Mail, MailKind};
use crate::sms::{Channel, Sms};
use crate::user::User;

/// Promises a mail in the caller's transaction, or gives it to the hook (GT-094). The one way on
/// which mail leaves.
pub(crate) async fn send_email(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    mail: &Mail,
) -> Result<()> {
    let point = HookPoint::SendEmail;
    if !auth.hooks().is_enabled(point) {
        let promised = auth.mails().enqueue(db, mail).await;
        return promised.map_err(|error| Error::internal("Error sending email", error));
    }
    if !auth.mails().is_enabled(mail.kind) {
        return Ok(());
    }
    let members = json!({ "user": user, "email_data": email_data(auth, mail) });
    auth.hooks()
        .call(db, caller, point, members)
        .await
        .map(drop)
}

/// Both mails of a change of address, which GoTrue's hook gets in one call; the one to the address it
/// changes from where that is asked as well.
pub(crate) async fn send_email_change(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    (current, new): (Option<&Mail>, &Mail),
) -> Result<()> {
    let point = HookPoint::SendEmail;
    if !auth.hooks().is_enabled(point) {
        for mail in current.into_iter().chain([new]) {
            send_email(auth, db, caller, user, mail).await?;
        }
        return Ok(());
    }
    let mut data = email_data(auth, new);
    if let Some(current) = current {
        // Which hash stands where is GoTrue's: `token_hash` is the new address's, beside the code of
        // the current one.
        data["token"] = current.variables.token.as_str().into();
        data["token_new"] = new.variables.token.as_str().into();
        data["token_hash_new"] = current.variables.token_hash.as_str().into();
    }
    let members = json!({ "user": user, "email_data": data });
    auth.hooks()
        .call(db, caller, point, members)
        .await
        .map(drop)
}

fn email_data(auth: &Auth, mail: &Mail) -> Value {
    let v = &mail.variables;
    json!({
        "token": v.token,
        "token_hash": v.token_hash,
        "redirect_to": v.redirect_to,
        "email_action_type": action_type(mail.kind),
        "site_url": auth.config().external_url,
        "token_new": "",
        "token_hash_new": "",
        "old_email": v.old_email,
        "old_phone": v.old_phone,
        "provider": v.provider,
        "factor_type": v.factor_type,
        // Ours: where it goes, which GoTrue leaves to be guessed.
        "send_to": mail.to,
    })
}

/// GoTrue has one word for both mails of a change of address; which one it is tells `send_to`.
fn action_type(kind: MailKind) -> &'static str {
    match kind {
        MailKind::Confirmation => "signup",
        MailKind::Invite => "invite",
        MailKind::Recovery => "recovery",
        MailKind::MagicLink => "magiclink",
        MailKind::EmailChangeCurrent | MailKind::EmailChangeNew => "email_change",
        MailKind::Reauthentication => "reauthentication",
        MailKind::PasswordChanged => "password_changed_notification",
        MailKind::EmailChanged => "email_changed_notification",
        MailKind::PhoneChanged => "phone_changed_notification",
        MailKind::IdentityLinked => "identity_linked_notification",
        MailKind::IdentityUnlinked => "identity_unlinked_notification",
        MailKind::MfaFactorEnrolled => "mfa_factor_enrolled_notification",
        MailKind::MfaFactorUnenrolled => "mfa_factor_unenrolled_notification",
        MailKind::NewSignIn => "new_sign_in_notification",
        MailKind::RecoveryCodeUsed => "recovery_code_used_notification",
        MailKind::AccountLocked => "account_locked",
    }
}

/// Sends a code to a number, or gives it to the hook (GT-094). The name under which the service
/// knows the message, if it has one.
pub(crate) async fn send_sms(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    (phone, code, channel): (&str, &str, Channel),
) -> Result<Option<String>> {
    let point = HookPoint::SendSms;
    if auth.hooks().is_enabled(point) {
        let members = json!({ "user": user, "sms": { "otp": code, "phone": phone } });
        auth.hooks().call(db, caller, point, members).await?;
        return Ok(None);
    }
    let (sender, text) = auth.sms().ok_or_else(|| {
        Error::new(
            ErrorCode::PhoneProviderDisabled,
            "Unable to get SMS provider",
        )
    })?;
    let sms = Sms {
        phone: phone.to_owned(),
        text: text.write(code, &auth.config().site_url),
        code: code.to_owned(),
        channel,
    };
    sender.send(&sms).await.map_err(|error| {
        Error::new(
            ErrorCode::SmsSendFailed,
            "Error sending confirmation sms to provider",
        )
        .caused_by(error)
    })
}
