//! From an HTTP request to the operation in it, as the GraphQL-over-HTTP specification has it.

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::Value as Json;
use serde_json::error::Category;

use crate::config::Limits;
use crate::limit::{self, Exceeded};
use crate::request::{Error, Request};

/// A request that holds no operation: its status, and why.
#[derive(Debug)]
pub(crate) struct Malformed {
    pub(crate) status: StatusCode,
    pub(crate) error: Box<Error>,
}

impl Malformed {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            error: Box::new(Error::new(message)),
        }
    }

    fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }
}

/// A limit that the body is beyond.
fn too_large(exceeded: Exceeded) -> Malformed {
    Malformed {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        error: Box::new(exceeded.into()),
    }
}

/// The operation in a body.
pub(crate) async fn posted(
    parts: &Parts,
    body: Body,
    limits: &Limits,
) -> Result<Request, Malformed> {
    if !is_json(&parts.headers) {
        let message = "the body must be application/json, in UTF-8";
        return Err(Malformed::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let limited = Limited::new(body, limits.body_bytes);
    let body = limited.collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            let most = format!("{} bytes", limits.body_bytes);
            return too_large(Exceeded::new("the body is too large", most, "max_body"));
        }
        Malformed::bad("the body could not be read")
    })?;
    request(&body.to_bytes(), limits)
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let mut parts = value.unwrap_or_default().split(';').map(str::trim);
    let is_json = parts
        .next()
        .is_some_and(|value| value.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.all(|part| match part.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

/// The operation in a JSON text.
pub(crate) fn request(json: &[u8], limits: &Limits) -> Result<Request, Malformed> {
    match json.trim_ascii_start().first() {
        None => return Err(Malformed::bad("the body is empty")),
        Some(b'[') => {
            return Err(Malformed::bad(
                "one operation at a time: the body must be an object, not a list of them",
            ));
        }
        Some(_) => {}
    }
    limit::check_values(json, limits.values).map_err(too_large)?;
    serde_json::from_slice::<Members>(json)
        .map_err(|error| match error.classify() {
            Category::Data if json.trim_ascii_start().starts_with(b"{") => {
                Malformed::bad(format!("in the body: {error}"))
            }
            Category::Data => Malformed::bad("the body must be an object"),
            _ => Malformed::bad(format!("the body is not JSON: {error}")),
        })?
        .operation()
}

/// The operation in a JSON value.
pub(crate) fn operation(value: Json) -> Result<Request, Malformed> {
    // Serde would take a list for a struct.
    let members = value.is_object().then(|| serde_json::from_value(value));
    match members {
        Some(Ok::<Members, _>(members)) => members.operation(),
        _ => Err(Malformed::bad("the body must be an object")),
    }
}

/// What a request may hold, whatever it is.
#[derive(Default, serde::Deserialize)]
struct Members {
    query: Option<Json>,
    #[serde(rename = "operationName")]
    operation_name: Option<Json>,
    variables: Option<Json>,
    extensions: Option<Json>,
    #[serde(rename = "documentId")]
    document_id: Option<Json>,
}

impl Members {
    fn operation(self) -> Result<Request, Malformed> {
        let object = |name: &str, value: Option<Json>| match value {
            Some(value @ Json::Object(_)) => Ok(value),
            None => Ok(Json::Null),
            Some(_) => Err(Malformed::bad(format!("{name} must be an object"))),
        };
        let text = |name: &str, value: Option<Json>| match value {
            Some(Json::String(text)) => Ok(Some(text)),
            None => Ok(None),
            Some(_) => Err(Malformed::bad(format!("`{name}` must be a text"))),
        };
        let extensions = object("`extensions`", self.extensions)?;
        let document_id = text("documentId", self.document_id)?;
        let is_named = document_id.is_some() || extensions.get("persistedQuery").is_some();
        let query = match text("query", self.query)? {
            Some(query) => query,
            // What was persisted is asked for without its text.
            None if is_named => String::new(),
            None => return Err(Malformed::bad("a `query` is missing")),
        };
        Ok(Request {
            query,
            variables: object("variables", self.variables)?,
            operation_name: text("operationName", self.operation_name)?,
            extensions,
            document_id,
        })
    }
}

/// The operation in a query string.
pub(crate) fn queried(parts: &Parts, limits: &Limits) -> Result<Request, Malformed> {
    #[derive(serde::Deserialize)]
    struct Query {
        query: Option<String>,
        variables: Option<String>,
        #[serde(rename = "operationName")]
        operation_name: Option<String>,
        extensions: Option<String>,
        #[serde(rename = "documentId")]
        document_id: Option<String>,
    }
    let axum::extract::Query(query) = axum::extract::Query::<Query>::try_from_uri(&parts.uri)
        .map_err(|_| Malformed::bad("the query string must name each parameter once"))?;
    let json = |name: &str, text: Option<String>| {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        limit::check_values(text.as_bytes(), limits.values).map_err(too_large)?;
        serde_json::from_str(&text)
            .map_err(|_| Malformed::bad(format!("`{name}` must be a JSON object")))
    };
    let operation_name = query.operation_name.filter(|name| !name.is_empty());
    Members {
        query: query.query.map(Json::from),
        operation_name: operation_name.map(Json::from),
        variables: json("variables", query.variables)?,
        extensions: json("extensions", query.extensions)?,
        document_id: query.document_id.map(Json::from),
    }
    .operation()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> (u16, String) {
        let limits = Limits {
            values: 20,
            ..Limits::default()
        };
        let malformed = request(body.as_bytes(), &limits).unwrap_err();
        (malformed.status.as_u16(), malformed.error.message)
    }

    #[test]
    fn what_is_no_request_is_told_why() {
        for (body, part) in [
            ("", "is empty"),
            ("[{\"query\": \"{a}\"}]", "one operation at a time"),
            ("NONSENSE", "not JSON"),
            ("7", "must be an object"),
            ("{\"qeury\": \"{a}\"}", "a `query` is missing"),
            ("{\"query\": 7}", "`query` must be a text"),
            ("{\"query\": \"{a}\", \"variables\": [7]}", "variables must"),
            (
                "{\"query\": \"{a}\", \"extensions\": false}",
                "`extensions` must",
            ),
            (
                "{\"query\": \"{a}\", \"operationName\": 0}",
                "`operationName` must",
            ),
        ] {
            let (status, message) = refused(body);
            assert_eq!(status, 400, "{body}");
            assert!(message.contains(part), "{message}");
        }
        let deep = format!("{{\"query\": \"{{a}}\", \"variables\": {}", "[".repeat(15));
        assert_eq!(refused(&deep).0, 400);
        let many = format!(
            "{{\"query\": \"{{a}}\", \"variables\": {{\"a\": [{}0]}}}}",
            "0,".repeat(50)
        );
        let (status, message) = refused(&many);
        assert_eq!(status, 413);
        assert!(message.contains("graphql.max_values"), "{message}");
    }

    #[test]
    fn a_body_is_json_in_utf_8() {
        let is = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, value.parse().unwrap());
            is_json(&headers)
        };
        assert!(is("application/json") && is("Application/JSON; charset=\"UTF-8\""));
        assert!(!is("application/json; charset=latin1") && !is("text/plain") && !is(""));
        assert!(!is_json(&HeaderMap::new()));
    }
}
