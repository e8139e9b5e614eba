//! The endpoint as an OpenAPI 3.1 document: the way in. What can be asked there the schema of each
//! role tells, by introspection.

use crestfall_core::openapi::{Answer, Document, Operation, Parameter, Schema};
use http::Method;
use serde_json::json;

/// A bearer token among the security schemes.
const BEARER: &str = "bearer";
/// The group of both operations.
const TAG: &str = "graphql";

/// What every answer is, good or bad.
const RESPONSE: &str = "GraphQlResponse";
/// Every refusal.
const REFUSAL: &str = "GraphQlRefusal";

const ABOUT: &str = "\
An answer has the media type that `Accept` asks for. With `application/json` the status of an operation \
that was refused is 200, with `application/graphql-response+json` it is 400. With `text/event-stream` \
each answer of a subscription is an event `next`, and `complete` is the last.";

const SOCKET: &str = "\
An upgrade to WebSocket at the same address takes the protocol `graphql-transport-ws`: queries, mutations \
and subscriptions.";

/// The document, with the path relative to where [`GraphQl::router`](crate::GraphQl::router) is nested.
///
/// ```
/// let mut mine = serde_json::json!({
///     "openapi": "3.1.0", "info": { "title": "Mine", "version": "1" }, "paths": {},
/// });
/// crestfall_graphql::openapi().mounted("/graphql/v1").merge_into(&mut mine);
/// assert!(mine["paths"]["/graphql/v1"]["post"].is_object());
/// ```
pub fn openapi() -> Document {
    let mut document = Document::new("GraphQL", env!("CARGO_PKG_VERSION"));
    document.describe("GraphQL over the database: the schema is what the caller's role may use.");
    document.security_scheme(
        BEARER,
        json!({
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A token that names a role of the database.",
        }),
    );
    document.tag(
        TAG,
        "Operations on rows and functions, one statement each; subscriptions",
    );
    write_forms(&mut document);
    document.operation(Method::POST, "/", execute());
    document.operation(Method::GET, "/", query());
    document
}

fn write_forms(document: &mut Document) {
    let request = Schema::object()
        .describe("One operation.")
        .optional(
            "query",
            Schema::string().nullable().describe(
                "The document. Left out where `documentId` or `extensions.persistedQuery` names one.",
            ),
        )
        .optional(
            "variables",
            Schema::map().nullable().describe("The values of the operation's variables."),
        )
        .optional(
            "operationName",
            Schema::string()
                .nullable()
                .describe("Which of the document's operations is meant, where there are several."),
        )
        .optional("extensions", Schema::map().nullable())
        .optional(
            "documentId",
            Schema::string().nullable().describe("The name of a document that the server knows."),
        )
        .example(json!({ "query": "query Kind { __typename }", "operationName": "Kind" }));
    document.schema("GraphQlRequest", request);
    let place = Schema::object()
        .required("line", Schema::integer("int32"))
        .required("column", Schema::integer("int32"));
    let place = document.schema("GraphQlPlace", place);
    let error = Schema::object()
        .required("message", Schema::string())
        .optional("locations", Schema::array(place))
        .optional("path", Schema::array(Schema::string()))
        .optional(
            "extensions",
            Schema::map().describe("`code`: PostgreSQL's SQLSTATE, or a word of ours."),
        );
    let error = document.schema("GraphQlError", error);
    let response = Schema::object()
        .describe(
            "What came of it: no `data` when nothing was executed, no `errors` when all went well.",
        )
        .optional("data", Schema::map().nullable())
        .optional("errors", Schema::array(error))
        .example(json!({ "data": { "__typename": "Query" } }));
    let response = document.schema(RESPONSE, response);
    let refusal =
        Answer::new("Refused: `errors` say why").body("application/json", response.clone());
    let refusal = refusal.body("application/graphql-response+json", response);
    document.answer(REFUSAL, refusal);
}

fn execute() -> Operation {
    let operation = Operation::new("graphql_execute", "Executes an operation")
        .body(Schema::reference("GraphQlRequest"));
    answered(operation, &[400, 401, 403, 406, 413, 415, 429, 503]).describe(ABOUT)
}

fn query() -> Operation {
    let text = |name, about| Parameter::query(name, Schema::string()).describe(about);
    let operation = Operation::new(
        "graphql_query",
        "Executes an operation that changes nothing",
    )
    .parameter(text("query", "The document.").example("{ __typename }"))
    .parameter(text("variables", "A JSON object."))
    .parameter(text(
        "operationName",
        "Which of the document's operations is meant.",
    ))
    .parameter(text("extensions", "A JSON object."))
    .parameter(text(
        "documentId",
        "The name of a document that the server knows.",
    ));
    answered(operation, &[400, 401, 403, 405, 406, 413, 429, 503])
        .describe(&format!("{ABOUT} {SOCKET}"))
}

fn answered(operation: Operation, refused: &[u16]) -> Operation {
    let response = || Schema::reference(RESPONSE);
    let answer = Answer::new("What came of it")
        .body("application/json", response())
        .body("application/graphql-response+json", response())
        .body("text/event-stream", Schema::string());
    let operation = operation
        .tag(TAG)
        .security(&[BEARER, ""])
        .answers(200, answer);
    let refuse = |operation: Operation, &status| operation.shared_answer(status, REFUSAL);
    refused.iter().fold(operation, refuse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        let document = openapi().into_value();
        for part in document.to_string().split("\"$ref\":\"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
