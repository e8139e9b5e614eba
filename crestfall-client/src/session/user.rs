//! Users, as the service for users shows them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A user. Times are as RFC 3339 writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// A UUID.
    pub id: String,
    /// For whom tokens are.
    #[serde(default)]
    pub aud: String,
    /// The role in the database.
    #[serde(default)]
    pub role: String,
    /// The mail address; empty without one.
    #[serde(default, deserialize_with = "or_empty")]
    pub email: String,
    /// The phone number; empty without one.
    #[serde(default, deserialize_with = "or_empty")]
    pub phone: String,
    /// When the address was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_confirmed_at: Option<String>,
    /// When the number was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_confirmed_at: Option<String>,
    /// When the user came in last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sign_in_at: Option<String>,
    /// When the user was invited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invited_at: Option<String>,
    /// Until when the user is shut out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub banned_until: Option<String>,
    /// An address that waits for being confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_email: Option<String>,
    /// A number that waits for being confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_phone: Option<String>,
    /// What administrators keep with the user.
    #[serde(default)]
    pub app_metadata: Map<String, Value>,
    /// What the user keeps.
    #[serde(default)]
    pub user_metadata: Map<String, Value>,
    /// How the user is known to providers.
    #[serde(default, deserialize_with = "or_empty")]
    pub identities: Vec<Identity>,
    /// Second factors.
    #[serde(default, deserialize_with = "or_empty")]
    pub factors: Vec<Factor>,
    /// When the user was made.
    #[serde(default)]
    pub created_at: String,
    /// When it was changed.
    #[serde(default)]
    pub updated_at: String,
    /// Nobody knows who it is.
    #[serde(default)]
    pub is_anonymous: bool,
}

/// How a user is known to a provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// A UUID.
    pub identity_id: String,
    /// The provider's name for the user.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// What the provider says of the user.
    #[serde(default)]
    pub identity_data: Map<String, Value>,
    /// Such as `email` or `github`.
    pub provider: String,
    /// The address there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// When it was used last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sign_in_at: Option<String>,
}

/// A second factor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Factor {
    /// A UUID.
    pub id: String,
    /// `totp`, `phone` or `webauthn`.
    pub factor_type: String,
    /// `verified`, or `unverified` until it was used first.
    pub status: String,
    /// What the user calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friendly_name: Option<String>,
    /// The number, of a phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// When it was made.
    #[serde(default)]
    pub created_at: String,
    /// When it was changed.
    #[serde(default)]
    pub updated_at: String,
}

/// Services write `null` where others leave out.
fn or_empty<'de, D: serde::Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
