//! Request bodies.

mod csv;
mod keys;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::{Text, form};
use crate::media_type::MediaType;

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

/// A body with the names of the columns or arguments it gives.
type Checked = Result<(Payload, BTreeSet<Text>), InvalidBody>;

/// What is wrong with a body, in a client's words.
pub(super) type InvalidBody = Cow<'static, str>;

const KEYS_DIFFER: &str = "All object keys must match";
const NOT_UTF8: &str = "The body is not UTF-8";

impl Payload {
    /// Checks a body. `columns` is what `columns=` says, where it applies; `to_routine` is the
    /// body of a call. The body of a call may be empty: it stays so, and gives no names.
    pub(super) fn check(
        body: Bytes,
        content_type: &MediaType,
        columns: Option<&BTreeSet<Text>>,
        to_routine: bool,
    ) -> Checked {
        match (content_type, columns) {
            (MediaType::Json, Some(columns)) => Ok((Self::RawJson(body), columns.clone())),
            (MediaType::Json, None) if body.is_empty() && to_routine => {
                Ok((Self::Json(body), BTreeSet::new()))
            }
            (MediaType::Json, None) => json(body),
            (MediaType::Csv, _) => csv::to_json(&body),
            (MediaType::UrlEncoded, _) => form(&body, to_routine),
            (MediaType::Text | MediaType::Xml | MediaType::OctetStream, _) if to_routine => {
                Ok((Self::Raw(body), BTreeSet::new()))
            }
            (other, _) => Err(format!("Content-Type not acceptable: {}", other.mime()).into()),
        }
    }
}

fn json(body: Bytes) -> Checked {
    const INVALID: &str = "Empty or invalid json";
    let text = std::str::from_utf8(&body).map_err(|_| INVALID)?;
    let shape = serde_json::from_str(text).map_err(|_| INVALID)?;
    match shape {
        keys::Shape::Uniform(keys) => Ok((Payload::Json(body), keys)),
        keys::Shape::Mixed => Err(KEYS_DIFFER.into()),
        keys::Shape::NoRows => Ok((Payload::Json(Bytes::from_static(b"[]")), BTreeSet::new())),
    }
}

fn form(body: &[u8], to_routine: bool) -> Checked {
    let pairs = form::pairs(body).map_err(|form::NotUtf8| NOT_UTF8)?;
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| (Text::from(name), Text::from(value.unwrap_or_default())));
    if to_routine {
        let pairs: Vec<_> = pairs.collect();
        let names = pairs.iter().map(|(name, _)| name.clone()).collect();
        return Ok((Payload::Form(pairs), names));
    }
    // Of equal names the last counts.
    let object: BTreeMap<Text, Text> = pairs.collect();
    let text = serde_json::to_vec(&object).map_err(|error| error.to_string())?;
    Ok((Payload::Json(text.into()), object.into_keys().collect()))
}
