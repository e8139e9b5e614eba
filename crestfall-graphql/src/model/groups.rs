//! Aggregates of groups of rows: what rows are grouped by, which groups are wanted, in which order.

use std::sync::Arc;

use super::build::Builder;
use super::related::{enum_of, is_enum_value};
use super::{
    Aggregation, EntityId, Field, Input, InputMeaning, InputObject, Kind, Meaning, Object, Scalar,
    TypeId, TypeRef, name,
};

/// The types of an entity's groups.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupTypes {
    pub(crate) group_by: TypeId,
    pub(crate) group: TypeId,
    pub(crate) keys: TypeId,
    pub(crate) having: TypeId,
    /// Filters and orders by sum, avg, min and max.
    pub(super) having_by: [Option<TypeId>; 4],
    pub(crate) order_by: TypeId,
    order_by_keys: TypeId,
    pub(super) order_by_aggregates: [Option<TypeId>; 4],
}

/// What rows are grouped by.
#[derive(Debug)]
pub(crate) struct GroupKey {
    pub(crate) name: Arc<str>,
    pub(crate) column: usize,
    pub(crate) truncation: Option<Truncation>,
}

/// How much of a date or time is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truncation {
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Truncation {
    const OF_TIMES: [Self; 5] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];
    const OF_DATES: [Self; 3] = [Self::Week, Self::Month, Self::Year];

    /// As PostgreSQL calls it.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// Those that there are for values of a type.
    fn of(type_oid: u32) -> &'static [Self] {
        match type_oid {
            1082 => &Self::OF_DATES,
            1114 | 1184 => &Self::OF_TIMES,
            _ => &[],
        }
    }

    fn key(self, field: &str, inflects: bool) -> String {
        match inflects {
            true => format!("{field}{}", name::type_name(self.unit(), true)),
            false => format!("{field}_{}", self.unit()),
        }
    }
}

