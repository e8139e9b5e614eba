//! What every request for rows has: a place, parameters, preferences.

use std::borrow::Cow;
use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderName, Method};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::client::Client;
use crate::error::Error;
use crate::transport::{Request, Response};

/// What cannot stand in a query as it is. Commas, parentheses and the like do, so that people can
/// read a log.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
const ENCODED_IN_NAMES: &AsciiSet = &ENCODED.add(b'=');

const ACCEPT_PROFILE: HeaderName = HeaderName::from_static("accept-profile");
const CONTENT_PROFILE: HeaderName = HeaderName::from_static("content-profile");
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// How rows are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// One by one: right, and slow on large tables.
    Exact,
    /// As the planner guesses: fast, and rough.
    Planned,
    /// One by one up to the server's limit of rows, guessed above.
    Estimated,
}

impl Count {
    fn preference(self) -> &'static str {
        match self {
            Self::Exact => "count=exact",
            Self::Planned => "count=planned",
            Self::Estimated => "count=estimated",
        }
    }
}

/// Parameters of a query, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    #[cfg(test)]
    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

/// Writes a parameter behind those that are there.
fn write(text: &mut String, name: &str, value: &str) {
    if !text.is_empty() {
        text.push('&');
    }
    text.extend(utf8_percent_encode(name, ENCODED_IN_NAMES));
    text.push('=');
    text.extend(utf8_percent_encode(value, ENCODED));
}

/// A request for rows of one relation or function, being put together.
#[derive(Debug, Clone)]
pub(super) struct Query {
    client: Client,
    schema: Option<Cow<'static, str>>,
    /// Below the service: a relation, or `rpc` and a function.
    path: Vec<String>,
    pub(super) parameters: Parameters,
    order: Vec<(String, Vec<String>)>,
    preferences: Vec<Cow<'static, str>>,
    headers: Vec<(String, String)>,
    timeout: Option<Duration>,
}

impl Query {
    pub(super) fn new(
        client: Client,
        schema: Option<Cow<'static, str>>,
        path: Vec<String>,
    ) -> Self {
        Self {
            client,
            schema,
            path,
            parameters: Parameters::default(),
            order: Vec::new(),
            preferences: Vec::new(),
            headers: Vec::new(),
            timeout: None,
        }
    }

    /// One more key; `path` names the embeds above.
    pub(super) fn order(&mut self, path: &str, key: &str) {
        match self.order.iter_mut().find(|(embed, _)| embed == path) {
            Some((_, keys)) => keys.push(key.to_owned()),
            None => self.order.push((path.to_owned(), vec![key.to_owned()])),
        }
    }

    pub(super) fn prefer(&mut self, preference: impl Into<Cow<'static, str>>) {
        self.preferences.push(preference.into());
    }

    pub(super) fn count(&mut self, count: Count) {
        self.prefer(count.preference());
    }

    pub(super) fn header(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn timeout(&mut self, timeout: Duration) {
        self.timeout = Some(timeout);
    }

    /// The request as it will be sent.
    pub(super) fn request(&self, method: Method, accept: &str) -> Result<Request, Error> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let mut url = self.client.url(&self.client.inner.paths.rest, &path)?;
        let mut text = String::new();
        for (name, value) in &self.parameters.0 {
            write(&mut text, name, value);
        }
        for (embed, keys) in &self.order {
            write(&mut text, &format!("{embed}order"), &keys.join(","));
        }
        url.set_query(Some(text.as_str()).filter(|text| !text.is_empty()));
        let reads = matches!(method, Method::GET | Method::HEAD);
        let mut request = Request::new(method, url).header(ACCEPT, accept)?;
        if let Some(schema) = self.schema() {
            let name = if reads {
                ACCEPT_PROFILE
            } else {
                CONTENT_PROFILE
            };
            request = request.header(name, schema)?;
        }
        if !self.preferences.is_empty() {
            request = request.header(PREFER, &self.preferences.join(","))?;
        }
        for (name, value) in &self.headers {
            let header = HeaderName::try_from(name.as_str())
                .map_err(|_| Error::Request(format!("`{name}` is no header")))?;
            request = request.header(header, value)?;
        }
        request.timeout = self.timeout;
        Ok(request)
    }

    /// The schema, if it is not the server's default.
    fn schema(&self) -> Option<&str> {
        let schema = self.schema.as_deref()?;
        (schema != self.client.inner.schema).then_some(schema)
    }

    pub(super) async fn send(&self, request: &Request) -> Result<Response, Error> {
        request.send(&self.client).await
    }
}

/// `Content-Range: 0-9/100`: the first row's number, and how many there are.
pub(super) fn range(response: &Response) -> (Option<u64>, Option<u64>) {
    let Some((rows, total)) = response
        .header("content-range")
        .and_then(|r| r.split_once('/'))
    else {
        return (None, None);
    };
    let first = rows.split('-').next().and_then(|first| first.parse().ok());
    (first, total.parse().ok())
}
