//! Statements about users kept by provisioning clients.

mod condition;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::scim::filter::Filter;

/// A user `u`, and what its client `s` knows of it, as columns.
const COLUMNS: &str = "u.id, u.email,
    coalesce(s.user_name, u.email, '') as user_name, s.external_id,
    coalesce(s.attributes, '{}') as attributes, coalesce(s.suspended, false) as is_suspended,
    not coalesce(u.banned_until > now(), false) as is_active,
    coalesce(u.created_at, s.created_at, now()) as created_at,
    coalesce(s.updated_at, u.updated_at, now()) as updated_at";

/// Until when somebody is shut out for good, as directories say it too.
macro_rules! for_good {
    () => {
        "'9999-12-31'::timestamptz"
    };
}

/// A user as a client sees one.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct ScimUser {
    pub(crate) id: Uuid,
    pub(crate) email: Option<String>,
    pub(crate) user_name: String,
    pub(crate) external_id: Option<String>,
    pub(crate) attributes: Json<Map<String, Value>>,
    /// The client has shut the user out.
    pub(crate) is_suspended: bool,
    /// Nobody has.
    pub(crate) is_active: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// Whose users are meant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) client: &'a str,
    /// `aud` of users.
    pub(crate) audience: &'a str,
    /// Those that no client keeps too.
    pub(crate) existing: bool,
    /// If they have an address of one of these domains; none is any.
    pub(crate) domains: &'a [String],
}

/// What a client says of a user.
#[derive(Clone, Debug)]
pub(crate) struct Kept<'a> {
    pub(crate) client: &'a str,
    pub(crate) user_name: &'a str,
    pub(crate) external_id: Option<&'a str>,
    pub(crate) attributes: &'a Map<String, Value>,
}

/// From users that a client sees, on.
fn begin(select: &str, seen: Seen<'_>) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(format!("select {select} from auth.users u "));
    // Without users of nobody, what is asked of `s` finds its index.
    query.push(match seen.existing {
        true => "left join auth.scim_users s on s.user_id = u.id where u.aud = ",
        false => "join auth.scim_users s on s.user_id = u.id where u.aud = ",
    });
    query.push_bind(seen.audience);
    query.push(" and u.deleted_at is null and (s.client = ");
    query.push_bind(seen.client);
    if seen.existing {
        query.push(
            " or (s.user_id is null and u.email_confirmed_at is not null and u.email is not null
               and not u.is_anonymous and not u.is_sso_user and (cardinality(",
        );
        query.push_bind(seen.domains);
        query.push(") = 0 or split_part(u.email, '@', 2) = any (");
        query.push_bind(seen.domains);
        query.push(")))");
    }
    query.push(")");
    query
}

pub(crate) async fn find(
    db: &mut PgConnection,
    seen: Seen<'_>,
    id: Uuid,
) -> sqlx::Result<Option<ScimUser>> {
    let mut query = begin(COLUMNS, seen);
    query.push(" and u.id = ").push_bind(id);
    query.build_query_as().fetch_optional(db).await
}

/// The oldest users behind the first few, and how many there are in all.
pub(crate) async fn page(
    db: &mut PgConnection,
    seen: Seen<'_>,
    filter: Option<&Filter>,
    (offset, limit): (i64, i64),
) -> sqlx::Result<(Vec<ScimUser>, i64)> {
    let narrowed = |select| {
        let mut query = begin(select, seen);
        if let Some(filter) = filter {
            query.push(" and ");
            condition::push(&mut query, seen.client, filter);
        }
        query
    };
    let mut query = narrowed("count(*)");
    // There are as many statements as filters.
    let counted = query.build_query_scalar().persistent(false);
    let total: i64 = counted.fetch_one(&mut *db).await?;
    if limit == 0 || offset >= total {
        return Ok((Vec::new(), total));
    }
    let mut query = narrowed(COLUMNS);
    query.push(" order by u.created_at, u.id offset ");
    query.push_bind(offset).push(" limit ").push_bind(limit);
    let users = query.build_query_as().persistent(false);
    let users = users.fetch_all(db).await?;
    Ok((users, total))
}

/// Keeps what a client says of a user, who becomes the client's.
///
/// # Errors
/// A unique violation when the client has another user of this name; no row when another client keeps
/// the user.
pub(crate) async fn keep(db: &mut PgConnection, user: Uuid, kept: &Kept<'_>) -> sqlx::Result<()> {
    sqlx::query_scalar::<_, Uuid>(
        "insert into auth.scim_users as s (user_id, client, user_name, external_id, attributes)
         values ($1, $2, $3, $4, $5)
         on conflict (user_id) do update set user_name = $3, external_id = $4, attributes = $5,
           updated_at = clock_timestamp()
         where s.client = $2
         returning user_id",
    )
    .bind(user)
    .bind(kept.client)
    .bind(kept.user_name)
    .bind(kept.external_id)
    .bind(Json(kept.attributes))
    .fetch_one(db)
    .await
    .map(drop)
}

/// Shuts a user out for good, which the client alone, or an administrator, takes back.
pub(crate) async fn suspend(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    for statement in [
        concat!(
            "update auth.users set updated_at = now(), banned_until = ",
            for_good!(),
            " where id = $1"
        ),
        "update auth.scim_users set suspended = true where user_id = $1",
    ] {
        sqlx::query(statement).bind(user).execute(&mut *db).await?;
    }
    Ok(())
}

/// Takes that back. Whom an administrator has shut out for a time stays so.
pub(crate) async fn resume(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    for statement in [
        concat!(
            "update auth.users set updated_at = now(), banned_until = null
             where id = $1 and banned_until = ",
            for_good!()
        ),
        "update auth.scim_users set suspended = false where user_id = $1",
    ] {
        sqlx::query(statement).bind(user).execute(&mut *db).await?;
    }
    Ok(())
}