impl Builder<'_> {
    /// Gives entities with aggregates that are extended the types of their groups, still empty.
    pub(super) fn group_types(&mut self) {
        for id in 0..self.entities.len() {
            let entity = &self.entities[id];
            if !entity.extended || entity.types.aggregate.is_none() {
                continue;
            }
            let (base, hidden) = (entity.type_name.clone(), entity.hidden);
            let aggregates = entity.types.aggregates;
            let keys = self.group_keys(id);
            if keys.is_empty() {
                continue;
            }
            self.entities[id].group_keys = keys;
            let mut reserve = |suffix: &str| {
                self.reserve_beside(format!("{base}GroupedAggregate{suffix}"), hidden)
            };
            let mut each = |suffix: &str| {
                let names = Aggregation::ALL.map(|by| name::type_name(by.name(), true));
                let mut types = [None; 4];
                for ((place, of), name) in types.iter_mut().zip(aggregates).zip(names) {
                    *place = of.map(|_| reserve(&format!("{name}{suffix}")));
                }
                types
            };
            let (having_by, order_by_aggregates) = (each("Having"), each("OrderBy"));
            let types = GroupTypes {
                group: reserve(""),
                keys: reserve("Keys"),
                having: reserve("Having"),
                having_by,
                order_by: reserve("OrderBy"),
                order_by_keys: reserve("KeysOrderBy"),
                order_by_aggregates,
                group_by: self.reserve_beside(format!("{base}GroupBy"), hidden),
            };
            self.entities[id].types.groups = Some(types);
        }
    }

    /// Each column, and dates and times also without their end.
    fn group_keys(&self, id: EntityId) -> Vec<GroupKey> {
        let inflects = self.entities[id].inflects;
        let mut keys: Vec<GroupKey> = self
            .sortable(id)
            .filter(|(_, column)| column.of.is_some())
            .map(|(position, column)| GroupKey {
                name: column.field.clone(),
                column: position,
                truncation: None,
            })
            .collect();
        let mut truncated = Vec::new();
        for key in &keys {
            let type_oid = self.entities[id].columns[key.column].type_oid;
            for &truncation in Truncation::of(type_oid) {
                let name = truncation.key(&key.name, inflects);
                let is_claimed = keys.iter().any(|other| *other.name == *name);
                if !is_claimed && is_enum_value(&name) {
                    truncated.push(GroupKey {
                        name: name.into(),
                        column: key.column,
                        truncation: Some(truncation),
                    });
                }
            }
        }
        keys.extend(truncated);
        keys
    }

    /// The field of connections that gives groups.
    pub(super) fn groups_field(&self, id: EntityId) -> Option<Field> {
        let entity = &self.entities[id];
        let types = entity.types.groups?;
        let int = self.scalar(Scalar::Int);
        let input =
            |name: &str, of, text: &str| Input::new(name, of, InputMeaning::Plain).described(text);
        let many = |id| TypeRef::Named(id).non_null().list();
        let arguments = vec![
            input(
                "groupBy",
                many(types.group_by).non_null(),
                "What the records of a group have in common",
            ),
            input(
                "having",
                TypeRef::Named(types.having),
                "Filters to apply to the groups",
            ),
            input(
                "orderBy",
                many(types.order_by),
                "Sort order to apply to the groups; their keys come last in it",
            ),
            input("first", int.clone(), "Query the first `n` groups"),
            input("offset", int, "Skip n groups"),
        ];
        let description = format!(
            "Aggregate functions calculated on groups of the collection of `{}`",
            entity.type_name
        );
        let of = many(types.group).non_null();
        Some(
            Field::new("groupedAggregates", of, Meaning::GroupedAggregates)
                .described(description)
                .taking(arguments),
        )
    }

    /// Fills in the types of an entity's groups.
    pub(super) fn grouped_aggregates(&mut self, id: EntityId) {
        let Some(types) = self.entities[id].types.groups else {
            return;
        };
        let entity = &self.entities[id];
        let names = entity.group_keys.iter().map(|key| key.name.clone());
        let group_by = enum_of(names);
        let keys = entity.group_keys.iter().enumerate();
        let keys = keys.filter_map(|(position, key)| {
            let column = &entity.columns[key.column];
            let of = column.of.clone()?;
            let hidden = self.named_is_hidden(&of);
            let field = Field::new(key.name.clone(), of, Meaning::GroupKey(position));
            Some(field.hidden_if(hidden))
        });
        let keys = Object::new(keys.collect());
        let base = entity.type_name.clone();
        self.fill(types.group_by, group_by);
        self.fill(types.keys, Kind::Object(keys));
        self.describe(
            types.keys,
            &format!("What records of a group of `{base}` have in common"),
        );
        let group = self.group_fields(id, types);
        self.fill(types.group, Kind::Object(Object::new(group)));
        self.describe(
            types.group,
            &format!("Aggregate results for a group of `{base}`"),
        );
        let having = self.having_members(id, types);
        self.fill(types.having, Kind::Input(InputObject::new(having)));
        let order = self.group_order_members(id, types);
        self.fill(types.order_by, Kind::Input(InputObject::new(order)));
    }

    fn group_fields(&self, id: EntityId, types: GroupTypes) -> Vec<Field> {
        let keys = TypeRef::Named(types.keys).non_null();
        let mut fields = vec![
            Field::new("keys", keys, Meaning::GroupKeys)
                .described("What the records of the group have in common"),
        ];
        let aggregate = self.entities[id].types.aggregate;
        if let Some(Kind::Object(aggregate)) = aggregate.map(|id| self.kind(id)) {
            fields.extend(aggregate.fields.iter().cloned());
        }
        fields
    }

    fn having_members(&mut self, id: EntityId, types: GroupTypes) -> Vec<Input> {
        let count = self.filter_of(&self.scalar(Scalar::Int));
        let mut members: Vec<Input> = count
            .map(|of| Input::new("count", TypeRef::Named(of), InputMeaning::Count))
            .into_iter()
            .collect();
        for (by, of) in Aggregation::ALL.into_iter().zip(types.having_by) {
            let Some(of) = of else { continue };
            let member = |(position, field, result)| {
                let filter = TypeRef::Named(self.filter_of(&self.scalar(result))?);
                Some(Input::new(field, filter, InputMeaning::Column(position)))
            };
            let columns = self.aggregated_columns(id, by);
            let columns: Vec<Input> = columns.into_iter().filter_map(member).collect();
            self.fill(of, Kind::Input(InputObject::new(columns)));
            let meaning = InputMeaning::AggregateBy(by);
            members.push(Input::new(by.name(), TypeRef::Named(of), meaning));
        }
        let itself = || TypeRef::Named(types.having);
        let many = || itself().non_null().list();
        members.push(Input::new("and", many(), InputMeaning::And));
        members.push(Input::new("or", many(), InputMeaning::Or));
        members.push(Input::new("not", itself(), InputMeaning::Not));
        members
    }

    fn group_order_members(&mut self, id: EntityId, types: GroupTypes) -> Vec<Input> {
        let direction = TypeRef::Named(self.direction);
        let keys = self.entities[id].group_keys.iter().enumerate();
        let keys = keys.map(|(position, key)| {
            let meaning = InputMeaning::GroupKey(position);
            Input::new(key.name.clone(), direction.clone(), meaning)
        });
        let keys = InputObject::new(keys.collect());
        self.fill(types.order_by_keys, Kind::Input(keys));
        let of = TypeRef::Named(types.order_by_keys);
        let mut members = vec![
            Input::new("keys", of, InputMeaning::Keys),
            Input::new("count", direction.clone(), InputMeaning::Count),
        ];
        for (by, of) in Aggregation::ALL.into_iter().zip(types.order_by_aggregates) {
            let Some(of) = of else { continue };
            let columns = self.aggregated_columns(id, by).into_iter();
            let columns = columns.map(|(position, field, _)| {
                Input::new(field, direction.clone(), InputMeaning::Column(position))
            });
            let columns = InputObject::new(columns.collect());
            self.fill(of, Kind::Input(columns));
            let meaning = InputMeaning::AggregateBy(by);
            members.push(Input::new(by.name(), TypeRef::Named(of), meaning));
        }
        members
    }

    /// Position, field and result of the columns that are aggregated so.
    fn aggregated_columns(&self, id: EntityId, by: Aggregation) -> Vec<(usize, Arc<str>, Scalar)> {
        let columns = self.entities[id].columns.iter().enumerate();
        columns
            .filter(|(_, column)| column.aggregates(by) && name::is_valid(&column.field))
            .map(|(position, column)| (position, column.field.clone(), by.result(column)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_times_are_named_after_what_is_left() {
        assert_eq!(Truncation::Day.key("addedAt", true), "addedAtDay");
        assert_eq!(Truncation::Month.key("added_at", false), "added_at_month");
        assert!(
            Truncation::of(1082)
                .iter()
                .all(|of| *of != Truncation::Hour)
        );
        assert!(Truncation::of(25).is_empty());
    }
}
