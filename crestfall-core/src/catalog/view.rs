//! Which keys a view shows. A view has none of its own; it shows a key of a table when it shows
//! each of the key's columns, be it through other views.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::key::{KeyEnd, Keys};
use super::node_tree;
use super::rows::ViewRow;
use crate::name::QualifiedName;

/// A relation's OID and a column's number.
type ColumnId = (u32, i16);

/// An exposed view.
pub(super) struct View {
    pub(super) oid: u32,
    pub(super) name: QualifiedName,
    /// Names by number.
    pub(super) columns: HashMap<i16, Arc<str>>,
}

/// A view that shows a key.
#[derive(Debug)]
pub(super) struct ViewKey {
    pub(super) view: QualifiedName,
    /// Each way to pick a column of the view for every column of the key, in the key's order: a
    /// column of the table may be shown more than once.
    pub(super) choices: Vec<Vec<Arc<str>>>,
}

/// The keys that views show.
#[derive(Debug, Default)]
pub(super) struct ViewKeys {
    /// By the view's OID, the columns that show a primary key; of several tables one after another.
    pub(super) primary: HashMap<u32, Vec<Arc<str>>>,
    /// By the position of a foreign key, the views that show its source.
    pub(super) sources: HashMap<usize, Vec<ViewKey>>,
    /// By the position of a foreign key, the views that show its target.
    pub(super) targets: HashMap<usize, Vec<ViewKey>>,
}

impl ViewKeys {
    /// `trees` may hold views that are not exposed: others are followed through them.
    pub(super) fn new(views: &[View], trees: &[ViewRow], keys: &Keys) -> Self {
        let origins = origins(trees);
        let by_table = foreign_by_table(keys);
        let mut found = Self::default();
        for view in views {
            for (table, shown) in shown_columns(view, &origins) {
                if let Some(columns) = keys
                    .primary
                    .get(&table)
                    .and_then(|key| matching(key, &shown))
                {
                    let first = columns.iter().filter_map(|names| names.first().cloned());
                    found.primary.entry(view.oid).or_default().extend(first);
                }
                for &(position, side) in by_table.get(&table).map(Vec::as_slice).unwrap_or_default()
                {
                    let key = &keys.foreign[position];
                    let (end, views_of) = match side {
                        Side::Source => (&key.source, &mut found.sources),
                        Side::Target => (&key.target, &mut found.targets),
                    };
                    if let Some(columns) = matching(end, &shown) {
                        views_of.entry(position).or_default().push(ViewKey {
                            view: view.name.clone(),
                            choices: choices(&columns),
                        });
                    }
                }
            }
        }
        found
    }
}

#[derive(Clone, Copy)]
enum Side {
    Source,
    Target,
}

fn foreign_by_table(keys: &Keys) -> HashMap<u32, Vec<(usize, Side)>> {
    let mut by_table: HashMap<u32, Vec<(usize, Side)>> = HashMap::new();
    for (position, key) in keys.foreign.iter().enumerate() {
        let mut add = |end: &KeyEnd, side| {
            by_table
                .entry(end.relation)
                .or_default()
                .push((position, side));
        };
        add(&key.source, Side::Source);
        add(&key.target, Side::Target);
    }
    by_table
}

/// Where each column of each view comes from, one level down.
fn origins(trees: &[ViewRow]) -> HashMap<ColumnId, ColumnId> {
    let mut origins = HashMap::new();
    for row in trees {
        match node_tree::column_origins(&row.tree) {
            Ok(found) => origins.extend(found.into_iter().map(|origin| {
                let below = (origin.relation, origin.relation_column);
                ((row.oid, origin.column), below)
            })),
            Err(error) => tracing::warn!(
                crestfall.view_oid = row.oid,
                %error,
                "a view is shown without its keys"
            ),
        }
    }
    origins
}

/// A view's columns by the table they come from and their number there, in the view's order.
type Shown = BTreeMap<i16, Vec<Arc<str>>>;

fn shown_columns(view: &View, origins: &HashMap<ColumnId, ColumnId>) -> BTreeMap<u32, Shown> {
    let mut numbers: Vec<i16> = view.columns.keys().copied().collect();
    numbers.sort_unstable();
    let mut tables: BTreeMap<u32, Shown> = BTreeMap::new();
    for number in numbers {
        if let Some((table, column)) = follow((view.oid, number), origins) {
            let shown = tables.entry(table).or_default().entry(column).or_default();
            shown.push(view.columns[&number].clone());
        }
    }
    tables
}

/// The column at the bottom of a chain of views; `None` when the chain bites its tail, which two
/// views made to show each other do.
fn follow(start: ColumnId, origins: &HashMap<ColumnId, ColumnId>) -> Option<ColumnId> {
    let mut at = *origins.get(&start)?;
    // A chain longer than there are origins has come by one of them twice.
    for _ in 0..origins.len() {
        match origins.get(&at) {
            Some(&below) => at = below,
            None => return Some(at),
        }
    }
    None
}

/// The view's columns for each column of the key, when none is missing.
fn matching<'a>(key: &KeyEnd, shown: &'a Shown) -> Option<Vec<&'a [Arc<str>]>> {
    key.columns
        .iter()
        .map(|(number, _)| shown.get(number).map(Vec::as_slice))
        .collect()
}

fn choices(columns: &[&[Arc<str>]]) -> Vec<Vec<Arc<str>>> {
    let mut choices = vec![Vec::with_capacity(columns.len())];
    for names in columns {
        choices = choices
            .iter()
            .flat_map(|begun| {
                names.iter().map(move |name| {
                    let mut longer = begun.clone();
                    longer.push(name.clone());
                    longer
                })
            })
            .collect();
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_views_is_followed_to_its_table() {
        let origins = HashMap::from([((3, 1), (2, 5)), ((2, 5), (1, 7))]);
        assert_eq!(follow((3, 1), &origins), Some((1, 7)));
        assert_eq!(follow((3, 2), &origins), None);
    }

    #[test]
    fn views_that_show_each_other_lead_nowhere() {
        let origins = HashMap::from([((3, 1), (2, 1)), ((2, 1), (3, 1))]);
        assert_eq!(follow((3, 1), &origins), None);
    }

    #[test]
    fn every_way_to_show_a_key_is_a_choice() {
        let (a, b, c): (Arc<str>, Arc<str>, Arc<str>) = ("a".into(), "b".into(), "c".into());
        let columns: [&[Arc<str>]; 2] = [&[a.clone(), b.clone()], std::slice::from_ref(&c)];
        assert_eq!(choices(&columns), [[a, c.clone()], [b, c]]);
    }
}
