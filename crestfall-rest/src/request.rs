//! One HTTP request as a value: what is asked for, which may be nonsense. No I/O.

pub(crate) mod filter;
mod form;
mod grammar;
mod parser;
pub(crate) mod payload;
pub(crate) mod prefer;
pub(crate) mod query;
pub(crate) mod range;
pub(crate) mod select;
pub(crate) mod shape;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use crestfall_core::QualifiedName;
use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RANGE};
use percent_encoding::percent_decode_str;

use crate::config::{Config, ExplainPolicies, OpenApiMode};
use crate::error::{ApiError, Error, RangeError};
use crate::media_type::MediaType;
use parser::SyntaxError;
pub(crate) use payload::Payload;
pub(crate) use prefer::Preferences;
use query::ParsedQuery;
pub(crate) use query::QueryParams;
pub(crate) use range::RowRange;
use range::{EmptyRange, Window};

/// A name as a client wrote it.
pub(crate) type Text = Arc<str>;

/// What a client asks for.
#[derive(Debug, Clone)]
pub(crate) struct ApiRequest {
    pub(crate) action: Action,
    /// The schema asked for, or the default.
    pub(crate) schema: Text,
    /// The setting `search_path`: that schema, then the extra ones.
    pub(crate) search_path: String,
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

/// What a path names.
enum Resource {
    Relation(Text),
    Routine(Text),
    Schema,
}

impl ApiRequest {
    /// Reads a request. `path` comes without mount point and as sent (percent-encoded), so does
    /// `query`, with or without its question mark.
    ///
    /// # Errors
    /// What no catalogue is needed to refuse: `PGRST1xx`.
    pub(crate) fn parse(
        config: &Config,
        method: Method,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Self, Error> {
        let resource = Resource::of(config, path)?;
        let (schema, negotiated_by_profile) = schema(config, &method, headers)?;
        let action = action(resource, &schema, &method)?;
        let ParsedQuery {
            params,
            top_level,
            embedded,
        } = QueryParams::parse(
            query,
            action.is_call_by_get(),
            config.max_depth.min(DEEPEST),
        )?;
        let top_level_range = top_level_range(&method, headers, top_level)?;
        let content_type = first_header(headers, CONTENT_TYPE)
            .map_or(MediaType::Json, |value| MediaType::parse(&latin1(value)));
        let (payload, columns) = payload(&action, &content_type, &params, body)?;
        Ok(Self {
            action,
            search_path: config.search_path(&schema),
            schema,
            negotiated_by_profile,
            ranges: embedded
                .into_iter()
                .map(|(path, window)| Ok((path, window.of_embed()?)))
                .collect::<Result<_, EmptyRange>>()?,
            top_level_range,
            query: params,
            preferences: preferences(headers, config),
            payload,
            columns,
            accept: first_header(headers, ACCEPT)
                .map_or_else(|| vec![MediaType::Any], MediaType::parse_accept),
            content_type,
        })
    }
}

fn preferences(headers: &HeaderMap, config: &Config) -> Preferences {
    let mut preferences = Preferences::parse(headers, config.tx_end.allows_override());
    if config.explain_policies != ExplainPolicies::Off {
        preferences.allow_explain();
    }
    preferences
}

/// However deep the settings allow, parsers go no deeper: each level takes stack.
const DEEPEST: usize = 200;

impl Resource {
    fn of(config: &Config, path: &str) -> Result<Self, Error> {
        let path = path.strip_prefix('/').unwrap_or(path);
        if path.is_empty() {
            return match (&config.openapi_mode, &config.root_spec) {
                (OpenApiMode::Disabled, _) => Err(ApiError::OpenApiDisabled.into()),
                (_, Some(function)) => Ok(Self::Routine(function.name.clone())),
                (_, None) => Ok(Self::Schema),
            };
        }
        let mut segments = path
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy());
        match (segments.next(), segments.next(), segments.next()) {
            (Some(table), None, None) => Ok(Self::Relation(table.into())),
            (Some(rpc), Some(function), None) if rpc == "rpc" => Ok(Self::Routine(function.into())),
            _ => Err(ApiError::InvalidResourcePath.into()),
        }
    }
}

/// The schema asked for, and whether the answer names it.
fn schema(config: &Config, method: &Method, headers: &HeaderMap) -> Result<(Text, bool), Error> {
    let header = match *method {
        Method::DELETE | Method::PATCH | Method::POST | Method::PUT => "content-profile",
        _ => "accept-profile",
    };
    let Some(profile) = headers.get(header) else {
        let default = config.schemas.first().map_or("", String::as_str);
        return Ok((default.into(), config.schemas.len() != 1));
    };
    let profile = String::from_utf8_lossy(profile.as_bytes());
    if config.schemas.iter().any(|schema| *schema == profile) {
        Ok((profile.into(), true))
    } else {
        Err(ApiError::UnacceptableSchema {
            schema: profile.into_owned(),
            exposed: config.schemas.clone(),
        }
        .into())
    }
}

fn action(resource: Resource, schema: &Text, method: &Method) -> Result<Action, Error> {
    let qualified = |name| QualifiedName::new(schema.clone(), name);
    match resource {
        Resource::Routine(name) => routine_action(qualified(name), method),
        Resource::Relation(name) => relation_action(qualified(name), method),
        Resource::Schema => schema_action(schema, method),
    }
}

fn routine_action(routine: QualifiedName, method: &Method) -> Result<Action, Error> {
    let invocation = match *method {
        Method::HEAD => Invocation::Read { headers_only: true },
        Method::GET => Invocation::Read {
            headers_only: false,
        },
        Method::POST => Invocation::Post,
        Method::OPTIONS => return Ok(Action::RoutineInfo(routine)),
        _ => return Err(ApiError::InvalidRpcMethod(method.to_string()).into()),
    };
    Ok(Action::Call {
        routine,
        invocation,
    })
}

fn relation_action(relation: QualifiedName, method: &Method) -> Result<Action, Error> {
    let mutation = match *method {
        Method::GET | Method::HEAD => {
            return Ok(Action::Read {
                relation,
                headers_only: *method == Method::HEAD,
            });
        }
        Method::OPTIONS => return Ok(Action::RelationInfo(relation)),
        Method::POST => Mutation::Insert,
        Method::PUT => Mutation::SingleUpsert,
        Method::PATCH => Mutation::Update,
        Method::DELETE => Mutation::Delete,
        _ => return Err(ApiError::UnsupportedMethod(method.to_string()).into()),
    };
    Ok(Action::Mutate { relation, mutation })
}

fn schema_action(schema: &Text, method: &Method) -> Result<Action, Error> {
    match *method {
        Method::GET | Method::HEAD => Ok(Action::Inspect {
            schema: schema.clone(),
            headers_only: *method == Method::HEAD,
        }),
        Method::OPTIONS => Ok(Action::SchemaInfo),
        _ => Err(ApiError::UnsupportedMethod(method.to_string()).into()),
    }
}

impl Action {
    /// Parameters may be arguments.
    fn is_call_by_get(&self) -> bool {
        matches!(
            self,
            Self::Call {
                invocation: Invocation::Read { .. },
                ..
            }
        )
    }
}

/// The `Range` header counts on GET alone (RFC 9110, 14.2).
fn top_level_range(
    method: &Method,
    headers: &HeaderMap,
    window: Window,
) -> Result<RowRange, Error> {
    let header = first_header(headers, RANGE)
        .filter(|_| *method == Method::GET)
        .map_or(Window::ALL, |value| Window::from_header(&latin1(value)));
    let range = window.within(header)?;
    if *method == Method::PUT && range != RowRange::ALL {
        return Err(ApiError::PutLimitNotAllowed.into());
    }
    Ok(range)
}

/// The body where the action has one, and the columns or arguments to write.
fn payload(
    action: &Action,
    content_type: &MediaType,
    query: &QueryParams,
    body: Bytes,
) -> Result<(Option<Payload>, BTreeSet<Text>), Error> {
    let (takes_columns, to_routine) = match action {
        Action::Mutate { mutation, .. } => match mutation {
            Mutation::Insert | Mutation::Update => (true, false),
            Mutation::SingleUpsert => (false, false),
            Mutation::Delete => return Ok((None, BTreeSet::new())),
        },
        Action::Call {
            invocation: Invocation::Post,
            ..
        } => (true, true),
        Action::Read { .. }
        | Action::Call { .. }
        | Action::Inspect { .. }
        | Action::RelationInfo(_)
        | Action::RoutineInfo(_)
        | Action::SchemaInfo => return Ok((None, BTreeSet::new())),
    };
    let columns = query.columns.as_ref().filter(|_| takes_columns);
    let (payload, names) = Payload::check(body, content_type, columns, to_routine)
        .map_err(|message| ApiError::InvalidBody(message.into_owned()))?;
    Ok((Some(payload), names))
}

fn first_header(headers: &HeaderMap, name: HeaderName) -> Option<&[u8]> {
    headers.get(name).map(HeaderValue::as_bytes)
}

fn latin1(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

impl From<SyntaxError> for Error {
    fn from(SyntaxError { message, details }: SyntaxError) -> Self {
        ApiError::QueryParameter { message, details }.into()
    }
}

impl From<EmptyRange> for Error {
    fn from(empty: EmptyRange) -> Self {
        ApiError::InvalidRange(match empty {
            EmptyRange::NegativeLimit => RangeError::NegativeLimit,
            EmptyRange::LowerAboveUpper => RangeError::LowerAboveUpper,
        })
        .into()
    }
}
