//! What a client sends, and what it gets back, whatever carries them.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::document::Position;
use crate::refusal::Refusal;

/// An operation to execute.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Request {
    /// The document.
    pub query: String,
    /// The values of its variables, an object; null is none.
    #[serde(default)]
    pub variables: Json,
    /// Which of the document's operations is meant; needed when there are several.
    #[serde(default, rename = "operationName")]
    pub operation_name: Option<String>,
    /// Whatever else a client tells: of it, `persistedQuery` is read.
    #[serde(default)]
    pub extensions: Json,
    /// The name of a document that the server knows, in place of its text.
    #[serde(default, rename = "documentId")]
    pub document_id: Option<String>,
}

impl Request {
    /// A document of one operation without variables.
    pub fn new(query: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            ..Self::default()
        }
    }
}

/// What came of an operation.
#[derive(Debug, Clone)]
pub struct Response {
    /// The answer as JSON; `null` when nothing could be answered. None when the operation was not
    /// executed at all: then `data` is left out.
    pub data: Option<Bytes>,
    /// What went wrong, if anything.
    pub errors: Vec<Error>,
    /// How HTTP tells it where the status may say so.
    pub fate: Fate,
    /// The body that has `data` in it, where it was written so.
    pub(crate) whole: Option<Bytes>,
}

/// What stands around `data` where there is nothing else.
const BEFORE_DATA: &[u8] = b"{\"data\":";
const AFTER_DATA: &[u8] = b"}";

/// What became of a request, for those who answer with a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was executed, perhaps with errors.
    Executed,
    /// It is no operation that can be executed.
    Refused,
    /// It changes something, which a GET may not.
    MethodNotAllowed,
    /// The database cannot be asked now.
    Unavailable,
}

/// An error as GraphQL tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// For people.
    pub message: String,
    /// Line and column in the document, from 1.
    pub location: Option<(u32, u32)>,
    /// The field of the root that it is about.
    pub path: Option<String>,
    /// For programs: an SQLSTATE, or a word of ours.
    pub code: Option<String>,
    /// Where in the arguments of the field, when related rows are written: `objects[2].director.data`.
    pub input: Option<String>,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            location: None,
            path: None,
            code: None,
            input: None,
        }
    }

    /// It is about this place in the field's arguments, which the message names first.
    pub(crate) fn of_input(mut self, input: &str) -> Self {
        self.message = format!("{input}: {}", self.message);
        self.input = Some(input.to_owned());
        self
    }

    /// Whether a grant or a policy refused.
    pub(crate) fn is_forbidden(&self) -> bool {
        self.code.as_deref() == Some("42501")
    }

    pub(crate) fn coded(mut self, code: &str) -> Self {
        self.code = Some(code.to_owned());
        self
    }

    pub(crate) fn at(mut self, at: Position) -> Self {
        self.location = Some((at.line, at.column));
        self
    }

    pub(crate) fn of_field(mut self, key: &str) -> Self {
        self.path = Some(key.to_owned());
        self
    }

    pub(crate) fn to_json(&self) -> Json {
        let mut error = serde_json::Map::new();
        error.insert("message".into(), self.message.as_str().into());
        if let Some((line, column)) = self.location {
            let place = serde_json::json!([{ "line": line, "column": column }]);
            error.insert("locations".into(), place);
        }
        if let Some(key) = &self.path {
            error.insert("path".into(), serde_json::json!([key]));
        }
        let extensions = [("code", &self.code), ("input", &self.input)];
        let extensions = extensions.into_iter().filter_map(|(name, value)| {
            let value = value.as_deref()?;
            Some((name.to_owned(), Json::from(value)))
        });
        let extensions: serde_json::Map<String, Json> = extensions.collect();
        if !extensions.is_empty() {
            error.insert("extensions".into(), extensions.into());
        }
        error.into()
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let input = refusal.input();
        let mut error = Self::new(refusal.message);
        if let Some(input) = input {
            error = error.of_input(&input);
        }
        match refusal.at {
            Some(at) => error.at(at),
            None => error,
        }
    }
}

