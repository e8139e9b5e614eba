//! GraphQL over the database: operations with variables, and subscriptions as streams.
//!
//! ```no_run
//! use crestfall_client::graphql::Connection;
//! use serde::Deserialize;
//! use serde_json::json;
//!
//! #[derive(Deserialize)]
//! struct Found {
//!     #[serde(rename = "filmsCollection")]
//!     films: Connection<Film>,
//! }
//! #[derive(Deserialize)]
//! struct Film {
//!     title: String,
//! }
//!
//! # async fn run(client: crestfall_client::Client) -> Result<(), crestfall_client::Error> {
//! let since = client.graphql(
//!     "query Since($year: Int!) {
//!        filmsCollection(filter: { year: { gte: $year } }) { edges { node { title } } }
//!      }",
//! );
//! let found: Found = since.variables(json!({ "year": 2000 })).send().await?;
//! for film in found.films {
//!     println!("{}", film.title);
//! }
//!
//! // A `Stream`, too.
//! let live = "subscription { filmsCollection { edges { node { title } } } }";
//! let mut live = client.graphql(live).subscribe::<Found>()?;
//! while let Some(answer) = live.next().await {
//!     match answer {
//!         Ok(found) => println!("{} films", found.films.edges.len()),
//!         Err(error) if error.is_temporary() => eprintln!("{error}: coming back"),
//!         Err(error) => return Err(error),
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! The types of a document are one's own; generators for GraphQL make them from
//! `crestfall gen graphql-schema`.

mod answer;
mod connection;
mod document;
mod events;
mod subscription;

use std::time::Duration;

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::transport::Request;

pub use connection::{Connection, Edge, PageInfo};
pub use subscription::Subscription;

/// The newer media type tells by the status what was refused; older servers have the other.
const JSON: &str = "application/graphql-response+json, application/json;q=0.9";
const EVENTS: &str = "text/event-stream";

/// An operation. Nothing is asked until it is sent.
#[derive(Debug, Clone)]
#[must_use = "nothing is asked until it is sent"]
pub struct Operation {
    client: Client,
    document: String,
    variables: Result<Value, Error>,
    name: Option<String>,
    headers: Vec<(String, String)>,
    timeout: Option<Duration>,
}

#[derive(Serialize)]
struct Body<'a> {
    query: &'a str,
    #[serde(skip_serializing_if = "Value::is_null")]
    variables: &'a Value,
    #[serde(rename = "operationName", skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

impl Operation {
    pub(crate) fn new(client: Client, document: String) -> Self {
        Self {
            client,
            document,
            variables: Ok(Value::Null),
            name: None,
            headers: Vec::new(),
            timeout: None,
        }
    }

    /// The values of its variables: a struct, a map, `json!({"year": 2000})`.
    pub fn variables(mut self, variables: impl Serialize) -> Self {
        self.variables = serde_json::to_value(variables)
            .map_err(|error| Error::Request(format!("the variables are no JSON: {error}")));
        self
    }

    /// Which operation of the document is meant, where it has several.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// A header of this request.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// How long it may take; of a subscription, until the server begins to answer.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Executes a query or mutation, and reads its `data`. A query is repeated when the server is away,
    /// a mutation never.
    ///
    /// # Errors
    /// No answer, or `errors` in it: [`Error::Api`] is the first of them, with the code of its extensions
    /// (a SQLSTATE where PostgreSQL refused); its `body` is the whole answer, with `data` if there is
    /// some. Or data of another type.
    pub async fn send<R: DeserializeOwned>(self) -> Result<R, Error> {
        let mut request = self.request(JSON)?;
        request.repeatable = document::only_reads(&self.document);
        let response = request.send(&self.client).await?;
        answer::data(response.status, &response.headers, &response.body)
    }

    /// Subscribes: the data now, and again whenever it is another, until the stream is dropped. See
    /// [`Subscription`].
    ///
    /// # Errors
    /// The request cannot be made.
    pub fn subscribe<R: DeserializeOwned>(self) -> Result<Subscription<R>, Error> {
        let request = self.request(EVENTS)?;
        Ok(Subscription::new(self.client, request))
    }

    fn request(&self, accept: &str) -> Result<Request, Error> {
        let body = Body {
            query: &self.document,
            variables: self.variables.as_ref().map_err(Clone::clone)?,
            name: self.name.as_deref(),
        };
        let url = self.client.url(&self.client.inner.paths.graphql, &[])?;
        let mut request = Request::new(Method::POST, url)
            .accept(accept)?
            .json(&body)?;
        for (name, value) in &self.headers {
            request = request.named_header(name, value)?;
        }
        request.timeout = self.timeout;
        Ok(request)
    }
}
