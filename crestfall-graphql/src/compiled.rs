//! Operations that were planned before: the same document of the same role, with variables of the same
//! shape, gets the same statements with its own values.

use std::hash::Hash;
use std::sync::Arc;

use bytes::Bytes;
use crestfall_core::QualifiedName;
use crestfall_core::db::Statement;
use parking_lot::Mutex;
use quick_cache::Equivalent;
use quick_cache::sync::Cache;

use crate::document::{Document, Operation, OperationKind};
use crate::model::Schema;
use crate::plan::{Key, Own};
use crate::request::Error;
use crate::sql::{Template, Written};
use crate::value::{Reads, Variables};

/// Documents that are remembered.
const DOCUMENTS: usize = 1000;

/// Shapes that are remembered of each.
const SHAPES: usize = 64;

/// An operation, planned for variables of one shape.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) kind: OperationKind,
    /// The relations that a query reads.
    pub(crate) relations: Vec<QualifiedName>,
    /// What the answer is made of, in order.
    pub(crate) fields: Vec<(Key, Source)>,
    pub(crate) statements: Vec<Written>,
    /// What is asked of the embedding program.
    pub(crate) own: Vec<Own>,
    /// Fields that could not be planned.
    pub(crate) errors: Vec<Error>,
}

/// Where the value of a field comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// It is known already.
    Constant(Bytes),
    /// The column at that position of the one statement of a query.
    Column(usize),
    /// The rows of the one statement of a query.
    Rows(Template),
    /// The one value of that statement.
    Statement(usize),
    /// What the embedding program answers.
    Own(usize),
}

impl Compiled {
    /// The statements with the values of one request.
    pub(crate) fn statements(&self, variables: &Variables) -> Vec<Statement> {
        let statement = |written: &Written| Statement {
            sql: written.sql.clone(),
            params: written
                .params
                .iter()
                .map(|recipe| recipe.param(variables))
                .collect(),
        };
        self.statements.iter().map(statement).collect()
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.statements.iter().all(|written| written.is_quiet)
    }
}

/// A document, read once.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) document: Document,
    operation: usize,
    plans: Mutex<Plans>,
}

#[derive(Debug, Default)]
struct Plans {
    /// What any planning of it has read.
    reads: Reads,
    by_shape: Vec<(Vec<u8>, Arc<Compiled>)>,
}

impl Known {
    pub(crate) fn new(document: Document, operation: usize) -> Self {
        Self {
            document,
            operation,
            plans: Mutex::default(),
        }
    }

    pub(crate) fn operation(&self) -> Option<&Operation> {
        self.document.operations.get(self.operation)
    }

    /// The plan for variables of this shape.
    pub(crate) fn find(&self, schema: &Schema, variables: &Variables) -> Option<Arc<Compiled>> {
        let plans = self.plans.lock();
        let shape = plans.reads.shape(schema, variables);
        let found = plans.by_shape.iter().find(|(known, _)| *known == shape);
        found.map(|(_, compiled)| compiled.clone())
    }

    /// Keeps a plan for other variables of the same shape.
    pub(crate) fn keep(
        &self,
        schema: &Schema,
        variables: &Variables,
        reads: &Reads,
        compiled: &Arc<Compiled>,
    ) {
        let mut plans = self.plans.lock();
        if plans.reads.merge(reads) || plans.by_shape.len() >= SHAPES {
            // Shapes are made of all that is read: those made of less are found no more.
            plans.by_shape.clear();
        }
        let shape = plans.reads.shape(schema, variables);
        plans.by_shape.push((shape, compiled.clone()));
    }
}

/// What a document is remembered by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct DocumentKey {
    version: u64,
    role: Arc<str>,
    document: Box<str>,
    operation: Option<Box<str>>,
}

/// The same, borrowed.
#[derive(Debug, Hash)]
pub(crate) struct DocumentRef<'a> {
    pub(crate) version: u64,
    pub(crate) role: &'a Arc<str>,
    pub(crate) document: &'a str,
    pub(crate) operation: Option<&'a str>,
}

impl Equivalent<DocumentKey> for DocumentRef<'_> {
    fn equivalent(&self, key: &DocumentKey) -> bool {
        self.version == key.version
            && *self.role == key.role
            && *self.document == *key.document
            && self.operation == key.operation.as_deref()
    }
}

/// Documents by version of the catalogue and role.
#[derive(Debug)]
pub(crate) struct Documents {
    cache: Cache<DocumentKey, Arc<Known>>,
}

impl Default for Documents {
    fn default() -> Self {
        Self {
            cache: Cache::new(DOCUMENTS),
        }
    }
}

impl Documents {
    pub(crate) fn find(&self, by: &DocumentRef<'_>) -> Option<Arc<Known>> {
        self.cache.get(by)
    }

    pub(crate) fn keep(&self, by: &DocumentRef<'_>, known: &Arc<Known>) {
        let key = DocumentKey {
            version: by.version,
            role: by.role.clone(),
            document: by.document.into(),
            operation: by.operation.map(Into::into),
        };
        self.cache.insert(key, known.clone());
    }
}
