//! PostgREST's configuration file: `key = value` lines, groups, imports, `$(NAME)` in strings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How deep `import` may nest.
const MAX_IMPORTS: usize = 16;
/// How deep groups and lists may nest.
const MAX_DEPTH: usize = 64;
/// Bytes of a text: each interpolation may repeat what others repeated.
const MAX_TEXT: usize = 1 << 20;

/// A value as the file holds it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// `"text"`, with escapes and interpolation already done.
    Text(String),
    /// A number.
    Number(f64),
    /// `true`, `false`, `on`, `off`.
    Bool(bool),
    /// `[a, b]`.
    List(Vec<Value>),
}

/// What can be wrong with a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is no configuration.
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What was found or missed.
        message: String,
    },
}

/// Reads a file and what it imports into full key → value.
pub(crate) fn load(path: &Path) -> Result<BTreeMap<String, Value>, Error> {
    parse(path, &read(path)?)
}

/// Reads a file's text; what it imports is looked for beside `path`.
pub(crate) fn parse(path: &Path, text: &str) -> Result<BTreeMap<String, Value>, Error> {
    let mut values = BTreeMap::new();
    parse_into(path, text, "", 0, &mut values)?;
    Ok(values)
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.into(),
        source,
    })
}

fn parse_into(
    path: &Path,
    text: &str,
    prefix: &str,
    imports: usize,
    values: &mut BTreeMap<String, Value>,
) -> Result<(), Error> {
    let mut parser = Parser {
        path,
        text,
        at: 0,
        imports,
        depth: 0,
    };
    parser.directives(prefix, values)?;
    match parser.peek() {
        None => Ok(()),
        Some(found) => Err(parser.fail(format!("expected a setting, found `{found}`"))),
    }
}

struct Parser<'a> {
    path: &'a Path,
    text: &'a str,
    at: usize,
    imports: usize,
    /// Open groups and lists.
    depth: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let found = self.peek()?;
        self.at += found.len_utf8();
        Some(found)
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> String {
        let rest = self.rest();
        let end = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        let taken = rest[..end].to_owned();
        self.at += end;
        taken
    }

    fn fail(&self, message: impl Into<String>) -> Error {
        Error::Syntax {
            path: self.path.into(),
            line: self.text[..self.at].matches('\n').count() + 1,
            message: message.into(),
        }
    }

    /// Passes white space and comments.
    fn skip(&mut self) {
        loop {
            self.take_while(char::is_whitespace);
            if self.peek() != Some('#') {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), Error> {
        self.skip();
        match self.peek() {
            Some(found) if found == wanted => {
                self.next();
                Ok(())
            }
            found => Err(self.fail(format!("expected `{wanted}`, found {}", described(found)))),
        }
    }

    fn directives(
        &mut self,
        prefix: &str,
        values: &mut BTreeMap<String, Value>,
    ) -> Result<(), Error> {
        loop {
            self.skip();
            if !self.peek().is_some_and(char::is_alphabetic) {
                return Ok(());
            }
            self.directive(prefix, values)?;
        }
    }

    fn directive(
        &mut self,
        prefix: &str,
        values: &mut BTreeMap<String, Value>,
    ) -> Result<(), Error> {
        let name = self.take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        self.skip();
        if name == "import" && self.peek() == Some('"') {
            return self.import(prefix, values);
        }
        let key = format!("{prefix}{name}");
        if self.peek() == Some('{') {
            self.next();
            self.enter()?;
            self.directives(&format!("{key}."), values)?;
            self.depth -= 1;
            return self.expect('}');
        }
        self.expect('=')?;
        self.skip();
        let value = self.value(values)?;
        values.insert(key, value);
        Ok(())
    }

    fn import(&mut self, prefix: &str, values: &mut BTreeMap<String, Value>) -> Result<(), Error> {
        let target = self.string(values)?;
        if self.imports >= MAX_IMPORTS {
            return Err(self.fail("imports are nested too deep"));
        }
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let path = folder.join(target);
        let text = read(&path)?;
        parse_into(&path, &text, prefix, self.imports + 1, values)
    }

    fn value(&mut self, known: &BTreeMap<String, Value>) -> Result<Value, Error> {
        match self.peek() {
            Some('"') => self.string(known).map(Value::Text),
            Some('[') => self.list(known),
            Some(c) if c.is_ascii_digit() || matches!(c, '-' | '+') => self.number(),
            Some(c) if c.is_alphabetic() => self.word(),
            found => Err(self.fail(format!("expected a value, found {}", described(found)))),
        }
    }

    fn word(&mut self) -> Result<Value, Error> {
        match self.take_while(char::is_alphabetic).as_str() {
            "true" | "on" => Ok(Value::Bool(true)),
            "false" | "off" => Ok(Value::Bool(false)),
            other => Err(self.fail(format!("`{other}` is no value: text stands in quotes"))),
        }
    }

    fn number(&mut self) -> Result<Value, Error> {
        let digits =
            self.take_while(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
        digits
            .parse()
            .map(Value::Number)
            .map_err(|_| self.fail(format!("`{digits}` is no number")))
    }

    fn enter(&mut self) -> Result<(), Error> {
        self.depth += 1;
        match self.depth {
            0..=MAX_DEPTH => Ok(()),
            _ => Err(self.fail("groups and lists are nested too deep")),
        }
    }

    fn list(&mut self, known: &BTreeMap<String, Value>) -> Result<Value, Error> {
        self.expect('[')?;
        self.enter()?;
        let mut items = Vec::new();
        loop {
            self.skip();
            if self.peek() == Some(']') {
                self.next();
                self.depth -= 1;
                return Ok(Value::List(items));
            }
            items.push(self.value(known)?);
            self.skip();
            if self.peek() == Some(',') {
                self.next();
            }
        }
    }

    fn string(&mut self, known: &BTreeMap<String, Value>) -> Result<String, Error> {
        self.expect('"')?;
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape()?),
                Some('$') => text.push_str(&self.interpolation(known)?),
                Some(other) => text.push(other),
                None => return Err(self.fail("a string is not closed")),
            }
            if text.len() > MAX_TEXT {
                return Err(self.fail("a string is too long"));
            }
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        match self.next() {
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some(same @ ('"' | '\\')) => Ok(same),
            Some('u') => self.unicode(),
            found => Err(self.fail(format!("unknown escape \\{}", described(found)))),
        }
    }

    /// Four hexadecimal digits, two such for what lies beyond the basic plane.
    fn unicode(&mut self) -> Result<char, Error> {
        let mut unit = || -> Option<u16> {
            let digits: String = (0..4).map_while(|_| self.next()).collect();
            u16::from_str_radix(&digits, 16).ok()
        };
        let first = unit();
        let decoded = match first {
            Some(high @ 0xD800..=0xDBFF) => {
                let low = (self.next() == Some('\\') && self.next() == Some('u'))
                    .then(|| {
                        let digits: String = (0..4).map_while(|_| self.next()).collect();
                        u16::from_str_radix(&digits, 16).ok()
                    })
                    .flatten();
                low.and_then(|low| char::decode_utf16([high, low]).next()?.ok())
            }
            Some(unit) => char::from_u32(unit.into()),
            None => None,
        };
        decoded.ok_or_else(|| self.fail("\\u wants four hexadecimal digits"))
    }

    /// `$$` is a dollar, `$(NAME)` an earlier setting or else an environment variable.
    fn interpolation(&mut self, known: &BTreeMap<String, Value>) -> Result<String, Error> {
        match self.next() {
            Some('$') => Ok("$".into()),
            Some('(') => {
                let name = self.take_while(|c| c != ')' && c != '\n');
                if self.next() != Some(')') {
                    return Err(self.fail("`$(` is not closed"));
                }
                match known.get(&name) {
                    Some(Value::Text(text)) => Ok(text.clone()),
                    Some(Value::Number(number)) => Ok(number.to_string()),
                    Some(_) => Err(self.fail(format!("`{name}` is no text"))),
                    None => std::env::var(&name)
                        .map_err(|_| self.fail(format!("no setting or variable `{name}`"))),
                }
            }
            found => Err(self.fail(format!(
                "a dollar is written `$$`; found `$` and {}",
                described(found)
            ))),
        }
    }
}

