//! A relation: its rows, and what can be asked of it.

use std::sync::Arc;

use crestfall_core::catalog::comment::for_people;
use crestfall_core::catalog::{Column, Table};
use crestfall_core::openapi::{Document, Operation, Parameter, Schema};
use http::Method;

use super::Writer;
use super::names::{segment, snake};
use super::rows::{OfferedColumn, OfferedRelation};
use super::shared::{self, RESERVED};

/// A relation with what may be done with it.
pub(super) struct Relation<'a> {
    table: &'a Arc<Table>,
    columns: Vec<(&'a Column, &'a OfferedColumn)>,
    delete: bool,
    /// Its rows' component.
    name: String,
}

impl<'a> Relation<'a> {
    /// Joins what the catalogue and the database know. None when they do not know the same.
    pub(super) fn new(table: &'a Arc<Table>, offered: &'a OfferedRelation, name: String) -> Self {
        let columns = offered.columns.iter();
        Self {
            table,
            columns: columns
                .filter_map(|column| Some((table.column(&column.name)?, column)))
                .collect(),
            delete: offered.delete && table.deletable,
            name,
        }
    }

    fn readable(&self) -> bool {
        self.columns.iter().any(|(_, offered)| offered.select)
    }

    fn insertable(&self) -> bool {
        self.table.insertable && self.columns.iter().any(|(_, offered)| offered.insert)
    }

    fn updatable(&self) -> bool {
        self.table.updatable && self.columns.iter().any(|(_, offered)| offered.update)
    }

    /// Writes everything about it.
    pub(super) fn write(&self, document: &mut Document, writer: &mut Writer<'_>) {
        let comment = self.about().unwrap_or_default();
        document.tag(&self.table.name.name, &comment);
        let row = self.row(writer);
        document.schema(&self.name, row);
        for (column, offered) in &self.columns {
            if offered.select && !RESERVED.contains(&&*column.name) {
                document.parameter(&self.filter_name(column), filter(column, writer));
            }
        }
        if self.readable() {
            self.write_read(document, writer);
        }
        // A write shows what it has written, so it takes the right to read that.
        if self.insertable() && self.readable() {
            self.write_insert(document, writer);
        }
        if self.updatable() && self.readable() {
            self.write_update(document, writer);
        }
        if self.delete && self.readable() {
            self.write_delete(document, writer);
        }
    }

    /// A row: each column is there, whatever its value.
    fn row(&self, writer: &mut Writer<'_>) -> Schema {
        let readable = self.columns.iter().filter(|(_, offered)| offered.select);
        let row = readable.fold(Schema::object(), |row, (column, offered)| {
            let schema = self.property(column, offered, writer);
            row.required(&column.name, schema)
        });
        described(row, self.about().as_deref())
    }

    /// A new row: what has no default must be there.
    fn new_row(&self, writer: &mut Writer<'_>) -> Schema {
        let insertable = self.columns.iter().filter(|(_, offered)| offered.insert);
        insertable.fold(Schema::object(), |row, (column, offered)| {
            let schema = self.property(column, offered, writer);
            let schema = with_default(schema, column);
            match offered.not_null && column.default.is_none() && !self.table.is_view {
                true => row.required(&column.name, schema),
                false => row.optional(&column.name, schema),
            }
        })
    }

    /// Changes to a row: whatever is to be changed.
    fn changes(&self, writer: &mut Writer<'_>) -> Schema {
        let updatable = self.columns.iter().filter(|(_, offered)| offered.update);
        updatable.fold(Schema::object(), |row, (column, offered)| {
            row.optional(&column.name, self.property(column, offered, writer))
        })
    }

