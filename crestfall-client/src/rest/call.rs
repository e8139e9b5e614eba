//! Calling functions.

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::filter::Filter;
use super::literal::Literal as _;
use super::order::Order;
use super::query::{Count, Query, range};
use super::table::Any;
use crate::error::Error;
use crate::setters::request_options;

const JSON: &str = "application/json";

/// A function with generated types: its arguments.
pub trait Function: Serialize {
    /// Its schema.
    const SCHEMA: &'static str;
    /// Its name.
    const NAME: &'static str;
    /// It changes nothing: it may be called by GET, and again when the network fails.
    const READS: bool;
    /// What it returns.
    type Output: DeserializeOwned;
}

/// A function that is known by name alone.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Named;

/// What a call gives back.
pub trait Returns {
    /// The result.
    type Output: DeserializeOwned;
    /// It changes nothing.
    const READS: bool;
}

impl Returns for Named {
    type Output = Value;
    const READS: bool = false;
}

impl<F: Function> Returns for F {
    type Output = F::Output;
    const READS: bool = F::READS;
}

/// A call of a function. Nothing happens until it is sent.
#[derive(Debug)]
#[must_use = "nothing happens until it is sent"]
pub struct Call<F> {
    query: Query,
    arguments: Result<Value, Error>,
    reads: Option<bool>,
    of: std::marker::PhantomData<fn() -> F>,
}

pub(super) fn arguments(arguments: impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(arguments)
        .map_err(|error| Error::Request(format!("the arguments are no JSON: {error}")))
}

impl<F: Returns> Call<F> {
    pub(super) fn new(query: Query, arguments: Result<Value, Error>) -> Self {
        Self {
            query,
            arguments,
            reads: None,
            of: std::marker::PhantomData,
        }
    }

    /// Only rows of the result that fit.
    pub fn filter(mut self, filter: Filter<Any>) -> Self {
        filter.write("", &mut self.query.parameters);
        self
    }

    /// Rows of the result in this order.
    pub fn order(mut self, order: Order<Any>) -> Self {
        self.query.order("", &order.text);
        self
    }

    /// At most so many rows of the result.
    pub fn limit(mut self, rows: u64) -> Self {
        self.query.parameters.add("limit", &rows.to_string());
        self
    }

    /// Without the first so many rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.query.parameters.add("offset", &rows.to_string());
        self
    }

    /// These columns and embeds of the result, by text. Read it by [`fetch`](Self::fetch).
    pub fn select(mut self, text: &str) -> Self {
        self.query.parameters.add("select", text);
        self
    }

    /// Calls by GET, in a transaction that cannot write: caches may answer, and the call is
    /// repeated when the network fails. Default: for functions that are generated and declared
    /// stable or immutable. A `VARIADIC` argument has to go by POST, which is what `false` means.
    pub fn reading(mut self, reads: bool) -> Self {
        self.reads = Some(reads);
        self
    }

    request_options!();

    /// The result.
    ///
    /// # Errors
    /// No answer, a refusal, or a result of another type.
    pub async fn send(self) -> Result<F::Output, Error> {
        self.fetch().await
    }

    /// The result as a type of one's own.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn fetch<R: DeserializeOwned>(self) -> Result<R, Error> {
        Ok(self.run().await?.0)
    }

    /// The rows of the result, and how many there are without limit.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn counted(mut self, count: Count) -> Result<(F::Output, Option<u64>), Error> {
        self.query.count(count);
        self.run().await
    }

    async fn run<R: DeserializeOwned>(mut self) -> Result<(R, Option<u64>), Error> {
        let arguments = self.arguments?;
        let by_query = match self.reads.unwrap_or(F::READS) {
            true => in_query(&arguments),
            false => None,
        };
        let request = match by_query {
            Some(pairs) => {
                for (name, value) in pairs {
                    self.query.parameters.add(&name, &value);
                }
                self.query.request(Method::GET, JSON)?
            }
            None => {
                let body = match arguments {
                    Value::Null => Value::Object(serde_json::Map::new()),
                    arguments => arguments,
                };
                self.query.request(Method::POST, JSON)?.json(&body)?
            }
        };
        let response = self.query.send(&request).await?;
        Ok((response.json()?, range(&response).1))
    }
}

/// Arguments as parameters of a query, which has no `null`: then the call goes by POST.
fn in_query(arguments: &Value) -> Option<Vec<(String, String)>> {
    let arguments = match arguments {
        Value::Null => return Some(Vec::new()),
        Value::Object(arguments) => arguments,
        _ => return None,
    };
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::Array(items) => {
            let simple = items
                .iter()
                .all(|item| !item.is_array() && !item.is_object() && !item.is_null());
            simple.then(|| super::literal::array(items.iter().map(|item| item.literal())))
        }
        other => Some(other.literal().into_owned()),
    };
    let pairs = arguments
        .iter()
        .map(|(name, value)| Some((name.clone(), text(value)?)));
    pairs.collect()
}
