//! Template databases: made once for a text of set-up statements, then copied.

use aws_lc_rs::digest::{SHA256, digest};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use super::database::describe;
use super::shared::{Error, Shared};
use crate::name::{literal, quote};

/// Templates nobody made anew for this long are dropped.
pub(super) const EXPIRY: &str = "7 days";

/// The name of the template for this set-up, which exists when this returns.
pub(super) async fn ensure(shared: &Shared, name: &str, setup: &str) -> Result<String, Error> {
    let template = template_name(name, setup);
    let cell = shared.template(&template);
    cell.get_or_try_init(|| make(shared, &template, setup))
        .await?;
    Ok(template)
}

/// Builds the template unless another process has. It gets its name only when it is complete.
async fn make(shared: &Shared, template: &str, setup: &str) -> Result<(), Error> {
    let mut admin = shared.connect("postgres").await?;
    // Held until the connection ends, so also if this process is killed.
    sqlx::query("select pg_advisory_lock(hashtextextended($1, 0))")
        .bind(template)
        .execute(&mut admin)
        .await?;
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(template)
            .fetch_one(&mut admin)
            .await?;
    if !exists {
        build(shared, &mut admin, template, setup).await?;
    }
    admin.close().await?;
    Ok(())
}

async fn build(
    shared: &Shared,
    admin: &mut PgConnection,
    template: &str,
    setup: &str,
) -> Result<(), Error> {
    let building = format!("{template}_new");
    let (building_name, name) = (quote(&building), quote(template));
    for statement in [
        format!("drop database if exists {building_name} with (force)"),
        format!("create database {building_name} template template0"),
    ] {
        admin.execute(AssertSqlSafe(statement)).await?;
    }
    let mut connection = shared.connect(&building).await?;
    let outcome = sqlx::raw_sql(AssertSqlSafe(setup.to_owned()))
        .execute(&mut connection)
        .await;
    connection.close().await?;
    if let Err(error) = outcome {
        return Err(Error::Setup(describe(&error, setup)));
    }
    let made_at: String = sqlx::query_scalar("select now()::text")
        .fetch_one(&mut *admin)
        .await?;
    for statement in [
        // Nobody may connect any more, autovacuum neither: a template in use cannot be copied.
        format!("alter database {building_name} with allow_connections false"),
        format!(
            "comment on database {building_name} is {}",
            literal(&made_at)
        ),
        format!("alter database {building_name} rename to {name}"),
    ] {
        retry_while_in_use(admin, &statement).await?;
    }
    Ok(())
}

/// The connection that ran the set-up may take a moment to be gone.
async fn retry_while_in_use(admin: &mut PgConnection, statement: &str) -> Result<(), Error> {
    const OBJECT_IN_USE: &str = "55006";
    for _ in 0..100 {
        match admin.execute(AssertSqlSafe(statement.to_owned())).await {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(OBJECT_IN_USE) => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            outcome => return Ok(outcome.map(|_| ())?),
        }
    }
    Err(Error::Setup(format!("still in use: {statement}")))
}

/// `template_<name>_<hash of the set-up>`, within PostgreSQL's 63 bytes with `_new` appended.
fn template_name(name: &str, setup: &str) -> String {
    let readable: String = name
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || *character == '_')
        .take(24)
        .collect();
    let hash = digest(&SHA256, setup.as_bytes());
    let hash: String = hash.as_ref()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("template_{readable}_{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_templates_name_follows_its_set_up_and_fits() {
        let long = template_name(&"films; drop".repeat(9), "select 1");
        assert!(long.len() + "_new".len() < 64, "{long}");
        assert_ne!(
            template_name("a", "select 1"),
            template_name("a", "select 2")
        );
        assert_eq!(
            template_name("a", "select 1"),
            template_name("a", "select 1")
        );
    }
}
