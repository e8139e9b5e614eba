//! Filters: `column=operator.value` and logical trees of them.

use super::Text;
use super::select::Field;

/// `column=operator.value`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filter {
    pub(crate) field: Field,
    /// `not.` before the operator.
    pub(crate) negated: bool,
    pub(crate) operation: Operation,
}

/// An operator with its operand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operation {
    Simple(SimpleOperator, Text),
    Quantified(QuantOperator, Option<Quantifier>, Text),
    In(Vec<Text>),
    Is(IsValue),
    IsDistinct(Text),
    FullText {
        operator: FtsOperator,
        language: Option<Text>,
        query: Text,
    },
}

/// Operators without `any`/`all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SimpleOperator {
    NotEqual,
    Contains,
    Contained,
    Overlap,
    StrictlyLeft,
    StrictlyRight,
    NotExtendsRight,
    NotExtendsLeft,
    Adjacent,
}

/// Operators that take `any` and `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum QuantOperator {
    Equal,
    GreaterThanEqual,
    GreaterThan,
    LessThanEqual,
    LessThan,
    Like,
    ILike,
    Match,
    IMatch,
}

/// `any` or `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Quantifier {
    Any,
    All,
}

/// Full-text search operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FtsOperator {
    /// `fts`: `to_tsquery`
    Plain,
    /// `plfts`: `plainto_tsquery`
    Words,
    /// `phfts`: `phraseto_tsquery`
    Phrase,
    /// `wfts`: `websearch_to_tsquery`
    Websearch,
}

/// The operand of `is`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum IsValue {
    Null,
    NotNull,
    True,
    False,
    Unknown,
}

/// `and(...)`, `or(...)` and the filters in them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LogicTree {
    Group {
        negated: bool,
        operator: LogicOperator,
        members: Vec<LogicTree>,
    },
    Filter(Filter),
}

/// How members of a group join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LogicOperator {
    And,
    Or,
}
