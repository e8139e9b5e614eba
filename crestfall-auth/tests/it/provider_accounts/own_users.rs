//! Users of a provider who are kept in the application's own table.

use super::*;

/// The application's own table of users.
struct Members;

type Found = (uuid::Uuid, String, Option<String>);

#[async_trait::async_trait]
impl UserDirectory for Members {
    async fn find(
        &self,
        db: &mut sqlx::PgConnection,
        by: Lookup<'_>,
    ) -> DirectoryResult<Option<DirectoryUser>> {
        let (id, mail) = match by {
            Lookup::Id(id) => (Some(id), None),
            Lookup::Email(mail) => (None, Some(mail)),
            Lookup::Phone(_) => return Ok(None),
        };
        let query = "select id, mail, password from members where id = $1 or lower(mail) = $2";
        let found: Option<Found> = sqlx::query_as(query)
            .bind(id)
            .bind(mail)
            .fetch_optional(db)
            .await?;
        Ok(found.map(|(id, mail, password_hash)| DirectoryUser {
            id,
            email: Some(mail),
            email_confirmed: true,
            password_hash,
            ..DirectoryUser::default()
        }))
    }

    async fn save(&self, db: &mut sqlx::PgConnection, user: &DirectoryUser) -> DirectoryResult<()> {
        let query = "insert into members (id, mail, password) values ($1, $2, $3)
            on conflict (id) do update set mail = $2, password = $3";
        let query = sqlx::query(query).bind(user.id).bind(&user.email);
        query.bind(&user.password_hash).execute(db).await?;
        Ok(())
    }

    async fn remove(&self, db: &mut sqlx::PgConnection, id: uuid::Uuid) -> DirectoryResult<()> {
        let query = sqlx::query("delete from members where id = $1");
        query.bind(id).execute(db).await?;
        Ok(())
    }
}

#[tokio::test]
async fn who_comes_by_a_provider_is_a_user_of_the_applications_own_table() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::built(
        |config| with(config, "google", &fake),
        |builder| builder.users(Members),
    )
    .await;
    app.db
        .execute(
            "create table members (id uuid primary key, mail text unique, password text);
             insert into members values ('00000000-0000-0000-0000-000000000001', 'V@example.com')",
        )
        .await;
    let members = async || -> Vec<(uuid::Uuid, String)> {
        sqlx::query_as("select id, mail from members order by mail")
            .fetch_all(&app.pool)
            .await
            .expect("rows")
    };
    let come = async |subject: &str, email: &str| {
        fake.says(json!({ "sub": subject, "email": email, "email_verified": true }));
        let end = sign_in(&app, &fake, "provider=google").await;
        let (_, fragment) = parameters(&end);
        let token = fragment.get("access_token").cloned().unwrap_or_default();
        app.get("/user", &token).await
    };
    // A member comes in by the address that the table has.
    let known = come("v-1", "v@example.com").await;
    assert_eq!(
        known.text("/id"),
        "00000000-0000-0000-0000-000000000001",
        "{known:?}"
    );
    // Somebody new is in the table from then on, and the same one the next time.
    let new = come("n-1", "new@example.com").await;
    assert_eq!(new.status, StatusCode::OK, "{new:?}");
    let rows = members().await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(rows[0].0.to_string(), new.text("/id"));
    assert_eq!(
        come("n-1", "new@example.com").await.text("/id"),
        new.text("/id")
    );
    // Who is not in it any more is nobody's user, whatever the provider says: a new one begins.
    app.db
        .execute("delete from members where mail = 'new@example.com'")
        .await;
    let again = come("n-1", "new@example.com").await;
    assert_ne!(again.text("/id"), new.text("/id"), "{again:?}");
}
