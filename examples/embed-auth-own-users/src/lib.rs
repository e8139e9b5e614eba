//! An application that had users before: its table `members` stays the one place for their addresses,
//! passwords and roles, and Crestfall signs them in.

use async_trait::async_trait;
use axum::{Router, routing::get};
use crestfall_auth::directory::{DirectoryError, DirectoryUser, Lookup, UserDirectory};
use crestfall_auth::{Auth, Config, StartError};
use crestfall_core::Identity;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// `members (id uuid, mail text, password text, staff boolean, left_at timestamptz)`.
struct Members;

#[async_trait]
impl UserDirectory for Members {
    async fn find(
        &self,
        db: &mut PgConnection,
        by: Lookup<'_>,
    ) -> Result<Option<DirectoryUser>, DirectoryError> {
        let (id, mail) = match by {
            Lookup::Id(id) => (Some(id), None),
            Lookup::Email(mail) => (None, Some(mail)),
            Lookup::Phone(_) => return Ok(None),
        };
        let query = "select id, mail, password, staff, left_at is not null from members
                     where id = $1 or lower(mail) = $2";
        let member: Option<(Uuid, String, Option<String>, bool, bool)> = sqlx::query_as(query)
            .bind(id)
            .bind(mail)
            .fetch_optional(db)
            .await?;
        Ok(
            member.map(|(id, mail, password_hash, staff, disabled)| DirectoryUser {
                id,
                email: Some(mail),
                email_confirmed: true,
                password_hash,
                role: Some(
                    if staff {
                        "service_role"
                    } else {
                        "authenticated"
                    }
                    .to_owned(),
                ),
                disabled,
                ..DirectoryUser::default()
            }),
        )
    }

    async fn save(
        &self,
        db: &mut PgConnection,
        user: &DirectoryUser,
    ) -> Result<(), DirectoryError> {
        let query = "insert into members (id, mail, password) values ($1, $2, $3)
                     on conflict (id) do update set mail = $2, password = $3";
        let query = sqlx::query(query).bind(user.id).bind(&user.email);
        query.bind(&user.password_hash).execute(db).await?;
        Ok(())
    }

    async fn remove(&self, db: &mut PgConnection, id: Uuid) -> Result<(), DirectoryError> {
        let query = sqlx::query("update members set left_at = now() where id = $1");
        query.bind(id).execute(db).await?;
        Ok(())
    }
}

async fn whoami(identity: Identity) -> String {
    let email = identity
        .claims()
        .get("email")
        .and_then(|email| email.as_str());
    format!("{} as {}", email.unwrap_or("nobody"), identity.role())
}

/// The application, with sign-in at `/auth/v1`.
///
/// # Errors
/// The service cannot start.
pub async fn app(pool: PgPool, config: Config) -> Result<(Router, Auth), StartError> {
    let auth = Auth::builder(pool, config).users(Members).build().await?;
    let app = Router::new()
        .route("/whoami", get(whoami))
        .layer(auth.layer())
        .nest("/auth/v1", auth.router());
    Ok((app, auth))
}
