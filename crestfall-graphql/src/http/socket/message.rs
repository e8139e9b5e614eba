//! Messages of `graphql-transport-ws`: from text, and to text.

use serde_json::{Map, Value as Json, json};

use super::super::read;
use crate::config::Limits;
use crate::limit;
use crate::request::{Error, Request, Response};

/// The most bytes of a reason: a frame that closes has 125, two of which are the code.
const REASON: usize = 123;

/// Why a connection is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    reason: String,
}

impl Close {
    pub(super) fn new(code: u16, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }

    /// As much of the reason as a frame holds.
    pub(super) fn reason(&self) -> &str {
        let end = self.reason.floor_char_boundary(REASON);
        &self.reason[..end]
    }
}

/// What a client says.
#[derive(Debug)]
pub(super) enum Received {
    ConnectionInit(Json),
    Ping(Option<Json>),
    Pong,
    Subscribe {
        id: String,
        /// Why the payload is no operation, else.
        payload: Result<Box<Request>, Box<Error>>,
    },
    Complete(String),
}

impl Received {
    /// A message.
    ///
    /// # Errors
    /// It is none: the connection is to be closed.
    pub(super) fn parse(text: &[u8], limits: &Limits) -> Result<Self, Close> {
        limit::check_values(text, limits.values).map_err(|exceeded| invalid(exceeded.message()))?;
        let Ok(Json::Object(mut message)) = serde_json::from_slice(text) else {
            return Err(invalid("no JSON object"));
        };
        let kind = match message.remove("type") {
            Some(Json::String(kind)) => kind,
            _ => return Err(invalid("no `type`")),
        };
        match kind.as_str() {
            "connection_init" => Ok(Self::ConnectionInit(
                payload(&mut message)?.unwrap_or(Json::Null),
            )),
            "ping" => Ok(Self::Ping(payload(&mut message)?)),
            "pong" => payload(&mut message).map(|_| Self::Pong),
            "subscribe" => {
                let id = id(&mut message)?;
                let Some(payload @ Json::Object(_)) = message.remove("payload") else {
                    return Err(invalid("`payload` is no object"));
                };
                let operation = read::operation(payload);
                let payload = operation.map(Box::new).map_err(|malformed| malformed.error);
                Ok(Self::Subscribe { id, payload })
            }
            "complete" => id(&mut message).map(Self::Complete),
            _ => Err(invalid("unknown `type`")),
        }
    }
}

fn payload(message: &mut Map<String, Json>) -> Result<Option<Json>, Close> {
    match message.remove("payload") {
        None | Some(Json::Null) => Ok(None),
        Some(payload @ Json::Object(_)) => Ok(Some(payload)),
        Some(_) => Err(invalid("`payload` is no object")),
    }
}

fn id(message: &mut Map<String, Json>) -> Result<String, Close> {
    match message.remove("id") {
        Some(Json::String(id)) if !id.is_empty() => Ok(id),
        _ => Err(invalid("`id` is no text")),
    }
}

fn invalid(why: &str) -> Close {
    Close::new(4400, format!("Invalid message: {why}"))
}

/// What the server says.
#[derive(Debug)]
pub(super) enum Sent<'a> {
    ConnectionAck,
    Pong(Option<Json>),
    Next(&'a str, &'a Response),
    Error(&'a str, &'a [Error]),
    Complete(&'a str),
}

impl Sent<'_> {
    pub(super) fn to_text(&self) -> String {
        let message = match self {
            Self::ConnectionAck => json!({ "type": "connection_ack" }),
            Self::Pong(None) => json!({ "type": "pong" }),
            Self::Pong(Some(payload)) => json!({ "type": "pong", "payload": payload }),
            Self::Complete(id) => json!({ "id": id, "type": "complete" }),
            Self::Error(id, errors) => {
                let errors: Json = errors.iter().map(Error::to_json).collect();
                json!({ "id": id, "type": "error", "payload": errors })
            }
            Self::Next(id, response) => return next(id, response),
        };
        message.to_string()
    }
}

/// What PostgreSQL wrote is passed on as it is.
fn next(id: &str, response: &Response) -> String {
    let payload = response.to_body();
    let id = Json::from(id);
    // PostgreSQL writes UTF-8, and so do we.
    let payload = String::from_utf8_lossy(&payload);
    format!("{{\"id\":{id},\"type\":\"next\",\"payload\":{payload}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(text: &str) -> Close {
        Received::parse(text.as_bytes(), &Limits::default()).unwrap_err()
    }

    #[test]
    fn what_is_no_message_closes_the_connection() {
        for text in [
            "",
            "7",
            "[]",
            "{}",
            "{\"type\":7}",
            "{\"type\":\"start\"}",
            "{\"type\":\"ping\",\"payload\":7}",
            "{\"type\":\"subscribe\"}",
            "{\"type\":\"subscribe\",\"id\":\"\",\"payload\":{}}",
            "{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":\"{a}\"}",
            "{\"type\":\"complete\"}",
        ] {
            assert_eq!(closed(text).code, 4400, "{text}");
        }
        let deep = format!("{{\"type\":\"ping\",\"payload\":{}", "[".repeat(200_000));
        assert_eq!(closed(&deep).code, 4400);
    }

    #[test]
    fn a_payload_without_an_operation_is_the_operations_own_error() {
        let text = r#"{"type":"subscribe","id":"1","payload":{"query":7}}"#;
        match Received::parse(text.as_bytes(), &Limits::default()).unwrap() {
            Received::Subscribe { id, payload } => {
                assert_eq!((id.as_str(), payload.is_err()), ("1", true));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reasons_fit_into_a_frame() {
        let close = Close::new(4400, "é".repeat(100));
        assert_eq!(close.reason().len(), 122);
        assert_eq!(Close::new(4400, "short").reason(), "short");
    }

    #[test]
    fn answers_are_passed_on_as_they_are() {
        let response = Response::data("{\"a\":1.00}", Vec::new());
        let text = Sent::Next("a\"b", &response).to_text();
        let expected = r#"{"id":"a\"b","type":"next","payload":{"data":{"a":1.00}}}"#;
        assert_eq!(text, expected);
    }
}
