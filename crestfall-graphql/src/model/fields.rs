//! The fields of rows, connections, edges, aggregates and of what changes answer with.

use std::sync::Arc;

use crestfall_core::QualifiedName;

use super::build::Builder;
use super::directive::{KeyDirectives, directives};
use super::{
    Aggregation, Entity, EntityColumn, EntityId, Field, Kind, Meaning, Object, Relation, Scalar,
    TypeRef, name, related,
};

/// A foreign key whose columns the role may read on both sides.
pub(super) struct Key {
    pub(super) source: EntityId,
    source_columns: Vec<Arc<str>>,
    pub(super) target: EntityId,
    target_columns: Vec<Arc<str>>,
    /// The field's name at the source, when a comment gives one.
    source_field: Option<String>,
    /// The field's name at the target.
    target_field: Option<String>,
    /// Whether policies may hide the target from the source.
    may_be_hidden: bool,
}

impl Builder<'_> {
    /// The foreign keys, then those that comments declare.
    pub(super) fn keys(&self) -> Result<Vec<Key>, String> {
        let mut keys = Vec::new();
        for key in &self.details.foreign_keys {
            let KeyDirectives {
                local_name,
                foreign_name,
            } = directives(key.description.as_deref())?;
            let (Some(source), Some(target)) = (
                self.entity_of(&key.table),
                self.entity_of(&key.foreign_table),
            ) else {
                continue;
            };
            keys.push(Key {
                source,
                source_columns: key.columns.clone(),
                target,
                target_columns: key.foreign_columns.clone(),
                source_field: foreign_name,
                target_field: local_name,
                may_be_hidden: self.entities[target].row_security,
            });
        }
        for (source, entity) in self.entities.iter().enumerate() {
            for key in entity.directives.foreign_keys.iter().flatten() {
                let name =
                    QualifiedName::new(key.foreign_schema.as_str(), key.foreign_table.as_str());
                let Some(target) = self.entity_of(&name) else {
                    continue;
                };
                keys.push(Key {
                    source,
                    source_columns: shared(&key.local_columns),
                    target,
                    target_columns: shared(&key.foreign_columns),
                    source_field: key.foreign_name.clone(),
                    target_field: key.local_name.clone(),
                    may_be_hidden: self.entities[target].row_security,
                });
            }
        }
        keys.retain(|key| {
            let readable = |id: EntityId, columns: &[Arc<str>]| {
                let entity = &self.entities[id];
                columns.iter().all(|name| {
                    entity
                        .column_position(name)
                        .is_some_and(|position| entity.columns[position].selectable)
                })
            };
            key.source_columns.len() == key.target_columns.len()
                && self.entities[key.source].is_listed
                && self.entities[key.target].is_listed
                && readable(key.source, &key.source_columns)
                && readable(key.target, &key.target_columns)
        });
        Ok(keys)
    }

    fn entity_of(&self, name: &QualifiedName) -> Option<EntityId> {
        let is_it = |entity: &Entity| entity.name() == name;
        self.entities.iter().position(is_it)
    }

    /// Fills in everything that belongs to an entity.
    pub(super) fn rows(&mut self, keys: &[Key]) -> Result<(), String> {
        for id in 0..self.entities.len() {
            let is_listed = self.entities[id].is_listed;
            let mut node = Object::new(self.row_fields(id, keys)?);
            node.is_node = is_listed;
            self.entities[id].relations = related::relations(&node);
            let types = self.entities[id].types;
            self.fill(types.node, Kind::Object(node));
            if !is_listed {
                continue;
            }
            self.entity_inputs(id);
            if let Some(description) = self.entities[id].directives.description.clone() {
                self.describe(types.node, &description);
            }
            let connection = self.connection_fields(id);
            self.fill(types.connection, Kind::Object(Object::new(connection)));
            let edge = vec![
                Field::new(
                    "cursor",
                    self.scalar(Scalar::String).non_null(),
                    Meaning::Cursor,
                ),
                Field::new(
                    "node",
                    TypeRef::Named(types.node).non_null(),
                    Meaning::EdgeNode,
                ),
            ];
            self.fill(types.edge, Kind::Object(Object::new(edge)));
            self.aggregate_types(id);
            self.grouped_aggregates(id);
            let responses = [
                types.insert.map(|[_, response]| response),
                types.update.map(|[_, response]| response),
                types.delete,
            ];
            for response in responses.into_iter().flatten() {
                let fields = self.response_fields(id);
                self.fill(response, Kind::Object(Object::new(fields)));
            }
        }
        self.upserts();
        self.nested_writes();
        let page = self.page_fields();
        self.fill(self.page_info, Kind::Object(Object::new(page)));
        let id = self.scalar(Scalar::Id).non_null();
        let node =
            Field::new("nodeId", id, Meaning::NodeId).described("Retrieves a record by `ID`");
        self.fill(
            self.node_interface,
            Kind::Interface(Object::new(vec![node])),
        );
        Ok(())
    }

    fn row_fields(&self, id: EntityId, keys: &[Key]) -> Result<Vec<Field>, String> {
        let entity = &self.entities[id];
        let mut fields = Vec::new();
        if entity.is_listed {
            let id = self.scalar(Scalar::Id).non_null();
            fields.push(
                Field::new("nodeId", id, Meaning::NodeId)
                    .described("Globally Unique Record Identifier"),
            );
        }
        for (position, column) in entity.columns.iter().enumerate() {
            let Some(of) = column.of.clone() else {
                continue;
            };
            if !column.selectable || !name::is_valid(&column.field) {
                continue;
            }
            let hidden = self.named_is_hidden(&of);
            let of = if column.not_null { of.non_null() } else { of };
            let mut field = Field::new(column.field.clone(), of, Meaning::Column(position));
            field.description = column.description.clone();
            fields.push(field.hidden_if(hidden));
        }
        let outgoing = keys.iter().filter(|key| key.source == id);
        fields.extend(outgoing.map(|key| self.reference(key)));
        let incoming = keys.iter().filter(|key| key.target == id);
        fields.extend(incoming.map(|key| self.back_reference(key)));
        fields.extend(self.computed_fields(id)?);
        Ok(fields)
    }

    /// Enums and entities may belong to a schema that does not show itself.
    pub(super) fn named_is_hidden(&self, of: &TypeRef) -> bool {
        self.type_is_hidden(of.named())
    }

    /// From the row that refers to the one it refers to.
    fn reference(&self, key: &Key) -> Field {
        let (source, target) = (&self.entities[key.source], &self.entities[key.target]);
        let field = match &key.source_field {
            Some(given) => given.clone(),
            None => singular(target, &key.source_columns),
        };
        let is_demanded = key.source_columns.iter().all(|name| {
            let position = source.column_position(name);
            position.is_some_and(|position| source.columns[position].not_null)
        });
        let of = TypeRef::Named(target.types.node);
        let of = match is_demanded && !key.may_be_hidden {
            true => of.non_null(),
            false => of,
        };
        let pairs = key.source_columns.iter().zip(&key.target_columns);
        let relation = Relation {
            target: key.target,
            columns: pairs
                .map(|(here, there)| (here.clone(), there.clone()))
                .collect(),
            refers: true,
            is_unique: target.is_unique(&key.target_columns),
        };
        Field::new(field, of, Meaning::ToOne(Arc::new(relation))).hidden_if(target.hidden)
    }

    /// From the row that is referred to, to the one or those that refer to it.
    fn back_reference(&self, key: &Key) -> Field {
        let source = &self.entities[key.source];
        let is_unique = self.leads_back_to_one(key);
        let pairs = key.target_columns.iter().zip(&key.source_columns);
        let relation = Arc::new(Relation {
            target: key.source,
            columns: pairs
                .map(|(here, there)| (here.clone(), there.clone()))
                .collect(),
            refers: false,
            is_unique,
        });
        let field = match (&key.target_field, is_unique) {
            (Some(given), _) => given.clone(),
            (None, true) => singular(source, &key.target_columns),
            (None, false) => format!("{}Collection", name::lower_first(&source.type_name)),
        };
        let field = match is_unique {
            true => Field::new(
                field,
                TypeRef::Named(source.types.node),
                Meaning::ToOne(relation),
            ),
            false => Field::new(
                field,
                TypeRef::Named(source.types.connection),
                Meaning::ToMany(relation),
            )
            .taking(self.connection_arguments(key.source)),
        };
        field.hidden_if(source.hidden)
    }

    /// At most one row refers to the same row.
    pub(super) fn leads_back_to_one(&self, key: &Key) -> bool {
        self.entities[key.source].is_unique(&key.source_columns)
    }

    fn connection_fields(&self, id: EntityId) -> Vec<Field> {
        let entity = &self.entities[id];
        let edges = TypeRef::Named(entity.types.edge)
            .non_null()
            .list()
            .non_null();
        let page = TypeRef::Named(self.page_info).non_null();
        let mut fields = vec![
            Field::new("edges", edges, Meaning::Edges),
            Field::new("pageInfo", page, Meaning::PageInfo),
        ];
        if entity.directives.counts() {
            let int = self.scalar(Scalar::Int).non_null();
            fields.push(
                Field::new("totalCount", int, Meaning::TotalCount)
                    .described("The total number of records matching the `filter` criteria"),
            );
        }
        if let Some(aggregate) = entity.types.aggregate {
            let description = format!(
                "Aggregate functions calculated on the collection of `{}`",
                entity.type_name
            );
            fields.push(
                Field::new("aggregate", TypeRef::Named(aggregate), Meaning::Aggregate)
                    .described(description),
            );
        }
        fields.extend(self.groups_field(id));
        fields
    }

    fn page_fields(&self) -> Vec<Field> {
        let text = self.scalar(Scalar::String);
        let truth = self.scalar(Scalar::Boolean).non_null();
        vec![
            Field::new("endCursor", text.clone(), Meaning::EndCursor),
            Field::new("hasNextPage", truth.clone(), Meaning::HasNextPage),
            Field::new("hasPreviousPage", truth, Meaning::HasPreviousPage),
            Field::new("startCursor", text, Meaning::StartCursor),
        ]
    }

    fn response_fields(&self, id: EntityId) -> Vec<Field> {
        let node = TypeRef::Named(self.entities[id].types.node);
        vec![
            Field::new(
                "affectedCount",
                self.scalar(Scalar::Int).non_null(),
                Meaning::AffectedCount,
            )
            .described("Count of the records impacted by the mutation"),
            Field::new(
                "records",
                node.non_null().list().non_null(),
                Meaning::Records,
            )
            .described("Array of records impacted by the mutation"),
        ]
    }

    fn aggregate_types(&mut self, id: EntityId) {
        let types = self.entities[id].types;
        let Some(aggregate) = types.aggregate else {
            return;
        };
        let base = self.entities[id].type_name.clone();
        let count = self.scalar(Scalar::Int).non_null();
        let mut fields = vec![
            Field::new("count", count, Meaning::Count)
                .described("The number of records matching the query"),
        ];
        for (by, of) in Aggregation::ALL.into_iter().zip(types.aggregates) {
            let Some(of) = of else { continue };
            fields.push(
                Field::new(by.name(), TypeRef::Named(of), Meaning::AggregateBy(by))
                    .described(by.field_description()),
            );
            let columns = self.aggregate_fields(id, by);
            self.fill(of, Kind::Object(Object::new(columns)));
            self.describe(
                of,
                &format!("Result of {} aggregation for `{base}`", by.noun()),
            );
        }
        self.fill(aggregate, Kind::Object(Object::new(fields)));
        self.describe(aggregate, &format!("Aggregate results for `{base}`"));
    }

    fn aggregate_fields(&self, id: EntityId, by: Aggregation) -> Vec<Field> {
        let columns = self.entities[id].columns.iter().enumerate();
        columns
            .filter(|(_, column)| column.aggregates(by) && name::is_valid(&column.field))
            .map(|(position, column)| {
                let of = self.scalar(by.result(column));
                let description = format!(
                    "{} of {} across all matching records",
                    by.capital(),
                    column.field
                );
                let meaning = Meaning::AggregateColumn(position);
                Field::new(column.field.clone(), of, meaning).described(description)
            })
            .collect()
    }
}

