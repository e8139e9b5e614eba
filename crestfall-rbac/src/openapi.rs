//! The API as an OpenAPI 3.1 document.

use serde_json::{Map, Value, json};

/// One operation: method, path, what it does, status of success, members of the body (a `?` marks
/// those that may be left out), parameters of the query.
type Operation = (
    &'static str,
    &'static str,
    &'static str,
    u16,
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

const PAGE: &[&str] = &["limit", "after"];

#[rustfmt::skip]
const OPERATIONS: &[Operation] = &[
    ("get", "/me", "What the caller may do", 200, &[], &["organisation"]),
    ("put", "/me/active-organisation", "Choose the organisation that tokens name", 204, &[("organisation?", "uuid")], &[]),
    ("post", "/check", "Decide many questions at once, in their order", 200, &[("checks", "checks"), ("subject?", "string")], &[]),
    ("get", "/explain", "Why a decision is what it is", 200, &[], &["permission", "resource", "organisation", "subject"]),
    ("get", "/permissions", "Permissions that were declared", 200, &[], PAGE),
    ("post", "/permissions", "Declare a permission", 201, &[("name", "string"), ("description?", "string")], &[]),
    ("delete", "/permissions/{permission}", "Remove a permission that no role has", 204, &[], &[]),
    ("get", "/roles", "Roles", 200, &[], &["limit", "after", "organisation", "name"]),
    ("post", "/roles", "Make a role", 201, &[("name", "string"), ("description?", "string"), ("organisation_id?", "uuid"), ("permissions?", "strings"), ("parents?", "strings")], &[]),
    ("get", "/roles/{role}", "A role", 200, &[], &[]),
    ("patch", "/roles/{role}", "Rename or describe a role", 204, &[("name?", "string"), ("description?", "string")], &[]),
    ("delete", "/roles/{role}", "Remove a role and its assignments", 204, &[], &[]),
    ("put", "/roles/{role}/permissions/{permission}", "Give a role a permission", 204, &[], &[]),
    ("delete", "/roles/{role}/permissions/{permission}", "Take a permission from a role", 204, &[], &[]),
    ("put", "/roles/{role}/parents/{parent}", "Let a role have what another has", 204, &[], &[]),
    ("delete", "/roles/{role}/parents/{parent}", "Let it not", 204, &[], &[]),
    ("get", "/assignments", "Who has which role where", 200, &[], &["limit", "after", "subject", "role", "organisation", "resource"]),
    ("post", "/assignments", "Assign a role", 201, &[("subject", "string"), ("role_id?", "uuid"), ("role?", "string"), ("organisation_id?", "uuid"), ("resource?", "string"), ("expires_at?", "date-time")], &[]),
    ("delete", "/assignments/{assignment}", "Revoke an assignment", 204, &[], &[]),
    ("get", "/organisations", "Organisations", 200, &[], PAGE),
    ("post", "/organisations", "Found an organisation", 201, &[("name", "string"), ("slug?", "string")], &[]),
    ("get", "/organisations/{organisation}", "An organisation", 200, &[], &[]),
    ("patch", "/organisations/{organisation}", "Change an organisation", 204, &[("name?", "string"), ("slug?", "string"), ("email_domains?", "strings")], &[]),
    ("delete", "/organisations/{organisation}", "Dissolve an organisation", 204, &[], &[]),
    ("get", "/organisations/{organisation}/members", "Its members", 200, &[], PAGE),
    ("put", "/organisations/{organisation}/members/{subject}", "Make somebody a member", 204, &[], &[]),
    ("delete", "/organisations/{organisation}/members/{subject}", "Remove a member and their roles in it", 204, &[], &[]),
    ("get", "/organisations/{organisation}/invitations", "Its invitations", 200, &[], PAGE),
    ("post", "/organisations/{organisation}/invitations", "Invite somebody; the answer holds the token, once", 201, &[("email?", "string"), ("role_id?", "uuid"), ("role?", "string"), ("expires_in?", "integer")], &[]),
    ("delete", "/organisations/{organisation}/invitations/{invitation}", "Withdraw an invitation", 204, &[], &[]),
    ("post", "/invitations/accept", "Accept an invitation", 200, &[("token", "string")], &[]),
    ("get", "/service-accounts", "Service accounts", 200, &[], &["limit", "after", "organisation"]),
    ("post", "/service-accounts", "Make a service account", 201, &[("name", "string"), ("description?", "string"), ("subject?", "string"), ("organisation_id?", "uuid")], &[]),
    ("delete", "/service-accounts/{account}", "Remove a service account and its assignments", 204, &[], &[]),
];

/// The document; its paths are below where the router stands.
pub(crate) fn document() -> Value {
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let (method, path, ..) = *operation;
        let entry = paths.entry(path).or_insert_with(|| json!({}));
        entry[method] = describe(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Crestfall authorization",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Roles, permissions, organisations. Each request runs as its caller.",
        },
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            },
            "schemas": { "Problem": problem() },
        },
    })
}

fn describe((method, path, summary, status, body, query): &Operation) -> Value {
    let in_path = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let of_path = in_path.map(|name| {
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
    });
    let of_query = query.iter().map(|name| {
        let kind = if *name == "limit" {
            "integer"
        } else {
            "string"
        };
        json!({ "name": name, "in": "query", "schema": { "type": kind } })
    });
    let parameters: Vec<Value> = of_path.chain(of_query).collect();
    let refused = json!({
        "description": "A problem",
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" },
        } },
    });
    let mut operation = json!({
        "summary": summary,
        "operationId": operation_id(method, path),
        "tags": [path.split('/').nth(1)],
        "parameters": parameters,
        "responses": { status.to_string(): { "description": "Done" }, "default": refused },
    });
    if !body.is_empty() {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": object(body) } },
        });
    }
    operation
}

/// `get /roles/{role}/parents` is `get_roles_role_parents`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    std::iter::once(method)
        .chain(words)
        .collect::<Vec<_>>()
        .join("_")
}

fn object(members: &[(&str, &str)]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, kind) in members {
        let name = match name.strip_suffix('?') {
            Some(name) => name,
            None => {
                required.push(*name);
                name
            }
        };
        properties.insert(name.to_owned(), schema(kind));
    }
    json!({
        "type": "object", "properties": properties, "required": required,
        "additionalProperties": false,
    })
}

fn schema(kind: &str) -> Value {
    match kind {
        "uuid" | "date-time" => json!({ "type": "string", "format": kind }),
        "strings" => json!({ "type": "array", "items": { "type": "string" } }),
        "checks" => json!({ "type": "array", "maxItems": 500, "items": object(&[
            ("permission", "string"), ("resource?", "string"), ("organisation?", "uuid"),
        ]) }),
        kind => json!({ "type": kind }),
    }
}

fn problem() -> Value {
    let text = || json!({ "type": "string" });
    json!({
        "type": "object",
        "properties": {
            "type": text(), "title": text(), "status": { "type": "integer" }, "detail": text(),
            "code": text(), "message": text(),
            "details": { "type": ["string", "null"] }, "hint": { "type": ["string", "null"] },
        },
        "required": ["type", "title", "status", "detail", "code", "message"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_have_ids_of_their_own() {
        let mut ids: Vec<String> = OPERATIONS
            .iter()
            .map(|(method, path, ..)| operation_id(method, path))
            .collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
