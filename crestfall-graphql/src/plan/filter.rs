//! Filters to conditions.

use std::sync::Arc;

use super::{Condition, Planner};
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

    fn conditions(
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
                _ => self.comparisons(entity, input, value, &mut conditions)?,
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

    fn comparisons(
        &mut self,
        entity: EntityId,
        input: &Input,
        given: &Given,
        conditions: &mut Vec<Condition>,
    ) -> Result<(), Refusal> {
        let (Data::Object(members), Kind::Input(object)) =
            (&given.data, &self.schema.named(&input.of).kind)
        else {
            return Ok(());
        };
        for (name, value) in members {
            let Some(InputMeaning::Operator(operator)) =
                object.member(name).map(|member| member.meaning)
            else {
                continue;
            };
            if value.is_absent() {
                continue;
            }
            conditions.push(match input.meaning {
                InputMeaning::NodeId => Condition::Key(self.node_key(entity, value)?),
                InputMeaning::Column(column) if operator == Operator::Is => is_null(column, value)?,
                InputMeaning::Column(column) => Condition::Compare {
                    column,
                    operator,
                    value: Recipe::of(value)?,
                },
                _ => continue,
            });
        }
        Ok(())
    }
}

fn is_null(column: usize, given: &Given) -> Result<Condition, Refusal> {
    let null: Arc<str> = "NULL".into();
    match &given.data {
        Data::Text(text) => Ok(Condition::IsNull {
            column,
            negated: *text != null,
        }),
        _ => Err("Error transpiling Is filter value type".into()),
    }
}
