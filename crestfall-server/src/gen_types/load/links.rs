//! Relationships, each with a name of its own and the shortest way to say which it is.

use std::collections::{HashMap, HashSet};

use crestfall_core::Catalog;
use crestfall_core::catalog::{Cardinality as Keyed, ColumnPairs, Relationship};

use super::super::model::{Cardinality, ForeignKey, Link, Model, Name, Relation};
use super::rows::RelationRow;

/// Adds to each relation its relationships.
pub(super) fn add(model: &mut Model, catalog: &Catalog, rows: &[RelationRow]) {
    let secured: HashSet<Name> = rows
        .iter()
        .filter(|row| row.row_security || row.is_view)
        .map(RelationRow::name)
        .collect();
    let mut found = HashMap::new();
    for schema in &model.schemas {
        for relation in &schema.relations {
            found.insert(relation.name.clone(), of(relation, catalog, &secured));
        }
    }
    let shown: HashSet<Name> = found.keys().cloned().collect();
    for schema in &mut model.schemas {
        for relation in &mut schema.relations {
            let links = found.remove(&relation.name).unwrap_or_default();
            relation.links = links
                .into_iter()
                .filter(|link| shown.contains(&link.target))
                .collect();
        }
    }
}

fn of(relation: &Relation, catalog: &Catalog, secured: &HashSet<Name>) -> Vec<Link> {
    let name = &relation.name;
    let all = catalog
        .relationships
        .iter()
        .filter(|((table, schema), _)| {
            *table.schema == *name.schema && *table.name == *name.name && **schema == *name.schema
        })
        .flat_map(|(_, list)| list.iter().map(|relationship| &**relationship));
    let all: Vec<&Relationship> = all.collect();
    let mut links: Vec<Link> = all
        .iter()
        .filter_map(|relationship| {
            Some(Link {
                spelling: spelling(relationship, &all)?,
                target: target(relationship),
                label: label(relationship, &all, relation),
                cardinality: cardinality(relationship, relation, secured),
                key: foreign_key(relationship),
                over: over(relationship),
            })
        })
        .collect();
    links.sort_by(|a, b| (&a.label, &a.spelling).cmp(&(&b.label, &b.spelling)));
    let mut taken: HashMap<String, usize> = HashMap::new();
    for link in &mut links {
        let count = taken.entry(link.label.clone()).or_default();
        *count += 1;
        if *count > 1 {
            link.label = format!("{}_{count}", link.label);
        }
    }
    links
}

fn target(relationship: &Relationship) -> Name {
    let table = relationship.foreign_table();
    Name {
        schema: table.schema.to_string(),
        name: table.name.to_string(),
    }
}

/// Column pairs of a key, and its name.
fn keyed(relationship: &Relationship) -> Option<(&str, &ColumnPairs)> {
    match relationship {
        Relationship::Keyed { cardinality, .. } => match cardinality {
            Keyed::OneToMany {
                constraint,
                columns,
            }
            | Keyed::ManyToOne {
                constraint,
                columns,
            }
            | Keyed::OneToOne {
                constraint,
                columns,
                ..
            } => Some((constraint, columns)),
            Keyed::ManyToMany(_) => None,
        },
        Relationship::Computed { .. } => None,
    }
}

/// The source holds the foreign key.
fn holds_key(relationship: &Relationship) -> bool {
    matches!(
        relationship,
        Relationship::Keyed {
            cardinality: Keyed::ManyToOne { .. }
                | Keyed::OneToOne {
                    is_parent: false,
                    ..
                },
            ..
        }
    )
}

/// The first way to name the relationship that means no other.
fn spelling(relationship: &Relationship, all: &[&Relationship]) -> Option<String> {
    let name = match relationship {
        Relationship::Computed { function, .. } => function.name.to_string(),
        Relationship::Keyed { foreign_table, .. } => foreign_table.name.to_string(),
    };
    let mut ways: Vec<(String, Option<String>)> = vec![(name.clone(), None)];
    if let Some((constraint, columns)) = keyed(relationship) {
        ways.push((name.clone(), Some(constraint.to_owned())));
        if let [(source, target)] = columns.as_slice() {
            ways.push((name.clone(), Some(source.to_string())));
            ways.push((name.clone(), Some(target.to_string())));
            ways.push((source.to_string(), None));
        }
    }
    if let Relationship::Keyed {
        cardinality: Keyed::ManyToMany(junction),
        ..
    } = relationship
    {
        ways.push((name, Some(junction.table.name.to_string())));
    }
    let only = |(name, hint): &(String, Option<String>)| {
        let fits = |one: &&&Relationship| matches(one, name, hint.as_deref());
        let mut found = all.iter().filter(fits);
        found
            .next()
            .is_some_and(|one| std::ptr::eq(*one, relationship))
            && found.next().is_none()
    };
    let (name, hint) = ways.into_iter().find(only)?;
    Some(match hint {
        Some(hint) => format!("{}!{}", quoted(&name), quoted(&hint)),
        None => quoted(&name),
    })
}

