//! From keys to relationships.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::key::{ForeignKey, Keys};
use super::view::{ViewKey, ViewKeys};
use super::{Cardinality, ColumnPairs, Junction, Relationship, Table};
use crate::name::QualifiedName;

/// Relationships by their source and a schema, as [`super::Catalog::relationships`] keeps them.
pub(super) type RelationshipMap = HashMap<(QualifiedName, Arc<str>), Vec<Arc<Relationship>>>;

/// A foreign key as seen between two relations, each the key's table or a view that shows it.
#[derive(Clone)]
struct Link {
    constraint: Arc<str>,
    source: QualifiedName,
    target: QualifiedName,
    columns: ColumnPairs,
    is_self: bool,
    is_unique: bool,
    source_is_view: bool,
    target_is_view: bool,
}

/// All relationships between relations of the exposed schemas. Computed ones take the place of
/// found ones between the same table and a relation of the function's name.
pub(super) fn relationships(
    keys: &Keys,
    views: &ViewKeys,
    tables: &HashMap<QualifiedName, Arc<Table>>,
    computed: Vec<Relationship>,
    exposed: &HashSet<Arc<str>>,
) -> RelationshipMap {
    let is_exposed = |name: &QualifiedName| exposed.contains(&name.schema);
    let links: Vec<Link> = (0..)
        .zip(&keys.foreign)
        .flat_map(|(position, key)| links(key, position, views))
        .filter(|link| is_exposed(&link.source) && is_exposed(&link.target))
        .collect();
    let overridden: HashSet<(QualifiedName, QualifiedName)> =
        computed.iter().filter_map(overrides).collect();

    let mut map = RelationshipMap::new();
    let mut add = |relationship: Relationship| {
        let schema = match &relationship {
            Relationship::Keyed { foreign_table, .. } => &foreign_table.schema,
            Relationship::Computed { function, .. } => &function.schema,
        };
        let key = (relationship.table().clone(), schema.clone());
        map.entry(key).or_default().push(Arc::new(relationship));
    };
    let found = many_to_many(&links, tables).chain(links.iter().flat_map(both_directions));
    found
        .filter(|found| {
            let ends = (found.table().clone(), found.foreign_table().clone());
            overridden.is_empty() || !overridden.contains(&ends)
        })
        .for_each(&mut add);
    computed
        .into_iter()
        .filter(|computed| is_exposed(computed.table()) && is_exposed(computed.foreign_table()))
        .for_each(&mut add);
    for candidates in map.values_mut() {
        candidates.sort_unstable();
        candidates.shrink_to_fit();
    }
    map
}

fn overrides(computed: &Relationship) -> Option<(QualifiedName, QualifiedName)> {
    match computed {
        Relationship::Computed {
            table, function, ..
        } => Some((table.clone(), function.clone())),
        Relationship::Keyed { .. } => None,
    }
}

/// A foreign key between its tables, and with views in place of either or both.
fn links(key: &ForeignKey, position: usize, views: &ViewKeys) -> Vec<Link> {
    let sources = views.sources.get(&position).map(Vec::as_slice);
    let targets = views.targets.get(&position).map(Vec::as_slice);
    let table_end =
        |columns: &[(i16, Arc<str>)]| columns.iter().map(|(_, name)| name.clone()).collect();
    let ends = |table: &QualifiedName, columns, shown: Option<&[ViewKey]>| {
        let itself = End {
            relation: table.clone(),
            columns: table_end(columns),
            is_view: false,
        };
        let views = shown.unwrap_or_default().iter().flat_map(view_ends);
        std::iter::once(itself).chain(views).collect::<Vec<End>>()
    };
    let sources = ends(&key.source.table, &key.source.columns, sources);
    let targets = ends(&key.target.table, &key.target.columns, targets);
    sources
        .iter()
        .flat_map(|source| targets.iter().map(move |target| link(key, source, target)))
        .collect()
}

/// One end of a link.
struct End {
    relation: QualifiedName,
    columns: Vec<Arc<str>>,
    is_view: bool,
}

