//! Texts with holes, in the syntax of Go's `html/template` that GoTrue's users write:
//! `{{ .Email }}`, `{{ if eq .Data.lang "de" }} … {{ else }} … {{ end }}`, `range`, `with`.
//!
//! Every hole is filled as its place demands: text, attribute, the start of a URL, its query. A
//! place where nothing is safe (scripts, styles, handlers, unquoted attributes) is an error of
//! the file, found when it is loaded. What cannot be evaluated is empty, as in Go.

mod escape;
mod expression;
mod html;
mod lexer;
mod parser;

use serde_json::Value;

use escape::Escape;
pub(crate) use escape::one_line;
use expression::Expression;

/// What a template's output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// HTML.
    Html,
    /// Plain text.
    Text,
    /// One line, such as a subject.
    Line,
}

/// A template that was understood.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    nodes: Vec<Node>,
    form: Form,
}

#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Hole(Expression, Escape),
    If(Expression, Vec<Node>, Vec<Node>),
    With(Expression, Vec<Node>, Vec<Node>),
    Range(Expression, Vec<Node>, Vec<Node>),
}

/// Why a template was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub(crate) struct SyntaxError {
    pub(crate) line: usize,
    pub(crate) message: String,
}

/// The longest output, in bytes.
const LONGEST: usize = 1 << 20;

/// A mail of more than a megabyte is a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text would be longer than {LONGEST} bytes")]
pub struct TooLong;

impl Template {
    /// Reads a template that may use the named variables.
    pub(crate) fn parse(
        source: &str,
        form: Form,
        variables: &'static [&'static str],
    ) -> Result<Self, SyntaxError> {
        let nodes = parser::parse(source, form, variables)?;
        Ok(Self { nodes, form })
    }

    /// Fills the holes.
    pub(crate) fn render(&self, data: &Value) -> Result<String, TooLong> {
        let mut output = String::new();
        let scope = Scope {
            root: data,
            dot: data,
        };
        render(&self.nodes, scope, &mut output)?;
        if self.form == Form::Line {
            return Ok(escape::one_line(&output));
        }
        Ok(output)
    }
}

/// What `$` and `.` stand for.
#[derive(Clone, Copy)]
struct Scope<'a> {
    root: &'a Value,
    dot: &'a Value,
}

fn render(nodes: &[Node], scope: Scope<'_>, output: &mut String) -> Result<(), TooLong> {
    for node in nodes {
        match node {
            Node::Text(text) => output.push_str(text),
            Node::Hole(expression, how) => {
                let value = expression.evaluate(scope);
                output.push_str(&how.apply(&expression::print(&value)));
            }
            Node::If(condition, yes, no) => {
                let chosen = if expression::is_true(&condition.evaluate(scope)) {
                    yes
                } else {
                    no
                };
                render(chosen, scope, output)?;
            }
            Node::With(subject, yes, no) => {
                let value = subject.evaluate(scope);
                if expression::is_true(&value) {
                    render(
                        yes,
                        Scope {
                            dot: &value,
                            ..scope
                        },
                        output,
                    )?;
                } else {
                    render(no, scope, output)?;
                }
            }
            Node::Range(list, body, none) => render_range(list, body, none, scope, output)?,
        }
        if output.len() > LONGEST {
            return Err(TooLong);
        }
    }
    Ok(())
}

fn render_range(
    list: &Expression,
    body: &[Node],
    none: &[Node],
    scope: Scope<'_>,
    output: &mut String,
) -> Result<(), TooLong> {
    let items: Vec<Value> = match list.evaluate(scope) {
        Value::Array(items) => items,
        Value::Object(members) => members.into_iter().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    };
    if items.is_empty() {
        return render(none, scope, output);
    }
    for item in &items {
        render(body, Scope { dot: item, ..scope }, output)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
