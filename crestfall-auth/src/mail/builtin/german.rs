use super::{CodeWords, Words};
use crate::mail::MailKind;

pub(super) const CODE: CodeWords = CodeWords {
    or_code: "Oder geben Sie dort, wo Sie danach gefragt wurden, diesen Code ein:",
    code: "Ihr Code:",
};

const NOT_YOU: &str = "Waren Sie das nicht, können Sie diese Mail ignorieren: Ohne den Link oder den Code geschieht nichts. Geben Sie beides niemandem.";
const WARNING: &str =
    "Waren Sie das nicht, ändern Sie jetzt Ihr Passwort und melden Sie sich überall ab.";

pub(super) fn words(kind: MailKind) -> Words {
    match kind {
        MailKind::Confirmation => Words {
            subject: "Bestätigen Sie Ihre E-Mail-Adresse",
            heading: "Bestätigen Sie Ihre E-Mail-Adresse",
            text: "Noch ein Schritt: Bestätigen Sie, dass {{ .Email }} Ihre Adresse ist.",
            button: "Adresse bestätigen",
            note: NOT_YOU,
        },
        MailKind::Invite => Words {
            subject: "Sie sind eingeladen",
            heading: "Sie sind eingeladen",
            text: "Für {{ .Email }} wurde ein Konto auf {{ .SiteURL }} angelegt. Nehmen Sie die Einladung an, um es zu benutzen.",
            button: "Einladung annehmen",
            note: "Haben Sie das nicht erwartet, können Sie diese Mail ignorieren.",
        },
        MailKind::Recovery => Words {
            subject: "Neues Passwort wählen",
            heading: "Neues Passwort wählen",
            text: "Jemand, vermutlich Sie, möchte für {{ .Email }} ein neues Passwort wählen.",
            button: "Neues Passwort wählen",
            note: NOT_YOU,
        },
        MailKind::MagicLink => Words {
            subject: "Ihr Link zum Anmelden",
            heading: "Anmelden",
            text: "Mit diesem Link melden Sie sich als {{ .Email }} an. Er gilt einmal und nicht lange.",
            button: "Anmelden",
            note: NOT_YOU,
        },
        MailKind::EmailChangeCurrent => Words {
            subject: "Bestätigen Sie die Änderung Ihrer E-Mail-Adresse",
            heading: "E-Mail-Adresse ändern?",
            text: "Die Adresse Ihres Kontos soll von {{ .Email }} zu {{ .NewEmail }} geändert werden. Bestätigen Sie, dass Sie das wollen.",
            button: "Änderung bestätigen",
            note: WARNING,
        },
        MailKind::EmailChangeNew => Words {
            subject: "Bestätigen Sie Ihre neue E-Mail-Adresse",
            heading: "Bestätigen Sie Ihre neue E-Mail-Adresse",
            text: "{{ .NewEmail }} soll die Adresse eines Kontos werden. Bestätigen Sie, dass es Ihre ist.",
            button: "Adresse bestätigen",
            note: NOT_YOU,
        },
        MailKind::Reauthentication => Words {
            subject: "{{ .Token }} ist Ihr Code",
            heading: "Sind Sie es noch?",
            text: "Geben Sie den Code ein, um zu bestätigen, was Sie gerade tun wollen.",
            button: "Bestätigen",
            note: WARNING,
        },
        MailKind::PasswordChanged => Words {
            subject: "Ihr Passwort wurde geändert",
            heading: "Ihr Passwort wurde geändert",
            text: "Das Passwort Ihres Kontos {{ .Email }} wurde geändert.",
            button: "Öffnen",
            note: "Waren Sie das nicht, wählen Sie sofort ein neues Passwort.",
        },
        MailKind::EmailChanged => Words {
            subject: "Ihre E-Mail-Adresse wurde geändert",
            heading: "Ihre E-Mail-Adresse wurde geändert",
            text: "Die Adresse Ihres Kontos wurde von {{ .OldEmail }} zu {{ .Email }} geändert.",
            button: "Öffnen",
            note: "Waren Sie das nicht, wenden Sie sich sofort an die Betreiber von {{ .SiteURL }}.",
        },
        MailKind::PhoneChanged => Words {
            subject: "Ihre Telefonnummer wurde geändert",
            heading: "Ihre Telefonnummer wurde geändert",
            text: "Die Telefonnummer Ihres Kontos wurde{{ if .OldPhone }} von {{ .OldPhone }}{{ end }}{{ if .Phone }} zu {{ .Phone }}{{ end }} geändert.",
            button: "Öffnen",
            note: WARNING,
        },
        MailKind::IdentityLinked => Words {
            subject: "Ein neuer Weg zur Anmeldung",
            heading: "Ein neuer Weg zur Anmeldung",
            text: "Ein Konto bei {{ .Provider }} kann sich jetzt als {{ .Email }} anmelden.",
            button: "Öffnen",
            note: WARNING,
        },
        MailKind::IdentityUnlinked => Words {
            subject: "Ein Weg zur Anmeldung wurde entfernt",
            heading: "Ein Weg zur Anmeldung wurde entfernt",
            text: "Ein Konto bei {{ .Provider }} kann sich nicht mehr als {{ .Email }} anmelden.",
            button: "Öffnen",
            note: WARNING,
        },
        MailKind::MfaFactorEnrolled => Words {
            subject: "Ein zweiter Faktor wurde hinzugefügt",
            heading: "Ein zweiter Faktor wurde hinzugefügt",
            text: "Ihrem Konto {{ .Email }} wurde {{ if eq .FactorType \"totp\" }}eine Authenticator-App{{ else if eq .FactorType \"phone\" }}eine Telefonnummer{{ else if eq .FactorType \"webauthn\" }}ein Passkey oder Sicherheitsschlüssel{{ else if eq .FactorType \"recovery_codes\" }}ein Satz Wiederherstellungscodes{{ else }}ein zweiter Faktor{{ end }} hinzugefügt.",
            button: "Öffnen",
            note: WARNING,
        },
        MailKind::MfaFactorUnenrolled => Words {
            subject: "Ein zweiter Faktor wurde entfernt",
            heading: "Ein zweiter Faktor wurde entfernt",
            text: "Aus Ihrem Konto {{ .Email }} wurde {{ if eq .FactorType \"totp\" }}eine Authenticator-App{{ else if eq .FactorType \"phone\" }}eine Telefonnummer{{ else if eq .FactorType \"webauthn\" }}ein Passkey oder Sicherheitsschlüssel{{ else }}ein zweiter Faktor{{ end }} entfernt.",
            button: "Öffnen",
            note: WARNING,
        },
        MailKind::RecoveryCodeUsed => Words {
            subject: "Ein Wiederherstellungscode wurde benutzt",
            heading: "Ein Wiederherstellungscode wurde benutzt",
            text: "Jemand hat sich bei {{ .Email }} mit einem Wiederherstellungscode statt eines zweiten Faktors angemeldet{{ if .Device }}, mit {{ .Device }}{{ end }}{{ if .Place }}, von {{ .Place }}{{ end }}{{ if .Time }}, {{ .Time }}{{ end }}.",
            button: "Öffnen",
            note: WARNING,
        },
        MailKind::NewSignIn => Words {
            subject: "Neue Anmeldung an Ihrem Konto",
            heading: "Neue Anmeldung an Ihrem Konto",
            text: "Jemand hat sich als {{ .Email }} angemeldet{{ if .Device }}, mit {{ .Device }}{{ end }}{{ if .Place }}, von {{ .Place }}{{ end }}{{ if .Time }}, {{ .Time }}{{ end }}.",
            button: "Öffnen",
            note: WARNING,
        },
        MailKind::AccountLocked => Words {
            subject: "Zu viele Fehlversuche bei der Anmeldung",
            heading: "Zu viele Fehlversuche bei der Anmeldung",
            text: "Jemand hat für {{ .Email }} falsche Passwörter versucht. Wo Sie nicht bekannt sind, werden eine Weile keine Passwörter angenommen. Sie können sich trotzdem jetzt anmelden:",
            button: "Anmelden",
            note: "Waren Sie das nicht: Ihr Passwort wurde nicht herausgefunden. Sie müssen nichts tun.",
        },
    }
}
