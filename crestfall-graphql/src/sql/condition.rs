//! Filters.

use std::sync::Arc;

use super::order::VALUE;
use super::{Block, Writer};
use crate::model::{Aggregation, EntityId, Operator, Quantifier, Relation};
use crate::plan::{Condition, Measure, Operand};
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
                left,
                operator,
                value,
            } => self.compare(block, left, *operator, value),
            Condition::IsNull { left, negated } => {
                let test = if *negated { " is not null" } else { " is null" };
                self.operand(block, left);
                self.push(test);
            }
            Condition::Related {
                relation,
                quantifier,
                filter,
            } => self.exists(block, relation, *quantifier, filter),
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

    /// Whether related rows fulfil conditions. PostgreSQL decides how to look: it makes joins of these.
    fn exists(
        &mut self,
        block: &mut Block,
        relation: &Relation,
        quantifier: Quantifier,
        filter: &[Condition],
    ) {
        if quantifier != Quantifier::Some {
            self.push("not ");
        }
        let mut there = Block::direct(self.alias(), relation.target);
        let alias = there.alias.clone();
        self.push("exists (select 1 from ")
            .relation(relation.target)
            .push(" ");
        self.push(&alias).push(" where ");
        self.join(relation, &alias, block);
        self.push(" and ");
        match quantifier {
            Quantifier::Some | Quantifier::None => self.conditions(&mut there, filter),
            // A row of which it is unknown whether it fulfils them does not.
            Quantifier::Every => {
                self.push("(");
                self.conditions(&mut there, filter);
                self.push(") is not true");
            }
        }
        self.push(")");
    }

    /// What is compared.
    pub(super) fn operand(&mut self, block: &mut Block, operand: &Operand) {
        match operand {
            Operand::Column(column) => {
                self.column(block, *column);
            }
            Operand::Related(relation, measure) => {
                self.push("(");
                self.measured(relation, *measure, block);
                self.push(")");
            }
            Operand::Measure(measure) => self.measure(*measure, block),
            Operand::GroupKey(key) => self.group_key(*key, block),
        }
    }

    /// The type of an operand of rows of an entity.
    pub(super) fn operand_type(&self, entity: EntityId, operand: &Operand) -> Arc<str> {
        let of = self.entity(entity);
        match operand {
            Operand::Column(column) => of.columns[*column].sql_type.clone(),
            Operand::Related(relation, measure) => self.measure_type(relation.target, *measure),
            Operand::Measure(measure) => self.measure_type(entity, *measure),
            Operand::GroupKey(key) => of.columns[of.group_keys[*key].column].sql_type.clone(),
        }
    }

    fn measure_type(&self, entity: EntityId, measure: Measure) -> Arc<str> {
        let Measure::Aggregate(by, column) = measure else {
            return "bigint".into();
        };
        let column = &self.entity(entity).columns[column];
        match (by, column.type_oid) {
            (Aggregation::Min | Aggregation::Max, _) => column.sql_type.clone(),
            // float4, float8
            (Aggregation::Sum, 700 | 701) => "double precision".into(),
            (Aggregation::Sum, 790) => "money".into(),
            (Aggregation::Sum | Aggregation::Avg, _) => "numeric".into(),
        }
    }

    /// `select count(*) …`: what the rows amount to that a relation leads to.
    pub(super) fn measured(&mut self, relation: &Relation, measure: Measure, block: &mut Block) {
        let mut there = Block::direct(self.alias(), relation.target);
        let alias = there.alias.clone();
        self.push("select ");
        self.measure(measure, &mut there);
        self.push(" as ").push(VALUE).push(" from ");
        self.relation(relation.target).push(" ").push(&alias);
        self.push(" where ");
        self.join(relation, &alias, block);
    }

    fn measure(&mut self, measure: Measure, block: &mut Block) {
        match measure {
            Measure::Count => {
                self.push("count(*)");
            }
            Measure::Aggregate(by, column) => self.aggregated(by, column, block),
        }
    }

    fn compare(&mut self, block: &mut Block, left: &Operand, operator: Operator, value: &Recipe) {
        let sql_type = self.operand_type(block.entity, left);
        self.operand(block, left);
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
            Operator::HasKey => " ? ",
            Operator::HasKeysAny => " ?| ",
            Operator::HasKeysAll => " ?& ",
        });
        let sql_type = match operator {
            Operator::HasKey => "text",
            Operator::HasKeysAny | Operator::HasKeysAll => "text[]",
            _ => &*sql_type,
        };
        self.value(value, sql_type);
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
}
