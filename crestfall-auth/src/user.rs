//! Users and their identities: rows of the database, and what clients see of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::types::Json;
use uuid::Uuid;

/// A JSON object that applications keep with a user.
pub(crate) type Metadata = Map<String, Value>;

/// A user with identities and factors (GT-029).
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) aud: String,
    pub(crate) role: String,
    pub(crate) email: Option<String>,
    pub(crate) encrypted_password: Option<String>,
    pub(crate) email_confirmed_at: Option<DateTime<Utc>>,
    pub(crate) invited_at: Option<DateTime<Utc>>,
    pub(crate) phone: Option<String>,
    pub(crate) phone_confirmed_at: Option<DateTime<Utc>>,
    pub(crate) confirmation_sent_at: Option<DateTime<Utc>>,
    pub(crate) confirmed_at: Option<DateTime<Utc>>,
    pub(crate) recovery_sent_at: Option<DateTime<Utc>>,
    pub(crate) email_change: String,
    pub(crate) email_change_sent_at: Option<DateTime<Utc>>,
    pub(crate) email_change_confirm_status: i16,
    pub(crate) phone_change: String,
    pub(crate) phone_change_sent_at: Option<DateTime<Utc>>,
    pub(crate) reauthentication_sent_at: Option<DateTime<Utc>>,
    pub(crate) last_sign_in_at: Option<DateTime<Utc>>,
    pub(crate) app_metadata: Json<Metadata>,
    pub(crate) user_metadata: Json<Metadata>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) banned_until: Option<DateTime<Utc>>,
    pub(crate) deleted_at: Option<DateTime<Utc>>,
    pub(crate) is_anonymous: bool,
    pub(crate) is_sso_user: bool,
    pub(crate) identities: Json<Vec<UserIdentity>>,
    pub(crate) factors: Json<Vec<FactorView>>,
}

/// How a user is known to one provider (GT-030). `id` is the provider's name for the user.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct UserIdentity {
    #[serde(rename = "identity_id")]
    #[sqlx(rename = "id")]
    pub(crate) identity_id: Uuid,
    #[serde(rename = "id")]
    #[sqlx(rename = "provider_id")]
    pub(crate) provider_id: String,
    pub(crate) user_id: Uuid,
    #[sqlx(json)]
    pub(crate) identity_data: Metadata,
    pub(crate) provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_sign_in_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
}

/// What a user sees of a factor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FactorView {
    pub(crate) id: Uuid,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) friendly_name: Option<String>,
    pub(crate) factor_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_challenged_at: Option<DateTime<Utc>>,
}

impl User {
    /// The mail address, empty without one.
    pub(crate) fn email(&self) -> &str {
        self.email.as_deref().unwrap_or_default()
    }

    /// The phone number, empty without one.
    pub(crate) fn phone(&self) -> &str {
        self.phone.as_deref().unwrap_or_default()
    }

    /// Whether there is a password to sign in with.
    pub(crate) fn password_hash(&self) -> Option<&str> {
        self.encrypted_password
            .as_deref()
            .filter(|hash| !hash.is_empty())
    }

    /// Whether the mail address was confirmed.
    pub(crate) fn is_email_confirmed(&self) -> bool {
        self.email_confirmed_at.is_some()
    }

    /// Whether the phone number was confirmed.
    pub(crate) fn is_phone_confirmed(&self) -> bool {
        self.phone_confirmed_at.is_some()
    }

    /// Whether the user is shut out for now.
    pub(crate) fn is_banned(&self) -> bool {
        self.banned_until.is_some_and(|until| until > Utc::now())
    }

    /// Whether a second factor is set up.
    pub(crate) fn has_verified_factor(&self) -> bool {
        self.factors
            .iter()
            .any(|factor| factor.status == "verified")
    }

    /// The identity with this provider.
    pub(crate) fn identity(&self, provider: &str) -> Option<&UserIdentity> {
        self.identities
            .iter()
            .find(|identity| identity.provider == provider)
    }
}

/// A user as clients see it.
#[derive(Serialize)]
struct UserView<'a> {
    id: Uuid,
    aud: &'a str,
    role: &'a str,
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_confirmed_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invited_at: Option<DateTime<Utc>>,
    phone: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_confirmed_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation_sent_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_sent_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    new_email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_change_sent_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    new_phone: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_change_sent_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reauthentication_sent_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sign_in_at: Option<DateTime<Utc>>,
    app_metadata: &'a Metadata,
    user_metadata: &'a Metadata,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    factors: &'a [FactorView],
    identities: &'a [UserIdentity],
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    banned_until: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<DateTime<Utc>>,
    is_anonymous: bool,
}

impl Serialize for User {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        UserView {
            id: self.id,
            aud: &self.aud,
            role: &self.role,
            email: self.email(),
            email_confirmed_at: self.email_confirmed_at,
            invited_at: self.invited_at,
            phone: self.phone(),
            phone_confirmed_at: self.phone_confirmed_at,
            confirmation_sent_at: self.confirmation_sent_at,
            confirmed_at: self.confirmed_at,
            recovery_sent_at: self.recovery_sent_at,
            new_email: &self.email_change,
            email_change_sent_at: self.email_change_sent_at,
            new_phone: &self.phone_change,
            phone_change_sent_at: self.phone_change_sent_at,
            reauthentication_sent_at: self.reauthentication_sent_at,
            last_sign_in_at: self.last_sign_in_at,
            app_metadata: &self.app_metadata,
            user_metadata: &self.user_metadata,
            factors: &self.factors,
            identities: &self.identities,
            created_at: self.created_at,
            updated_at: self.updated_at,
            banned_until: self.banned_until,
            deleted_at: self.deleted_at,
            is_anonymous: self.is_anonymous,
        }
        .serialize(serializer)
    }
}
