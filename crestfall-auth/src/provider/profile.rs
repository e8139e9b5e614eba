//! What a provider says of a user, read into one shape. Only a provider's own word makes an address
//! verified (SEC-04), and nothing in a profile becomes anything but the identity's data and the
//! user's own metadata.

use serde_json::{Map, Value};

use super::ProviderError;
use crate::address;
use crate::user::Metadata;

/// Somebody as a provider knows them.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExternalUser {
    /// The provider's name for the user: never changes, is never given to another.
    pub(crate) subject: String,
    pub(crate) emails: Vec<ExternalEmail>,
    /// What else is said: names, a picture.
    pub(crate) claims: Metadata,
}

/// An address as a provider knows it; in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExternalEmail {
    pub(crate) address: String,
    pub(crate) verified: bool,
    pub(crate) primary: bool,
}

/// How to read the profiles of one provider. Paths are JSON pointers (RFC 6901); empty is nowhere.
pub(super) struct Profile {
    pub(super) subject: &'static str,
    pub(super) email: &'static str,
    pub(super) verified: Verified,
    /// Parts that make the name.
    pub(super) name: &'static [&'static str],
    pub(super) picture: &'static str,
    pub(super) nickname: &'static str,
    pub(super) user_name: &'static str,
    /// Members that are kept as they are.
    pub(super) custom: &'static [&'static str],
}

/// When an address is verified.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verified {
    /// The provider does not say it.
    Never,
    /// It gives no others, and documents that.
    Always,
    /// These are all the JSON value `true`: no text, no number.
    When(&'static [&'static str]),
    /// This is the number 1 (Zoom).
    One(&'static str),
    /// This is a date (GitLab).
    Dated(&'static str),
    /// This is `true`, 1 or `"1"`: the forms in which Microsoft's `xms_edov` is seen.
    Domain(&'static str),
}

impl Verified {
    fn holds(self, profile: &Value) -> bool {
        let at = |pointer: &str| profile.pointer(pointer).unwrap_or(&Value::Null);
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::When(flags) => flags.iter().all(|flag| at(flag) == &Value::Bool(true)),
            Self::One(number) => at(number).as_u64() == Some(1),
            Self::Dated(date) => at(date)
                .as_str()
                .is_some_and(|date| chrono::DateTime::parse_from_rfc3339(date).is_ok()),
            Self::Domain(flag) => match at(flag) {
                Value::Bool(flag) => *flag,
                Value::Number(number) => number.as_u64() == Some(1),
                Value::String(text) => text == "1",
                _ => false,
            },
        }
    }
}

impl Profile {
    pub(super) fn read(
        &self,
        profile: &Value,
        issuer: &str,
        trust_email: bool,
    ) -> Result<ExternalUser, ProviderError> {
        let subject = match profile.pointer(self.subject) {
            Some(Value::String(text)) if !text.is_empty() => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Err(ProviderError::Missing("subject")),
        };
        let mut user = ExternalUser {
            subject,
            ..ExternalUser::default()
        };
        if let Some(address) = text(profile, self.email) {
            let verified = self.verified.holds(profile) || trust_email;
            user.add_email(address, verified, true);
        }
        let issuer = text(profile, "/iss").unwrap_or(issuer);
        user.claim("iss", Some(issuer));
        let parts: Vec<&str> = self
            .name
            .iter()
            .filter_map(|part| text(profile, part))
            .collect();
        let name = match parts.as_slice() {
            [] => text(profile, "/name").unwrap_or_default().to_owned(),
            parts => parts.join(" ").trim().to_owned(),
        };
        user.name(&name);
        user.picture(text(profile, self.picture).or_else(|| text(profile, "/picture")));
        user.claim("nickname", text(profile, self.nickname));
        let user_name = text(profile, self.user_name);
        user.claim("preferred_username", user_name);
        user.claim("user_name", user_name);
        for name in self.custom {
            if let Some(value) = profile.get(name) {
                user.custom(name, value.clone());
            }
        }
        Ok(user)
    }
}

fn text<'a>(profile: &'a Value, pointer: &str) -> Option<&'a str> {
    if pointer.is_empty() {
        return None;
    }
    let text = profile.pointer(pointer)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

impl ExternalUser {
    /// Adds an address, if it is one.
    pub(crate) fn add_email(&mut self, text: &str, verified: bool, primary: bool) {
        let Ok(address) = address::email(text) else {
            return;
        };
        let known = self
            .emails
            .iter_mut()
            .find(|known| known.address == address);
        match known {
            Some(known) => {
                known.verified |= verified;
                known.primary |= primary;
            }
            None => self.emails.push(ExternalEmail {
                address,
                verified,
                primary,
            }),
        }
    }

