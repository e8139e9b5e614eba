//! All that can go wrong, and what a server says of it.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::{http_date, platform};

/// Why there is no result.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// No answer in time. Whether the request was carried out is unknown.
    #[error("no answer in time")]
    Timeout,
    /// The server could not be reached, or the connection broke. Whether the request was carried
    /// out is unknown, but where `connecting` is set: then it was not.
    #[error("{}", unreached(.server, *.connecting))]
    Transport {
        /// Scheme, host and port: `https://api.example.com`.
        server: String,
        /// There never was a connection.
        connecting: bool,
        /// What the network says.
        #[source]
        source: Cause,
    },
    /// The answer is none that this client understands.
    #[error("the answer could not be read as {expected}")]
    Decode {
        /// What it was to be.
        expected: &'static str,
        /// What was wrong with it.
        #[source]
        source: Cause,
    },
    /// The request cannot be made.
    #[error("the request cannot be made: {0}")]
    Request(String),
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    NoSession,
    /// The session could not be stored or loaded.
    #[error("the session's storage failed")]
    Storage(#[source] Cause),
    /// The result has another number of rows than one.
    #[error("one row was asked for, and there are {0}")]
    NotOne(usize),
    /// The ceremony of a passkey failed or was given up.
    #[error("the authenticator did not answer")]
    Authenticator(#[source] Cause),
}

/// What is behind an error. Can be cloned, since one refresh may fail for many requests.
#[derive(Debug, Clone)]
pub struct Cause(std::sync::Arc<dyn std::error::Error + Send + Sync>);

impl Cause {
    /// Keeps an error.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(error.into().into())
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// An answer that is a refusal. `Debug` leaves out what there is none of, and the body.
#[derive(Clone, PartialEq, thiserror::Error)]
#[error("{message}{}{}", with_code(.code.as_deref()), with_hint(.hint.as_deref()))]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// What it is, for programs: `PGRST116`, a SQLSTATE such as `23505`, `invalid_credentials`.
    pub code: Option<String>,
    /// What it is, for people.
    pub message: String,
    /// More of it.
    pub details: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// When to ask again.
    pub retry_after: Option<Duration>,
    /// The whole body, if it is JSON.
    pub body: Option<Value>,
}

fn with_code(code: Option<&str>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}

fn with_hint(hint: Option<&str>) -> String {
    hint.map(|hint| format!("; hint: {hint}"))
        .unwrap_or_default()
}

/// Browsers do not tell whether there was a connection, nor whether their rules (CORS) forbade it.
fn unreached(server: &str, connecting: bool) -> String {
    match connecting || cfg!(target_arch = "wasm32") {
        true => format!("{server} could not be reached"),
        false => format!("the connection to {server} broke"),
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ApiError");
        shown.field("status", &self.status);
        let texts = [
            ("code", self.code.as_ref()),
            ("message", Some(&self.message)),
            ("details", self.details.as_ref()),
            ("hint", self.hint.as_ref()),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                shown.field(name, text);
            }
        }
        if let Some(after) = &self.retry_after {
            shown.field("retry_after", after);
        }
        shown.finish_non_exhaustive()
    }
}

/// What kind of refusal it is, whichever service says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No credential, or none that counts.
    Unauthorized,
    /// The credential does not allow it; a policy refused a row.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// A unique key is taken.
    AlreadyExists,
    /// A row refers to another that is not there, or is referred to.
    ForeignKey,
    /// Something that is there stands against it, in another way.
    Conflict,
    /// A value is missing, or breaks a check.
    Invalid,
    /// One row was asked for, and there are none or several.
    NotOne,
    /// Too many requests: see [`ApiError::retry_after`].
    RateLimited,
    /// The server failed, or is away.
    Server,
    /// Something else.
    Other,
}

