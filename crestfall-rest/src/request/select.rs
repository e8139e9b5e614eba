//! The `select` and `order` parameters.

use super::Text;

/// A column with a path into its JSON, composite or array value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Field {
    pub(crate) name: Text,
    pub(crate) path: Vec<JsonStep>,
}

/// One step of a JSON path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct JsonStep {
    /// `->>` (text) rather than `->` (JSON).
    pub(crate) as_text: bool,
    pub(crate) operand: JsonOperand,
}

/// Where a step leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum JsonOperand {
    Key(Text),
    /// Digits with a sign, as text: `+0`, `-1`.
    Index(Text),
}

/// One element of `select`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SelectItem {
    /// `alias:column->path::cast.aggregate()::cast`
    Field {
        field: Field,
        aggregate: Option<Aggregate>,
        /// Applied to the aggregate's result.
        aggregate_cast: Option<Text>,
        /// Applied to the column.
        cast: Option<Text>,
        alias: Option<Text>,
    },
    /// `alias:relation!hint!inner(...)`
    Relation {
        relation: Text,
        alias: Option<Text>,
        hint: Option<Text>,
        join: Option<JoinType>,
        select: Vec<SelectItem>,
    },
    /// `...relation!hint!inner(...)`
    Spread {
        relation: Text,
        hint: Option<Text>,
        join: Option<JoinType>,
        select: Vec<SelectItem>,
    },
}

/// An aggregate function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Aggregate {
    Sum,
    Avg,
    Max,
    Min,
    Count,
}

impl Aggregate {
    /// The function's name in SQL, which is also what its column is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Max => "max",
            Self::Min => "min",
            Self::Count => "count",
        }
    }
}

/// `!inner` or `!left`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum JoinType {
    Inner,
    Left,
}

/// One element of `order`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OrderTerm {
    /// Set when the term orders by a column of an embedded relation: `relation(column)`.
    pub(crate) relation: Option<Text>,
    pub(crate) field: Field,
    pub(crate) direction: Option<Direction>,
    pub(crate) nulls: Option<Nulls>,
}

/// `asc` or `desc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    Asc,
    Desc,
}

/// `nullsfirst` or `nullslast`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Nulls {
    First,
    Last,
}
