use super::{CodeWords, Words};
use crate::mail::MailKind;

pub(super) const CODE: CodeWords = CodeWords {
    or_code: "Or enter this code where you were asked for it:",
    code: "Your code:",
};

const NOT_YOU: &str = "If this was not you, you can ignore this mail: nothing happens without the link or the code. Give neither to anyone.";
const WARNING: &str = "If this was not you, change your password now and sign out everywhere.";

pub(super) fn words(kind: MailKind) -> Words {
    match kind {
        MailKind::Confirmation => Words {
            subject: "Confirm your e-mail address",
            heading: "Confirm your e-mail address",
            text: "One more step: confirm that {{ .Email }} is your address.",
            button: "Confirm address",
            note: NOT_YOU,
        },
        MailKind::Invite => Words {
            subject: "You are invited",
            heading: "You are invited",
            text: "Somebody made an account for {{ .Email }} at {{ .SiteURL }}. Accept to use it.",
            button: "Accept invitation",
            note: "If you did not expect this, you can ignore this mail.",
        },
        MailKind::Recovery => Words {
            subject: "Choose a new password",
            heading: "Choose a new password",
            text: "Somebody, probably you, asked to choose a new password for {{ .Email }}.",
            button: "Choose a new password",
            note: NOT_YOU,
        },
        MailKind::MagicLink => Words {
            subject: "Your link to sign in",
            heading: "Sign in",
            text: "With this link you sign in as {{ .Email }}. It works once, and not for long.",
            button: "Sign in",
            note: NOT_YOU,
        },
        MailKind::EmailChangeCurrent => Words {
            subject: "Confirm the change of your e-mail address",
            heading: "Change your e-mail address?",
            text: "The address of your account is to change from {{ .Email }} to {{ .NewEmail }}. Confirm that you want this.",
            button: "Confirm change",
            note: WARNING,
        },
        MailKind::EmailChangeNew => Words {
            subject: "Confirm your new e-mail address",
            heading: "Confirm your new e-mail address",
            text: "{{ .NewEmail }} is to become the address of an account. Confirm that it is yours.",
            button: "Confirm address",
            note: NOT_YOU,
        },
        MailKind::Reauthentication => Words {
            subject: "{{ .Token }} is your code",
            heading: "Is it still you?",
            text: "Enter the code to confirm what you are about to do.",
            button: "Confirm",
            note: WARNING,
        },
        MailKind::PasswordChanged => Words {
            subject: "Your password was changed",
            heading: "Your password was changed",
            text: "The password of your account {{ .Email }} was changed.",
            button: "Open",
            note: "If this was not you, choose a new password at once.",
        },
        MailKind::EmailChanged => Words {
            subject: "Your e-mail address was changed",
            heading: "Your e-mail address was changed",
            text: "The address of your account was changed from {{ .OldEmail }} to {{ .Email }}.",
            button: "Open",
            note: "If this was not you, answer at once: tell those who run {{ .SiteURL }}.",
        },
        MailKind::PhoneChanged => Words {
            subject: "Your phone number was changed",
            heading: "Your phone number was changed",
            text: "The phone number of your account was changed{{ if .OldPhone }} from {{ .OldPhone }}{{ end }}{{ if .Phone }} to {{ .Phone }}{{ end }}.",
            button: "Open",
            note: WARNING,
        },
        MailKind::IdentityLinked => Words {
            subject: "A new way to sign in was added",
            heading: "A new way to sign in was added",
            text: "An account at {{ .Provider }} can sign in as {{ .Email }} now.",
            button: "Open",
            note: WARNING,
        },
        MailKind::IdentityUnlinked => Words {
            subject: "A way to sign in was removed",
            heading: "A way to sign in was removed",
            text: "An account at {{ .Provider }} can no longer sign in as {{ .Email }}.",
            button: "Open",
            note: WARNING,
        },
        MailKind::MfaFactorEnrolled => Words {
            subject: "A second factor was added",
            heading: "A second factor was added",
            text: "{{ if eq .FactorType \"totp\" }}An authenticator app{{ else if eq .FactorType \"phone\" }}A phone number{{ else if eq .FactorType \"webauthn\" }}A passkey or security key{{ else if eq .FactorType \"recovery_codes\" }}A set of recovery codes{{ else }}A second factor{{ end }} was added to your account {{ .Email }}.",
            button: "Open",
            note: WARNING,
        },
        MailKind::MfaFactorUnenrolled => Words {
            subject: "A second factor was removed",
            heading: "A second factor was removed",
            text: "{{ if eq .FactorType \"totp\" }}An authenticator app{{ else if eq .FactorType \"phone\" }}A phone number{{ else if eq .FactorType \"webauthn\" }}A passkey or security key{{ else }}A second factor{{ end }} was removed from your account {{ .Email }}.",
            button: "Open",
            note: WARNING,
        },
        MailKind::RecoveryCodeUsed => Words {
            subject: "A recovery code was used",
            heading: "A recovery code was used",
            text: "Somebody signed in to {{ .Email }} with a recovery code instead of a second factor{{ if .Device }}, with {{ .Device }}{{ end }}{{ if .Place }} from {{ .Place }}{{ end }}{{ if .Time }} at {{ .Time }}{{ end }}.",
            button: "Open",
            note: WARNING,
        },
        MailKind::NewSignIn => Words {
            subject: "New sign-in to your account",
            heading: "New sign-in to your account",
            text: "Somebody signed in as {{ .Email }}{{ if .Device }} with {{ .Device }}{{ end }}{{ if .Place }} from {{ .Place }}{{ end }}{{ if .Time }} at {{ .Time }}{{ end }}.",
            button: "Open",
            note: WARNING,
        },
        MailKind::AccountLocked => Words {
            subject: "Too many failed attempts to sign in",
            heading: "Too many failed attempts to sign in",
            text: "Somebody tried wrong passwords for {{ .Email }}. Passwords are not accepted for a while from where you are not known. You can sign in now all the same:",
            button: "Sign in",
            note: "If this was not you, your password was not found out. There is nothing you have to do.",
        },
    }
}
