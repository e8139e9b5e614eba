//! What a read gives: a tree of relations, each with its columns, conditions, order and range.

use std::collections::BTreeSet;
use std::sync::Arc;

use crestfall_core::catalog::{Cardinality, Relationship, Table};
use crestfall_core::{Catalog, QualifiedName};

use super::column::{ColumnRef, Resolver, ToTsVector};
use super::draft::Draft;
use super::{embed, spread};
use crate::config::Config;
use crate::error::{ApiError, Error};
use crate::request::filter::{Filter, IsValue, LogicOperator, LogicTree, Operation};
use crate::request::select::{Aggregate, Direction, JoinType, Nulls, OrderTerm};
use crate::request::{Action, ApiRequest, RowRange, Text};

/// The name of the common table expression that a write or a call feeds the read from.
pub(crate) const SOURCE: &str = "crestfall_source";

/// One relation of a read and what is embedded in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReadNode {
    /// The name as the request wrote it.
    pub(crate) name: Text,
    pub(crate) alias: Option<Text>,
    /// The relation the rows are of.
    pub(crate) relation: QualifiedName,
    /// Where the rows come from: the relation, or [`SOURCE`].
    pub(crate) from: QualifiedName,
    pub(crate) from_alias: Option<Text>,
    pub(crate) select: Vec<SelectColumn>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) order: Vec<OrderBy>,
    pub(crate) range: RowRange,
    pub(crate) join: Option<JoinType>,
    /// How this node hangs on its parent; none at the root.
    pub(crate) link: Option<Link>,
    pub(crate) spread: Option<Spread>,
    pub(crate) embeds: Vec<ReadNode>,
    /// How each embed appears among this node's columns, in the order of `embeds`.
    pub(crate) outputs: Vec<Output>,
    /// The request named the target although it has an alias, as (target, alias).
    pub(crate) legacy_target: Option<(Text, Text)>,
}

/// The way from a parent to an embed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Link {
    pub(crate) relationship: Arc<Relationship>,
    /// What the embed's rows are called in the parent's statement.
    pub(crate) key: Text,
    /// The parent's row, for a function that computes the embed.
    pub(crate) parent: QualifiedName,
    /// Equal pairs of (embed or junction, parent or target) columns.
    pub(crate) joins: Vec<((QualifiedName, Text), (QualifiedName, Text))>,
}

/// A column of the answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct SelectColumn {
    pub(crate) column: ColumnRef,
    pub(crate) aggregate: Option<Aggregate>,
    pub(crate) aggregate_cast: Option<Text>,
    pub(crate) cast: Option<Text>,
    pub(crate) alias: Option<Text>,
}

/// A condition on rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    Group {
        negated: bool,
        operator: LogicOperator,
        members: Vec<Condition>,
    },
    Compare {
        column: ColumnRef,
        negated: bool,
        operation: Operation,
    },
    /// The embed of that key has no row (or, negated, has one).
    EmbedIsNull { key: Text, negated: bool },
}

impl Condition {
    fn any_column(&self, holds: &impl Fn(&ColumnRef) -> bool) -> bool {
        match self {
            Self::Group { members, .. } => members.iter().any(|member| member.any_column(holds)),
            Self::Compare { column, .. } => holds(column),
            Self::EmbedIsNull { .. } => false,
        }
    }
}

/// One term of the order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OrderBy {
    /// Key of the embed whose column it is; none for a column of the node.
    pub(crate) embed: Option<Text>,
    pub(crate) column: ColumnRef,
    pub(crate) direction: Option<Direction>,
    pub(crate) nulls: Option<Nulls>,
}

/// An embed whose columns are lifted into its parent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Spread {
    ToOne,
    /// Columns become arrays.
    ToMany {
        /// Columns selected besides, only to order by them; with the key of the embed that has them.
        extra: Vec<(Option<Text>, SelectColumn)>,
        order: Vec<OrderBy>,
    },
}

/// How an embed appears in its parent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Output {
    /// As a JSON object or array.
    Json {
        name: Text,
        to_one: bool,
        empty: bool,
    },
    /// As columns of the parent.
    Columns(Vec<SpreadColumn>),
}

/// A column lifted from a spread embed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SpreadColumn {
    pub(crate) name: Text,
    pub(crate) aggregate: Option<Aggregate>,
    pub(crate) aggregate_cast: Option<Text>,
    pub(crate) alias: Option<Text>,
}

