//! Plans to statements: the only place of this crate that writes SQL. Identifiers go through
//! `core::name`, values are parameters; names in answers are GraphQL names, which are letters, digits
//! and underscores, and are written as literals all the same.
//!
//! An answer is made by PostgreSQL: `json` (not `jsonb`, which would sort the members) in the order of
//! the selection. What a connection needs of its rows is read in one subselect, with only the columns
//! that are used; rows of other relations are correlated subselects in it.

mod base;
mod change;
mod condition;
mod connection;
mod groups;
mod nested;
mod order;
mod row;
mod rows;

pub(crate) use change::TOO_MANY;
pub(crate) use nested::{
    Before, FieldNames, FollowStep, FollowUp, InsertStep, NestedRoot, NestedWrite, UpdateStep,
    nested_write,
};
pub(crate) use rows::{Template, rows};

use std::collections::BTreeSet;
use std::sync::Arc;

use crestfall_core::QualifiedName;
use crestfall_core::db::SqlBuilder;
use crestfall_core::name::literal;

use crate::model::{Entity, EntityId, Output, Returns, Schema};
use crate::plan::{Call, Key, Root};
use crate::value::Recipe;

/// The parameters of `json_build_object` at most, in pairs.
const MAX_MEMBERS: usize = 50;

/// Under this name a subselect hands on the whole row, for functions that take one.
const WHOLE_ROW: &str = "crestfall_row";

/// A statement for several fields of `Query`: a column for each. None when none needs the database.
pub(crate) fn query<'p>(
    schema: &Schema,
    fields: impl Iterator<Item = &'p Root>,
) -> Option<Written> {
    let mut writer = Writer::new(schema);
    let mut is_empty = true;
    for field in fields.filter(|field| field.asks()) {
        writer.push(if is_empty { "select " } else { ", " });
        writer.root(field);
        is_empty = false;
    }
    (!is_empty).then(|| writer.finish())
}

/// A statement for one field of `Mutation`. None when it needs no database.
pub(crate) fn mutation(schema: &Schema, field: &Root) -> Option<Written> {
    let mut writer = Writer::new(schema);
    match field {
        Root::Insert(insert) => writer.insert(insert),
        Root::Update(update) => writer.update(update),
        Root::Delete(delete) => writer.delete(delete),
        Root::InsertNested(_) | Root::UpdateNested(_) => return None,
        field if field.asks() => {
            writer.push("select ");
            writer.root(field);
        }
        _ => return None,
    }
    Some(writer.finish())
}

/// A finished statement.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) sql: Arc<str>,
    pub(crate) params: Vec<Recipe>,
    /// No function of the database's users runs, so that nothing is left in the session.
    pub(crate) is_quiet: bool,
}

impl Root {
    /// The database is asked for it.
    pub(crate) fn asks(&self) -> bool {
        !matches!(
            self,
            Self::Own(_) | Self::Typename(_) | Self::Schema(_) | Self::Type(..)
        )
    }
}

/// Writes a statement.
pub(super) struct Writer<'s> {
    pub(super) schema: &'s Schema,
    sql: SqlBuilder<Recipe>,
    aliases: u32,
    is_quiet: bool,
}

/// Rows that expressions are about: a relation or a subselect, and how it is named.
pub(super) struct Block {
    pub(super) alias: String,
    /// The whole row, as an expression.
    pub(super) row: String,
    pub(super) entity: EntityId,
    /// The columns that were used, by position.
    pub(super) columns: BTreeSet<usize>,
    /// The values of an order that were used and are no columns, by position.
    pub(super) sorted_by: BTreeSet<usize>,
    pub(super) uses_row: bool,
}

impl Block {
    /// Rows of a relation itself, or of a function.
    fn direct(alias: String, entity: EntityId) -> Self {
        Self {
            row: alias.clone(),
            alias,
            entity,
            columns: BTreeSet::new(),
            sorted_by: BTreeSet::new(),
            uses_row: false,
        }
    }

    /// Rows of a subselect, which hands on what is used.
    fn derived(alias: String, entity: EntityId) -> Self {
        Self {
            row: format!("{alias}.{WHOLE_ROW}"),
            ..Self::direct(alias, entity)
        }
    }
}

impl<'s> Writer<'s> {
    fn new(schema: &'s Schema) -> Self {
        Self {
            schema,
            sql: SqlBuilder::default(),
            aliases: 0,
            is_quiet: true,
        }
    }

    fn finish(self) -> Written {
        let (sql, params) = self.sql.finish();
        Written {
            sql,
            params,
            is_quiet: self.is_quiet,
        }
    }

    /// The name of a relation that is read.
    pub(super) fn relation(&mut self, id: EntityId) -> &mut Self {
        let entity = self.entity(id);
        self.is_quiet &= !entity.table.runs_functions;
        self.name(entity.name())
    }

    /// The name of a relation that is changed.
    pub(super) fn changed_relation(&mut self, id: EntityId) -> &mut Self {
        self.is_quiet &= !self.entity(id).table.writes_run_functions;
        self.relation(id)
    }

    /// The name of a function that is called.
    pub(super) fn function(&mut self, name: &QualifiedName) -> &mut Self {
        self.is_quiet = false;
        self.name(name)
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.sql.push(text);
        self
    }

    pub(super) fn name(&mut self, name: &QualifiedName) -> &mut Self {
        self.sql.name(name);
        self
    }

