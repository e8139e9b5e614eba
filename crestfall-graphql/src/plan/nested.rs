//! Rows that are written with rows that belong to them.

mod insert;
mod update;

use std::sync::Arc;

use super::{Condition, Conflict, Key, ResponseField};
use crate::model::{Entity, EntityId, InputMeaning, InputObject, Link, Relation};
use crate::refusal::Refusal;
use crate::value::{Data, Given, Recipe};

/// A field that inserts rows with others.
#[derive(Debug)]
pub(crate) struct NestedInsert {
    pub(crate) rows: NewRows,
    pub(crate) fields: Vec<(Key, ResponseField)>,
}

/// A field that updates rows, and others that belong to them.
#[derive(Debug)]
pub(crate) struct NestedUpdate {
    pub(crate) change: RowChange,
    pub(crate) fields: Vec<(Key, ResponseField)>,
}

/// Rows to insert into one relation.
#[derive(Debug)]
pub(crate) struct NewRows {
    pub(crate) entity: EntityId,
    pub(crate) conflict: Option<Arc<Conflict>>,
    pub(crate) rows: Vec<NewRow>,
}

/// A row to insert.
#[derive(Debug)]
pub(crate) struct NewRow {
    /// Where it stands in the arguments.
    pub(crate) path: Arc<str>,
    /// The columns that are given.
    pub(crate) values: Vec<(usize, Recipe)>,
    /// Rows that it refers to: one each.
    pub(crate) before: Vec<(Arc<Relation>, NewRows)>,
    /// Rows that refer to it.
    pub(crate) after: Vec<(Arc<Relation>, NewRows)>,
}

/// A change of rows that are there.
#[derive(Debug)]
pub(crate) struct RowChange {
    pub(crate) entity: EntityId,
    pub(crate) path: Arc<str>,
    pub(crate) set: Vec<(usize, Recipe)>,
    pub(crate) filter: Vec<Condition>,
    /// None when there cannot be more than one for each row it belongs to.
    pub(crate) at_most: Option<Recipe>,
    /// New rows that it is to refer to: one each.
    pub(crate) before: Vec<(Arc<Relation>, NewRows)>,
    /// What becomes of the rows that belong to it, in this order.
    pub(crate) after: Vec<(Arc<Relation>, Follow)>,
}

/// What becomes of rows that belong to a row.
#[derive(Debug)]
pub(crate) enum Follow {
    Insert(NewRows),
    Update(RowChange),
    Delete {
        path: Arc<str>,
        filter: Vec<Condition>,
        at_most: Recipe,
    },
}

/// How much is written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Size {
    /// Rows to insert and changes of rows, each once.
    pub(crate) rows: usize,
    /// Levels of them.
    pub(crate) depth: usize,
}

impl Size {
    /// Of what stands beside each other.
    fn of_all(sizes: impl Iterator<Item = Self>) -> Self {
        sizes.fold(Self::default(), |all, size| Self {
            rows: all.rows + size.rows,
            depth: all.depth.max(size.depth),
        })
    }

    /// With the row above.
    fn below_one(self) -> Self {
        Self {
            rows: self.rows + 1,
            depth: self.depth + 1,
        }
    }
}

impl NestedInsert {
    pub(crate) fn size(&self) -> Size {
        self.rows.size()
    }

    /// What rows that are there must fulfil, once for each statement.
    pub(crate) fn filters(&self) -> Vec<&[Condition]> {
        let mut filters = Vec::new();
        self.rows.collect_filters(&mut filters);
        filters
    }
}

impl NestedUpdate {
    pub(crate) fn size(&self) -> Size {
        self.change.size()
    }

    /// The same of what belongs to the rows that are updated.
    pub(crate) fn filters(&self) -> Vec<&[Condition]> {
        let mut filters = Vec::new();
        self.change.collect_filters(&mut filters);
        filters
    }
}

impl NewRows {
    fn collect_filters<'c>(&'c self, filters: &mut Vec<&'c [Condition]>) {
        for row in &self.rows {
            filters.extend(self.conflict.iter().map(|conflict| &*conflict.filter));
            let related = row.before.iter().chain(&row.after);
            related.for_each(|(_, rows)| rows.collect_filters(filters));
        }
    }

    fn size(&self) -> Size {
        Size::of_all(self.rows.iter().map(|row| {
            let related = row.before.iter().chain(&row.after);
            Size::of_all(related.map(|(_, rows)| rows.size())).below_one()
        }))
    }
}

impl RowChange {
    fn collect_filters<'c>(&'c self, filters: &mut Vec<&'c [Condition]>) {
        for (_, rows) in &self.before {
            rows.collect_filters(filters);
        }
        for (_, follow) in &self.after {
            match follow {
                Follow::Insert(rows) => rows.collect_filters(filters),
                Follow::Update(change) => {
                    filters.push(&change.filter);
                    change.collect_filters(filters);
                }
                Follow::Delete { filter, .. } => filters.push(filter),
            }
        }
    }

    fn size(&self) -> Size {
        let before = self.before.iter().map(|(_, rows)| rows.size());
        let after = self.after.iter().map(|(_, follow)| match follow {
            Follow::Insert(rows) => rows.size(),
            Follow::Update(change) => change.size(),
            Follow::Delete { .. } => Size::default().below_one(),
        });
        Size::of_all(before.chain(after)).below_one()
    }
}

/// What is there of a filter and the most rows that may match it.
type Matching = (Vec<Condition>, Recipe);

/// The links that are given, in the order in which they are.
pub(super) fn links_given<'s, 'g>(
    entity: &'s Entity,
    object: &InputObject,
    given: &'g Given,
) -> Vec<(&'s Link, &'g Given)> {
    let Data::Object(members) = &given.data else {
        return Vec::new();
    };
    let links = members.iter().filter_map(|(name, value)| {
        let InputMeaning::Link(position) = object.member(name)?.meaning else {
            return None;
        };
        let link = entity.links.get(position)?;
        Some((link, value)).filter(|_| !value.is_nothing())
    });
    links.collect()
}

pub(super) fn told(path: &str, message: &str) -> Refusal {
    Refusal::new(message).below(path).with_path()
}
