//! `crestfall gen graphql-schema`: the GraphQL schema of a role as a document.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use clap::Args;
use crestfall_core::Identity;
use crestfall_core::jwt::Verifier;

use crate::data::{self, Data};
use crate::settings::{Flags, Sources};
use crate::setup::Source;

/// What `crestfall gen graphql-schema` can be told.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The role whose schema it is; without it, that of requests without a token
    #[arg(long)]
    role: Option<String>,
    /// Write the document to this file rather than to the standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

/// Makes the document and puts it where it is to be.
///
/// # Errors
/// What went wrong, for the operator.
pub(super) async fn run(arguments: &Arguments) -> Result<(), String> {
    let document = document(arguments).await?;
    match &arguments.output {
        None => {
            print!("{document}");
            Ok(())
        }
        Some(file) => {
            std::fs::write(file, document).map_err(|error| format!("{}: {error}", file.display()))
        }
    }
}

async fn document(arguments: &Arguments) -> Result<String, String> {
    let flags = arguments.flags.clone();
    let flags = flags.assuming(vec!["graphql.enabled=true".to_owned()]);
    let source = Source::Crestfall(Sources::new(flags));
    let setup = source.read(Vec::new(), None)?;
    let role = match (&arguments.role, &setup.tokens.anonymous_role) {
        (Some(role), _) | (None, Some(role)) => role.clone(),
        (None, None) => return Err("name a role with --role: jwt.anonymous_role is empty".into()),
    };
    // Nobody's token is checked here.
    let verifier = Verifier::builder()
        .build()
        .map_err(|error| error.to_string())?;
    let verifier = Arc::new(ArcSwap::from_pointee(verifier));
    let data = Data::new(&setup, verifier).map_err(|error| error.to_string())?;
    let catalog = data::catalog(&data.db, &setup)
        .await
        .map_err(|error| error.to_string())?;
    data.catalog.replace(catalog);
    let Some(graphql) = &data.graphql else {
        return Err("graphql.enabled is false".into());
    };
    let document = graphql.schema_document(&Identity::anonymous(&role)).await;
    document.map_err(|response| {
        let errors = response.errors.iter().map(|error| error.message.as_str());
        errors.collect::<Vec<_>>().join("; ")
    })
}
