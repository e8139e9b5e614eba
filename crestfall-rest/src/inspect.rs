//! The OpenAPI document: asks the database what the caller's role may use.

use bytes::Bytes;
use crestfall_core::Catalog;
use crestfall_core::db::{Access, Db, Param, Rows, Scope, Statement};
use crestfall_core::openapi::Document;

use crate::config::Config;
use crate::error::Error;
use crate::media_type::OpenApiVersion;
use crate::offer;
use crate::openapi::{self, Branding, ServerAddress, document, visible};
use crate::transaction::Transaction;

/// Describes schemas as one caller sees them.
pub(crate) struct Inspector<'a> {
    pub(crate) db: &'a Db,
    pub(crate) context: Transaction<'a>,
    pub(crate) config: &'a Config,
    pub(crate) catalog: &'a Catalog,
    /// The caller's role is one that needs no credential.
    pub(crate) anonymous: bool,
}

impl Inspector<'_> {
    /// The document in a version, as JSON.
    ///
    /// # Errors
    /// PostgreSQL could not be asked.
    pub(crate) async fn describe(
        &self,
        schema: &str,
        version: OpenApiVersion,
    ) -> Result<Bytes, Error> {
        let document = match version {
            OpenApiVersion::V2 => return self.swagger(schema).await,
            OpenApiVersion::V3_0 => self.offer(schema).await?.to_3_0(),
            OpenApiVersion::V3_1 => self.offer(schema).await?.into_value(),
        };
        let document = serde_json::to_vec(&document).map_err(|_| Error::Internal)?;
        Ok(document.into())
    }

    /// What may be used, in OpenAPI 3.1.
    ///
    /// # Errors
    /// PostgreSQL could not be asked.
    pub(crate) async fn offer(&self, schema: &str) -> Result<Document, Error> {
        let statements = offer::statements(self.config.openapi_mode, schema);
        let results = self.ask(statements).await?;
        let answers: Vec<Vec<&str>> = results.iter().map(texts).collect();
        let scope = offer::Scope {
            schema,
            is_default: self
                .config
                .schemas
                .first()
                .is_some_and(|first| first == schema),
            anonymous: self.anonymous,
        };
        offer::document(self.catalog, scope, &answers).map_err(|error| {
            tracing::error!(%error, "what a role may use could not be read");
            Error::Internal
        })
    }

    async fn swagger(&self, schema: &str) -> Result<Bytes, Error> {
        let mode = self.config.openapi_mode;
        let results = self.ask(openapi::statements(mode, schema)).await?;
        let answers: Vec<Vec<&str>> = results.iter().map(texts).collect();
        let seen = visible(self.catalog, schema, mode, &answers).map_err(|_| Error::Internal)?;
        let address = ServerAddress {
            host: self.config.server_host.clone(),
            port: self.config.server_port,
        };
        let branding = Branding::default();
        document(self.config, self.catalog, &seen, &address, &branding).map_err(|_| Error::Internal)
    }

    async fn ask(&self, statements: Vec<openapi::Statement>) -> Result<Vec<Rows>, Error> {
        let statements: Vec<Statement> = statements
            .into_iter()
            .map(|statement| Statement {
                sql: statement.sql.into(),
                params: statement.params.into_iter().map(Param::from).collect(),
            })
            .collect();
        let made = self.context.settings(false);
        let scope = Scope {
            settings: &made,
            access: Access::ReadOnly,
            isolation: self.context.isolation,
            prelude: self.context.prelude.as_ref(),
            leaves_nothing: self.context.prelude.is_none(),
            ..Scope::default()
        };
        let results = self.db.run(&scope, &statements).await;
        results.map_err(|error| self.context.failed(error))
    }
}

fn texts(rows: &Rows) -> Vec<&str> {
    (0..rows.len())
        .filter_map(|index| rows.row(index)?.get_str(0))
        .collect()
}
