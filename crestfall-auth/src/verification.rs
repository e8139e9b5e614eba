//! What a link or code is for: the `type` of `/verify`.

use crate::one_time::TokenType;

/// A `type` of `/verify`. Its name is also kept with a token: what it was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verification {
    Signup,
    Invite,
    Recovery,
    MagicLink,
    /// Any of what signs in by mail.
    Email,
    EmailChange,
    Sms,
    PhoneChange,
}

impl Verification {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "signup" => Self::Signup,
            "invite" => Self::Invite,
            "recovery" => Self::Recovery,
            "magiclink" => Self::MagicLink,
            "email" => Self::Email,
            "email_change" => Self::EmailChange,
            "sms" => Self::Sms,
            "phone_change" => Self::PhoneChange,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::Invite => "invite",
            Self::Recovery => "recovery",
            Self::MagicLink => "magiclink",
            Self::Email => "email",
            Self::EmailChange => "email_change",
            Self::Sms => "sms",
            Self::PhoneChange => "phone_change",
        }
    }

    /// Which tokens answer it. Who asked for a sign-in need not know whether the account was new.
    pub(crate) fn tokens(self) -> &'static [TokenType] {
        match self {
            Self::Signup | Self::MagicLink | Self::Email => {
                &[TokenType::ConfirmationToken, TokenType::RecoveryToken]
            }
            Self::Invite | Self::Sms => &[TokenType::ConfirmationToken],
            Self::Recovery => &[TokenType::RecoveryToken],
            Self::EmailChange => &[
                TokenType::EmailChangeTokenNew,
                TokenType::EmailChangeTokenCurrent,
            ],
            Self::PhoneChange => &[TokenType::PhoneChangeToken],
        }
    }

    /// Whether it proves a number, not a mail address.
    pub(crate) fn is_by_phone(self) -> bool {
        match self {
            Self::Sms | Self::PhoneChange => true,
            Self::Signup
            | Self::Invite
            | Self::Recovery
            | Self::MagicLink
            | Self::Email
            | Self::EmailChange => false,
        }
    }
}
