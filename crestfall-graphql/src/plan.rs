//! What an operation means here: every name found, every value checked, every argument read. A plan
//! knows nothing of SQL's text and nothing of HTTP.

mod arguments;
mod change;
mod connection;
mod filter;
mod groups;
mod nested;
mod order;
mod own;
mod related;
mod root;
mod row;
mod upsert;

use std::sync::Arc;

use crate::document::Field;
use crate::introspect::MetaItem;
use crate::model::{
    Aggregation, EntityId, Field as FieldType, Function, Object, Operator, Quantifier, Relation,
    Schema,
};
use crate::refusal::Refusal;
use crate::selection::{Selected, Selector};
use crate::value::Recipe;

pub(crate) use nested::{Follow, NestedInsert, NestedUpdate, NewRow, NewRows, RowChange};
pub(crate) use own::Own;
pub(crate) use related::reads;
pub(crate) use upsert::Conflict;

/// A name in the answer.
pub(crate) type Key = Arc<str>;

/// A field of `Query` or `Mutation`.
#[derive(Debug)]
pub(crate) enum Root {
    Typename(Arc<str>),
    Connection(Connection),
    /// One row, by the values of its primary key.
    ByKey {
        entity: EntityId,
        key: Vec<Recipe>,
        row: Row,
    },
    /// A function that gives a value.
    Value(Call),
    /// A function that gives a row.
    CalledRow(Call, Row),
    Insert(Insert),
    Update(Update),
    Delete(Delete),
    /// Rows with those that belong to them.
    InsertNested(NestedInsert),
    UpdateNested(NestedUpdate),
    /// The embedding program answers it.
    Own(Own),
    /// `__schema`
    Schema(Vec<MetaItem>),
    /// `__type`
    Type(Option<Arc<str>>, Vec<MetaItem>),
}

/// What is shown of a row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) entity: EntityId,
    pub(crate) fields: Vec<(Key, RowField)>,
}

#[derive(Debug)]
pub(crate) enum RowField {
    Typename(Arc<str>),
    NodeId,
    Column(usize),
    One(Arc<Relation>, Row),
    Many(Connection),
    ComputedValue(Arc<Function>),
    ComputedRow(Arc<Function>, Row),
}

/// A page of rows with what is asked about them.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) entity: EntityId,
    pub(crate) source: RowSource,
    pub(crate) filter: Vec<Condition>,
    /// Of the rows with the same values in these columns only the first is there.
    pub(crate) distinct: Vec<usize>,
    /// Ends with the primary key.
    pub(crate) order: Vec<Order>,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    /// The page is counted from the end.
    pub(crate) backwards: bool,
    /// The values of the order's columns that the page lies behind, or before.
    pub(crate) cursor: Option<Vec<CursorValue>>,
    pub(crate) fields: Vec<(Key, ConnectionField)>,
}

/// One value of a cursor.
#[derive(Debug)]
pub(crate) struct CursorValue {
    pub(crate) recipe: Recipe,
    pub(crate) is_null: bool,
}

/// Where the rows of a connection come from.
#[derive(Debug)]
pub(crate) enum RowSource {
    /// All of the relation.
    Relation,
    /// Those that belong to the row above.
    Related(Arc<Relation>),
    /// A function of the row above.
    Computed(Arc<Function>),
    /// A function of arguments.
    Call(Call),
}

#[derive(Debug)]
pub(crate) enum ConnectionField {
    Typename(Arc<str>),
    TotalCount,
    Edges(Vec<(Key, EdgeField)>),
    PageInfo(Vec<(Key, PageField)>),
    Aggregate(Vec<(Key, AggregateField)>),
    Groups(Groups),
}

/// Groups of rows.
#[derive(Debug)]
pub(crate) struct Groups {
    /// Positions of the entity's group keys, each once.
    pub(crate) keys: Vec<usize>,
    pub(crate) having: Vec<Condition>,
    /// Ends with the keys.
    pub(crate) order: Vec<Order>,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    pub(crate) fields: Vec<(Key, GroupField)>,
}

#[derive(Debug)]
pub(crate) enum GroupField {
    Typename(Arc<str>),
    Keys(Vec<(Key, GroupKeyField)>),
    Aggregate(AggregateField),
}

#[derive(Debug)]
pub(crate) enum GroupKeyField {
    Typename(Arc<str>),
    Key(usize),
}

#[derive(Debug)]
pub(crate) enum EdgeField {
    Typename(Arc<str>),
    Cursor,
    Node(Row),
}

