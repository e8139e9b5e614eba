//! Groups of rows with their aggregates.

use super::order::directed;
use super::{Condition, GroupField, GroupKeyField, Groups, Key, Measure, Operand, Order, Planner};
use crate::model::{EntityId, Field as FieldType, GroupTypes, Input, InputMeaning, Kind, Meaning};
use crate::refusal::Refusal;
use crate::selection::Selected;
use crate::value::{Data, Given};

impl<'d> Planner<'_, 'd> {
    /// The groups that are asked for with everything selected of them.
    pub(super) fn groups(
        &mut self,
        selected: &Selected<'d>,
        entity: EntityId,
    ) -> Result<Groups, Refusal> {
        let at = selected.field.at;
        self.groups_at(selected, entity)
            .map_err(|refusal| refusal.at(at))
    }

    fn groups_at(&mut self, selected: &Selected<'d>, entity: EntityId) -> Result<Groups, Refusal> {
        let schema = self.schema;
        let of = schema.entity(entity);
        let connection = &schema.type_of(of.types.connection).kind;
        let field = match connection {
            Kind::Object(object) => object.field(selected.name()),
            _ => None,
        };
        let (Some(types), Some(field)) = (of.types.groups, field) else {
            return Err("unknown field in connection".into());
        };
        let keys = self.keys(selected, field, entity)?;
        let having = self.argument(selected.field, field, "having")?;
        let having = match &schema.type_of(types.having).kind {
            Kind::Input(object) => self.conditions(entity, object, &having)?,
            _ => Vec::new(),
        };
        let order = self.group_order(selected, field, types, &keys)?;
        let first = self.count(selected.field, field, "first")?;
        let offset = self.count(selected.field, field, "offset")?;
        Ok(Groups {
            having,
            order,
            limit: first.unwrap_or(of.max_rows).min(of.max_rows),
            offset: offset.unwrap_or(0),
            fields: self.group_fields(selected, entity, types, &keys)?,
            keys,
        })
    }

    fn keys(
        &mut self,
        selected: &Selected<'d>,
        field: &FieldType,
        entity: EntityId,
    ) -> Result<Vec<usize>, Refusal> {
        let given = self.argument(selected.field, field, "groupBy")?;
        let known = &self.schema.entity(entity).group_keys;
        let mut keys: Vec<usize> = Vec::new();
        if let Data::List(items) = &given.data {
            for item in items {
                let Data::Text(name) = &item.data else {
                    continue;
                };
                let position = known.iter().position(|key| key.name == *name);
                keys.extend(position.filter(|position| !keys.contains(position)));
            }
        }
        match keys.is_empty() {
            true => Err("groupBy must name what the records of a group have in common".into()),
            false => Ok(keys),
        }
    }

    /// What was asked for, then the keys: no two groups are equal.
    fn group_order(
        &mut self,
        selected: &Selected<'d>,
        field: &FieldType,
        types: GroupTypes,
        keys: &[usize],
    ) -> Result<Vec<Order>, Refusal> {
        let given = self.argument(selected.field, field, "orderBy")?;
        let mut order = Vec::new();
        if let (Data::List(items), Kind::Input(object)) =
            (&given.data, &self.schema.type_of(types.order_by).kind)
        {
            for item in items {
                let Data::Object(members) = &item.data else {
                    continue;
                };
                for (name, value) in members {
                    let Some(input) = object.member(name) else {
                        continue;
                    };
                    self.order_groups(input, value, keys, &mut order)?;
                }
            }
        }
        let keys = keys.iter().map(|&key| Operand::GroupKey(key));
        order.extend(keys.map(Order::ascending));
        Ok(order)
    }

    fn order_groups(
        &self,
        input: &Input,
        given: &Given,
        keys: &[usize],
        order: &mut Vec<Order>,
    ) -> Result<(), Refusal> {
        if let (InputMeaning::Count, Data::Text(direction)) = (input.meaning, &given.data) {
            order.push(directed(&[], Operand::Measure(Measure::Count), direction));
        }
        for (meaning, value) in self.meanings(input.of.named(), given) {
            let Data::Text(direction) = &value.data else {
                continue;
            };
            let by = match (input.meaning, meaning) {
                (InputMeaning::Keys, InputMeaning::GroupKey(key)) if keys.contains(&key) => {
                    Operand::GroupKey(key)
                }
                (InputMeaning::Keys, _) => {
                    return Err("orderBy names a key that groupBy does not".into());
                }
                (InputMeaning::AggregateBy(by), InputMeaning::Column(column)) => {
                    Operand::Measure(Measure::Aggregate(by, column))
                }
                _ => continue,
            };
            order.push(directed(&[], by, direction));
        }
        Ok(())
    }

    fn group_fields(
        &mut self,
        selected: &Selected<'d>,
        entity: EntityId,
        types: GroupTypes,
        keys: &[usize],
    ) -> Result<Vec<(Key, GroupField)>, Refusal> {
        let schema = self.schema;
        let unknown =
            |field: &str, of: &str| format!("Unknown field \"{field}\" selected on type \"{of}\"");
        let mut fields = Vec::new();
        for (each, meaning) in self.members(selected, types.group, unknown)? {
            let field = match meaning {
                None => GroupField::Typename(schema.type_of(types.group).name.clone()),
                Some(Meaning::GroupKeys) => {
                    GroupField::Keys(self.key_fields(&each, types, entity, keys)?)
                }
                Some(meaning) => {
                    GroupField::Aggregate(self.aggregate_field(&each, entity, meaning)?)
                }
            };
            fields.push((each.key().clone(), field));
        }
        Ok(fields)
    }

    fn key_fields(
        &mut self,
        selected: &Selected<'d>,
        types: GroupTypes,
        entity: EntityId,
        keys: &[usize],
    ) -> Result<Vec<(Key, GroupKeyField)>, Refusal> {
        let schema = self.schema;
        let unknown =
            |field: &str, of: &str| format!("Unknown field \"{field}\" selected on type \"{of}\"");
        let mut fields = Vec::new();
        for (each, meaning) in self.members(selected, types.keys, unknown)? {
            let field = match meaning {
                Some(Meaning::GroupKey(key)) if keys.contains(key) => GroupKeyField::Key(*key),
                Some(_) => {
                    let known = &schema.entity(entity).group_keys;
                    let names: Vec<&str> = keys.iter().map(|&key| &*known[key].name).collect();
                    let message = format!(
                        "\"{}\" is no key of these groups: groupBy names {}",
                        each.name(),
                        names.join(", ")
                    );
                    return Err(Refusal::new(message).at(each.field.at));
                }
                None => GroupKeyField::Typename(schema.type_of(types.keys).name.clone()),
            };
            fields.push((each.key().clone(), field));
        }
        Ok(fields)
    }

    /// Conditions on something of each of several columns.
    pub(super) fn compared_columns(
        &mut self,
        left: &dyn Fn(usize) -> Operand,
        input: &Input,
        given: &Given,
        conditions: &mut Vec<Condition>,
    ) -> Result<(), Refusal> {
        let schema = self.schema;
        let (Data::Object(members), Kind::Input(object)) =
            (&given.data, &schema.named(&input.of).kind)
        else {
            return Ok(());
        };
        for (name, value) in members {
            let Some(input) = object.member(name).filter(|_| !value.is_nothing()) else {
                continue;
            };
            if let InputMeaning::Column(column) = input.meaning {
                let left = left(column);
                // Each of related rows is a subselect of its own.
                let is_related = matches!(left, Operand::Related(..));
                self.related = self.related.saturating_add(usize::from(is_related));
                self.comparisons(&left, input, value, conditions)?;
            }
        }
        Ok(())
    }
}
