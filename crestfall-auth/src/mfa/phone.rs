//! Phones: codes that are sent to them.

use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Outcome;
use crate::auth::Auth;
use crate::error::{Error, ErrorCode, Result};
use crate::factor::one_time_code;
use crate::hook;
use crate::sms::{Channel, Sms};
use crate::store::factor_challenges::FactorChallenge;
use crate::store::factors::Factor;

/// A new code, and how it is kept.
pub(crate) struct NewCode {
    code: Zeroizing<String>,
    pub(crate) sealed: String,
}

fn owner_of_code(challenge: Uuid) -> String {
    format!("auth.mfa_challenges.{challenge}")
}

/// Makes a challenge's code.
pub(crate) fn new_code(auth: &Auth, challenge: Uuid) -> Result<NewCode> {
    let failed = |error| Error::internal("Unexpected failure", error);
    let code = one_time_code::generate(auth.config().mfa.phone.otp_length).map_err(failed)?;
    let sealed = auth
        .sealer()
        .seal(code.as_bytes(), &owner_of_code(challenge))
        .map_err(|error| Error::internal("Unexpected failure", error))?;
    Ok(NewCode { code, sealed })
}

/// By which way a message is to go, if there is such a way.
pub(crate) fn channel(auth: &Auth, name: &str) -> Result<Channel> {
    let channel = match name {
        "" | "sms" => Some(Channel::Sms),
        "whatsapp" => Some(Channel::Whatsapp),
        _ => None,
    };
    let supports = |channel: &Channel| {
        auth.sms()
            .is_none_or(|(sender, _)| sender.supports(*channel))
    };
    channel.filter(supports).ok_or_else(|| {
        Error::invalid(
            "Invalid channel, supported values are 'sms' or 'whatsapp'. 'whatsapp' is only supported if Twilio or Twilio Verify is used as the provider.",
        )
    })
}

/// Sends a code to a factor's phone.
pub(crate) async fn send(
    auth: &Auth,
    factor: &Factor,
    channel: Channel,
    code: &NewCode,
) -> Result<()> {
    let text = auth.factor_sms_text();
    let sms = Sms {
        phone: factor.phone.clone().unwrap_or_default(),
        text: text.write(&code.code, &auth.config().site_url),
        code: code.code.to_string(),
        channel,
    };
    let sent = hook::send_sms(auth, factor.user_id, &sms).await;
    sent.map(drop).map_err(|error| {
        Error::new(ErrorCode::SmsSendFailed, "Error sending mfa sms").caused_by(error)
    })
}

/// What the service says that made the code itself; none when we made it.
pub(crate) async fn check_by_service(
    auth: &Auth,
    factor: &Factor,
    code: &str,
) -> Result<Option<bool>> {
    let Some((sender, _)) = auth.sms().filter(|(sender, _)| sender.checks_codes()) else {
        return Ok(None);
    };
    let phone = factor.phone.as_deref().unwrap_or_default();
    let right = sender.check(phone, code).await;
    right.map(Some).map_err(|error| {
        Error::new(ErrorCode::OtpExpired, "Token has expired or is invalid").caused_by(error)
    })
}

/// Whether this is the code that was sent.
pub(crate) fn check(
    auth: &Auth,
    challenge: &FactorChallenge,
    code: &str,
    by_service: Option<bool>,
) -> Result<Outcome> {
    let right = match by_service {
        Some(right) => right,
        None => is_code(auth, challenge, code)?,
    };
    Ok(match (right, by_service) {
        (true, _) => Outcome::Right,
        (false, Some(_)) => Outcome::Wrong(Error::new(
            ErrorCode::OtpExpired,
            "Token has expired or is invalid",
        )),
        (false, None) => Outcome::Wrong(Error::new(
            ErrorCode::MfaVerificationFailed,
            "Invalid MFA Phone code entered",
        )),
    })
}

fn is_code(auth: &Auth, challenge: &FactorChallenge, code: &str) -> Result<bool> {
    let Some(sealed) = challenge.otp_code.as_deref() else {
        return Ok(false);
    };
    let kept = auth.sealer().open(sealed, &owner_of_code(challenge.id));
    let kept = kept.map_err(|error| Error::internal("Unexpected failure", error))?;
    Ok(kept.ct_eq(code.trim().as_bytes()).into())
}
