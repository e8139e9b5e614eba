//! Reads whose rows come as they are, to be written as JSON by us: a fraction of what `json_agg`
//! costs PostgreSQL.

use crestfall_core::catalog::Table;

use super::Sql;
use crate::json::is_plain;
use crate::plan::read::{Output, ReadNode, SelectColumn};

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
    let mut separator = "SELECT ";
    for column in &node.select {
        if &*column.column.name == "*" {
            sql.all_columns(node, table?, &mut separator);
        } else {
            sql.push(separator).json_column(node, table, column);
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
    sql.read_tail(node, &node.qualifier());
    Some(sql)
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
    fn all_columns(&mut self, node: &ReadNode, table: &Table, separator: &mut &'static str) {
        let qualifier = node.qualifier();
        for column in &table.columns {
            self.push(separator);
            *separator = ", ";
            if is_plain(column.base_type_oid) {
                self.column(&qualifier, &column.name);
            } else {
                self.push("to_json(")
                    .column(&qualifier, &column.name)
                    .push(") AS ")
                    .ident(&column.name);
            }
        }
    }

    fn json_column(&mut self, node: &ReadNode, table: Option<&Table>, column: &SelectColumn) {
        let qualifier = node.qualifier();
        let is_bare = column.cast.is_none()
            && column.column.transform.is_none()
            && column.column.path.is_empty();
        let known = table.and_then(|table| table.column(&column.column.name));
        if is_bare && known.is_some_and(|known| is_plain(known.base_type_oid)) {
            self.select_column(&qualifier, column);
            return;
        }
        let shown = column.alias.as_ref().unwrap_or(&column.column.name).clone();
        self.push("to_json(").select_column(
            &qualifier,
            &SelectColumn {
                alias: None,
                ..column.clone()
            },
        );
        self.push(") AS ").ident(&shown);
    }
}
