//! Pages of rows, as the fields `…Collection` give them.

use serde::Deserialize;

/// A page of rows: `{ edges { node { title } } pageInfo { hasNextPage endCursor } totalCount }`, of which
/// only what is asked for is there. Iterating gives the nodes.
///
/// ```
/// use crestfall_client::graphql::Connection;
/// use crestfall_client::serde_json::{from_str, Value};
///
/// # fn main() -> Result<(), crestfall_client::serde_json::Error> {
/// let films: Connection<Value> = from_str(r#"{"edges": [{"node": {"title": "Ran"}}]}"#)?;
/// let titles: Vec<Value> = films.into_iter().map(|film| film["title"].clone()).collect();
/// assert_eq!(titles, ["Ran"]);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Connection<N> {
    /// The rows, each with its place.
    pub edges: Vec<Edge<N>>,
    /// Where the page stands among all.
    pub page_info: Option<PageInfo>,
    /// How many rows there are on all pages.
    pub total_count: Option<u64>,
}

/// A row and its place.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Edge<N> {
    /// The row.
    pub node: N,
    /// Its place: what `after` and `before` take.
    pub cursor: Option<String>,
}

/// Where a page stands among all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PageInfo {
    /// There are rows behind it.
    pub has_next_page: bool,
    /// There are rows before it.
    pub has_previous_page: bool,
    /// The cursor of the first row.
    pub start_cursor: Option<String>,
    /// The cursor of the last row: `after` of the next page.
    pub end_cursor: Option<String>,
}

impl<N> IntoIterator for Connection<N> {
    type Item = N;
    type IntoIter = std::iter::Map<std::vec::IntoIter<Edge<N>>, fn(Edge<N>) -> N>;

    fn into_iter(self) -> Self::IntoIter {
        self.edges.into_iter().map(|edge| edge.node)
    }
}
