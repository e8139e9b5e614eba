//! The OpenAPI document is true: each route of the source is in it and nothing else, and every answer
//! that any test gets is one that it names, in the form that it gives.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crestfall_core::openapi::Document;
use crestfall_core::testing::Described;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use crate::matrix;

static DOCUMENT: LazyLock<Document> = LazyLock::new(crestfall_auth::openapi);
static DESCRIBED: LazyLock<Described> = LazyLock::new(|| Described::new(DOCUMENT.clone()));

#[test]
fn every_route_is_documented_and_nothing_else() {
    let mut written = BTreeSet::new();
    for (path, item) in DOCUMENT.as_value()["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("operations").keys() {
            written.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let served: BTreeSet<String> = matrix::routes()
        .into_iter()
        // The same where the issuer's path stands behind it (RFC 8414).
        .filter(|(path, _)| !path.ends_with("{path}"))
        .flat_map(|(path, methods)| {
            let line = move |method| format!("{method} {path}");
            methods.into_iter().map(line).collect::<Vec<_>>()
        })
        .collect();
    let missing: Vec<_> = served.difference(&written).collect();
    let invented: Vec<_> = written.difference(&served).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "not documented: {missing:?}; not served: {invented:?}"
    );
}

/// Panics when an answer is none that the document gives for its operation. What is no operation of
/// the document is nobody's business.
pub(crate) fn check(
    (method, path): (&Method, &str),
    names_version: bool,
    status: StatusCode,
    headers: &HeaderMap,
    body: &Value,
) {
    // A caller that names a version gets errors in another form.
    let body = match status.as_u16() >= 400 && names_version {
        true => &unversioned(status, body),
        false => body,
    };
    DESCRIBED.check(method, path, status, headers, body);
}

/// An error as callers get it who name no version.
fn unversioned(status: StatusCode, body: &Value) -> Value {
    let (Some(code), Some(message)) = (body.get("code"), body.get("message")) else {
        return body.clone();
    };
    if body.get("title").is_some() {
        return body.clone();
    }
    let mut error = json!({ "code": status.as_u16(), "error_code": code, "msg": message });
    if let Some(reasons) = body.get("weak_password") {
        error["weak_password"] = reasons.clone();
    }
    error
}
