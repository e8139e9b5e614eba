//! Fields of one's own beside those of the database, in one schema and one endpoint.

mod parse;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crestfall_core::Identity;
use serde_json::{Map, Value as Json};

pub(crate) use parse::{Definition, FieldDefinition, Form, InputDefinition, Reference};

/// Fields of `Query` and `Mutation` that a program answers itself.
///
/// ```
/// # fn main() -> Result<(), crestfall_graphql::ExtensionError> {
/// use crestfall_graphql::Extension;
/// use serde_json::json;
///
/// let weather = Extension::new(
///     "extend type Query { weather(city: String!): Weather }
///      type Weather { celsius: Float! }",
/// )?
/// .resolve("weather", async |call| match call.arguments["city"].as_str() {
///     Some("Hull") => Ok(json!({ "celsius": 3.5 })),
///     _ => Err("nobody knows".into()),
/// });
/// # let _ = weather;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Extension {
    pub(crate) definitions: Vec<Definition>,
    resolvers: HashMap<String, Resolver>,
}

/// A definition that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ExtensionError {
    message: String,
    line: u32,
}

/// A field that is asked for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Call {
    /// Who asks.
    pub identity: Identity,
    /// The arguments that were given, checked against their types.
    pub arguments: Map<String, Json>,
}

type Answer = Pin<Box<dyn Future<Output = Result<Json, String>> + Send>>;
type Resolver = Arc<dyn Fn(Call) -> Answer + Send + Sync>;

impl Extension {
    /// Fields as GraphQL's schema language has them: `extend type Query { … }`, `extend type Mutation
    /// { … }`, and the `type`s, `input`s and `scalar`s that they need. They may also name the scalars of
    /// the generated schema. Types of rows cannot be answered with.
    ///
    /// # Errors
    /// The text cannot be understood.
    pub fn new(definitions: &str) -> Result<Self, ExtensionError> {
        Ok(Self {
            definitions: parse::definitions(definitions)?,
            resolvers: HashMap::new(),
        })
    }

    /// Answers a field with what this gives: JSON in the form of the field's type, of which the client
    /// gets what it has selected; or a message for the client.
    #[must_use]
    pub fn resolve<F, A>(mut self, field: &str, resolver: F) -> Self
    where
        F: Fn(Call) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Json, String>> + Send + 'static,
    {
        let resolver: Resolver = Arc::new(move |call| Box::pin(resolver(call)));
        self.resolvers.insert(field.to_owned(), resolver);
        self
    }

    /// With those of another.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.definitions.extend(other.definitions);
        self.resolvers.extend(other.resolvers);
        self
    }

    /// Asks for a field.
    pub(crate) async fn call(&self, field: &str, call: Call) -> Result<Json, String> {
        match self.resolvers.get(field) {
            Some(resolver) => resolver(call).await,
            None => Err(format!("nobody answers the field {field:?}")),
        }
    }
}

impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extension")
            .field("definitions", &self.definitions)
            .field("resolvers", &self.resolvers.keys())
            .finish()
    }
}