impl ReadNode {
    /// Plans the read part of a request on `relation`.
    ///
    /// # Errors
    /// Unknown or ambiguous relationships, parameters for embeds that are not selected, aggregates
    /// where they are off or cannot be.
    pub(crate) fn plan(
        request: &ApiRequest,
        relation: &QualifiedName,
        catalog: &Catalog,
        config: &Config,
    ) -> Result<Self, Error> {
        let draft = Draft::of(request, config.legacy_target_names)?;
        let reads_source = !matches!(request.action, Action::Read { .. });
        let limit = if matches!(request.action, Action::Mutate { .. }) {
            None
        } else {
            config.max_rows
        };
        let planner = Planner {
            catalog,
            schema: &relation.schema,
            max_rows: limit,
        };
        let mut root = planner.root(&draft, relation, reads_source)?;
        planner.finish(&mut root, &draft, false)?;
        if !config.aggregates_enabled && root.has_aggregates() {
            return Err(ApiError::AggregatesNotAllowed.into());
        }
        spread::hoist_aggregates(&mut root);
        spread::order_to_many(&mut root)?;
        Ok(root)
    }

    /// What rows of this node are called: the alias, else the relation itself.
    pub(crate) fn qualifier(&self) -> QualifiedName {
        match (&self.from_alias, &self.link) {
            (Some(alias), _) => QualifiedName::new("", alias.clone()),
            (None, Some(link)) => match &*link.relationship {
                Relationship::Computed { function, .. } => {
                    QualifiedName::new("", function.name.clone())
                }
                Relationship::Keyed { .. } => self.from.clone(),
            },
            (None, None) => self.from.clone(),
        }
    }

    /// The name it goes by in the request and the answer.
    pub(crate) fn shown_name(&self) -> &Text {
        self.alias.as_ref().unwrap_or(&self.name)
    }

    /// The key of its link; empty at the root.
    pub(crate) fn key(&self) -> Text {
        self.link
            .as_ref()
            .map(|link| link.key.clone())
            .unwrap_or_default()
    }

    /// The request asks for all columns and nothing else.
    pub(crate) fn is_default_select(&self) -> bool {
        self.embeds.is_empty()
            && matches!(self.select.as_slice(), [only] if &*only.column.name == "*")
    }

    /// Reading it may run functions of the database's users, which may set what the response is to
    /// be: in views and policies, as computed columns and relationships, in casts.
    pub(crate) fn runs_functions(&self, catalog: &Catalog) -> bool {
        let table_runs = catalog
            .tables
            .get(&self.relation)
            .is_none_or(|table| table.runs_functions);
        let is_computed = |column: &ColumnRef| {
            column.transform.is_some() || (column.data_type.is_empty() && &*column.name != "*")
        };
        let is_linked_by_function =
            self.link
                .as_ref()
                .is_some_and(|link| match &*link.relationship {
                    Relationship::Computed { .. } => true,
                    Relationship::Keyed {
                        cardinality: Cardinality::ManyToMany(junction),
                        ..
                    } => catalog
                        .tables
                        .get(&junction.table)
                        .is_none_or(|table| table.runs_functions),
                    Relationship::Keyed { .. } => false,
                });
        table_runs
            || is_linked_by_function
            || self.select.iter().any(|column| is_computed(&column.column))
            || self
                .order
                .iter()
                .any(|term| term.embed.is_none() && is_computed(&term.column))
            || self
                .conditions
                .iter()
                .any(|condition| condition.any_column(&is_computed))
            || self
                .embeds
                .iter()
                .any(|embed| embed.runs_functions(catalog))
    }

    /// Some column of it is an aggregate, so that the others group its rows.
    pub(crate) fn is_grouped(&self) -> bool {
        let lifts_aggregate = |output: &Output| match output {
            Output::Columns(columns) => columns.iter().any(|column| column.aggregate.is_some()),
            Output::Json { .. } => false,
        };
        self.select.iter().any(|column| column.aggregate.is_some())
            || self.outputs.iter().any(lifts_aggregate)
    }

    /// Pairs of (target, alias) that the request mixed up, depth first.
    pub(crate) fn legacy_targets(&self) -> Vec<(Text, Text)> {
        let mut found: Vec<_> = self.legacy_target.iter().cloned().collect();
        found.extend(self.embeds.iter().flat_map(ReadNode::legacy_targets));
        found
    }

    /// Columns that a write or a call must give so that this read can be made of them.
    pub(crate) fn needed_columns(&self, primary_key: &[Text]) -> BTreeSet<Text> {
        let all = || BTreeSet::from([Text::from("*")]);
        if self.select.iter().any(|column| &*column.column.name == "*") {
            return all();
        }
        let mut needed: BTreeSet<Text> = self
            .select
            .iter()
            .map(|column| column.column.name.clone())
            .collect();
        for link in self.embeds.iter().filter_map(|embed| embed.link.as_ref()) {
            let pairs = match &*link.relationship {
                // Which columns the function reads cannot be known.
                Relationship::Computed { .. } => return all(),
                Relationship::Keyed { cardinality, .. } => match cardinality {
                    Cardinality::OneToMany { columns, .. }
                    | Cardinality::ManyToOne { columns, .. }
                    | Cardinality::OneToOne { columns, .. } => columns,
                    Cardinality::ManyToMany(junction) => &junction.source_columns,
                },
            };
            needed.extend(pairs.iter().map(|(source, _)| source.clone()));
        }
        let ordered = self.order.iter().filter(|term| term.embed.is_none());
        needed.extend(ordered.map(|term| term.column.name.clone()));
        needed.extend(primary_key.iter().cloned());
        needed
    }

