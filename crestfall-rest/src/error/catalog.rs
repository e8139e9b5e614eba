//! `PGRST2xx`: the catalogue does not know what a request names, or knows too many of it.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use crestfall_core::catalog::{Cardinality, ColumnPairs, Relationship, Routine};
use crestfall_core::{Catalog, QualifiedName};
use http::StatusCode;
use serde_json::{Value, json};

use super::fuzzy::{self, closest};
use crate::media_type::MediaType;

/// Schemas with as many tables or more get no hints on them: comparing costs too much.
const MOST_TABLES: usize = 500;
/// The same for the other kinds of names, of which schemas have more.
const MOST_NAMES: usize = 2000;

/// The catalogue does not know what a request names, or knows too many of it.
#[derive(Debug, Clone, PartialEq)]
pub enum CatalogError {
    /// No relationship leads from one relation to another.
    NoRelationship {
        /// The relation that embeds.
        parent: String,
        /// What should be embedded.
        child: String,
        /// The disambiguating name in the request.
        given_hint: Option<String>,
        /// Where was searched.
        schema: String,
        /// What may have been meant.
        hint: Option<String>,
    },
    /// Several do.
    AmbiguousRelationship {
        /// The relation that embeds.
        parent: String,
        /// What should be embedded.
        child: String,
        /// One object for each candidate.
        candidates: Vec<Value>,
        /// How to name them.
        hint: String,
    },
    /// No function has that name and those parameters.
    NoRoutine {
        /// What was searched for.
        message: String,
        /// How it was searched for.
        details: String,
        /// What may have been meant.
        hint: Option<String>,
    },
    /// Several do; lists them.
    AmbiguousRoutine(String),
    /// A relation has no such column.
    ColumnNotFound {
        /// The relation.
        relation: String,
        /// The column.
        column: String,
    },
    /// There is no such relation.
    TableNotFound {
        /// What was searched for.
        table: QualifiedName,
        /// What may have been meant.
        hint: Option<String>,
    },
}

impl CatalogError {
    /// No relationship leads from `parent` to `child` in `schema`; `given_hint` is what the
    /// request says after `!`.
    pub(crate) fn no_relationship(
        parent: &str,
        child: &str,
        given_hint: Option<&str>,
        schema: &str,
        catalog: &Catalog,
    ) -> Self {
        Self::NoRelationship {
            parent: parent.into(),
            child: child.into(),
            given_hint: given_hint.map(str::to_owned),
            schema: schema.into(),
            hint: relationship_hint(parent, child, schema, catalog),
        }
    }

    /// Several relationships lead from `parent` to `child`.
    pub(crate) fn ambiguous_relationship(
        parent: &str,
        child: &str,
        candidates: &[Arc<Relationship>],
    ) -> Self {
        let names: Vec<String> = candidates.iter().map(|it| embed_name(it)).collect();
        Self::AmbiguousRelationship {
            parent: parent.into(),
            child: child.into(),
            candidates: candidates.iter().map(|it| candidate(it)).collect(),
            hint: format!(
                "Try changing '{child}' to one of the following: {}. Find the desired relationship in the 'details' key.",
                names.join(", ")
            ),
        }
    }

