//! The functions of Go's templates that mails use.

use std::cmp::Ordering;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{is_true, print};

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Function {
    And,
    Or,
    Not,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Len,
    Index,
    Slice,
    Print,
    Printf,
    /// Escapes for HTML, which the place does.
    Html,
    Urlquery,
}

impl Function {
    pub(super) fn named(name: &str) -> Result<Self, String> {
        Ok(match name {
            "and" => Self::And,
            "or" => Self::Or,
            "not" => Self::Not,
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "lt" => Self::Lt,
            "le" => Self::Le,
            "gt" => Self::Gt,
            "ge" => Self::Ge,
            "len" => Self::Len,
            "index" => Self::Index,
            "slice" => Self::Slice,
            "print" => Self::Print,
            "printf" => Self::Printf,
            "html" => Self::Html,
            "urlquery" => Self::Urlquery,
            _ => return Err(format!("there is no function `{name}`")),
        })
    }

    /// Whether it takes so many arguments.
    pub(super) fn check(self, name: &str, count: usize) -> Result<(), String> {
        let takes = match self {
            Self::Not | Self::Len | Self::Html | Self::Urlquery => count == 1,
            Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge => count == 2,
            Self::Eq => count >= 2,
            Self::Slice => (1..=3).contains(&count),
            Self::And | Self::Or | Self::Index | Self::Print | Self::Printf => count >= 1,
        };
        if takes {
            return Ok(());
        }
        Err(format!("`{name}` does not take {count} arguments"))
    }

    pub(super) fn call(self, arguments: &[Value]) -> Value {
        let [first, rest @ ..] = arguments else {
            return Value::Null;
        };
        let compare = || rest.first().and_then(|second| compare(first, second));
        match self {
            Self::And => choose(arguments, |value| !is_true(value)),
            Self::Or => choose(arguments, is_true),
            Self::Not => (!is_true(first)).into(),
            Self::Eq => rest.iter().any(|other| equal(first, other)).into(),
            Self::Ne => (!rest.iter().any(|other| equal(first, other))).into(),
            Self::Lt => (compare() == Some(Ordering::Less)).into(),
            Self::Le => compare().is_some_and(Ordering::is_le).into(),
            Self::Gt => (compare() == Some(Ordering::Greater)).into(),
            Self::Ge => compare().is_some_and(Ordering::is_ge).into(),
            Self::Len => length(first).into(),
            Self::Index => rest
                .iter()
                .fold(first.clone(), |value, key| index(&value, key)),
            Self::Slice => slice(first, rest),
            Self::Print => arguments.iter().map(print).collect::<String>().into(),
            Self::Printf => printf(&print(first), rest).into(),
            Self::Html => first.clone(),
            Self::Urlquery => utf8_percent_encode(&print(first), NON_ALPHANUMERIC)
                .to_string()
                .into(),
        }
    }
}

/// The first that decides, or the last.
fn choose(arguments: &[Value], decides: impl Fn(&Value) -> bool) -> Value {
    let chosen = arguments.iter().find(|value| decides(value));
    chosen.or(arguments.last()).cloned().unwrap_or_default()
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    }
}

fn index(value: &Value, key: &Value) -> Value {
    match key {
        Value::String(name) => value.get(name),
        _ => key
            .as_u64()
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| value.get(at)),
    }
    .cloned()
    .unwrap_or_default()
}

/// A part of a text, such as the first half of a code; nothing if it has no such part.
fn slice(value: &Value, bounds: &[Value]) -> Value {
    let Value::String(text) = value else {
        return Value::Null;
    };
    let bound = |at: usize, default: usize| match bounds.get(at) {
        None => Some(default),
        Some(bound) => bound.as_u64().and_then(|bound| usize::try_from(bound).ok()),
    };
    let part = bound(0, 0)
        .zip(bound(1, text.len()))
        .and_then(|(start, end)| text.get(start..end));
    part.map(Value::from).unwrap_or_default()
}

/// `%s`, `%v`, `%d` and `%%`.
fn printf(format: &str, arguments: &[Value]) -> String {
    let mut output = String::new();
    let mut arguments = arguments.iter();
    let mut characters = format.chars();
    while let Some(c) = characters.next() {
        if c != '%' {
            output.push(c);
            continue;
        }
        match characters.next() {
            Some('s' | 'v' | 'd') => output.extend(arguments.next().map(print)),
            Some('%') => output.push('%'),
            other => output.extend(std::iter::once('%').chain(other)),
        }
    }
    output
}