    /// Names of columns that conditions anywhere in the tree compare.
    pub(crate) fn filtered_columns(&self) -> BTreeSet<Text> {
        fn collect(conditions: &[Condition], names: &mut BTreeSet<Text>) {
            for condition in conditions {
                match condition {
                    Condition::Group { members, .. } => collect(members, names),
                    Condition::Compare { column, .. } => {
                        names.insert(column.name.clone());
                    }
                    Condition::EmbedIsNull { .. } => {}
                }
            }
        }
        let mut names = BTreeSet::new();
        collect(&self.conditions, &mut names);
        names
    }

    fn has_aggregates(&self) -> bool {
        self.select.iter().any(|column| column.aggregate.is_some())
            || self.embeds.iter().any(ReadNode::has_aggregates)
    }
}

/// Turns a draft into a tree whose every relationship and column is known.
struct Planner<'a> {
    catalog: &'a Catalog,
    schema: &'a Text,
    max_rows: Option<u64>,
}

impl<'a> Planner<'a> {
    fn root(
        &self,
        draft: &Draft<'_>,
        relation: &QualifiedName,
        reads_source: bool,
    ) -> Result<ReadNode, Error> {
        let mut node = ReadNode {
            name: relation.name.clone(),
            alias: None,
            relation: relation.clone(),
            from: relation.clone(),
            from_alias: None,
            select: Vec::new(),
            conditions: Vec::new(),
            order: Vec::new(),
            range: draft.range,
            join: None,
            link: None,
            spread: None,
            embeds: Vec::new(),
            outputs: Vec::new(),
            legacy_target: None,
        };
        if reads_source {
            node.from = QualifiedName::new("", SOURCE);
            // The alias lets relationships and error texts speak of the relation itself.
            node.from_alias = Some(relation.name.clone());
        }
        self.embed(&mut node, draft)?;
        Ok(node)
    }

    /// Finds the relationships of all embeds, top down.
    fn embed(&self, parent: &mut ReadNode, draft: &Draft<'_>) -> Result<(), Error> {
        for child in &draft.embeds {
            let mut node = embed::link(self.catalog, self.schema, parent, child)?;
            self.embed(&mut node, child)?;
            parent.embeds.push(node);
        }
        Ok(())
    }

    /// Resolves columns, conditions and orders, now that every relation is known.
    fn finish(
        &self,
        node: &mut ReadNode,
        draft: &Draft<'_>,
        parent_aggregates: bool,
    ) -> Result<(), Error> {
        let table = self.table(&node.relation);
        let resolver = Resolver {
            catalog: self.catalog,
            table: table.as_deref(),
        };
        node.range = draft.range.at_most(self.max_rows);
        let aggregates = parent_aggregates
            || draft.fields.iter().any(|field| field.aggregate.is_some())
            || matches!(node.spread, Some(Spread::ToMany { .. }));
        node.select = select_columns(draft, resolver, aggregates, node.spread.is_some());
        node.conditions = conditions(draft, resolver, &node.embeds);
        node.order = order(draft, resolver, node)?;
        for (embed, child) in node.embeds.iter_mut().zip(&draft.embeds) {
            self.finish(embed, child, aggregates)?;
        }
        node.outputs = node.embeds.iter().map(output).collect();
        Ok(())
    }

    fn table(&self, relation: &QualifiedName) -> Option<Arc<Table>> {
        self.catalog.tables.get(relation).cloned()
    }
}

fn select_columns(
    draft: &Draft<'_>,
    resolver: Resolver<'_>,
    aggregates: bool,
    is_spread: bool,
) -> Vec<SelectColumn> {
    // `*` has to be spelt out where columns are grouped, converted or lifted.
    let expand = aggregates || resolver.has_output_casts();
    let mut columns = Vec::with_capacity(draft.fields.len());
    for field in &draft.fields {
        let is_star = &*field.field.name == "*" && field.field.path.is_empty();
        let known = resolver
            .table
            .map(|table| table.columns.as_slice())
            .unwrap_or_default();
        match (is_star && expand, field.aggregate) {
            (true, None) if !known.is_empty() => columns.extend(known.iter().map(|column| {
                let column = SelectColumn {
                    column: resolver.output_column(column),
                    ..field.without_column()
                };
                named(column, is_spread)
            })),
            (true, Some(Aggregate::Count)) if is_spread => {
                let mut column = SelectColumn {
                    column: resolver.output(field.field),
                    ..field.without_column()
                };
                column.column.whole_row = true;
                columns.push(named(column, is_spread));
            }
            _ => {
                let column = SelectColumn {
                    column: resolver.output(field.field),
                    ..field.without_column()
                };
                columns.push(named(column, is_spread));
            }
        }
    }
    columns
}

