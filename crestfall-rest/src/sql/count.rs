//! Counting rows, and those that conditions hold for.

use std::fmt::Write as _;

use crestfall_core::QualifiedName;

/// A statement that gives one JSON array of numbers: of all rows, then of those for which each condition
/// holds. The conditions are PostgreSQL's own words for those of policies, never a caller's.
pub(crate) fn count_rows(relation: &QualifiedName, conditions: &[&str]) -> String {
    let mut sql = "select json_build_array(count(*)".to_owned();
    for condition in conditions {
        let _ = write!(sql, ", count(*) filter (where {condition})");
    }
    let _ = write!(sql, ")::text from {relation}");
    sql
}
