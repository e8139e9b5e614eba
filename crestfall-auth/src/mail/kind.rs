//! What mails there are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of mail. In snake case it names the template's files, and GoTrue's settings.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// Confirm the address of a new account.
    Confirmation,
    /// Somebody invited you.
    Invite,
    /// Choose a new password.
    Recovery,
    /// Sign in by link or code.
    MagicLink,
    /// Confirm a change of address, to the address it changes from.
    EmailChangeCurrent,
    /// Confirm a change of address, to the address it changes to.
    EmailChangeNew,
    /// A code to confirm that it is still you.
    Reauthentication,
    /// Notice: the password was changed.
    PasswordChanged,
    /// Notice: the address was changed; to the old one.
    EmailChanged,
    /// Notice: the phone number was changed.
    PhoneChanged,
    /// Notice: a provider's account can sign in now.
    IdentityLinked,
    /// Notice: a provider's account can no longer sign in.
    IdentityUnlinked,
    /// Notice: a second factor was added.
    MfaFactorEnrolled,
    /// Notice: a second factor was removed.
    MfaFactorUnenrolled,
    /// Notice: a recovery code took the place of a second factor.
    RecoveryCodeUsed,
    /// Notice: somebody signed in from a device not seen before.
    NewSignIn,
    /// Notice: signing in was stopped for a while; a link or code lets the owner in at once.
    AccountLocked,
}

impl MailKind {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Confirmation,
        Self::Invite,
        Self::Recovery,
        Self::MagicLink,
        Self::EmailChangeCurrent,
        Self::EmailChangeNew,
        Self::Reauthentication,
        Self::PasswordChanged,
        Self::EmailChanged,
        Self::PhoneChanged,
        Self::IdentityLinked,
        Self::IdentityUnlinked,
        Self::MfaFactorEnrolled,
        Self::MfaFactorUnenrolled,
        Self::RecoveryCodeUsed,
        Self::NewSignIn,
        Self::AccountLocked,
    ];

    /// Its name in files and settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::Invite => "invite",
            Self::Recovery => "recovery",
            Self::MagicLink => "magic_link",
            Self::EmailChangeCurrent => "email_change_current",
            Self::EmailChangeNew => "email_change_new",
            Self::Reauthentication => "reauthentication",
            Self::PasswordChanged => "password_changed",
            Self::EmailChanged => "email_changed",
            Self::PhoneChanged => "phone_changed",
            Self::IdentityLinked => "identity_linked",
            Self::IdentityUnlinked => "identity_unlinked",
            Self::MfaFactorEnrolled => "mfa_factor_enrolled",
            Self::MfaFactorUnenrolled => "mfa_factor_unenrolled",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::NewSignIn => "new_sign_in",
            Self::AccountLocked => "account_locked",
        }
    }

    /// The names its files may have, the more special first: GoTrue has one `email_change` for
    /// both addresses, and calls notices `…_notification`.
    pub(super) fn file_names(self) -> Vec<String> {
        let mut names = vec![self.name().to_owned()];
        match self {
            Self::EmailChangeCurrent | Self::EmailChangeNew => names.push("email_change".into()),
            _ if self.is_notice() => names.push(format!("{}_notification", self.name())),
            _ => {}
        }
        names
    }

    /// Whether it only tells what happened, and can be turned off.
    pub fn is_notice(self) -> bool {
        match self {
            Self::Confirmation
            | Self::Invite
            | Self::Recovery
            | Self::MagicLink
            | Self::EmailChangeCurrent
            | Self::EmailChangeNew
            | Self::Reauthentication
            | Self::AccountLocked => false,
            Self::PasswordChanged
            | Self::EmailChanged
            | Self::PhoneChanged
            | Self::IdentityLinked
            | Self::IdentityUnlinked
            | Self::MfaFactorEnrolled
            | Self::MfaFactorUnenrolled
            | Self::RecoveryCodeUsed
            | Self::NewSignIn => true,
        }
    }

    /// GoTrue's word for it in `$messageType` of extra headers.
    pub(super) fn message_type(self) -> String {
        match self {
            Self::Reauthentication => "reauthenticate".into(),
            Self::EmailChangeCurrent | Self::EmailChangeNew => "email_change".into(),
            _ if self.is_notice() => format!("{}_notification", self.name()),
            _ => self.name().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed_and_named_as_settings_name_it() {
        for kind in MailKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        let distinct: std::collections::BTreeSet<_> = MailKind::ALL.into_iter().collect();
        assert_eq!(distinct.len(), MailKind::ALL.len());
    }
}
