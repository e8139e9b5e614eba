//! The statements of rows that are written with others.

use super::super::{Block, TOO_MANY, WHOLE_ROW, Writer};
use crate::model::EntityId;
use crate::plan::{Condition, Conflict, Key, ResponseField, RowChange};
use crate::value::Recipe;

impl Writer<'_> {
    /// One row, of which these columns come back as texts.
    pub(super) fn insert_one(
        &mut self,
        entity_id: EntityId,
        values: &[(usize, Recipe)],
        conflict: Option<&Conflict>,
        gives: &[usize],
    ) {
        let alias = self.alias();
        let entity = self.entity(entity_id);
        self.push("insert into ");
        self.changed_relation(entity_id).push(" as ").push(&alias);
        if values.is_empty() {
            self.push(" default values");
        } else {
            self.push(" (");
            self.list(values, |sql, (column, _)| {
                sql.ident(&entity.columns[*column].name);
            });
            self.push(") values (");
            self.list(values, |sql, (column, value)| {
                sql.value(value, &entity.columns[*column].sql_type);
            });
            self.push(")");
        }
        if let Some(conflict) = conflict {
            self.conflict(&alias, entity_id, conflict);
        }
        if !gives.is_empty() {
            self.push(" returning ");
            self.texts(&alias, entity_id, gives);
        }
    }

    /// Columns as texts: `t1."id"::text as k0, ...`
    fn texts(&mut self, alias: &str, entity: EntityId, columns: &[usize]) {
        let entity = self.entity(entity);
        self.list(columns.iter().enumerate(), |sql, (place, &column)| {
            sql.push(alias).push(".");
            sql.ident(&entity.columns[column].name);
            sql.push("::text as k").display(place);
        });
    }

    /// `"a" = $1::int, ...`
    fn assignments(&mut self, entity: EntityId, set: &[(usize, Recipe)]) {
        let entity = self.entity(entity);
        self.list(set, |sql, (column, value)| {
            let column = &entity.columns[*column];
            sql.ident(&column.name).push(" = ");
            sql.value(value, &column.sql_type);
        });
    }

    /// The columns are equal to those of one of the rows that are handed, an array for each column from
    /// the first on.
    fn among(&mut self, alias: &str, entity: EntityId, columns: &[usize], first: usize) {
        let entity = self.entity(entity);
        let array = |sql: &mut Self, place: usize, column: usize| {
            let of = format!("{}[]", entity.columns[column].sql_type);
            sql.value(&Recipe::Handed(first + place), &of);
        };
        let name = |sql: &mut Self, column: usize| {
            sql.push(alias).push(".");
            sql.ident(&entity.columns[column].name);
        };
        if let [column] = columns {
            name(self, *column);
            self.push(" = any(");
            array(self, 0, *column);
            self.push(")");
            return;
        }
        self.push("(");
        self.list(columns, |sql, &column| name(sql, column));
        self.push(") in (select * from unnest(");
        self.list(columns.iter().enumerate(), |sql, (place, &column)| {
            array(sql, place, column);
        });
        self.push("))");
    }

    /// Finds the rows to change, and changes them when there is something to set.
    pub(super) fn find(
        &mut self,
        change: &RowChange,
        set: Option<&[(usize, Recipe)]>,
        above: &[usize],
        gives: &[usize],
    ) {
        let entity = change.entity;
        let alias = self.alias();
        let set = set.filter(|set| !set.is_empty());
        self.push("with changed as ");
        match set {
            Some(set) => {
                self.push("(update ");
                self.changed_relation(entity).push(" as ").push(&alias);
                self.push(" set ");
                self.assignments(entity, set);
            }
            None => {
                // Only what may be updated counts as found.
                self.push("materialized (select ");
                self.given_texts(&alias, entity, gives);
                self.push(" from ").changed_relation(entity);
                self.push(" as ").push(&alias);
            }
        }
        self.push(" where ");
        if !above.is_empty() {
            self.among(&alias, entity, above, 0);
            self.push(" and ");
        }
        let mut rows = Block::direct(alias.clone(), entity);
        self.conditions(&mut rows, &change.filter);
        match set {
            Some(_) => {
                self.push(" returning ");
                self.given_texts(&alias, entity, gives);
            }
            None => {
                self.push(" for no key update of ").push(&alias);
            }
        }
        self.push(") select changed.*");
        if let Some(at_most) = &change.at_most {
            self.push(", case when count(*) over () > ");
            self.value(at_most, "bigint");
            self.push(" then ('").push(TOO_MANY).push("update");
            self.push("' || (count(*) over ())::text)::int end");
        }
        self.push(" from changed");
    }

    fn given_texts(&mut self, alias: &str, entity: EntityId, gives: &[usize]) {
        match gives {
            [] => {
                self.push("true");
            }
            gives => self.texts(alias, entity, gives),
        }
    }

    /// Changes the rows of these primary keys.
    pub(super) fn change_found(
        &mut self,
        entity: EntityId,
        (set, handed): (&[(usize, Recipe)], usize),
        gives: &[usize],
    ) {
        let alias = self.alias();
        let key = &self.entity(entity).primary_key;
        self.push("update ");
        self.changed_relation(entity).push(" as ").push(&alias);
        self.push(" set ");
        self.assignments(entity, set);
        self.push(" where ");
        self.among(&alias, entity, key, handed);
        self.push(" returning ");
        self.given_texts(&alias, entity, gives);
    }

    /// Deletes rows that belong to those that are handed.
    pub(super) fn delete_of(
        &mut self,
        entity: EntityId,
        above: &[usize],
        filter: &[Condition],
        at_most: &Recipe,
    ) {
        let alias = self.alias();
        self.push("with changed as (delete from ");
        self.changed_relation(entity).push(" as ").push(&alias);
        self.push(" where ");
        self.among(&alias, entity, above, 0);
        self.push(" and ");
        let mut rows = Block::direct(alias, entity);
        self.conditions(&mut rows, filter);
        self.push(" returning true) select case when count(*) > ");
        self.value(at_most, "bigint");
        self.push(" then ('").push(TOO_MANY).push("delete");
        self.push("' || count(*)::text)::int else count(*) end from changed");
    }

    /// Tells of rows by their primary keys, in their order, as they are now.
    pub(super) fn nested_answer(
        &mut self,
        entity_id: EntityId,
        fields: &[(Key, ResponseField)],
        key: &[usize],
    ) {
        let count = Recipe::Handed(0);
        let (answer, block) = self.answer(entity_id, fields, Some(&count));
        self.push("select ").push(&answer);
        if key.is_empty() {
            return;
        }
        let entity = self.entity(entity_id);
        let alias = self.alias();
        self.push(" from (select ");
        self.list(&block.columns, |sql, &column| {
            sql.push(&alias).push(".");
            sql.ident(&entity.columns[column].name);
        });
        if block.uses_row {
            self.push(if block.columns.is_empty() { "" } else { ", " });
            self.push(&alias).push(" as ").push(WHOLE_ROW);
        }
        self.push(" from unnest(");
        self.list(key.iter().enumerate(), |sql, (place, &column)| {
            let of = format!("{}[]", entity.columns[column].sql_type);
            sql.value(&Recipe::Handed(place + 1), &of);
        });
        self.push(") with ordinality as k(");
        self.list(0..key.len(), |sql, place| {
            sql.push("k").display(place);
        });
        self.push(", place) join ").relation(entity_id);
        self.push(" as ").push(&alias).push(" on ");
        for (place, &column) in key.iter().enumerate() {
            self.push(if place > 0 { " and " } else { "" });
            self.push(&alias).push(".");
            self.ident(&entity.columns[column].name);
            self.push(" = k.k").display(place);
        }
        self.push(" order by k.place) ").push(&block.alias);
        self.push(" having true");
    }
}
