//! Rows as JSON objects.

use crestfall_core::QualifiedName;

use super::{Block, Writer};
use crate::model::{Function, Output, Relation, Returns};
use crate::plan::{Row, RowField};

impl Writer<'_> {
    /// The object that is shown of a row.
    pub(super) fn row(&mut self, row: &Row, block: &mut Block) -> &mut Self {
        self.object(&row.fields, |sql, field| sql.row_field(field, block))
    }

    pub(super) fn row_field(&mut self, field: &RowField, block: &mut Block) {
        match field {
            RowField::Typename(name) => {
                self.text(name);
            }
            RowField::NodeId => self.node_id(block),
            RowField::Column(column) => {
                let value = self.apart(|sql| {
                    sql.column(block, *column);
                });
                let output = &self.entity(block.entity).columns[*column].output;
                self.output(output, &value);
            }
            RowField::One(relation, row) => {
                let alias = self.alias();
                let mut inner = Block::direct(alias, row.entity);
                self.push("(select ").row(row, &mut inner);
                self.push(" from ").relation(row.entity).push(" ");
                let alias = inner.alias;
                self.push(&alias).push(" where ");
                self.join(relation, &alias, block);
                self.push(" limit 1)");
            }
            RowField::Many(connection) => self.connection(connection, Some(block)),
            RowField::ComputedValue(function) => self.computed_value(function, block),
            RowField::ComputedRow(function, row) => {
                let alias = self.alias();
                let mut inner = Block::direct(alias, row.entity);
                self.push("(select ").row(row, &mut inner).push(" from ");
                self.computed(function, block);
                let alias = inner.alias;
                self.push(" ").push(&alias);
                self.push(" where not (")
                    .push(&alias)
                    .push(" is null) limit 1)");
            }
        }
    }

    /// Columns there are equal to columns of the row here.
    pub(super) fn join(&mut self, relation: &Relation, there: &str, here: &mut Block) {
        for (index, (own, other)) in relation.columns.iter().enumerate() {
            if index > 0 {
                self.push(" and ");
            }
            self.push(there).push(".").ident(other).push(" = ");
            match self.entity(here.entity).column_position(own) {
                Some(position) => self.column(here, position),
                // Every relation was made of columns that are there.
                None => self.push("null"),
            };
        }
    }

    fn node_id(&mut self, block: &mut Block) {
        let entity = self.entity(block.entity);
        let QualifiedName { schema, name } = entity.name();
        let (schema, name) = (schema.clone(), name.clone());
        self.push("translate(encode(convert_to(jsonb_build_array(");
        self.text(&schema).push(", ").text(&name);
        for &column in &entity.primary_key {
            self.push(", ").column(block, column);
        }
        self.push(")::text, 'utf-8'), 'base64'), E'\\n', '')");
    }

    fn computed_value(&mut self, function: &Function, block: &mut Block) {
        let value = self.apart(|sql| sql.computed(function, block));
        match &function.returns {
            Returns::Value(output) => self.output(output, &value),
            Returns::Row(_) | Returns::Rows(_) => self.output(&Output::Nothing, &value),
        };
    }

    /// A function of the whole row.
    pub(super) fn computed(&mut self, function: &Function, block: &mut Block) {
        block.uses_row = true;
        let row = block.row.clone();
        let relation = self.entity(block.entity).name();
        self.function(&function.name).push("(").push(&row);
        self.push("::").name(relation).push(")");
    }
}
