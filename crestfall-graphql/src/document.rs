//! Executable documents: what a client sends, as a tree.
//!
//! The parser is our own. The one of async-graphql recurses without a bound into nested values, so
//! that a few kilobytes of brackets end the process, and forgets the order of operations; this one
//! counts its depth and knows no panic. It follows the
//! [October 2021 edition](https://spec.graphql.org/October2021/#sec-Document-Syntax).

mod fragments;
mod lexer;
mod parser;

use std::collections::HashMap;
use std::sync::Arc;

pub(crate) use fragments::check_cycles;
pub(crate) use lexer::{Lexer, Token};
pub(crate) use parser::parse;

/// Where in the text something stands, in lines and characters from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A text that is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    pub(crate) at: Position,
    /// For programs, when there is one.
    pub(crate) code: Option<&'static str>,
}

/// Operations and fragments, in their order.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) operations: Vec<Operation>,
    pub(crate) fragments: Vec<Fragment>,
    /// Position in `fragments` by name; of two, the first.
    fragment_index: HashMap<Arc<str>, usize>,
}

impl Document {
    fn add_fragment(&mut self, fragment: Fragment) {
        let index = self.fragments.len();
        self.fragment_index
            .entry(fragment.name.clone())
            .or_insert(index);
        self.fragments.push(fragment);
    }

    /// The fragment of that name.
    pub(crate) fn fragment(&self, name: &str) -> Option<&Fragment> {
        let index = *self.fragment_index.get(name)?;
        self.fragments.get(index)
    }
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperationKind {
    Query,
    Mutation,
    Subscription,
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) kind: OperationKind,
    pub(crate) name: Option<Arc<str>>,
    /// The variables by name, with their defaults.
    pub(crate) variables: Definitions,
    /// Variables that must be given, by their types.
    pub(crate) required: Vec<Arc<str>>,
    pub(crate) selections: Vec<Selection>,
}

/// Variables by name, with their defaults.
pub(crate) type Definitions = HashMap<Arc<str>, Option<Value>>;

#[derive(Debug)]
pub(crate) struct Fragment {
    pub(crate) name: Arc<str>,
    /// The type it is for.
    pub(crate) on: Arc<str>,
    pub(crate) selections: Vec<Selection>,
}

#[derive(Debug)]
pub(crate) enum Selection {
    Field(Field),
    Spread(Spread),
    Inline(Inline),
}

impl Selection {
    pub(crate) fn directives(&self) -> &[Directive] {
        match self {
            Self::Field(field) => &field.directives,
            Self::Spread(spread) => &spread.directives,
            Self::Inline(inline) => &inline.directives,
        }
    }
}

/// A field with everything below it.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) alias: Option<Arc<str>>,
    pub(crate) name: Arc<str>,
    pub(crate) arguments: Vec<(Arc<str>, Value)>,
    pub(crate) directives: Vec<Directive>,
    pub(crate) selections: Vec<Selection>,
    pub(crate) at: Position,
}

impl Field {
    /// The name in the answer.
    pub(crate) fn key(&self) -> &Arc<str> {
        self.alias.as_ref().unwrap_or(&self.name)
    }
}

/// `...name`
#[derive(Debug)]
pub(crate) struct Spread {
    pub(crate) name: Arc<str>,
    pub(crate) directives: Vec<Directive>,
}

/// `... on Type { }`
#[derive(Debug)]
pub(crate) struct Inline {
    pub(crate) on: Option<Arc<str>>,
    pub(crate) directives: Vec<Directive>,
    pub(crate) selections: Vec<Selection>,
}

#[derive(Debug)]
pub(crate) struct Directive {
    pub(crate) name: Arc<str>,
    pub(crate) arguments: Vec<(Arc<str>, Value)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Variable(Arc<str>),
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(Arc<str>),
    Enum(Arc<str>),
    List(Vec<Value>),
    Object(Vec<(Arc<str>, Value)>),
}

/// Members of objects may stand in any order.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Variable(a), Self::Variable(b))
            | (Self::String(a), Self::String(b))
            | (Self::Enum(a), Self::Enum(b)) => a == b,
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => same_members(a, b),
            _ => false,
        }
    }
}

/// Whether two lists of named values are the same but for their order.
pub(crate) fn same_members(one: &[(Arc<str>, Value)], other: &[(Arc<str>, Value)]) -> bool {
    let sorted = |members: &[(Arc<str>, Value)]| {
        let mut places: Vec<usize> = (0..members.len()).collect();
        places.sort_by(|&one, &other| members[one].0.cmp(&members[other].0));
        places
    };
    one.len() == other.len()
        && sorted(one)
            .into_iter()
            .zip(sorted(other))
            .all(|(here, there)| one[here] == other[there])
}
