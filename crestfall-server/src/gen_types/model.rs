//! What is generated, in no language yet. Everything is sorted, so that the same database gives the
//! same text.

use std::rc::Rc;

/// All that is exposed.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// In the order of the arguments.
    pub(super) schemas: Vec<Schema>,
}

/// A schema, its parts sorted by name.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) name: String,
    pub(super) relations: Vec<Relation>,
    pub(super) functions: Vec<Function>,
    pub(super) enums: Vec<Enum>,
    pub(super) composites: Vec<Composite>,
}

/// A schema's part, by the names of both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name {
    pub(super) schema: String,
    pub(super) name: String,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// A table or view.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) name: Name,
    pub(super) comment: Option<String>,
    pub(super) is_view: bool,
    pub(super) insertable: bool,
    pub(super) updatable: bool,
    /// In their order in the relation.
    pub(super) columns: Vec<Column>,
    /// Functions of a row that read like columns.
    pub(super) computed: Vec<Column>,
    pub(super) links: Vec<Link>,
}

/// A column, or an attribute of a composite type.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) comment: Option<String>,
    pub(super) kind: Rc<Type>,
    pub(super) nullable: bool,
    /// What an insert has to say of it.
    pub(super) insert: Insert,
    pub(super) updatable: bool,
}

/// What an insert says of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Insert {
    Required,
    Optional,
    /// Generated always.
    Never,
}

/// A type.
#[derive(Debug, Clone)]
pub(super) enum Type {
    /// One of PostgreSQL's or an extension's, by its own name: `int4`.
    Scalar(String),
    Enum(Name),
    Composite(Name),
    /// A row of a relation.
    Row(Name),
    Array(Rc<Type>),
    /// Columns that a function's declaration names.
    Record(Vec<Column>),
    Void,
}

/// A way from rows of one relation to rows of another.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) target: Name,
    /// How `select` names it: `people!films_director_id_fkey`.
    pub(super) spelling: String,
    /// What it is called here, unique in the relation: `people`, `people_by_director_id`.
    pub(super) label: String,
    pub(super) cardinality: Cardinality,
    /// For the foreign keys that this relation itself has.
    pub(super) key: Option<ForeignKey>,
    /// What it goes over, for people.
    pub(super) over: String,
}

/// How many rows of the target there are for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cardinality {
    /// Always one: the key is not null, and no policy can hide the row.
    One,
    Maybe,
    Many,
}

/// A foreign key as `Relationships` of supabase-js has it.
#[derive(Debug, Clone)]
pub(super) struct ForeignKey {
    pub(super) constraint: String,
    pub(super) columns: Vec<String>,
    pub(super) target_columns: Vec<String>,
    pub(super) one_to_one: bool,
}

/// A function.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) name: Name,
    pub(super) comment: Option<String>,
    pub(super) arguments: Vec<Argument>,
    pub(super) returns: Rc<Type>,
    pub(super) set_of: bool,
    /// Stable or immutable.
    pub(super) reads: bool,
    /// The last argument takes any number of values.
    pub(super) variadic: bool,
}

impl Function {
    /// Every argument has a name, as [`by_query`](Self::by_query) and structs need it.
    pub(super) fn is_named(&self) -> bool {
        self.arguments
            .iter()
            .all(|argument| !argument.name.is_empty())
    }

    /// It can be called by GET as arguments are written there: an array for `VARIADIC` would be one value.
    pub(super) fn by_query(&self) -> bool {
        self.reads && self.is_named() && !self.variadic
    }
}

/// An argument that goes in.
#[derive(Debug, Clone)]
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) kind: Rc<Type>,
    pub(super) required: bool,
}

/// An enum.
#[derive(Debug)]
pub(super) struct Enum {
    pub(super) name: Name,
    pub(super) comment: Option<String>,
    pub(super) labels: Vec<String>,
}

/// A composite type.
#[derive(Debug)]
pub(super) struct Composite {
    pub(super) name: Name,
    pub(super) comment: Option<String>,
    pub(super) attributes: Vec<Column>,
}

impl Model {
    /// Schema `public`, or the only one, needs no prefix.
    pub(super) fn is_main(&self, schema: &str) -> bool {
        self.schemas
            .first()
            .is_some_and(|first| first.name == schema)
    }
}
