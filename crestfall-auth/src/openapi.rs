//! What the service offers, as an OpenAPI 3.1 document.
//!
//! It is written by hand, a module for each group of routes, and not derived from the types of
//! requests and answers: those follow GoTrue, which takes `null` for nothing and empty texts for
//! absent members everywhere, so that what a derive macro reads off them is not what a client should
//! send. What keeps it true are tests: each route of the source is in it and nothing else, and every
//! answer that the integration tests get is one that it names, in the form that it gives.

mod admin;
mod factors;
mod oauth;
mod pages;
mod schemas;
mod scim;
mod sign_in;
mod user;

use crestfall_core::openapi::{Answer, Document, Group, Operation, Parameter, Schema};
use serde_json::json;

/// A bearer token among the security schemes.
const BEARER: &str = "bearer";
/// The secret of a provisioning client.
const SCIM: &str = "scim";
/// A browser's session.
const COOKIE: &str = "cookie";

/// The document, with paths relative to where [`Auth::router`](crate::Auth::router) is nested. It
/// describes every endpoint, whether it is enabled or not.
///
/// ```
/// let mut mine = serde_json::json!({
///     "openapi": "3.1.0", "info": { "title": "Mine", "version": "1" }, "paths": {},
/// });
/// crestfall_auth::openapi().mounted("/auth/v1").merge_into(&mut mine);
/// assert!(mine["paths"]["/auth/v1/signup"]["post"].is_object());
/// ```
pub fn openapi() -> Document {
    let mut document = Document::new("Authentication", env!("CARGO_PKG_VERSION"));
    document.describe("Users, sessions and every way to prove who you are.");
    document.security_scheme(
        BEARER,
        json!({
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The access token of a session, a token of a role, or an API key.",
        }),
    );
    document.security_scheme(
        SCIM,
        json!({
            "type": "http", "scheme": "bearer",
            "description": "A secret of the settings' `scim.clients`, which opens nothing else.",
        }),
    );
    document.security_scheme(
        COOKIE,
        json!({
            "type": "apiKey", "in": "cookie", "name": "__Host-crestfall",
            "description": "A browser's session, from `POST /cookie/session` or the login page.",
        }),
    );
    schemas::write(&mut document);
    for (tag, about, write) in [
        (
            "sign-in",
            "Signing up and in, and out again",
            sign_in::write as fn(&mut Group<'_>),
        ),
        ("user", "The user who is signed in", user::write),
        ("factors", "Second factors and passkeys", factors::write),
        (
            "admin",
            "What a service or an administrator may do",
            admin::write,
        ),
        (
            "oauth",
            "Applications that act for a user (OAuth 2.1)",
            oauth::write,
        ),
        (
            "scim",
            "Users kept by an identity provider (SCIM 2.0)",
            scim::write,
        ),
        (
            "pages",
            "Pages, links in mails, and what other servers ask",
            pages::write,
        ),
    ] {
        document.tag(tag, about);
        write(&mut Group::new(&mut document, tag, in_path));
    }
    document
}

fn in_path(name: &str) -> Parameter {
    let schema = match name {
        "identifier" | "name" => Schema::string(),
        _ => Schema::uuid(),
    };
    Parameter::path(name, schema)
}

/// How what anybody may ask is refused.
const PUBLIC: &[u16] = &[400, 403, 404, 413, 422, 429, 500, 503];

/// What anybody may ask.
fn public(id: &str, summary: &str) -> Operation {
    let operation = Operation::new(&name(id), summary).security(&[""]);
    refused(operation, PUBLIC)
}

/// What a user asks with the token of a session.
fn user(id: &str, summary: &str) -> Operation {
    let operation = Operation::new(&name(id), summary).security(&[BEARER]);
    refused(operation, &[400, 401, 403, 404, 413, 422, 429, 500, 503])
}

/// What `service_role` or an administrator's token asks.
fn admin(id: &str, summary: &str) -> Operation {
    let operation = Operation::new(&name(id), summary).security(&[BEARER]);
    refused(
        operation,
        &[400, 401, 403, 404, 409, 413, 422, 429, 500, 503],
    )
}

/// Operations of several services meet in one document.
fn name(id: &str) -> String {
    format!("auth_{id}")
}

fn refused(operation: Operation, statuses: &[u16]) -> Operation {
    refused_by("AuthRefusal", operation, statuses)
}

/// Refused in this form. An operation has one form alone for all statuses: some generators know no
/// other.
fn refused_by(answer: &str, operation: Operation, statuses: &[u16]) -> Operation {
    let refuse = |operation: Operation, &status| operation.shared_answer(status, answer);
    statuses.iter().fold(operation, refuse)
}

/// An object of these members; a name that ends with `?` may be left out.
fn members<const N: usize>(members: [(&str, Schema); N]) -> Schema {
    let add = |object: Schema, (name, schema): (&str, Schema)| match name.strip_suffix('?') {
        Some(name) => object.optional(name, schema),
        None => object.required(name, schema),
    };
    members.into_iter().fold(Schema::object(), add)
}

fn text() -> Schema {
    Schema::string()
}

fn redirect_to() -> Parameter {
    Parameter::query("redirect_to", text())
        .describe("Where the link in the mail leads to in the end; one of the allowed addresses.")
}

/// Pages of a long list.
fn paged(operation: Operation) -> Operation {
    let number = || Schema::integer("int64").with("minimum", 1);
    operation
        .parameter(Parameter::query("page", number()).describe("The first is 1."))
        .parameter(Parameter::query("per_page", number().with("maximum", 1000)))
}

/// A list of which there is more.
fn page_of(schema: Schema) -> Answer {
    Answer::new("A page")
        .header("X-Total-Count", "How many there are in all")
        .header("Link", "Addresses of the next and the last page (RFC 8288)")
        .body("application/json", schema)
}

/// An answer that sends a browser elsewhere.
fn redirect() -> Answer {
    Answer::new("Goes on elsewhere").header("Location", "Where")
}

/// A page for people.
fn page(description: &str) -> Answer {
    Answer::new(description).body("text/html", text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_name_of_its_own_and_every_reference_leads_somewhere() {
        let document = openapi().into_value();
        let mut names = std::collections::HashSet::new();
        let mut count = 0;
        for item in document["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(names.insert(id.to_owned()), "{id} twice");
                count += 1;
            }
        }
        assert!(count > 80, "{count}");
        let text = document.to_string();
        for part in text.split("\"$ref\":\"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
