//! The tree a request asks for, before the catalogue is looked at: parameters sorted to the embeds
//! they are for.

use crate::error::{ApiError, Error};
use crate::plan::read::SelectColumn;
use crate::request::filter::{Filter, LogicTree};
use crate::request::select::{Aggregate, Field, JoinType, OrderTerm, SelectItem};
use crate::request::{Action, ApiRequest, RowRange, Text};

/// One relation of the request.
#[derive(Default)]
pub(crate) struct Draft<'a> {
    /// As written; empty at the root.
    pub(crate) name: Text,
    pub(crate) alias: Option<Text>,
    pub(crate) hint: Option<Text>,
    pub(crate) join: Option<JoinType>,
    pub(crate) is_spread: bool,
    pub(crate) fields: Vec<DraftField<'a>>,
    pub(crate) embeds: Vec<Draft<'a>>,
    pub(crate) filters: Vec<&'a Filter>,
    pub(crate) logic: Vec<&'a LogicTree>,
    pub(crate) order: &'a [OrderTerm],
    pub(crate) range: RowRange,
    /// A parameter named the target although it has an alias.
    pub(crate) targeted_by_name: bool,
}

/// A selected field.
pub(crate) struct DraftField<'a> {
    pub(crate) field: &'a Field,
    pub(crate) aggregate: Option<Aggregate>,
    aggregate_cast: &'a Option<Text>,
    cast: &'a Option<Text>,
    alias: &'a Option<Text>,
}

impl DraftField<'_> {
    /// Everything but the column.
    pub(crate) fn without_column(&self) -> SelectColumn {
        SelectColumn {
            aggregate: self.aggregate,
            aggregate_cast: self.aggregate_cast.clone(),
            cast: self.cast.clone(),
            alias: self.alias.clone(),
            ..SelectColumn::default()
        }
    }
}

impl<'a> Draft<'a> {
    /// Sorts the parameters of a request. With `legacy_targets` a parameter may name the target of
    /// an aliased embed.
    ///
    /// # Errors
    /// A parameter is for an embed that is not selected.
    pub(crate) fn of(request: &'a ApiRequest, legacy_targets: bool) -> Result<Self, Error> {
        let mut root = Self::of_select(&request.query.select);
        let is_mutation = matches!(request.action, Action::Mutate { .. });
        // Top-level conditions and ranges of a write say which rows are written, not shown.
        let applies = |path: &[Text]| !is_mutation || !path.is_empty();
        for (path, filter) in request
            .query
            .filters
            .iter()
            .filter(|(path, _)| applies(path))
        {
            root.find(path, legacy_targets)?.filters.push(filter);
        }
        for (path, order) in &request.query.order {
            root.find(path, legacy_targets)?.order = order;
        }
        if !is_mutation {
            for (path, range) in &request.ranges {
                root.find(path, legacy_targets)?.range = *range;
            }
            root.range = request.top_level_range;
        }
        for (path, tree) in request.query.logic.iter().filter(|(path, _)| applies(path)) {
            root.find(path, legacy_targets)?.logic.push(tree);
        }
        Ok(root)
    }

    fn of_select(items: &'a [SelectItem]) -> Self {
        let mut draft = Self::default();
        for item in items {
            match item {
                SelectItem::Field {
                    field,
                    aggregate,
                    aggregate_cast,
                    cast,
                    alias,
                } => {
                    draft.fields.push(DraftField {
                        field,
                        aggregate: *aggregate,
                        aggregate_cast,
                        cast,
                        alias,
                    });
                }
                SelectItem::Relation {
                    relation,
                    alias,
                    hint,
                    join,
                    select,
                } => draft.embeds.push(Self {
                    name: relation.clone(),
                    alias: alias.clone(),
                    hint: hint.clone(),
                    join: *join,
                    ..Self::of_select(select)
                }),
                SelectItem::Spread {
                    relation,
                    hint,
                    join,
                    select,
                } => draft.embeds.push(Self {
                    name: relation.clone(),
                    hint: hint.clone(),
                    join: *join,
                    is_spread: true,
                    ..Self::of_select(select)
                }),
            }
        }
        draft
    }

    /// The embed that a dotted parameter name leads to.
    fn find(&mut self, path: &[Text], legacy_targets: bool) -> Result<&mut Self, Error> {
        let Some((target, rest)) = path.split_first() else {
            return Ok(self);
        };
        let position = self.embeds.iter().position(|embed| {
            embed.alias.as_ref().unwrap_or(&embed.name) == target
                || (legacy_targets && &embed.name == target)
        });
        match position {
            Some(index) => {
                let embed = &mut self.embeds[index];
                embed.targeted_by_name |= &embed.name == target
                    && embed.alias.as_ref().is_some_and(|alias| alias != target);
                embed.find(rest, legacy_targets)
            }
            None => Err(self.not_embedded(target)),
        }
    }

    fn not_embedded(&self, target: &Text) -> Error {
        let named = self.embeds.iter().find(|embed| &embed.name == target);
        let alias = named
            .and_then(|embed| Some((embed.name.to_string(), embed.alias.as_ref()?.to_string())));
        ApiError::NotEmbedded {
            resource: target.to_string(),
            alias,
        }
        .into()
    }
}
