//! Request bodies.

use bytes::Bytes;

use super::Text;

/// A body, checked as far as its media type allows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Payload {
    /// JSON (sent so, or made from CSV or a form): an object or an array of objects with equal keys.
    Json(Bytes),
    /// JSON nobody looked into, because `columns=` says what to take from it.
    RawJson(Bytes),
    /// A form sent to a function.
    Form(Vec<(Text, Text)>),
    /// Text, XML or bytes for a function with one unnamed parameter.
    Raw(Bytes),
}
