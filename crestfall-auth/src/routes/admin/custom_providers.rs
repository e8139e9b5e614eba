//! `/admin/custom-providers` (GT-053): providers that administrators add at run time.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::error::{Error, ErrorCode, Result};
use crate::path::Path;
use crate::provider::{CustomProvider, discover, is_reserved, secret_owner};
use crate::query::Query;
use crate::reconfigure::Live;
use crate::signed_in::Admin;
use crate::store::custom_providers;
use crate::user::Metadata;

const PREFIX: &str = "custom:";

/// What no provider may say of a user.
const PROTECTED: [&str; 13] = [
    "id",
    "aud",
    "role",
    "app_metadata",
    "created_at",
    "updated_at",
    "confirmed_at",
    "email_confirmed_at",
    "phone_confirmed_at",
    "email_verified",
    "phone_verified",
    "banned_until",
    "is_super_admin",
];

pub(super) fn routes() -> Router<Live> {
    Router::new()
        .route("/admin/custom-providers", get(list).post(create))
        .route(
            "/admin/custom-providers/{identifier}",
            get(show).put(update).delete(remove),
        )
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Parameters {
    #[serde(rename = "type")]
    kind: String,
}

/// What an administrator sends. In an update what is missing stays.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Request {
    #[serde(deserialize_with = "or_default")]
    provider_type: String,
    #[serde(deserialize_with = "or_default")]
    identifier: String,
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    client_id: String,
    #[serde(deserialize_with = "or_default")]
    client_secret: String,
    acceptable_client_ids: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    pkce_enabled: Option<bool>,
    attribute_mapping: Option<Metadata>,
    custom_claims_allowlist: Option<Vec<String>>,
    authorization_params: Option<Metadata>,
    enabled: Option<bool>,
    email_optional: Option<bool>,
    issuer: Option<String>,
    discovery_url: Option<String>,
    skip_nonce_check: Option<bool>,
    authorization_url: Option<String>,
    token_url: Option<String>,
    userinfo_url: Option<String>,
    jwks_uri: Option<String>,
}

async fn list(
    State(auth): State<Auth>,
    _: Admin,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Value>> {
    if !matches!(parameters.kind.as_str(), "" | "oauth2" | "oidc") {
        return Err(Error::invalid("type must be either 'oauth2' or 'oidc'"));
    }
    let mut db = auth.pool().acquire().await?;
    let providers = custom_providers::list(&mut db, &parameters.kind).await?;
    Ok(Json(json!({ "providers": providers })))
}

async fn show(
    State(auth): State<Auth>,
    _: Admin,
    Path(identifier): Path<String>,
) -> Result<Json<CustomProvider>> {
    check_identifier(&identifier)?;
    let mut db = auth.pool().acquire().await?;
    let provider = custom_providers::find(&mut db, &identifier).await?;
    provider.ok_or_else(not_found).map(Json)
}

async fn create(
    State(auth): State<Auth>,
    _: Admin,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<CustomProvider>)> {
    let mut provider = request.new_provider()?;
    request.change(&auth, &mut provider)?;
    check_whole(&auth, &provider)?;
    if provider.is_oidc() {
        read_discovery(&auth, &mut provider).await?;
    }
    let max = i64::from(auth.config().external.max_custom);
    let mut tx = auth.begin().await?;
    let count = custom_providers::lock_and_count(&mut tx).await?;
    if custom_providers::find(&mut tx, &provider.identifier)
        .await?
        .is_some()
    {
        return Err(Error::new(
            ErrorCode::Conflict,
            "A custom OAuth provider with this identifier already exists",
        )
        .with_status(StatusCode::BAD_REQUEST));
    }
    if max > 0 && count >= max {
        return Err(Error::new(
            ErrorCode::OverCustomProviderQuota,
            "Maximum number of custom OAuth/OIDC providers reached",
        )
        .with_status(StatusCode::BAD_REQUEST));
    }
    let saved = custom_providers::save(&mut tx, &provider).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(saved)))
}

