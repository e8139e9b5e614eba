//! Statements about providers that administrators add.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::user::Metadata;

/// A provider that an administrator has added, as administrators see it: without its secret.
#[derive(Clone, Serialize, sqlx::FromRow)]
pub(crate) struct CustomProvider {
    pub(crate) id: Uuid,
    pub(crate) provider_type: String,
    pub(crate) identifier: String,
    pub(crate) name: String,
    pub(crate) client_id: String,
    /// Sealed.
    #[serde(skip)]
    pub(crate) client_secret: String,
    pub(crate) acceptable_client_ids: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) pkce_enabled: bool,
    #[sqlx(json)]
    pub(crate) attribute_mapping: Metadata,
    pub(crate) custom_claims_allowlist: Vec<String>,
    #[sqlx(json)]
    pub(crate) authorization_params: Metadata,
    pub(crate) enabled: bool,
    pub(crate) email_optional: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) discovery_url: Option<String>,
    pub(crate) skip_nonce_check: bool,
    /// What the issuer said when it was last entered.
    #[serde(rename = "discovery_document", skip_serializing_if = "Option::is_none")]
    pub(crate) cached_discovery: Option<Json<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authorization_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) userinfo_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jwks_uri: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// Those of one type, or all when it is empty.
pub(crate) async fn list(db: &mut PgConnection, kind: &str) -> sqlx::Result<Vec<CustomProvider>> {
    sqlx::query_as(
        "select * from auth.custom_oauth_providers where $1 = '' or provider_type = $1
         order by created_at desc, id limit 1000",
    )
    .bind(kind)
    .fetch_all(db)
    .await
}

pub(crate) async fn find(
    db: &mut PgConnection,
    identifier: &str,
) -> sqlx::Result<Option<CustomProvider>> {
    sqlx::query_as("select * from auth.custom_oauth_providers where identifier = $1")
        .bind(identifier)
        .fetch_optional(db)
        .await
}

/// How many there are. Until the transaction ends nobody else adds one.
pub(crate) async fn lock_and_count(db: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query("lock table auth.custom_oauth_providers in share row exclusive mode")
        .execute(&mut *db)
        .await?;
    sqlx::query_scalar("select count(*) from auth.custom_oauth_providers")
        .fetch_one(db)
        .await
}

/// Adds one, or sets all that may change of the one with this id.
pub(crate) async fn save(
    db: &mut PgConnection,
    provider: &CustomProvider,
) -> sqlx::Result<CustomProvider> {
    sqlx::query_as(
        "insert into auth.custom_oauth_providers (id, provider_type, identifier, name, client_id,
           client_secret, acceptable_client_ids, scopes, pkce_enabled, attribute_mapping,
           custom_claims_allowlist, authorization_params, enabled, email_optional, issuer,
           discovery_url, skip_nonce_check, cached_discovery, authorization_url, token_url,
           userinfo_url, jwks_uri, discovery_cached_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
           $19, $20, $21, $22, case when $18::jsonb is not null then now() end)
         on conflict (id) do update set name = excluded.name, client_id = excluded.client_id,
           client_secret = excluded.client_secret,
           acceptable_client_ids = excluded.acceptable_client_ids, scopes = excluded.scopes,
           pkce_enabled = excluded.pkce_enabled, attribute_mapping = excluded.attribute_mapping,
           custom_claims_allowlist = excluded.custom_claims_allowlist,
           authorization_params = excluded.authorization_params, enabled = excluded.enabled,
           email_optional = excluded.email_optional, issuer = excluded.issuer,
           discovery_url = excluded.discovery_url, skip_nonce_check = excluded.skip_nonce_check,
           cached_discovery = excluded.cached_discovery,
           authorization_url = excluded.authorization_url, token_url = excluded.token_url,
           userinfo_url = excluded.userinfo_url, jwks_uri = excluded.jwks_uri,
           discovery_cached_at = excluded.discovery_cached_at, updated_at = now()
         returning *",
    )
    .bind(provider.id)
    .bind(&provider.provider_type)
    .bind(&provider.identifier)
    .bind(&provider.name)
    .bind(&provider.client_id)
    .bind(&provider.client_secret)
    .bind(&provider.acceptable_client_ids)
    .bind(&provider.scopes)
    .bind(provider.pkce_enabled)
    .bind(Json(&provider.attribute_mapping))
    .bind(&provider.custom_claims_allowlist)
    .bind(Json(&provider.authorization_params))
    .bind(provider.enabled)
    .bind(provider.email_optional)
    .bind(&provider.issuer)
    .bind(&provider.discovery_url)
    .bind(provider.skip_nonce_check)
    .bind(&provider.cached_discovery)
    .bind(&provider.authorization_url)
    .bind(&provider.token_url)
    .bind(&provider.userinfo_url)
    .bind(&provider.jwks_uri)
    .fetch_one(db)
    .await
}

pub(crate) async fn delete(db: &mut PgConnection, identifier: &str) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from auth.custom_oauth_providers where identifier = $1")
        .bind(identifier)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

impl CustomProvider {
    pub(crate) fn is_oidc(&self) -> bool {
        self.provider_type == "oidc"
    }
}
