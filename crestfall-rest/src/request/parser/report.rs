//! What a failed parser tells a client.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What was found and what was expected at the furthest position reached.
#[derive(Debug, Default, Clone)]
pub(super) struct Report {
    pub(super) at: usize,
    pub(super) remarks: Vec<Remark>,
}

/// One thing to say about a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remark {
    /// The text that stands there instead of a token; empty at the end.
    Found(String),
    /// Something that a parser matched but must not.
    Unwanted(String),
    Expected(Cow<'static, str>),
}

impl Report {
    pub(super) fn merge(&mut self, other: Report) {
        if other.remarks.is_empty() {
            return;
        }
        if self.remarks.is_empty() || self.at < other.at {
            *self = other;
        } else if self.at == other.at {
            self.remarks.extend(other.remarks);
        }
    }

    pub(super) fn expect_only(&mut self, label: &'static str) {
        self.remarks
            .retain(|remark| !matches!(remark, Remark::Expected(_)));
        self.remarks.push(Remark::Expected(label.into()));
    }

    pub(super) fn details(&self) -> String {
        let mut unwanted = Vec::new();
        let mut expected = Vec::new();
        let mut found = None;
        for remark in &self.remarks {
            match remark {
                Remark::Found(text) => found = found.or(Some(text.as_str())),
                Remark::Unwanted(text) => push_new(&mut unwanted, text),
                Remark::Expected(text) => push_new(&mut expected, text),
            }
        }
        let mut parts = Vec::new();
        if !unwanted.is_empty() {
            parts.push(format!("unexpected {}", enumerate(&unwanted)));
        } else if let Some(text) = found {
            let text = if text.is_empty() {
                "end of input"
            } else {
                text
            };
            parts.push(format!("unexpected {text}"));
        }
        if !expected.is_empty() {
            parts.push(format!("expecting {}", enumerate(&expected)));
        }
        if parts.is_empty() {
            "unknown parse error".into()
        } else {
            parts.join(" ").replace('\n', " ")
        }
    }
}

fn push_new<'t>(list: &mut Vec<&'t str>, text: &'t str) {
    if !text.is_empty() && !list.contains(&text) {
        list.push(text);
    }
}

/// `a, b or c`
fn enumerate(items: &[&str]) -> String {
    match items {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    }
}

/// A character as a quoted string literal, with the escapes that the original prints.
pub(super) fn shown(character: char) -> String {
    let mut text = String::from('"');
    if character == '"' {
        text.push_str("\\\"");
    } else {
        push_escaped(&mut text, character);
    }
    text.push('"');
    text
}

/// A character as a character literal.
pub(super) fn shown_as_char(character: char) -> String {
    let mut text = String::from('\'');
    if character == '\'' {
        text.push_str("\\'");
    } else {
        push_escaped(&mut text, character);
    }
    text.push('\'');
    text
}

fn push_escaped(text: &mut String, character: char) {
    const CONTROLS: [&str; 32] = [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "a", "b", "t", "n", "v", "f", "r", "SO",
        "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC",
        "FS", "GS", "RS", "US",
    ];
    match character {
        '\\' => text.push_str("\\\\"),
        '\u{7f}' => text.push_str("\\DEL"),
        ' '..='~' => text.push(character),
        other => {
            let code = u32::from(other);
            match CONTROLS.get(code as usize) {
                Some(name) => {
                    text.push('\\');
                    text.push_str(name);
                }
                // Writing to a String cannot fail.
                None => drop(write!(text, "\\{code}")),
            }
        }
    }
}

/// Line and column, from 1, of what follows `before`.
pub(super) fn position(before: &str) -> (usize, usize) {
    before
        .chars()
        .fold((1, 1), |(line, column), character| match character {
            '\n' => (line + 1, 1),
            '\t' => (line, column + 8 - (column - 1) % 8),
            _ => (line, column + 1),
        })
}
