//! Statements about how users are known to providers.

use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::user::{Metadata, User, UserIdentity};

macro_rules! select_identity {
    ($rest:literal) => {
        concat!(
            "select i.id, i.provider_id, i.user_id, i.identity_data, i.provider, i.last_sign_in_at,
               coalesce(i.created_at, now()) as created_at,
               coalesce(i.updated_at, now()) as updated_at, i.email
             from auth.identities i ",
            $rest
        )
    };
}

/// By the provider's name for the user.
pub(crate) async fn find(
    db: &mut PgConnection,
    provider: &str,
    provider_id: &str,
) -> sqlx::Result<Option<UserIdentity>> {
    sqlx::query_as(select_identity!(
        "where i.provider = $1 and i.provider_id = $2"
    ))
    .bind(provider)
    .bind(provider_id)
    .fetch_optional(db)
    .await
}

/// # Errors
/// A unique violation when the provider's user is linked already.
pub(crate) async fn insert(
    db: &mut PgConnection,
    user: Uuid,
    provider: &str,
    provider_id: &str,
    data: &Metadata,
) -> sqlx::Result<UserIdentity> {
    let id: Uuid = sqlx::query_scalar(
        "insert into auth.identities (user_id, provider, provider_id, identity_data, last_sign_in_at)
         values ($1, $2, $3, $4, now()) returning id",
    )
    .bind(user)
    .bind(provider)
    .bind(provider_id)
    .bind(Json(data))
    .fetch_one(&mut *db)
    .await?;
    sqlx::query_as(select_identity!("where i.id = $1"))
        .bind(id)
        .fetch_one(db)
        .await
}

/// The identity by address or number, made or brought up to date.
pub(crate) async fn set(
    db: &mut PgConnection,
    user: &User,
    provider: &str,
    address: &str,
    verified: bool,
) -> sqlx::Result<()> {
    let verified_member = format!("{provider}_verified");
    let members: [(&str, Value); 2] = [
        (provider, address.into()),
        (&verified_member, verified.into()),
    ];
    match user.identity(provider) {
        Some(identity) => {
            let changes = members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value));
            merge_data(db, identity.identity_id, &changes.collect()).await?;
        }
        None => {
            let data = data(user.id, &members);
            insert(db, user.id, provider, &user.id.to_string(), &data).await?;
        }
    }
    Ok(())
}

/// Sets the members that are given.
pub(crate) async fn merge_data(
    db: &mut PgConnection,
    id: Uuid,
    changes: &Metadata,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.identities set identity_data = identity_data || $2, updated_at = now()
         where id = $1",
    )
    .bind(id)
    .bind(Json(changes))
    .execute(db)
    .await
    .map(drop)
}

/// What the provider says now, at a sign-in.
pub(crate) async fn signed_in(
    db: &mut PgConnection,
    id: Uuid,
    data: &Metadata,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.identities set identity_data = $2, last_sign_in_at = now(), updated_at = now()
         where id = $1",
    )
    .bind(id)
    .bind(Json(data))
    .execute(db)
    .await
    .map(drop)
}

/// Marks the user's identities of this address as verified.
pub(crate) async fn email_verified(
    db: &mut PgConnection,
    user: Uuid,
    email: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.identities
         set identity_data = identity_data || '{\"email_verified\": true}', updated_at = now()
         where user_id = $1 and email = lower($2)",
    )
    .bind(user)
    .bind(email)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("delete from auth.identities where id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop)
}

/// What an identity by mail address or phone number says of its user.
pub(crate) fn data(subject: Uuid, members: &[(&str, Value)]) -> Metadata {
    let mut data = Metadata::new();
    data.insert("sub".into(), Value::from(subject.to_string()));
    for (name, value) in members {
        data.insert((*name).into(), value.clone());
    }
    data
}
