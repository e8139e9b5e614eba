//! The GraphQL API.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crestfall_core::units::{Duration, Size};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The GraphQL API, at `/graphql/v1` and `/postgresql/graphql`. What is introspected, counted and
/// aggregated stands in comments of the database, as pg_graphql has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GraphQl {
    /// Serve it. Changes need a restart.
    pub(crate) enabled: bool,
    /// Exposed schemas, among `rest.schemas`; empty is all of them.
    pub(crate) schemas: Vec<String>,
    /// A page to try operations on, at `/postgresql/graphql/ui`. `crestfall dev` has it. Changes need a
    /// restart.
    pub(crate) ui: bool,
    /// The schema has more than pg_graphql's: filters and orders by related rows, `distinctOn`, groups,
    /// upserts, rows with the rows that belong to them. Off in `crestfall graphql` unless asked for. The
    /// comment of a schema may decide for its relations: `@graphql({"extended": false})`.
    pub(crate) extended: bool,
    /// Answer as pg_graphql does also where that departs from GraphQL's specification or leaves out
    /// rows, for clients that were written against it. `crestfall graphql` does where
    /// `CRESTFALL_DATABASE_URL` names its database.
    pub(crate) drop_in: bool,
    /// Whether roles may ask for the schema.
    pub(crate) introspection: Introspection,
    /// Other values of `introspection` for the roles named, such as `{ anon = "off" }`.
    pub(crate) role_introspection: BTreeMap<String, Introspection>,
    /// Longest body of a request.
    pub(crate) max_body: Size,
    /// Longest document.
    pub(crate) max_document: Size,
    /// Deepest nesting of selections, and of values, in a document; at most 200.
    pub(crate) max_depth: usize,
    /// Most fields that an operation selects, with its fragments put in place.
    pub(crate) max_selections: usize,
    /// Most names, numbers, texts and marks of a document.
    pub(crate) max_tokens: usize,
    /// Most fields at the root of an operation.
    pub(crate) max_root_fields: usize,
    /// Most fields with an alias, with fragments put in place.
    pub(crate) max_aliases: usize,
    /// Most fragments that a document defines.
    pub(crate) max_fragments: usize,
    /// Most directives in an operation.
    pub(crate) max_directives: usize,
    /// Most related rows that filters and orders of an operation lead to (`{director: {name: …}}` is
    /// one): each is a subselect.
    pub(crate) max_related: usize,
    /// Most items of one list, in the document or in the variables.
    pub(crate) max_list_items: usize,
    /// Most values of all arguments, or of all variables, together.
    pub(crate) max_values: usize,
    /// Most rows that an operation may lead to: the rows of a page, times the rows of the pages in each
    /// of them. `first` and `last` make a page smaller, `max_rows` in a table's comment its largest.
    pub(crate) max_cost: u64,
    /// Other values of `max_cost` for the roles named.
    pub(crate) role_costs: BTreeMap<String, u64>,
    /// Most values that introspection answers with, for each type, field, argument and enum value of
    /// the schema: tools ask for about twenty.
    pub(crate) max_introspection: usize,
    /// Live queries, over WebSocket and as event streams.
    pub(crate) subscriptions: Subscriptions,
    /// Documents that are asked for by a name in place of their text.
    pub(crate) persisted: Persisted,
}

/// Documents that are asked for by a name in place of their text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Persisted {
    /// Clients may register documents by their SHA-256 and ask for them by it later (automatic
    /// persisted queries).
    pub(crate) automatic: bool,
    /// A manifest of documents that may be asked for by their names (`documentId`): a JSON object of
    /// names and texts, as Relay's compiler and graphql-codegen write it, or Apollo's manifest; or a
    /// folder of `.graphql` files, named by their names. Read again when the settings are.
    pub(crate) trusted: Option<PathBuf>,
    /// Nothing but trusted documents is executed.
    pub(crate) trusted_only: bool,
}

impl Default for Persisted {
    fn default() -> Self {
        Self {
            automatic: true,
            trusted: None,
            trusted_only: false,
        }
    }
}

/// Live queries, over WebSocket and as event streams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Subscriptions {
    /// The schema has a type `Subscription` with the fields of `Query`, and sockets are opened.
    pub(crate) enabled: bool,
    /// How often a subscription is asked again. What several clients subscribe to alike is asked once.
    pub(crate) interval: Duration,
    /// Subscriptions that are asked at a time, each on a connection to the database. Changes need a
    /// restart.
    pub(crate) polls: usize,
    /// Most sockets and event streams at a time. Changes need a restart.
    pub(crate) max_connections: usize,
    /// Most operations at a time of one socket.
    pub(crate) max_per_connection: usize,
    /// Most different subscriptions of one identity, or of all anonymous callers together.
    pub(crate) max_per_identity: usize,
    /// Most different subscriptions of everybody.
    pub(crate) max_queries: usize,
    /// How long a socket may take to begin with `connection_init`.
    pub(crate) init_timeout: Duration,
    /// How often a silent client is asked whether it is still there.
    pub(crate) keep_alive: Duration,
    /// How long a client may take to accept a message before its socket is closed.
    pub(crate) send_timeout: Duration,
}

/// Whether a role may ask for the GraphQL schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Introspection {
    /// For schemas with `@graphql({"introspection": true})` in their comment, as with pg_graphql.
    Comment,
    /// For every schema.
    On,
    /// For none.
    Off,
}

impl Default for GraphQl {
    fn default() -> Self {
        let limits = crestfall_graphql::Limits::default();
        Self {
            enabled: true,
            schemas: Vec::new(),
            ui: false,
            extended: true,
            drop_in: false,
            introspection: Introspection::Comment,
            role_introspection: BTreeMap::new(),
            max_body: Size::mebibytes(4),
            max_document: Size::kibibytes(128),
            max_depth: limits.depth,
            max_selections: limits.selections,
            max_tokens: limits.tokens,
            max_root_fields: limits.root_fields,
            max_aliases: limits.aliases,
            max_fragments: limits.fragments,
            max_directives: limits.directives,
            max_related: limits.related,
            max_list_items: limits.list_items,
            max_values: limits.values,
            max_cost: limits.cost,
            role_costs: BTreeMap::new(),
            max_introspection: limits.introspection,
            subscriptions: Subscriptions::default(),
            persisted: Persisted::default(),
        }
    }
}

impl Default for Subscriptions {
    fn default() -> Self {
        let defaults = crestfall_graphql::Subscriptions::default();
        Self {
            enabled: defaults.enabled,
            interval: Duration::seconds(1),
            polls: defaults.polls,
            max_connections: defaults.max_connections,
            max_per_connection: defaults.max_per_connection,
            max_per_identity: defaults.max_per_identity,
            max_queries: defaults.max_queries,
            init_timeout: Duration::seconds(3),
            keep_alive: Duration::seconds(12),
            send_timeout: Duration::seconds(10),
        }
    }
}
