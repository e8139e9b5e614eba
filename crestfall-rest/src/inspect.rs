//! The OpenAPI document: asks the database what the caller's role may use.

use bytes::Bytes;
use crestfall_core::Catalog;
use crestfall_core::db::{Access, Db, Param, Rows, Scope, Statement};

use crate::error::Error;
use crate::openapi::{Branding, ServerAddress, document, statements, visible};
use crate::settings::Settings;
use crate::transaction::Transaction;

/// Describes a schema as the caller sees it.
///
/// # Errors
/// PostgreSQL could not be asked.
pub(crate) async fn inspect(
    db: &Db,
    context: &Transaction<'_>,
    settings: &Settings,
    catalog: &Catalog,
    schema: &str,
) -> Result<Bytes, Error> {
    let config = &*settings.config;
    let statements: Vec<Statement> = statements(config.openapi_mode, schema)
        .into_iter()
        .map(|statement| Statement {
            sql: statement.sql.into(),
            params: statement.params.into_iter().map(Param::from).collect(),
        })
        .collect();
    let made = context.settings(false);
    let scope = Scope {
        settings: &made,
        access: Access::ReadOnly,
        isolation: context.isolation,
        prelude: context.prelude.as_ref(),
        leaves_nothing: context.prelude.is_none(),
        ..Scope::default()
    };
    let results = db
        .run(&scope, &statements)
        .await
        .map_err(|error| context.failed(error))?;
    let answers: Vec<Vec<&str>> = results.iter().map(texts).collect();
    let seen =
        visible(catalog, schema, config.openapi_mode, &answers).map_err(|_| Error::Internal)?;
    let address = ServerAddress {
        host: config.server_host.clone(),
        port: config.server_port,
    };
    document(config, catalog, &seen, &address, &Branding::default()).map_err(|_| Error::Internal)
}

fn texts(rows: &Rows) -> Vec<&str> {
    (0..rows.len())
        .filter_map(|index| rows.row(index)?.get_str(0))
        .collect()
}
