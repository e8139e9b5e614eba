//! A small parser-combinator kit whose failures read as the ones PostgREST's clients know:
//! `unexpected "x" expecting "a", "b" or end of input`, at the furthest position reached.
//!
//! A grammar is written once against [`Scanner`]. It first runs with `EXPLAIN = false`, where
//! every line about reports compiles to nothing; only when that fails does it run again with
//! `EXPLAIN = true` to find out what to tell.
//!
//! The rules for reports:
//! - a parser that moves forward forgets what was reported before it;
//! - one that does not move adds its report to what was there: the further position wins, equal
//!   positions join;
//! - a failure after moving is final, unless [`Scanner::attempt`] takes the move back.
//!
//! So "has it consumed" is always "has `at` moved", also after a failure.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The parser did not match; why is in the scanner's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failed;

pub(super) type Parsed<T> = Result<T, Failed>;

/// A position in a text, with what was expected there.
#[derive(Debug)]
pub(super) struct Scanner<'i, const EXPLAIN: bool> {
    input: &'i str,
    at: usize,
    report: Report,
    /// Levels of nesting that may still be opened.
    levels_left: usize,
    too_deep: bool,
}

/// Why a text does not parse, in a client's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// `"what" (line 1, column 5)`
    pub(crate) message: String,
    /// `unexpected "x" expecting …`
    pub(crate) details: String,
}