#[derive(Debug, Clone)]
pub(crate) enum PageField {
    Typename(Arc<str>),
    StartCursor,
    EndCursor,
    HasNextPage,
    HasPreviousPage,
}

#[derive(Debug)]
pub(crate) enum AggregateField {
    Typename(Arc<str>),
    Count,
    By(Aggregation, Vec<(Key, AggregateColumn)>),
}

#[derive(Debug)]
pub(crate) enum AggregateColumn {
    Typename(Arc<str>),
    Column(usize),
}

/// One item of an order.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// From the row to the one that the value is of; empty when it is its own.
    pub(crate) path: Vec<Arc<Relation>>,
    pub(crate) by: Operand,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

impl Order {
    /// By a column of the row itself.
    pub(crate) fn ascending(by: Operand) -> Self {
        Self {
            path: Vec::new(),
            by,
            descending: false,
            nulls_first: false,
        }
    }
}

/// What is compared and sorted by.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Column(usize),
    /// What the rows there amount to.
    Related(Arc<Relation>, Measure),
    // Of groups of rows.
    Measure(Measure),
    /// The key at that position of the entity's.
    GroupKey(usize),
}

/// What several rows amount to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Measure {
    Count,
    /// Of a column.
    Aggregate(Aggregation, usize),
}

/// What rows must fulfil.
#[derive(Debug)]
pub(crate) enum Condition {
    Compare {
        left: Operand,
        operator: Operator,
        value: Recipe,
    },
    IsNull {
        left: Operand,
        negated: bool,
    },
    /// Related rows fulfil these.
    Related {
        relation: Arc<Relation>,
        quantifier: Quantifier,
        filter: Vec<Condition>,
    },
    /// The primary key has these values.
    Key(Vec<Recipe>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Vec<Condition>),
}

/// A function with its arguments, by position of the parameter.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) function: Arc<Function>,
    pub(crate) arguments: Vec<(usize, Recipe)>,
}

#[derive(Debug)]
pub(crate) struct Insert {
    pub(crate) entity: EntityId,
    /// The columns that any row gives.
    pub(crate) columns: Vec<usize>,
    /// One value for each of the columns; none is the column's default.
    pub(crate) rows: Vec<Vec<Option<Recipe>>>,
    pub(crate) conflict: Option<Conflict>,
    pub(crate) fields: Vec<(Key, ResponseField)>,
}

#[derive(Debug)]
pub(crate) struct Update {
    pub(crate) entity: EntityId,
    pub(crate) set: Vec<(usize, Recipe)>,
    pub(crate) filter: Vec<Condition>,
    pub(crate) at_most: Recipe,
    pub(crate) fields: Vec<(Key, ResponseField)>,
}

#[derive(Debug)]
pub(crate) struct Delete {
    pub(crate) entity: EntityId,
    pub(crate) filter: Vec<Condition>,
    pub(crate) at_most: Recipe,
    pub(crate) fields: Vec<(Key, ResponseField)>,
}

#[derive(Debug)]
pub(crate) enum ResponseField {
    Typename(Arc<str>),
    AffectedCount,
    Records(Row),
}

/// The name of the field that every object has.
pub(crate) const TYPENAME: &str = "__typename";

/// Makes plans.
pub(crate) struct Planner<'a, 'd> {
    pub(crate) schema: &'a Schema,
    pub(crate) selector: Selector<'d>,
    /// How often filters and orders have led to related rows.
    pub(crate) related: usize,
}

impl<'a, 'd> Planner<'a, 'd> {
    /// What is selected below a field of an object type.
    fn below(
        &mut self,
        selected: &Selected<'d>,
        object: &Object,
        name: &str,
    ) -> Result<Vec<Selected<'d>>, Refusal> {
        if selected.below.iter().all(|set| set.is_empty()) {
            return Err(Refusal::new(format!(
                "Field \"{}\" of type \"{name}\" must have a selection of subfields",
                selected.name()
            ))
            .at(selected.field.at));
        }
        self.selector.select(&selected.below, name, object.is_node)
    }
}

/// Refuses arguments that the field does not have.
fn allow_arguments(field: &Field, of: &FieldType) -> Result<(), Refusal> {
    let unknown: Vec<&str> = field
        .arguments
        .iter()
        .filter(|(name, _)| of.argument(name).is_none())
        .map(|(name, _)| &**name)
        .collect();
    match unknown.as_slice() {
        [] => Ok(()),
        _ => Err(Refusal::new(format!(
            "Input contains extra keys {unknown:?}"
        ))),
    }
}
