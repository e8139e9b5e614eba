//! Embeds whose columns are lifted into their parents: where aggregates over them run, and how
//! the rows of a to-many one are ordered.

use super::column::ColumnRef;
use super::read::{OrderBy, Output, ReadNode, SelectColumn, Spread, SpreadColumn};
use crate::error::{ApiError, Error};
use crate::request::Text;
use crate::request::select::Aggregate;

/// The columns a spread embed gives its parent.
pub(crate) fn columns(embed: &ReadNode) -> Vec<SpreadColumn> {
    let plain = |name: Text| SpreadColumn {
        name,
        aggregate: None,
        aggregate_cast: None,
        alias: None,
    };
    let own = embed
        .select
        .iter()
        .map(|column| plain(shown(column).clone()));
    let nested = embed.outputs.iter().flat_map(|output| match output {
        Output::Json { name, .. } => vec![plain(name.clone())],
        Output::Columns(columns) => columns.clone(),
    });
    own.chain(nested).collect()
}

fn shown(column: &SelectColumn) -> &Text {
    column.alias.as_ref().unwrap_or(&column.column.name)
}

/// An aggregate that moves from a to-one spread to where its rows are grouped.
struct Hoisted {
    /// Key of the embed it comes from, and the column's name there.
    key: Text,
    name: Text,
    aggregate: Aggregate,
    cast: Option<Text>,
    alias: Option<Text>,
}

/// Moves aggregates of to-one spreads up to the first relation that is not spread itself: summing
/// over the one row of a to-one embed would do nothing.
pub(crate) fn hoist_aggregates(root: &mut ReadNode) {
    hoist(root);
}

fn hoist(node: &mut ReadNode) -> Vec<Hoisted> {
    let mut below: Vec<Hoisted> = node.embeds.iter_mut().flat_map(hoist).collect();
    if !matches!(node.spread, Some(Spread::ToOne)) {
        apply(node, &below);
        return Vec::new();
    }
    let key = node.key();
    for hoisted in &mut below {
        hoisted.key = key.clone();
    }
    let mut own = Vec::new();
    for column in &mut node.select {
        if let Some(aggregate) = column.aggregate.take() {
            own.push(Hoisted {
                key: key.clone(),
                name: shown(column).clone(),
                aggregate,
                cast: column.aggregate_cast.take(),
                alias: column.alias.clone(),
            });
        }
    }
    own.extend(below);
    own
}

fn apply(node: &mut ReadNode, hoisted: &[Hoisted]) {
    for (embed, output) in node.embeds.iter().zip(&mut node.outputs) {
        let Output::Columns(columns) = output else {
            continue;
        };
        let key = embed.key();
        for column in columns {
            if let Some(found) = hoisted
                .iter()
                .find(|one| one.key == key && one.name == column.name)
            {
                column.aggregate = Some(found.aggregate);
                column.aggregate_cast = found.cast.clone();
                column.alias = found.alias.clone();
            }
        }
    }
}

/// The rows of a to-many spread are ordered where they are made into arrays, so what they are
/// ordered by has to be selected too.
///
/// # Errors
/// Aggregates in a to-many spread are not possible.
pub(crate) fn order_to_many(node: &mut ReadNode) -> Result<(), Error> {
    if matches!(node.spread, Some(Spread::ToMany { .. })) {
        let lifted = node.outputs.iter().any(|output| match output {
            Output::Columns(columns) => columns.iter().any(|column| column.aggregate.is_some()),
            Output::Json { .. } => false,
        });
        if lifted || node.select.iter().any(|column| column.aggregate.is_some()) {
            let what = "Aggregates are not implemented for one-to-many or many-to-many spreads.";
            return Err(ApiError::NotImplemented(what.into()).into());
        }
        let key = node.key();
        let terms = std::mem::take(&mut node.order).into_iter().enumerate();
        let (extra, order) = terms
            .map(|(index, term)| selected(&key, index + 1, term))
            .unzip();
        node.spread = Some(Spread::ToMany { extra, order });
    }
    node.embeds.iter_mut().try_for_each(order_to_many)
}

fn selected(key: &Text, number: usize, term: OrderBy) -> ((Option<Text>, SelectColumn), OrderBy) {
    // The number keeps two terms on one column apart.
    let alias: Text = format!("{key}_{}_{number}", term.column.name).into();
    let order = OrderBy {
        embed: None,
        column: ColumnRef::unknown(alias.clone(), Vec::new()),
        direction: term.direction,
        nulls: term.nulls,
    };
    let column = SelectColumn {
        column: term.column,
        alias: Some(alias),
        ..SelectColumn::default()
    };
    ((term.embed, column), order)
}