#[derive(Debug, Default, Clone)]
struct Report {
    at: usize,
    remarks: Vec<Remark>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Remark {
    /// The text that stands there instead of a token; empty at the end.
    Found(String),
    /// Something that a parser matched but must not.
    Unwanted(String),
    Expected(Cow<'static, str>),
}

impl Report {
    fn merge(&mut self, other: Report) {
        if other.remarks.is_empty() {
            return;
        }
        if self.remarks.is_empty() || self.at < other.at {
            *self = other;
        } else if self.at == other.at {
            self.remarks.extend(other.remarks);
        }
    }

    fn expect_only(&mut self, label: &'static str) {
        self.remarks
            .retain(|remark| !matches!(remark, Remark::Expected(_)));
        self.remarks.push(Remark::Expected(label.into()));
    }

    fn details(&self) -> String {
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
fn shown(character: char) -> String {
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
fn shown_as_char(character: char) -> String {
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

/// Parses all it can of `text`; `source` names it when it fails.
pub(super) fn parse<'i, T>(
    text: &'i str,
    max_depth: usize,
    fast: impl FnOnce(&mut Scanner<'i, false>) -> Parsed<T>,
    explain: impl FnOnce(&mut Scanner<'i, true>) -> Parsed<T>,
    source: impl FnOnce() -> String,
) -> Result<T, SyntaxError> {
    if let Ok(value) = fast(&mut Scanner::new(text, max_depth)) {
        return Ok(value);
    }
    let mut scanner = Scanner::<true>::new(text, max_depth);
    explain(&mut scanner).map_err(|Failed| scanner.error(&source(), max_depth))
}

impl<'i, const EXPLAIN: bool> Scanner<'i, EXPLAIN> {
    pub(super) fn new(input: &'i str, max_depth: usize) -> Self {
        Self {
            input,
            at: 0,
            report: Report::default(),
            levels_left: max_depth,
            too_deep: false,
        }
    }

    /// Bytes read so far.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn error(&self, source: &str, max_depth: usize) -> SyntaxError {
        let at = if self.too_deep {
            self.at
        } else {
            self.report.at
        };
        let (line, column) = position(&self.input[..at]);
        SyntaxError {
            message: format!("\"{source}\" (line {line}, column {column})"),
            details: if self.too_deep {
                format!("nested deeper than {max_depth} levels")
            } else {
                self.report.details()
            },
        }
    }

    fn rest(&self) -> &'i str {
        &self.input[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// What stands at `at`, as a remark.
    fn found_at(&self, at: usize) -> Remark {
        let next = self.input[at..].chars().next();
        Remark::Found(next.map(shown).unwrap_or_default())
    }

    /// Moves `count` bytes on, forgetting the report.
    fn advance(&mut self, count: usize) {
        self.at += count;
        if EXPLAIN {
            self.report.remarks.clear();
        }
    }

    /// Adds "that is not it" at the present position.
    fn mismatch(&mut self, expected: &[&'static str]) {
        if EXPLAIN {
            let mut remarks = vec![self.found_at(self.at)];
            remarks.extend(expected.iter().map(|&it| Remark::Expected(it.into())));
            let at = self.at;
            self.report.merge(Report { at, remarks });
        }
    }

    fn saved_report(&self) -> Report {
        if EXPLAIN {
            self.report.clone()
        } else {
            Report::default()
        }
    }

    /// One ASCII character. `expected` is how a report names it, such as `"\",\""`.
    pub(super) fn symbol(&mut self, symbol: u8, expected: &'static str) -> Parsed<()> {
        if self.rest().as_bytes().first() == Some(&symbol) {
            self.advance(1);
            return Ok(());
        }
        self.mismatch(&[expected]);
        Err(Failed)
    }

    /// An ASCII word. A beginning of it that matches counts as read.
    pub(super) fn word(&mut self, word: &'static str) -> Parsed<()> {
        let rest = self.rest().as_bytes();
        if rest.starts_with(word.as_bytes()) {
            self.advance(word.len());
            return Ok(());
        }
        let pairs = rest.iter().zip(word.as_bytes());
        let matched = pairs.take_while(|(a, b)| a == b).count();
        if EXPLAIN {
            let start = self.at;
            let remarks = vec![
                self.found_at(start + matched),
                Remark::Expected(format!("\"{word}\"").into()),
            ];
            if matched > 0 {
                self.report.remarks.clear();
            }
            self.report.merge(Report { at: start, remarks });
        }
        self.at += matched;
        Err(Failed)
    }

    /// A word read in full or not at all, giving `value`.
    pub(super) fn keyword<T>(&mut self, word: &'static str, value: T) -> Parsed<T> {
        self.attempt(|it| it.word(word))?;
        Ok(value)
    }

    /// As many characters as `accepted` takes, perhaps none; `expected` is what else could follow.
    pub(super) fn take_while(
        &mut self,
        expected: &[&'static str],
        accepted: impl Fn(char) -> bool,
    ) -> &'i str {
        let rest = self.rest();
        let length = rest.find(|c| !accepted(c)).unwrap_or(rest.len());
        if length > 0 {
            self.advance(length);
        }
        self.mismatch(expected);
        &rest[..length]
    }

    /// As [`Self::take_while`], at least one.
    pub(super) fn take_some(
        &mut self,
        expected: &[&'static str],
        accepted: impl Fn(char) -> bool,
    ) -> Parsed<&'i str> {
        let text = self.take_while(expected, accepted);
        if text.is_empty() {
            Err(Failed)
        } else {
            Ok(text)
        }
    }

    /// Everything that is left.
    pub(super) fn take_rest(&mut self) -> &'i str {
        self.take_while(&[], |_| true)
    }

    /// `"quoted"`, where a backslash takes the next character as it is.
    pub(super) fn quoted(&mut self) -> Parsed<Cow<'i, str>> {
        const QUOTE: &str = "\"\\\"\"";
        self.symbol(b'"', QUOTE)?;
        let mut value = Cow::Borrowed("");
        loop {
            let rest = self.rest();
            let Some(length) = memchr::memchr2(b'"', b'\\', rest.as_bytes()) else {
                self.advance(rest.len());
                self.mismatch(&["\"\\\\\"", QUOTE]);
                return Err(Failed);
            };
            append(&mut value, &rest[..length]);
            self.advance(length + 1);
            if rest.as_bytes()[length] == b'"' {
                return Ok(value);
            }
            let Some(escaped) = self.peek() else {
                self.mismatch(&[]);
                return Err(Failed);
            };
            value.to_mut().push(escaped);
            self.advance(escaped.len_utf8());
        }
    }

    /// What `parser` reads, unless PostgreSQL has no such identifier: it is empty, also where it
    /// would be cut at a NUL.
    pub(super) fn identifier(
        &mut self,
        parser: impl FnOnce(&mut Self) -> Parsed<Cow<'i, str>>,
    ) -> Parsed<Cow<'i, str>> {
        let name = parser(self)?;
        if name.is_empty() || name.starts_with('\0') {
            self.mismatch(&[]);
            return Err(Failed);
        }
        Ok(name)
    }

    /// Matches, without reading, where the next character is none of `accepted`.
    pub(super) fn not_followed_by(
        &mut self,
        expected: &[&'static str],
        accepted: impl Fn(char) -> bool,
    ) -> Parsed<()> {
        match self.peek().filter(|&c| accepted(c)) {
            Some(unwanted) => {
                if EXPLAIN {
                    self.report.merge(Report {
                        at: self.at + unwanted.len_utf8(),
                        remarks: vec![Remark::Unwanted(shown_as_char(unwanted))],
                    });
                }
                Err(Failed)
            }
            None => {
                self.mismatch(expected);
                Ok(())
            }
        }
    }

    /// The end of the input.
    pub(super) fn end(&mut self) -> Parsed<()> {
        const LABEL: &str = "end of input";
        let Some(unwanted) = self.peek() else {
            self.mismatch(&[LABEL]);
            return Ok(());
        };
        if EXPLAIN {
            let at = self.at;
            let remarks = vec![
                Remark::Unwanted(shown_as_char(unwanted)),
                Remark::Expected(LABEL.into()),
            ];
            self.report.merge(Report { at, remarks });
        }
        Err(Failed)
    }

    /// Runs a parser that, when it fails, has read nothing.
    pub(super) fn attempt<T>(&mut self, parser: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let start = self.at;
        let before = self.saved_report();
        let result = parser(self);
        if result.is_err() && self.at != start {
            self.at = start;
            if EXPLAIN {
                let failure = std::mem::replace(&mut self.report, before);
                self.report.merge(failure);
            }
        }
        result
    }

    /// The second parser where the first fails without reading.
    pub(super) fn either<T>(
        &mut self,
        first: impl FnOnce(&mut Self) -> Parsed<T>,
        second: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let start = self.at;
        match first(self) {
            Err(Failed) if self.at == start => second(self),
            result => result,
        }
    }

    /// `None` where the parser fails without reading.
    pub(super) fn maybe<T>(
        &mut self,
        parser: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<Option<T>> {
        self.either(|it| parser(it).map(Some), |_| Ok(None))
    }

    /// Names what a parser expects, where it has read nothing.
    pub(super) fn label<T>(
        &mut self,
        label: &'static str,
        parser: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let start = self.at;
        let before = std::mem::take(&mut self.report);
        let result = parser(self);
        if EXPLAIN && self.at == start {
            let mut report = std::mem::replace(&mut self.report, before);
            if report.remarks.is_empty() {
                report.at = start;
            }
            if result.is_err() || !report.remarks.is_empty() {
                report.expect_only(label);
            }
            self.report.merge(report);
        }
        result
    }

    /// Matches where the word follows, without reading it.
    pub(super) fn ahead(&mut self, word: &'static str) -> Parsed<()> {
        self.attempt(|it| {
            let start = it.at;
            let before = it.saved_report();
            it.word(word)?;
            it.at = start;
            if EXPLAIN {
                it.report = before;
            }
            Ok(())
        })
    }

    /// The parser over and over, until it fails without reading.
    pub(super) fn many<T>(
        &mut self,
        mut parser: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        self.many_into(&mut items, &mut parser)?;
        Ok(items)
    }

    fn many_into<T>(
        &mut self,
        items: &mut Vec<T>,
        parser: &mut impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<()> {
        loop {
            let start = self.at;
            match parser(self) {
                // A parser that matches nothing would match it for ever.
                Ok(_) if self.at == start => return Ok(()),
                Ok(item) => items.push(item),
                Err(Failed) if self.at == start => return Ok(()),
                Err(Failed) => return Err(Failed),
            }
            if EXPLAIN {
                self.report.remarks.clear();
            }
        }
    }

    /// One or more, with a separator between.
    pub(super) fn separated<T>(
        &mut self,
        mut separator: impl FnMut(&mut Self) -> Parsed<()>,
        mut parser: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = vec![parser(self)?];
        self.many_into(&mut items, &mut |it| {
            separator(it)?;
            parser(it)
        })?;
        Ok(items)
    }

    /// Blanks around a parser.
    pub(super) fn lexeme<T>(&mut self, parser: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.blanks();
        let value = parser(self)?;
        self.blanks();
        Ok(value)
    }

    fn blanks(&mut self) {
        self.take_while(&[], |c| matches!(c, ' ' | '\t'));
    }

    /// One level deeper; fails for good when there are too many.
    pub(super) fn nested<T>(&mut self, parser: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.levels_left == 0 {
            self.too_deep = true;
            return Err(Failed);
        }
        self.levels_left -= 1;
        let result = parser(self);
        self.levels_left += 1;
        result
    }
}

/// Line and column, from 1, of what follows `before`.
fn position(before: &str) -> (usize, usize) {
    before
        .chars()
        .fold((1, 1), |(line, column), character| match character {
            '\n' => (line + 1, 1),
            '\t' => (line, column + 8 - (column - 1) % 8),
            _ => (line, column + 1),
        })
}

fn append<'i>(value: &mut Cow<'i, str>, piece: &'i str) {
    if value.is_empty() {
        *value = Cow::Borrowed(piece);
    } else if !piece.is_empty() {
        value.to_mut().push_str(piece);
    }
}
