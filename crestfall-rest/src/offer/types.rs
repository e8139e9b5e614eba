//! PostgreSQL's types as JSON schemas.

use std::collections::HashMap;

use crestfall_core::openapi::Schema;

use super::names::Names;
use super::rows::{Kind, TypeRow};

/// The types of a database, and the names of those that a document has used so far.
#[derive(Debug, Default)]
pub(super) struct Types {
    rows: HashMap<u32, TypeRow>,
    /// Of enums and composites, by OID.
    named: HashMap<u32, String>,
    /// Components to be written, in the order in which they were used.
    made: Vec<(String, Schema)>,
    /// Of row types that the document has, by schema and relation.
    relations: HashMap<(String, String), String>,
}

/// Composites within composites are described this deep.
const DEEPEST: u8 = 8;

impl Types {
    pub(super) fn new(rows: Vec<TypeRow>) -> Self {
        Self {
            rows: rows.into_iter().map(|row| (row.oid, row)).collect(),
            ..Self::default()
        }
    }

    /// From now on, values of that relation's row type are described by this component.
    pub(super) fn name_relation(&mut self, schema: &str, relation: &str, component: &str) {
        let key = (schema.to_owned(), relation.to_owned());
        self.relations.insert(key, component.to_owned());
    }

    /// Values of a type in a JSON body, null aside.
    pub(super) fn schema(&mut self, oid: u32, names: &mut Names) -> Schema {
        self.of(oid, names, DEEPEST)
    }

    fn of(&mut self, oid: u32, names: &mut Names, depth: u8) -> Schema {
        let Some(row) = self.rows.get(&oid).cloned() else {
            return Schema::any();
        };
        if depth == 0 {
            return Schema::any();
        }
        match row.kind {
            Kind::Json => Schema::any(),
            Kind::Array => Schema::array(self.of(row.of, names, depth - 1)),
            Kind::Domain => self.of(row.of, names, depth - 1),
            Kind::Base => base(&row),
            Kind::Enum => self.named(&row, names, |_, _| {
                Schema::one_of(row.labels.as_deref().unwrap_or_default())
            }),
            Kind::Composite => self.named(&row, names, |types, names| {
                let members = row.attributes.iter().flatten();
                members.fold(Schema::object(), |object, member| {
                    let schema = types.of(member.r#type, names, depth - 1).nullable();
                    object.required(&member.name, schema)
                })
            }),
            Kind::Row => self
                .relation(&row)
                .map_or_else(Schema::map, |component| Schema::reference(&component)),
        }
    }

    fn relation(&self, row: &TypeRow) -> Option<String> {
        let key = (row.schema.clone(), row.name.clone());
        self.relations.get(&key).cloned()
    }

    fn named(
        &mut self,
        row: &TypeRow,
        names: &mut Names,
        make: impl FnOnce(&mut Self, &mut Names) -> Schema,
    ) -> Schema {
        if let Some(name) = self.named.get(&row.oid) {
            return Schema::reference(name);
        }
        let name = names.pascal(&row.name);
        self.named.insert(row.oid, name.clone());
        let schema = make(self, names);
        let schema = match &row.description {
            Some(text) => schema.describe(text),
            None => schema,
        };
        let reference = Schema::reference(&name);
        self.made.push((name, schema));
        reference
    }

    /// The type's row, below all domains.
    pub(super) fn below_domains(&self, oid: u32) -> Option<&TypeRow> {
        let mut row = self.rows.get(&oid)?;
        while row.kind == Kind::Domain {
            row = self.rows.get(&row.of)?;
        }
        Some(row)
    }

    /// The media type that a domain is named after, which answers in its place.
    pub(super) fn media_type(&self, oid: u32) -> Option<&str> {
        let row = self.rows.get(&oid)?;
        (row.kind == Kind::Domain && row.name.contains('/')).then_some(&*row.name)
    }

    /// What was used, by name.
    pub(super) fn into_components(self) -> Vec<(String, Schema)> {
        self.made
    }
}

/// Types of PostgreSQL that are more than text in JSON. Types of others are text.
fn base(row: &TypeRow) -> Schema {
    if row.schema != "pg_catalog" {
        return Schema::string();
    }
    match row.name.as_str() {
        "bool" => Schema::boolean(),
        "int2" => Schema::integer("int32")
            .with("minimum", i16::MIN)
            .with("maximum", i16::MAX),
        "int4" => Schema::integer("int32"),
        "int8" => Schema::integer("int64"),
        "oid" => Schema::integer("int64").with("minimum", 0),
        "float4" => Schema::number().with("format", "float"),
        "float8" => Schema::number().with("format", "double"),
        "numeric" => Schema::number(),
        "json" | "jsonb" | "record" | "anyelement" | "anyarray" | "anycompatible" => Schema::any(),
        "uuid" => Schema::uuid(),
        "date" => Schema::format("date"),
        // Without a time zone there is no format for it.
        "timestamptz" => Schema::date_time(),
        _ => Schema::string(),
    }
}
