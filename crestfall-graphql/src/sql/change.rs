//! Statements that change rows, and what they answer.

use super::{Block, WHOLE_ROW, Writer};
use crate::model::EntityId;
use crate::plan::{Conflict, Delete, Insert, Key, ResponseField, Update};
use crate::value::Recipe;

/// The rows that were changed.
const CHANGED: &str = "changed";

/// Begins the text that PostgreSQL cannot read as a number when too many rows would change: the error
/// undoes the change in the same round trip.
pub(crate) const TOO_MANY: &str = "crestfall: too many rows to ";

impl Writer<'_> {
    pub(super) fn insert(&mut self, insert: &Insert) {
        let alias = self.alias();
        let (answer, block) = self.answer(insert.entity, &insert.fields, None);
        let entity_id = insert.entity;
        let entity = self.entity(entity_id);
        self.push("with ").push(CHANGED).push(" as (insert into ");
        self.changed_relation(entity_id).push(" as ").push(&alias);
        // A row of which nothing is given still has a column that can be left to its default.
        let columns = match insert.columns.as_slice() {
            [] => entity.columns.iter().position(|column| column.insertable),
            _ => None,
        };
        let columns: Vec<usize> = match columns {
            Some(column) => vec![column],
            None => insert.columns.clone(),
        };
        self.push(" (");
        self.list(&columns, |sql, &column| {
            sql.ident(&entity.columns[column].name);
        });
        self.push(") values ");
        self.list(&insert.rows, |sql, row| {
            sql.push("(");
            sql.list(columns.iter().enumerate(), |sql, (place, &column)| {
                match row.get(place) {
                    Some(Some(value)) => sql.value(value, &entity.columns[column].sql_type),
                    _ => sql.push("default"),
                };
            });
            sql.push(")");
        });
        if let Some(conflict) = &insert.conflict {
            self.conflict(&alias, entity_id, conflict);
        }
        self.returning(&alias, &block);
        self.push(") select ").push(&answer);
        self.push(" from ")
            .push(CHANGED)
            .push(" ")
            .push(&block.alias);
        self.push(" having true");
    }

    pub(super) fn update(&mut self, update: &Update) {
        let alias = self.alias();
        let (answer, block) = self.answer(update.entity, &update.fields, None);
        let entity_id = update.entity;
        let entity = self.entity(entity_id);
        self.push("with ").push(CHANGED).push(" as (update ");
        self.changed_relation(entity_id)
            .push(" as ")
            .push(&alias)
            .push(" set ");
        self.list(&update.set, |sql, (column, value)| {
            let column = &entity.columns[*column];
            sql.ident(&column.name).push(" = ");
            sql.value(value, &column.sql_type);
        });
        let mut rows = Block::direct(alias.clone(), update.entity);
        self.push(" where ");
        self.conditions(&mut rows, &update.filter);
        self.returning(&alias, &block);
        self.push(") ");
        self.unless_too_many("update", &update.at_most, &answer, &block);
    }

    pub(super) fn delete(&mut self, delete: &Delete) {
        let alias = self.alias();
        let (answer, block) = self.answer(delete.entity, &delete.fields, None);
        let entity_id = delete.entity;
        self.push("with ").push(CHANGED).push(" as (delete from ");
        self.changed_relation(entity_id).push(" as ").push(&alias);
        let mut rows = Block::direct(alias.clone(), delete.entity);
        self.push(" where ");
        self.conditions(&mut rows, &delete.filter);
        self.returning(&alias, &block);
        self.push(") ");
        self.unless_too_many("delete", &delete.at_most, &answer, &block);
    }

    /// `on conflict ...`, for rows that are inserted under an alias.
    pub(super) fn conflict(&mut self, alias: &str, entity_id: EntityId, conflict: &Conflict) {
        let entity = self.entity(entity_id);
        let target = conflict.target.map(|at| &entity.conflict_targets[at]);
        self.push(" on conflict");
        if let Some(target) = target {
            self.push(" ").push(&target.target);
        }
        if conflict.columns.is_empty() {
            self.push(" do nothing");
            return;
        }
        self.push(" do update set ");
        self.list(&conflict.columns, |sql, &column| {
            let name = &entity.columns[column].name;
            sql.ident(name).push(" = excluded.").ident(name);
        });
        if !conflict.filter.is_empty() {
            let mut rows = Block::direct(alias.to_owned(), entity_id);
            self.push(" where ");
            self.conditions(&mut rows, &conflict.filter);
        }
    }

    /// What is told of the changed rows, and what it needs of them. `count` is how many they are, else
    /// they are counted.
    pub(super) fn answer(
        &mut self,
        entity: EntityId,
        fields: &[(Key, ResponseField)],
        count: Option<&Recipe>,
    ) -> (String, Block) {
        let alias = self.alias();
        let mut block = Block::derived(alias, entity);
        let answer = self.apart(|sql| {
            sql.object(fields, |sql, field| match field {
                ResponseField::Typename(name) => {
                    sql.text(name);
                }
                ResponseField::AffectedCount => {
                    match count {
                        Some(count) => sql.value(count, "bigint"),
                        None => sql.push("count(*)"),
                    };
                }
                ResponseField::Records(row) => {
                    sql.push("coalesce(json_agg(").row(row, &mut block);
                    sql.push("), '[]'::json)");
                }
            });
        });
        (answer, block)
    }

    fn returning(&mut self, alias: &str, block: &Block) {
        let entity = self.entity(block.entity);
        self.push(" returning ");
        if block.columns.is_empty() && !block.uses_row {
            self.push("true as crestfall_one");
            return;
        }
        self.list(&block.columns, |sql, &column| {
            sql.push(alias).push(".");
            sql.ident(&entity.columns[column].name);
        });
        if block.uses_row {
            self.push(if block.columns.is_empty() { "" } else { ", " });
            self.push(alias).push(" as ").push(WHOLE_ROW);
        }
    }

    fn unless_too_many(&mut self, verb: &str, at_most: &Recipe, answer: &str, block: &Block) {
        self.push("select case when count(*) > ");
        self.value(at_most, "bigint");
        // Not a constant: PostgreSQL would try to read it while it plans.
        self.push(" then ('").push(TOO_MANY).push(verb);
        self.push("' || count(*)::text)::int::text::json else ")
            .push(answer);
        self.push(" end from ")
            .push(CHANGED)
            .push(" ")
            .push(&block.alias);
        self.push(" having true");
    }
}
