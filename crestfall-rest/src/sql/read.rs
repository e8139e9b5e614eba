//! The rows of a read.

use crestfall_core::QualifiedName;
use crestfall_core::catalog::{Cardinality, Relationship};

use super::Sql;
use crate::plan::read::{Condition, Output, ReadNode, SelectColumn, Spread, SpreadColumn};
use crate::request::Text;
use crate::request::select::{Aggregate, JoinType};

impl Sql {
    /// The cast that JSON embedded in `parent` needs. Rows can be grouped by `jsonb` alone, and a
    /// spread parent's columns may be grouped further up.
    pub(super) fn json_type(&self, parent: &ReadNode) -> &'static str {
        let may_group = parent.is_grouped() || parent.spread.is_some();
        if self.embeds_json && !may_group {
            ""
        } else {
            "::jsonb"
        }
    }

    /// The select of a node with everything embedded in it.
    pub(super) fn read(&mut self, node: &ReadNode) {
        let qualifier = node.qualifier();
        self.push("SELECT ").select_list(node, &qualifier);
        self.read_tail(node, &qualifier);
    }

    /// Everything behind the columns.
    pub(super) fn read_tail(&mut self, node: &ReadNode, qualifier: &QualifiedName) {
        self.from(node);
        for (embed, output) in node.embeds.iter().zip(&node.outputs) {
            self.join_embed(embed, output, self.json_type(node));
        }
        self.wheres(
            node,
            |sql, condition| sql.condition(qualifier, condition),
            false,
        );
        self.group_by(node, qualifier);
        self.order_by(qualifier, &node.order);
        self.limit_offset(node.range);
    }

    fn select_list(&mut self, node: &ReadNode, qualifier: &QualifiedName) {
        let mut first = true;
        let mut separate = |sql: &mut Self| {
            sql.push(if first { "" } else { ", " });
            first = false;
        };
        // With nothing selected, all columns are read and dropped where rows are aggregated.
        if node.select.is_empty() && node.embeds.is_empty() {
            separate(self);
            self.column(qualifier, "*");
        }
        for column in &node.select {
            separate(self);
            self.select_column(qualifier, column);
        }
        if let Some(Spread::ToMany { extra, .. }) = &node.spread {
            for (embed, column) in extra {
                separate(self);
                match embed {
                    Some(key) => self.select_column(&QualifiedName::new("", key.clone()), column),
                    None => self.select_column(qualifier, column),
                }
            }
        }
        let json_type = self.json_type(node);
        for (embed, output) in node.embeds.iter().zip(&node.outputs) {
            let key = embed.key();
            match output {
                Output::Json { empty: true, .. } => {}
                Output::Json {
                    name, to_one: true, ..
                } => {
                    separate(self);
                    self.push("row_to_json(")
                        .ident(&key)
                        .push(".*)")
                        .push(json_type)
                        .push(" AS ")
                        .ident(name);
                }
                Output::Json {
                    name,
                    to_one: false,
                    ..
                } => {
                    separate(self);
                    self.push("COALESCE(")
                        .ident(&key)
                        .push(".")
                        .ident(&key)
                        .push(", '[]') AS ")
                        .ident(name);
                }
                Output::Columns(columns) => {
                    for column in columns {
                        separate(self);
                        self.spread_column(&key, column);
                    }
                }
            }
        }
    }

    pub(super) fn select_column(&mut self, qualifier: &QualifiedName, column: &SelectColumn) {
        let write = |sql: &mut Self| {
            sql.cast(column.cast.as_ref(), |sql| {
                sql.output_field(qualifier, &column.column);
            });
        };
        self.aggregate(column.aggregate, column.aggregate_cast.as_ref(), write);
        self.alias(column.alias.as_ref());
    }

    pub(super) fn spread_column(&mut self, key: &Text, column: &SpreadColumn) {
        let write = |sql: &mut Self| {
            sql.column(&QualifiedName::new("", key.clone()), &column.name);
        };
        self.aggregate(column.aggregate, column.aggregate_cast.as_ref(), write);
        self.alias(column.alias.as_ref());
    }

    fn alias(&mut self, alias: Option<&Text>) {
        if let Some(alias) = alias {
            self.push(" AS ").ident(alias);
        }
    }

    fn aggregate(
        &mut self,
        aggregate: Option<Aggregate>,
        cast: Option<&Text>,
        write: impl FnOnce(&mut Self),
    ) {
        match aggregate {
            Some(aggregate) => self.cast(cast, |sql| {
                sql.push(aggregate.name()).push("(");
                write(sql);
                sql.push(")");
            }),
            None => write(self),
        }
    }

    fn cast(&mut self, cast: Option<&Text>, write: impl FnOnce(&mut Self)) {
        match cast {
            Some(cast) => {
                self.push("CAST(");
                write(self);
                self.push(" AS ").data_type(cast).push(")");
            }
            None => write(self),
        }
    }

    fn from(&mut self, node: &ReadNode) {
        self.push(" FROM ");
        match node.link.as_ref().map(|link| (&*link.relationship, link)) {
            // The cast chooses among overloads for several relations.
            Some((
                Relationship::Computed {
                    function, table, ..
                },
                link,
            )) => {
                self.name(function)
                    .push("(")
                    .name(&link.parent)
                    .push("::")
                    .name(table)
                    .push(")");
            }
            _ => {
                self.name(&node.from);
            }
        }
        self.alias(node.from_alias.as_ref());
        if let Some(Relationship::Keyed {
            cardinality: Cardinality::ManyToMany(junction),
            ..
        }) = node.link.as_ref().map(|link| &*link.relationship)
        {
            self.push(", ").name(&junction.table);
        }
    }

    fn wheres(
        &mut self,
        node: &ReadNode,
        mut write: impl FnMut(&mut Self, &Condition),
        exists: bool,
    ) {
        let joins = node
            .link
            .as_ref()
            .map(|link| link.joins.as_slice())
            .unwrap_or_default();
        let mut separator = " WHERE ";
        for condition in &node.conditions {
            self.push(separator);
            write(self, condition);
            separator = " AND ";
        }
        for ((left, left_column), (right, right_column)) in joins {
            self.push(separator)
                .column(left, left_column)
                .push(" = ")
                .column(right, right_column);
            separator = " AND ";
        }
        if exists {
            for embed in node
                .embeds
                .iter()
                .filter(|embed| embed.join == Some(JoinType::Inner))
            {
                self.push(separator)
                    .push("EXISTS (")
                    .count_rows(embed)
                    .push(")");
                separator = " AND ";
            }
        }
    }

    fn group_by(&mut self, node: &ReadNode, qualifier: &QualifiedName) {
        if !node.is_grouped() {
            return;
        }
        let mut separator = " GROUP BY ";
        for column in node
            .select
            .iter()
            .filter(|column| column.aggregate.is_none())
        {
            self.push(separator);
            separator = ", ";
            match &column.alias {
                Some(alias) => self.ident(alias),
                None => self.field(qualifier, &column.column),
            };
        }
        for (embed, output) in node.embeds.iter().zip(&node.outputs) {
            match output {
                Output::Json { empty: true, .. } => {}
                Output::Json { name, .. } => {
                    self.push(separator).ident(name);
                    separator = ", ";
                }
                Output::Columns(columns) => {
                    for column in columns.iter().filter(|column| column.aggregate.is_none()) {
                        let shown = column.alias.as_ref().unwrap_or(&column.name);
                        self.push(separator)
                            .ident(&embed.key())
                            .push(".")
                            .ident(shown);
                        separator = ", ";
                    }
                }
            }
        }
    }

    /// One row for each row the read would give without its range. An inner embed becomes an
    /// `EXISTS`, so that it cannot multiply rows.
    pub(super) fn count_rows(&mut self, node: &ReadNode) -> &mut Self {
        let qualifier = node.qualifier();
        self.push("SELECT 1").from(node);
        self.wheres(
            node,
            |sql, condition| sql.count_condition(node, &qualifier, condition),
            true,
        );
        self
    }

    fn count_condition(
        &mut self,
        node: &ReadNode,
        qualifier: &QualifiedName,
        condition: &Condition,
    ) {
        match condition {
            Condition::Group {
                negated,
                operator,
                members,
            } => {
                self.group(*negated, *operator, members, |sql, member| {
                    sql.count_condition(node, qualifier, member);
                });
            }
            Condition::EmbedIsNull { key, negated } => {
                let embed = node
                    .embeds
                    .iter()
                    .find(|embed| embed.link.as_ref().is_some_and(|link| &link.key == key));
                match embed {
                    Some(embed) => {
                        self.push(if *negated { "EXISTS (" } else { "NOT EXISTS (" })
                            .count_rows(embed)
                            .push(")");
                    }
                    None => self.condition(qualifier, condition),
                }
            }
            Condition::Compare { .. } => self.condition(qualifier, condition),
        }
    }
}
