//! How many values an answer of introspection holds, counted before any of them is made: a flood is
//! refused for next to nothing.

use super::MetaItem;
use crate::limit::Budget;
use crate::model::{Field, Input, Kind, Object, Schema, TypeRef};

/// Takes what it counts from the budget. None once there is too much: nothing more is counted then.
pub(super) struct Counter<'a> {
    pub(super) schema: &'a Schema,
    pub(super) budget: &'a Budget,
}

impl Counter<'_> {
    /// Of `__schema`.
    pub(super) fn schema(&self, items: &[MetaItem]) -> Option<()> {
        let schema = self.schema;
        self.take(items.len())?;
        items.iter().try_for_each(|item| {
            let root = |id: Option<usize>| match id {
                Some(id) => self.reference(&TypeRef::Named(id), &item.below),
                None => Some(()),
            };
            match &*item.name {
                "types" => {
                    let types = schema.types.iter().enumerate();
                    let mut shown = types.filter(|(_, of)| !of.hidden);
                    shown.try_for_each(|(id, _)| root(Some(id)))
                }
                "queryType" => root(Some(schema.query)),
                "mutationType" => root(schema.mutation),
                "subscriptionType" => root(schema.subscription),
                _ => self.take(item.below.len()),
            }
        })
    }

    /// Of a type.
    pub(super) fn reference(&self, of: &TypeRef, items: &[MetaItem]) -> Option<()> {
        self.take(items.len())?;
        items.iter().try_for_each(|item| match of {
            TypeRef::Named(id) => self.named(&self.schema.type_of(*id).kind, item),
            TypeRef::List(inner) | TypeRef::NonNull(inner) => match &*item.name {
                "ofType" => self.reference(inner, &item.below),
                _ => Some(()),
            },
        })
    }

    fn named(&self, of: &Kind, item: &MetaItem) -> Option<()> {
        let below = &item.below;
        match (&*item.name, of) {
            ("fields", Kind::Object(object) | Kind::Interface(object)) => {
                let mut fields = object.fields.iter().filter(|field| is_shown(field));
                fields.try_for_each(|field| self.field(field, below))
            }
            ("inputFields", Kind::Input(input)) => self.inputs(&input.members, below),
            ("enumValues", Kind::Enum(values)) => self.take(values.values.len() * below.len()),
            ("interfaces", Kind::Object(Object { is_node: true, .. })) => {
                self.reference(&TypeRef::Named(self.schema.node_interface), below)
            }
            ("possibleTypes", Kind::Interface(_)) => {
                let types = self.schema.types.iter().enumerate();
                let is_node =
                    |kind: &Kind| matches!(kind, Kind::Object(Object { is_node: true, .. }));
                let mut nodes = types.filter(|(_, of)| !of.hidden && is_node(&of.kind));
                nodes.try_for_each(|(id, _)| self.reference(&TypeRef::Named(id), below))
            }
            _ => Some(()),
        }
    }

    fn field(&self, field: &Field, items: &[MetaItem]) -> Option<()> {
        self.take(items.len())?;
        items.iter().try_for_each(|item| match &*item.name {
            "args" => self.inputs(&field.arguments, &item.below),
            "type" => self.reference(&field.of, &item.below),
            _ => Some(()),
        })
    }

    fn inputs(&self, inputs: &[Input], items: &[MetaItem]) -> Option<()> {
        self.take(inputs.len() * items.len())?;
        let mut types = items.iter().filter(|item| &*item.name == "type");
        types.try_for_each(|item| {
            let mut inputs = inputs.iter();
            inputs.try_for_each(|input| self.reference(&input.of, &item.below))
        })
    }

    fn take(&self, values: usize) -> Option<()> {
        self.budget.take(values).then_some(())
    }
}

/// Introspection tells of it.
pub(super) fn is_shown(field: &Field) -> bool {
    !field.hidden && !field.name.starts_with("__")
}
