//! Orders, and of which columns each value comes once.

use std::sync::Arc;

use super::{Measure, Operand, Order, Planner};
use crate::document::Field;
use crate::model::{EntityId, Field as FieldType, InputMeaning, Kind, Relation, TypeId};
use crate::refusal::Refusal;
use crate::value::{Data, Given};

impl Planner<'_, '_> {
    /// What was asked for, then the primary key, so that no two rows are equal.
    pub(super) fn order(
        &mut self,
        field: &Field,
        of: &FieldType,
        entity: EntityId,
        distinct: &[usize],
    ) -> Result<Vec<Order>, Refusal> {
        let given = self.argument(field, of, "orderBy")?;
        let mut order = Vec::new();
        if let Data::List(items) = &given.data {
            for item in items {
                self.order_by(entity, item, &[], &mut order);
            }
        }
        self.begin_with(entity, distinct, &mut order)?;
        let key = &self.schema.entity(entity).primary_key;
        let key = key.iter().map(|&column| Operand::Column(column));
        order.extend(key.map(Order::ascending));
        Ok(order)
    }

    /// By the columns of rows that a path leads to.
    fn order_by(
        &mut self,
        entity: EntityId,
        given: &Given,
        path: &[Arc<Relation>],
        order: &mut Vec<Order>,
    ) {
        let schema = self.schema;
        let of = schema.entity(entity);
        for (meaning, value) in self.meanings(of.types.order_by, given) {
            match (meaning, &value.data) {
                (InputMeaning::Column(column), Data::Text(direction)) => {
                    order.push(directed(path, Operand::Column(column), direction));
                }
                (InputMeaning::Related(position), Data::Object(_)) => {
                    let Some(found) = of.relations.get(position) else {
                        continue;
                    };
                    let relation = &found.relation;
                    if found.is_many {
                        self.order_by_measures(relation, value, path, order);
                    } else {
                        self.related = self.related.saturating_add(1);
                        let path = [path, std::slice::from_ref(relation)].concat();
                        self.order_by(relation.target, value, &path, order);
                    }
                }
                _ => {}
            }
        }
    }

    /// By what related rows amount to.
    fn order_by_measures(
        &mut self,
        relation: &Arc<Relation>,
        given: &Given,
        path: &[Arc<Relation>],
        order: &mut Vec<Order>,
    ) {
        let types = self.schema.entity(relation.target).types;
        let of = types.collection_order.unwrap_or_default();
        for (measure, direction) in self.measures(of, given) {
            // Each is a subselect of its own.
            self.related = self.related.saturating_add(1);
            let by = Operand::Related(relation.clone(), measure);
            order.push(directed(path, by, direction));
        }
    }

    /// Counts and aggregates with their directions.
    fn measures<'g>(&self, of: TypeId, given: &'g Given) -> Vec<(Measure, &'g str)> {
        let mut found = Vec::new();
        let (Data::Object(members), Kind::Input(object)) =
            (&given.data, &self.schema.type_of(of).kind)
        else {
            return found;
        };
        for (name, value) in members {
            let Some(input) = object.member(name) else {
                continue;
            };
            match (input.meaning, &value.data) {
                (InputMeaning::Count, Data::Text(direction)) => {
                    found.push((Measure::Count, &**direction));
                }
                (InputMeaning::AggregateBy(by), _) => {
                    for (meaning, value) in self.meanings(input.of.named(), value) {
                        if let (InputMeaning::Column(column), Data::Text(direction)) =
                            (meaning, &value.data)
                        {
                            found.push((Measure::Aggregate(by, column), &**direction));
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The members of an input object, by what they mean.
    pub(super) fn meanings<'g>(
        &self,
        of: TypeId,
        given: &'g Given,
    ) -> Vec<(InputMeaning, &'g Given)> {
        let (Data::Object(members), Kind::Input(object)) =
            (&given.data, &self.schema.type_of(of).kind)
        else {
            return Vec::new();
        };
        let meaning =
            |(name, value): &'g (Arc<str>, Given)| Some((object.member(name)?.meaning, value));
        members.iter().filter_map(meaning).collect()
    }

    /// The columns of which each value is to come once.
    pub(super) fn distinct(
        &mut self,
        field: &Field,
        of: &FieldType,
        entity: EntityId,
    ) -> Result<Vec<usize>, Refusal> {
        let given = self.argument(field, of, "distinctOn")?;
        let Data::List(items) = &given.data else {
            return Ok(Vec::new());
        };
        let columns = &self.schema.entity(entity).columns;
        let mut distinct = Vec::new();
        for item in items {
            let Data::Text(name) = &item.data else {
                continue;
            };
            let is_it =
                |column: &crate::model::EntityColumn| column.field == *name && column.selectable;
            let position = columns.iter().position(is_it);
            let position = position.filter(|position| !distinct.contains(position));
            distinct.extend(position);
        }
        Ok(distinct)
    }

    /// Which row is the first of those with the same values is decided by what follows these columns
    /// in the order. Without any order there is theirs.
    fn begin_with(
        &self,
        entity: EntityId,
        distinct: &[usize],
        order: &mut Vec<Order>,
    ) -> Result<(), Refusal> {
        if order.is_empty() {
            let columns = distinct.iter().map(|&column| Operand::Column(column));
            order.extend(columns.map(Order::ascending));
            return Ok(());
        }
        // A column that was named twice counts once.
        let mut seen: Vec<usize> = Vec::new();
        for item in order.iter() {
            let own = match item {
                Order {
                    by: Operand::Column(column),
                    path,
                    ..
                } if path.is_empty() => Some(*column),
                _ => None,
            };
            let Some(column) = own.filter(|column| distinct.contains(column)) else {
                break;
            };
            if !seen.contains(&column) {
                seen.push(column);
            }
        }
        if seen.len() == distinct.len() {
            return Ok(());
        }
        let columns = &self.schema.entity(entity).columns;
        let names: Vec<&str> = distinct
            .iter()
            .map(|&column| &*columns[column].field)
            .collect();
        Err(Refusal::new(format!(
            "orderBy must begin with the columns of distinctOn ({}), in any order",
            names.join(", ")
        )))
    }
}

/// `direction` is a value of `OrderByDirection`.
pub(super) fn directed(path: &[Arc<Relation>], by: Operand, direction: &str) -> Order {
    Order {
        path: path.to_vec(),
        by,
        descending: direction.starts_with("Desc"),
        nulls_first: direction.ends_with("First"),
    }
}
