//! What the service offers, as an OpenAPI 3.1 document.
//!
//! It is written by hand, beside the routes and not derived from them: a test holds it to the routes
//! of the source, and every answer that the tests of the API get is one that it names.

mod operations;
mod schemas;

use crestfall_core::openapi::{Document, Group, Operation, Parameter, Schema};
use serde_json::json;

/// A bearer token among the security schemes.
const BEARER: &str = "bearer";
/// The group of every operation.
const TAG: &str = "authorization";

/// How anything may be refused, whoever asks for it.
const REFUSED: &[u16] = &[400, 401, 403, 404, 409, 413, 422, 429, 500, 503];

/// The document, with paths relative to where [`Rbac::router`](crate::Rbac::router) is nested.
///
/// ```
/// let mut mine = serde_json::json!({
///     "openapi": "3.1.0", "info": { "title": "Mine", "version": "1" }, "paths": {},
/// });
/// crestfall_rbac::openapi().mounted("/rbac/v1").merge_into(&mut mine);
/// assert!(mine["paths"]["/rbac/v1/check"]["post"].is_object());
/// ```
pub fn openapi() -> Document {
    let mut document = Document::new("Authorization", env!("CARGO_PKG_VERSION"));
    document.describe("Roles, permissions, organisations. Each request runs as its caller.");
    document.security_scheme(
        BEARER,
        json!({
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A token that says who calls.",
        }),
    );
    document.tag(TAG, "Who may do what: roles, permissions, organisations");
    schemas::write(&mut document);
    operations::write(&mut Group::new(&mut document, TAG, in_path));
    document
}

fn in_path(name: &str) -> Parameter {
    match name {
        "permission" => Parameter::path(name, Schema::string()).example("invoice:read"),
        "subject" => Parameter::path(name, Schema::string())
            .describe("The `sub` of a token, such as a user's id."),
        _ => Parameter::path(name, Schema::uuid()),
    }
}

/// What somebody who is signed in asks. Operations of several services meet in one document.
fn operation(id: &str, summary: &str) -> Operation {
    let operation = Operation::new(&format!("rbac_{id}"), summary).security(&[BEARER]);
    let refuse = |operation: Operation, &status| operation.shared_answer(status, "RbacRefusal");
    REFUSED.iter().fold(operation, refuse)
}

/// An object of these members; a name that ends with `?` may be left out.
fn members<const N: usize>(members: [(&str, Schema); N]) -> Schema {
    let add = |object: Schema, (name, schema): (&str, Schema)| match name.strip_suffix('?') {
        Some(name) => object.optional(name, schema),
        None => object.required(name, schema),
    };
    members.into_iter().fold(Schema::object(), add)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;

    /// Of the source: `.route(path, method(…).method(…))`.
    fn routes() -> BTreeSet<String> {
        let source = include_str!("routes.rs");
        let body = source.split("Router::new()").nth(1).unwrap();
        let mut routes = BTreeSet::new();
        for route in body.split(".route(").skip(1) {
            let route = route.split(".layer(").next().unwrap();
            let path = route.split('"').nth(1).unwrap();
            for method in ["get", "post", "put", "patch", "delete"] {
                if route.contains(&format!("{method}(")) {
                    routes.insert(format!("{method} {path}"));
                }
            }
        }
        routes.remove("get /openapi.json");
        routes
    }

    #[test]
    fn every_route_is_documented_and_nothing_else() {
        let document = openapi().into_value();
        let mut written = BTreeSet::new();
        let mut ids = HashSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                written.insert(format!("{method} {path}"));
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id} twice");
            }
        }
        assert_eq!(routes(), written);
        assert!(written.len() > 30, "{}", written.len());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = openapi().into_value();
        for part in document.to_string().split("\"$ref\":\"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
