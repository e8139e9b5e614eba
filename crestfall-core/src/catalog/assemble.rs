//! Puts a catalogue together from the rows of its queries.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::comment::without_marker;
use super::interner::Interner;
use super::key::Keys;
use super::load::CatalogOptions;
use super::relationships::relationships;
use super::rows::{
    ColumnRow, ComputedRow, HandlerRow, NameRow, RepresentationRow, RoutineRow, Rows, TableRow,
};
use super::view::{View, ViewKeys};
use super::{
    Catalog, Column, HandlerTarget, MediaHandler, Parameter, Relationship, Representation,
    ReturnType, Routine, Table, Volatility,
};
use crate::name::QualifiedName;

#[cfg(test)]
mod tests;

/// The catalogue that the rows describe.
pub(super) fn catalog(rows: Rows, options: &CatalogOptions) -> Catalog {
    let names = &mut Interner::default();
    let exposed: HashSet<Arc<str>> = options
        .schemas
        .iter()
        .map(|name| names.text(name))
        .collect();
    let keys = Keys::new(rows.keys, names);
    let views: Vec<View> = views(&rows.tables, names);
    let view_keys = ViewKeys::new(&views, &rows.views, &keys);
    drop((views, rows.views));
    let tables = tables(rows.tables, &keys, &view_keys, names);
    let computed = rows
        .computed
        .iter()
        .map(|row| computed(row, names))
        .collect();
    Catalog {
        version: 0,
        relationships: relationships(&keys, &view_keys, &tables, computed, &exposed),
        tables,
        routines: routines(rows.routines, names),
        representations: representations(&rows.representations, names),
        media_handlers: handlers(rows.handlers, &options.schemas, names),
        all_seeing: rows.all_seeing.into_iter().collect(),
        details: rows.details.map(Arc::new),
    }
}

fn views(rows: &[TableRow], names: &mut Interner) -> Vec<View> {
    let views = rows.iter().filter(|row| row.is_view);
    views
        .map(|row| View {
            oid: row.oid,
            name: names.name(&row.schema, &row.name),
            columns: row
                .columns
                .iter()
                .map(|ColumnRow(number, name, ..)| (*number, names.text(name)))
                .collect(),
        })
        .collect()
}

fn tables(
    rows: Vec<TableRow>,
    keys: &Keys,
    view_keys: &ViewKeys,
    names: &mut Interner,
) -> HashMap<QualifiedName, Arc<Table>> {
    rows.into_iter()
        .map(|row| {
            let primary_key = if row.is_view {
                view_keys.primary.get(&row.oid).cloned().unwrap_or_default()
            } else {
                keys.primary_columns(row.oid)
            };
            let table = table(row, primary_key, names);
            (table.name.clone(), Arc::new(table))
        })
        .collect()
}

fn table(row: TableRow, primary_key: Vec<Arc<str>>, names: &mut Interner) -> Table {
    let columns: Vec<Column> = row
        .columns
        .into_iter()
        .map(|row| column(row, names))
        .collect();
    let column_index = columns
        .iter()
        .map(|column| column.name.clone())
        .zip(0..)
        .collect();
    Table {
        name: names.name(&row.schema, &row.name),
        description: row.description.as_deref().and_then(without_marker),
        is_view: row.is_view,
        insertable: row.insertable,
        updatable: row.updatable,
        deletable: row.deletable,
        runs_functions: row.runs_functions,
        writes_run_functions: row.writes_run_functions,
        is_protected: row.is_protected,
        row_security: row.row_security,
        primary_key,
        columns,
        column_index,
    }
}

fn column(row: ColumnRow, names: &mut Interner) -> Column {
    let ColumnRow(
        _,
        name,
        description,
        nullable,
        data_type,
        nominal_type,
        base_type_oid,
        is_domain,
        max_length,
        default,
        enum_labels,
    ) = row;
    Column {
        name: names.text(&name),
        description,
        nullable,
        data_type: names.text(&data_type),
        nominal_type: names.text(&nominal_type),
        base_type_oid,
        is_domain,
        max_length,
        default,
        enum_labels: enum_labels.unwrap_or_default(),
    }
}

