//! A request before it is known who sends it.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::{Response, send};
use crate::client::Client;
use crate::error::Error;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A request to be sent, more than once if need be.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// Few, each once.
    headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Option<Bytes>,
    /// Of its own, in place of the client's.
    pub(crate) timeout: Option<Duration>,
    /// It changes nothing, or the same when sent twice.
    pub(crate) repeatable: bool,
    /// It is sent as the user who is signed in, if anybody is.
    pub(crate) as_session: bool,
}

impl Request {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        let repeatable = matches!(method, Method::GET | Method::HEAD | Method::OPTIONS);
        Self {
            method,
            url,
            headers: vec![(ACCEPT, JSON)],
            body: None,
            timeout: None,
            repeatable,
            as_session: true,
        }
    }

    pub(crate) fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// Sets a header.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Result<Self, Error> {
        let value = HeaderValue::from_str(value)
            .map_err(|_| Error::Request(format!("the value of {name} is no header's")))?;
        self.set(name, value);
        Ok(self)
    }

    /// Asks for a media type; JSON is what is asked for anyway.
    pub(crate) fn accept(self, media_type: &str) -> Result<Self, Error> {
        match media_type.as_bytes() == JSON.as_bytes() {
            true => Ok(self),
            false => self.header(ACCEPT, media_type),
        }
    }

    /// Sets a header of which only the name is known when it is sent.
    pub(crate) fn named_header(self, name: &str, value: &str) -> Result<Self, Error> {
        let name = HeaderName::try_from(name)
            .map_err(|_| Error::Request(format!("`{name}` is no header")))?;
        self.header(name, value)
    }

    pub(crate) fn set(&mut self, name: HeaderName, value: HeaderValue) {
        match self.headers.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.headers.push((name, value)),
        }
    }

    pub(crate) fn json(self, body: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Error::Request(format!("the body is no JSON: {error}")))?;
        Ok(self.bytes(body.into()))
    }

    /// A body that is JSON already.
    pub(crate) fn bytes(mut self, body: Bytes) -> Self {
        self.set(CONTENT_TYPE, JSON);
        self.body = Some(body);
        self
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// A parameter of the query, where it has a value.
    pub(crate) fn query_if(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Sends it with the key alone, whoever is signed in.
    pub(crate) fn without_session(mut self) -> Self {
        self.as_session = false;
        self
    }

    pub(crate) async fn send(&self, client: &Client) -> Result<Response, Error> {
        send(client, self).await
    }

    /// Sends it and reads the JSON that comes back.
    pub(crate) async fn fetch<R: DeserializeOwned>(&self, client: &Client) -> Result<R, Error> {
        self.send(client).await?.json()
    }
}

impl Response {
    /// The body as JSON; `null` where there is none.
    pub(crate) fn json<R: DeserializeOwned>(&self) -> Result<R, Error> {
        let body: &[u8] = match self.body.is_empty() {
            true => b"null",
            false => &self.body,
        };
        serde_json::from_slice(body)
            .map_err(|error| Error::decode(std::any::type_name::<R>(), error))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
