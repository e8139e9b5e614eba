//! What every request for rows has: a place, parameters, preferences.

use std::borrow::Cow;
use std::time::Duration;

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

/// Room for the parameters of most queries.
const ROOM: usize = 128;

/// Parameters of a query in their order, as a URL has them.
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters(String);

impl Parameters {
    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.add_parts([name], [value]);
    }

    /// A parameter whose name and value are put together of these.
    pub(super) fn add_parts<const N: usize, const V: usize>(
        &mut self,
        name: [&str; N],
        value: [&str; V],
    ) {
        let text = &mut self.0;
        match text.is_empty() {
            true => text.reserve(ROOM),
            false => text.push('&'),
        }
        for part in name {
            text.extend(utf8_percent_encode(part, ENCODED_IN_NAMES));
        }
        text.push('=');
        for part in value {
            text.extend(utf8_percent_encode(part, ENCODED));
        }
    }

    #[cfg(test)]
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let pairs = url::form_urlencoded::parse(self.0.as_bytes());
        pairs.into_owned().collect()
    }
}

/// Where rows come from.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Relation(Cow<'static, str>),
    Function(Cow<'static, str>),
}

/// A request for rows of one relation or function, being put together.
#[derive(Debug, Clone)]
pub(super) struct Query {
    client: Client,
    schema: Option<Cow<'static, str>>,
    place: Place,
    pub(super) parameters: Parameters,
    order: Vec<(String, Vec<String>)>,
    preferences: Vec<Cow<'static, str>>,
    headers: Vec<(String, String)>,
    timeout: Option<Duration>,
}

impl Query {
    pub(super) fn new(client: Client, schema: Option<Cow<'static, str>>, place: Place) -> Self {
        Self {
            client,
            schema,
            place,
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

    /// Rows themselves in this order alone; those of embeds keep theirs.
    pub(super) fn order_by(&mut self, key: String) {
        self.order.retain(|(path, _)| !path.is_empty());
        self.order.push((String::new(), vec![key]));
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
        let service = &self.client.inner.paths.rest;
        let mut url = match &self.place {
            Place::Relation(name) => self.client.url(service, &[name])?,
            Place::Function(name) => self.client.url(service, &["rpc", name])?,
        };
        let mut parameters = Cow::Borrowed(&self.parameters);
        for (embed, keys) in &self.order {
            let keys = keys.join(",");
            parameters
                .to_mut()
                .add_parts([embed, "order"], [keys.as_str()]);
        }
        url.set_query(Some(parameters.0.as_str()).filter(|text| !text.is_empty()));
        let reads = matches!(method, Method::GET | Method::HEAD);
        let mut request = Request::new(method, url).accept(accept)?;
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
            request = request.named_header(name, value)?;
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