    /// No function `name` takes `arguments` (sorted). `content_type` is the body's where
    /// `by_post`; it decides which single unnamed parameters were searched for too.
    pub(crate) fn no_routine(
        name: &QualifiedName,
        arguments: &[&str],
        content_type: &MediaType,
        by_post: bool,
        catalog: &Catalog,
    ) -> Self {
        let function = format!("{}.{}", name.schema, name.name);
        let unnamed = if by_post {
            unnamed_parameter(content_type)
        } else {
            None
        };
        let list = arguments.join(", ");
        let named = match arguments.len() {
            0 => " without parameters".to_owned(),
            1 => format!(" with parameter {list}"),
            _ => format!(" with parameters {list}"),
        };
        let searched = match unnamed {
            Some("json/jsonb") => {
                format!("{named} or with a single unnamed json/jsonb parameter")
            }
            Some(kind) => format!(" with a single unnamed {kind} parameter"),
            None => named,
        };
        let only_unnamed = matches!(unnamed, Some("text" | "xml" | "bytea"));
        let signature = match (only_unnamed, arguments.is_empty()) {
            (true, _) => String::new(),
            (false, true) => " without parameters".to_owned(),
            (false, false) => format!("({list})"),
        };
        Self::NoRoutine {
            message: format!(
                "Could not find the function {function}{signature} in the schema cache"
            ),
            details: format!(
                "Searched for the function {function}{searched}, but no matches were found in the schema cache."
            ),
            hint: (!only_unnamed)
                .then(|| routine_hint(name, arguments, catalog))
                .flatten(),
        }
    }

    /// Several functions fit.
    pub(crate) fn ambiguous_routine(candidates: &[Arc<Routine>]) -> Self {
        let signatures: Vec<String> = candidates.iter().map(|it| signature(it)).collect();
        Self::AmbiguousRoutine(signatures.join(", "))
    }

    /// `relation` has no `column`.
    pub(crate) fn column_not_found(relation: &str, column: &str) -> Self {
        Self::ColumnNotFound {
            relation: relation.into(),
            column: column.into(),
        }
    }

    /// There is no `table`.
    pub(crate) fn table_not_found(table: &QualifiedName, catalog: &Catalog) -> Self {
        Self::TableNotFound {
            table: table.clone(),
            hint: table_hint(table, catalog),
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::AmbiguousRelationship { .. } | Self::AmbiguousRoutine(_) => {
                StatusCode::MULTIPLE_CHOICES
            }
            Self::NoRelationship { .. } | Self::ColumnNotFound { .. } => StatusCode::BAD_REQUEST,
            Self::NoRoutine { .. } | Self::TableNotFound { .. } => StatusCode::NOT_FOUND,
        }
    }

    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NoRelationship { .. } => "PGRST200",
            Self::AmbiguousRelationship { .. } => "PGRST201",
            Self::NoRoutine { .. } => "PGRST202",
            Self::AmbiguousRoutine(_) => "PGRST203",
            Self::ColumnNotFound { .. } => "PGRST204",
            Self::TableNotFound { .. } => "PGRST205",
        }
    }

    pub(super) fn message(&self) -> Cow<'_, str> {
        match self {
            Self::NoRelationship { parent, child, .. } => format!(
                "Could not find a relationship between '{parent}' and '{child}' in the schema cache"
            )
            .into(),
            Self::AmbiguousRelationship { parent, child, .. } => format!(
                "Could not embed because more than one relationship was found for '{parent}' and '{child}'"
            )
            .into(),
            Self::NoRoutine { message, .. } => message.into(),
            Self::AmbiguousRoutine(candidates) => {
                format!("Could not choose the best candidate function between: {candidates}").into()
            }
            Self::ColumnNotFound { relation, column } => format!(
                "Could not find the '{column}' column of '{relation}' in the schema cache"
            )
            .into(),
            Self::TableNotFound { table, .. } => format!(
                "Could not find the table '{}.{}' in the schema cache",
                table.schema, table.name
            )
            .into(),
        }
    }

    pub(super) fn details(&self) -> Option<Value> {
        match self {
            Self::NoRelationship {
                parent,
                child,
                given_hint,
                schema,
                ..
            } => {
                let using = given_hint
                    .as_ref()
                    .map(|hint| format!("' using the hint '{hint}"))
                    .unwrap_or_default();
                Some(Value::from(format!(
                    "Searched for a foreign key relationship between '{parent}' and '{child}{using}' in the schema '{schema}', but no matches were found."
                )))
            }
            Self::AmbiguousRelationship { candidates, .. } => {
                Some(Value::Array(candidates.clone()))
            }
            Self::NoRoutine { details, .. } => Some(Value::from(details.as_str())),
            Self::AmbiguousRoutine(_)
            | Self::ColumnNotFound { .. }
            | Self::TableNotFound { .. } => None,
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::NoRelationship { hint, .. }
            | Self::NoRoutine { hint, .. }
            | Self::TableNotFound { hint, .. } => hint.clone(),
            Self::AmbiguousRelationship { hint, .. } => Some(hint.clone()),
            Self::AmbiguousRoutine(_) => Some(
                "Try renaming the parameters or the function itself in the database so function overloading can be resolved".into(),
            ),
            Self::ColumnNotFound { .. } => None,
        }
    }
}