    fn property(
        &self,
        column: &Column,
        offered: &OfferedColumn,
        writer: &mut Writer<'_>,
    ) -> Schema {
        let schema = match writer.is_represented(column) {
            true => Schema::any(),
            false => writer.types.schema(offered.r#type, &mut writer.names),
        };
        let is_text = schema
            .keywords()
            .is_some_and(|words| words.get("type").is_some_and(|kind| kind == "string"));
        let schema = match column.max_length {
            Some(length) if is_text && length > 0 => schema.with("maxLength", length),
            _ => schema,
        };
        let schema = described(schema, self.comment(column).as_deref());
        match offered.not_null {
            true => schema,
            false => schema.nullable(),
        }
    }

    /// What its comment says to people.
    fn about(&self) -> Option<String> {
        for_people(self.table.description.as_deref()?)
    }

    /// The comment, and the keys that the column is part of.
    fn comment(&self, column: &Column) -> Option<String> {
        let is_key = self.table.primary_key.contains(&column.name);
        match (about(column), is_key) {
            (Some(text), true) => Some(format!("{text}\n\nPrimary key.")),
            (Some(text), false) => Some(text),
            (None, true) => Some("Primary key.".to_owned()),
            (None, false) => None,
        }
    }

    fn filter_name(&self, column: &Column) -> String {
        let column = snake(&column.name);
        format!("filter.{}.{column}", self.name)
    }

    /// The filters by the columns that may be read, but for these. Generators make one parameter of a
    /// function of each, and one called `body` of the body.
    fn filtered(&self, operation: Operation, but: &[&str]) -> Operation {
        let readable = self
            .columns
            .iter()
            .filter(|(column, offered)| offered.select && !but.contains(&&*column.name));
        let mut seen = Vec::new();
        let operation = readable.fold(operation, |operation, (column, _)| {
            let name = self.filter_name(column);
            if RESERVED.contains(&&*column.name) || seen.contains(&name) {
                return operation;
            }
            seen.push(name.clone());
            operation.shared_parameter(&name)
        });
        operation.shared_parameter("and").shared_parameter("or")
    }

    fn operation(&self, verb: &str, summary: &str, writer: &mut Writer<'_>) -> Operation {
        let id = format!("{verb}_{}", snake(&self.table.name.name));
        let id = writer.operations.unique(id);
        writer
            .operation(&id, &format!("{summary} `{}`", self.table.name.name))
            .tag(&self.table.name.name)
    }

    fn path(&self) -> String {
        format!("/{}", segment(&self.table.name.name))
    }

    fn rows(&self) -> Schema {
        Schema::array(Schema::reference(&self.name))
    }

    fn write_read(&self, document: &mut Document, writer: &mut Writer<'_>) {
        let operation = self.operation("list", "Rows of", writer);
        let operation = self
            .filtered(operation, &[])
            .shared_parameter("select")
            .shared_parameter("order")
            .shared_parameter("limit")
            .shared_parameter("offset")
            .shared_parameter("preferCount");
        let operation = writer.profile(operation, "Accept-Profile");
        let answer = |text| shared::rows(text, self.rows());
        let operation = operation
            .answers(200, answer("The rows"))
            .answers(206, answer("Some of the rows, when they were counted"));
        let operation = shared::refusals(operation, shared::READ);
        document.operation(Method::GET, &self.path(), operation);
    }

    fn write_insert(&self, document: &mut Document, writer: &mut Writer<'_>) {
        let new = self.new_row(writer);
        let name = writer.names.unique(format!("{}Insert", self.name));
        let new = document.schema(&name, described(new, self.about().as_deref()));
        let operation = self
            .operation("insert", "Insert into", writer)
            .shared_parameter("select")
            .shared_parameter("onConflict")
            .shared_parameter("columns")
            .shared_parameter("preferInsert");
        let operation = writer
            .profile(operation, "Content-Profile")
            .body(Schema::array(new))
            .answers(201, shared::rows("The rows as they are now", self.rows()))
            .answers(
                200,
                shared::rows("The same, when each was there before", self.rows()),
            );
        let operation = shared::refusals(operation, shared::WRITE);
        document.operation(Method::POST, &self.path(), operation);
    }

    fn write_update(&self, document: &mut Document, writer: &mut Writer<'_>) {
        let changes = self.changes(writer);
        let name = writer.names.unique(format!("{}Update", self.name));
        let changes = document.schema(&name, described(changes, self.about().as_deref()));
        let operation = self.operation("update", "Update", writer);
        let operation = self
            .filtered(operation, &["body"])
            .shared_parameter("select")
            .shared_parameter("preferWrite");
        let operation = writer
            .profile(operation, "Content-Profile")
            .describe("Without a filter, every row is changed that the caller may change.")
            .body(changes)
            .answers(200, shared::rows("The rows as they are now", self.rows()));
        let operation = shared::refusals(operation, shared::WRITE);
        document.operation(Method::PATCH, &self.path(), operation);
    }

    fn write_delete(&self, document: &mut Document, writer: &mut Writer<'_>) {
        let operation = self.operation("delete", "Delete from", writer);
        let operation = self
            .filtered(operation, &[])
            .shared_parameter("select")
            .shared_parameter("preferWrite");
        let operation = writer
            .profile(operation, "Content-Profile")
            .describe("Without a filter, every row is deleted that the caller may delete.")
            .answers(200, shared::rows("The rows as they were", self.rows()));
        let operation = shared::refusals(operation, shared::WRITE);
        document.operation(Method::DELETE, &self.path(), operation);
    }
}

/// What a column's comment says to people.
fn about(column: &Column) -> Option<String> {
    for_people(column.description.as_deref()?)
}

fn described(schema: Schema, text: Option<&str>) -> Schema {
    match text {
        Some(text) => schema.describe(text),
        None => schema,
    }
}

/// `operator.value`, with an example of the column's kind.
fn filter(column: &Column, writer: &Writer<'_>) -> Parameter {
    let text = match about(column) {
        Some(comment) => format!("Filter, `operator.value`: {comment}"),
        None => "Filter, `operator.value`".to_owned(),
    };
    let example = match column.enum_labels.first() {
        Some(label) => format!("eq.{label}"),
        None => writer.filter_example(column).to_owned(),
    };
    Parameter::query(&column.name, Schema::string())
        .describe(&text)
        .example(example)
}

/// Tells the default in words: by the keyword `default`, generators take the member for one that is
/// always sent.
fn with_default(schema: Schema, column: &Column) -> Schema {
    let Some(expression) = &column.default else {
        return schema;
    };
    let told = schema
        .keywords()
        .and_then(|words| words.get("description"))
        .and_then(|text| text.as_str())
        .map(|text| format!("{text}\n\n"));
    schema.describe(&format!(
        "{}Default: `{expression}`",
        told.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(default: Option<&str>) -> Column {
        Column {
            name: "c".into(),
            description: None,
            nullable: true,
            data_type: "text".into(),
            nominal_type: "text".into(),
            base_type_oid: 25,
            is_domain: false,
            max_length: None,
            default: default.map(str::to_owned),
            enum_labels: Vec::new(),
        }
    }

    #[test]
    fn defaults_are_told_in_words() {
        let told = |schema, default| {
            let schema = with_default(schema, &column(default)).into_value();
            schema["description"].as_str().map(str::to_owned)
        };
        assert_eq!(told(Schema::string(), None), None);
        assert_eq!(
            told(Schema::string(), Some("now()")).as_deref(),
            Some("Default: `now()`")
        );
        assert_eq!(
            told(Schema::string().describe("When"), Some("now()")).as_deref(),
            Some("When\n\nDefault: `now()`")
        );
    }
}
