//! The query string.

use std::collections::BTreeSet;

use super::Text;
use super::filter::{Filter, LogicTree};
use super::select::{OrderTerm, SelectItem};

/// Names of embeds from the top down.
pub(crate) type EmbedPath = Vec<Text>;

/// The parsed query string.
#[derive(Debug, Clone, Default)]
pub(crate) struct QueryParams {
    /// The parameters sorted by name and encoded anew, for `Content-Location`.
    pub(crate) canonical: String,
    /// Arguments of a function called by GET, in order.
    pub(crate) arguments: Vec<(Text, Text)>,
    pub(crate) order: Vec<(EmbedPath, Vec<OrderTerm>)>,
    pub(crate) logic: Vec<(EmbedPath, LogicTree)>,
    pub(crate) columns: Option<BTreeSet<Text>>,
    pub(crate) select: Vec<SelectItem>,
    /// Every filter in order; an empty path is the top level.
    pub(crate) filters: Vec<(EmbedPath, Filter)>,
    /// Raw names of the parameters that are filters or arguments.
    pub(crate) filter_names: BTreeSet<Text>,
    pub(crate) on_conflict: Option<Vec<Text>>,
}
