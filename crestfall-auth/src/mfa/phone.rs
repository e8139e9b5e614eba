//! Phones: codes that are sent to them.

use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Outcome;
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::factor::one_time_code;
use crate::hook::{self, HookPoint};
use crate::sms::{Channel, Sms};
use crate::store::factor_challenges::FactorChallenge;
use crate::store::factors::Factor;
use crate::user::User;

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

/// Sends a code to a factor's phone, or gives it to the hook.
pub(crate) async fn send(
    auth: &Auth,
    caller: &Caller,
    (user, factor): (&User, &Factor),
    channel: Channel,
    code: &NewCode,
) -> Result<()> {
    if auth.hooks().is_enabled(HookPoint::SendSms) {
        let phone = factor.phone.as_deref().unwrap_or_default();
        let given = (phone, code.code.as_str(), channel);
        let mut db = auth.pool().acquire().await?;
        let sent = hook::send_sms(auth, &mut db, caller, user, given).await;
        return sent.map(drop);
    }
    let failed = || Error::new(ErrorCode::SmsSendFailed, "Error sending mfa sms");
    let (sender, _) = auth
        .sms()
        .ok_or_else(|| failed().caused_by("no SMS service is set up"))?;
    let text = auth.factor_sms_text();
    let sms = Sms {
        phone: factor.phone.clone().unwrap_or_default(),
        text: text.write(&code.code, &auth.config().site_url),
        code: code.code.to_string(),
        channel,
    };
    let sent = sender.send(&sms).await;
    sent.map(drop).map_err(|error| failed().caused_by(error))
}

/// What the service says that made the code itself; none when we made it.
pub(crate) async fn check_by_service(
    auth: &Auth,
    factor: &Factor,
    code: &str,
) -> Result<Option<bool>> {
    let by_hook = auth.hooks().is_enabled(HookPoint::SendSms);
    let service = auth
        .sms()
        .filter(|(sender, _)| sender.checks_codes() && !by_hook);
    let Some((sender, _)) = service else {
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