async fn update(
    State(auth): State<Auth>,
    _: Admin,
    Path(identifier): Path<String>,
    Body(request): Body<Request>,
) -> Result<Json<CustomProvider>> {
    check_identifier(&identifier)?;
    let mut db = auth.pool().acquire().await?;
    let provider = custom_providers::find(&mut db, &identifier).await?;
    drop(db);
    let mut provider = provider.ok_or_else(not_found)?;
    request.change(&auth, &mut provider)?;
    check_whole(&auth, &provider)?;
    let moved = request.issuer.is_some() || request.discovery_url.is_some();
    if provider.is_oidc() && moved {
        read_discovery(&auth, &mut provider).await?;
    }
    let mut tx = auth.begin().await?;
    // Deleted meanwhile, it is not to come back.
    custom_providers::lock_and_count(&mut tx).await?;
    let still = custom_providers::find(&mut tx, &identifier).await?;
    still
        .filter(|still| still.id == provider.id)
        .ok_or_else(not_found)?;
    let saved = custom_providers::save(&mut tx, &provider).await?;
    tx.commit().await?;
    Ok(Json(saved))
}

async fn remove(
    State(auth): State<Auth>,
    _: Admin,
    Path(identifier): Path<String>,
) -> Result<StatusCode> {
    check_identifier(&identifier)?;
    let mut db = auth.pool().acquire().await?;
    match custom_providers::delete(&mut db, &identifier).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(not_found()),
    }
}

fn not_found() -> Error {
    Error::new(
        ErrorCode::CustomProviderNotFound,
        "Custom OAuth provider not found",
    )
}

fn check_identifier(identifier: &str) -> Result<()> {
    if !identifier.starts_with(PREFIX) {
        return Err(Error::invalid(format!(
            "identifier must start with 'custom:' prefix, e.g. 'custom:{identifier}'"
        )));
    }
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = identifier.as_bytes();
    let inner = bytes
        .iter()
        .all(|byte| allowed(*byte) || b":-".contains(byte));
    let ends = bytes.last().is_some_and(|byte| allowed(*byte));
    match inner && ends && bytes.len() <= 50 {
        true => Ok(()),
        false => Err(Error::invalid(
            "identifier must be 'custom:' and lower-case letters, digits, ':' and '-', \
             at most 50 characters in all",
        )),
    }
}

impl Request {
    fn new_provider(&self) -> Result<CustomProvider> {
        if !matches!(self.provider_type.as_str(), "oauth2" | "oidc") {
            return Err(Error::invalid(
                "provider_type must be either 'oauth2' or 'oidc'",
            ));
        }
        for (name, value) in [
            ("identifier", &self.identifier),
            ("name", &self.name),
            ("client_id", &self.client_id),
            ("client_secret", &self.client_secret),
        ] {
            if value.is_empty() {
                return Err(Error::invalid(format!("{name} is required")));
            }
        }
        check_identifier(&self.identifier)?;
        let now = chrono::Utc::now();
        Ok(CustomProvider {
            id: Uuid::new_v4(),
            provider_type: self.provider_type.clone(),
            identifier: self.identifier.clone(),
            name: String::new(),
            client_id: String::new(),
            client_secret: String::new(),
            acceptable_client_ids: Vec::new(),
            scopes: Vec::new(),
            pkce_enabled: true,
            attribute_mapping: Metadata::new(),
            custom_claims_allowlist: Vec::new(),
            authorization_params: Metadata::new(),
            enabled: true,
            email_optional: false,
            issuer: None,
            discovery_url: None,
            skip_nonce_check: false,
            cached_discovery: None,
            authorization_url: None,
            token_url: None,
            userinfo_url: None,
            jwks_uri: None,
            created_at: now,
            updated_at: now,
        })
    }

    /// Sets what is given.
    fn change(&self, auth: &Auth, provider: &mut CustomProvider) -> Result<()> {
        fn set<T: Clone>(member: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                member.clone_from(value);
            }
        }
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        set(&mut provider.name, text(&self.name).as_ref());
        set(&mut provider.client_id, text(&self.client_id).as_ref());
        if !self.client_secret.is_empty() {
            let owner = secret_owner(provider.id);
            let sealed = auth.sealer().seal(self.client_secret.as_bytes(), &owner);
            let failed = |error| {
                Error::internal(
                    "Error encrypting custom OAuth provider client secret",
                    error,
                )
            };
            provider.client_secret = sealed.map_err(failed)?;
        }
        let ids = self.acceptable_client_ids.as_ref();
        set(&mut provider.acceptable_client_ids, ids);
        set(&mut provider.scopes, self.scopes.as_ref());
        set(&mut provider.pkce_enabled, self.pkce_enabled.as_ref());
        set(
            &mut provider.attribute_mapping,
            self.attribute_mapping.as_ref(),
        );
        let claims = self.custom_claims_allowlist.as_ref();
        set(&mut provider.custom_claims_allowlist, claims);
        let params = self.authorization_params.as_ref();
        set(&mut provider.authorization_params, params);
        set(&mut provider.enabled, self.enabled.as_ref());
        set(&mut provider.email_optional, self.email_optional.as_ref());
        let url = |member: &mut Option<String>, value: &Option<String>| {
            if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
                *member = Some(value.clone());
            }
        };
        if provider.is_oidc() {
            url(&mut provider.issuer, &self.issuer);
            url(&mut provider.discovery_url, &self.discovery_url);
            set(
                &mut provider.skip_nonce_check,
                self.skip_nonce_check.as_ref(),
            );
            if !provider.scopes.iter().any(|scope| scope == "openid") {
                provider.scopes.insert(0, "openid".to_owned());
            }
        } else {
            url(&mut provider.authorization_url, &self.authorization_url);
            url(&mut provider.token_url, &self.token_url);
            url(&mut provider.userinfo_url, &self.userinfo_url);
            url(&mut provider.jwks_uri, &self.jwks_uri);
        }
        Ok(())
    }
}