/// The type of a single unnamed parameter that takes a body of this media type.
fn unnamed_parameter(content_type: &MediaType) -> Option<&'static str> {
    match content_type {
        MediaType::Json => Some("json/jsonb"),
        MediaType::Text => Some("text"),
        MediaType::Xml => Some("xml"),
        MediaType::OctetStream => Some("bytea"),
        MediaType::GeoJson
        | MediaType::Csv
        | MediaType::OpenApi
        | MediaType::UrlEncoded
        | MediaType::Any
        | MediaType::ArrayStripped
        | MediaType::Singular { .. }
        | MediaType::Plan(_)
        | MediaType::Other(_) => None,
    }
}

/// `schema.name(a => integer, b => text)`
fn signature(routine: &Routine) -> String {
    let parameters: Vec<String> = routine
        .parameters
        .iter()
        .map(|parameter| format!("{} => {}", parameter.name, parameter.data_type))
        .collect();
    format!(
        "{}.{}({})",
        routine.name.schema,
        routine.name.name,
        parameters.join(", ")
    )
}

/// A relationship as one of several candidates.
fn candidate(relationship: &Relationship) -> Value {
    // Computed relationships replace others, so they never compete.
    let Relationship::Keyed {
        table,
        foreign_table,
        cardinality,
        ..
    } = relationship
    else {
        return json!({});
    };
    let (from, to) = (&table.name, &foreign_table.name);
    let keyed = |constraint: &str, columns: &ColumnPairs| {
        let sources = list(columns.iter().map(|(source, _)| source));
        let targets = list(columns.iter().map(|(_, target)| target));
        format!("{constraint} using {from}{sources} and {to}{targets}")
    };
    let (kind, text) = match cardinality {
        Cardinality::OneToMany {
            constraint,
            columns,
        } => ("one-to-many", keyed(constraint, columns)),
        Cardinality::ManyToOne {
            constraint,
            columns,
        } => ("many-to-one", keyed(constraint, columns)),
        Cardinality::OneToOne {
            constraint,
            columns,
            ..
        } => ("one-to-one", keyed(constraint, columns)),
        Cardinality::ManyToMany(junction) => {
            let sources = list(junction.source_columns.iter().map(|(_, column)| column));
            let targets = list(junction.target_columns.iter().map(|(_, column)| column));
            let text = format!(
                "{} using {}{sources} and {}{targets}",
                junction.table.name, junction.source_constraint, junction.target_constraint
            );
            ("many-to-many", text)
        }
    };
    json!({
        "cardinality": kind,
        "embedding": format!("{from} with {to}"),
        "relationship": text,
    })
}

/// `(a, b)`
fn list<'n>(names: impl Iterator<Item = &'n Arc<str>>) -> String {
    let names: Vec<&str> = names.map(|name| &**name).collect();
    format!("({})", names.join(", "))
}

/// How a request names one of several relationships: `'films!fk'`.
fn embed_name(relationship: &Relationship) -> String {
    let Relationship::Keyed {
        foreign_table,
        cardinality,
        ..
    } = relationship
    else {
        return String::new();
    };
    let by = match cardinality {
        Cardinality::OneToMany { constraint, .. }
        | Cardinality::ManyToOne { constraint, .. }
        | Cardinality::OneToOne { constraint, .. } => constraint,
        Cardinality::ManyToMany(junction) => &junction.table.name,
    };
    format!("'{}!{by}'", foreign_table.name)
}

