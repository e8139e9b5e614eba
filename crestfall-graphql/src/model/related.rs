//! Filters and orders by related rows, and of which columns each value comes once: what goes beyond
//! pg_graphql in the arguments of connections.

use std::sync::Arc;

use super::build::Builder;
use super::fields::Key;
use super::{
    Aggregation, EntityColumn, EntityId, EnumType, EnumValue, Input, InputMeaning, InputObject,
    Kind, Meaning, Object, Operator, Relation, Scalar, TypeId, TypeRef, name,
};

/// The type jsonb.
const JSONB: u32 = 3802;

/// The argument of connections for values that come once.
const DISTINCT_ON: &str = "distinctOn";

/// Where rows of an entity lead.
#[derive(Debug)]
pub(crate) struct EntityRelation {
    /// The field that leads there.
    field: Arc<str>,
    pub(crate) relation: Arc<Relation>,
    /// To any number of rows, and not to one.
    pub(crate) is_many: bool,
    hidden: bool,
}

/// How many of the related rows fulfil a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    Some,
    None,
    Every,
}

impl Quantifier {
    const ALL: [Self; 3] = [Self::Some, Self::None, Self::Every];

    fn name(self) -> &'static str {
        match self {
            Self::Some => "some",
            Self::None => "none",
            Self::Every => "every",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Some => "At least one of the related records fulfils the filter",
            Self::None => "None of the related records fulfils the filter",
            Self::Every => "All of the related records fulfil the filter, if there are any",
        }
    }
}

/// What leads from rows with these fields to other rows.
pub(super) fn relations(node: &Object) -> Vec<EntityRelation> {
    let of = |field: &super::Field| {
        let (relation, is_many) = match &field.meaning {
            Meaning::ToOne(relation) => (relation, false),
            Meaning::ToMany(relation) => (relation, true),
            _ => return None,
        };
        Some(EntityRelation {
            field: field.name.clone(),
            relation: relation.clone(),
            is_many,
            hidden: field.hidden,
        })
    };
    node.fields.iter().filter_map(of).collect()
}

/// An argument that pg_graphql's connections do not have.
pub(super) fn is_beyond(argument: &Input) -> bool {
    &*argument.name == DISTINCT_ON
}

/// An enum can have a value of that name.
pub(super) fn is_enum_value(name: &str) -> bool {
    name::is_valid(name) && !matches!(name, "true" | "false" | "null")
}

/// An enum whose values are these names.
pub(super) fn enum_of(names: impl Iterator<Item = Arc<str>>) -> Kind {
    let value = |name: Arc<str>| EnumValue {
        label: name.clone(),
        name,
        description: None,
    };
    Kind::Enum(Arc::new(EnumType {
        values: names.map(value).collect(),
        is_mapped: false,
    }))
}

/// Members for sum, avg, min and max, where aggregates are switched on.
fn aggregates(types: Option<[Option<TypeId>; 4]>) -> impl Iterator<Item = Input> {
    let types = Aggregation::ALL.into_iter().zip(types.unwrap_or_default());
    types.filter_map(|(by, of)| {
        let meaning = InputMeaning::AggregateBy(by);
        Some(Input::new(by.name(), TypeRef::Named(of?), meaning))
    })
}

