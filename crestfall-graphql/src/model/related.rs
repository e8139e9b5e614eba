//! Filters and orders by related rows, and of which columns each value comes once: what goes beyond
//! pg_graphql in the arguments of connections.

use std::sync::Arc;

use super::build::Builder;
use super::fields::Key;
use super::{
    EntityColumn, EntityId, EnumType, EnumValue, Input, InputMeaning, InputObject, Kind, Meaning,
    Object, Relation, Scalar, TypeRef, name,
};

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

impl Builder<'_> {
    /// Gives entities that are extended their types, those of inputs still empty.
    pub(super) fn related_types(&mut self, keys: &[Key]) {
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
        of: impl Fn(&super::EntityTypes, bool) -> Option<super::TypeId>,
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
            self.fill(filter, Kind::Input(InputObject::new(members)));
            self.describe(filter, &format!("Filters by related records of `{base}`"));
        }
        if let Some(order) = types.collection_order {
            let of = TypeRef::Named(self.direction);
            let count = Input::new("count", of, InputMeaning::Count);
            let members = vec![count.described("The number of related records")];
            self.fill(order, Kind::Input(InputObject::new(members)));
            self.describe(order, &format!("Sort order by related records of `{base}`"));
        }
    }
}
