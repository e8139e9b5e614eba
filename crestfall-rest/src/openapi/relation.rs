//! A relation in the document: its path, its definition and its parameters.

use std::borrow::Cow;
use std::collections::HashMap;

use crestfall_core::catalog::{Cardinality, Catalog, Column, Relationship, Table};

use super::comment::Comment;
use super::data_type;
use super::parameter::{Location, Parameter, ParameterName};
use super::swagger::{Operation, OperationParameter, PathItem, Responses, Schema, Type};

/// What can be done with a relation. A view that takes one kind of write is shown with all.
pub(super) fn path(table: &Table) -> PathItem<'_> {
    let name = table.name.name.as_ref();
    let common = ParameterName::Common;
    let body = ParameterName::Body(name);
    let read = [
        "select",
        "order",
        "range",
        "rangeUnit",
        "offset",
        "limit",
        "preferCount",
    ];
    let get = operation(
        table,
        filters(table).chain(read.map(common)),
        Responses::rows(name),
    );
    if !(table.insertable || table.updatable || table.deletable) {
        return PathItem {
            get: Some(get),
            ..PathItem::default()
        };
    }
    let insert = [body, common("select"), common("preferPost")];
    let update = filters(table).chain([body, common("preferReturn")]);
    let remove = filters(table).chain([common("preferReturn")]);
    let no_content = || Responses::one("204", "No Content");
    PathItem {
        get: Some(get),
        post: Some(operation(table, insert, Responses::one("201", "Created"))),
        patch: Some(operation(table, update, no_content())),
        delete: Some(operation(table, remove, no_content())),
    }
}

fn operation<'a>(
    table: &'a Table,
    parameters: impl IntoIterator<Item = ParameterName<'a>>,
    responses: Responses<'a>,
) -> Operation<'a> {
    let comment = table.description.as_deref().map(Comment::parse);
    Operation {
        tags: [table.name.name.to_string()],
        summary: comment.map(|comment| comment.summary),
        description: comment.and_then(Comment::nonempty_details),
        produces: &[],
        parameters: parameters
            .into_iter()
            .map(OperationParameter::from)
            .collect(),
        responses,
    }
}

fn filters(table: &Table) -> impl Iterator<Item = ParameterName<'_>> {
    let columns = table.columns.iter();
    columns.map(|column| ParameterName::RowFilter(&table.name.name, &column.name))
}

/// The parameters that only this relation's operations use.
pub(super) fn parameters<'a>(
    table: &'a Table,
) -> impl Iterator<Item = (ParameterName<'a>, Parameter<'a>)> {
    let name = table.name.name.as_ref();
    let body = Parameter {
        description: Some(name),
        ..Parameter::body(name, Schema::reference(name))
    };
    let filter = |column: &'a Column| {
        Parameter::text(&column.name, Location::Query, column.description.as_deref())
    };
    std::iter::once((ParameterName::Body(name), body))
        .chain(filters(table).zip(table.columns.iter().map(filter)))
}

/// What a row looks like.
pub(super) fn definition<'a>(table: &'a Table, catalog: &'a Catalog) -> Schema<'a> {
    let foreign_keys = foreign_keys(table, catalog);
    let property = |column: &'a Column| {
        let foreign_key = foreign_keys.get(column.name.as_ref()).copied();
        (column.name.as_ref(), property(table, column, foreign_key))
    };
    let required = table.columns.iter().filter(|column| !column.nullable);
    Schema {
        description: table.description.as_deref().map(Cow::Borrowed),
        r#type: Some(Type::Object),
        properties: table.columns.iter().map(property).collect(),
        required: required.map(|column| column.name.as_ref()).collect(),
        ..Schema::default()
    }
}

fn property<'a>(
    table: &Table,
    column: &'a Column,
    foreign_key: Option<ForeignKey<'_>>,
) -> Schema<'a> {
    let default = column.default.as_deref();
    let is_key = table.primary_key.contains(&column.name);
    Schema {
        description: describe(column, is_key, foreign_key),
        r#type: data_type::swagger_type(&column.data_type),
        format: Some(data_type::format(&column.data_type)),
        default: default.and_then(|default| data_type::default_value(&column.data_type, default)),
        r#enum: &column.enum_labels,
        max_length: column.max_length,
        items: data_type::items(&column.data_type),
        ..Schema::default()
    }
}

/// The comment of a column and below it, for programs too, the keys it is part of.
fn describe<'a>(
    column: &'a Column,
    is_key: bool,
    foreign_key: Option<ForeignKey<'_>>,
) -> Option<Cow<'a, str>> {
    let comment = column.description.as_deref();
    if !is_key && foreign_key.is_none() {
        return comment.map(Cow::Borrowed);
    }
    let mut text = comment.map_or_else(String::new, |comment| format!("{comment}\n\n"));
    text.push_str("Note:");
    if is_key {
        text.push_str("\nThis is a Primary Key.<pk/>");
    }
    if let Some(ForeignKey { table, column }) = foreign_key {
        text.push_str(&format!(
            "\nThis is a Foreign Key to `{table}.{column}`.<fk table='{table}' column='{column}'/>"
        ));
    }
    Some(Cow::Owned(text))
}

/// What a foreign key of one column refers to.
#[derive(Clone, Copy)]
struct ForeignKey<'a> {
    table: &'a str,
    column: &'a str,
}

/// The foreign keys of one column that lead to a relation of the same schema, by column. One to
/// a table is preferred to the same to a view.
fn foreign_keys<'a>(table: &Table, catalog: &'a Catalog) -> HashMap<&'a str, ForeignKey<'a>> {
    let key = (table.name.clone(), table.name.schema.clone());
    let relationships = catalog
        .relationships
        .get(&key)
        .map_or(&[][..], Vec::as_slice);
    let keys = |views| {
        relationships
            .iter()
            .filter_map(move |relationship| foreign_key(relationship, views))
    };
    let mut found = HashMap::new();
    for (column, foreign_key) in keys(false).chain(keys(true)) {
        found.entry(column).or_insert(foreign_key);
    }
    found
}

/// The column and its foreign key, if the relationship is one from a single column to a view or
/// else to a table.
fn foreign_key(relationship: &Relationship, to_view: bool) -> Option<(&str, ForeignKey<'_>)> {
    let Relationship::Keyed {
        foreign_table,
        cardinality,
        foreign_table_is_view,
        ..
    } = relationship
    else {
        return None;
    };
    let (Cardinality::ManyToOne { columns, .. }
    | Cardinality::OneToOne {
        columns,
        is_parent: false,
        ..
    }) = cardinality
    else {
        return None;
    };
    let [(source, target)] = columns.as_slice() else {
        return None;
    };
    let foreign_key = ForeignKey {
        table: &foreign_table.name,
        column: target,
    };
    (*foreign_table_is_view == to_view).then_some((source.as_ref(), foreign_key))
}
