//! API keys as they are asked for, made and shown.

use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use crestfall_core::units::Duration;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::api_key::{ApiKey, KeyKind, KeyMaterial, Scopes};
use crate::auth::Auth;
use crate::error::{Error, Result};
use crate::signature;
use crate::store::api_keys::{self, ApiKeyRow, Changes, NewApiKey};

/// How many networks a key may be limited to, and how many scopes it may have.
const MAX_ENTRIES: usize = 100;

/// How long a key holds beside the one that takes its place.
const DEFAULT_OVERLAP: std::time::Duration = std::time::Duration::from_secs(3600);
const MAX_OVERLAP: std::time::Duration = std::time::Duration::from_secs(30 * 86_400);

/// What a key is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// Sent with each request.
    #[default]
    Secret,
    /// May stand in public: an app's.
    Publishable,
    /// Signs requests with a shared secret.
    Hmac,
    /// Signs requests; we know the public half.
    Ed25519,
}

impl Kind {
    /// As it is kept.
    fn of(name: &str) -> Result<Self> {
        let all = [Self::Secret, Self::Publishable, Self::Hmac, Self::Ed25519];
        let kind = all.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| Error::internal("Unexpected failure", "a kind of key that is none"))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Publishable => "publishable",
            Self::Hmac => "hmac",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// A key that a user asks for. Nothing else can be said of it: whose it is and its role least of all
/// (SEC-11).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyRequest {
    name: String,
    #[serde(default)]
    kind: Kind,
    /// Default: all that its owner may do.
    scopes: Option<Vec<String>>,
    expires_at: Option<DateTime<Utc>>,
    #[serde(default)]
    allowed_ips: Vec<String>,
    /// For `ed25519`: 32 bytes in Base64 (either alphabet).
    public_key: Option<String>,
}

/// A key that an administrator asks for, for a service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceKeyRequest {
    name: String,
    #[serde(default)]
    kind: Kind,
    /// Default: `service_role` for a secret, `anon` for a publishable key.
    role: Option<String>,
    scopes: Option<Vec<String>>,
    expires_at: Option<DateTime<Utc>>,
    #[serde(default)]
    allowed_ips: Vec<String>,
    public_key: Option<String>,
}

/// What is to be changed of a key.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct KeyChanges {
    name: Option<String>,
    scopes: Option<Vec<String>>,
    allowed_ips: Option<Vec<String>>,
    /// Null: it does not expire.
    #[serde(deserialize_with = "given")]
    expires_at: Option<Option<DateTime<Utc>>>,
}

/// Asks for a key in place of another.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rotation {
    /// How long both hold. Default: an hour.
    overlap: Option<Duration>,
    /// For `ed25519`: the public half of the new key.
    public_key: Option<String>,
}

/// A member that is there, be it null.
fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Whose key is to be made, and by whom.
pub(crate) struct Owner<'a> {
    pub(crate) user: Option<Uuid>,
    pub(crate) role: &'a str,
    /// What who makes it may do.
    pub(crate) rights: Scopes,
    pub(crate) by: Option<Uuid>,
}

/// A key as its owner sees it, without its secret.
#[derive(Debug, Serialize)]
pub(crate) struct KeyView {
    id: Uuid,
    key_id: String,
    kind: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
    role: String,
    scopes: Vec<String>,
    allowed_ips: Vec<String>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    last_used_ip: Option<String>,
}

/// A new key: the only time that its secret is shown.
#[derive(Serialize)]
pub(crate) struct MadeKey {
    #[serde(flatten)]
    view: KeyView,
    /// What to send, for `secret` and `publishable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// What to sign with, for `hmac`: 32 bytes in Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl MadeKey {
    pub(crate) fn id(&self) -> Uuid {
        self.view.id
    }
}

impl From<ApiKeyRow> for KeyView {
    fn from(row: ApiKeyRow) -> Self {
        Self {
            id: row.id,
            key_id: row.key_id,
            kind: row.kind,
            name: row.name,
            user_id: row.user_id,
            role: row.role,
            scopes: row.scopes,
            allowed_ips: row.allowed_ips,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
            last_used_ip: row.last_used_ip,
        }
    }
}

/// The parts of a new key.
struct Parts {
    id: Uuid,
    key_id: String,
    material: String,
    key: Option<String>,
    secret: Option<String>,
}

impl Parts {
    fn bearer(kind: KeyKind) -> Result<Self> {
        let failed = |_| Error::internal("Unexpected failure", "the system gave no randomness");
        let key = ApiKey::generate(kind).map_err(failed)?;
        Ok(Self {
            id: key.id(),
            key_id: key.public_part().to_owned(),
            material: BASE64_URL_SAFE_NO_PAD.encode(key.hash().0),
            key: Some(key.expose().to_owned()),
            secret: None,
        })
    }

