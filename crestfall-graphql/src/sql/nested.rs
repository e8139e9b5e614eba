//! Statements for rows that are written with others: one for each row to insert, since only then is it
//! certain which row got which key; one for all rows to update or delete. What one statement gives is
//! handed to others as values ([`Recipe::Handed`]): [`crate::nested`] runs them.

mod statement;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::{Writer, Written};
use crate::model::{EntityId, Relation, Schema};
use crate::plan::{
    Conflict, Follow, Key, NestedInsert, NestedUpdate, NewRow, NewRows, ResponseField, Root,
    RowChange,
};
use crate::value::Recipe;

/// A field that writes rows with others.
#[derive(Debug)]
pub(crate) struct NestedWrite {
    /// Its name in the answer.
    pub(crate) field: Key,
    pub(crate) root: NestedRoot,
    /// Where in what a row gives the columns of the primary key are; empty when nobody asks for rows.
    pub(crate) key: Vec<usize>,
    /// Tells of the rows. It is handed how many there are, then an array for each column of the key.
    pub(crate) answer: Written,
}

#[derive(Debug)]
pub(crate) enum NestedRoot {
    Insert(Vec<InsertStep>),
    Update(UpdateStep),
}

/// Inserts one row. It is handed the columns of the row above, then of the rows before it.
#[derive(Debug)]
pub(crate) struct InsertStep {
    pub(crate) path: Arc<str>,
    /// Fields by the names of columns.
    pub(crate) fields: Arc<FieldNames>,
    /// Gives the columns that others are handed; no row when it was left as it is.
    pub(crate) statement: Written,
    /// Rows that are inserted first.
    pub(crate) before: Vec<Before>,
    /// Rows that are inserted then, with which of the columns they are handed.
    pub(crate) after: Vec<(Vec<usize>, Vec<InsertStep>)>,
}

/// A row that is inserted first, and which of its columns are handed on.
#[derive(Debug)]
pub(crate) struct Before {
    pub(crate) step: InsertStep,
    pub(crate) hands: Vec<usize>,
}

/// Changes rows. It is handed an array for each column by which they belong to the rows above.
#[derive(Debug)]
pub(crate) struct UpdateStep {
    pub(crate) path: Arc<str>,
    pub(crate) fields: Arc<FieldNames>,
    /// Gives a row for each; changes them unless `change` does.
    pub(crate) find: Written,
    pub(crate) before: Vec<Before>,
    /// Changes the rows that were found, handed the columns of the rows before it, then an array for each
    /// column of the primary key. It gives them anew.
    pub(crate) change: Option<Written>,
    /// Where in what `find` gives the columns of the primary key are, for `change`.
    pub(crate) key: Vec<usize>,
    pub(crate) after: Vec<FollowStep>,
}

/// What becomes of the rows that belong to others, with which of the columns it is handed.
#[derive(Debug)]
pub(crate) struct FollowStep {
    pub(crate) hands: Vec<usize>,
    pub(crate) what: FollowUp,
}

#[derive(Debug)]
pub(crate) enum FollowUp {
    /// For each of the rows above.
    Insert(Vec<InsertStep>),
    /// Of all of the rows above.
    Update(UpdateStep),
    Delete(Arc<str>, Written),
}

/// Names of fields by those of their columns.
pub(crate) type FieldNames = HashMap<Arc<str>, Arc<str>>;

/// The statements of a field, if it writes rows with others.
pub(crate) fn nested_write(schema: &Schema, key: &Key, field: &Root) -> Option<NestedWrite> {
    let mut steps = Steps {
        schema,
        texts: HashSet::new(),
        names: HashMap::new(),
    };
    match field {
        Root::InsertNested(insert) => Some(steps.nested_insert(key, insert)),
        Root::UpdateNested(update) => Some(steps.nested_update(key, update)),
        _ => None,
    }
}

impl NestedWrite {
    /// All of its statements.
    pub(crate) fn statements(&self) -> Vec<&Written> {
        let mut found = vec![&self.answer];
        match &self.root {
            NestedRoot::Insert(steps) => steps.iter().for_each(|step| step.collect(&mut found)),
            NestedRoot::Update(step) => step.collect(&mut found),
        }
        found
    }
}

impl InsertStep {
    fn collect<'s>(&'s self, found: &mut Vec<&'s Written>) {
        found.push(&self.statement);
        self.before
            .iter()
            .for_each(|before| before.step.collect(found));
        let after = self.after.iter().flat_map(|(_, steps)| steps);
        after.for_each(|step| step.collect(found));
    }
}

