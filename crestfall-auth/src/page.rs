//! Pages of lists (GT-032): `page` and `per_page`, `X-Total-Count` and `Link`.

use http::header::{HeaderName, HeaderValue, LINK};
use serde::Deserialize;

use crate::auth::Auth;
use crate::error::{Error, Result};

const PER_PAGE: i64 = 50;
const MAX_PER_PAGE: i64 = 1000;
const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

/// Which page of a list is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PageQuery {
    page: String,
    per_page: String,
}

/// A page that makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// From 1 on.
    number: i64,
    size: i64,
}

impl PageQuery {
    /// Nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.page.is_empty() && self.per_page.is_empty()
    }

    /// # Errors
    /// Numbers that are none, or below 1.
    pub(crate) fn check(&self) -> Result<Page> {
        let number = |text: &str, default: i64| match text {
            "" => Ok(default),
            text => text
                .parse::<u32>()
                .ok()
                .filter(|n| *n > 0)
                .map(i64::from)
                .ok_or_else(|| {
                    Error::invalid(format!(
                        "Bad Pagination Parameters: \"{text}\" is no number from 1 on"
                    ))
                }),
        };
        Ok(Page {
            number: number(&self.page, 1)?,
            size: number(&self.per_page, PER_PAGE)?.min(MAX_PER_PAGE),
        })
    }
}

impl Page {
    /// How many rows come before it, and how many it has at most.
    pub(crate) fn range(self) -> (i64, i64) {
        ((self.number - 1) * self.size, self.size)
    }

    /// The headers that go with it. `path` is below the service's address.
    pub(crate) fn headers(
        self,
        auth: &Auth,
        path: &str,
        total: i64,
    ) -> [(HeaderName, HeaderValue); 2] {
        let last = total.div_euclid(self.size) + i64::from(total.rem_euclid(self.size) > 0);
        let base = auth.config().external_url.trim_end_matches('/');
        let link = |page: i64, rel: &str| {
            format!(
                "<{base}{path}?page={page}&per_page={}>; rel=\"{rel}\"",
                self.size
            )
        };
        let mut links = Vec::new();
        if self.number < last {
            links.push(link(self.number + 1, "next"));
        }
        links.push(link(last.max(1), "last"));
        let links = HeaderValue::try_from(links.join(", ")).unwrap_or(HeaderValue::from_static(""));
        [(TOTAL_COUNT, HeaderValue::from(total)), (LINK, links)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_start_at_one() {
        let check = |page: &str, size: &str| {
            let query = PageQuery {
                page: page.to_owned(),
                per_page: size.to_owned(),
            };
            query.check().map(Page::range).ok()
        };
        assert_eq!(check("", ""), Some((0, 50)));
        assert_eq!(check("3", "10"), Some((20, 10)));
        assert_eq!(check("1", "100000"), Some((0, 1000)));
        for bad in ["-1", "0", "x", "1e3"] {
            assert_eq!(check(bad, ""), None, "{bad}");
        }
    }
}