    fn hmac(auth: &Auth) -> Result<Self> {
        let id = Uuid::new_v4();
        let made = KeyMaterial::new_hmac_sha256(id, auth.sealer());
        let (secret, material) = made.map_err(|e| Error::internal("Unexpected failure", e))?;
        let KeyMaterial::HmacSha256 { sealed } = material else {
            return Err(Error::internal("Unexpected failure", "another kind of key"));
        };
        Ok(Self {
            id,
            key_id: id.to_string(),
            material: sealed,
            key: None,
            secret: Some(BASE64_STANDARD.encode(&*secret)),
        })
    }

    fn ed25519(public_key: Option<&str>) -> Result<Self> {
        let wrong = || Error::invalid("public_key has to be an Ed25519 key: 32 bytes in Base64");
        let text = public_key.ok_or_else(wrong)?;
        let bytes = BASE64_STANDARD
            .decode(text)
            .or_else(|_| BASE64_URL_SAFE_NO_PAD.decode(text));
        let bytes: [u8; 32] = bytes
            .ok()
            .and_then(|b| b.try_into().ok())
            .ok_or_else(wrong)?;
        signature::Key::ed25519(&bytes).map_err(|_| wrong())?;
        let id = Uuid::new_v4();
        Ok(Self {
            id,
            key_id: id.to_string(),
            material: BASE64_URL_SAFE_NO_PAD.encode(bytes),
            key: None,
            secret: None,
        })
    }
}

impl ServiceKeyRequest {
    /// The role that was asked for, if keys may have it.
    pub(crate) fn role(&self, allowed: &[String]) -> Result<String> {
        let role = match (self.role.as_deref(), self.kind) {
            (Some(role), _) => role,
            (None, Kind::Publishable) => "anon",
            (None, Kind::Secret | Kind::Hmac | Kind::Ed25519) => "service_role",
        };
        let is_public = self.kind == Kind::Publishable;
        if !allowed.iter().any(|one| one == role) || (is_public && role != "anon") {
            return Err(Error::invalid(format!(
                "A key of this kind may not have the role \"{role}\""
            )));
        }
        Ok(role.to_owned())
    }

    pub(crate) async fn make(
        self,
        auth: &Auth,
        db: &mut PgConnection,
        owner: &Owner<'_>,
    ) -> Result<MadeKey> {
        let request = KeyRequest {
            name: self.name,
            kind: self.kind,
            scopes: self.scopes,
            expires_at: self.expires_at,
            allowed_ips: self.allowed_ips,
            public_key: self.public_key,
        };
        request.make(auth, db, owner).await
    }
}

impl KeyRequest {
    pub(crate) async fn make(
        self,
        auth: &Auth,
        db: &mut PgConnection,
        owner: &Owner<'_>,
    ) -> Result<MadeKey> {
        check_name(&self.name)?;
        check_expiry(auth, owner.user, self.expires_at)?;
        let rights = owner
            .rights
            .intersection(&auth.authenticators().api_keys.limit(owner.role));
        let scopes = match &self.scopes {
            None => rights.iter().map(ToString::to_string).collect(),
            Some(asked) => check_scopes(asked, &rights)?,
        };
        let networks = check_networks(&self.allowed_ips)?;
        if self.public_key.is_some() && self.kind != Kind::Ed25519 {
            return Err(Error::invalid("public_key is for keys of the kind ed25519"));
        }
        let parts = match self.kind {
            Kind::Secret => Parts::bearer(KeyKind::Secret)?,
            Kind::Publishable if owner.user.is_some() => {
                return Err(Error::invalid("A user's key cannot be publishable"));
            }
            Kind::Publishable => Parts::bearer(KeyKind::Publishable)?,
            Kind::Hmac => Parts::hmac(auth)?,
            Kind::Ed25519 => Parts::ed25519(self.public_key.as_deref())?,
        };
        let new = NewApiKey {
            id: parts.id,
            user_id: owner.user,
            kind: self.kind.name(),
            name: self.name.trim(),
            key_id: &parts.key_id,
            material: &parts.material,
            role: owner.role,
            scopes: &scopes,
            allowed_ips: &networks,
            created_by: owner.by,
            expires_at: self.expires_at,
        };
        api_keys::insert(db, &new).await?;
        let row = api_keys::find(db, parts.id).await?;
        let gone = || Error::internal("Unexpected failure", "the key that was made is not there");
        Ok(MadeKey {
            view: row.ok_or_else(gone)?.into(),
            key: parts.key,
            secret: parts.secret,
        })
    }
}