impl Entity {
    /// No two rows have the same values in these columns.
    fn is_unique(&self, columns: &[Arc<str>]) -> bool {
        let covers = |unique: &Vec<Arc<str>>| unique.iter().all(|column| columns.contains(column));
        self.unique_keys.iter().any(covers)
    }
}

fn shared(names: &[String]) -> Vec<Arc<str>> {
    names.iter().map(|name| name.as_str().into()).collect()
}

/// The name of a field that leads to one row.
fn singular(target: &Entity, columns: &[Arc<str>]) -> String {
    let by_column = match columns {
        [only] => name::reference_field(only, target.inflects),
        _ => None,
    };
    by_column.unwrap_or_else(|| name::lower_first(&target.type_name))
}

impl Aggregation {
    pub(super) const ALL: [Self; 4] = [Self::Sum, Self::Avg, Self::Min, Self::Max];

    /// The field's name, which is the function's too.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Sum => "summation",
            Self::Avg => "average",
            Self::Min => "minimum",
            Self::Max => "maximum",
        }
    }

    pub(super) fn capital(self) -> &'static str {
        match self {
            Self::Sum => "Sum",
            Self::Avg => "Average",
            Self::Min => "Minimum",
            Self::Max => "Maximum",
        }
    }

    fn field_description(self) -> &'static str {
        match self {
            Self::Sum => "Summation aggregates for numeric fields",
            Self::Avg => "Average aggregates for numeric fields",
            Self::Min => "Minimum aggregates for comparable fields",
            Self::Max => "Maximum aggregates for comparable fields",
        }
    }

    pub(super) fn result(self, column: &EntityColumn) -> Scalar {
        let name = column.type_name();
        match (self, name) {
            (Self::Sum, "int2" | "int4" | "int8") => Scalar::BigInt,
            (Self::Sum | Self::Avg, _) => Scalar::BigFloat,
            (_, "int2" | "int4") => Scalar::Int,
            (_, "int8") => Scalar::BigInt,
            (_, "float4" | "float8" | "numeric") => Scalar::BigFloat,
            (_, "text" | "varchar" | "char" | "bpchar" | "name" | "citext") => Scalar::String,
            (_, "bool") => Scalar::Boolean,
            (_, "date") => Scalar::Date,
            (_, "time" | "timetz") => Scalar::Time,
            (_, "timestamp" | "timestamptz") => Scalar::Datetime,
            _ => Scalar::Opaque,
        }
    }
}
