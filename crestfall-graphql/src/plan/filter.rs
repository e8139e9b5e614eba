//! Filters to conditions.

use std::sync::Arc;

use super::{Condition, Measure, Operand, Planner};
use crate::model::{EntityId, Input, InputMeaning, InputObject, Kind, Operator};
use crate::refusal::Refusal;
use crate::value::{Data, Given, Recipe};

impl Planner<'_, '_> {
    /// The conditions of a filter that was checked.
    pub(super) fn filter(
        &mut self,
        entity: EntityId,
        given: &Given,
    ) -> Result<Vec<Condition>, Refusal> {
        let schema = self.schema;
        let of = schema.type_of(schema.entity(entity).types.filter);
        let Kind::Input(object) = &of.kind else {
            return Ok(Vec::new());
        };
        self.conditions(entity, object, given)
    }

    /// The conditions that an input object means.
    pub(super) fn conditions(
        &mut self,
        entity: EntityId,
        object: &InputObject,
        given: &Given,
    ) -> Result<Vec<Condition>, Refusal> {
        let Data::Object(members) = &given.data else {
            return Ok(Vec::new());
        };
        let mut conditions = Vec::new();
        for (name, value) in members {
            let Some(input) = object.member(name).filter(|_| !value.is_nothing()) else {
                continue;
            };
            match input.meaning {
                InputMeaning::And => {
                    let inner = self.alternatives(entity, object, value)?;
                    conditions.extend(inner.map(Condition::And));
                }
                InputMeaning::Or => {
                    let inner = self.alternatives(entity, object, value)?;
                    conditions.extend(inner.map(Condition::Or));
                }
                InputMeaning::Not => {
                    let inner = self.conditions(entity, object, value)?;
                    if !inner.is_empty() {
                        conditions.push(Condition::Not(inner));
                    }
                }
                InputMeaning::Related(position) => {
                    self.related(entity, position, value, &mut conditions)?;
                }
                InputMeaning::AggregateBy(by) => {
                    let left = |column| Operand::Measure(Measure::Aggregate(by, column));
                    self.compared_columns(&left, input, value, &mut conditions)?;
                }
                InputMeaning::Count => {
                    self.comparisons(
                        &Operand::Measure(Measure::Count),
                        input,
                        value,
                        &mut conditions,
                    )?;
                }
                InputMeaning::Column(column) => {
                    let left = Operand::Column(column);
                    self.comparisons(&left, input, value, &mut conditions)?;
                }
                InputMeaning::NodeId => self.node_ids(entity, input, value, &mut conditions)?,
                _ => {}
            }
        }
        Ok(conditions)
    }

    /// The members of `and` and `or`, each all of its conditions; none for an empty list.
    fn alternatives(
        &mut self,
        entity: EntityId,
        object: &InputObject,
        given: &Given,
    ) -> Result<Option<Vec<Condition>>, Refusal> {
        let Data::List(items) = &given.data else {
            return Ok(None);
        };
        let mut alternatives = Vec::new();
        for item in items {
            let inner = self.conditions(entity, object, item)?;
            if !inner.is_empty() {
                alternatives.push(Condition::And(inner));
            }
        }
        Ok(Some(alternatives).filter(|found| !found.is_empty()))
    }

    /// A value compared by each of the operators that are given.
    pub(super) fn comparisons(
        &mut self,
        left: &Operand,
        input: &Input,
        given: &Given,
        conditions: &mut Vec<Condition>,
    ) -> Result<(), Refusal> {
        for (operator, value) in self.operators(input, given) {
            conditions.push(match operator {
                Operator::Is => is_null(left.clone(), value)?,
                _ => Condition::Compare {
                    left: left.clone(),
                    operator,
                    value: Recipe::of(value)?,
                },
            });
        }
        Ok(())
    }

    fn node_ids(
        &mut self,
        entity: EntityId,
        input: &Input,
        given: &Given,
        conditions: &mut Vec<Condition>,
    ) -> Result<(), Refusal> {
        for (_, value) in self.operators(input, given) {
            conditions.push(Condition::Key(self.node_key(entity, value)?));
        }
        Ok(())
    }

    /// What is given to the operators of a filter on values.
    fn operators<'g>(&self, input: &Input, given: &'g Given) -> Vec<(Operator, &'g Given)> {
        let (Data::Object(members), Kind::Input(object)) =
            (&given.data, &self.schema.named(&input.of).kind)
        else {
            return Vec::new();
        };
        let operator = |(name, value): &'g (Arc<str>, Given)| match object.member(name)?.meaning {
            InputMeaning::Operator(operator) if !value.is_absent() => Some((operator, value)),
            _ => None,
        };
        members.iter().filter_map(operator).collect()
    }
}

fn is_null(left: Operand, given: &Given) -> Result<Condition, Refusal> {
    match &given.data {
        Data::Text(text) => Ok(Condition::IsNull {
            left,
            negated: &**text != "NULL",
        }),
        _ => Err("Error transpiling Is filter value type".into()),
    }
}
