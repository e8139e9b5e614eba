//! A statement in the making.

use std::fmt;
use std::sync::Arc;

use crate::name::{QualifiedName, quote};

/// Text with its parameters, whose values are of any kind until the statement is run.
///
/// ```
/// use crestfall_core::db::SqlBuilder;
///
/// let mut sql = SqlBuilder::default();
/// sql.push("select * from ").ident("odd \"one\"").push(" where id = ").param(7);
/// let (text, params) = sql.finish();
/// assert_eq!(&*text, r#"select * from "odd ""one""" where id = $1"#);
/// assert_eq!(params, [7]);
/// ```
#[derive(Debug, Clone)]
pub struct SqlBuilder<P> {
    text: String,
    params: Vec<P>,
}

impl<P> Default for SqlBuilder<P> {
    fn default() -> Self {
        Self {
            text: String::new(),
            params: Vec::new(),
        }
    }
}

impl<P> SqlBuilder<P> {
    /// The finished text and its parameters in order.
    pub fn finish(self) -> (Arc<str>, Vec<P>) {
        (self.text.into(), self.params)
    }

    /// Appends SQL.
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends what formats as SQL: quoted names, literals, numbers.
    pub fn display(&mut self, value: impl fmt::Display) -> &mut Self {
        use fmt::Write as _;
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{value}");
        self
    }

    /// Appends an identifier, quoted.
    pub fn ident(&mut self, name: &str) -> &mut Self {
        self.display(quote(name))
    }

    /// Appends a name with its schema, quoted.
    pub fn name(&mut self, name: &QualifiedName) -> &mut Self {
        self.display(name)
    }

    /// Appends `$n` for one more parameter.
    pub fn param(&mut self, value: P) -> &mut Self {
        self.params.push(value);
        let number = self.params.len();
        self.display(format_args!("${number}"))
    }

    /// Takes the text out, to write another apart from it; parameters count on.
    pub fn take_text(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// Puts a text in the place of the one there is, which comes back.
    pub fn replace_text(&mut self, text: String) -> String {
        std::mem::replace(&mut self.text, text)
    }
}
