//! Operations that were planned before: the same document of the same role, with variables of the same
//! shape, gets the same statements with its own values.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use crestfall_core::QualifiedName;
use crestfall_core::db::Statement;
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use crate::document::{Document, Operation, OperationKind};
use crate::graphql::Outcome;
use crate::model::Schema;
use crate::plan::{Key, Own};
use crate::request::Error;
use crate::sql::{NestedWrite, Template, Written};
use crate::value::{Reads, Variables};

/// About how many documents, and plans, are remembered.
const ITEMS: usize = 1000;

/// How much memory documents may take, and plans.
const BYTES: u64 = 32 * 1024 * 1024;

/// An operation, planned for variables of one shape.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) kind: OperationKind,
    /// The relations that a query reads.
    pub(crate) relations: Vec<QualifiedName>,
    /// What the answer is made of, in order.
    pub(crate) fields: Vec<(Key, Source)>,
    pub(crate) statements: Vec<Written>,
    /// Fields that write rows with others.
    pub(crate) nested: Vec<NestedWrite>,
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
    /// What that nested write answers.
    Nested(usize),
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
        self.all_statements().all(|written| written.is_quiet)
    }

    fn all_statements(&self) -> impl Iterator<Item = &Written> {
        let nested = self.nested.iter().flat_map(NestedWrite::statements);
        self.statements.iter().chain(nested)
    }
}

/// A document, read once.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) document: Document,
    /// That of the role which asks it.
    pub(crate) schema: Arc<Outcome>,
    operation: usize,
    /// Its plans are remembered under this number.
    number: u64,
    /// What any planning of it has read.
    reads: Mutex<Reads>,
}

impl Known {
    pub(crate) fn operation(&self) -> Option<&Operation> {
        self.document.operations.get(self.operation)
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

/// A document's number and the shape of its variables.
type PlanKey = (u64, Vec<u8>);

/// Roughly the bytes that something takes.
#[derive(Debug, Clone, Copy)]
struct Size;

impl Weighter<DocumentKey, Arc<Known>> for Size {
    fn weight(&self, key: &DocumentKey, _: &Arc<Known>) -> u64 {
        // The tree is several times as large as the text.
        1000 + 8 * key.document.len() as u64
    }
}

impl Weighter<PlanKey, Arc<Compiled>> for Size {
    fn weight(&self, key: &PlanKey, compiled: &Arc<Compiled>) -> u64 {
        let statements = compiled.all_statements();
        let written = statements.map(|written| written.sql.len() + 100 * written.params.len());
        let constants = compiled.fields.iter().map(|(_, source)| match source {
            Source::Constant(value) => value.len(),
            _ => 100,
        });
        let length: usize = written.chain(constants).sum();
        (1000 + key.1.len() + length) as u64
    }
}

/// Documents by version of the catalogue and role, and the plans of each by the shape of variables.
#[derive(Debug)]
pub(crate) struct Documents {
    documents: Cache<DocumentKey, Arc<Known>, Size>,
    plans: Cache<PlanKey, Arc<Compiled>, Size>,
    numbers: AtomicU64,
}

impl Default for Documents {
    fn default() -> Self {
        Self {
            documents: Cache::with_weighter(ITEMS, BYTES, Size),
            plans: Cache::with_weighter(ITEMS, BYTES, Size),
            numbers: AtomicU64::new(0),
        }
    }
}

impl Documents {
    pub(crate) fn find(&self, by: &DocumentRef<'_>) -> Option<Arc<Known>> {
        self.documents.get(by)
    }

    /// Remembers a document and which of its operations is meant.
    pub(crate) fn add(
        &self,
        by: &DocumentRef<'_>,
        (document, operation): (Document, usize),
        schema: Arc<Outcome>,
    ) -> Arc<Known> {
        let known = Arc::new(Known {
            document,
            schema,
            operation,
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
            reads: Mutex::default(),
        });
        let key = DocumentKey {
            version: by.version,
            role: by.role.clone(),
            document: by.document.into(),
            operation: by.operation.map(Into::into),
        };
        self.documents.insert(key, known.clone());
        known
    }

    /// The plan for variables of this shape.
    pub(crate) fn plan(
        &self,
        known: &Known,
        schema: &Schema,
        variables: &Variables,
    ) -> Option<Arc<Compiled>> {
        let shape = known.reads.lock().shape(schema, variables);
        self.plans.get(&(known.number, shape))
    }

    /// Remembers a plan for other variables of the same shape.
    pub(crate) fn keep(
        &self,
        known: &Known,
        schema: &Schema,
        variables: &Variables,
        reads: &Reads,
        compiled: &Arc<Compiled>,
    ) {
        let shape = {
            let mut all = known.reads.lock();
            // Shapes are made of all that was ever read: those made of less are found no more.
            all.merge(reads);
            all.shape(schema, variables)
        };
        self.plans.insert((known.number, shape), compiled.clone());
    }

    /// Forgets everything, as when the catalogue has changed.
    pub(crate) fn clear(&self) {
        self.documents.clear();
        self.plans.clear();
    }
}
