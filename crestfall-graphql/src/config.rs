//! Settings of the GraphQL API.

use std::collections::HashMap;
use std::time::Duration;

use crestfall_core::QualifiedName;

use crate::persisted::Persisted;

/// What the GraphQL API exposes and allows.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Exposed schemas; of two relations of one name, the one in the schema that comes first is meant.
    pub schemas: Vec<String>,
    /// Schemas added to the search path, whose objects are usable but not exposed.
    pub extra_search_path: Vec<String>,
    /// Function run before every operation's statements.
    pub pre_request: Option<QualifiedName>,
    /// What one operation may ask.
    pub limits: Limits,
    /// `limits.cost` for roles that are given another.
    pub role_costs: HashMap<String, u64>,
    /// The anonymous role does not see relations that no policy holds, whatever it is granted, unless
    /// a line `@public` in their comment says that they are everybody's. Default: `false`, as with
    /// pg_graphql.
    pub protects_anonymous: bool,
    /// The schema has more than pg_graphql's: filters and orders by related rows, `distinctOn`, groups,
    /// upserts, rows with the rows that belong to them. `@graphql({"extended": false})` in a schema's
    /// comment decides for the relations of that schema. Default: `true`.
    pub extended: bool,
    /// Log the statements of each operation, without their parameters.
    pub log_query: bool,
    /// Live queries.
    pub subscriptions: Subscriptions,
    /// Documents that are asked for by a name.
    pub persisted: Persisted,
}

/// What one operation may ask before the database is asked anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest request, in bytes.
    pub body_bytes: usize,
    /// Longest document, in bytes.
    pub document_bytes: usize,
    /// Deepest nesting of selections, of values and of types in a document, each.
    pub depth: usize,
    /// Fields and fragments that an operation selects, with fragments put in place.
    pub selections: usize,
    /// Names, numbers, texts and marks of a document.
    pub tokens: usize,
    /// Fields of an operation's root.
    pub root_fields: usize,
    /// Fields with an alias, with fragments put in place.
    pub aliases: usize,
    /// Fragments that a document defines.
    pub fragments: usize,
    /// Directives in an operation.
    pub directives: usize,
    /// Related rows that filters and orders lead to, counted as often as they do: each is a subselect.
    pub related: usize,
    /// Items of one list, in the document or in the variables.
    pub list_items: usize,
    /// Values of all arguments or variables together.
    pub values: usize,
    /// Rows that an operation may lead to: those of a page, times those of the pages in each of them.
    pub cost: u64,
    /// Values that introspection answers with, for each part of the schema.
    pub introspection: usize,
}

/// Live queries: whether there are any, how often they are asked, how many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscriptions {
    /// There is a type `Subscription` with the fields of `Query`.
    pub enabled: bool,
    /// How often each is asked again.
    pub interval: Duration,
    /// Queries that are asked at a time. Taken when the API is made.
    pub polls: usize,
    /// Sockets and event streams at a time. Taken when the API is made.
    pub max_connections: usize,
    /// Operations at a time of one socket.
    pub max_per_connection: usize,
    /// Different subscriptions of one identity; of all anonymous callers together.
    pub max_per_identity: usize,
    /// Different subscriptions of everybody.
    pub max_queries: usize,
    /// How long a socket may take to say who it is.
    pub init_timeout: Duration,
    /// How often a silent connection is asked whether it is still there.
    pub keep_alive: Duration,
    /// How long a client may take to accept a message before its socket is closed.
    pub send_timeout: Duration,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self {
            enabled: true,
            interval: Duration::from_secs(1),
            polls: 4,
            max_connections: 1000,
            max_per_connection: 100,
            max_per_identity: 500,
            max_queries: 5000,
            init_timeout: Duration::from_secs(3),
            keep_alive: Duration::from_secs(12),
            send_timeout: Duration::from_secs(10),
        }
    }
}

impl Config {
    /// What a role may ask.
    pub(crate) fn limits_of(&self, role: &str) -> Limits {
        let cost = self.role_costs.get(role).copied();
        Limits {
            cost: cost.unwrap_or(self.limits.cost),
            ..self.limits
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            schemas: vec!["public".into()],
            extra_search_path: vec!["public".into()],
            pre_request: None,
            limits: Limits::default(),
            role_costs: HashMap::new(),
            protects_anonymous: false,
            extended: true,
            log_query: false,
            subscriptions: Subscriptions::default(),
            persisted: Persisted {
                automatic: true,
                ..Persisted::default()
            },
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 4 * 1024 * 1024,
            document_bytes: 128 * 1024,
            depth: 60,
            selections: 10_000,
            tokens: 10_000,
            root_fields: 100,
            aliases: 300,
            fragments: 200,
            directives: 200,
            related: 50,
            list_items: 10_000,
            values: 100_000,
            cost: 1_000_000,
            introspection: 60,
        }
    }
}