    /// The address that a new account gets: the primary one, else the first verified, else the first.
    pub(crate) fn email(&self) -> Option<&ExternalEmail> {
        let find = |wanted: fn(&&ExternalEmail) -> bool| self.emails.iter().find(wanted);
        find(|email| email.primary)
            .or_else(|| find(|email| email.verified))
            .or_else(|| self.emails.first())
    }

    /// The addresses that the provider vouches for.
    pub(crate) fn verified_emails(&self) -> Vec<String> {
        let verified = self.emails.iter().filter(|email| email.verified);
        verified.map(|email| email.address.clone()).collect()
    }

    /// Whether the provider vouches for this address.
    pub(crate) fn verifies(&self, address: &str) -> bool {
        let mut emails = self.emails.iter();
        emails.any(|email| email.verified && email.address.eq_ignore_ascii_case(address))
    }

    /// What is kept with the identity, and given to the user's metadata.
    pub(crate) fn identity_data(&self) -> Metadata {
        let mut data = self.claims.clone();
        let email = self.email();
        data.insert("sub".into(), self.subject.clone().into());
        data.insert("provider_id".into(), self.subject.clone().into());
        data.remove("email");
        if let Some(email) = email {
            data.insert("email".into(), email.address.clone().into());
        }
        let verified = email.is_some_and(|email| email.verified);
        data.insert("email_verified".into(), verified.into());
        data.insert("phone_verified".into(), false.into());
        data
    }

    /// The same at a later sign-in: a provider that says no address has not taken the earlier back.
    pub(crate) fn identity_data_after(&self, before: &Metadata) -> Metadata {
        let mut data = self.identity_data();
        if self.emails.is_empty() {
            for name in ["email", "email_verified"] {
                if let Some(value) = before.get(name) {
                    data.insert(name.to_owned(), value.clone());
                }
            }
        }
        data
    }

    pub(super) fn name(&mut self, name: &str) {
        self.claim("name", Some(name));
        self.claim("full_name", Some(name));
    }

    pub(super) fn picture(&mut self, url: Option<&str>) {
        self.claim("picture", url);
        self.claim("avatar_url", url);
    }

    pub(super) fn claim(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.claims.insert(name.to_owned(), value.into());
        }
    }

    pub(super) fn custom(&mut self, name: &str, value: Value) {
        let custom = self.claims.entry("custom_claims");
        let custom = custom.or_insert_with(|| Value::Object(Map::new()));
        if let Some(custom) = custom.as_object_mut() {
            custom.insert(name.to_owned(), value);
        }
    }
}

/// Claims of OpenID Connect (Core 1.0, section 5.1), and GoTrue's older names, that are kept.
const STANDARD: &[&str] = &[
    "iss",
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
    "phone",
    "full_name",
    "avatar_url",
    "slug",
    "user_name",
];

/// How the profiles of a provider are read that an administrator has added.
#[derive(Clone, Debug, Default)]
pub(super) struct Mapping {
    /// Claim by claim: the name of another that it is taken from, or a value.
    pub(super) attributes: Map<String, Value>,
    /// Claims that are kept as they are.
    pub(super) custom: Vec<String>,
}

impl Mapping {
    /// Whether the ID token leaves something to be asked.
    pub(super) fn needs_user_info(&self, claims: &Map<String, Value>) -> bool {
        !claims.contains_key("email")
    }

    pub(super) fn read(&self, profile: &Value) -> Result<ExternalUser, ProviderError> {
        let raw = profile.as_object().ok_or(ProviderError::NotJson)?;
        let mut claims = raw.clone();
        for (target, source) in &self.attributes {
            let value = match source {
                Value::String(name) => raw.get(name).cloned(),
                value => Some(value.clone()),
            };
            if let Some(value) = value {
                claims.insert(target.clone(), value);
            }
        }
        // A provider that is no OpenID one may call it `id`; a mapping may say something else.
        let subject = match claims.get("sub") {
            None => claims.get("id"),
            subject => subject,
        };
        let mut user = ExternalUser {
            subject: match subject {
                Some(Value::String(text)) if !text.is_empty() => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                _ => return Err(ProviderError::Missing("sub")),
            },
            ..ExternalUser::default()
        };
        if let Some(email) = claims.get("email").and_then(Value::as_str) {
            // From the provider's own answer alone: no mapping can say it.
            let verified = raw.get("email_verified") == Some(&Value::Bool(true))
                && raw.get("email").and_then(Value::as_str) == Some(email);
            user.add_email(email, verified, true);
        }
        for name in STANDARD {
            if let Some(value @ (Value::String(_) | Value::Number(_))) = claims.get(*name) {
                user.claims.insert((*name).to_owned(), value.clone());
            }
        }
        for name in &self.custom {
            if let Some(value) = raw.get(name) {
                user.custom(name, value.clone());
            }
        }
        Ok(user)
    }
}
