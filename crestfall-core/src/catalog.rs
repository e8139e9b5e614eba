//! The objects of a database at one moment: relations, keys, relationships, routines,
//! representations and media-type handlers. Immutable; a reload makes a new one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use crate::name::QualifiedName;

mod assemble;
pub mod comment;
mod database;
mod details;
mod interner;
mod keeper;
mod kept;
mod key;
mod load;
mod lookup;
pub(crate) mod node_tree;
mod relationships;
mod rows;
mod shared;
mod view;

pub use details::{
    ColumnDetails, ConflictTarget, Details, ForeignKeyDetails, FunctionDetails, ParameterDetails,
    TableDetails, TypeCategory, TypeDetails, UniqueKey,
};
pub use keeper::{CatalogKeeper, CatalogState};
pub use kept::KeptCatalog;
pub use load::{CatalogError, CatalogOptions, CatalogSource, CatalogStatement};
pub use shared::SharedCatalog;

/// Everything the planners know about a database. Only objects of the exposed schemas are
/// reachable through it, besides functions and casts that those schemas use.
#[derive(Debug, Default, Serialize)]
pub struct Catalog {
    /// Grows with every load; part of the key of whatever is compiled against a catalogue.
    pub version: u64,
    /// Tables, views, materialised views and foreign tables of the exposed schemas.
    #[serde(serialize_with = "serialize_pairs")]
    pub tables: HashMap<QualifiedName, Arc<Table>>,
    /// Relationships by their source table and the schema in which a request names their target, in
    /// the order in which they are listed to a client: the target's schema, but the function's for a
    /// computed relationship, which goes by the function's name.
    #[serde(serialize_with = "serialize_pairs")]
    pub relationships: HashMap<(QualifiedName, Arc<str>), Vec<Arc<Relationship>>>,
    /// Functions by name; overloads ordered by number of parameters.
    #[serde(serialize_with = "serialize_pairs")]
    pub routines: HashMap<QualifiedName, Vec<Arc<Routine>>>,
    /// Casts between domains and json or text, by (source type, target type) as PostgreSQL prints them.
    #[serde(serialize_with = "serialize_pairs")]
    pub representations: HashMap<(Arc<str>, Arc<str>), Representation>,
    /// Custom media-type handlers, by what they are for and the lower-case media type.
    #[serde(serialize_with = "serialize_pairs")]
    pub media_handlers: HashMap<(HandlerTarget, Arc<str>), MediaHandler>,
    /// Roles that row-level security does not hold: superusers, and those with `BYPASSRLS`. As of the last
    /// load, which a change of roles does not bring about.
    #[serde(skip)]
    pub all_seeing: HashSet<String>,
    /// What else there is to know, when [`CatalogOptions::details`] asked for it.
    #[serde(skip)]
    pub details: Option<Arc<Details>>,
}

fn serialize_pairs<K: Serialize, V: Serialize, S: serde::Serializer>(
    map: &HashMap<K, V>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map)
}

/// A relation that rows can be read from.
#[derive(Debug, Serialize)]
pub struct Table {
    /// Schema and name.
    pub name: QualifiedName,
    /// `COMMENT ON TABLE`, without the line `@public`. For documentation, see [`comment::for_people`].
    pub description: Option<String>,
    /// A view or a materialised view.
    pub is_view: bool,
    /// `INSERT` can work at all (says nothing of privileges).
    pub insertable: bool,
    /// `UPDATE` can work at all.
    pub updatable: bool,
    /// `DELETE` can work at all.
    pub deletable: bool,
    /// Reading its rows may run functions that are not built in (a view's, a policy's), and so
    /// change settings of the transaction.
    pub runs_functions: bool,
    /// Writing to it may run such functions besides: triggers, rules, defaults, checks, what follows
    /// in other tables.
    pub writes_run_functions: bool,
    /// Policies hold whoever reads it: row-level security is on; of a view, it reads with the caller's
    /// rights, and only what is protected. Or a line of its comment is `@public`.
    #[serde(skip)]
    pub is_protected: bool,
    /// Row-level security is on; never of a view.
    #[serde(skip)]
    pub row_security: bool,
    /// Primary key columns, alphabetical; of a view, the columns that show a primary key of a table
    /// below it, in that key's order (of several tables, one key after another).
    pub primary_key: Vec<Arc<str>>,
    /// Columns in their order.
    pub columns: Vec<Column>,
    /// Position in `columns` by name.
    #[serde(skip)]
    pub column_index: HashMap<Arc<str>, usize>,
}

