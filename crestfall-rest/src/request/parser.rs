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

mod report;

use std::borrow::Cow;

use report::{Remark, Report, position, shown, shown_as_char};

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
    recent: Option<Recent<'i>>,
}

/// What a parser found at some position, because alternatives often begin alike.
#[derive(Debug, Clone, Copy)]
struct Recent<'i> {
    start: usize,
    end: usize,
    value: &'i str,
}

/// Why a text does not parse, in a client's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// `"what" (line 1, column 5)`
    pub(crate) message: String,
    /// `unexpected "x" expecting …`
    pub(crate) details: String,
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
            recent: None,
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

    #[inline]
    fn rest(&self) -> &'i str {
        &self.input[self.at..]
    }

    #[inline]
    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// What stands at `at`, as a remark.
    fn found_at(&self, at: usize) -> Remark {
        let next = self.input[at..].chars().next();
        Remark::Found(next.map(shown).unwrap_or_default())
    }

    /// Moves `count` bytes on, forgetting the report.
    #[inline]
    fn advance(&mut self, count: usize) {
        self.at += count;
        if EXPLAIN {
            self.report.remarks.clear();
        }
    }

    /// Adds "that is not it" at the present position.
    #[inline]
    fn mismatch(&mut self, expected: &[&'static str]) {
        if EXPLAIN {
            let mut remarks = vec![self.found_at(self.at)];
            remarks.extend(expected.iter().map(|&it| Remark::Expected(it.into())));
            let at = self.at;
            self.report.merge(Report { at, remarks });
        }
    }

    #[inline]
    fn saved_report(&self) -> Option<Report> {
        EXPLAIN.then(|| self.report.clone())
    }

    /// Runs the one parser of a grammar that alternatives begin with, unless it has just run here.
    #[inline]
    pub(super) fn remembered(
        &mut self,
        parser: impl FnOnce(&mut Self) -> Parsed<Cow<'i, str>>,
    ) -> Parsed<Cow<'i, str>> {
        if EXPLAIN {
            return parser(self);
        }
        let start = self.at;
        if let Some(recent) = self.recent
            && recent.start == start
        {
            self.at = recent.end;
            return Ok(Cow::Borrowed(recent.value));
        }
        let value = parser(self)?;
        if let Cow::Borrowed(value) = value {
            let end = self.at;
            self.recent = Some(Recent { start, end, value });
        }
        Ok(value)
    }

    /// One ASCII character. `expected` is how a report names it, such as `"\",\""`.
    #[inline]
    pub(super) fn symbol(&mut self, symbol: u8, expected: &'static str) -> Parsed<()> {
        if self.rest().as_bytes().first() == Some(&symbol) {
            self.advance(1);
            return Ok(());
        }
        self.mismatch(&[expected]);
        Err(Failed)
    }

    /// An ASCII word. A beginning of it that matches counts as read.
    #[inline]
    pub(super) fn word(&mut self, word: &'static str) -> Parsed<()> {
        let rest = self.rest().as_bytes();
        if !EXPLAIN && rest.first() != word.as_bytes().first() {
            return Err(Failed);
        }
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
    #[inline]
    pub(super) fn keyword<T>(&mut self, word: &'static str, value: T) -> Parsed<T> {
        self.attempt(|it| it.word(word))?;
        Ok(value)
    }

    /// As many characters as `accepted` takes, perhaps none; `expected` is what else could follow.
    #[inline]
    pub(super) fn take_while(
        &mut self,
        expected: &[&'static str],
        accepted: impl Fn(char) -> bool,
    ) -> &'i str {
        let rest = self.rest();
        let length = accepted_length(rest, accepted);
        if length > 0 {
            self.advance(length);
        }
        self.mismatch(expected);
        &rest[..length]
    }

    /// As [`Self::take_while`], at least one.
    #[inline]
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
    #[inline]
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
    #[inline]
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
    #[inline]
    pub(super) fn attempt<T>(&mut self, parser: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let start = self.at;
        let before = self.saved_report();
        let result = parser(self);
        if result.is_err() && self.at != start {
            self.at = start;
            if let Some(before) = before {
                let failure = std::mem::replace(&mut self.report, before);
                self.report.merge(failure);
            }
        }
        result
    }

    /// The second parser where the first fails without reading.
    #[inline]
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
    #[inline]
    pub(super) fn maybe<T>(
        &mut self,
        parser: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<Option<T>> {
        self.either(|it| parser(it).map(Some), |_| Ok(None))
    }

    /// Names what a parser expects, where it has read nothing.
    #[inline]
    pub(super) fn label<T>(
        &mut self,
        label: &'static str,
        parser: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let start = self.at;
        let before = EXPLAIN.then(|| std::mem::take(&mut self.report));
        let result = parser(self);
        if let Some(before) = before
            && self.at == start
        {
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
    #[inline]
    pub(super) fn ahead(&mut self, word: &'static str) -> Parsed<()> {
        self.attempt(|it| {
            let start = it.at;
            let before = it.saved_report();
            it.word(word)?;
            it.at = start;
            if let Some(before) = before {
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

    #[inline]
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
    #[inline]
    pub(super) fn lexeme<T>(&mut self, parser: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.blanks();
        let value = parser(self)?;
        self.blanks();
        Ok(value)
    }

    #[inline]
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

/// How many bytes the accepted characters at the beginning take.
#[inline]
fn accepted_length(text: &str, accepted: impl Fn(char) -> bool) -> usize {
    let bytes = text.as_bytes();
    let mut length = 0;
    while let Some(&byte) = bytes.get(length) {
        // Nearly all is ASCII, which needs no decoding.
        let character = if byte.is_ascii() {
            char::from(byte)
        } else {
            text[length..].chars().next().unwrap_or_default()
        };
        if !accepted(character) {
            break;
        }
        length += character.len_utf8();
    }
    length
}

fn append<'i>(value: &mut Cow<'i, str>, piece: &'i str) {
    if value.is_empty() {
        *value = Cow::Borrowed(piece);
    } else if !piece.is_empty() {
        value.to_mut().push_str(piece);
    }
}
