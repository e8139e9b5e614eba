//! Inserts, updates and deletes.

use crestfall_core::QualifiedName;

use super::Sql;
use super::body::JsonRows;
use crate::plan::scalars;
use crate::plan::write::{Body, Change, Conflict, Write};
use crate::request::Text;
use crate::request::prefer::Resolution;

impl Sql {
    /// Writes a change whose values can be parameters of their own, all but what it returns.
    /// Whether it could be written so.
    pub(super) fn direct_write(&mut self, write: &Write) -> bool {
        match &write.change {
            Change::Insert { body, conflict } => {
                let Some(values) = values(body).filter(|_| !write.merges()) else {
                    return false;
                };
                self.insert_values(write, body, values);
                if let Some(conflict) = conflict {
                    self.on_conflict(body, conflict, false);
                }
            }
            Change::Update(body) => {
                let Some(values) = values(body).filter(|values| !values.is_empty()) else {
                    return false;
                };
                self.push("UPDATE ").name(&write.relation).push(" SET ");
                self.join(
                    ", ",
                    body.columns.iter().zip(values),
                    |sql, (column, value)| {
                        sql.ident(&column.name).push(" = ").value_or_null(value);
                    },
                );
                self.write_conditions(write, &write.relation, " WHERE ");
            }
            Change::Delete => {
                self.push("DELETE FROM ").name(&write.relation);
                self.write_conditions(write, &write.relation, " WHERE ");
            }
        }
        true
    }

    fn insert_values(&mut self, write: &Write, body: &Body, values: Vec<Option<Text>>) {
        self.push("INSERT INTO ").name(&write.relation);
        if body.columns.is_empty() {
            self.push(" DEFAULT VALUES");
            return;
        }
        self.push("(").join(", ", &body.columns, |sql, column| {
            sql.ident(&column.name);
        });
        self.push(") VALUES (").join(", ", values, |sql, value| {
            sql.value_or_null(value);
        });
        self.push(")");
    }

    fn value_or_null(&mut self, value: Option<Text>) -> &mut Self {
        match value {
            Some(value) => self.text_param(&value),
            None => self.push("NULL"),
        }
    }

    pub(super) fn write(&mut self, write: &Write) {
        match &write.change {
            Change::Insert { body, conflict } => self.insert(write, body, conflict.as_ref()),
            Change::Update(body) if body.columns.is_empty() => self.update_nothing(write),
            Change::Update(body) => self.update(write, body),
            Change::Delete => {
                self.push("DELETE FROM ").name(&write.relation);
                self.write_conditions(write, &write.relation, " WHERE ");
                self.returning(write);
            }
        }
    }

    fn insert(&mut self, write: &Write, body: &Body, conflict: Option<&Conflict>) {
        self.push("INSERT INTO ").name(&write.relation);
        if !body.columns.is_empty() {
            self.push("(").join(", ", &body.columns, |sql, column| {
                sql.ident(&column.name);
            });
            self.push(")");
        }
        self.push(" SELECT ")
            .join(", ", &body.columns, |sql, column| {
                sql.push("crestfall_body.").ident(&column.name);
            });
        self.push(" ").from_json(&rows(body));
        let counts = write.merges();
        if counts {
            // Every row counts as inserted until it turns out to be an update.
            self.push(" WHERE ").count_inserted(true);
        }
        let separator = if counts { " AND " } else { " WHERE " };
        self.write_conditions(write, &QualifiedName::new("", "crestfall_body"), separator);
        if let Some(conflict) = conflict {
            self.on_conflict(body, conflict, counts);
        }
        self.returning(write);
    }

    fn on_conflict(&mut self, body: &Body, conflict: &Conflict, counts: bool) {
        if conflict.columns.is_empty() {
            return;
        }
        self.push(" ON CONFLICT(")
            .join(", ", &conflict.columns, |sql, column| {
                sql.ident(column);
            });
        self.push(") DO ");
        if conflict.resolution == Resolution::IgnoreDuplicates || body.columns.is_empty() {
            self.push("NOTHING");
            return;
        }
        self.push("UPDATE SET ")
            .join(", ", &body.columns, |sql, column| {
                sql.ident(&column.name)
                    .push(" = EXCLUDED.")
                    .ident(&column.name);
            });
        if counts {
            self.push(" WHERE ").count_inserted(false);
        }
    }

    /// A condition that always holds and counts a row up or down.
    fn count_inserted(&mut self, up: bool) {
        let (sign, never) = if up { ("+", "0") } else { ("-", "-1") };
        self.push("set_config('crestfall.inserted', (coalesce(nullif(current_setting('crestfall.inserted', true), '')::int, 0) ");
        self.push(sign)
            .push(" 1)::text, true) <> '")
            .push(never)
            .push("'");
    }

    fn update(&mut self, write: &Write, body: &Body) {
        self.push("UPDATE ").name(&write.relation).push(" SET ");
        self.join(", ", &body.columns, |sql, column| {
            sql.ident(&column.name)
                .push(" = crestfall_body.")
                .ident(&column.name);
        });
        self.push(" ").from_json(&rows(body));
        self.write_conditions(write, &write.relation, " WHERE ");
        self.returning(write);
    }

    /// Without columns there is nothing to set; an empty result with the right columns stands in.
    fn update_nothing(&mut self, write: &Write) {
        let relation = QualifiedName::new("", write.relation.name.clone());
        self.push("SELECT ");
        if write.returning.is_empty() {
            self.push("NULL");
        } else {
            self.join(", ", &write.returning, |sql, column| {
                sql.column(&relation, column);
            });
        }
        self.push(" FROM ")
            .name(&write.relation)
            .push(" WHERE false");
    }

    fn write_conditions(
        &mut self,
        write: &Write,
        relation: &QualifiedName,
        mut separator: &'static str,
    ) {
        for condition in &write.conditions {
            self.push(separator).condition(relation, condition);
            separator = " AND ";
        }
    }

    fn returning(&mut self, write: &Write) {
        self.push(" RETURNING ");
        if write.returning.is_empty() {
            // Rows are counted even when none is shown.
            self.push("1");
            return;
        }
        self.join(", ", &write.returning, |sql, column| {
            sql.column(&write.relation, column);
        });
    }
}

/// The values of a body that is one object of single values; absent members are NULL.
fn values(body: &Body) -> Option<Vec<Option<Text>>> {
    // Defaults and conversions are PostgreSQL's to apply.
    if body.apply_defaults || body.columns.iter().any(|column| column.transform.is_some()) {
        return None;
    }
    scalars::members(
        &body.json,
        body.columns
            .iter()
            .map(|column| (&*column.name, &*column.data_type)),
    )
}

fn rows(body: &Body) -> JsonRows<'_> {
    JsonRows {
        json: &body.json,
        columns: &body.columns,
        apply_defaults: body.apply_defaults,
        first_only: false,
    }
}