impl Table {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.column_index
            .get(name)
            .map(|&index| &self.columns[index])
    }
}

/// A column of a relation.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    /// The name.
    pub name: Arc<str>,
    /// `COMMENT ON COLUMN`.
    pub description: Option<String>,
    /// Whether NULL may be stored, as the column and its domain say.
    pub nullable: bool,
    /// The base type as `format_type` prints it, without modifiers for built-in types; a domain
    /// over a built-in type shows that type, any other domain shows itself.
    pub data_type: Arc<str>,
    /// The declared type with modifiers and domains kept, such as `character varying(20)`.
    pub nominal_type: Arc<str>,
    /// OID of the type behind all domains.
    pub base_type_oid: u32,
    /// The declared type is a domain.
    pub is_domain: bool,
    /// Longest text in characters.
    pub max_length: Option<i32>,
    /// The default expression.
    pub default: Option<String>,
    /// Labels in their order, when the base type is an enum.
    pub enum_labels: Vec<String>,
}

/// A way to get from rows of one relation to rows of another.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Relationship {
    /// Found from foreign keys.
    Keyed {
        /// Where it starts.
        table: QualifiedName,
        /// Where it leads.
        foreign_table: QualifiedName,
        /// Both are the same relation.
        is_self: bool,
        /// How many rows meet how many, and over which columns.
        cardinality: Cardinality,
        /// The source is a view.
        table_is_view: bool,
        /// The target is a view.
        foreign_table_is_view: bool,
    },
    /// A function from a row of `table` to rows of `foreign_table`.
    Computed {
        /// The function.
        function: QualifiedName,
        /// Where it starts.
        table: QualifiedName,
        /// Where it leads.
        foreign_table: QualifiedName,
        /// At most one row comes back: not `SETOF`, or `ROWS 1`.
        to_one: bool,
        /// Both are the same relation.
        is_self: bool,
    },
}

impl Relationship {
    /// The source.
    pub fn table(&self) -> &QualifiedName {
        match self {
            Self::Keyed { table, .. } | Self::Computed { table, .. } => table,
        }
    }

    /// The target.
    pub fn foreign_table(&self) -> &QualifiedName {
        match self {
            Self::Keyed { foreign_table, .. } | Self::Computed { foreign_table, .. } => {
                foreign_table
            }
        }
    }

    /// Both ends are the same relation.
    pub fn is_self(&self) -> bool {
        match self {
            Self::Keyed { is_self, .. } | Self::Computed { is_self, .. } => *is_self,
        }
    }

    /// At most one row of the target belongs to a row of the source.
    pub fn is_to_one(&self) -> bool {
        match self {
            Self::Keyed { cardinality, .. } => {
                matches!(
                    cardinality,
                    Cardinality::ManyToOne { .. } | Cardinality::OneToOne { .. }
                )
            }
            Self::Computed { to_one, .. } => *to_one,
        }
    }
}

/// Pairs of (source column, target column).
pub type ColumnPairs = Vec<(Arc<str>, Arc<str>)>;

/// How many rows of one side meet how many of the other. The order of the variants is the order
/// in which candidates are listed to a client.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Cardinality {
    /// The target holds the foreign key.
    OneToMany {
        /// The foreign key's name.
        constraint: Arc<str>,
        /// (source, target) columns.
        columns: ColumnPairs,
    },
    /// The source holds the foreign key.
    ManyToOne {
        /// The foreign key's name.
        constraint: Arc<str>,
        /// (source, target) columns.
        columns: ColumnPairs,
    },
    /// As many-to-one, but the key's columns are unique.
    OneToOne {
        /// The foreign key's name.
        constraint: Arc<str>,
        /// (source, target) columns.
        columns: ColumnPairs,
        /// The target holds the foreign key.
        is_parent: bool,
    },
    /// Over a junction table.
    ManyToMany(Junction),
}

