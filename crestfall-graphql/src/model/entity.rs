//! Which relations a role sees, and their columns.

use std::sync::Arc;

use crestfall_core::catalog::{Table, TableDetails, TypeCategory};

use super::build::Builder;
use super::directive::{NameDirectives, TableDirectives, directives};
use super::{Aggregation, Entity, EntityColumn, EntityTypes, name};

impl Builder<'_> {
    /// Collects the relations that have a name that GraphQL can spell and a column to read.
    pub(super) fn entities(&mut self) -> Result<(), String> {
        let details = self.details;
        for found in &details.tables {
            let table = self.catalog.find_table(&found.name);
            if let (Some(table), true) = (table, self.serves(&found.name.schema))
                && let Some(entity) = self.entity(table, found)?
            {
                self.entities.push(entity);
            }
        }
        Ok(())
    }

    fn entity(&self, table: &Arc<Table>, details: &TableDetails) -> Result<Option<Entity>, String> {
        let directives: TableDirectives = directives(table.description.as_deref())?;
        let columns = self.columns(table, details)?;
        let Some(privileges) = self.visible.tables.get(&details.oid) else {
            return Ok(None);
        };
        let schema = self.schema(&table.name.schema);
        let type_name = match &directives.name {
            Some(name) => name.clone(),
            None => name::type_name(&table.name.name, schema.inflects),
        };
        let primary_key = primary_key(table, details, &directives);
        let is_shown = name::is_valid(&type_name) && columns.iter().any(|column| column.selectable);
        let is_listed = !primary_key.is_empty();
        if !is_shown {
            return Ok(None);
        }
        let unique_keys = details.unique_keys.iter().map(|key| key.columns.clone());
        Ok(Some(Entity {
            table: table.clone(),
            type_name: type_name.into(),
            columns,
            primary_key,
            max_rows: directives.max_rows.unwrap_or(schema.max_rows),
            row_type: details.row_type,
            row_security: details.row_security,
            unique_keys: unique_keys.collect(),
            relations: Vec::new(),
            group_keys: Vec::new(),
            privileges: privileges.clone(),
            directives,
            is_listed,
            hidden: !schema.introspection || !is_listed,
            inflects: schema.inflects,
            extended: schema.extended,
            conflict_targets: Vec::new(),
            links: Vec::new(),
            types: EntityTypes::default(),
        }))
    }

    fn columns(&self, table: &Table, details: &TableDetails) -> Result<Vec<EntityColumn>, String> {
        let schema = self.schema(&table.name.schema);
        let (inflects, extends) = (schema.inflects, schema.extended);
        let privileges = self.visible.tables.get(&details.oid);
        let columns = table.columns.iter().zip(&details.columns).enumerate();
        let column =
            |(position, (column, more)): (usize, (&crestfall_core::catalog::Column, _))| {
                let more: &crestfall_core::catalog::ColumnDetails = more;
                let NameDirectives { name, description } =
                    directives(column.description.as_deref())?;
                let [selectable, insertable, updatable] =
                    privileges.map_or([false; 3], |table| table.column(position));
                let of = self.type_of(more.type_oid);
                let is_filled_in = more.generated || more.serial;
                // An upsert has to name its row, also by a serial number.
                let is_given = match extends {
                    true => !(more.generated || more.always_identity),
                    false => !is_filled_in,
                };
                let field = name.unwrap_or_else(|| name::column_field(&column.name, inflects));
                let type_name = self.details.types.get(&more.type_oid);
                Ok(EntityColumn {
                    name: column.name.clone(),
                    field: field.into(),
                    description: description.map(Into::into),
                    sql_type: column.nominal_type.clone(),
                    type_oid: more.type_oid,
                    type_name: type_name.map_or_else(|| "".into(), |of| of.name.name.clone()),
                    output: of
                        .clone()
                        .map_or(super::Output::Plain, |(_, output)| output),
                    of: of.map(|(of, _)| of),
                    // Those of bits are no characters.
                    max_length: column
                        .max_length
                        .filter(|_| matches!(more.type_oid, 1042 | 1043)),
                    not_null: !column.nullable,
                    selectable,
                    insertable: insertable && is_given,
                    updatable: updatable && !is_filled_in,
                })
            };
        columns.map(column).collect()
    }

    /// Gives every entity its types, still empty.
    pub(super) fn entity_types(&mut self) {
        for id in 0..self.entities.len() {
            if !self.entities[id].is_listed {
                let base = self.entities[id].type_name.clone();
                let node = self.reserve_unnamed(&base);
                self.hide(node, true);
                self.entities[id].types.node = node;
                continue;
            }
            let base = self.entities[id].type_name.clone();
            let hidden = self.entities[id].hidden;
            let mut reserve = |suffix: &str| {
                let id = self.reserve(&format!("{base}{suffix}"), None);
                self.hide(id, hidden);
                id
            };
            let mut types = EntityTypes {
                node: reserve(""),
                edge: reserve("Edge"),
                connection: reserve("Connection"),
                filter: reserve("Filter"),
                order_by: reserve("OrderBy"),
                ..EntityTypes::default()
            };
            let entity = &self.entities[id];
            let [inserts, updates] = [
                entity.table.insertable && entity.columns.iter().any(|column| column.insertable),
                entity.table.updatable && entity.columns.iter().any(|column| column.updatable),
            ];
            let deletes = entity.table.deletable && entity.privileges.delete;
            let aggregates = entity.directives.aggregates();
            let has = |of| entity.columns.iter().any(|column| column.aggregates(of));
            let [sums, compares] = [has(Aggregation::Sum), has(Aggregation::Min)];
            let mut reserve = |suffix: &str| {
                let id = self.reserve(&format!("{base}{suffix}"), None);
                self.hide(id, hidden);
                id
            };
            types.insert = inserts.then(|| [reserve("InsertInput"), reserve("InsertResponse")]);
            types.update = updates.then(|| [reserve("UpdateInput"), reserve("UpdateResponse")]);
            types.delete = deletes.then(|| reserve("DeleteResponse"));
            if aggregates {
                types.aggregate = Some(reserve("Aggregate"));
                types.aggregates = [
                    sums.then(|| reserve("SumAggregateResult")),
                    sums.then(|| reserve("AvgAggregateResult")),
                    compares.then(|| reserve("MinAggregateResult")),
                    compares.then(|| reserve("MaxAggregateResult")),
                ];
            }
            self.entities[id].types = types;
        }
    }

    /// The type is a category that can stand in `orderBy`.
    pub(super) fn is_ordered(&self, column: &EntityColumn) -> bool {
        let category = self.details.types.get(&column.type_oid);
        // json and jsonb have no order.
        !matches!(column.type_oid, 114 | 3802)
            && category
                .is_some_and(|of| matches!(of.category, TypeCategory::Other | TypeCategory::Enum))
    }
}

