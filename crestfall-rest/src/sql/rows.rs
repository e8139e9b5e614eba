//! Reads whose rows come as they are, to be written as JSON by us: a fraction of what `json_agg`
//! costs PostgreSQL.

use crestfall_core::QualifiedName;
use crestfall_core::catalog::Table;

use super::Sql;
use crate::json::is_plain;
use crate::plan::call::Call;
use crate::plan::read::{Output, ReadNode, SelectColumn};
use crate::plan::write::Write;

/// Writes a read whose columns are all plain or JSON. None when the read cannot be written so:
/// grouped rows, or `*` of a relation whose columns are not known.
pub(crate) fn rows(node: &ReadNode, table: Option<&Table>) -> Option<Sql> {
    if node.is_grouped() || (node.select.is_empty() && node.embeds.is_empty()) {
        return None;
    }
    let mut sql = Sql {
        embeds_json: true,
        ..Sql::default()
    };
    let qualifier = node.qualifier();
    let mut separator = "SELECT ";
    for column in &node.select {
        if &*column.column.name == "*" {
            sql.all_columns(&qualifier, table?, &mut separator);
        } else {
            sql.push(separator).json_column(&qualifier, table, column);
            separator = ", ";
        }
    }
    for (embed, output) in node.embeds.iter().zip(&node.outputs) {
        let key = embed.key();
        match output {
            Output::Json { empty: true, .. } => {}
            Output::Json {
                name, to_one: true, ..
            } => {
                sql.push(separator)
                    .push("row_to_json(")
                    .ident(&key)
                    .push(".*) AS ")
                    .ident(name);
                separator = ", ";
            }
            Output::Json {
                name,
                to_one: false,
                ..
            } => {
                sql.push(separator)
                    .push("COALESCE(")
                    .ident(&key)
                    .push(".")
                    .ident(&key);
                sql.push(", '[]') AS ").ident(name);
                separator = ", ";
            }
            Output::Columns(columns) => {
                for column in columns {
                    if &*column.name == "*" {
                        return None;
                    }
                    let shown = column.alias.as_ref().unwrap_or(&column.name);
                    sql.push(separator)
                        .push("to_json(")
                        .ident(&key)
                        .push(".")
                        .ident(&column.name);
                    sql.push(") AS ").ident(shown);
                    separator = ", ";
                }
            }
        }
    }
    if separator == "SELECT " {
        return None;
    }
    sql.read_tail(node, &qualifier);
    Some(sql)
}

/// Writes a change that gives back its rows by itself. None when it cannot: the rows are ordered or
/// have something embedded, or the values have to be taken out of JSON by PostgreSQL.
pub(crate) fn written_rows(
    write: &Write,
    read: &ReadNode,
    table: &Table,
    wants_rows: bool,
) -> Option<Sql> {
    let mut sql = Sql::default();
    if !sql.direct_write(write) {
        return None;
    }
    if !wants_rows {
        return Some(sql);
    }
    if !read.embeds.is_empty()
        || !read.order.is_empty()
        || read.is_grouped()
        || read.select.is_empty()
    {
        return None;
    }
    let mut separator = " RETURNING ";
    for column in &read.select {
        if &*column.column.name == "*" {
            sql.all_columns(&write.relation, table, &mut separator);
        } else {
            sql.push(separator)
                .json_column(&write.relation, Some(table), column);
            separator = ", ";
        }
    }
    Some(sql)
}

/// Writes a call that returns one scalar, in the columns of the statement that answers any call.
pub(crate) fn scalar_call(call: &Call) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT null::bigint AS total, 1 AS page, ")
        .scalar_call(call);
    sql.push(
        " AS body, nullif(current_setting('response.headers', true), '') AS response_headers, ",
    );
    sql.push("nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted");
    sql
}

/// What SQL functions said about the response while the statement before ran.
pub(crate) fn response_settings() -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT nullif(current_setting('response.headers', true), ''), ");
    sql.push("nullif(current_setting('response.status', true), '')");
    sql
}

impl Sql {
    /// `*` spelt out, so that the types of all columns are known.
    fn all_columns(
        &mut self,
        qualifier: &QualifiedName,
        table: &Table,
        separator: &mut &'static str,
    ) {
        for column in &table.columns {
            self.push(separator);
            *separator = ", ";
            if is_plain(column.base_type_oid) {
                self.column(qualifier, &column.name);
            } else {
                self.push("to_json(")
                    .column(qualifier, &column.name)
                    .push(") AS ")
                    .ident(&column.name);
            }
        }
    }

    fn json_column(
        &mut self,
        qualifier: &QualifiedName,
        table: Option<&Table>,
        column: &SelectColumn,
    ) {
        let is_bare = column.cast.is_none()
            && column.column.transform.is_none()
            && column.column.path.is_empty();
        let known = table.and_then(|table| table.column(&column.column.name));
        if is_bare && known.is_some_and(|known| is_plain(known.base_type_oid)) {
            self.select_column(qualifier, column);
            return;
        }
        let shown = column.alias.as_ref().unwrap_or(&column.column.name).clone();
        self.push("to_json(").select_column(
            qualifier,
            &SelectColumn {
                alias: None,
                ..column.clone()
            },
        );
        self.push(") AS ").ident(&shown);
    }
}
