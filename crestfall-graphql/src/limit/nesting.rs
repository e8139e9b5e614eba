//! How many rows are written with others, and how deep they are nested.

use super::Exceeded;
use crate::config::Limits;
use crate::plan::Root;

/// Refuses rows that are nested too deep, or are too many.
///
/// # Errors
/// The limit that they are beyond.
pub(crate) fn check_nesting(root: &Root, limits: &Limits) -> Result<(), Exceeded> {
    let size = match root {
        Root::InsertNested(insert) => insert.size(),
        Root::UpdateNested(update) => update.size(),
        _ => return Ok(()),
    };
    let what = "rows are nested too deep";
    Exceeded::check(size.depth, limits.depth, what, "max_depth")?;
    match size.rows > limits.list_items {
        true => Err(too_many_rows(limits.list_items)),
        false => Ok(()),
    }
}

/// Told before the database is asked, or when it has told for how many rows others are inserted.
pub(crate) fn too_many_rows(most: usize) -> Exceeded {
    let what = "too many rows are written with others";
    Exceeded::new(what, most, "max_list_items")
}