/// The real primary key, else the one that a comment names.
fn primary_key(table: &Table, details: &TableDetails, directives: &TableDirectives) -> Vec<usize> {
    let position = |name: &str| table.column_index.get(name).copied();
    let real = details.unique_keys.iter().find(|key| key.primary);
    let columns: Option<Vec<usize>> = match (real, &directives.primary_key_columns) {
        (Some(key), _) => key.columns.iter().map(|name| position(name)).collect(),
        (None, Some(named)) => named.iter().map(|name| position(name)).collect(),
        (None, None) => None,
    };
    columns.unwrap_or_default()
}

impl EntityColumn {
    /// Whether the aggregate function is offered for it.
    pub(super) fn aggregates(&self, by: Aggregation) -> bool {
        let is_number = matches!(
            &*self.type_name,
            "int2" | "int4" | "int8" | "float4" | "float8" | "numeric" | "money"
        );
        let is_comparable = matches!(
            &*self.type_name,
            "text"
                | "varchar"
                | "char"
                | "bpchar"
                | "name"
                | "citext"
                | "date"
                | "time"
                | "timetz"
                | "timestamp"
                | "timestamptz"
                | "bool"
        );
        self.selectable
            && match by {
                Aggregation::Sum | Aggregation::Avg => is_number,
                Aggregation::Min | Aggregation::Max => is_number || is_comparable,
            }
    }

    pub(super) fn type_name(&self) -> &str {
        &self.type_name
    }
}
