//! Statements about API keys.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A key as it is kept.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct ApiKeyRow {
    pub(crate) id: Uuid,
    /// None for a service's key.
    pub(crate) user_id: Option<Uuid>,
    /// `secret`, `publishable`, `hmac` or `ed25519`.
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) key_id: String,
    pub(crate) material: String,
    pub(crate) role: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) allowed_ips: Vec<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) revoked_at: Option<DateTime<Utc>>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
    pub(crate) last_used_ip: Option<String>,
}

/// A key to be.
#[derive(Debug)]
pub(crate) struct NewApiKey<'a> {
    pub(crate) id: Uuid,
    pub(crate) user_id: Option<Uuid>,
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
    pub(crate) key_id: &'a str,
    pub(crate) material: &'a str,
    pub(crate) role: &'a str,
    pub(crate) scopes: &'a [String],
    pub(crate) allowed_ips: &'a [String],
    pub(crate) created_by: Option<Uuid>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

/// What is changed of a key; none is left as it is.
#[derive(Debug, Default)]
pub(crate) struct Changes<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) scopes: Option<&'a [String]>,
    pub(crate) allowed_ips: Option<&'a [String]>,
    pub(crate) expires_at: Option<Option<DateTime<Utc>>>,
}

/// When and from where a key was used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyUse {
    pub(crate) id: Uuid,
    pub(crate) at: DateTime<Utc>,
    pub(crate) ip: Option<std::net::IpAddr>,
}

macro_rules! select_key {
    ($rest:literal) => {
        concat!(
            "select id, user_id, kind, name, key_id, material, role, scopes,
               allowed_ips::text[] as allowed_ips, created_at, expires_at, revoked_at, last_used_at,
               host(last_used_ip) as last_used_ip
             from auth.api_keys ",
            $rest
        )
    };
}

pub(crate) async fn find(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<ApiKeyRow>> {
    sqlx::query_as(select_key!("where id = $1"))
        .bind(id)
        .fetch_optional(db)
        .await
}

/// The same, locked until the transaction ends.
pub(crate) async fn lock(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<ApiKeyRow>> {
    sqlx::query_as(select_key!("where id = $1 for update"))
        .bind(id)
        .fetch_optional(db)
        .await
}

/// Of a user, or of all services; the newest first.
pub(crate) async fn list(
    db: &mut PgConnection,
    owner: Option<Uuid>,
) -> sqlx::Result<Vec<ApiKeyRow>> {
    sqlx::query_as(select_key!(
        "where user_id is not distinct from $1 order by created_at desc, id limit 1000"
    ))
    .bind(owner)
    .fetch_all(db)
    .await
}

/// How many keys of a user may be used.
pub(crate) async fn count_live(db: &mut PgConnection, owner: Uuid) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(*) from auth.api_keys
         where user_id = $1 and revoked_at is null and (expires_at is null or expires_at > now())",
    )
    .bind(owner)
    .fetch_one(db)
    .await
}

pub(crate) async fn insert(db: &mut PgConnection, new: &NewApiKey<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into auth.api_keys (id, user_id, kind, name, key_id, material, role, scopes,
           allowed_ips, created_by, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text[]::cidr[], $10, $11)",
    )
    .bind(new.id)
    .bind(new.user_id)
    .bind(new.kind)
    .bind(new.name)
    .bind(new.key_id)
    .bind(new.material)
    .bind(new.role)
    .bind(new.scopes)
    .bind(new.allowed_ips)
    .bind(new.created_by)
    .bind(new.expires_at)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn change(
    db: &mut PgConnection,
    id: Uuid,
    changes: &Changes<'_>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.api_keys set name = coalesce($2, name), scopes = coalesce($3, scopes),
           allowed_ips = coalesce($4::text[]::cidr[], allowed_ips),
           expires_at = case when $5 then $6 else expires_at end
         where id = $1",
    )
    .bind(id)
    .bind(changes.name)
    .bind(changes.scopes)
    .bind(changes.allowed_ips)
    .bind(changes.expires_at.is_some())
    .bind(changes.expires_at.flatten())
    .execute(db)
    .await
    .map(drop)
}

/// Takes a key of this owner back; whether it was there and live.
pub(crate) async fn revoke(
    db: &mut PgConnection,
    owner: Option<Uuid>,
    id: Uuid,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update auth.api_keys set revoked_at = now()
         where id = $1 and user_id is not distinct from $2 and revoked_at is null",
    )
    .bind(id)
    .bind(owner)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Writes many uses in one statement.
pub(crate) async fn used(db: &mut PgConnection, uses: &[KeyUse]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = uses.iter().map(|one| one.id).collect();
    let times: Vec<DateTime<Utc>> = uses.iter().map(|one| one.at).collect();
    let addresses: Vec<Option<String>> = uses
        .iter()
        .map(|one| one.ip.map(|ip| ip.to_string()))
        .collect();
    // In the order of ids: two nodes that write at once do not wait for each other.
    sqlx::query(
        "with used as (
           select * from unnest($1::uuid[], $2::timestamptz[], $3::text[]) as u (id, at, ip)),
         locked as (
           select k.id from auth.api_keys k join used using (id) order by k.id for update of k)
         update auth.api_keys k set last_used_at = u.at, last_used_ip = u.ip::inet
         from used u join locked using (id)
         where k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at)",
    )
    .bind(ids)
    .bind(times)
    .bind(addresses)
    .execute(db)
    .await
    .map(drop)
}
