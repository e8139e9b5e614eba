//! Parameters of operations, and those that every relation shares.

use std::fmt;

use serde::Serialize;

use super::swagger::{Schema, Type};

/// Something a request may say, and where.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameter<'a> {
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'a str>,
    pub(super) required: bool,
    pub(super) r#in: Location,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) r#type: Option<Type>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) r#enum: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) default: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) collection_format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) items: Option<Box<Schema<'a>>>,
    /// Of a body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) schema: Option<Schema<'a>>,
}

/// Where a parameter stands.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Location {
    Body,
    Header,
    Query,
}

impl<'a> Parameter<'a> {
    /// An optional text.
    pub(super) fn text(name: &'a str, r#in: Location, description: Option<&'a str>) -> Self {
        Self {
            name,
            description,
            required: false,
            r#in,
            r#type: Some(Type::String),
            format: None,
            r#enum: &[],
            default: None,
            collection_format: None,
            items: None,
            schema: None,
        }
    }

    /// A body of that form.
    pub(super) fn body(name: &'a str, schema: Schema<'a>) -> Self {
        Self {
            r#type: None,
            schema: Some(schema),
            ..Self::text(name, Location::Body, None)
        }
    }
}

/// The name under which operations share a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParameterName<'a> {
    /// One that means the same for every relation.
    Common(&'static str),
    /// Rows of a relation.
    Body(&'a str),
    /// A filter by a column of a relation.
    RowFilter(&'a str, &'a str),
}

impl fmt::Display for ParameterName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Common(name) => f.write_str(name),
            Self::Body(relation) => write!(f, "body.{relation}"),
            Self::RowFilter(relation, column) => write!(f, "rowFilter.{relation}.{column}"),
        }
    }
}

const RETURN: [&str; 3] = ["return=representation", "return=minimal", "return=none"];
const POST: [&str; 5] = [
    RETURN[0],
    RETURN[1],
    RETURN[2],
    "resolution=ignore-duplicates",
    "resolution=merge-duplicates",
];

/// The parameters that mean the same for every relation.
pub(super) fn shared<'a>() -> impl Iterator<Item = (ParameterName<'a>, Parameter<'a>)> {
    let paging = |name, r#in| Parameter::text(name, r#in, Some("Limiting and Pagination"));
    let query = |name, description| Parameter::text(name, Location::Query, Some(description));
    let range_unit = Parameter {
        default: Some("items"),
        ..paging("Range-Unit", Location::Header)
    };
    [
        ("preferParams", prefer(&[])),
        ("preferReturn", prefer(&RETURN)),
        ("preferCount", prefer(&["count=none"])),
        ("preferPost", prefer(&POST)),
        ("select", query("select", "Filtering Columns")),
        ("on_conflict", query("on_conflict", "On Conflict")),
        ("order", query("order", "Ordering")),
        ("range", paging("Range", Location::Header)),
        ("rangeUnit", range_unit),
        ("offset", paging("offset", Location::Query)),
        ("limit", paging("limit", Location::Query)),
    ]
    .into_iter()
    .map(|(name, parameter)| (ParameterName::Common(name), parameter))
}

fn prefer<'a>(preferences: &'static [&'static str]) -> Parameter<'a> {
    Parameter {
        r#enum: preferences,
        ..Parameter::text("Prefer", Location::Header, Some("Preference"))
    }
}
