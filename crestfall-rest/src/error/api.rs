//! `PGRST1xx`: requests that cannot be done, whatever the database holds.

use std::borrow::Cow;

use http::StatusCode;

use super::database::RaiseError;

/// A request that makes no sense, or an answer that cannot take the shape asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// A part of the query string does not parse.
    QueryParameter {
        /// What, and where in it.
        message: String,
        /// What was found there and what was expected.
        details: String,
    },
    /// A method that calls no function.
    InvalidRpcMethod(String),
    /// The body cannot be read; says why.
    InvalidBody(String),
    /// No rows are in the range asked for.
    InvalidRange(RangeError),
    /// A PUT whose filters are not the primary key.
    InvalidFilters,
    /// A schema that is not exposed.
    UnacceptableSchema {
        /// What was asked for.
        schema: String,
        /// What there is.
        exposed: Vec<String>,
    },
    /// None of these media types can be answered with.
    MediaType(Vec<String>),
    /// A filter, order or limit on an embed that `select` does not name.
    NotEmbedded {
        /// The name used.
        resource: String,
        /// The embed has an alias that must be used: (its name, its alias).
        alias: Option<(String, String)>,
    },
    /// `response.headers` is malformed.
    GucHeaders,
    /// `response.status` is malformed.
    GucStatus,
    /// PUT with `limit` or `offset`.
    PutLimitNotAllowed,
    /// A PUT whose body has another key than its filters.
    PutMatchingPk,
    /// One object was asked for, and there are that many rows.
    Singularity(u64),
    /// A method that no resource has.
    UnsupportedMethod(String),
    /// An order by an embed that gives more than one row.
    RelatedOrderNotToOne {
        /// The relation that is ordered.
        origin: String,
        /// The embed.
        target: String,
    },
    /// A filter on an embed that is no null test.
    UnacceptableFilter(String),
    /// An error raised with SQLSTATE `PGRST` is malformed.
    Raise(RaiseError),
    /// Preferences that nobody knows, with `handling=strict`.
    InvalidPreferences(Vec<String>),
    /// Aggregates are switched off.
    AggregatesNotAllowed,
    /// More rows are affected than `max-affected` allows.
    MaxAffected(u64),
    /// A path that names nothing.
    InvalidResourcePath,
    /// The OpenAPI document is switched off.
    OpenApiDisabled,
    /// What the API does not do; says what.
    NotImplemented(String),
    /// `max-affected` on a function that returns no set.
    MaxAffectedRpc,
    /// The body is longer than this many bytes.
    BodyTooLarge(usize),
}

/// Why no rows are in a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeError {
    /// The limit is below zero.
    NegativeLimit,
    /// The `Range` header ends before it begins.
    LowerAboveUpper,
    /// The offset lies behind the last row.
    OutOfBounds {
        /// The offset.
        offset: u64,
        /// How many rows there are.
        total: u64,
    },
}

