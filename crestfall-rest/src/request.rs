//! One HTTP request as a value: what is asked for, which may be nonsense. No I/O.

pub(crate) mod filter;
pub(crate) mod payload;
pub(crate) mod prefer;
pub(crate) mod query;
pub(crate) mod range;
pub(crate) mod select;

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use crestfall_core::QualifiedName;

use crate::media_type::MediaType;
pub(crate) use payload::Payload;
pub(crate) use prefer::Preferences;
pub(crate) use query::QueryParams;
pub(crate) use range::RowRange;

/// A name as a client wrote it.
pub(crate) type Text = Arc<str>;

/// What a client asks for.
#[derive(Debug, Clone)]
pub(crate) struct ApiRequest {
    pub(crate) action: Action,
    /// The HTTP method as sent.
    pub(crate) method: http::Method,
    /// The path as sent, with the mount point removed.
    pub(crate) path: String,
    /// The schema asked for, or the default.
    pub(crate) schema: Text,
    /// The answer names the schema: a profile header chose it, or several are exposed.
    pub(crate) negotiated_by_profile: bool,
    /// Ranges by embed path, from `limit`, `offset` and their dotted forms; the top level is `top_level_range`.
    pub(crate) ranges: Vec<(Vec<Text>, RowRange)>,
    /// Rows of the top level, from `limit`, `offset` and `Range`.
    pub(crate) top_level_range: RowRange,
    pub(crate) query: QueryParams,
    pub(crate) preferences: Preferences,
    pub(crate) payload: Option<Payload>,
    /// Columns to write: keys of the payload, or `columns=`.
    pub(crate) columns: BTreeSet<Text>,
    /// `Accept`, best first; `*/*` when absent.
    pub(crate) accept: Vec<MediaType>,
    pub(crate) content_type: MediaType,
    /// Headers except cookies, names in lower case, in order.
    pub(crate) headers: Vec<(String, Bytes)>,
    /// Cookies in order.
    pub(crate) cookies: Vec<(String, String)>,
}

/// What to do, on what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Read {
        relation: QualifiedName,
        headers_only: bool,
    },
    Mutate {
        relation: QualifiedName,
        mutation: Mutation,
    },
    Call {
        routine: QualifiedName,
        invocation: Invocation,
    },
    /// `GET /`: the OpenAPI document.
    Inspect { schema: Text, headers_only: bool },
    /// `OPTIONS` on a relation.
    RelationInfo(QualifiedName),
    /// `OPTIONS` on a function.
    RoutineInfo(QualifiedName),
    /// `OPTIONS /`.
    SchemaInfo,
}

/// A write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// `POST`
    Insert,
    /// `PATCH`
    Update,
    /// `PUT`
    SingleUpsert,
    /// `DELETE`
    Delete,
}

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invocation {
    /// `POST`: arguments in the body.
    Post,
    /// `GET` or `HEAD`: arguments in the query string.
    Read { headers_only: bool },
}
