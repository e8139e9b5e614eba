//! What administrators set of a user.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::setters::texts;

/// A new user.
#[derive(Debug, Clone, Default, Serialize)]
#[must_use = "nothing happens until it is given to `create_user`"]
pub struct NewUser {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(flatten)]
    change: UserChange,
}

/// Changes of a user; what is not set stays.
#[derive(Debug, Clone, Default, Serialize)]
#[must_use = "nothing changes until it is given to `update_user`"]
pub struct UserChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_confirm: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_confirm: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ban_duration: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    user_metadata: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    app_metadata: Map<String, Value>,
}

impl UserChange {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    texts! {
        /// The mail address.
        email,

        /// The phone number.
        phone,

        /// The password.
        password,

        /// The hash of a password, for users who come from elsewhere.
        password_hash,

        /// The role in the database.
        role,
    }

    /// The address counts as confirmed.
    pub fn email_confirmed(mut self) -> Self {
        self.email_confirm = Some(true);
        self
    }

    /// The number counts as confirmed.
    pub fn phone_confirmed(mut self) -> Self {
        self.phone_confirm = Some(true);
        self
    }

    /// Shuts the user out for so long, such as `24h`; `none` lets them in.
    pub fn ban(mut self, duration: impl Into<String>) -> Self {
        self.ban_duration = Some(duration.into());
        self
    }

    /// Something that the user may change.
    pub fn user_data(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.user_metadata.insert(name.into(), value.into());
        self
    }

    /// Something that administrators alone change.
    pub fn app_data(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.app_metadata.insert(name.into(), value.into());
        self
    }
}

impl NewUser {
    /// With what a change can set.
    pub fn new(fields: UserChange) -> Self {
        Self {
            id: None,
            change: fields,
        }
    }

    /// With this id, a UUID.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}

impl From<UserChange> for NewUser {
    fn from(fields: UserChange) -> Self {
        Self::new(fields)
    }
}
