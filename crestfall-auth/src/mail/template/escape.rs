//! What a value has to become in its place.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// A kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// Text of HTML, or a quoted attribute.
    Html,
    /// The start of a URL in a quoted attribute: its scheme has to be harmless.
    Url,
    /// Further on in a URL.
    UrlPath,
    /// One component of a URL's query or fragment.
    UrlQuery,
    /// Plain text and headers: one line stays one line.
    Text,
}

/// What a URL is made of stays, `%` too.
const IN_URL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'\'')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

impl Escape {
    pub(super) fn apply(self, value: &str) -> String {
        let value = without_marks(value);
        match self {
            Self::Html => html(&value),
            Self::Url if !has_safe_scheme(&value) => "#".to_owned(),
            Self::Url | Self::UrlPath => html(&utf8_percent_encode(&value, IN_URL).to_string()),
            Self::UrlQuery => utf8_percent_encode(&value, IN_QUERY).to_string(),
            Self::Text => value
                .chars()
                .map(|c| if c.is_whitespace() { ' ' } else { c })
                .collect(),
        }
    }
}

fn html(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Control characters, and marks that turn the direction of the text that follows.
fn without_marks(value: &str) -> String {
    let is_mark = |c: char| {
        matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || (c.is_control() && !c.is_whitespace())
    };
    value.chars().filter(|c| !is_mark(*c)).collect()
}

fn has_safe_scheme(url: &str) -> bool {
    let head = url.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((scheme, _)) = head.split_once(':') else {
        return true;
    };
    ["http", "https", "mailto", "tel"]
        .iter()
        .any(|safe| scheme.trim().eq_ignore_ascii_case(safe))
}

/// White space of any kind and length to one space.
pub(crate) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