    pub(super) fn ident(&mut self, name: &str) -> &mut Self {
        self.sql.ident(name);
        self
    }

    pub(super) fn display(&mut self, value: impl std::fmt::Display) -> &mut Self {
        self.sql.display(value);
        self
    }

    /// A value cast to a type.
    pub(super) fn value(&mut self, value: &Recipe, sql_type: &str) -> &mut Self {
        self.sql.param(value.clone());
        self.push("::").push(sql_type)
    }

    pub(super) fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    pub(super) fn entity(&self, id: EntityId) -> &'s Entity {
        self.schema.entity(id)
    }

    /// Writes text apart from the rest, to be put in place later.
    pub(super) fn apart(&mut self, write: impl FnOnce(&mut Self)) -> String {
        let before = self.sql.take_text();
        write(self);
        self.sql.replace_text(before)
    }

    /// Items with commas between.
    pub(super) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            write(self, item);
        }
        self
    }

    /// `alias."column"`, noting that it is used.
    pub(super) fn column(&mut self, block: &mut Block, column: usize) -> &mut Self {
        block.columns.insert(column);
        let name = self.entity(block.entity).columns[column].name.clone();
        self.push(&block.alias).push(".").ident(&name)
    }

    /// A JSON object with these members.
    pub(super) fn object<T>(
        &mut self,
        members: &[(Key, T)],
        mut write: impl FnMut(&mut Self, &T),
    ) -> &mut Self {
        if members.len() <= MAX_MEMBERS {
            return self.small_object(members, &mut write);
        }
        // Parts are put together as text, since no function takes so many arguments.
        self.push("(");
        let parts = members.chunks(MAX_MEMBERS).count();
        for (index, part) in members.chunks(MAX_MEMBERS).enumerate() {
            if index > 0 {
                self.push(" || ', ' || ");
            }
            let (open, close) = match index {
                0 => ("left(", "::text, -1)"),
                _ if index + 1 == parts => ("substr(", "::text, 2)"),
                _ => ("substr(left(", "::text, -1), 2)"),
            };
            self.push(open);
            self.small_object(part, &mut write);
            self.push(close);
        }
        self.push(")::json")
    }

    fn small_object<T>(
        &mut self,
        members: &[(Key, T)],
        write: &mut impl FnMut(&mut Self, &T),
    ) -> &mut Self {
        self.push("json_build_object(");
        self.list(members, |sql, (key, member)| {
            sql.key(key);
            write(sql, member);
        });
        self.push(")")
    }

    fn key(&mut self, key: &str) -> &mut Self {
        self.display(literal(key)).push(", ")
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.display(literal(text)).push("::text")
    }

    /// A value as the answer shows it.
    pub(super) fn output(&mut self, output: &Output, value: &str) -> &mut Self {
        match output {
            Output::Plain => self.push(value),
            Output::Text => self.push(value).push("::text"),
            Output::JsonText => self.push("(").push(value).push(" #>> '{}')"),
            Output::TextArray => self.push(value).push("::text[]"),
            Output::Enum(values) => {
                self.push("case ").push(value).push("::text");
                for each in values.values.iter().filter(|each| each.name != each.label) {
                    self.push(" when ").display(literal(&each.label));
                    self.push(" then ").display(literal(&each.name));
                }
                self.push(" else ").push(value).push("::text end")
            }
            Output::Nothing => self.push("null::text"),
        }
    }

    fn root(&mut self, field: &Root) {
        match field {
            Root::Connection(connection) => self.connection(connection, None),
            Root::ByKey { entity, key, row } => {
                let alias = self.alias();
                let mut block = Block::direct(alias, *entity);
                self.push("(select ").row(row, &mut block);
                self.push(" from ").relation(*entity).push(" ");
                self.push(&block.alias.clone()).push(" where ");
                self.key_condition(&mut block, key);
                self.push(" limit 1)");
            }
            Root::Value(call) => self.called_value(call),
            Root::CalledRow(call, row) => {
                let alias = self.alias();
                let mut block = Block::direct(alias, row.entity);
                self.push("(select ").row(row, &mut block).push(" from ");
                let alias = block.alias;
                self.call(call).push(" ").push(&alias);
                self.push(" where not (")
                    .push(&alias)
                    .push(" is null) limit 1)");
            }
            Root::Insert(_)
            | Root::Update(_)
            | Root::Delete(_)
            | Root::InsertNested(_)
            | Root::UpdateNested(_)
            | Root::Own(_)
            | Root::Typename(_)
            | Root::Schema(_)
            | Root::Type(..) => {
                self.push("null");
            }
        }
    }

    fn called_value(&mut self, call: &Call) {
        let Returns::Value(output) = &call.function.returns else {
            self.push("null");
            return;
        };
        if matches!(output, Output::Nothing) {
            self.push("(select null::json from ");
            self.call(call).push(")");
            return;
        }
        let text = self.apart(|sql| {
            sql.call(call);
        });
        self.push("to_json(").output(output, &text).push(")");
    }

    /// `function(name => value, ...)`
    pub(super) fn call(&mut self, call: &Call) -> &mut Self {
        self.function(&call.function.name).push("(");
        self.list(&call.arguments, |sql, (position, value)| {
            if let Some(parameter) = call.function.parameters.get(*position) {
                sql.ident(&parameter.name).push(" => ");
                sql.value(value, &parameter.sql_type);
            }
        });
        self.push(")")
    }
}