impl KeyChanges {
    pub(crate) async fn apply(
        &self,
        auth: &Auth,
        db: &mut PgConnection,
        row: &ApiKeyRow,
        rights: &Scopes,
    ) -> Result<()> {
        if let Some(name) = &self.name {
            check_name(name)?;
        }
        if let Some(expires_at) = self.expires_at {
            check_expiry(auth, row.user_id, expires_at)?;
        }
        let rights = rights.intersection(&auth.authenticators().api_keys.limit(&row.role));
        let scopes = self
            .scopes
            .as_ref()
            .map(|asked| check_scopes(asked, &rights));
        let scopes = scopes.transpose()?;
        let networks = self.allowed_ips.as_ref().map(|list| check_networks(list));
        let networks = networks.transpose()?;
        let changes = Changes {
            name: self.name.as_deref().map(str::trim),
            scopes: scopes.as_deref(),
            allowed_ips: networks.as_deref(),
            expires_at: self.expires_at,
        };
        Ok(api_keys::change(db, row.id, &changes).await?)
    }
}

impl Rotation {
    /// A new key with all that the old one is and may, which holds for a while yet.
    pub(crate) async fn make(
        self,
        auth: &Auth,
        db: &mut PgConnection,
        row: &ApiKeyRow,
        owner: &Owner<'_>,
    ) -> Result<MadeKey> {
        let now = Utc::now();
        if row.revoked_at.is_some() || row.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::invalid("The key is over: make a new one"));
        }
        let overlap = self.overlap.map_or(DEFAULT_OVERLAP, Duration::get);
        if overlap > MAX_OVERLAP {
            return Err(Error::invalid("overlap has to be 30 days at most"));
        }
        let request = KeyRequest {
            name: row.name.clone(),
            kind: Kind::of(&row.kind)?,
            scopes: Some(row.scopes.clone()),
            expires_at: row.expires_at,
            allowed_ips: row.allowed_ips.clone(),
            public_key: self.public_key,
        };
        let made = request.make(auth, db, owner).await?;
        let until = now + TimeDelta::from_std(overlap).unwrap_or_default();
        let until = row.expires_at.map_or(until, |at| at.min(until));
        let changes = Changes {
            expires_at: Some(Some(until)),
            ..Changes::default()
        };
        api_keys::change(db, row.id, &changes).await?;
        Ok(made)
    }
}

fn check_name(name: &str) -> Result<()> {
    let length = name.trim().chars().count();
    match (1..=200).contains(&length) && !name.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(Error::invalid("name has to have 1 to 200 characters")),
    }
}

/// In the future; for a user's key, not further than the settings allow.
fn check_expiry(auth: &Auth, user: Option<Uuid>, at: Option<DateTime<Utc>>) -> Result<()> {
    if at.is_some_and(|at| at <= Utc::now()) {
        return Err(Error::invalid("expires_at has to be in the future"));
    }
    let most = auth.config().api_keys.max_lifetime.get();
    if user.is_none() || most.is_zero() {
        return Ok(());
    }
    let most = TimeDelta::from_std(most).unwrap_or(TimeDelta::MAX);
    let last = Utc::now().checked_add_signed(most);
    match (at, last) {
        (Some(at), Some(last)) if at > last => {
            Err(Error::invalid("expires_at is later than keys may live"))
        }
        (None, _) => Err(Error::invalid("expires_at is required")),
        _ => Ok(()),
    }
}

fn check_scopes(asked: &[String], rights: &Scopes) -> Result<Vec<String>> {
    if asked.len() > MAX_ENTRIES {
        return Err(Error::invalid("There are too many scopes"));
    }
    let scopes = Scopes::parse(asked).map_err(|error| Error::invalid(error.to_string()))?;
    if !rights.covers_all(&scopes) {
        return Err(
            Error::invalid("scopes has more than the key's owner may do")
                .with_status(http::StatusCode::FORBIDDEN),
        );
    }
    Ok(scopes.iter().map(ToString::to_string).collect())
}

/// As the database writes them; a single address is a network of one.
fn check_networks(texts: &[String]) -> Result<Vec<String>> {
    if texts.len() > MAX_ENTRIES {
        return Err(Error::invalid("There are too many allowed_ips"));
    }
    let network = |text: &String| {
        let parsed = match text.parse::<IpNet>() {
            Ok(network) => Some(network.trunc()),
            Err(_) => text.parse::<IpAddr>().ok().map(IpNet::from),
        };
        parsed.map(|network| network.to_string()).ok_or_else(|| {
            Error::invalid(
                "allowed_ips has to be a list of addresses and networks such as 192.0.2.0/24",
            )
        })
    };
    texts.iter().map(network).collect()
}
