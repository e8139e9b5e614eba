//! Rows to status, headers and body.

use axum::body::Body;
use bytes::Bytes;
use crestfall_core::catalog::{Table, Volatility};
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE,
    CONTENT_TYPE, LOCATION, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::config::ErrorVerbosity;
use crate::error::{ApiError, Error, RangeError};
use crate::media_type::{MediaType, OpenApiVersion};
use crate::plan::write::Write;
use crate::plan::{Kind, StatementPlan};
use crate::request::prefer::{Count, Representation, Resolution};
use crate::request::{ApiRequest, Invocation, Mutation, Preferences, Text};

static CONTENT_PROFILE: HeaderName = HeaderName::from_static("content-profile");
static PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// What a statement found out.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// Rows there are in all; none when nobody counted.
    pub(crate) total: Option<u64>,
    /// Rows in the body, or written.
    pub(crate) page: u64,
    /// The primary key of the one inserted row, as a JSON object of texts.
    pub(crate) location: Option<Bytes>,
    pub(crate) body: Bytes,
    /// `response.headers` as SQL set it.
    pub(crate) headers: Option<Bytes>,
    /// `response.status` as SQL set it.
    pub(crate) status: Option<Bytes>,
    /// Rows inserted, when others may have been merged.
    pub(crate) inserted: Option<i64>,
}

