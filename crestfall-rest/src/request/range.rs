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

    /// The same, with no more rows than `most`.
    pub(crate) fn at_most(self, most: Option<u64>) -> Self {
        let limit = match (self.limit, most) {
            (Some(limit), Some(most)) => Some(limit.min(most)),
            (limit, most) => limit.or(most),
        };
        Self { limit, ..self }
    }
}

/// Why no rows can be answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EmptyRange {
    /// The limit is below zero.
    NegativeLimit,
    /// The header's last row comes before its first.
    LowerAboveUpper,
}

/// Rows `first ..= last` as a client wrote them, which may lie below zero or be none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    first: i128,
    last: Option<i128>,
    /// `limit=0`, the one way to ask for nothing.
    limit_zero: bool,
}

impl Window {
    pub(super) const ALL: Self = Self {
        first: 0,
        last: None,
        limit_zero: false,
    };

    /// `limit` and `offset` as sent. What is no number is ignored, except that an offset beside
    /// such a limit asks for nothing.
    pub(super) fn asked(limit: Option<&str>, offset: Option<&str>) -> Self {
        let count = limit.map(integer);
        let first = offset.map_or(0, |offset| integer(offset).unwrap_or(0));
        let count = match count {
            Some(None) if offset.is_some() => Some(0),
            Some(count) => count,
            None => None,
        };
        Self {
            first,
            last: count.map(|count| first + count - 1),
            limit_zero: matches!(limit.map(integer), Some(Some(0))),
        }
    }

    /// `Range: 0-9`, `Range: 10-`; anything else is every row.
    pub(super) fn from_header(value: &str) -> Self {
        let bounds = value.split_once('-').filter(|(first, last)| {
            !first.is_empty()
                && [first, last]
                    .iter()
                    .all(|it| it.bytes().all(|b| b.is_ascii_digit()))
        });
        match bounds {
            Some((first, last)) => Self {
                first: integer(first).unwrap_or(0),
                last: integer(last),
                limit_zero: false,
            },
            None => Self::ALL,
        }
    }

    fn is_empty(self) -> bool {
        self.last.is_some_and(|last| last < self.first)
    }

    /// The rows that both this window (of `limit` and `offset`) and the header's name.
    ///
    /// # Errors
    /// There are none, and `limit=0` did not ask for that.
    pub(super) fn within(self, header: Self) -> Result<RowRange, EmptyRange> {
        if self.limit_zero {
            return Ok(self.rows());
        }
        let both = Self {
            first: self.first.max(header.first),
            last: match (self.last, header.last) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (one, other) => one.or(other),
            },
            limit_zero: false,
        };
        if header.is_empty() {
            Err(EmptyRange::LowerAboveUpper)
        } else if self.is_empty() || both.is_empty() {
            Err(EmptyRange::NegativeLimit)
        } else {
            Ok(both.rows())
        }
    }

    /// The rows of an embed.
    ///
    /// # Errors
    /// The limit is below zero.
    pub(super) fn of_embed(self) -> Result<RowRange, EmptyRange> {
        match self.last {
            Some(last) if last < self.first - 1 => Err(EmptyRange::NegativeLimit),
            _ => Ok(self.rows()),
        }
    }

    fn rows(self) -> RowRange {
        let clamp = |number: i128| u64::try_from(number.max(0)).unwrap_or(u64::MAX);
        RowRange {
            offset: clamp(self.first),
            limit: self.last.map(|last| clamp(last - self.first + 1)),
        }
    }
}

/// An integer with optional sign and blanks around, cut to what no row number reaches.
fn integer(text: &str) -> Option<i128> {
    const FAR: i128 = 1 << 100;
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i128>().unwrap_or(FAR).min(FAR);
    Some(if digits.len() < text.len() {
        -size
    } else {
        size
    })
}
