//! A service of many tenants. Who founds an organisation owns it, invites others and gives them roles;
//! the database keeps tenants apart on every path to it.

use axum::Router;
use axum::extract::Path;
use crestfall_core::identity::IdentifyLayer;
use crestfall_core::jwt::Verifier;
use crestfall_core::migrate::{self, Migration, MigrationSet};
use crestfall_core::{Problem, Tx};
use crestfall_rbac::{Definition, GuardedRouter, Rbac, Requirement};
use crestfall_rest::{Config, Rest};
use sqlx::types::Uuid;
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

/// Whatever goes wrong at the start.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Everybody who signs in may found an organisation.
const FOUNDERS: &str = "insert into rbac.assignments (subject, role_id)
    select '*', id from rbac.roles where name = 'founder' on conflict do nothing";

/// Brings the database up to date: our tables, the service's, and its roles.
pub async fn migrate(url: &str) -> Result<(), Error> {
    let sql = include_str!("../migrations/0001_invoices.sql");
    let mut sets = crestfall_rbac::migrations();
    let invoices = Migration::new("0001_invoices", sql);
    sets.push(MigrationSet::embedded("invoices", &[invoices]));
    migrate::run(
        &migrate::database(url)?,
        &sets,
        &migrate::Options::default(),
    )
    .await?;

    let mut db = PgConnection::connect(url).await?;
    let definition = Definition::parse(include_str!("../rbac.toml"))?;
    let plan = definition.plan(&mut db).await?;
    definition.apply(&mut db, &plan).await?;
    sqlx::query(FOUNDERS).execute(&mut db).await?;
    Ok(())
}

// What an organisation's invoices come to. The path names it; policies would hide another's anyway.
async fn export(Path(org): Path<Uuid>, mut tx: Tx) -> Result<String, Problem> {
    let lines = sqlx::query_scalar::<_, String>(
        "select c.name || ',' || i.cents from invoices i join customers c on c.id = i.customer_id
        where i.org_id = $1 order by i.id",
    );
    let lines = lines.bind(org).fetch_all(&mut *tx).await;
    let lines = lines.map_err(|error| Problem::internal(&error))?;
    Ok(lines.join("\n"))
}

/// The service: `pool` and `url` log in as `authenticator`, callers are whom `verifier` says.
pub async fn app(pool: PgPool, url: &str, verifier: Verifier) -> Result<Router, Error> {
    let rbac = Rbac::new(pool.clone());
    let running = rbac.clone();
    tokio::spawn(async move { running.run(CancellationToken::new()).await });

    let may_export = Requirement::permission("invoice:export")?.in_organisation("org");
    let (exports, _guards) = GuardedRouter::new(&rbac)
        .get("/organisations/{org}/invoices.csv", may_export, export)
        .finish();
    let rest = Rest::connect(url, Config::default()).await?;
    Ok(Router::new()
        .merge(exports.with_state(pool))
        .nest_service("/rest/v1", rest.router::<()>())
        .nest("/rbac/v1", rbac.router())
        .layer(IdentifyLayer::new(verifier)))
}