/// How the API finds what a request means: `rest::plan::embed`.
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
    let (constraint, columns) = keyed(relationship).unzip();
    let single = match columns.map(Vec::as_slice) {
        Some([(source, target)]) => Some((&**source, &**target)),
        _ => None,
    };
    let (source_column, target_column) = single.unzip();
    let junction = match cardinality {
        Keyed::ManyToMany(junction) => Some(&*junction.table.name),
        _ => None,
    };
    match (is_self, hint) {
        (true, None) => match cardinality {
            Keyed::OneToMany { .. } => names_table,
            Keyed::ManyToOne { .. } => source_column == Some(target),
            Keyed::OneToOne { .. } | Keyed::ManyToMany(_) => false,
        },
        (true, Some(hint)) => {
            matches!(cardinality, Keyed::OneToMany { .. })
                && names_table
                && target_column == Some(hint)
        }
        (false, None) => {
            names_table
                || (!is_view && (constraint == Some(target) || source_column == Some(target)))
        }
        (false, Some(hint)) => {
            names_table
                && [constraint, source_column, target_column, junction].contains(&Some(hint))
        }
    }
}

/// The target's name where that is enough; else with what tells it from the others.
fn label(relationship: &Relationship, all: &[&Relationship], relation: &Relation) -> String {
    let table = match relationship {
        Relationship::Computed { function, .. } => return function.name.to_string(),
        Relationship::Keyed { foreign_table, .. } => foreign_table,
    };
    let to_same = all.iter().filter(|other| match other {
        Relationship::Keyed { foreign_table, .. } => foreign_table == table,
        Relationship::Computed { .. } => false,
    });
    if to_same.count() == 1 {
        return table.name.to_string();
    }
    let Some((_, columns)) = keyed(relationship) else {
        let junction = match relationship {
            Relationship::Keyed {
                cardinality: Keyed::ManyToMany(junction),
                ..
            } => junction.table.name.to_string(),
            _ => String::new(),
        };
        return format!("{}_via_{junction}", table.name);
    };
    if holds_key(relationship) {
        let columns: Vec<&str> = columns.iter().map(|(source, _)| &**source).collect();
        let columns = columns.join("_");
        let is_column = |name: &str| relation.columns.iter().any(|column| column.name == name);
        return match columns.strip_suffix("_id") {
            Some(name) if !is_column(name) => name.to_owned(),
            _ => format!("{columns}_{}", table.name),
        };
    }
    let columns: Vec<&str> = columns.iter().map(|(_, target)| &**target).collect();
    format!("{}_by_{}", table.name, columns.join("_"))
}

fn cardinality(
    relationship: &Relationship,
    relation: &Relation,
    secured: &HashSet<Name>,
) -> Cardinality {
    if !relationship.is_to_one() {
        return Cardinality::Many;
    }
    let never_null = |name: &str| {
        let column = relation.columns.iter().find(|column| column.name == name);
        column.is_some_and(|column| !column.nullable)
    };
    let is_sure = holds_key(relationship)
        && !secured.contains(&target(relationship))
        && keyed(relationship)
            .is_some_and(|(_, columns)| columns.iter().all(|(source, _)| never_null(source)));
    match is_sure {
        true => Cardinality::One,
        false => Cardinality::Maybe,
    }
}

fn foreign_key(relationship: &Relationship) -> Option<ForeignKey> {
    let (constraint, columns) = keyed(relationship).filter(|_| holds_key(relationship))?;
    Some(ForeignKey {
        constraint: constraint.to_owned(),
        columns: columns
            .iter()
            .map(|(source, _)| source.to_string())
            .collect(),
        target_columns: columns
            .iter()
            .map(|(_, target)| target.to_string())
            .collect(),
        one_to_one: matches!(
            relationship,
            Relationship::Keyed {
                cardinality: Keyed::OneToOne { .. },
                ..
            }
        ),
    })
}

fn over(relationship: &Relationship) -> String {
    match relationship {
        Relationship::Computed { function, .. } => format!("the function `{}`", function.name),
        Relationship::Keyed {
            cardinality: Keyed::ManyToMany(junction),
            ..
        } => {
            format!("`{}`", junction.table.name)
        }
        Relationship::Keyed { .. } => match keyed(relationship) {
            Some((constraint, _)) => format!("the key `{constraint}`"),
            None => String::new(),
        },
    }
}

/// As `select` writes a name.
pub(in crate::gen_types) fn quoted(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    match !name.is_empty() && name.bytes().all(is_plain) {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}
