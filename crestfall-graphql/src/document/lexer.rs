//! Text to tokens.

use super::{Position, SyntaxError};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token<'a> {
    /// One of `! $ & ( ) : = @ [ ] { | }`, or `.` for `...`.
    Mark(char),
    Name(&'a str),
    Int(&'a str),
    Float(&'a str),
    String(String),
    End,
}

/// Gives one token after the other.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    offset: usize,
    /// Up to where characters were counted, and the place there: each is counted once, however long the
    /// line is that it stands in.
    counted: usize,
    place: Position,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            offset: 0,
            counted: 0,
            place: Position { line: 1, column: 1 },
        }
    }

    /// The next token and where it begins.
    pub(crate) fn next(&mut self) -> Result<(Token<'a>, Position), SyntaxError> {
        self.skip_ignored();
        let at = self.position();
        let Some(first) = self.rest().chars().next() else {
            return Ok((Token::End, at));
        };
        let token = match first {
            '!' | '$' | '&' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '|' | '}' => {
                self.offset += 1;
                Token::Mark(first)
            }
            '.' if self.rest().starts_with("...") => {
                self.offset += 3;
                Token::Mark('.')
            }
            'a'..='z' | 'A'..='Z' | '_' => Token::Name(self.take_while(is_name)),
            '-' | '0'..='9' => self.number(at)?,
            '"' if self.rest().starts_with("\"\"\"") => self.block_string(at)?,
            '"' => self.string(at)?,
            other => {
                return Err(error(format!("unexpected character {other:?}"), at));
            }
        };
        Ok((token, at))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.offset..]
    }

    fn position(&mut self) -> Position {
        let more = self.text[self.counted..self.offset].chars().count();
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        self.place.column = self.place.column.saturating_add(more);
        self.counted = self.offset;
        self.place
    }

    /// White space, commas, comments, byte order marks.
    fn skip_ignored(&mut self) {
        while let Some(next) = self.rest().chars().next() {
            match next {
                '\n' => self.new_line(1),
                '\r' if self.rest().starts_with("\r\n") => self.new_line(2),
                '\r' => self.new_line(1),
                ' ' | '\t' | ',' | '\u{feff}' => self.offset += next.len_utf8(),
                '#' => {
                    self.take_while(|character| !matches!(character, '\n' | '\r'));
                }
                _ => return,
            }
        }
    }

    fn new_line(&mut self, length: usize) {
        self.offset += length;
        self.counted = self.offset;
        self.place = Position {
            line: self.place.line.saturating_add(1),
            column: 1,
        };
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest
            .find(|character| !wanted(character))
            .unwrap_or(rest.len());
        self.offset += end;
        &rest[..end]
    }

    fn number(&mut self, at: Position) -> Result<Token<'a>, SyntaxError> {
        let start = self.offset;
        if self.rest().starts_with('-') {
            self.offset += 1;
        }
        let digits = self.take_while(|character| character.is_ascii_digit());
        if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
            return Err(error("this is no number".to_owned(), at));
        }
        let mut is_float = false;
        if self.rest().starts_with('.') && !self.rest().starts_with("...") {
            is_float = true;
            self.offset += 1;
            self.digits(at)?;
        }
        if self.rest().starts_with(['e', 'E']) {
            is_float = true;
            self.offset += 1;
            if self.rest().starts_with(['+', '-']) {
                self.offset += 1;
            }
            self.digits(at)?;
        }
        if self.rest().starts_with(is_name) {
            return Err(error("a number ends in a name".to_owned(), at));
        }
        let text = &self.text[start..self.offset];
        Ok(match is_float {
            true => Token::Float(text),
            false => Token::Int(text),
        })
    }

    fn digits(&mut self, at: Position) -> Result<(), SyntaxError> {
        match self.take_while(|character| character.is_ascii_digit()) {
            "" => Err(error("this is no number".to_owned(), at)),
            _ => Ok(()),
        }
    }

    fn string(&mut self, at: Position) -> Result<Token<'a>, SyntaxError> {
        let unterminated = || error("a string does not end".to_owned(), at);
        self.offset += 1;
        let mut text = String::new();
        loop {
            text.push_str(
                self.take_while(|character| !matches!(character, '"' | '\\' | '\n' | '\r')),
            );
            match self.rest().chars().next() {
                Some('"') => {
                    self.offset += 1;
                    return Ok(Token::String(text));
                }
                Some('\\') => {
                    self.offset += 1;
                    text.push(self.escape(at)?);
                }
                _ => return Err(unterminated()),
            }
        }
    }

    fn escape(&mut self, at: Position) -> Result<char, SyntaxError> {
        let wrong = || error("a string holds an unknown escape".to_owned(), at);
        let next = self.rest().chars().next().ok_or_else(wrong)?;
        self.offset += next.len_utf8();
        Ok(match next {
            '"' | '\\' | '/' => next,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode().ok_or_else(wrong),
            _ => return Err(wrong()),
        })
    }

    /// What follows `\u`: `{…}`, four digits, or a pair of surrogates.
    fn unicode(&mut self) -> Option<char> {
        if let Some(braced) = self.rest().strip_prefix('{') {
            let (digits, _) = braced.split_once('}')?;
            self.offset += digits.len() + 2;
            return hexadecimal(digits, 1..=6).and_then(char::from_u32);
        }
        let first = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        self.rest().starts_with("\\u").then_some(())?;
        self.offset += 2;
        let second = self.four_digits()?;
        (0xdc00..0xe000).contains(&second).then_some(())?;
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        let value = hexadecimal(digits, 4..=4)?;
        self.offset += 4;
        Some(value)
    }

    fn block_string(&mut self, at: Position) -> Result<Token<'a>, SyntaxError> {
        self.offset += 3;
        let mut raw = String::new();
        loop {
            let rest = self.rest();
            let Some(end) = rest.find("\"\"\"") else {
                return Err(error("a string does not end".to_owned(), at));
            };
            self.offset += end + 3;
            if let Some(before) = rest[..end].strip_suffix('\\') {
                raw.push_str(before);
                raw.push_str("\"\"\"");
                continue;
            }
            raw.push_str(&rest[..end]);
            break;
        }
        self.count_lines();
        Ok(Token::String(block_value(&raw)))
    }

    /// Counts the lines that a block string took.
    fn count_lines(&mut self) {
        let taken = &self.text[self.counted..self.offset];
        if let Some(last) = taken.rfind('\n') {
            let lines = u32::try_from(taken.matches('\n').count()).unwrap_or(u32::MAX);
            self.counted += last + 1;
            self.place = Position {
                line: self.place.line.saturating_add(lines),
                column: 1,
            };
        }
    }
}

fn is_name(character: char) -> bool {
    character == '_' || character.is_ascii_alphanumeric()
}

fn hexadecimal(digits: &str, length: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let is_whole =
        length.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_whole
        .then(|| u32::from_str_radix(digits, 16).ok())
        .flatten()
}

fn error(message: String, at: Position) -> SyntaxError {
    SyntaxError {
        message,
        at,
        code: None,
    }
}

/// The value of a block string: without the indentation that its lines share, and without blank
/// lines at both ends.
fn block_value(raw: &str) -> String {
    let raw = raw.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = raw.split('\n').collect();
    let blank = |line: &&str| line.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
    let indentation = |line: &&str| {
        line.bytes()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count()
    };
    let common = lines
        .iter()
        .skip(1)
        .filter(|line| !blank(line))
        .map(indentation)
        .min()
        .unwrap_or(0);
    let stripped: Vec<&str> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| match index {
            0 => line,
            _ => line.get(common..).unwrap_or_default(),
        })
        .collect();
    let first = stripped.iter().position(|line| !blank(line));
    let last = stripped.iter().rposition(|line| !blank(line));
    match (first, last) {
        (Some(first), Some(last)) => stripped[first..=last].join("\n"),
        _ => String::new(),
    }
}