impl Builder<'_> {
    /// Gives entities that are extended their types, those of inputs still empty.
    pub(super) fn related_types(&mut self, keys: &[Key]) {
        self.json_filter();
        for id in 0..self.entities.len() {
            let entity = &self.entities[id];
            if !entity.is_listed {
                continue;
            }
            let (base, hidden) = (entity.type_name.clone(), entity.hidden);
            let names: Vec<Arc<str>> = match entity.extended {
                true => self.sortable(id).map(|(_, column)| column.field.clone()),
                false => continue,
            }
            .collect();
            if !names.is_empty() {
                let distinct = self.reserve_beside(format!("{base}DistinctOn"), hidden);
                self.fill(distinct, enum_of(names.into_iter()));
                self.entities[id].types.distinct_on = Some(distinct);
            }
        }
        for key in keys {
            let source = &self.entities[key.source];
            let is_needed = self.entities[key.target].extended && !self.leads_back_to_one(key);
            if !is_needed || source.types.collection_filter.is_some() {
                continue;
            }
            let (base, hidden) = (source.type_name.clone(), source.hidden);
            let filter = self.reserve_beside(format!("{base}CollectionFilter"), hidden);
            let order = self.reserve_beside(format!("{base}CollectionOrderBy"), hidden);
            let types = &mut self.entities[key.source].types;
            types.collection_filter = Some(filter);
            types.collection_order = Some(order);
        }
    }

    /// The filter on jsonb, where there is such a column.
    fn json_filter(&mut self) {
        let has_json = |column: &EntityColumn| column.selectable && column.type_oid == JSONB;
        let extended = self.entities.iter().filter(|entity| entity.extended);
        let mut shown = extended.filter(|entity| entity.columns.iter().any(has_json));
        let Some(first) = shown.next() else { return };
        let hidden = first.hidden && shown.all(|entity| entity.hidden);
        let (json, text) = (self.scalar(Scalar::Json), self.scalar(Scalar::String));
        let members = Operator::OF_JSON.map(|operator| {
            let of = match operator {
                Operator::Is => TypeRef::Named(self.filter_is),
                Operator::HasKey => text.clone(),
                Operator::HasKeysAny | Operator::HasKeysAll => text.clone().non_null().list(),
                _ => json.clone(),
            };
            Input::new(operator.name(), of, InputMeaning::Operator(operator))
        });
        let filter = self.reserve_beside("JSONFilter".to_owned(), hidden);
        self.fill(filter, Kind::Input(InputObject::new(members.to_vec())));
        self.describe(
            filter,
            "Boolean expression comparing fields on type \"JSON\"",
        );
        self.json_filter = Some(filter);
    }

    /// The filter on values of a column, where it has one beyond pg_graphql's.
    pub(super) fn filter_beyond(&self, id: EntityId, column: &EntityColumn) -> Option<TypeId> {
        let is_json = self.entities[id].extended && column.type_oid == JSONB;
        self.json_filter.filter(|_| is_json)
    }

    /// The columns by which rows can be told apart and sorted, and whose names enums can spell.
    pub(super) fn sortable(&self, id: EntityId) -> impl Iterator<Item = (usize, &EntityColumn)> {
        let columns = self.entities[id].columns.iter().enumerate();
        columns
            .filter(|(_, column)| column.selectable && self.is_ordered(column))
            .filter(|(_, column)| is_enum_value(&column.field))
    }

    /// The argument for values that come once.
    pub(super) fn distinct_on(&self, id: EntityId) -> Option<Input> {
        let of = TypeRef::Named(self.entities[id].types.distinct_on?);
        let of = of.non_null().list();
        let text = "Of the records with the same values in these columns only the first, by `orderBy`, which must begin with them";
        Some(Input::new(DISTINCT_ON, of, InputMeaning::Plain).described(text))
    }

    /// Filters by rows that the entity's lead to.
    pub(super) fn related_filters(&self, id: EntityId) -> Vec<Input> {
        self.related(id, |types, is_many| match is_many {
            true => types.collection_filter,
            false => Some(types.filter),
        })
    }

    /// Orders by them.
    pub(super) fn related_orders(&self, id: EntityId) -> Vec<Input> {
        self.related(id, |types, is_many| match is_many {
            true => types.collection_order,
            false => Some(types.order_by),
        })
    }

    fn related(
        &self,
        id: EntityId,
        of: impl Fn(&super::EntityTypes, bool) -> Option<TypeId>,
    ) -> Vec<Input> {
        let entity = &self.entities[id];
        if !entity.extended {
            return Vec::new();
        }
        let member = |(position, each): (usize, &EntityRelation)| {
            let target = &self.entities[each.relation.target];
            let of = TypeRef::Named(of(&target.types, each.is_many)?);
            let meaning = InputMeaning::Related(position);
            Some(Input::new(each.field.clone(), of, meaning).hidden_if(each.hidden))
        };
        let relations = entity.relations.iter().enumerate();
        relations.filter_map(member).collect()
    }

    /// Fills in what rows of other entities are filtered and sorted by.
    pub(super) fn collection_inputs(&mut self, id: EntityId) {
        let types = self.entities[id].types;
        let base = self.entities[id].type_name.clone();
        if let Some(filter) = types.collection_filter {
            let mut members: Vec<Input> = Quantifier::ALL
                .iter()
                .map(|&quantifier| {
                    let of = TypeRef::Named(types.filter);
                    let meaning = InputMeaning::Quantifier(quantifier);
                    Input::new(quantifier.name(), of, meaning).described(quantifier.description())
                })
                .collect();
            if let Some(of) = self.filter_of(&self.scalar(Scalar::Int)) {
                let count = Input::new("count", TypeRef::Named(of), InputMeaning::Count);
                members.push(count.described("The number of related records"));
            }
            members.extend(aggregates(types.groups.map(|groups| groups.having_by)));
            self.fill(filter, Kind::Input(InputObject::new(members)));
            self.describe(filter, &format!("Filters by related records of `{base}`"));
        }
        if let Some(order) = types.collection_order {
            let of = TypeRef::Named(self.direction);
            let count = Input::new("count", of, InputMeaning::Count);
            let mut members = vec![count.described("The number of related records")];
            let by = types.groups.map(|groups| groups.order_by_aggregates);
            members.extend(aggregates(by));
            self.fill(order, Kind::Input(InputObject::new(members)));
            self.describe(order, &format!("Sort order by related records of `{base}`"));
        }
    }
}
