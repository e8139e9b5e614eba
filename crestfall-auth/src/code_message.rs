//! Text messages with a code that proves, once, that somebody reads a number.
//!
//! The code is stored in the caller's transaction; the message goes out after it: no transaction
//! waits for a service outside.

use chrono::{TimeDelta, Utc};
use sqlx::PgConnection;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::hook::{self, HookPoint};
use crate::one_time::{self, Request, TokenType};
use crate::sms::Channel;
use crate::user::User;
use crate::verification::Verification;

/// A message whose code is stored, to be sent once that is committed.
#[must_use = "the code is stored but not sent"]
pub(crate) struct CodeMessage {
    user: User,
    phone: String,
    /// None for a number whose code is in the settings.
    code: Option<String>,
    channel: Channel,
}

/// By which way; empty is a text message.
///
/// # Errors
/// A way that there is none, or that the service cannot go.
pub(crate) fn channel(auth: &Auth, name: &str) -> Result<Channel> {
    let channel = match name {
        "" | "sms" => Some(Channel::Sms),
        "whatsapp" => Some(Channel::Whatsapp),
        _ => None,
    };
    let can = |channel: &Channel| {
        *channel == Channel::Sms
            || auth
                .sms()
                .is_some_and(|(sender, _)| sender.supports(*channel))
    };
    channel.filter(can).ok_or_else(|| {
        Error::invalid(
            "Invalid channel, supported values are 'sms' or 'whatsapp'. 'whatsapp' is only \
             supported if Twilio or Twilio Verify is used as the provider.",
        )
    })
}

/// Makes a code in place of the one before.
///
/// # Errors
/// 422 when there is no service to send it.
pub(crate) async fn issue(
    auth: &Auth,
    db: &mut PgConnection,
    user: &User,
    phone: &str,
    (token, purpose): (TokenType, Verification),
    channel: Channel,
) -> Result<CodeMessage> {
    let config = auth.config();
    let test_code = config.sms.test_code(phone, Utc::now()).map(str::to_owned);
    let can_send = auth.sms().is_some() || auth.hooks().is_enabled(HookPoint::SendSms);
    if test_code.is_none() && !can_send {
        return Err(Error::new(
            ErrorCode::SmsSendFailed,
            "Error sending confirmation OTP to provider: there is none",
        ));
    }
    let lifetime = TimeDelta::from_std(config.phone.otp_lifetime.get());
    let request = Request {
        user: user.id,
        kind: token,
        relates_to: phone,
        purpose: purpose.name(),
        expires_at: Utc::now() + lifetime.unwrap_or(TimeDelta::minutes(5)),
        code_length: config.phone.otp_length,
        flow_state: None,
    };
    let issued = match test_code.clone() {
        Some(code) => one_time::issue_with(db, &request, code).await?,
        None => one_time::issue(db, &request).await?,
    };
    Ok(CodeMessage {
        user: user.clone(),
        phone: phone.to_owned(),
        code: test_code.is_none().then_some(issued.code),
        channel,
    })
}

impl CodeMessage {
    /// Sends it, and says under which name the service knows it.
    ///
    /// # Errors
    /// 422 when the service does not take it.
    pub(crate) async fn send(self, auth: &Auth, caller: &Caller) -> Result<Option<String>> {
        let Some(code) = self.code else {
            return Ok(Some("test-otp".to_owned()));
        };
        let mut db = auth.pool().acquire().await?;
        let message = (self.phone.as_str(), code.as_str(), self.channel);
        hook::send_sms(auth, &mut db, caller, &self.user, message).await
    }
}