impl UpdateStep {
    fn collect<'s>(&'s self, found: &mut Vec<&'s Written>) {
        found.push(&self.find);
        found.extend(&self.change);
        self.before
            .iter()
            .for_each(|before| before.step.collect(found));
        for follow in &self.after {
            match &follow.what {
                FollowUp::Insert(steps) => steps.iter().for_each(|step| step.collect(found)),
                FollowUp::Update(step) => step.collect(found),
                FollowUp::Delete(_, written) => found.push(written),
            }
        }
    }
}

/// Makes steps.
struct Steps<'s> {
    schema: &'s Schema,
    /// Rows of one form have one text.
    texts: HashSet<Arc<str>>,
    names: HashMap<EntityId, Arc<FieldNames>>,
}

/// What a statement gives: columns, each once.
#[derive(Debug, Default)]
struct Gives {
    columns: Vec<usize>,
}

impl Gives {
    /// Where the columns are in it, which gives them from now on.
    fn places(&mut self, columns: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let place = |column| {
            let known = self.columns.iter().position(|&known| known == column);
            known.unwrap_or_else(|| {
                self.columns.push(column);
                self.columns.len() - 1
            })
        };
        columns.into_iter().map(place).collect()
    }
}

/// Values for the columns of a new row, each column once.
#[derive(Default)]
struct Assigned {
    values: Vec<(usize, Recipe)>,
    columns: BTreeSet<usize>,
    /// How many values the step is handed so far.
    handed: usize,
}

impl Assigned {
    /// Columns that get what is handed next. The first to decide a column keeps it: where two keys share
    /// a column, both say the same or PostgreSQL refuses.
    fn hand(&mut self, columns: impl IntoIterator<Item = usize>) {
        for column in columns {
            self.set(column, Recipe::Handed(self.handed));
            self.handed += 1;
        }
    }

    fn set(&mut self, column: usize, value: Recipe) {
        if self.columns.insert(column) {
            self.values.push((column, value));
        }
    }
}

