//! `crestfall gen`: what others make code from.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use crestfall_core::catalog::{CatalogOptions, SharedCatalog};
use crestfall_core::{Catalog, Db, Identity};
use crestfall_graphql::GraphQl;

use super::{fail, runtime};
use crate::data;
use crate::settings::{Flags, Sources};
use crate::setup::{Source, told};

#[derive(Debug, Subcommand)]
pub(super) enum Generate {
    /// Print the GraphQL schema that a role sees.
    GraphqlSchema(Arguments),
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Whose schema
    #[arg(long, default_value = "anon")]
    role: String,
    #[command(flatten)]
    flags: Flags,
}

/// Runs the command.
pub(super) fn main(what: Generate) -> ExitCode {
    let Generate::GraphqlSchema(arguments) = what;
    let printed = runtime()
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(graphql_schema(arguments)));
    match printed {
        Ok(document) => {
            print!("{document}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

async fn graphql_schema(arguments: Arguments) -> Result<String, String> {
    let setup = Source::Crestfall(Sources::new(arguments.flags)).read(Vec::new(), None)?;
    let config = setup.graphql.ok_or("graphql.enabled is false")?;
    let db = data::pool(&setup.database)
        .and_then(Db::lazy)
        .map_err(|error| told(&error))?;
    let options = CatalogOptions {
        schemas: config.schemas.clone(),
        extra_search_path: config.extra_search_path.clone(),
        details: true,
        ..CatalogOptions::default()
    };
    let catalog = Catalog::load(&db, &options)
        .await
        .map_err(|error| told(&error))?;
    let shared = Arc::new(SharedCatalog::new());
    shared.replace(catalog);
    let graphql = GraphQl::new(db, shared).config(config);
    let identity = Identity::anonymous(&arguments.role);
    let document = graphql.schema_document(&identity).await;
    document.map_err(|response| {
        let errors = response.errors.into_iter().map(|error| error.message);
        errors.collect::<Vec<_>>().join("; ")
    })
}
