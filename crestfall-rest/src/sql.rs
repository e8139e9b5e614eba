//! Plans to statements: the only place of this crate that writes SQL. Identifiers go through
//! `core::name`, values are parameters.

mod body;
mod call;
mod condition;
mod count;
mod data_type;
mod embed;
mod read;
mod rows;
mod statement;
mod write;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use crestfall_core::QualifiedName;
use crestfall_core::db::SqlBuilder;
use crestfall_core::name::literal;

use crate::plan::column::ColumnRef;
use crate::request::select::JsonOperand;

pub(crate) use count::count_rows;
pub(crate) use rows::{response_settings, rows, scalar_call, written_rows};
pub(crate) use statement::{Count, Shape, planned_count, statement};

/// A statement in the making.
#[derive(Debug, Default)]
pub(crate) struct Sql {
    /// Embeds are `json`, in the order of `select`; `jsonb` for whoever may want to work on them.
    embeds_json: bool,
    /// Each parameter is a text or NULL, whose type PostgreSQL infers.
    sql: SqlBuilder<Option<Bytes>>,
}

impl Sql {
    /// The finished text with its parameters.
    pub(crate) fn finish(self) -> (Arc<str>, Vec<Option<Bytes>>) {
        self.sql.finish()
    }

    fn push(&mut self, text: &str) -> &mut Self {
        self.sql.push(text);
        self
    }

    /// Writes what formats as SQL: quoted names, literals, numbers.
    fn display(&mut self, value: impl fmt::Display) -> &mut Self {
        self.sql.display(value);
        self
    }

    fn ident(&mut self, name: &str) -> &mut Self {
        self.sql.ident(name);
        self
    }

    fn name(&mut self, name: &QualifiedName) -> &mut Self {
        self.sql.name(name);
        self
    }

    fn param(&mut self, value: Option<Bytes>) -> &mut Self {
        self.sql.param(value);
        self
    }

    fn text_param(&mut self, value: &str) -> &mut Self {
        // No text of PostgreSQL can hold a NUL: what follows one is dropped.
        let text = value.split('\0').next().unwrap_or_default();
        self.param(Some(Bytes::copy_from_slice(text.as_bytes())))
    }

    /// Writes the items with a separator between.
    fn join<T>(
        &mut self,
        separator: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.push(separator);
            }
            write(self, item);
        }
        self
    }

    /// `relation.column`, or `relation.*`.
    fn column(&mut self, relation: &QualifiedName, column: &str) -> &mut Self {
        self.name(relation).push(".");
        if column == "*" {
            self.push("*")
        } else {
            self.ident(column)
        }
    }

    /// A column with its path and full-text conversion.
    fn field(&mut self, relation: &QualifiedName, column: &ColumnRef) -> &mut Self {
        if let Some(tsvector) = &column.tsvector {
            self.push("to_tsvector(");
            if let Some(language) = &tsvector.0 {
                self.text_param(language).push(", ");
            }
            self.plain_field(relation, column).push(")")
        } else {
            self.plain_field(relation, column)
        }
    }

    fn plain_field(&mut self, relation: &QualifiedName, column: &ColumnRef) -> &mut Self {
        if column.whole_row {
            return self.ident(&relation.name);
        }
        if column.path.is_empty() {
            return self.column(relation, &column.name);
        }
        if column.to_jsonb {
            self.push("to_jsonb(")
                .column(relation, &column.name)
                .push(")");
        } else {
            self.column(relation, &column.name);
        }
        for step in &column.path {
            self.push(if step.as_text { "->>" } else { "->" });
            match &step.operand {
                JsonOperand::Key(key) => self.display(literal(key)),
                JsonOperand::Index(index) => self.display(literal(index)).push("::int"),
            };
        }
        self
    }

    /// A column as the answer shows it: converted when its type has a cast for that.
    fn output_field(&mut self, relation: &QualifiedName, column: &ColumnRef) -> &mut Self {
        match &column.transform {
            Some(function) => self
                .push(function)
                .push("(")
                .field(relation, column)
                .push(")"),
            None => self.field(relation, column),
        }
    }
}