impl ApiError {
    /// Reads an answer that is no success.
    pub(crate) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let json: Option<Value> = serde_json::from_slice(body).ok();
        // GraphQL has a list of errors, whose code stands among extensions.
        let first = json.as_ref().and_then(|json| json.get("errors")?.get(0));
        let first = first.filter(|error| error.get("message").is_some());
        let told = first.or(json.as_ref());
        let extensions = first.and_then(|error| error.get("extensions"));
        let text = |names: &[&str]| {
            let members = names
                .iter()
                .filter_map(|name| told?.get(name).or_else(|| extensions?.get(name)));
            members.filter_map(as_text).find(|text| !text.is_empty())
        };
        // GoTrue's older form has the status for a code, and the code beside.
        let code = text(&["error_code", "code", "error"]);
        let message = text(&[
            "message",
            "msg",
            "error_description",
            "detail",
            "title",
            "error",
        ]);
        let hint = text(&["hint"]);
        let hint = hint.or_else(|| own_hint(status, code.as_deref(), json.is_some()));
        Self {
            status,
            code,
            message: message.unwrap_or_else(|| plain(status, body, json.is_some())),
            details: text(&["details"]),
            hint,
            retry_after: retry_after(headers),
            body: json,
        }
    }

    /// What kind of refusal it is.
    pub fn kind(&self) -> ErrorKind {
        match (
            self.code.as_deref().unwrap_or_default(),
            self.status.as_u16(),
        ) {
            ("PGRST116", _) => ErrorKind::NotOne,
            ("23505" | "user_already_exists" | "email_exists" | "phone_exists", _) => {
                ErrorKind::AlreadyExists
            }
            ("23503", _) => ErrorKind::ForeignKey,
            ("23502" | "23514" | "22P02" | "22001" | "22003" | "22007" | "22008", _) => {
                ErrorKind::Invalid
            }
            // Where the status does not tell, as in an answer of GraphQL.
            ("42501", 200) => ErrorKind::Forbidden,
            (_, 401) => ErrorKind::Unauthorized,
            (_, 403) => ErrorKind::Forbidden,
            (_, 404) => ErrorKind::NotFound,
            (_, 409) => ErrorKind::Conflict,
            (_, 429) => ErrorKind::RateLimited,
            (_, 400 | 422) => ErrorKind::Invalid,
            (_, 500..) => ErrorKind::Server,
            _ => ErrorKind::Other,
        }
    }
}

impl Error {
    /// The refusal, if the server refused.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// The kind of refusal, if the server refused.
    pub fn kind(&self) -> Option<ErrorKind> {
        self.api().map(ApiError::kind)
    }

    /// The status, if there was an answer.
    pub fn status(&self) -> Option<StatusCode> {
        self.api().map(|error| error.status)
    }

    /// The code of the refusal, such as `PGRST205`, `23505` or `invalid_credentials`.
    pub fn code(&self) -> Option<&str> {
        self.api()?.code.as_deref()
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.api()?.hint.as_deref()
    }

    /// When to ask again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.api()?.retry_after
    }

    /// Asking again later may help: the network, or a server that is away or overloaded.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Timeout | Self::Transport { .. } => true,
            Self::Api(error) => is_temporary(error.status),
            _ => false,
        }
    }

    pub(crate) fn decode(
        expected: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let source = Cause::new(source);
        Self::Decode { expected, source }
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        if error.is_builder() {
            return Self::Request(error.to_string());
        }
        #[cfg(not(target_arch = "wasm32"))]
        let connecting = error.is_connect();
        #[cfg(target_arch = "wasm32")]
        let connecting = false;
        let server = error.url().map(|url| url.origin().ascii_serialization());
        // The rest of a request's URL may carry what is nobody's business.
        let source = Cause::new(error.without_url());
        Self::Transport {
            server: server.unwrap_or_else(|| "the server".to_owned()),
            connecting,
            source,
        }
    }
}

/// Statuses of a server that is away or overloaded.
pub(crate) fn is_temporary(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 502 | 503 | 504)
}

