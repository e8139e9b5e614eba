//! How an embed hangs on its parent: finding the relationship, the columns to join on, the names.

use std::sync::Arc;

use crestfall_core::catalog::{Cardinality, Relationship};
use crestfall_core::{Catalog, QualifiedName};

use super::column::ColumnRef;
use super::draft::Draft;
use super::read::{Link, ReadNode, Spread};
use crate::error::{CatalogError, Error};
use crate::request::select::JsonOperand;
use crate::request::{RowRange, Text};

/// Makes the node of an embed, all but its columns and conditions.
///
/// # Errors
/// No relationship, or more than one.
pub(crate) fn link(
    catalog: &Catalog,
    schema: &Text,
    parent: &ReadNode,
    draft: &Draft<'_>,
) -> Result<ReadNode, Error> {
    let relationship = find(catalog, schema, &parent.relation.name, draft)?;
    let depth = depth_of(parent) + 1;
    let target = relationship.foreign_table().clone();
    let is_junction = matches!(
        &*relationship,
        Relationship::Keyed {
            cardinality: Cardinality::ManyToMany(_),
            ..
        }
    );
    let alias: Option<Text> = (!is_junction).then(|| format!("{}_{depth}", target.name).into());
    let shown_name = draft.alias.as_ref().unwrap_or(&draft.name);
    let spread = draft.is_spread.then(|| match relationship.is_to_one() {
        true => Spread::ToOne,
        false => Spread::ToMany {
            extra: Vec::new(),
            order: Vec::new(),
        },
    });
    let link = Link {
        key: format!("{}_{shown_name}_{depth}", relationship.table().name).into(),
        parent: parent_row(parent, &relationship),
        joins: joins(&relationship, alias.as_ref(), parent.from_alias.as_ref()),
        relationship,
    };
    Ok(ReadNode {
        name: draft.name.clone(),
        alias: draft.alias.clone(),
        relation: target.clone(),
        from: target,
        from_alias: alias,
        select: Vec::new(),
        conditions: Vec::new(),
        order: Vec::new(),
        range: RowRange::ALL,
        join: draft.join,
        link: Some(link),
        spread,
        embeds: Vec::new(),
        outputs: Vec::new(),
        legacy_target: legacy_target(draft),
    })
}

/// The name a JSON path shows under: its last key, else the column's name.
pub(crate) fn path_name(column: &ColumnRef) -> Text {
    let keys = column
        .path
        .iter()
        .rev()
        .filter_map(|step| match &step.operand {
            // No column can have an empty name, however JSON's keys are called.
            JsonOperand::Key(key) => (!key.is_empty() && !key.starts_with('\0')).then_some(key),
            JsonOperand::Index(_) => None,
        });
    keys.into_iter().next().unwrap_or(&column.name).clone()
}

fn legacy_target(draft: &Draft<'_>) -> Option<(Text, Text)> {
    let alias = draft.alias.as_ref().filter(|_| draft.targeted_by_name)?;
    Some((draft.name.clone(), alias.clone()))
}

/// Levels below the root. Keys end in it, so it need not be stored.
fn depth_of(node: &ReadNode) -> usize {
    let suffix = node
        .link
        .as_ref()
        .and_then(|link| link.key.rsplit('_').next()?.parse().ok());
    suffix.unwrap_or(0)
}

fn parent_row(parent: &ReadNode, relationship: &Relationship) -> QualifiedName {
    let row = parent
        .from_alias
        .clone()
        .unwrap_or_else(|| relationship.table().name.clone());
    QualifiedName::new("", row)
}

/// Finds the one relationship that a target (and a hint) names. A target is a relation, a foreign
/// key or a column of the origin; a hint besides is a column of the target or a junction.
fn find(
    catalog: &Catalog,
    schema: &Text,
    origin: &Text,
    draft: &Draft<'_>,
) -> Result<Arc<Relationship>, Error> {
    let table = QualifiedName::new(schema.clone(), origin.clone());
    let candidates = catalog
        .relationships
        .get(&(table, schema.clone()))
        .map(Vec::as_slice)
        .unwrap_or_default();
    let hint = draft.hint.as_deref();
    let fits = |candidate: &&Arc<Relationship>| matches(candidate, &draft.name, hint);
    let found: Vec<Arc<Relationship>> = candidates.iter().filter(fits).cloned().collect();
    match found.as_slice() {
        [one] => Ok(Arc::clone(one)),
        [] => Err(CatalogError::no_relationship(origin, &draft.name, hint, schema, catalog).into()),
        several => Err(CatalogError::ambiguous_relationship(origin, &draft.name, several).into()),
    }
}

