//! `application/x-www-form-urlencoded`, which query strings are too.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Percent-decoded text is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotUtf8;

/// A name with its value, if it has a `=`.
pub(super) type Pair<'q> = (Cow<'q, str>, Option<Cow<'q, str>>);

/// What is written as it is, besides letters and digits: `-`, `_`, `.` and `~`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Names with their values; a pair without `=` has none. `;` separates as `&` does.
///
/// # Errors
/// A name or value is not UTF-8.
pub(super) fn pairs(raw: &[u8]) -> Result<Vec<Pair<'_>>, NotUtf8> {
    // A separator at the very end begins no pair.
    let raw = match raw {
        [init @ .., b'&' | b';'] => init,
        [] => return Ok(Vec::new()),
        all => all,
    };
    raw.split(|&byte| matches!(byte, b'&' | b';'))
        .map(|pair| match memchr::memchr(b'=', pair) {
            Some(at) => Ok((decode(&pair[..at])?, Some(decode(&pair[at + 1..])?))),
            None => Ok((decode(pair)?, None)),
        })
        .collect()
}

fn decode(raw: &[u8]) -> Result<Cow<'_, str>, NotUtf8> {
    if memchr::memchr2(b'%', b'+', raw).is_none() {
        return std::str::from_utf8(raw)
            .map(Cow::Borrowed)
            .map_err(|_| NotUtf8);
    }
    let spaced: Vec<u8> = raw
        .iter()
        .map(|&byte| if byte == b'+' { b' ' } else { byte })
        .collect();
    let bytes: Vec<u8> = percent_encoding::percent_decode(&spaced).collect();
    String::from_utf8(bytes)
        .map(Cow::Owned)
        .map_err(|_| NotUtf8)
}

/// Appends `text`, percent-encoded.
pub(super) fn encode(text: &str, to: &mut String) {
    to.extend(utf8_percent_encode(text, ESCAPED));
}
