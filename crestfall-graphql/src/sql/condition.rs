//! Filters, orders and cursors.

use super::{Block, Writer};
use crate::model::Operator;
use crate::plan::{Condition, CursorValue, Order};
use crate::value::Recipe;

impl Writer<'_> {
    /// All of the conditions; true when there are none.
    pub(super) fn conditions(&mut self, block: &mut Block, conditions: &[Condition]) {
        self.all(block, conditions, " and ", "true");
    }

    fn all(&mut self, block: &mut Block, conditions: &[Condition], between: &str, without: &str) {
        if conditions.is_empty() {
            self.push(without);
        }
        for (index, condition) in conditions.iter().enumerate() {
            if index > 0 {
                self.push(between);
            }
            self.condition(block, condition);
        }
    }

    fn condition(&mut self, block: &mut Block, condition: &Condition) {
        match condition {
            Condition::Compare {
                column,
                operator,
                value,
            } => self.compare(block, *column, *operator, value),
            Condition::IsNull { column, negated } => {
                let test = if *negated { " is not null" } else { " is null" };
                self.column(block, *column).push(test);
            }
            Condition::Key(key) => {
                self.push("(");
                self.key_condition(block, key);
                self.push(")");
            }
            Condition::And(inner) => {
                self.push("(");
                self.all(block, inner, " and ", "true");
                self.push(")");
            }
            Condition::Or(inner) => {
                self.push("(");
                self.all(block, inner, " or ", "false");
                self.push(")");
            }
            Condition::Not(inner) => {
                self.push("not (");
                self.all(block, inner, " and ", "true");
                self.push(")");
            }
        }
    }

    fn compare(&mut self, block: &mut Block, column: usize, operator: Operator, value: &Recipe) {
        let sql_type = self.entity(block.entity).columns[column].sql_type.clone();
        self.column(block, column);
        if operator == Operator::In {
            self.push(" = any(");
            self.value(value, &format!("{sql_type}[]")).push(")");
            return;
        }
        self.push(match operator {
            Operator::Eq | Operator::In | Operator::Is => " = ",
            Operator::Neq => " <> ",
            Operator::Lt => " < ",
            Operator::Lte => " <= ",
            Operator::Gt => " > ",
            Operator::Gte => " >= ",
            Operator::StartsWith => " ^@ ",
            Operator::Like => " like ",
            Operator::Ilike => " ilike ",
            Operator::Regex => " ~ ",
            Operator::Iregex => " ~* ",
            Operator::Contains => " @> ",
            Operator::ContainedBy => " <@ ",
            Operator::Overlaps => " && ",
        });
        self.value(value, &sql_type);
    }

    /// The primary key is equal to these values.
    pub(super) fn key_condition(&mut self, block: &mut Block, key: &[Recipe]) {
        let entity = self.entity(block.entity);
        for (index, (&column, value)) in entity.primary_key.iter().zip(key).enumerate() {
            if index > 0 {
                self.push(" and ");
            }
            let sql_type = &entity.columns[column].sql_type;
            self.column(block, column).push(" = ");
            self.value(value, sql_type);
        }
    }

    /// The columns of an order, the other way round if so wanted.
    pub(super) fn order(&mut self, block: &mut Block, order: &[Order], reversed: bool) {
        self.list(order, |sql, &order| {
            let order = if reversed { order.reversed() } else { order };
            sql.column(block, order.column);
            sql.push(if order.descending { " desc" } else { " asc" });
            // The default needs no word: PostgreSQL sorts nulls as the greatest.
            if order.nulls_first != order.descending {
                sql.push(match order.nulls_first {
                    true => " nulls first",
                    false => " nulls last",
                });
            }
        });
    }

    /// The row comes behind the cursor.
    pub(super) fn behind(
        &mut self,
        block: &mut Block,
        order: &[Order],
        cursor: &[CursorValue],
        reversed: bool,
    ) {
        let ([first, order @ ..], [value, cursor @ ..]) = (order, cursor) else {
            self.push("false");
            return;
        };
        let first = if reversed { first.reversed() } else { *first };
        let column = &self.entity(block.entity).columns[first.column];
        let (sql_type, not_null) = (column.sql_type.clone(), column.not_null);
        // After this column's value.
        self.push("(");
        if value.is_null {
            match first.nulls_first {
                true => self.column(block, first.column).push(" is not null"),
                false => self.push("false"),
            };
        } else {
            self.column(block, first.column);
            self.push(if first.descending { " < " } else { " > " });
            self.value(&value.recipe, &sql_type);
            // pg_graphql leaves them out.
            if !first.nulls_first && !not_null && !self.schema.is_drop_in {
                self.push(" or ")
                    .column(block, first.column)
                    .push(" is null");
            }
        }
        // Or at it, and behind by the columns that follow.
        if !cursor.is_empty() && !order.is_empty() {
            self.push(" or (").column(block, first.column);
            match value.is_null {
                true => self.push(" is null"),
                false => self.push(" = ").value(&value.recipe, &sql_type),
            };
            self.push(" and ");
            self.behind(block, order, cursor, reversed);
            self.push(")");
        }
        self.push(")");
    }
}
