//! The moments at which the application is asked or told.

use crate::config::{HookConfig, Hooks};

/// A moment at which the application is asked or told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HookPoint {
    /// A token is about to be signed: `{user_id, claims, authentication_method}` to `{claims}`.
    CustomAccessToken,
    /// A second factor was tried: `{user_id, factor_id, factor_type, valid}` to `{decision, message}`.
    MfaVerificationAttempt,
    /// A password was tried: `{user_id, valid}` to `{decision, message, should_logout_user}`.
    PasswordVerificationAttempt,
    /// A user is about to be made: `{user}` to `{}` or `{error: {http_code, message}}`.
    BeforeUserCreated,
    /// A user was made: `{user}` to `{}`.
    AfterUserCreated,
    /// A text message is to be sent: `{user, sms: {otp, phone}}` to `{}`.
    SendSms,
    /// A mail is to be sent: `{user, email_data}` to `{}`.
    SendEmail,
}

impl HookPoint {
    pub(super) const ALL: [Self; 7] = [
        Self::CustomAccessToken,
        Self::MfaVerificationAttempt,
        Self::PasswordVerificationAttempt,
        Self::BeforeUserCreated,
        Self::AfterUserCreated,
        Self::SendSms,
        Self::SendEmail,
    ];

    /// In `metadata.name`, as GoTrue calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CustomAccessToken => "customize-access-token",
            Self::MfaVerificationAttempt => "mfa-verification",
            Self::PasswordVerificationAttempt => "password-verification",
            Self::BeforeUserCreated => "before-user-created",
            Self::AfterUserCreated => "after-user-created",
            Self::SendSms => "send-sms",
            Self::SendEmail => "send-email",
        }
    }

    pub(super) fn config(self, hooks: &Hooks) -> &HookConfig {
        match self {
            Self::CustomAccessToken => &hooks.custom_access_token,
            Self::MfaVerificationAttempt => &hooks.mfa_verification_attempt,
            Self::PasswordVerificationAttempt => &hooks.password_verification_attempt,
            Self::BeforeUserCreated => &hooks.before_user_created,
            Self::AfterUserCreated => &hooks.after_user_created,
            Self::SendSms => &hooks.send_sms,
            Self::SendEmail => &hooks.send_email,
        }
    }

    /// Whether it can go on without the hook: nobody else sends what was left to one.
    pub(super) fn may_fail_open(self) -> bool {
        !matches!(self, Self::SendSms | Self::SendEmail)
    }
}
