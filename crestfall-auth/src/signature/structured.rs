//! Structured fields (RFC 9651): dictionaries, inner lists, items, parameters; read and printed.
//!
//! Stricter than the RFC where it lets a later duplicate win: a duplicate is refused, since two
//! readers could otherwise disagree about what was signed. Display strings are refused.

mod parse;

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

pub(super) use parse::parse_dictionary;

/// A field is no structured field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a structured field (RFC 9651), at byte {0}")]
pub struct NotStructured(pub(super) usize);

/// A bare item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bare {
    Integer(i64),
    /// In thousandths.
    Decimal(i64),
    String(String),
    Token(String),
    Bytes(Vec<u8>),
    Boolean(bool),
    /// In seconds of the epoch.
    Date(i64),
}

/// Parameters in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters(pub(super) Vec<(String, Bare)>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) value: Bare,
    pub(super) parameters: Parameters,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InnerList {
    pub(super) items: Vec<Item>,
    pub(super) parameters: Parameters,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Item(Item),
    List(InnerList),
}

/// Members in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dictionary(pub(super) Vec<(String, Member)>);

impl Dictionary {
    pub(super) fn get(&self, key: &str) -> Option<&Member> {
        let (_, member) = self.0.iter().find(|(name, _)| name == key)?;
        Some(member)
    }
}

impl Parameters {
    pub(super) fn get(&self, key: &str) -> Option<&Bare> {
        let (_, value) = self.0.iter().find(|(name, _)| name == key)?;
        Some(value)
    }

    pub(super) fn push(&mut self, key: &str, value: Bare) {
        self.0.push((key.to_owned(), value));
    }
}

/// Whether a text can stand in a string of a structured field.
pub(super) fn is_string(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

impl fmt::Display for Bare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Decimal(thousandths) => decimal(*thousandths, f),
            Self::String(text) => quoted(text, f),
            Self::Token(token) => f.write_str(token),
            Self::Bytes(bytes) => write!(f, ":{}:", BASE64_STANDARD.encode(bytes)),
            Self::Boolean(true) => f.write_str("?1"),
            Self::Boolean(false) => f.write_str("?0"),
            Self::Date(seconds) => write!(f, "@{seconds}"),
        }
    }
}

/// At least one digit after the point, and no trailing zeros after it.
fn decimal(thousandths: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let sign = if thousandths < 0 { "-" } else { "" };
    let (whole, rest) = (
        thousandths.unsigned_abs() / 1000,
        thousandths.unsigned_abs() % 1000,
    );
    let fraction = format!("{rest:03}");
    let shown = fraction.trim_end_matches('0');
    let shown = if shown.is_empty() { "0" } else { shown };
    write!(f, "{sign}{whole}.{shown}")
}

fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    f.write_char('"')
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, value) in &self.0 {
            match value {
                Bare::Boolean(true) => write!(f, ";{key}")?,
                value => write!(f, ";{key}={value}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.value, self.parameters)
    }
}

impl fmt::Display for InnerList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('(')?;
        for (index, item) in self.items.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{item}")?;
        }
        write!(f, "){}", self.parameters)
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(item) => item.fmt(f),
            Self::List(list) => list.fmt(f),
        }
    }
}

impl fmt::Display for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, member)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            match member {
                Member::Item(Item {
                    value: Bare::Boolean(true),
                    parameters,
                }) => write!(f, "{comma}{key}{parameters}")?,
                member => write!(f, "{comma}{key}={member}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