/// A response in the making.
struct Draft {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Draft {
    fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::with_capacity(8),
            body: Bytes::new(),
        }
    }

    fn header(&mut self, name: HeaderName, value: impl AsRef<[u8]>) {
        // What cannot be a header value (a table's name may hold a line break) is left out.
        if let Ok(value) = HeaderValue::from_bytes(value.as_ref()) {
            self.headers.insert(name, value);
        }
    }

    fn body(&mut self, body: Bytes) {
        self.headers
            .insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        self.body = body;
    }

    fn typed(&mut self, media_type: &MediaType, request: &ApiRequest) {
        self.header(CONTENT_TYPE, media_type.content_type().as_bytes());
        if request.negotiated_by_profile {
            self.header(CONTENT_PROFILE.clone(), &*request.schema);
        }
    }

    fn applied(&mut self, preferences: &Preferences) {
        if let Some(applied) = preferences.applied() {
            self.header(PREFERENCE_APPLIED.clone(), applied);
        }
    }

    /// Lets SQL have the last word on status and headers.
    fn finish(mut self, answer: &Answer) -> Result<Response<Body>, Error> {
        if let Some(status) = &answer.status {
            self.status = response_status(status)?;
        }
        if let Some(headers) = &answer.headers {
            let named = response_headers(headers)?;
            for (name, _) in &named {
                self.headers.remove(name);
            }
            for (name, value) in named {
                self.headers.append(name, value);
            }
        }
        Ok(self.into_response())
    }

    fn into_response(mut self) -> Response<Body> {
        self.headers
            .entry(VARY)
            .or_insert(HeaderValue::from_static("Accept, Prefer, Range"));
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// Answers a request whose statement has run. `canonical` is its query string in canonical form.
///
/// # Errors
/// SQL set `response.headers` or `response.status` to something that is none.
pub(crate) fn respond(
    request: &ApiRequest,
    plan: &StatementPlan,
    answer: Answer,
    canonical: &str,
    verbosity: ErrorVerbosity,
) -> Result<Response<Body>, Error> {
    if !matches!(plan.kind, Kind::Write { .. })
        && let Some(refusal) = out_of_bounds(request, &answer, verbosity)
    {
        return Ok(refusal);
    }
    if let MediaType::Plan(_) = plan.media_type {
        return Ok(execution_plan(request, plan, answer));
    }
    match &plan.kind {
        Kind::Read { headers_only } => read(request, plan, answer, canonical, *headers_only),
        Kind::Write { mutation, write } => written(request, plan, answer, *mutation, write),
        Kind::Call { invocation, call } => called(
            request,
            plan,
            answer,
            *invocation,
            call.routine.returns_void(),
        ),
    }
}

fn execution_plan(request: &ApiRequest, plan: &StatementPlan, answer: Answer) -> Response<Body> {
    let mut draft = Draft::new(StatusCode::OK);
    draft.body(answer.body);
    draft.typed(&plan.media_type, request);
    draft.into_response()
}

fn read(
    request: &ApiRequest,
    plan: &StatementPlan,
    mut answer: Answer,
    canonical: &str,
    headers_only: bool,
) -> Result<Response<Body>, Error> {
    let range = request.top_level_range;
    let mut draft = Draft::new(page_status(&answer));
    draft.header(
        CONTENT_RANGE,
        content_range(range.offset, answer.page, answer.total),
    );
    draft.header(
        CONTENT_LOCATION,
        content_location(&plan.read.relation.name, canonical),
    );
    draft.typed(&plan.media_type, request);
    draft.applied(&applicable(request, plan));
    if !headers_only {
        draft.body(std::mem::take(&mut answer.body));
    }
    draft.finish(&answer)
}

fn called(
    request: &ApiRequest,
    plan: &StatementPlan,
    mut answer: Answer,
    invocation: Invocation,
    is_void: bool,
) -> Result<Response<Body>, Error> {
    let range = request.top_level_range;
    let mut draft = Draft::new(page_status(&answer));
    draft.header(
        CONTENT_RANGE,
        content_range(range.offset, answer.page, answer.total),
    );
    draft.applied(&applicable(request, plan));
    if is_void {
        draft.status = StatusCode::NO_CONTENT;
    } else {
        draft.typed(&plan.media_type, request);
        if invocation != (Invocation::Read { headers_only: true }) {
            draft.body(std::mem::take(&mut answer.body));
        }
    }
    draft.finish(&answer)
}

fn written(
    request: &ApiRequest,
    plan: &StatementPlan,
    mut answer: Answer,
    mutation: Mutation,
    write: &Write,
) -> Result<Response<Body>, Error> {
    let shows_rows = request.preferences.representation == Some(Representation::Full);
    let counted = matches!(
        request.preferences.count,
        Some(Count::Exact | Count::Estimated)
    );
    let total = counted.then_some(answer.page);
    let mut draft = Draft::new(write_status(request, &answer, mutation, shows_rows));
    match mutation {
        Mutation::Insert => {
            if let Some(location) = answer
                .location
                .as_ref()
                .and_then(|key| location(&write.relation.name, key))
            {
                draft.header(LOCATION, location);
            }
            draft.header(CONTENT_RANGE, content_range(0, 0, total));
        }
        Mutation::Update => draft.header(CONTENT_RANGE, content_range(0, answer.page, total)),
        Mutation::Delete => draft.header(CONTENT_RANGE, content_range(0, 0, total)),
        Mutation::SingleUpsert => {}
    }
    draft.applied(&applicable(request, plan));
    if shows_rows {
        draft.typed(&plan.media_type, request);
        draft.body(std::mem::take(&mut answer.body));
    } else if mutation == Mutation::Insert {
        draft.body(Bytes::new());
    }
    draft.finish(&answer)
}

fn write_status(
    request: &ApiRequest,
    answer: &Answer,
    mutation: Mutation,
    shows_rows: bool,
) -> StatusCode {
    // Nothing is counted where nothing was there to insert.
    let only_updated = answer.inserted.is_none_or(|inserted| inserted <= 0);
    let merges = request.preferences.resolution == Some(Resolution::MergeDuplicates);
    match mutation {
        Mutation::Insert if only_updated && merges => StatusCode::OK,
        Mutation::Insert => StatusCode::CREATED,
        Mutation::SingleUpsert if shows_rows && !only_updated => StatusCode::CREATED,
        Mutation::SingleUpsert | Mutation::Update | Mutation::Delete if shows_rows => {
            StatusCode::OK
        }
        Mutation::SingleUpsert | Mutation::Update | Mutation::Delete => StatusCode::NO_CONTENT,
    }
}

/// Answers `OPTIONS` on a relation.
pub(crate) fn relation_info(table: &Table) -> Response<Body> {
    let can_put = table.insertable && table.updatable && !table.primary_key.is_empty();
    let verbs = [
        (true, "OPTIONS,GET,HEAD"),
        (table.insertable, "POST"),
        (can_put, "PUT"),
        (table.updatable, "PATCH"),
        (table.deletable, "DELETE"),
    ];
    let allowed: Vec<_> = verbs
        .iter()
        .filter(|(can, _)| *can)
        .map(|(_, verb)| *verb)
        .collect();
    info(&allowed.join(","))
}

/// Answers `OPTIONS` on a function.
pub(crate) fn routine_info(volatility: Volatility) -> Response<Body> {
    info(match volatility {
        Volatility::Volatile => "OPTIONS,POST",
        Volatility::Stable | Volatility::Immutable => "OPTIONS,GET,HEAD,POST",
    })
}

/// Answers `OPTIONS` on the root.
pub(crate) fn schema_info() -> Response<Body> {
    info("OPTIONS,GET,HEAD")
}

fn info(allow: &str) -> Response<Body> {
    let mut draft = Draft::new(StatusCode::OK);
    draft.body(Bytes::new());
    draft.header(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    draft.header(ALLOW, allow);
    draft.into_response()
}

/// Answers with an OpenAPI document.
pub(crate) fn openapi(
    request: &ApiRequest,
    version: OpenApiVersion,
    document: Bytes,
    headers_only: bool,
) -> Response<Body> {
    let mut draft = Draft::new(StatusCode::OK);
    draft.typed(&version.media_type(), request);
    if !headers_only {
        draft.body(document);
    }
    draft.into_response()
}

fn page_status(answer: &Answer) -> StatusCode {
    match answer.total {
        Some(total) if answer.page < total => StatusCode::PARTIAL_CONTENT,
        Some(_) | None => StatusCode::OK,
    }
}

/// A read that starts behind the last row: 416, and the range there is.
fn out_of_bounds(
    request: &ApiRequest,
    answer: &Answer,
    verbosity: ErrorVerbosity,
) -> Option<Response<Body>> {
    let offset = request.top_level_range.offset;
    let total = answer.total.filter(|total| offset > *total)?;
    let error = Error::Api(ApiError::InvalidRange(RangeError::OutOfBounds {
        offset,
        total,
    }));
    let mut response = error.into_response(verbosity);
    if let Ok(range) = HeaderValue::try_from(content_range(offset, 0, Some(total))) {
        response.headers_mut().insert(CONTENT_RANGE, range);
    }
    Some(response)
}

/// `first-last/total`, with `*` for what is not known or not there.
fn content_range(offset: u64, page: u64, total: Option<u64>) -> String {
    let mut digits = itoa::Buffer::new();
    let mut range = String::with_capacity(32);
    if page == 0 || total == Some(0) {
        range.push('*');
    } else {
        range.push_str(digits.format(offset));
        range.push('-');
        range.push_str(digits.format(offset + page - 1));
    }
    range.push('/');
    match total {
        Some(total) => range.push_str(digits.format(total)),
        None => range.push('*'),
    }
    range
}

/// The relation's path with its query in canonical form.
fn content_location(relation: &str, canonical: &str) -> String {
    let mut location = String::with_capacity(relation.len() + canonical.len() + 2);
    location.push('/');
    location.push_str(relation);
    if !canonical.is_empty() {
        location.push('?');
        location.push_str(canonical);
    }
    location
}

/// The preferences that this kind of request heeds.
fn applicable(request: &ApiRequest, plan: &StatementPlan) -> Preferences {
    let asked = &request.preferences;
    let mut applied = Preferences {
        timezone: asked.timezone.clone(),
        ..Preferences::default()
    };
    applied.count = asked.count;
    applied.transaction = asked.transaction;
    applied.handling = asked.handling;
    match &plan.kind {
        Kind::Read { .. } => {}
        Kind::Call { .. } => applied.max_affected = asked.max_affected,
        Kind::Write { mutation, write } => {
            applied.representation = asked.representation;
            match mutation {
                Mutation::Insert => {
                    applied.missing = asked.missing;
                    let has_target =
                        !write.primary_key.is_empty() || request.query.on_conflict.is_some();
                    applied.resolution = asked.resolution.filter(|_| has_target);
                }
                Mutation::Update => {
                    applied.missing = asked.missing;
                    applied.max_affected = asked.max_affected;
                }
                Mutation::Delete => applied.max_affected = asked.max_affected,
                Mutation::SingleUpsert => {}
            }
        }
    }
    applied
}

/// `/relation?key=eq.value` of a new row.
fn location(relation: &Text, key: &[u8]) -> Option<String> {
    let key: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(key).ok()?;
    let pairs: Vec<_> = key
        .iter()
        .map(|(column, value)| {
            let filter = value
                .as_str()
                .map_or_else(|| "is.null".to_owned(), |value| format!("eq.{value}"));
            format!("{}={}", encode(column), encode(&filter))
        })
        .collect();
    Some(format!("/{relation}?{}", pairs.join("&")))
}

fn encode(text: &str) -> impl std::fmt::Display + '_ {
    const UNRESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    percent_encoding::utf8_percent_encode(text, UNRESERVED)
}

/// `response.headers`: a JSON array of objects with one member each.
fn response_headers(json: &[u8]) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
    let objects: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_slice(json).map_err(|_| ApiError::GucHeaders)?;
    let header = |object: serde_json::Map<String, serde_json::Value>| {
        let mut members = object.into_iter();
        let (Some((name, serde_json::Value::String(value))), None) =
            (members.next(), members.next())
        else {
            return None;
        };
        Some((
            HeaderName::try_from(name).ok()?,
            HeaderValue::try_from(value).ok()?,
        ))
    };
    objects
        .into_iter()
        .map(header)
        .collect::<Option<_>>()
        .ok_or(ApiError::GucHeaders.into())
}