fn view_ends(shown: &ViewKey) -> impl Iterator<Item = End> {
    shown.choices.iter().map(|columns| End {
        relation: shown.view.clone(),
        columns: columns.clone(),
        is_view: true,
    })
}

fn link(key: &ForeignKey, source: &End, target: &End) -> Link {
    let pairs = source.columns.iter().zip(&target.columns);
    Link {
        constraint: key.name.clone(),
        source: source.relation.clone(),
        target: target.relation.clone(),
        columns: pairs.map(|(from, to)| (from.clone(), to.clone())).collect(),
        is_self: source.relation == target.relation,
        is_unique: key.is_unique,
        source_is_view: source.is_view,
        target_is_view: target.is_view,
    }
}

fn both_directions(link: &Link) -> [Relationship; 2] {
    let (constraint, columns) = (link.constraint.clone(), link.columns.clone());
    let (inverse_constraint, inverse_columns) = (link.constraint.clone(), swapped(&link.columns));
    let (forward, inverse) = if link.is_unique {
        (
            Cardinality::OneToOne {
                constraint,
                columns,
                is_parent: false,
            },
            Cardinality::OneToOne {
                constraint: inverse_constraint,
                columns: inverse_columns,
                is_parent: true,
            },
        )
    } else {
        (
            Cardinality::ManyToOne {
                constraint,
                columns,
            },
            Cardinality::OneToMany {
                constraint: inverse_constraint,
                columns: inverse_columns,
            },
        )
    };
    [
        Relationship::Keyed {
            table: link.source.clone(),
            foreign_table: link.target.clone(),
            is_self: link.is_self,
            cardinality: forward,
            table_is_view: link.source_is_view,
            foreign_table_is_view: link.target_is_view,
        },
        Relationship::Keyed {
            table: link.target.clone(),
            foreign_table: link.source.clone(),
            is_self: link.is_self,
            cardinality: inverse,
            table_is_view: link.target_is_view,
            foreign_table_is_view: link.source_is_view,
        },
    ]
}

fn swapped(pairs: &ColumnPairs) -> ColumnPairs {
    pairs
        .iter()
        .map(|(from, to)| (to.clone(), from.clone()))
        .collect()
}

/// Every ordered pair of two foreign keys of one relation whose columns are all in its primary key.
fn many_to_many(
    links: &[Link],
    tables: &HashMap<QualifiedName, Arc<Table>>,
) -> impl Iterator<Item = Relationship> {
    let mut by_junction: HashMap<&QualifiedName, Vec<&Link>> = HashMap::new();
    for link in links.iter().filter(|link| !link.is_unique) {
        let in_key = tables.get(&link.source).is_some_and(|junction| {
            let key = &junction.primary_key;
            link.columns.iter().all(|(column, _)| key.contains(column))
        });
        if in_key {
            by_junction.entry(&link.source).or_default().push(link);
        }
    }
    by_junction.into_values().flat_map(|links| {
        let pairs = links.clone().into_iter().flat_map(move |to_source| {
            let others = links.clone().into_iter();
            others.filter_map(move |to_target| over_junction(to_source, to_target))
        });
        pairs.collect::<Vec<_>>()
    })
}

fn over_junction(to_source: &Link, to_target: &Link) -> Option<Relationship> {
    if to_source.constraint == to_target.constraint {
        return None;
    }
    Some(Relationship::Keyed {
        table: to_source.target.clone(),
        foreign_table: to_target.target.clone(),
        is_self: to_source.target == to_target.target,
        cardinality: Cardinality::ManyToMany(Junction {
            table: to_source.source.clone(),
            source_constraint: to_source.constraint.clone(),
            target_constraint: to_target.constraint.clone(),
            source_columns: swapped(&to_source.columns),
            target_columns: swapped(&to_target.columns),
        }),
        table_is_view: to_source.target_is_view,
        foreign_table_is_view: to_target.target_is_view,
    })
}
