//! What the document says of the settings: which services stand where, and how callers prove who
//! they are.

use crestfall_core::openapi::Document;
use serde_json::{Value, json};

use crate::setup::Setup;

/// Everything but rows and functions, which are another matter for each caller.
#[derive(Clone, Debug)]
pub(crate) struct Contents {
    rest_paths: Vec<&'static str>,
    /// Services whose documents are the same for everybody.
    services: Vec<Service>,
    /// How else than by a bearer token callers prove who they are.
    schemes: Vec<(&'static str, Value)>,
    /// The server's address, as the operator gives it.
    url: String,
}

/// A service and where it stands.
#[derive(Clone, Debug)]
struct Service {
    document: fn() -> Document,
    paths: Vec<&'static str>,
    /// It says itself which credentials it takes.
    knows_schemes: bool,
}

impl Contents {
    /// What these settings serve.
    pub(crate) fn new(setup: &Setup) -> Self {
        let graphql = setup.graphql.as_ref().map(|_| Service {
            document: crestfall_graphql::openapi,
            paths: setup.graphql_paths.clone(),
            knows_schemes: false,
        });
        let auth = setup.auth.as_ref().map(|auth| Service {
            document: crestfall_auth::openapi,
            paths: auth.paths.clone(),
            knows_schemes: true,
        });
        let rbac = setup.rbac.as_ref().map(|rbac| Service {
            document: crestfall_rbac::openapi,
            paths: rbac.paths.clone(),
            knows_schemes: false,
        });
        Self {
            rest_paths: setup.rest_paths.clone(),
            services: [graphql, auth, rbac].into_iter().flatten().collect(),
            schemes: schemes(setup),
            url: origin(setup),
        }
    }

    /// The whole document, with these rows and functions.
    pub(crate) fn document(&self, rest: Option<Document>) -> Document {
        let mut document = Document::new("Crestfall", env!("CARGO_PKG_VERSION"));
        document.server(&self.url);
        let schemes: Vec<&str> = self.schemes.iter().map(|(name, _)| *name).collect();
        let mut about = String::new();
        if let Some(mut rest) = rest {
            rest.also_by(&schemes);
            document.take_info(&rest);
            let comment = rest.as_value()["info"]["description"].as_str();
            about.extend(comment.map(|comment| format!("{comment}\n\n")));
            document.merge(rest.mounted(first(&self.rest_paths)));
            about.push_str(&also_at(&self.rest_paths));
        }
        for service in &self.services {
            let mut one = (service.document)();
            if !service.knows_schemes {
                one.also_by(&schemes);
            }
            document.merge(one.mounted(first(&service.paths)));
            about.push_str(&also_at(&service.paths));
        }
        if !about.is_empty() {
            document.describe(about.trim_end());
        }
        for (name, scheme) in &self.schemes {
            document.security_scheme(name, scheme.clone());
        }
        document
    }
}

/// Where a service is described: operations that are written twice would be generated twice.
fn first(paths: &[&'static str]) -> &'static str {
    paths.first().copied().unwrap_or_default()
}

/// Where else it stands.
fn also_at(paths: &[&str]) -> String {
    match paths {
        [first, others @ ..] if !others.is_empty() => {
            format!(
                "What stands below `{first}` is also at `{}`. ",
                others.join("`, `")
            )
        }
        _ => String::new(),
    }
}

/// The credentials that APIs take besides a bearer token.
fn schemes(setup: &Setup) -> Vec<(&'static str, Value)> {
    let mut schemes = Vec::new();
    if setup.takes_api_key {
        let about = "A key or token, which counts when there is no `Authorization`.";
        let scheme = json!({
            "type": "apiKey", "in": "header", "name": "apikey", "description": about,
        });
        schemes.push(("apikey", scheme));
    }
    let Some(auth) = &setup.auth else {
        return schemes;
    };
    let config = &auth.config;
    if config.api_keys.enabled {
        let about = "A request signed with an API key's secret (RFC 9421); \
                     `Signature-Input` goes with it.";
        let scheme = json!({
            "type": "apiKey", "in": "header", "name": "Signature", "description": about,
        });
        schemes.push(("signature", scheme));
    }
    if config.basic.passwords || config.api_keys.enabled {
        let scheme = json!({
            "type": "http", "scheme": "basic",
            "description": "An API key, or an address and its password.",
        });
        schemes.push(("basic", scheme));
    }
    if config.cookies.enabled {
        let prefix = if config.external_url.starts_with("https") {
            "__Host-"
        } else {
            ""
        };
        let scheme = json!({
            "type": "apiKey", "in": "cookie", "name": format!("{prefix}{}", config.cookies.name),
            "description": "A browser's session.",
        });
        schemes.push(("cookie", scheme));
    }
    schemes
}

/// The scheme, host and port that clients use, where the settings tell; else the address that the
/// document came from.
fn origin(setup: &Setup) -> String {
    let told = setup.rest.openapi_server_proxy_uri.as_deref();
    let origin = told.and_then(|url| {
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split('/').next()?;
        Some(format!("{scheme}://{host}"))
    });
    origin.unwrap_or_else(|| "/".to_owned())
}
