//! Text and actions, with the white space trimmed that `{{-` and `-}}` ask to trim.

use super::SyntaxError;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Text(&'a str),
    /// What stands between the braces.
    Action(&'a str),
}

#[derive(Debug)]
pub(super) struct Located<'a> {
    pub(super) token: Token<'a>,
    pub(super) line: usize,
}

pub(super) fn tokens(source: &str) -> Result<Vec<Located<'_>>, SyntaxError> {
    let mut tokens = Vec::new();
    let (mut rest, mut line, mut trim) = (source, 1, false);
    while let Some(open) = rest.find("{{") {
        let (before, action) = (&rest[..open], &rest[open + 2..]);
        let action_line = line + lines(before);
        let length = action_length(action).ok_or_else(|| SyntaxError {
            line: action_line,
            message: "`{{` is never closed".to_owned(),
        })?;
        let inside = &action[..length];
        let (inside, trims_before) = match inside.strip_prefix('-') {
            Some(stripped) if stripped.starts_with(char::is_whitespace) => (stripped, true),
            _ => (inside, false),
        };
        text(&mut tokens, before, line, trim, trims_before);
        let (inside, trims_after) = match inside.strip_suffix('-') {
            Some(stripped) if stripped.ends_with(char::is_whitespace) => (stripped, true),
            _ => (inside, false),
        };
        let inside = inside.trim();
        if !(inside.starts_with("/*") && inside.ends_with("*/")) {
            tokens.push(Located {
                token: Token::Action(inside),
                line: action_line,
            });
        }
        trim = trims_after;
        line = action_line + lines(&action[..length]);
        rest = &action[length + 2..];
    }
    text(&mut tokens, rest, line, trim, false);
    Ok(tokens)
}

fn text<'a>(tokens: &mut Vec<Located<'a>>, text: &'a str, line: usize, start: bool, end: bool) {
    let text = if start { text.trim_start() } else { text };
    let text = if end { text.trim_end() } else { text };
    if !text.is_empty() {
        tokens.push(Located {
            token: Token::Text(text),
            line,
        });
    }
}

fn lines(text: &str) -> usize {
    text.matches('\n').count()
}

/// Up to the `}}` that is neither in a string nor in a comment.
fn action_length(action: &str) -> Option<usize> {
    let begin = action.trim_start_matches('-').trim_start();
    if begin.starts_with("/*") {
        let end = action.find("*/")? + 2;
        return Some(end + action[end..].find("}}")?);
    }
    let bytes = action.as_bytes();
    let (mut at, mut quote) = (0, None);
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            (None, b'"' | b'`') => quote = Some(bytes[at]),
            (Some(b'"'), b'\\') => at += 1,
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
        at += 1;
    }
    None
}