/// What helps where the server does not say it: mistakes of who has just begun.
fn own_hint(status: StatusCode, code: Option<&str>, is_json: bool) -> Option<String> {
    let hint = match (code, status.as_u16()) {
        (Some("PGRST301"), 401) => {
            "the key or token is none of this server's; it shows its own when it starts"
        }
        (Some("PGRST125"), 404) => "a client's URL is the server's, without /rest/v1",
        (None, 404) if !is_json => {
            "is this the server's URL? The services are below it, such as /rest/v1"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Number(_) => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// `Retry-After`: seconds, or a date, which proxies write. What lies behind us is now. The date counts by the
/// server's own clock where it tells that.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let asked = text(http::header::RETRY_AFTER)?.trim();
    let seconds = match asked.parse() {
        Ok(seconds) => seconds,
        Err(_) => {
            let now = text(http::header::DATE).and_then(http_date::seconds);
            http_date::seconds(asked)?.saturating_sub(now.unwrap_or_else(platform::now))
        }
    };
    Some(Duration::from_secs(seconds))
}

/// A proxy's words, if they are few and no page.
fn plain(status: StatusCode, body: &[u8], is_json: bool) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let is_short = !text.is_empty() && text.len() <= 200 && !text.starts_with('<');
    match is_short && !is_json {
        true => text.to_owned(),
        false => match status.canonical_reason() {
            Some(reason) => format!("the server answered {} {reason}", status.as_u16()),
            None => format!("the server answered {}", status.as_u16()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> ApiError {
        let status = StatusCode::from_u16(status).unwrap();
        ApiError::read(status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn every_service_has_its_form_of_errors() {
        let rest = read(
            409,
            r#"{"code":"23505","message":"duplicate","details":"Key (id)=(1)","hint":null}"#,
        );
        assert_eq!(rest.code.as_deref(), Some("23505"));
        assert_eq!(rest.details.as_deref(), Some("Key (id)=(1)"));
        assert_eq!(
            (rest.hint.clone(), rest.kind()),
            (None, ErrorKind::AlreadyExists)
        );
        assert_eq!(rest.to_string(), "duplicate (23505)");

        let newer = read(400, r#"{"code":"invalid_credentials","message":"no"}"#);
        let older = read(
            400,
            r#"{"code":400,"error_code":"invalid_credentials","msg":"no"}"#,
        );
        assert_eq!(newer.code, older.code);
        assert_eq!(newer.message, older.message);

        let oauth = read(
            400,
            r#"{"error":"invalid_grant","error_description":"used"}"#,
        );
        assert_eq!(
            (oauth.code.as_deref(), &*oauth.message),
            (Some("invalid_grant"), "used")
        );

        let problem = read(
            404,
            r#"{"type":"about:blank","title":"Not Found","detail":"no role"}"#,
        );
        assert_eq!(
            (&*problem.message, problem.kind()),
            ("no role", ErrorKind::NotFound)
        );
    }

    #[test]
    fn when_to_ask_again_is_told_in_seconds_or_by_a_date() {
        let after = |retry_after: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", retry_after.parse().unwrap());
            if let Some(date) = date {
                headers.insert("date", date.parse().unwrap());
            }
            super::retry_after(&headers).map(|after| after.as_secs())
        };
        let now = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(after(" 120", None), Some(120));
        assert_eq!(after("Sun, 06 Nov 1994 08:50:07 GMT", now), Some(30));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:07 GMT", now), Some(0));
        assert_eq!(after("Sun, 06 Nov 1994 08:50:07 GMT", None), Some(0));
        assert_eq!(after("soon", now), None);
        assert_eq!(after("-1", now), None);
    }

    #[test]
    fn an_error_says_what_helps() {
        let body = r#"{"code":"PGRST205","message":"no table film","hint":"Perhaps films"}"#;
        assert_eq!(
            read(404, body).to_string(),
            "no table film (PGRST205); hint: Perhaps films"
        );
        assert_eq!(
            format!("{:?}", read(404, body)),
            r#"ApiError { status: 404, code: "PGRST205", message: "no table film", hint: "Perhaps films", .. }"#
        );
    }

    #[test]
    fn a_proxys_page_is_not_shown() {
        assert_eq!(
            read(502, "<html>").message,
            "the server answered 502 Bad Gateway"
        );
        assert_eq!(read(503, "try later").message, "try later");
        assert_eq!(read(503, "").kind(), ErrorKind::Server);
    }
}
