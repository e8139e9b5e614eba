//! Types and fields that a program adds to those of the database.

use std::collections::HashMap;
use std::sync::Arc;

use super::{
    Field, Input, InputMeaning, InputObject, Kind, Meaning, Object, Scalar, Schema, Type, TypeId,
    TypeRef,
};
use crate::extension::{Definition, Extension, FieldDefinition, Form, InputDefinition, Reference};

impl Schema {
    /// With these fields and their types.
    ///
    /// # Errors
    /// A type is not there, or is there twice.
    pub(crate) fn extended(mut self, extension: &Extension) -> Result<Self, String> {
        let mut places: HashMap<&str, TypeId> = HashMap::new();
        for definition in &extension.definitions {
            let name: &Arc<str> = &definition.name;
            let place = match (&**name, self.mutation) {
                ("Query", _) => self.query,
                ("Mutation", Some(place)) => place,
                _ if places.contains_key(&**name) || self.by_name.contains_key(name) => {
                    return Err(format!("extension: there is a type {name:?} already"));
                }
                _ => self.place(definition),
            };
            if &**name == "Mutation" {
                self.mutation = Some(place);
            }
            places.insert(name, place);
        }
        for definition in &extension.definitions {
            let place = places.get(&*definition.name).copied().unwrap_or_default();
            self.define(place, definition)?;
        }
        Ok(self)
    }

    /// A type whose members follow: they may refer to each other.
    fn place(&mut self, definition: &Definition) -> TypeId {
        let place = self.types.len();
        self.by_name.insert(definition.name.clone(), place);
        self.types.push(Type {
            name: definition.name.clone(),
            description: definition.description.clone(),
            kind: match definition.form {
                Form::Scalar => Kind::Scalar(Scalar::Opaque),
                Form::Object(_) => Kind::Object(Object::default()),
                Form::Input(_) => Kind::Input(InputObject::default()),
            },
            hidden: false,
        });
        place
    }

    fn define(&mut self, place: TypeId, definition: &Definition) -> Result<(), String> {
        let kind = match &definition.form {
            Form::Scalar => return Ok(()),
            Form::Input(members) => Kind::Input(InputObject::new(self.inputs(members)?)),
            Form::Object(fields) => {
                let own: Result<Vec<Field>, String> =
                    fields.iter().map(|field| self.field(field)).collect();
                let is_node =
                    matches!(&self.types[place].kind, Kind::Object(known) if known.is_node);
                let known = match &self.types[place].kind {
                    Kind::Object(known) => known.fields.clone(),
                    _ => Vec::new(),
                };
                let mut object = Object::new([known, own?].concat());
                object.is_node = is_node;
                Kind::Object(object)
            }
        };
        self.types[place].kind = kind;
        Ok(())
    }

    fn field(&self, field: &FieldDefinition) -> Result<Field, String> {
        let made = Field::new(field.name.clone(), self.reference(&field.of)?, Meaning::Own);
        let made = made.taking(self.inputs(&field.arguments)?);
        Ok(match &field.description {
            Some(description) => made.described(description.clone()),
            None => made,
        })
    }

    fn inputs(&self, inputs: &[InputDefinition]) -> Result<Vec<Input>, String> {
        let input = |input: &InputDefinition| {
            let of = self.reference(&input.of)?;
            let made = Input::new(input.name.clone(), of, InputMeaning::Plain);
            Ok(match &input.description {
                Some(description) => made.described(description.clone()),
                None => made,
            })
        };
        inputs.iter().map(input).collect()
    }

    fn reference(&self, of: &Reference) -> Result<TypeRef, String> {
        Ok(match of {
            Reference::List(inner) => self.reference(inner)?.list(),
            Reference::NonNull(inner) => self.reference(inner)?.non_null(),
            Reference::Named(name) => match self.by_name.get(name) {
                Some(id) => TypeRef::Named(*id),
                None => return Err(format!("extension: there is no type {name:?}")),
            },
        })
    }
}
