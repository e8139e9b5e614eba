//! `--lang openapi`: the document that a server with these settings would give, without one.

use clap::ValueEnum;
use crestfall_core::Identity;
use crestfall_core::openapi::Document;
use crestfall_rest::{OpenApiMode, Rest};
use http::Request;
use http::request::Parts;
use serde_json::Map;
use sqlx::{Connection as _, PgConnection};

use crate::auth;
use crate::describe::Contents;
use crate::settings::{Flags, Sources};
use crate::setup::{Setup, Source, told};

/// A version of OpenAPI.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Version {
    /// For tools that know it alone
    #[value(name = "3.0")]
    V3_0,
    /// The newest
    #[default]
    #[value(name = "3.1")]
    V3_1,
}

/// What is asked for.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    /// None are those of the settings.
    pub(super) schemas: &'a [String],
    /// What it may use; all there is, without.
    pub(super) role: Option<&'a str>,
    pub(super) version: Version,
}

/// The document of a database as text.
///
/// # Errors
/// What to tell the user.
pub(super) async fn text(url: &str, asked: &Asked<'_>, flags: Flags) -> Result<String, String> {
    let setup = setup(url, asked, flags)?;
    let caller = match asked.role {
        Some(role) if setup.tokens.anonymous_role.as_deref() != Some(role) => {
            Identity::from_token(role.into(), Map::new())
        }
        Some(role) => Identity::anonymous(role),
        None => Identity::anonymous(&login(url).await?),
    };
    let rest = rows(url, &setup, &caller).await?;
    let document = Contents::new(&setup).document(Some(rest));
    let document = match asked.version {
        Version::V3_0 => document.to_3_0(),
        Version::V3_1 => document.into_value(),
    };
    Ok(format!("{document:#}\n"))
}

/// The settings, of which those that only a running server needs may be wanting.
fn setup(url: &str, asked: &Asked<'_>, flags: Flags) -> Result<Setup, String> {
    let flags = flags.assuming(vec![format!("database.url={url}")]);
    let source = Source::Crestfall(Sources::new(flags));
    let mut setup = source.read(Vec::new(), None)?;
    if !asked.schemas.is_empty() {
        setup.rest.schemas = asked.schemas.to_vec();
    }
    setup.rest.openapi_mode = match asked.role {
        Some(_) => OpenApiMode::FollowPrivileges,
        None => OpenApiMode::IgnorePrivileges,
    };
    Ok(setup)
}

/// The rows and functions of every schema.
async fn rows(url: &str, setup: &Setup, caller: &Identity) -> Result<Document, String> {
    let rest = Rest::connect(url, setup.rest.clone())
        .await
        .map_err(|error| told(&error))?;
    let mut all: Option<Document> = None;
    for schema in &setup.rest.schemas {
        let one = rest.openapi(&request(schema, caller)?).await;
        let one = one.map_err(|error| told(&error))?;
        match &mut all {
            Some(all) => all.merge(one),
            None => all = Some(one),
        }
    }
    all.ok_or_else(|| "no schema is exposed".to_owned())
}

/// Of a caller who asks for a schema.
fn request(schema: &str, caller: &Identity) -> Result<Parts, String> {
    let request = Request::get("/").header("accept-profile", schema);
    let request = request
        .body(())
        .map_err(|error| format!("`{schema}`: {error}"))?;
    let (mut parts, ()) = request.into_parts();
    parts.extensions.insert(caller.clone());
    Ok(parts)
}

/// Who logs in: a role that the connection surely may act as.
async fn login(url: &str) -> Result<String, String> {
    let options = auth::options(url).map_err(|error| told(&error))?;
    let asked = async {
        let mut connection = PgConnection::connect_with(&options).await?;
        let role = sqlx::query_scalar("select current_user::text")
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        Ok(role)
    };
    let asked: Result<String, sqlx::Error> = asked.await;
    asked.map_err(|error| format!("the database could not be asked: {}", told(&error)))
}