impl ApiError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::AggregatesNotAllowed
            | Self::InvalidBody(_)
            | Self::InvalidPreferences(_)
            | Self::NotEmbedded { .. }
            | Self::NotImplemented(_)
            | Self::PutLimitNotAllowed
            | Self::QueryParameter { .. }
            | Self::RelatedOrderNotToOne { .. }
            | Self::UnacceptableFilter(_)
            | Self::PutMatchingPk
            | Self::MaxAffected(_)
            | Self::MaxAffectedRpc => StatusCode::BAD_REQUEST,
            Self::InvalidResourcePath | Self::OpenApiDisabled => StatusCode::NOT_FOUND,
            Self::InvalidFilters | Self::InvalidRpcMethod(_) | Self::UnsupportedMethod(_) => {
                StatusCode::METHOD_NOT_ALLOWED
            }
            Self::MediaType(_) | Self::UnacceptableSchema { .. } | Self::Singularity(_) => {
                StatusCode::NOT_ACCEPTABLE
            }
            Self::InvalidRange(_) => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::GucHeaders | Self::GucStatus | Self::Raise(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::QueryParameter { .. } => "PGRST100",
            Self::InvalidRpcMethod(_) => "PGRST101",
            Self::InvalidBody(_) => "PGRST102",
            Self::InvalidRange(_) => "PGRST103",
            Self::InvalidFilters => "PGRST105",
            Self::UnacceptableSchema { .. } => "PGRST106",
            Self::MediaType(_) => "PGRST107",
            Self::NotEmbedded { .. } => "PGRST108",
            Self::GucHeaders => "PGRST111",
            Self::GucStatus => "PGRST112",
            Self::PutLimitNotAllowed => "PGRST114",
            Self::PutMatchingPk => "PGRST115",
            Self::Singularity(_) => "PGRST116",
            Self::UnsupportedMethod(_) => "PGRST117",
            Self::RelatedOrderNotToOne { .. } => "PGRST118",
            Self::UnacceptableFilter(_) => "PGRST120",
            Self::Raise(_) => "PGRST121",
            Self::InvalidPreferences(_) => "PGRST122",
            Self::AggregatesNotAllowed => "PGRST123",
            Self::MaxAffected(_) => "PGRST124",
            Self::InvalidResourcePath => "PGRST125",
            Self::OpenApiDisabled => "PGRST126",
            Self::NotImplemented(_) => "PGRST127",
            Self::MaxAffectedRpc => "PGRST128",
            // The anchor has no such limit and so no code for it.
            Self::BodyTooLarge(_) => "CF101",
        }
    }

    pub(super) fn message(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::QueryParameter { message, .. } | Self::InvalidBody(message) => message,
            Self::InvalidRpcMethod(method) => {
                return format!("Cannot use the {method} method on RPC").into();
            }
            Self::InvalidRange(_) => "Requested range not satisfiable",
            Self::InvalidFilters => {
                "Filters must include all and only primary key columns with 'eq' operators"
            }
            Self::UnacceptableSchema { schema, .. } => {
                return format!("Invalid schema: {schema}").into();
            }
            Self::MediaType(types) => {
                let types = types.join(", ");
                return format!("None of these media types are available: {types}").into();
            }
            Self::NotEmbedded { resource, .. } => {
                return format!("'{resource}' is not an embedded resource in this request").into();
            }
            Self::GucHeaders => {
                "response.headers guc must be a JSON array composed of objects with a single key and a string value"
            }
            Self::GucStatus => "response.status guc must be a valid status code",
            Self::PutLimitNotAllowed => {
                "limit/offset querystring parameters are not allowed for PUT"
            }
            Self::PutMatchingPk => "Payload values do not match URL in primary key column(s)",
            Self::Singularity(_) => "Cannot coerce the result to a single JSON object",
            Self::UnsupportedMethod(method) => {
                return format!("Unsupported HTTP method: {method}").into();
            }
            Self::RelatedOrderNotToOne { target, .. } => {
                return format!("A related order on '{target}' is not possible").into();
            }
            Self::UnacceptableFilter(target) => {
                return format!("Bad operator on the '{target}' embedded resource").into();
            }
            Self::Raise(_) => "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error",
            Self::InvalidPreferences(_) => "Invalid preferences given with handling=strict",
            Self::AggregatesNotAllowed => "Use of aggregate functions is not allowed",
            Self::BodyTooLarge(_) => "The request body is too large",
            Self::MaxAffected(_) => "Query result exceeds max-affected preference constraint",
            Self::InvalidResourcePath => "Invalid path specified in request URL",
            Self::OpenApiDisabled => "Root endpoint metadata is disabled",
            Self::NotImplemented(_) => "Feature not implemented",
            Self::MaxAffectedRpc => {
                "Function must return SETOF or TABLE when max-affected preference is used with handling=strict"
            }
        })
    }

    pub(super) fn details(&self) -> Option<String> {
        match self {
            Self::QueryParameter { details, .. } | Self::NotImplemented(details) => {
                Some(details.clone())
            }
            Self::InvalidRange(range) => Some(range.details()),
            Self::BodyTooLarge(limit) => Some(format!("At most {limit} bytes are accepted")),
            Self::Singularity(rows) => Some(format!("The result contains {rows} rows")),
            Self::RelatedOrderNotToOne { origin, target } => Some(format!(
                "'{origin}' and '{target}' do not form a many-to-one or one-to-one relationship"
            )),
            Self::UnacceptableFilter(_) => {
                Some("Only is null or not is null filters are allowed on embedded resources".into())
            }
            Self::Raise(raise) => Some(raise.details()),
            Self::InvalidPreferences(preferences) => {
                Some(format!("Invalid preferences: {}", preferences.join(", ")))
            }
            Self::MaxAffected(rows) => Some(format!("The query affects {rows} rows")),
            Self::NotEmbedded { alias: Some(_), .. } => {
                Some("Target names are not allowed in filters if they have an alias".into())
            }
            Self::NotEmbedded { alias: None, .. }
            | Self::InvalidRpcMethod(_)
            | Self::InvalidBody(_)
            | Self::InvalidFilters
            | Self::UnacceptableSchema { .. }
            | Self::MediaType(_)
            | Self::GucHeaders
            | Self::GucStatus
            | Self::PutLimitNotAllowed
            | Self::PutMatchingPk
            | Self::UnsupportedMethod(_)
            | Self::AggregatesNotAllowed
            | Self::InvalidResourcePath
            | Self::OpenApiDisabled
            | Self::MaxAffectedRpc => None,
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::NotEmbedded {
                resource,
                alias: None,
            } => Some(format!(
                "Verify that '{resource}' is included in the 'select' query parameter."
            )),
            Self::NotEmbedded {
                alias: Some((name, alias)),
                ..
            } => Some(format!(
                "Change '{name}' to '{alias}' in filters, orders or limits."
            )),
            Self::Raise(raise) => Some(raise.hint().into()),
            Self::BodyTooLarge(_) => Some("Send the rows in several requests.".into()),
            Self::UnacceptableSchema { exposed, .. } => Some(format!(
                "Only the following schemas are exposed: {}",
                exposed.join(", ")
            )),
            Self::QueryParameter { .. }
            | Self::InvalidRpcMethod(_)
            | Self::InvalidBody(_)
            | Self::InvalidRange(_)
            | Self::InvalidFilters
            | Self::MediaType(_)
            | Self::GucHeaders
            | Self::GucStatus
            | Self::PutLimitNotAllowed
            | Self::PutMatchingPk
            | Self::Singularity(_)
            | Self::UnsupportedMethod(_)
            | Self::RelatedOrderNotToOne { .. }
            | Self::UnacceptableFilter(_)
            | Self::InvalidPreferences(_)
            | Self::AggregatesNotAllowed
            | Self::MaxAffected(_)
            | Self::InvalidResourcePath
            | Self::OpenApiDisabled
            | Self::NotImplemented(_)
            | Self::MaxAffectedRpc => None,
        }
    }
}

impl RangeError {
    fn details(&self) -> String {
        match self {
            Self::NegativeLimit => "Limit should be greater than or equal to zero.".into(),
            Self::LowerAboveUpper => "The lower boundary must be lower than or equal to the upper boundary in the Range header.".into(),
            Self::OutOfBounds { offset, total } => format!(
                "An offset of {offset} was requested, but there are only {total} rows."
            ),
        }
    }
}