fn described(found: Option<char>) -> String {
    found.map_or_else(|| "the end".into(), |c| format!("`{c}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<BTreeMap<String, Value>, Error> {
        super::parse(Path::new("test.conf"), text)
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let values = parse(
            "# comment\n a = \"x # y\" b = 12\nc = on\nd = [1, \"two\"] # end\napp.settings { e = -1.5 }",
        )
        .unwrap();
        assert_eq!(values["a"], Value::Text("x # y".into()));
        assert_eq!(values["b"], Value::Number(12.0));
        assert_eq!(values["c"], Value::Bool(true));
        assert_eq!(
            values["d"],
            Value::List(vec![Value::Number(1.0), Value::Text("two".into())])
        );
        assert_eq!(values["app.settings.e"], Value::Number(-1.5));
    }

    #[test]
    fn strings_know_escapes_and_interpolation() {
        let values = parse(r#"a = "q\"\\\u00e9\ud83d\ude00" b = "$$.role $(a)""#).unwrap();
        assert_eq!(values["a"], Value::Text("q\"\\é😀".into()));
        assert_eq!(values["b"], Value::Text("$.role q\"\\é😀".into()));
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line) in [
            ("a = 1\nb", 2),
            ("a = \"open", 1),
            ("\n\na = nope", 3),
            ("a = \"$.role\"", 1),
            ("key: value", 1),
            ("a = \"\\ud83dx\"", 1),
        ] {
            let Err(Error::Syntax { line: found, .. }) = parse(text) else {
                panic!("{text} was accepted");
            };
            assert_eq!(found, line, "{text}");
        }
    }

    #[test]
    fn nothing_nests_without_end_or_grows_without_bound() {
        assert!(parse(&"a{".repeat(100_000)).is_err());
        assert!(parse(&format!("a = {}", "[".repeat(100_000))).is_err());
        let doubling = (1..60).map(|n| format!("a{n} = \"$(a{0})$(a{0})\"\n", n - 1));
        let text = format!("a0 = \"x\"\n{}", doubling.collect::<String>());
        assert!(parse(&text).is_err());
    }

    #[test]
    fn an_import_is_relative_to_its_file() {
        let folder = std::env::temp_dir().join(format!("crestfall-import-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("main.conf"), "import \"more.conf\"\nb = 2").unwrap();
        std::fs::write(folder.join("more.conf"), "a = 1").unwrap();
        std::fs::write(folder.join("self.conf"), "import \"self.conf\"").unwrap();
        let values = load(&folder.join("main.conf")).unwrap();
        assert_eq!(values.len(), 2);
        assert!(load(&folder.join("self.conf")).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
