//! Tokens to nodes, each hole with the escaping of its place.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::escape::Escape;
use super::expression::{self, Expression};
use super::html::Place;
use super::lexer::{self, Located, Token};
use super::{Form, Node, SyntaxError};

/// Deeper nesting is a mistake.
const DEEPEST: usize = 40;

pub(super) fn parse(
    source: &str,
    form: Form,
    variables: &'static [&'static str],
) -> Result<Vec<Node>, SyntaxError> {
    let mut parser = Parser {
        tokens: lexer::tokens(source)?.into_iter().peekable(),
        form,
        variables,
        place: Place::default(),
    };
    let (nodes, end) = parser.nodes(0, true)?;
    match end {
        None => Ok(nodes),
        Some((line, word)) => Err(SyntaxError {
            line,
            message: format!("`{word}` without `if`, `range` or `with`"),
        }),
    }
}

struct Parser<'a> {
    tokens: Peekable<IntoIter<Located<'a>>>,
    form: Form,
    variables: &'static [&'static str],
    place: Place,
}

/// `else …` or `end`, and its line.
type End<'a> = Option<(usize, &'a str)>;

impl<'a> Parser<'a> {
    /// The nodes up to `else`, `end` or the end. Whether `.` is the root decides which names it has.
    fn nodes(&mut self, depth: usize, at_root: bool) -> Result<(Vec<Node>, End<'a>), SyntaxError> {
        let mut nodes = Vec::new();
        while let Some(Located { token, line }) = self.tokens.next() {
            let fail = |message: String| SyntaxError { line, message };
            if depth > DEEPEST {
                return Err(fail("nested too deeply".to_owned()));
            }
            let action = match token {
                Token::Text(text) => {
                    if self.form == Form::Html {
                        self.place.read(text);
                    }
                    nodes.push(Node::Text(text.to_owned()));
                    continue;
                }
                Token::Action(action) => action,
            };
            let (word, rest) = action
                .split_once(|c: char| c.is_whitespace() || c == '(')
                .map_or((action, ""), |(word, _)| {
                    (word, action[word.len()..].trim())
                });
            match word {
                "end" if !rest.is_empty() => {
                    return Err(fail(format!("`{action}` is not understood")));
                }
                "else" | "end" => return Ok((nodes, Some((line, action)))),
                "if" | "with" | "range" => {
                    nodes.push(self.block(word, rest, line, depth, at_root)?);
                }
                "define" | "template" | "block" | "break" | "continue" => {
                    return Err(fail(format!("`{word}` is not supported")));
                }
                _ => {
                    let expression =
                        expression::parse(action, self.names(at_root)).map_err(fail)?;
                    let escape = self.escape().map_err(fail)?;
                    nodes.push(Node::Hole(expression.merged_with(escape), escape));
                }
            }
        }
        Ok((nodes, None))
    }

    fn names(&self, at_root: bool) -> expression::Names {
        expression::Names {
            known: self.variables,
            at_root,
        }
    }

    fn escape(&mut self) -> Result<Escape, String> {
        match self.form {
            Form::Html => self.place.fill(),
            Form::Text | Form::Line => Ok(Escape::Text),
        }
    }

    fn block(
        &mut self,
        word: &str,
        subject: &str,
        line: usize,
        depth: usize,
        at_root: bool,
    ) -> Result<Node, SyntaxError> {
        let fail = |message: String| SyntaxError { line, message };
        let subject = expression::parse(subject, self.names(at_root)).map_err(fail)?;
        let start = self.place.clone();
        let inside_root = at_root && word == "if";
        let (yes, end) = self.nodes(depth + 1, inside_root)?;
        let after_yes = std::mem::replace(&mut self.place, start.clone());
        let no = match end {
            None => return Err(fail(format!("`{word}` without `end`"))),
            Some((_, "end")) => Vec::new(),
            Some((else_line, other)) => self.otherwise(word, other, else_line, depth, at_root)?,
        };
        self.place = self.place.joined(&after_yes).ok_or_else(|| {
            fail(format!(
                "the ways through this `{word}` end in different places of the HTML"
            ))
        })?;
        Ok(node(word, subject, yes, no))
    }

    /// What follows an `else`, up to its `end`.
    fn otherwise(
        &mut self,
        word: &str,
        other: &'a str,
        line: usize,
        depth: usize,
        at_root: bool,
    ) -> Result<Vec<Node>, SyntaxError> {
        let fail = |message: String| SyntaxError { line, message };
        let chained = other
            .strip_prefix("else")
            .map(str::trim)
            .unwrap_or_default();
        if let Some((next @ ("if" | "with"), subject)) = chained
            .split_once(char::is_whitespace)
            .map(|(next, subject)| (next, subject.trim()))
        {
            if depth >= DEEPEST {
                return Err(fail("nested too deeply".to_owned()));
            }
            // The chain's own `end` ends us too.
            return Ok(vec![self.block(next, subject, line, depth + 1, at_root)?]);
        }
        if !chained.is_empty() {
            return Err(fail(format!("`{other}` is not understood")));
        }
        match self.nodes(depth + 1, at_root)? {
            (nodes, Some((_, "end"))) => Ok(nodes),
            (_, Some((line, again))) => Err(SyntaxError {
                line,
                message: format!("`{again}` after `else`"),
            }),
            (_, None) => Err(fail(format!("`{word}` without `end`"))),
        }
    }
}

fn node(word: &str, subject: Expression, yes: Vec<Node>, no: Vec<Node>) -> Node {
    match word {
        "with" => Node::With(subject, yes, no),
        "range" => Node::Range(subject, yes, no),
        _ => Node::If(subject, yes, no),
    }
}