/// Whether a provider is as it may be kept.
fn check_whole(auth: &Auth, provider: &CustomProvider) -> Result<()> {
    let kind = if provider.is_oidc() { "OIDC" } else { "OAuth2" };
    let required: &[(&str, &Option<String>)] = if provider.is_oidc() {
        &[("issuer", &provider.issuer)]
    } else {
        &[
            ("authorization_url", &provider.authorization_url),
            ("token_url", &provider.token_url),
            ("userinfo_url", &provider.userinfo_url),
        ]
    };
    for (name, url) in required {
        if url.is_none() {
            return Err(Error::invalid(format!(
                "{name} is required for {kind} providers"
            )));
        }
    }
    let optional = [
        ("discovery_url", &provider.discovery_url),
        ("jwks_uri", &provider.jwks_uri),
    ];
    for (name, url) in required.iter().copied().chain(optional) {
        if let Some(url) = url {
            check_url(auth, name, url)?;
        }
    }
    if provider.name.chars().count() > 100 || provider.client_id.chars().count() > 512 {
        return Err(Error::invalid(
            "name has at most 100 characters, client_id at most 512",
        ));
    }
    for (name, value) in &provider.authorization_params {
        if is_reserved(name) {
            return Err(Error::invalid(format!(
                "Cannot override reserved OAuth parameter: {name}"
            )));
        }
        if !value.is_string() {
            return Err(Error::invalid(format!(
                "Authorization parameter \"{name}\" must be a string"
            )));
        }
    }
    for (target, source) in &provider.attribute_mapping {
        if PROTECTED.contains(&target.as_str()) {
            return Err(Error::invalid(format!(
                "Cannot map to protected system field: {target}"
            )));
        }
        // One value for all would make them one user.
        if matches!(target.as_str(), "sub" | "email") && !source.is_string() {
            return Err(Error::invalid(format!(
                "{target} must be mapped from a claim"
            )));
        }
    }
    let mut claims = provider.custom_claims_allowlist.iter();
    match claims.any(|claim| claim.trim().is_empty()) {
        true => Err(Error::invalid(
            "custom_claims_allowlist entries must be non-empty strings",
        )),
        false => Ok(()),
    }
}

/// Whether an address may be asked (SEC-20): by https, but for hosts that the operator allows.
fn check_url(auth: &Auth, name: &str, text: &str) -> Result<()> {
    let refuse = |reason: &str| Err(Error::invalid(format!("{name} {reason}")));
    let Ok(url) = Url::parse(text) else {
        return refuse("is not a valid URL");
    };
    let host = url.host_str().unwrap_or_default();
    let with_port = match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let mut allowed = auth.config().egress.allow.iter();
    let is_allowed = allowed.any(|entry| entry == host || *entry == with_port);
    if url.scheme() != "https" && !is_allowed {
        return refuse("must use HTTPS");
    }
    if !url.username().is_empty() || url.password().is_some() || text.len() > 2048 {
        return refuse("must not have a user name, nor more than 2048 characters");
    }
    match auth.egress().check(text) {
        Ok(()) => Ok(()),
        Err(_) => refuse("must not lead into a private network"),
    }
}

async fn read_discovery(auth: &Auth, provider: &mut CustomProvider) -> Result<()> {
    let document = discover(auth, provider).await.map_err(|error| {
        let message = format!("OIDC discovery failed: {error}");
        Error::invalid(message).caused_by(error)
    })?;
    provider.cached_discovery = Some(sqlx::types::Json(document.as_ref().clone()));
    Ok(())
}
