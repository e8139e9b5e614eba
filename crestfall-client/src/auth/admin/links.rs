//! Links that are made and not sent.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::session::User;

/// What a link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LinkKind {
    /// Confirms a sign-up.
    Signup,
    /// Signs in.
    Magiclink,
    /// Lets set a new password.
    Recovery,
    /// Invites.
    Invite,
    /// Confirms a new address, at the old one.
    EmailChangeCurrent,
    /// Confirms a new address.
    EmailChangeNew,
}

/// A link to be made; see [`Admin::generate_link`](super::Admin::generate_link).
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GenerateLink {
    /// What it does.
    #[serde(rename = "type")]
    pub kind: LinkKind,
    /// For whom.
    pub email: String,
    /// The password of a new user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The address to change to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_email: Option<String>,
    /// Where the link leads in the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_to: Option<String>,
    /// What to keep with a new user.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
}

impl GenerateLink {
    /// A link of this kind for an address.
    pub fn new(kind: LinkKind, email: impl Into<String>) -> Self {
        Self {
            kind,
            email: email.into(),
            password: None,
            new_email: None,
            redirect_to: None,
            data: Map::new(),
        }
    }
}

/// A link that was made, and not sent.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct GeneratedLink {
    /// For whom.
    #[serde(flatten)]
    pub user: User,
    /// The link.
    pub action_link: String,
    /// The code in place of the link.
    pub email_otp: String,
    /// The link's token, for [`Otp::link`](crate::auth::Otp::link).
    pub hashed_token: String,
    /// What it does.
    pub verification_type: String,
    /// Where it leads in the end.
    pub redirect_to: String,
}
