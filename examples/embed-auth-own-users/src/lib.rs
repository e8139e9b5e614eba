//! An application that had users before: its table `members` stays the one place for their addresses,
//! passwords and roles, and Crestfall signs them in.

use async_trait::async_trait;
use axum::{Router, routing::get};
use crestfall_auth::directory::{DirectoryResult as Result, DirectoryUser, Lookup, UserDirectory};
use crestfall_auth::{Auth, Config, CurrentUser, StartError};
use sqlx::{PgConnection, PgPool, query, query_as};
use uuid::Uuid;

/// `members (id uuid, mail text, password text, staff boolean, left_at timestamptz)`.
struct Members;

/// A row: id, mail, password, whether staff, whether gone.
type Member = (Uuid, String, Option<String>, bool, bool);

const FIND: &str = "select id, mail, password, staff, left_at is not null from members
    where id = $1 or lower(mail) = $2";
const SAVE: &str = "insert into members (id, mail, password) values ($1, $2, $3)
    on conflict (id) do update set mail = $2, password = $3";
const REMOVE: &str = "update members set left_at = now() where id = $1";

#[async_trait]
impl UserDirectory for Members {
    async fn find(&self, db: &mut PgConnection, by: Lookup<'_>) -> Result<Option<DirectoryUser>> {
        let (id, mail) = match by {
            Lookup::Id(id) => (Some(id), None),
            Lookup::Email(mail) => (None, Some(mail)),
            Lookup::Phone(_) => return Ok(None),
        };
        let found = query_as(FIND)
            .bind(id)
            .bind(mail)
            .fetch_optional(db)
            .await?;
        Ok(found.map(user))
    }

    async fn save(&self, db: &mut PgConnection, user: &DirectoryUser) -> Result<()> {
        let query = query(SAVE).bind(user.id).bind(&user.email);
        query.bind(&user.password_hash).execute(db).await?;
        Ok(())
    }

    async fn remove(&self, db: &mut PgConnection, id: Uuid) -> Result<()> {
        query(REMOVE).bind(id).execute(db).await?;
        Ok(())
    }
}

fn user((id, mail, password_hash, staff, disabled): Member) -> DirectoryUser {
    let role = if staff {
        "service_role"
    } else {
        "authenticated"
    };
    DirectoryUser {
        id,
        email: Some(mail),
        email_confirmed: true,
        password_hash,
        role: Some(role.to_owned()),
        disabled,
        ..DirectoryUser::default()
    }
}

async fn whoami(user: CurrentUser) -> String {
    let name = user.email.unwrap_or_default();
    format!("{name} as {}", user.identity.role())
}

/// The application, with sign-in at `/auth/v1`.
///
/// # Errors
/// The service cannot start.
pub async fn app(pool: PgPool, config: Config) -> Result<(Router, Auth), StartError> {
    let auth = Auth::builder(pool, config).users(Members).build().await?;
    let app = Router::new().route("/whoami", get(whoami));
    Ok((auth.mount("/auth/v1", app), auth))
}
