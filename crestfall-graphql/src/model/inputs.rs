//! Arguments and input objects.

use std::sync::Arc;

use super::build::Builder;
use super::{
    EntityColumn, EntityId, Input, InputMeaning, InputObject, Kind, Scalar, TypeRef, name,
};

impl Builder<'_> {
    /// The arguments of every connection over rows of an entity.
    pub(super) fn connection_arguments(&self, id: EntityId) -> Vec<Input> {
        let types = self.entities[id].types;
        let int = self.scalar(Scalar::Int);
        let cursor = self.scalar(Scalar::Cursor);
        let order = TypeRef::Named(types.order_by).non_null().list();
        let input =
            |name: &str, of, text: &str| Input::new(name, of, InputMeaning::Plain).described(text);
        let mut arguments = vec![
            input(
                "first",
                int.clone(),
                "Query the first `n` records in the collection",
            ),
            input(
                "last",
                int.clone(),
                "Query the last `n` records in the collection",
            ),
            input(
                "before",
                cursor.clone(),
                "Query values in the collection before the provided cursor",
            ),
            input(
                "after",
                cursor,
                "Query values in the collection after the provided cursor",
            ),
            input(
                "offset",
                int,
                "Skip n values from the after cursor. Alternative to cursor pagination. Backward pagination not supported.",
            ),
            input(
                "filter",
                TypeRef::Named(types.filter),
                "Filters to apply to the results set when querying from the collection",
            ),
            input("orderBy", order, "Sort order to apply to the collection"),
        ];
        arguments.extend(self.distinct_on(id));
        arguments
    }

    /// Fills in the input objects of an entity.
    pub(super) fn entity_inputs(&mut self, id: EntityId) {
        let types = self.entities[id].types;
        let filter = self.filter_members(id);
        self.fill(types.filter, Kind::Input(InputObject::new(filter)));
        let order = self.order_members(id);
        self.fill(types.order_by, Kind::Input(InputObject::new(order)));
        self.collection_inputs(id);
        if let Some([input, _]) = types.insert {
            let members = self.written_members(id, |column| column.insertable);
            self.fill(input, Kind::Input(InputObject::new(members)));
        }
        if let Some([input, _]) = types.update {
            let members = self.written_members(id, |column| column.updatable);
            self.fill(input, Kind::Input(InputObject::new(members)));
        }
    }

    fn filter_members(&self, id: EntityId) -> Vec<Input> {
        let entity = &self.entities[id];
        let columns = entity.columns.iter().enumerate();
        let mut members: Vec<Input> = columns
            .filter(|(_, column)| column.selectable && name::is_valid(&column.field))
            .filter_map(|(position, column)| {
                let filter = match self.filter_beyond(id, column) {
                    Some(filter) => filter,
                    None => self.filter_of(column.of.as_ref()?)?,
                };
                let of = TypeRef::Named(filter);
                let mut member =
                    Input::new(column.field.clone(), of, InputMeaning::Column(position));
                member.max_length = column.max_length;
                Some(member)
            })
            .collect();
        let itself = TypeRef::Named(entity.types.filter);
        let id_filter = self.filter_of(&self.scalar(Scalar::Id));
        let has = |members: &[Input], name: &str| members.iter().any(|each| &*each.name == name);
        // A column of such a name keeps it: whoever has one can filter by it, and not combine.
        let combined = [
            (
                "nodeId",
                id_filter.map(TypeRef::Named),
                InputMeaning::NodeId,
                None,
            ),
            (
                "and",
                Some(itself.clone().non_null().list()),
                InputMeaning::And,
                Some(
                    "Returns true only if all its inner filters are true, otherwise returns false",
                ),
            ),
            (
                "or",
                Some(itself.clone().non_null().list()),
                InputMeaning::Or,
                Some(
                    "Returns true if at least one of its inner filters is true, otherwise returns false",
                ),
            ),
            (
                "not",
                Some(itself),
                InputMeaning::Not,
                Some("Negates a filter"),
            ),
        ];
        for (name, of, meaning, description) in combined {
            if let (Some(of), false) = (of, has(&members, name)) {
                let mut member = Input::new(name, of, meaning);
                member.description = description.map(Arc::from);
                members.push(member);
            }
        }
        let related = self.related_filters(id);
        members.extend(unclaimed(&members, related));
        members
    }

    fn order_members(&self, id: EntityId) -> Vec<Input> {
        let direction = TypeRef::Named(self.direction);
        let columns = self.entities[id].columns.iter().enumerate();
        let mut members: Vec<Input> = columns
            .filter(|(_, column)| column.selectable && self.is_ordered(column))
            .filter(|(_, column)| name::is_valid(&column.field))
            .map(|(position, column)| {
                let meaning = InputMeaning::Column(position);
                Input::new(column.field.clone(), direction.clone(), meaning)
            })
            .collect();
        let related = self.related_orders(id);
        members.extend(unclaimed(&members, related));
        members
    }

    /// None is demanded: what a trigger fills in cannot be told from what nobody does.
    fn written_members(
        &self,
        id: EntityId,
        is_written: impl Fn(&EntityColumn) -> bool,
    ) -> Vec<Input> {
        let columns = self.entities[id].columns.iter().enumerate();
        columns
            .filter(|(_, column)| is_written(column) && name::is_valid(&column.field))
            .filter_map(|(position, column)| {
                let of = column.of.clone()?.nullable();
                let mut member =
                    Input::new(column.field.clone(), of, InputMeaning::Column(position));
                member.max_length = column.max_length;
                Some(member)
            })
            .collect()
    }
}

/// Members whose name no other has: what filters by a column goes before.
fn unclaimed(members: &[Input], others: Vec<Input>) -> Vec<Input> {
    let is_claimed = |other: &Input| members.iter().any(|member| member.name == other.name);
    others
        .into_iter()
        .filter(|other| !is_claimed(other))
        .collect()
}
