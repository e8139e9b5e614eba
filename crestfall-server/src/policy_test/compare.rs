//! Rows that were expected, and rows that were seen.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Rows shown of each kind at most.
const SHOWN: usize = 5;

/// What is missing and what is too much; none when they are the same, in whatever order.
pub(super) fn difference(expected: &[Map<String, Value>], found: &[Value]) -> Option<String> {
    let mut left: Vec<&Value> = found.iter().collect();
    let mut missing = Vec::new();
    for row in expected {
        match left.iter().position(|seen| fits(row, seen)) {
            Some(at) => drop(left.swap_remove(at)),
            None => missing.push(row),
        }
    }
    if missing.is_empty() && left.is_empty() {
        return None;
    }
    let mut text = format!("expected {} rows, saw {}", expected.len(), found.len());
    for row in missing.iter().take(SHOWN) {
        let row = Value::Object((*row).clone());
        let _ = write!(text, "\nnot seen:     {row}");
    }
    for row in left.iter().take(SHOWN) {
        let _ = write!(text, "\nnot expected: {row}");
    }
    let more = missing.len().saturating_sub(SHOWN) + left.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = write!(text, "\nand {more} more");
    }
    Some(text)
}

/// The first rows, to show what is there.
pub(super) fn sample(rows: &[Value]) -> String {
    let mut text = String::new();
    for row in rows.iter().take(SHOWN) {
        let _ = write!(text, "\nsaw:          {row}");
    }
    text
}

/// Whether a row has these values in these columns.
fn fits(expected: &Map<String, Value>, found: &Value) -> bool {
    let mut columns = expected.iter();
    columns.all(|(name, value)| found.get(name).is_some_and(|seen| same(value, seen)))
}

/// Equal as JSON, numbers by their value: `10` is `10.00`.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || (one.as_f64().is_some() && one.as_f64() == other.as_f64())
        }
        // TOML has no null.
        (Value::String(text), Value::Null) => text == "null",
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        _ => one == other,
    }
}