/// The table between two others, whose primary key contains both foreign keys.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Junction {
    /// The junction table.
    pub table: QualifiedName,
    /// Its foreign key to the source.
    pub source_constraint: Arc<str>,
    /// Its foreign key to the target.
    pub target_constraint: Arc<str>,
    /// (source, junction) columns.
    pub source_columns: ColumnPairs,
    /// (target, junction) columns.
    pub target_columns: ColumnPairs,
}

/// A function that can be called.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Routine {
    /// Schema and name.
    pub name: QualifiedName,
    /// `COMMENT ON FUNCTION`.
    pub description: Option<String>,
    /// Input parameters in order.
    pub parameters: Vec<Parameter>,
    /// What comes back.
    pub returns: ReturnType,
    /// As declared.
    pub volatility: Volatility,
    /// The last parameter is `VARIADIC`.
    pub is_variadic: bool,
    /// `SET default_transaction_isolation` on the function, as written (e.g. `serializable`).
    pub isolation: Option<String>,
    /// Settings on the function that are hoisted to the transaction, as (name, value).
    pub settings: Vec<(String, String)>,
}

/// An input parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Parameter {
    /// The name; empty when it has none.
    pub name: Arc<str>,
    /// The type as PostgreSQL prints it.
    pub data_type: Arc<str>,
    /// The same, but with types that would cut a value widened (`character` to `character varying`).
    pub unbounded_type: Arc<str>,
    /// It has no default.
    pub required: bool,
    /// It is the `VARIADIC` one.
    pub variadic: bool,
}

/// What a function returns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ReturnType {
    /// `SETOF` or `TABLE`.
    pub set_of: bool,
    /// A row type, or a record made of OUT parameters; else a scalar.
    pub composite: bool,
    /// The type behind all domains; of a table's row type, the table.
    pub type_name: QualifiedName,
    /// The declared type is a domain over that type.
    pub domain_of_composite: bool,
    /// OID of the type behind all domains.
    pub type_oid: u32,
}

/// Whether a function may write and whether its result depends on anything but its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Volatility {
    /// May write.
    Volatile,
    /// Reads only.
    Stable,
    /// Depends on its arguments alone.
    Immutable,
}

impl Volatility {
    /// From `pg_proc.provolatile`.
    fn from_code(code: char) -> Self {
        match code {
            'i' => Self::Immutable,
            's' => Self::Stable,
            _ => Self::Volatile,
        }
    }
}

impl Routine {
    /// One scalar.
    pub fn returns_scalar(&self) -> bool {
        !self.returns.set_of && !self.returns.composite
    }

    /// A set of scalars.
    pub fn returns_set_of_scalar(&self) -> bool {
        self.returns.set_of && !self.returns.composite
    }

    /// One row.
    pub fn returns_single_composite(&self) -> bool {
        !self.returns.set_of && self.returns.composite
    }

    /// Nothing.
    pub fn returns_void(&self) -> bool {
        self.returns_scalar()
            && &*self.returns.type_name.schema == "pg_catalog"
            && &*self.returns.type_name.name == "void"
    }

    /// The relation whose rows come back.
    pub fn table_name(&self) -> Option<&Arc<str>> {
        self.returns
            .composite
            .then_some(&self.returns.type_name.name)
    }
}

/// A cast that shows or reads values of a domain in another form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Representation {
    /// The function of the cast, quoted and qualified as `regproc` prints it.
    pub function: Arc<str>,
}

/// What a media-type handler is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub enum HandlerTarget {
    /// Any row type.
    AnyElement,
    /// Rows of that relation, or the result of that function.
    Relation(QualifiedName),
}

/// A user's way to produce a media type: an aggregate over rows, or a function that already
/// returns a domain named after the media type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MediaHandler {
    /// The aggregate, or the domain to convert to.
    pub function: QualifiedName,
    /// What it is for.
    pub target: HandlerTarget,
    /// The media type to answer with (`*/*` answers `application/octet-stream`).
    pub media_type: Arc<str>,
}
