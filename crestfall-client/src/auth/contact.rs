//! By what a user is known.

use serde::Serialize;

/// A mail address or a phone number. Text with an `@` is an address, other text a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    /// A mail address.
    Email(String),
    /// A phone number in E.164, such as `+4915112345678`.
    Phone(String),
}

impl Contact {
    pub(super) fn is_phone(&self) -> bool {
        matches!(self, Self::Phone(_))
    }
}

impl From<&str> for Contact {
    fn from(text: &str) -> Self {
        match text.contains('@') {
            true => Self::Email(text.to_owned()),
            false => Self::Phone(text.to_owned()),
        }
    }
}

impl From<String> for Contact {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&String> for Contact {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}
