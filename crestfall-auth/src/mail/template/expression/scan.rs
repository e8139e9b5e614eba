//! The words of an expression.

use std::fmt;

use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    Path { from_root: bool, names: Vec<String> },
    Name(String),
    Literal(Value),
    Open,
    Close,
    Pipe,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { names, .. } => write!(f, "`.{}`", names.join(".")),
            Self::Name(name) => write!(f, "`{name}`"),
            Self::Literal(value) => write!(f, "`{value}`"),
            Self::Open => f.write_str("`(`"),
            Self::Close => f.write_str("`)`"),
            Self::Pipe => f.write_str("`|`"),
        }
    }
}

pub(super) struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) fn peek(&mut self) -> Result<Option<Word>, String> {
        let before = self.rest;
        let word = self.next();
        self.rest = before;
        word
    }

    pub(super) fn take(&mut self, wanted: &Word) -> Result<bool, String> {
        let found = self.peek()?.as_ref() == Some(wanted);
        if found {
            self.next()?;
        }
        Ok(found)
    }

    pub(super) fn next(&mut self) -> Result<Option<Word>, String> {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };
        let word = match first {
            '(' => self.symbol(Word::Open),
            ')' => self.symbol(Word::Close),
            '|' => self.symbol(Word::Pipe),
            '.' => Word::Path {
                from_root: false,
                names: self.path()?,
            },
            '$' => self.root_path()?,
            '"' => self.quoted()?,
            '`' => self.raw()?,
            '0'..='9' | '-' => self.number()?,
            _ if first.is_alphabetic() || first == '_' => {
                let name = self.identifier();
                if self.rest.starts_with('.') {
                    return Err(format!("`{name}.…` is not understood"));
                }
                Word::Name(name)
            }
            _ => return Err(format!("`{first}` is not understood")),
        };
        Ok(Some(word))
    }

    fn symbol(&mut self, word: Word) -> Word {
        self.rest = &self.rest[1..];
        word
    }

    fn identifier(&mut self) -> String {
        let end = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name.to_owned()
    }

    /// `.a.b`, or `.` alone.
    fn path(&mut self) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        while let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            let name = self.identifier();
            if name.is_empty() {
                if names.is_empty() && !rest.starts_with('.') {
                    return Ok(names);
                }
                return Err("a name is missing after `.`".to_owned());
            }
            names.push(name);
        }
        Ok(names)
    }

    fn root_path(&mut self) -> Result<Word, String> {
        self.rest = &self.rest[1..];
        if self
            .rest
            .starts_with(|c: char| c.is_alphanumeric() || c == '_')
        {
            return Err("variables such as `$x` are not supported".to_owned());
        }
        Ok(Word::Path {
            from_root: true,
            names: self.path()?,
        })
    }

    /// A string as Go and JSON agree to write it.
    fn quoted(&mut self) -> Result<Word, String> {
        let mut escaped = false;
        let end = self.rest[1..]
            .find(|c: char| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            })
            .ok_or("a string is never closed")?;
        let (string, rest) = self.rest.split_at(end + 2);
        self.rest = rest;
        serde_json::from_str(string)
            .map(Word::Literal)
            .map_err(|_| format!("the string {string} is not understood"))
    }

    fn raw(&mut self) -> Result<Word, String> {
        let inside = &self.rest[1..];
        let end = inside.find('`').ok_or("a string is never closed")?;
        self.rest = &inside[end + 1..];
        Ok(Word::Literal(Value::from(&inside[..end])))
    }

    fn number(&mut self) -> Result<Word, String> {
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || c == ')' || c == '|')
            .unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        serde_json::from_str::<serde_json::Number>(number)
            .map(|number| Word::Literal(Value::Number(number)))
            .map_err(|_| format!("the number `{number}` is not understood"))
    }
}