fn computed(row: &ComputedRow, names: &mut Interner) -> Relationship {
    let mut name = |(schema, name): &NameRow| names.name(schema, name);
    Relationship::Computed {
        function: name(&row.function),
        table: name(&row.table),
        foreign_table: name(&row.foreign_table),
        to_one: row.to_one,
        is_self: row.table == row.foreign_table,
    }
}

fn routines(
    rows: Vec<RoutineRow>,
    names: &mut Interner,
) -> HashMap<QualifiedName, Vec<Arc<Routine>>> {
    let mut routines: HashMap<QualifiedName, Vec<Arc<Routine>>> = HashMap::new();
    for row in rows {
        let routine = routine(row, names);
        let overloads = routines.entry(routine.name.clone()).or_default();
        overloads.push(Arc::new(routine));
    }
    for overloads in routines.values_mut() {
        overloads.sort_unstable_by(|one, other| by_parameters(one, other));
    }
    routines
}

fn routine(row: RoutineRow, names: &mut Interner) -> Routine {
    let parameters = row.parameters.into_iter();
    Routine {
        name: names.name(&row.schema, &row.name),
        description: row.description.as_deref().and_then(without_marker),
        parameters: parameters
            .map(
                |(name, data_type, unbounded, required, variadic)| Parameter {
                    name: names.text(&name),
                    data_type: names.text(&data_type),
                    unbounded_type: names.text(&unbounded),
                    required,
                    variadic,
                },
            )
            .collect(),
        returns: ReturnType {
            set_of: row.set_of,
            composite: row.composite,
            type_name: names.name(&row.type_schema, &row.type_name),
            domain_of_composite: row.domain_of_composite,
            type_oid: row.type_oid,
        },
        volatility: Volatility::from_code(row.volatility),
        is_variadic: row.is_variadic,
        isolation: row.isolation,
        settings: row.settings,
    }
}

/// The order in which overloads are tried and listed.
fn by_parameters(one: &Routine, other: &Routine) -> Ordering {
    let rank = |routine: &Routine| (routine.volatility, routine.is_variadic);
    (one.parameters.len().cmp(&other.parameters.len()))
        .then_with(|| one.description.cmp(&other.description))
        .then_with(|| one.parameters.cmp(&other.parameters))
        .then_with(|| one.returns.cmp(&other.returns))
        .then_with(|| rank(one).cmp(&rank(other)))
}

fn representations(
    rows: &[RepresentationRow],
    names: &mut Interner,
) -> HashMap<(Arc<str>, Arc<str>), Representation> {
    rows.iter()
        .map(|RepresentationRow(source, target, function)| {
            let function = names.text(function);
            let key = (names.text(source), names.text(target));
            (key, Representation { function })
        })
        .collect()
}

/// Of two handlers for the same, the one in the schema that is exposed first wins.
fn handlers(
    mut rows: Vec<HandlerRow>,
    schemas: &[String],
    names: &mut Interner,
) -> HashMap<(HandlerTarget, Arc<str>), MediaHandler> {
    rows.sort_by_cached_key(|row| {
        let rank = schemas.iter().position(|schema| *schema == row.function.0);
        (rank.unwrap_or(schemas.len()), row.function.clone())
    });
    let mut handlers = HashMap::with_capacity(rows.len());
    for row in rows {
        let target = match &row.target {
            Some((schema, name)) => HandlerTarget::Relation(names.name(schema, name)),
            None => HandlerTarget::AnyElement,
        };
        let answer = match row.media_type.as_str() {
            "*/*" => "application/octet-stream",
            named => named,
        };
        let key = names.text(&row.media_type.to_ascii_lowercase());
        let handler = MediaHandler {
            function: names.name(&row.function.0, &row.function.1),
            target: target.clone(),
            media_type: names.text(answer),
        };
        handlers.entry((target, key)).or_insert(handler);
    }
    handlers
}
