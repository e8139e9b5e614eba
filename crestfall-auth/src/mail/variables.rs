//! What a template can say.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::MailKind;

/// What is known about one mail (GT-100). What does not apply stays empty. `SiteURL` and
/// `ConfirmationURL` are added from the settings, never from a request.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Variables {
    /// `.Email`: the account's address.
    pub email: String,
    /// `.Token`: the code to type.
    pub token: String,
    /// `.TokenHash`: what the link carries.
    pub token_hash: String,
    /// `.RedirectTo`: where the link leads in the end; already allowed.
    pub redirect_to: String,
    /// `.NewEmail`: the address it is to be changed to.
    pub new_email: String,
    /// `.OldEmail`: the address it was changed from.
    pub old_email: String,
    /// `.Phone`: the number now.
    pub phone: String,
    /// `.OldPhone`: the number before.
    pub old_phone: String,
    /// `.Provider`: of a linked or unlinked identity.
    pub provider: String,
    /// `.FactorType`: `totp`, `phone`, `webauthn`.
    pub factor_type: String,
    /// `.Device`: in plain words, such as "Firefox on Linux".
    pub device: String,
    /// `.Place`: in plain words, or an IP address.
    pub place: String,
    /// `.Time`: when it happened, as people read it.
    pub time: String,
    /// `.Data`: the user's metadata. Anybody can write theirs: it is escaped like the rest, and
    /// no built-in text shows it.
    pub data: Map<String, Value>,
}

impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Variables").finish_non_exhaustive()
    }
}

/// The names that templates know.
pub(super) const NAMES: &[&str] = &[
    "SiteURL",
    "ConfirmationURL",
    "Email",
    "Token",
    "TokenHash",
    "NewEmail",
    "OldEmail",
    "SendingTo",
    "RedirectTo",
    "Data",
    "Provider",
    "FactorType",
    "Phone",
    "OldPhone",
    "Device",
    "Place",
    "Time",
];

impl Variables {
    pub(super) fn for_template(&self, site_url: &str, link: &str, to: &str) -> Value {
        json!({
            "SiteURL": site_url,
            "ConfirmationURL": link,
            "SendingTo": to,
            "Email": self.email,
            "Token": self.token,
            "TokenHash": self.token_hash,
            "NewEmail": self.new_email,
            "OldEmail": self.old_email,
            "RedirectTo": self.redirect_to,
            "Data": self.data,
            "Provider": self.provider,
            "FactorType": self.factor_type,
            "Phone": self.phone,
            "OldPhone": self.old_phone,
            "Device": self.device,
            "Place": self.place,
            "Time": self.time,
        })
    }

    /// Something of everything, for previews.
    pub(super) fn sample(kind: MailKind) -> Self {
        let data = json!({ "name": "Ada Lovelace", "first_name": "Ada", "lang": "en" });
        Self {
            email: "ada@example.com".into(),
            token: "123456".into(),
            token_hash: "pkce_5d41402abc4b2a76b9719d911017c592".into(),
            redirect_to: "https://app.example/welcome".into(),
            new_email: "ada@new.example".into(),
            old_email: "ada@old.example".into(),
            phone: "+44 20 7946 0000".into(),
            old_phone: "+44 20 7946 0999".into(),
            provider: "github".into(),
            factor_type: match kind {
                MailKind::MfaFactorUnenrolled => "phone".into(),
                _ => "totp".into(),
            },
            device: "Firefox on Linux".into(),
            place: "London, United Kingdom".into(),
            time: "10 December 2026, 12:00 UTC".into(),
            data: data.as_object().cloned().unwrap_or_default(),
        }
    }
}