fn matches(relationship: &Relationship, target: &str, hint: Option<&str>) -> bool {
    let (foreign_table, cardinality, is_self, is_view) = match relationship {
        Relationship::Computed { function, .. } => return &*function.name == target,
        Relationship::Keyed {
            foreign_table,
            cardinality,
            is_self,
            foreign_table_is_view,
            ..
        } => (foreign_table, cardinality, *is_self, *foreign_table_is_view),
    };
    let names_table = &*foreign_table.name == target;
    let key = Key::of(cardinality);
    match (is_self, hint) {
        // One foreign key makes two relationships: the table's name means the many, the column the one.
        (true, None) => match cardinality {
            Cardinality::OneToMany { .. } => names_table,
            Cardinality::ManyToOne { .. } => key.source_column == Some(target),
            Cardinality::OneToOne { .. } | Cardinality::ManyToMany(_) => false,
        },
        (true, Some(hint)) => {
            matches!(cardinality, Cardinality::OneToMany { .. })
                && names_table
                && key.target_column == Some(hint)
        }
        (false, None) => {
            names_table
                || (!is_view
                    && (key.constraint == Some(target) || key.source_column == Some(target)))
        }
        (false, Some(hint)) => {
            names_table
                && [
                    key.constraint,
                    key.source_column,
                    key.target_column,
                    key.junction,
                ]
                .contains(&Some(hint))
        }
    }
}

/// The names by which a client can mean a relationship.
#[derive(Default)]
struct Key<'a> {
    constraint: Option<&'a str>,
    /// Set when the key is a single column.
    source_column: Option<&'a str>,
    target_column: Option<&'a str>,
    junction: Option<&'a str>,
}

impl<'a> Key<'a> {
    fn of(cardinality: &'a Cardinality) -> Self {
        match cardinality {
            Cardinality::OneToMany {
                constraint,
                columns,
            }
            | Cardinality::ManyToOne {
                constraint,
                columns,
            }
            | Cardinality::OneToOne {
                constraint,
                columns,
                ..
            } => {
                let single = match columns.as_slice() {
                    [(source, target)] => Some((&**source, &**target)),
                    _ => None,
                };
                Self {
                    constraint: Some(constraint),
                    source_column: single.map(|(source, _)| source),
                    target_column: single.map(|(_, target)| target),
                    junction: None,
                }
            }
            Cardinality::ManyToMany(junction) => Self {
                junction: Some(&junction.table.name),
                ..Self::default()
            },
        }
    }
}

type Joins = Vec<((QualifiedName, Text), (QualifiedName, Text))>;

fn joins(relationship: &Relationship, alias: Option<&Text>, parent_alias: Option<&Text>) -> Joins {
    let Relationship::Keyed {
        table,
        foreign_table,
        cardinality,
        ..
    } = relationship
    else {
        return Vec::new();
    };
    let aliased = |alias: Option<&Text>, relation: &QualifiedName| match alias {
        Some(alias) => QualifiedName::new("", alias.clone()),
        None => relation.clone(),
    };
    let parent = aliased(parent_alias, table);
    match cardinality {
        Cardinality::OneToMany { columns, .. }
        | Cardinality::ManyToOne { columns, .. }
        | Cardinality::OneToOne { columns, .. } => {
            let target = aliased(alias, foreign_table);
            let pair = |(source, foreign): &(Text, Text)| {
                (
                    (target.clone(), foreign.clone()),
                    (parent.clone(), source.clone()),
                )
            };
            columns.iter().map(pair).collect()
        }
        Cardinality::ManyToMany(junction) => {
            let side = |relation: &QualifiedName, (column, junction_column): &(Text, Text)| {
                (
                    (junction.table.clone(), junction_column.clone()),
                    (relation.clone(), column.clone()),
                )
            };
            let target = junction
                .target_columns
                .iter()
                .map(|pair| side(foreign_table, pair));
            let source = junction
                .source_columns
                .iter()
                .map(|pair| side(&parent, pair));
            target.chain(source).collect()
        }
    }
}
