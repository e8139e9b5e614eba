//! Which rows: `limit`, `offset` and the `Range` header.

/// Rows `offset ..` or `offset .. offset + limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RowRange {
    pub(crate) offset: u64,
    pub(crate) limit: Option<u64>,
}

impl RowRange {
    /// Every row.
    pub(crate) const ALL: Self = Self {
        offset: 0,
        limit: None,
    };
}
