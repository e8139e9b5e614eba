//! Files of variables as GoTrue reads them (`.env`): `NAME=value` in lines, `#` begins a comment.
//!
//! A value may stand in quotes, and then go over several lines. Single quotes take it as it is; in
//! double quotes and without any, `$NAME` and `${NAME}` are what the file said of that name before,
//! and a backslash takes the special meaning away.
//!
//! It is our own because the usual crate, `dotenvy`, reads other files than GoTrue does: it has no
//! lines `NAME: value`, a `$NAME` in it is the process's variable before it is the file's own, which
//! would make a file mean something else on each machine, and its errors tell no line.

use std::collections::BTreeMap;

/// A file that is not understood, with the number of the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {0}: {1}")]
pub(crate) struct Invalid(usize, &'static str);

/// Reads a file's text into the variables; the last word on a name counts.
pub(crate) fn read(text: &str, into: &mut BTreeMap<String, String>) -> Result<(), Invalid> {
    let text = text.replace("\r\n", "\n");
    let mut rest = text.trim_start_matches('\u{feff}');
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(());
        }
        if rest.starts_with('#') {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
            continue;
        }
        let line = text[..text.len() - rest.len()].matches('\n').count() + 1;
        let invalid = |reason| Invalid(line, reason);
        let (name, after) = name(rest).map_err(invalid)?;
        let (value, after) = value(after, into).map_err(invalid)?;
        into.insert(name.to_owned(), value);
        rest = after;
    }
}

fn name(text: &str) -> Result<(&str, &str), &'static str> {
    let line = text.lines().next().unwrap_or_default();
    let at = line.find(['=', ':']).ok_or("there is no `=`")?;
    let name = text[..at].trim();
    let name = name.strip_prefix("export ").unwrap_or(name).trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    match !name.is_empty() && name.chars().all(is_name) {
        true => Ok((name, &text[at + 1..])),
        false => Err("before `=` there is no name"),
    }
}

fn value<'a>(
    text: &'a str,
    known: &BTreeMap<String, String>,
) -> Result<(String, &'a str), &'static str> {
    let text = text.trim_start_matches([' ', '\t']);
    for quote in ['\'', '"'] {
        let Some(inner) = text.strip_prefix(quote) else {
            continue;
        };
        let end = end_of_quoted(inner, quote).ok_or("a quote is not closed")?;
        let value = match quote {
            '\'' => inner[..end].to_owned(),
            _ => expanded(&inner[..end], known),
        };
        let after = &inner[end + 1..];
        let (left, after) = after.split_once('\n').unwrap_or((after, ""));
        let left = left.trim();
        return match left.is_empty() || left.starts_with('#') {
            true => Ok((value, after)),
            false => Err("there is something after the closing quote"),
        };
    }
    let (line, after) = text.split_once('\n').unwrap_or((text, ""));
    let comment = line
        .char_indices()
        .find(|(at, c)| *c == '#' && (*at == 0 || line[..*at].ends_with([' ', '\t'])));
    let line = comment.map_or(line, |(at, _)| &line[..at]);
    Ok((expanded(line.trim(), known), after))
}

fn end_of_quoted(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        if c == quote && !is_escaped {
            return Some(at);
        }
        is_escaped = quote == '"' && c == '\\' && !is_escaped;
    }
    None
}

/// With backslashes and names of variables replaced.
fn expanded(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '$']) {
        value.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(escaped) = rest.strip_prefix('\\') {
            let Some(c) = escaped.chars().next() else {
                value.push('\\');
                return value;
            };
            value.push(match c {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                c => c,
            });
            rest = &escaped[c.len_utf8()..];
            continue;
        }
        let (name, after) = reference(&rest[1..]);
        match name {
            Some(name) => value.push_str(known.get(name).map_or("", String::as_str)),
            None => value.push('$'),
        }
        rest = after;
    }
    value + rest
}

/// The name after a `$`, and what follows it.
fn reference(text: &str) -> (Option<&str>, &str) {
    let braced = text.strip_prefix('{').and_then(|text| text.split_once('}'));
    let (name, after) = match braced {
        Some(found) => found,
        None => {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let end = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
            text.split_at(end)
        }
    };
    match name.is_empty() {
        true => (None, text),
        false => (Some(name), after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<BTreeMap<String, String>, Invalid> {
        let mut found = BTreeMap::new();
        read(text, &mut found).map(|()| found)
    }

    #[test]
    fn files_are_read_as_gotrue_reads_them_gt_112() {
        let found = of("# a comment\n\
             GOTRUE_SITE_URL=https://example.org # where it is\n\
             export  PLAIN = a#b \r\n\
             EMPTY=\n\
             YAML: of a kind\n\
             SINGLE='as $it \\n is' # told\n\
             DOUBLE=\"two\\nlines, \\$5, \\\"quoted\\\" and ${PLAIN}/$EMPTY.\"\n\
             LONG=\"-----BEGIN\nEND-----\"\n\
             PLAIN=last\n\
             PRICE=5$ or \\$7")
        .unwrap();
        let expected = [
            ("GOTRUE_SITE_URL", "https://example.org"),
            ("PLAIN", "last"),
            ("EMPTY", ""),
            ("YAML", "of a kind"),
            ("SINGLE", "as $it \\n is"),
            ("DOUBLE", "two\nlines, $5, \"quoted\" and a#b/."),
            ("LONG", "-----BEGIN\nEND-----"),
            ("PRICE", "5$ or $7"),
        ];
        for (name, value) in expected {
            assert_eq!(found[name], value, "{name}");
        }
        assert_eq!(found.len(), expected.len());
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_line() {
        for (text, line, reason) in [
            ("A=1\nnonsense\n", 2, "there is no `=`"),
            ("A=1\n\n two words=3", 3, "before `=` there is no name"),
            ("A='1\nB=2", 1, "a quote is not closed"),
            ("A='1' 2", 1, "there is something after the closing quote"),
        ] {
            assert_eq!(of(text), Err(Invalid(line, reason)), "{text}");
        }
    }

    #[test]
    fn nothing_makes_it_panic() {
        for text in [
            "=",
            ":",
            "A=\"\\",
            "A=$",
            "A=${",
            "A=${}",
            "A=\"é\\é$é\"",
            "\u{feff}A=1",
        ] {
            let _ = of(text);
        }
    }
}
