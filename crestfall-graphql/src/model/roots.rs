//! The fields of `Query` and `Mutation`.

use std::collections::HashSet;

use super::build::Builder;
use super::{
    Entity, EntityId, Field, Input, InputMeaning, Kind, Meaning, Object, Scalar, TypeRef, name,
};

impl Builder<'_> {
    /// Fills in `Query`, and `Mutation` when the role may change something.
    pub(super) fn roots(&mut self) -> Result<(), String> {
        let mut query = self.query_fields();
        query.extend(unclaimed(&query, self.root_functions(false)?));
        if self.introspection() {
            let text = self.scalar(Scalar::String);
            let named = TypeRef::Named(self.meta.of_type);
            let schema = TypeRef::Named(self.meta.of_schema).non_null();
            let by_name = Input::new("name", text, InputMeaning::Plain);
            query.push(Field::new("__type", named, Meaning::TypeByName).taking([by_name]));
            query.push(Field::new("__schema", schema, Meaning::SchemaItself));
        }
        query.sort_by(|one, other| one.name.cmp(&other.name));
        self.fill(self.query, Kind::Object(Object::new(query)));

        let mut mutation = self.mutation_fields();
        mutation.extend(unclaimed(&mutation, self.root_functions(true)?));
        mutation.sort_by(|one, other| one.name.cmp(&other.name));
        if !mutation.is_empty() {
            let text = "The root type for creating and mutating data";
            let object = Kind::Object(Object::new(mutation));
            self.mutation = Some(self.add("Mutation", Some(text), object));
        }
        Ok(())
    }

    fn query_fields(&self) -> Vec<Field> {
        let id = self.scalar(Scalar::Id).non_null();
        let node_id = Input::new("nodeId", id, InputMeaning::Plain).described("The record's `ID`");
        let node = TypeRef::Named(self.node_interface);
        let mut fields = vec![
            Field::new("node", node, Meaning::Node)
                .described("Retrieve a record by its `ID`")
                .taking([node_id]),
        ];
        let listed = self.entities.iter().enumerate();
        for (id, entity) in listed.filter(|(_, entity)| entity.is_listed) {
            let base = name::lower_first(&entity.type_name);
            let connection = TypeRef::Named(entity.types.connection).non_null();
            fields.push(
                Field::new(
                    format!("{base}Collection"),
                    connection,
                    Meaning::Collection(id),
                )
                .described(format!(
                    "A pagable collection of type `{}`",
                    entity.type_name
                ))
                .taking(self.connection_arguments(id))
                .hidden_if(entity.hidden),
            );
            fields.extend(self.by_primary_key(id, entity, &base));
        }
        fields
    }

    fn by_primary_key(&self, id: EntityId, entity: &Entity, base: &str) -> Option<Field> {
        let arguments: Option<Vec<Input>> = entity
            .primary_key
            .iter()
            .map(|&position| {
                let column = &entity.columns[position];
                // int2, int4, int8, text, uuid
                let is_simple = matches!(column.type_oid, 20 | 21 | 23 | 25 | 2950)
                    || column.type_name() == "citext";
                let of = column.of.clone().filter(|_| is_simple)?.non_null();
                let meaning = InputMeaning::Column(position);
                let text = format!("The record's `{}` value", column.name);
                Some(Input::new(column.field.clone(), of, meaning).described(text))
            })
            .collect();
        let of = TypeRef::Named(entity.types.node);
        let description = format!(
            "Retrieve a record of type `{}` by its primary key",
            entity.type_name
        );
        Some(
            Field::new(format!("{base}ByPk"), of, Meaning::ByPk(id))
                .described(description)
                .taking(arguments?)
                .hidden_if(entity.hidden),
        )
    }

    fn mutation_fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        for (id, entity) in self.entities.iter().enumerate() {
            let (base, types) = (&entity.type_name, entity.types);
            let filter = || {
                let of = TypeRef::Named(types.filter);
                Input::new("filter", of, InputMeaning::Plain)
                    .described("Restricts the mutation's impact to records matching the criteria")
            };
            let at_most = || {
                let of = self.scalar(Scalar::Int).non_null();
                Input::new("atMost", of, InputMeaning::Plain)
                    .described(
                        "The maximum number of records in the collection permitted to be affected",
                    )
                    .defaulting("1")
            };
            let mut add =
                |name: String, of, meaning, description: String, arguments: Vec<Input>| {
                    fields.push(
                        Field::new(name, of, meaning)
                            .described(description)
                            .taking(arguments)
                            .hidden_if(entity.hidden),
                    );
                };
            if let Some([input, response]) = types.insert {
                let objects = TypeRef::Named(input).non_null().list().non_null();
                let mut arguments = vec![Input::new("objects", objects, InputMeaning::Plain)];
                arguments.extend(self.on_conflict_input(id));
                add(
                    format!("insertInto{base}Collection"),
                    TypeRef::Named(response),
                    Meaning::Insert(id),
                    format!("Adds one or more `{base}` records to the collection"),
                    arguments,
                );
            }
            if let Some([input, response]) = types.update {
                let set = TypeRef::Named(input).non_null();
                let set = Input::new("set", set, InputMeaning::Plain).described(
                    "Fields that are set will be updated for all records matching the `filter`",
                );
                add(
                    format!("update{base}Collection"),
                    TypeRef::Named(response).non_null(),
                    Meaning::Update(id),
                    format!("Updates zero or more records in the `{base}` collection"),
                    vec![set, filter(), at_most()],
                );
            }
            if let Some(response) = types.delete {
                add(
                    format!("deleteFrom{base}Collection"),
                    TypeRef::Named(response).non_null(),
                    Meaning::Delete(id),
                    format!("Deletes zero or more records from the `{base}` collection"),
                    vec![filter(), at_most()],
                );
            }
        }
        fields
    }
}

/// Functions whose name no other field has.
fn unclaimed(fields: &[Field], functions: Vec<Field>) -> Vec<Field> {
    let claimed: HashSet<&str> = fields.iter().map(|field| &*field.name).collect();
    functions
        .into_iter()
        .filter(|field| !claimed.contains(&*field.name))
        .collect()
}
