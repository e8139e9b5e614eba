//! Rows from a JSON body.

use bytes::Bytes;
use crestfall_core::name::literal;

use super::Sql;
use crate::plan::column::ColumnRef;

/// A JSON body and how its members become columns.
pub(super) struct JsonRows<'a> {
    pub(super) json: &'a Bytes,
    pub(super) columns: &'a [ColumnRef],
    /// Absent members take the column's default.
    pub(super) apply_defaults: bool,
    /// Only the first element of an array counts.
    pub(super) first_only: bool,
}

impl JsonRows<'_> {
    /// PostgreSQL checks the JSON; all that matters here is which function reads it.
    fn is_object(&self) -> bool {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.json.iter().find(|byte| !is_space(byte)) == Some(&b'{')
    }
}

impl Sql {
    /// `FROM … crestfall_body`, whose columns are those of `rows`.
    pub(super) fn from_json(&mut self, rows: &JsonRows<'_>) {
        let kind = if rows.apply_defaults { "jsonb" } else { "json" };
        self.push("FROM (SELECT ")
            .param(Some(rows.json.clone()))
            .push("::")
            .push(kind);
        self.push(" AS document) crestfall_payload, ");
        if rows.apply_defaults {
            self.defaults(rows);
        }
        self.push("LATERAL (SELECT ")
            .join(", ", rows.columns, |sql, column| {
                if let Some(function) = &column.transform {
                    sql.push(function)
                        .push("(")
                        .ident(&column.name)
                        .push(") AS ");
                }
                sql.ident(&column.name);
            });
        self.push(" FROM ");
        let source = if rows.apply_defaults {
            "crestfall_defaults.rows"
        } else {
            "crestfall_payload.document"
        };
        match (rows.columns.is_empty(), rows.is_object()) {
            // No members: one row for an object, one for each element of an array.
            (true, true) => {
                self.push("(VALUES (1)) _");
            }
            (true, false) => {
                self.push(kind)
                    .push("_array_elements(")
                    .push(source)
                    .push(") _");
            }
            (false, is_object) => {
                let function = if is_object {
                    "_to_record("
                } else {
                    "_to_recordset("
                };
                self.push(kind).push(function).push(source).push(") AS _(");
                self.join(", ", rows.columns, |sql, column| {
                    sql.ident(&column.name).push(" ").push(&column.data_type);
                });
                self.push(if rows.first_only { ") LIMIT 1" } else { ")" });
            }
        }
        self.push(") crestfall_body");
    }

    fn defaults(&mut self, rows: &JsonRows<'_>) {
        if rows.is_object() {
            self.push("LATERAL (SELECT ").default_object(rows.columns);
            self.push(" || crestfall_payload.document AS rows) crestfall_defaults, ");
        } else {
            self.push("LATERAL (SELECT jsonb_agg(")
                .default_object(rows.columns);
            self.push(" || elem) AS rows FROM jsonb_array_elements(crestfall_payload.document) elem) crestfall_defaults, ");
        }
    }

    fn default_object(&mut self, columns: &[ColumnRef]) -> &mut Self {
        let with_default = columns
            .iter()
            .filter_map(|column| Some((&column.name, column.default.as_ref()?)));
        self.push("jsonb_build_object(")
            .join(", ", with_default, |sql, (name, default)| {
                // The expression is PostgreSQL's own text of the column's default.
                sql.display(literal(name)).push(", ").push(default);
            });
        self.push(")")
    }
}