impl Steps<'_> {
    fn nested_insert(&mut self, field: &Key, insert: &NestedInsert) -> NestedWrite {
        let entity = insert.rows.entity;
        let key = self.wanted_key(entity, &insert.fields);
        let root = NestedRoot::Insert(self.new_rows(&insert.rows, None, &key));
        NestedWrite {
            field: field.clone(),
            root,
            key: (0..key.len()).collect(),
            answer: self.nested_answer(entity, &insert.fields),
        }
    }

    fn nested_update(&mut self, field: &Key, update: &NestedUpdate) -> NestedWrite {
        let entity = update.change.entity;
        let key = self.wanted_key(entity, &update.fields);
        let root = NestedRoot::Update(self.row_change(&update.change, None, &key));
        NestedWrite {
            field: field.clone(),
            root,
            key: (0..key.len()).collect(),
            answer: self.nested_answer(entity, &update.fields),
        }
    }

    /// The primary key, when rows are to be told of.
    fn wanted_key(&self, entity: EntityId, fields: &[(Key, ResponseField)]) -> Vec<usize> {
        let tells = |(_, field): &(_, ResponseField)| matches!(field, ResponseField::Records(_));
        match fields.iter().any(tells) {
            true => self.schema.entity(entity).primary_key.clone(),
            false => Vec::new(),
        }
    }

    /// `above` leads to the rows; `key` is what they give first.
    fn new_rows(
        &mut self,
        rows: &NewRows,
        above: Option<&Relation>,
        key: &[usize],
    ) -> Vec<InsertStep> {
        let conflict = rows.conflict.as_deref();
        let rows_of = rows.rows.iter();
        rows_of
            .map(|row| self.new_row(rows.entity, row, conflict, above, key))
            .collect()
    }

    fn new_row(
        &mut self,
        entity: EntityId,
        row: &NewRow,
        conflict: Option<&Conflict>,
        above: Option<&Relation>,
        key: &[usize],
    ) -> InsertStep {
        let mut gives = Gives::default();
        gives.places(key.iter().copied());
        let mut assigned = Assigned::default();
        if let Some(above) = above {
            assigned.hand(self.there(above));
        }
        let before = self.before(entity, &row.before, &mut assigned);
        for (column, value) in &row.values {
            assigned.set(*column, value.clone());
        }
        let mut after = Vec::new();
        for (relation, rows) in &row.after {
            let hands = gives.places(self.here(entity, relation));
            after.push((hands, self.new_rows(rows, Some(relation), &[])));
        }
        // One form for one set of columns, in whatever order they are given.
        assigned.values.sort_by_key(|(column, _)| *column);
        let statement = self.write(|sql| {
            sql.insert_one(entity, &assigned.values, conflict, &gives.columns);
        });
        InsertStep {
            path: row.path.clone(),
            fields: self.fields(entity),
            statement,
            before,
            after,
        }
    }

    /// Steps for rows that come first, whose keys are handed to the columns that refer to them.
    fn before(
        &mut self,
        entity: EntityId,
        before: &[(Arc<Relation>, NewRows)],
        assigned: &mut Assigned,
    ) -> Vec<Before> {
        let mut steps = Vec::new();
        for (relation, rows) in before {
            let key: Vec<usize> = self.there(relation);
            assigned.hand(self.here(entity, relation));
            let hands: Vec<usize> = (0..key.len()).collect();
            for step in self.new_rows(rows, None, &key) {
                let hands = hands.clone();
                steps.push(Before { step, hands });
            }
        }
        steps
    }

    fn row_change(
        &mut self,
        change: &RowChange,
        above: Option<&Relation>,
        key: &[usize],
    ) -> UpdateStep {
        let entity = change.entity;
        let mut gives = Gives::default();
        gives.places(key.iter().copied());
        let mut assigned = Assigned::default();
        let before = self.before(entity, &change.before, &mut assigned);
        for (column, value) in &change.set {
            assigned.set(*column, value.clone());
        }
        let mut after = Vec::new();
        for (relation, follow) in &change.after {
            let hands = gives.places(self.here(entity, relation));
            let what = match follow {
                Follow::Insert(rows) => FollowUp::Insert(self.new_rows(rows, Some(relation), &[])),
                Follow::Update(change) => {
                    FollowUp::Update(self.row_change(change, Some(relation), &[]))
                }
                Follow::Delete {
                    path,
                    filter,
                    at_most,
                } => {
                    let target = relation.target;
                    let columns = self.there(relation);
                    let delete = self.write(|sql| {
                        sql.delete_of(target, &columns, filter, at_most);
                    });
                    FollowUp::Delete(path.clone(), delete)
                }
            };
            after.push(FollowStep { hands, what });
        }
        let waits = !before.is_empty();
        let own_key = match waits {
            true => gives.places(self.schema.entity(entity).primary_key.iter().copied()),
            false => Vec::new(),
        };
        let above = above.map(|above| self.there(above)).unwrap_or_default();
        let find = self.write(|sql| {
            let set = (!waits).then_some(assigned.values.as_slice());
            sql.find(change, set, &above, &gives.columns);
        });
        let change_found = waits.then(|| {
            self.write(|sql| {
                sql.change_found(entity, (&assigned.values, assigned.handed), &gives.columns)
            })
        });
        UpdateStep {
            path: change.path.clone(),
            fields: self.fields(entity),
            find,
            before,
            change: change_found,
            key: own_key,
            after,
        }
    }

    fn nested_answer(&mut self, entity: EntityId, fields: &[(Key, ResponseField)]) -> Written {
        let key = self.wanted_key(entity, fields);
        self.write(|sql| sql.nested_answer(entity, fields, &key))
    }

    /// A statement whose text is shared with those that are equal.
    fn write(&mut self, write: impl FnOnce(&mut Writer<'_>)) -> Written {
        let mut writer = Writer::new(self.schema);
        write(&mut writer);
        let mut written = writer.finish();
        match self.texts.get(&written.sql) {
            Some(text) => written.sql = text.clone(),
            None => {
                self.texts.insert(written.sql.clone());
            }
        }
        written
    }

    fn fields(&mut self, id: EntityId) -> Arc<FieldNames> {
        let schema = self.schema;
        let names = self.names.entry(id).or_insert_with(|| {
            let columns = schema.entity(id).columns.iter();
            let names = columns.map(|column| (column.name.clone(), column.field.clone()));
            Arc::new(names.collect())
        });
        names.clone()
    }

    /// The relation's columns in the rows it starts from.
    fn here(&self, entity: EntityId, relation: &Relation) -> Vec<usize> {
        let entity = self.schema.entity(entity);
        let columns = relation.columns.iter();
        columns
            .filter_map(|(here, _)| entity.column_position(here))
            .collect()
    }

    /// The relation's columns in the rows it leads to.
    fn there(&self, relation: &Relation) -> Vec<usize> {
        let entity = self.schema.entity(relation.target);
        let columns = relation.columns.iter();
        columns
            .filter_map(|(_, there)| entity.column_position(there))
            .collect()
    }
}
