//! What the statements answer with.

use crestfall_core::catalog::comment;
use serde::Deserialize;

/// A relation and what may be done with it.
#[derive(Debug, Deserialize)]
pub(super) struct OfferedRelation {
    pub(super) name: String,
    pub(super) delete: bool,
    pub(super) columns: Vec<OfferedColumn>,
}

/// A column and what may be done with it.
#[derive(Debug, Deserialize)]
pub(super) struct OfferedColumn {
    pub(super) name: String,
    /// OID.
    pub(super) r#type: u32,
    pub(super) not_null: bool,
    pub(super) select: bool,
    /// Never of generated columns.
    pub(super) insert: bool,
    /// Never of generated columns.
    pub(super) update: bool,
}

/// A function that may be called.
#[derive(Debug, Deserialize)]
pub(super) struct OfferedRoutine {
    pub(super) name: String,
    #[serde(deserialize_with = "comment::deserialize")]
    pub(super) description: Option<String>,
    pub(super) volatile: bool,
    pub(super) set_of: bool,
    /// OID.
    pub(super) returns: u32,
    pub(super) arguments: Vec<OfferedArgument>,
    /// `OUT` arguments and columns of `TABLE`.
    pub(super) columns: Vec<Member>,
}

/// An input of a function.
#[derive(Debug, Deserialize)]
pub(super) struct OfferedArgument {
    /// Empty when it has none.
    pub(super) name: String,
    /// OID.
    pub(super) r#type: u32,
    pub(super) required: bool,
    pub(super) variadic: bool,
}

/// A member of a composite value.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Member {
    pub(super) name: String,
    /// OID.
    pub(super) r#type: u32,
}

/// A type.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct TypeRow {
    pub(super) oid: u32,
    pub(super) schema: String,
    pub(super) name: String,
    #[serde(deserialize_with = "comment::deserialize")]
    pub(super) description: Option<String>,
    pub(super) kind: Kind,
    /// OID of an array's elements, of what is below a domain; else 0.
    pub(super) of: u32,
    pub(super) labels: Option<Vec<String>>,
    pub(super) attributes: Option<Vec<Member>>,
}

/// What a type is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Array,
    Base,
    Composite,
    Domain,
    Enum,
    /// Has a cast of its own to JSON.
    Json,
    /// The row type of a relation.
    Row,
}
