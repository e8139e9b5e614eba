//! Conditions on related rows.

use std::sync::Arc;

use super::{
    Condition, ConnectionField, EdgeField, Key, Measure, Operand, Planner, RowField, RowSource,
};
use crate::model::{EntityId, InputMeaning, Kind, Quantifier, Relation};
use crate::refusal::Refusal;
use crate::value::{Data, Given};

impl Planner<'_, '_> {
    /// What rows must fulfil that the entity's lead to.
    pub(super) fn related(
        &mut self,
        entity: EntityId,
        position: usize,
        given: &Given,
        conditions: &mut Vec<Condition>,
    ) -> Result<(), Refusal> {
        let schema = self.schema;
        let Some(found) = schema.entity(entity).relations.get(position) else {
            return Ok(());
        };
        let relation = &found.relation;
        if found.is_many {
            return self.quantified(relation, given, conditions);
        }
        self.related = self.related.saturating_add(1);
        conditions.push(Condition::Related {
            relation: relation.clone(),
            quantifier: Quantifier::Some,
            filter: self.filter(relation.target, given)?,
        });
        Ok(())
    }

    fn quantified(
        &mut self,
        relation: &Arc<Relation>,
        given: &Given,
        conditions: &mut Vec<Condition>,
    ) -> Result<(), Refusal> {
        let schema = self.schema;
        let types = schema.entity(relation.target).types;
        let of = schema.type_of(types.collection_filter.unwrap_or_default());
        let (Data::Object(members), Kind::Input(object)) = (&given.data, &of.kind) else {
            return Ok(());
        };
        for (name, value) in members {
            let Some(input) = object.member(name).filter(|_| !value.is_nothing()) else {
                continue;
            };
            // Each is a subselect of its own.
            self.related = self.related.saturating_add(1);
            match input.meaning {
                InputMeaning::Quantifier(quantifier) => conditions.push(Condition::Related {
                    relation: relation.clone(),
                    quantifier,
                    filter: self.filter(relation.target, value)?,
                }),
                InputMeaning::Count => {
                    let left = Operand::Related(relation.clone(), Measure::Count);
                    self.comparisons(&left, input, value, conditions)?;
                }
                InputMeaning::AggregateBy(by) => {
                    let left =
                        |column| Operand::Related(relation.clone(), Measure::Aggregate(by, column));
                    self.compared_columns(&left, input, value, conditions)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl super::Connection {
    /// Functions of whole rows are asked for.
    pub(crate) fn uses_whole_rows(&self) -> bool {
        let of_row = |(_, field): &(Key, RowField)| match field {
            RowField::ComputedValue(_) | RowField::ComputedRow(..) => true,
            RowField::Many(connection) => matches!(connection.source, RowSource::Computed(_)),
            RowField::Typename(_) | RowField::NodeId | RowField::Column(_) | RowField::One(..) => {
                false
            }
        };
        let of_edge = |(_, field): &(Key, EdgeField)| match field {
            EdgeField::Node(row) => row.fields.iter().any(of_row),
            EdgeField::Typename(_) | EdgeField::Cursor => false,
        };
        self.fields.iter().any(|(_, field)| match field {
            ConnectionField::Edges(fields) => fields.iter().any(of_edge),
            _ => false,
        })
    }
}

/// The relations that conditions and orders lead to, once for each time that they do.
pub(crate) fn reads(conditions: &[Condition], order: &[super::Order], found: &mut Vec<EntityId>) {
    for item in order {
        found.extend(item.path.iter().map(|relation| relation.target));
        found.extend(item.by.reads());
    }
    for condition in conditions {
        match condition {
            Condition::Compare { left, .. } | Condition::IsNull { left, .. } => {
                found.extend(left.reads());
            }
            Condition::Related {
                relation, filter, ..
            } => {
                found.push(relation.target);
                reads(filter, &[], found);
            }
            Condition::And(inner) | Condition::Or(inner) | Condition::Not(inner) => {
                reads(inner, &[], found);
            }
            Condition::Key(_) => {}
        }
    }
}

impl Operand {
    fn reads(&self) -> Option<EntityId> {
        match self {
            Self::Related(relation, _) => Some(relation.target),
            Self::Column(_) | Self::Measure(_) | Self::GroupKey(_) => None,
        }
    }
}
