//! Fields of `Query` and `Mutation`.

use std::sync::Arc;

use super::{Planner, Root, RowSource, TYPENAME, allow_arguments};
use crate::model::{EntityId, Field as FieldType, InputMeaning, Kind, Meaning, Returns, TypeId};
use crate::refusal::Refusal;
use crate::selection::Selected;
use crate::value::{Data, Given, Recipe, Use, node_id};

impl<'d> Planner<'_, 'd> {
    /// A field of a root type.
    pub(crate) fn root(&mut self, root: TypeId, selected: &Selected<'d>) -> Result<Root, Refusal> {
        let at = selected.field.at;
        self.root_field(root, selected)
            .map_err(|refusal| refusal.at(at))
    }

    fn root_field(&mut self, root: TypeId, selected: &Selected<'d>) -> Result<Root, Refusal> {
        let schema = self.schema;
        let of = schema.type_of(root);
        if selected.name() == TYPENAME {
            return Ok(Root::Typename(of.name.clone()));
        }
        let field = match &of.kind {
            Kind::Object(object) => object.field(selected.name()),
            _ => None,
        };
        let field = field.ok_or_else(|| {
            Refusal::new(format!(
                "Unknown field {:?} on type {}",
                selected.name(),
                of.name
            ))
        })?;
        match &field.meaning {
            Meaning::Node => self.node(selected, field),
            Meaning::Collection(entity) => {
                let source = RowSource::Relation;
                let connection = self.connection(selected, field, *entity, source)?;
                Ok(Root::Connection(connection))
            }
            Meaning::ByPk(entity) => self.by_primary_key(selected, field, *entity),
            Meaning::Call(function) => {
                allow_arguments(selected.field, field)?;
                let call = self.call(selected.field, field, function)?;
                Ok(match function.returns {
                    Returns::Value(_) => Root::Value(call),
                    Returns::Row(entity) => Root::CalledRow(call, self.row(selected, entity)?),
                    Returns::Rows(entity) => {
                        let source = RowSource::Call(call);
                        Root::Connection(self.connection(selected, field, entity, source)?)
                    }
                })
            }
            Meaning::Insert(entity) => self.insert(selected, field, *entity),
            Meaning::Update(entity) => self.update(selected, field, *entity),
            Meaning::Delete(entity) => self.delete(selected, field, *entity).map(Root::Delete),
            Meaning::Own => self.own(selected, field).map(Root::Own),
            Meaning::SchemaItself => {
                let of_schema = self.schema.meta.of_schema;
                Ok(Root::Schema(self.meta(of_schema, &selected.below)?))
            }
            Meaning::TypeByName => self.type_by_name(selected, field),
            _ => Err(Refusal::new(format!(
                "Unknown field {:?} on type {}",
                selected.name(),
                of.name
            ))),
        }
    }

    /// `node(nodeId:)`
    fn node(&mut self, selected: &Selected<'d>, field: &FieldType) -> Result<Root, Refusal> {
        allow_arguments(selected.field, field)?;
        let given = self.argument(selected.field, field, "nodeId")?;
        let Data::Text(text) = &given.data else {
            return Err("Invalid value passed to nodeId argument, Error 1".into());
        };
        let id = node_id(text)?;
        let entities = &self.schema.entities;
        let is_it = |name: &crestfall_core::QualifiedName| {
            *name.schema == *id.schema && *name.name == *id.table
        };
        let entity = entities
            .iter()
            .position(|entity| entity.is_listed() && is_it(entity.name()))
            .ok_or("Collection referenced by nodeId did not match any known collection")?;
        let key = self.node_key(entity, &given)?;
        let row = self.row(selected, entity)?;
        Ok(Root::ByKey { entity, key, row })
    }

    /// The primary key that a node id holds.
    pub(super) fn node_key(
        &mut self,
        entity: EntityId,
        given: &Given,
    ) -> Result<Vec<Recipe>, Refusal> {
        let Data::Text(text) = &given.data else {
            return Err("Invalid value passed to nodeId argument, Error 1".into());
        };
        let id = node_id(text)?;
        let entity = self.schema.entity(entity);
        let name = entity.name();
        if *name.schema != *id.schema || *name.name != *id.table {
            return Err("nodeId belongs to a different collection".into());
        }
        if entity.primary_key.len() != id.key.len() {
            return Err(Refusal::new(format!(
                "Primary key column count mismatch. Expected {}, provided {}",
                entity.primary_key.len(),
                id.key.len()
            )));
        }
        let source = given.from.as_ref().filter(|from| !from.is_default);
        let recipe = |(index, value): (usize, &Given)| {
            let constant = Recipe::of(value)?;
            Ok(match source {
                Some(source) => Recipe::NodeId(source.clone(), index),
                None => constant,
            })
        };
        id.key.iter().enumerate().map(recipe).collect()
    }

    fn by_primary_key(
        &mut self,
        selected: &Selected<'d>,
        field: &FieldType,
        entity: EntityId,
    ) -> Result<Root, Refusal> {
        allow_arguments(selected.field, field)?;
        let mut key = Vec::with_capacity(field.arguments.len());
        let mut missing = Vec::new();
        for input in field.arguments.iter() {
            let given = self.given(selected.field, &input.name);
            if let Some(source) = &given.from {
                let reads = &mut self.selector.reads;
                reads.note(source.variable.clone(), Use::Any);
            }
            match (given.is_absent(), input.meaning) {
                (true, InputMeaning::Column(position)) => {
                    missing.push(&*self.schema.entity(entity).columns[position].name);
                }
                _ => key.push(Recipe::of(&given)?),
            }
        }
        if !missing.is_empty() {
            return Err(Refusal::new(format!(
                "Missing primary key column(s): {}",
                missing.join(", ")
            )));
        }
        let row = self.row_of_key(selected, entity)?;
        Ok(Root::ByKey { entity, key, row })
    }

    fn type_by_name(
        &mut self,
        selected: &Selected<'d>,
        field: &FieldType,
    ) -> Result<Root, Refusal> {
        let given = self.argument(selected.field, field, "name")?;
        if let Some(source) = &given.from {
            let reads = &mut self.selector.reads;
            reads.note(source.variable.clone(), Use::Literal);
        }
        let name: Option<Arc<str>> = match given.data {
            Data::Text(name) => Some(name),
            _ => return Err("no name found for __type".into()),
        };
        let items = self.meta(self.schema.meta.of_type, &selected.below)?;
        Ok(Root::Type(name, items))
    }
}
