//! SQL identifiers: the one place that quotes them.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// An identifier as PostgreSQL text: wrapped in double quotes, inner quotes doubled, cut at a NUL
/// (which no identifier can hold).
///
/// ```
/// assert_eq!(crestfall_core::name::quote(r#"odd "one""#).to_string(), r#""odd ""one""""#);
/// ```
pub fn quote(name: &str) -> Quoted<'_> {
    Quoted(name)
}

/// What [`quote`] gives; its `Display` is the quoted identifier.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        let name = self.0.split('\0').next().unwrap_or_default();
        f.write_char('"')?;
        for (index, part) in name.split('"').enumerate() {
            if index > 0 {
                f.write_str("\"\"")?;
            }
            f.write_str(part)?;
        }
        f.write_char('"')
    }
}

/// A string as a PostgreSQL literal, for the few places that take no parameter. Cut at a NUL.
///
/// ```
/// assert_eq!(crestfall_core::name::literal("it's").to_string(), "'it''s'");
/// assert_eq!(crestfall_core::name::literal(r"a\b").to_string(), r"E'a\\b'");
/// ```
pub fn literal(value: &str) -> Literal<'_> {
    Literal(value)
}

/// What [`literal`] gives; its `Display` is the quoted literal.
#[derive(Clone, Copy, Debug)]
pub struct Literal<'a>(&'a str);

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        let value = self.0.split('\0').next().unwrap_or_default();
        if value.contains('\\') {
            f.write_char('E')?;
        }
        f.write_char('\'')?;
        for character in value.chars() {
            match character {
                '\'' => f.write_str("''")?,
                '\\' => f.write_str("\\\\")?,
                other => f.write_char(other)?,
            }
        }
        f.write_char('\'')
    }
}

/// A schema-qualified name. An empty schema means "found by the search path".
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct QualifiedName {
    /// The schema, unquoted; empty when the search path decides.
    pub schema: Arc<str>,
    /// The relation, routine or type, unquoted.
    pub name: Arc<str>,
}

impl QualifiedName {
    /// Puts a schema and a name together, both unquoted.
    pub fn new(schema: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self {
            schema: schema.into(),
            name: name.into(),
        }
    }

    /// Splits `schema.name` at the first dot; without a dot the schema is empty.
    pub fn parse(text: &str) -> Self {
        match text.split_once('.') {
            Some((schema, name)) => Self::new(schema, name),
            None => Self::new("", text),
        }
    }
}

/// The quoted form, `"schema"."name"`, ready for SQL.
impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.schema.is_empty() {
            write!(f, "{}.", quote(&self.schema))?;
        }
        quote(&self.name).fmt(f)
    }
}