impl Response {
    /// An operation that was answered.
    pub(crate) fn data(data: impl Into<Bytes>, errors: Vec<Error>) -> Self {
        Self {
            data: Some(data.into()),
            errors,
            fate: Fate::Executed,
            whole: None,
        }
    }

    /// An operation that was answered, its data written by this at once into the body that tells of it.
    pub(crate) fn written(
        capacity: usize,
        errors: Vec<Error>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Self {
        let around = BEFORE_DATA.len() + AFTER_DATA.len();
        let mut whole = Vec::with_capacity(capacity + around);
        whole.extend_from_slice(BEFORE_DATA);
        write(&mut whole);
        whole.extend_from_slice(AFTER_DATA);
        let whole = Bytes::from(whole);
        let data = whole.slice(BEFORE_DATA.len()..whole.len() - AFTER_DATA.len());
        Self {
            whole: Some(whole),
            ..Self::data(data, errors)
        }
    }

    /// A request that is no operation.
    pub(crate) fn refused(error: impl Into<Error>) -> Self {
        Self {
            data: None,
            errors: vec![error.into()],
            fate: Fate::Refused,
            whole: None,
        }
    }

    /// An operation that failed while it was executed.
    pub(crate) fn failed(errors: Vec<Error>) -> Self {
        Self::data(Bytes::from_static(b"null"), errors)
    }

    pub(crate) fn with_fate(mut self, fate: Fate) -> Self {
        self.fate = fate;
        self
    }

    /// The body of an answer: a JSON object with `data` and `errors`.
    pub fn to_body(&self) -> Bytes {
        if let (Some(data), true) = (&self.data, self.errors.is_empty()) {
            // Unless somebody has put other data in their place.
            if let Some(whole) = &self.whole
                && whole[BEFORE_DATA.len()..].as_ptr() == data.as_ptr()
                && whole.len() == BEFORE_DATA.len() + data.len() + AFTER_DATA.len()
            {
                return whole.clone();
            }
            return [BEFORE_DATA, data, AFTER_DATA].concat().into();
        }
        let errors: Json = self.errors.iter().map(Error::to_json).collect();
        let mut body = Vec::from(&b"{"[..]);
        if let Some(data) = &self.data {
            body.extend_from_slice(b"\"data\":");
            body.extend_from_slice(data);
            body.push(b',');
        }
        body.extend_from_slice(b"\"errors\":");
        body.extend_from_slice(errors.to_string().as_bytes());
        body.push(b'}');
        body.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_data_only_when_something_was_executed_gq_042() {
        let text = |response: Response| String::from_utf8(response.to_body().to_vec()).unwrap();
        assert_eq!(text(Response::data("{}", vec![])), r#"{"data":{}}"#);
        let written = |errors| Response::written(0, errors, |json| json.extend_from_slice(b"{}"));
        assert_eq!(written(vec![]).data.unwrap(), "{}");
        assert_eq!(text(written(vec![])), r#"{"data":{}}"#);
        let mut other = written(vec![]);
        other.data = Some("[]".into());
        assert_eq!(text(other), r#"{"data":[]}"#);
        assert_eq!(
            text(written(vec![Error::new("no")])),
            r#"{"data":{},"errors":[{"message":"no"}]}"#
        );
        assert_eq!(
            text(Response::refused(Error::new("no"))),
            r#"{"errors":[{"message":"no"}]}"#
        );
        let at = Position { line: 1, column: 3 };
        let error = Error::new("no").at(at).of_field("film");
        assert_eq!(
            text(Response::failed(vec![error])),
            r#"{"data":null,"errors":[{"message":"no","locations":[{"line":1,"column":3}],"path":["film"]}]}"#
        );
    }
}