/// Gives a column the name it shows under when its expression would not have one by itself.
fn named(mut column: SelectColumn, is_spread: bool) -> SelectColumn {
    if column.alias.is_none() {
        column.alias = match column.aggregate {
            Some(aggregate) => is_spread.then(|| aggregate.name().into()),
            None if !column.column.path.is_empty() => Some(embed::path_name(&column.column)),
            None => column
                .column
                .transform
                .is_some()
                .then(|| column.column.name.clone()),
        };
    }
    column
}

fn conditions(draft: &Draft<'_>, resolver: Resolver<'_>, embeds: &[ReadNode]) -> Vec<Condition> {
    let trees = draft
        .logic
        .iter()
        .map(|tree| logic_condition(tree, resolver, embeds));
    let filters = draft
        .filters
        .iter()
        .map(|filter| filter_condition(filter, resolver, embeds));
    trees.chain(filters).collect()
}

/// A logical tree of conditions; `embeds` are what a null test may be about.
pub(crate) fn logic_condition(
    tree: &LogicTree,
    resolver: Resolver<'_>,
    embeds: &[ReadNode],
) -> Condition {
    match tree {
        LogicTree::Group {
            negated,
            operator,
            members,
        } => Condition::Group {
            negated: *negated,
            operator: *operator,
            members: members
                .iter()
                .map(|member| logic_condition(member, resolver, embeds))
                .collect(),
        },
        LogicTree::Filter(filter) => filter_condition(filter, resolver, embeds),
    }
}

/// A filter as a condition.
pub(crate) fn filter_condition(
    filter: &Filter,
    resolver: Resolver<'_>,
    embeds: &[ReadNode],
) -> Condition {
    if let Operation::Is(value @ (IsValue::Null | IsValue::NotNull)) = filter.operation
        && filter.field.path.is_empty()
        && let Some(embed) = embeds
            .iter()
            .find(|embed| embed.shown_name() == &filter.field.name)
    {
        return Condition::EmbedIsNull {
            key: embed.key(),
            negated: filter.negated ^ (value == IsValue::NotNull),
        };
    }
    let tsvector = match &filter.operation {
        Operation::FullText { language, .. } => Some(ToTsVector(language.clone())),
        _ => None,
    };
    Condition::Compare {
        column: resolver.filter(&filter.field, tsvector),
        negated: filter.negated,
        operation: filter.operation.clone(),
    }
}

fn order(
    draft: &Draft<'_>,
    resolver: Resolver<'_>,
    node: &ReadNode,
) -> Result<Vec<OrderBy>, Error> {
    draft
        .order
        .iter()
        .map(|term| order_by(term, resolver, node))
        .collect()
}

fn order_by(term: &OrderTerm, resolver: Resolver<'_>, node: &ReadNode) -> Result<OrderBy, Error> {
    let Some(relation) = &term.relation else {
        let column = resolver.field(&term.field);
        return Ok(OrderBy {
            embed: None,
            column,
            direction: term.direction,
            nulls: term.nulls,
        });
    };
    let embed = node
        .embeds
        .iter()
        .find(|embed| embed.shown_name() == relation);
    let Some((embed, link)) = embed.and_then(|embed| Some((embed, embed.link.as_ref()?))) else {
        let resource = relation.to_string();
        return Err(ApiError::NotEmbedded {
            resource,
            alias: None,
        }
        .into());
    };
    if !link.relationship.is_to_one() {
        return Err(ApiError::RelatedOrderNotToOne {
            origin: node.from.name.to_string(),
            target: embed.shown_name().to_string(),
        }
        .into());
    }
    let column = ColumnRef::unknown(term.field.name.clone(), term.field.path.clone());
    Ok(OrderBy {
        embed: Some(link.key.clone()),
        column,
        direction: term.direction,
        nulls: term.nulls,
    })
}

fn output(embed: &ReadNode) -> Output {
    if embed.spread.is_some() {
        return Output::Columns(spread::columns(embed));
    }
    Output::Json {
        name: embed.shown_name().clone(),
        to_one: embed
            .link
            .as_ref()
            .is_some_and(|link| link.relationship.is_to_one()),
        empty: selects_nothing(embed),
    }
}

/// `relation()`, perhaps with more of the same inside.
fn selects_nothing(node: &ReadNode) -> bool {
    node.select.is_empty() && node.embeds.iter().all(selects_nothing)
}
