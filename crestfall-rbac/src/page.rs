//! Lists, a page at a time.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

const USUAL: u16 = 50;
const MOST: u16 = 200;

/// Some of a list, and where the next begin.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// `after` of the next page; null on the last.
    pub(crate) next: Option<String>,
}

/// Which page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageRequest {
    /// Items at most.
    pub(crate) limit: Option<u16>,
    /// `next` of the page before.
    pub(crate) after: Option<String>,
}

impl PageRequest {
    /// One more than is shown: whether there is a next page.
    pub(crate) fn rows(&self) -> Result<i64> {
        Ok(i64::from(self.limit()?) + 1)
    }

    pub(crate) fn page<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> String) -> Result<Page<T>> {
        let limit = usize::from(self.limit()?);
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| has_more).map(key);
        Ok(Page { items, next })
    }

    fn limit(&self) -> Result<u16> {
        match self.limit.unwrap_or(USUAL) {
            limit @ 1..=MOST => Ok(limit),
            _ => Err(Error::Invalid(format!("`limit` is from 1 to {MOST}"))),
        }
    }
}
