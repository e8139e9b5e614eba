//! Settings of the GraphQL API.

use crestfall_core::QualifiedName;

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
    /// Log the statements of each operation, without their parameters.
    pub log_query: bool,
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
}

impl Default for Config {
    fn default() -> Self {
        Self {
            schemas: vec!["public".into()],
            extra_search_path: vec!["public".into()],
            pre_request: None,
            limits: Limits::default(),
            log_query: false,
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
        }
    }
}
