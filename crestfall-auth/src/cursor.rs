//! Pages of lists by cursor (GT-044): each begins where the one before has ended.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};

const LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 1000;

/// The last row of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    created_at: DateTime<Utc>,
    id: Uuid,
}

impl Cursor {
    pub(crate) fn after(created_at: DateTime<Utc>, id: Uuid) -> Self {
        Self { created_at, id }
    }

    pub(crate) fn position(self) -> (DateTime<Utc>, Uuid) {
        (self.created_at, self.id)
    }

    /// As clients hand it on: they need not know what it says.
    pub(crate) fn encode(self) -> String {
        // Neither a time nor an id can fail.
        let json = serde_json::to_vec(&self).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode(json)
    }

    fn decode(text: &str) -> Option<Self> {
        let json = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

/// Where a page begins, and how many rows it has at most.
///
/// # Errors
/// A cursor that is none of ours; a limit that is no number from 1 on.
pub(crate) fn check(cursor: &str, limit: &str) -> Result<(Option<Cursor>, i64)> {
    let wrong = |what: &str, text: &str| {
        Error::invalid(format!(
            "Bad Pagination Parameters: \"{}\" is no {what}",
            text.escape_debug()
        ))
    };
    let after = match cursor {
        "" => None,
        text => Some(Cursor::decode(text).ok_or_else(|| wrong("cursor", text))?),
    };
    let limit = match limit {
        "" => LIMIT,
        text => match text.parse::<u32>() {
            Ok(limit) if limit > 0 => i64::from(limit).min(MAX_LIMIT),
            _ => return Err(wrong("limit from 1 on", text)),
        },
    };
    Ok((after, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went_gt_044() {
        let cursor = Cursor::after(Utc::now(), Uuid::new_v4());
        let (after, limit) = check(&cursor.encode(), "").unwrap();
        assert_eq!((after, limit), (Some(cursor), 50));
        assert_eq!(check("", "100000").unwrap(), (None, 1000));
        for (cursor, limit) in [("x", ""), ("e30", ""), ("", "0"), ("", "-1"), ("", "x")] {
            assert!(check(cursor, limit).is_err(), "{cursor} {limit}");
        }
    }
}
