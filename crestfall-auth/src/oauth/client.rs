//! Clients: applications that sign users in with their account here.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::redirect_uri;
use super::scope::Scopes;

/// The grant of a client that acts in a user's name.
pub(crate) const AUTHORIZATION_CODE: &str = "authorization_code";
/// The grant that continues it.
pub(crate) const REFRESH_TOKEN: &str = "refresh_token";
/// The grant of a client that acts by itself.
pub(crate) const CLIENT_CREDENTIALS: &str = "client_credentials";

/// The grant of a device without a browser (RFC 8628).
pub(crate) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Whether a client can keep a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "auth.oauth_client_type", rename_all = "lowercase")]
pub(crate) enum ClientType {
    /// It runs on users' machines.
    Public,
    /// It runs on a server.
    Confidential,
}

/// Who registered a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "auth.oauth_registration_type", rename_all = "lowercase")]
pub(crate) enum RegistrationType {
    /// Itself (RFC 7591): nobody knows it.
    Dynamic,
    /// An administrator.
    Manual,
}

/// How a client proves itself (RFC 7591, `token_endpoint_auth_method`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthMethod {
    None,
    ClientSecretBasic,
    ClientSecretPost,
}

impl AuthMethod {
    pub(crate) const ALL: [Self; 3] = [Self::None, Self::ClientSecretBasic, Self::ClientSecretPost];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        }
    }

    /// The kind of client that uses it.
    pub(crate) fn client_type(self) -> ClientType {
        match self {
            Self::None => ClientType::Public,
            Self::ClientSecretBasic | Self::ClientSecretPost => ClientType::Confidential,
        }
    }
}

impl ClientType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Confidential => "confidential",
        }
    }
}

/// A registered client. Lists are separated by commas, as GoTrue keeps them.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct Client {
    pub(crate) id: Uuid,
    pub(crate) client_secret_hash: Option<String>,
    pub(crate) registration_type: RegistrationType,
    pub(crate) client_type: ClientType,
    pub(crate) token_endpoint_auth_method: String,
    redirect_uris: String,
    grant_types: String,
    pub(crate) client_name: Option<String>,
    pub(crate) client_uri: Option<String>,
    pub(crate) logo_uri: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) client_credentials_scopes: String,
    pub(crate) client_credentials_role: String,
}

impl Client {
    pub(crate) fn redirect_uris(&self) -> Vec<&str> {
        list(&self.redirect_uris)
    }

    pub(crate) fn grant_types(&self) -> Vec<&str> {
        list(&self.grant_types)
    }

    pub(crate) fn may_use(&self, grant_type: &str) -> bool {
        self.grant_types().contains(&grant_type)
    }

    pub(crate) fn is_confidential(&self) -> bool {
        self.client_type == ClientType::Confidential
    }

    /// Whether the browser may be sent there.
    pub(crate) fn may_redirect_to(&self, asked: &str) -> bool {
        let is_native = self.client_type == ClientType::Public;
        let mut registered = self.redirect_uris().into_iter();
        registered.any(|registered| redirect_uri::matches(registered, asked, is_native))
    }

    /// Whether this is its secret. In constant time.
    pub(crate) fn has_secret(&self, secret: &str) -> bool {
        let stored = self.client_secret_hash.as_deref().unwrap_or_default();
        let given = hash_secret(secret);
        stored.as_bytes().ct_eq(given.as_bytes()).into()
    }

    /// What it may ask for when it acts by itself.
    pub(crate) fn own_scopes(&self) -> Scopes {
        Scopes::parse(&self.client_credentials_scopes)
    }

    /// The `session_id` of the tokens with which it acts by itself. Any change to the client gives
    /// it another one, and the one before is revoked: so these tokens end like a session does, on
    /// every node, with nothing kept for each.
    pub(crate) fn own_session(&self) -> Uuid {
        let changed_at = self.updated_at.timestamp_micros().to_be_bytes();
        let digest = digest(&SHA256, &[self.id.as_bytes(), &changed_at[..]].concat());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.as_ref()[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

fn list(text: &str) -> Vec<&str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .collect()
}

/// A new secret. It is long and random, so its plain digest is enough to keep.
pub(crate) fn new_secret() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What is kept of a secret.
pub(crate) fn hash_secret(secret: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes()))
}

/// A client as its administrator and itself see it.
#[derive(Serialize)]
pub(crate) struct ClientView<'a> {
    client_id: Uuid,
    /// Only when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    client_type: ClientType,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    redirect_uris: Vec<&'a str>,
    token_endpoint_auth_method: &'a str,
    grant_types: Vec<&'a str>,
    response_types: [&'static str; 1],
    #[serde(skip_serializing_if = "is_blank")]
    client_name: Option<&'a str>,
    #[serde(skip_serializing_if = "is_blank")]
    client_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "is_blank")]
    logo_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "is_blank")]
    client_credentials_scopes: Option<&'a str>,
    #[serde(skip_serializing_if = "is_blank")]
    client_credentials_role: Option<&'a str>,
    registration_type: RegistrationType,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

fn is_blank(text: &Option<&str>) -> bool {
    text.is_none_or(str::is_empty)
}

impl<'a> ClientView<'a> {
    pub(crate) fn new(client: &'a Client, secret: Option<&'a str>) -> Self {
        let acts_by_itself = client.may_use(CLIENT_CREDENTIALS);
        Self {
            client_id: client.id,
            client_secret: secret,
            client_type: client.client_type,
            redirect_uris: client.redirect_uris(),
            token_endpoint_auth_method: &client.token_endpoint_auth_method,
            grant_types: client.grant_types(),
            response_types: ["code"],
            client_name: client.client_name.as_deref(),
            client_uri: client.client_uri.as_deref(),
            logo_uri: client.logo_uri.as_deref(),
            client_credentials_scopes: acts_by_itself
                .then_some(client.client_credentials_scopes.as_str()),
            client_credentials_role: acts_by_itself
                .then_some(client.client_credentials_role.as_str()),
            registration_type: client.registration_type,
            created_at: client.created_at,
            updated_at: client.updated_at,
        }
    }
}

/// A client as the user who is asked sees it.
#[derive(Serialize)]
pub(crate) struct ClientSummary {
    pub(crate) id: Uuid,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) uri: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) logo_uri: String,
}

impl From<&Client> for ClientSummary {
    fn from(client: &Client) -> Self {
        Self {
            id: client.id,
            name: client.client_name.clone().unwrap_or_default(),
            uri: client.client_uri.clone().unwrap_or_default(),
            logo_uri: client.logo_uri.clone().unwrap_or_default(),
        }
    }
}
