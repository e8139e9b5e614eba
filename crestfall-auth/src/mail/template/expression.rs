//! What stands between the braces: `.Data.name`, `eq .A "b" | not`, `printf "%s" .Email`.

mod function;
mod scan;

use serde_json::Value;

use super::Scope;
use super::escape::Escape;
use function::Function;
use scan::{Scan, Word};

/// An expression that was understood.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    /// `.a.b`, or `$.a.b` from the root.
    Path {
        from_root: bool,
        names: Vec<String>,
    },
    Literal(Value),
    Call(Function, Vec<Expression>),
}

/// The names that `.` has.
#[derive(Clone, Copy)]
pub(super) struct Names {
    pub(super) known: &'static [&'static str],
    /// Whether `.` is the root here; else anything goes.
    pub(super) at_root: bool,
}

/// Deeper nesting is a mistake.
const DEEPEST: usize = 20;

pub(super) fn parse(text: &str, names: Names) -> Result<Expression, String> {
    let mut scan = Scan::new(text);
    let expression = pipeline(&mut scan, names, 0)?;
    match scan.next()? {
        None => Ok(expression),
        Some(word) => Err(format!("{word} was not expected in `{text}`")),
    }
}

/// Commands, each the last argument of the next.
fn pipeline(scan: &mut Scan<'_>, names: Names, depth: usize) -> Result<Expression, String> {
    if depth > DEEPEST {
        return Err("nested too deeply".to_owned());
    }
    let mut value = command(scan, names, depth, None)?;
    while scan.take(&Word::Pipe)? {
        value = command(scan, names, depth, Some(value))?;
    }
    Ok(value)
}

fn command(
    scan: &mut Scan<'_>,
    names: Names,
    depth: usize,
    piped: Option<Expression>,
) -> Result<Expression, String> {
    let first = scan.next()?.ok_or("an expression is missing")?;
    let Word::Name(name) = first else {
        let value = operand(first, scan, names, depth)?;
        return match piped {
            None => Ok(value),
            Some(_) => Err("only a function can stand after `|`".to_owned()),
        };
    };
    if let Some(literal) = literal(&name) {
        return Ok(Expression::Literal(literal));
    }
    let function = Function::named(&name)?;
    let mut arguments = Vec::new();
    while let Some(word) = scan.peek()? {
        if matches!(word, Word::Pipe | Word::Close) {
            break;
        }
        scan.next()?;
        arguments.push(operand(word, scan, names, depth)?);
    }
    arguments.extend(piped);
    function.check(&name, arguments.len())?;
    Ok(Expression::Call(function, arguments))
}

fn literal(name: &str) -> Option<Value> {
    match name {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        "nil" => Some(Value::Null),
        _ => None,
    }
}

fn operand(
    word: Word,
    scan: &mut Scan<'_>,
    names: Names,
    depth: usize,
) -> Result<Expression, String> {
    match word {
        Word::Path {
            from_root,
            names: path,
        } => {
            if let Some(first) = path.first()
                && (from_root || names.at_root)
                && !names.known.contains(&first.as_str())
            {
                let known = names.known.join(", .");
                return Err(format!("there is no `.{first}`; there are .{known}"));
            }
            Ok(Expression::Path {
                from_root,
                names: path,
            })
        }
        Word::Literal(value) => Ok(Expression::Literal(value)),
        Word::Name(name) => match literal(&name) {
            Some(value) => Ok(Expression::Literal(value)),
            None => Err(format!("put the call of `{name}` in parentheses")),
        },
        Word::Open => {
            let inner = pipeline(scan, names, depth + 1)?;
            if scan.take(&Word::Close)? {
                Ok(inner)
            } else {
                Err("`(` is never closed".to_owned())
            }
        }
        Word::Close | Word::Pipe => Err(format!("{word} was not expected")),
    }
}

impl Expression {
    pub(super) fn evaluate(&self, scope: Scope<'_>) -> Value {
        match self {
            Self::Literal(value) => value.clone(),
            Self::Path { from_root, names } => {
                let start = if *from_root { scope.root } else { scope.dot };
                names
                    .iter()
                    .try_fold(start, |value, name| value.get(name))
                    .cloned()
                    .unwrap_or_default()
            }
            Self::Call(function, arguments) => {
                let arguments: Vec<Value> = arguments
                    .iter()
                    .map(|argument| argument.evaluate(scope))
                    .collect();
                function.call(&arguments)
            }
        }
    }

    /// Without an escaping of its own at the end that its place does anyway.
    pub(super) fn merged_with(self, escape: Escape) -> Self {
        match self {
            Self::Call(Function::Urlquery, mut arguments)
                if escape == Escape::UrlQuery && arguments.len() == 1 =>
            {
                arguments.remove(0)
            }
            other => other,
        }
    }
}

/// As it stands in a text.
pub(super) fn print(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Nothing, zero and the empty are false.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}