/// `response.status`: a number, perhaps with more text behind it.
fn response_status(text: &[u8]) -> Result<StatusCode, Error> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    StatusCode::from_bytes(&text[..digits]).map_err(|_| ApiError::GucStatus.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_range_names_first_and_last_row_pr_054() {
        assert_eq!(content_range(0, 15, None), "0-14/*");
        assert_eq!(content_range(10, 5, Some(3_573_458)), "10-14/3573458");
        assert_eq!(content_range(0, 0, Some(0)), "*/0");
        assert_eq!(content_range(5, 0, None), "*/*");
    }

    #[test]
    fn location_is_a_filter_on_the_key_pr_082() {
        let key = br#"{"id":"a b&c","other":null}"#;
        assert_eq!(
            location(&"films".into(), key).as_deref(),
            Some("/films?id=eq.a%20b%26c&other=is.null")
        );
    }

    #[test]
    fn response_headers_are_objects_with_one_text_pr_136() {
        let headers = response_headers(br#"[{"Set-Cookie":"a=1"},{"Set-Cookie":"b=2"}]"#).unwrap();
        assert_eq!(headers.len(), 2);
        for bad in [
            r#"{"a":"b"}"#,
            r#"[{"a":"b","c":"d"}]"#,
            r#"[{"a":1}]"#,
            r#"[{"a b":"c"}]"#,
            "nonsense",
        ] {
            assert!(response_headers(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn response_status_starts_with_a_number_pr_136() {
        assert_eq!(response_status(b"299 odd").unwrap().as_u16(), 299);
        for bad in ["", "no", "7", "1000"] {
            assert!(response_status(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