/// A parent like the one named, or a child like the one named of the parent named. Nothing where
/// both are known: then it is the disambiguating name that is wrong.
fn relationship_hint(parent: &str, child: &str, schema: &str, catalog: &Catalog) -> Option<String> {
    let (meant, given) = match relationships_of(parent, schema, catalog) {
        Some(relationships) => {
            let children = relationships.iter().map(|it| &*it.foreign_table().name);
            let (score, meant) = closest_of(children, child, fuzzy::POSSIBLE, MOST_NAMES)?;
            if score >= 1.0 {
                return None;
            }
            (meant, child)
        }
        // The parent is right, and has nothing to embed.
        None if catalog.table(schema, parent).is_some() => return None,
        None => {
            let parents = catalog
                .relationships
                .keys()
                .filter(|(_, target)| **target == *schema)
                .map(|(table, _)| &*table.name);
            let (_, meant) = closest_of(parents, parent, fuzzy::POSSIBLE, MOST_NAMES)?;
            (meant, parent)
        }
    };
    Some(format!("Perhaps you meant '{meant}' instead of '{given}'."))
}

fn relationships_of<'c>(
    parent: &str,
    schema: &str,
    catalog: &'c Catalog,
) -> Option<&'c [Arc<Relationship>]> {
    let schema = Arc::<str>::from(schema);
    let key = (QualifiedName::new(schema.clone(), parent), schema);
    catalog.relationships.get(&key).map(Vec::as_slice)
}

/// A function with a name like the one given; or, where the name is right, parameters like those
/// given.
fn routine_hint(name: &QualifiedName, arguments: &[&str], catalog: &Catalog) -> Option<String> {
    let meant = match catalog.routines.get(name) {
        Some(overloads) if !overloads.is_empty() => {
            let lists: Vec<String> = overloads.iter().map(|it| parameter_list(it)).collect();
            let mut given = arguments.to_vec();
            given.sort_unstable();
            let given = format!("({})", given.join(", "));
            let lists = lists.iter().map(String::as_str);
            let (_, list) = closest(lists, &given, fuzzy::POSSIBLE)?;
            format!("{}{list}", name.name)
        }
        _ => {
            let names = catalog
                .routines
                .keys()
                .filter(|other| other.schema == name.schema)
                .map(|other| &*other.name);
            closest_of(names, &name.name, fuzzy::LIKELY, MOST_NAMES)?
                .1
                .to_owned()
        }
    };
    Some(format!(
        "Perhaps you meant to call the function {}.{meant}",
        name.schema
    ))
}

/// A function's parameters in alphabetical order, `(a, b)`.
fn parameter_list(routine: &Routine) -> String {
    let mut names: Vec<&str> = routine.parameters.iter().map(|it| &*it.name).collect();
    names.sort_unstable();
    format!("({})", names.join(", "))
}

fn table_hint(table: &QualifiedName, catalog: &Catalog) -> Option<String> {
    let names = catalog
        .tables
        .keys()
        .filter(|other| other.schema == table.schema)
        .map(|other| &*other.name);
    let (_, meant) = closest_of(names, &table.name, fuzzy::LIKELY, MOST_TABLES)?;
    Some(format!(
        "Perhaps you meant the table '{}.{meant}'",
        table.schema
    ))
}

/// The closest of fewer than `most` names, the same on every call whatever order they come in.
fn closest_of<'c>(
    names: impl Iterator<Item = &'c str>,
    sought: &str,
    least: f64,
    most: usize,
) -> Option<(f64, &'c str)> {
    let mut names: Vec<&str> = names.collect();
    if names.len() >= most {
        return None;
    }
    names.sort_unstable_by(|a, b| b.cmp(a));
    names.dedup();
    closest(names, sought, least)
}
