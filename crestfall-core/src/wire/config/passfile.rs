//! The password file: `host:port:database:user:password`, `*` for any, `\` before `:` and `\`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The password of the first line that fits.
pub(super) fn look_up(path: &Path, wanted: [&str; 4]) -> Option<String> {
    let metadata = std::fs::metadata(path).ok()?;
    if !metadata.is_file() {
        tracing::warn!(path = %path.display(), "the password file is not a plain file");
        return None;
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "the password file is ignored: group or others can access it, it needs mode 0600");
        return None;
    }
    let text = std::fs::read_to_string(path).ok()?;
    find(&text, wanted)
}

fn find(text: &str, wanted: [&str; 4]) -> Option<String> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| fits(line, wanted))
}

fn fits(line: &str, wanted: [&str; 4]) -> Option<String> {
    let mut rest = line;
    for wanted in wanted {
        let (field, after) = field(rest)?;
        let any = rest.starts_with("*:");
        if !any && field != wanted {
            return None;
        }
        rest = after;
    }
    Some(unescape(rest))
}

/// The text up to the next `:` that has no `\` before it, and what follows.
fn field(text: &str) -> Option<(String, &str)> {
    let mut escaped = false;
    for (index, c) in text.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            ':' if !escaped => return Some((unescape(&text[..index]), &text[index + 1..])),
            _ => escaped = false,
        }
    }
    None
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => plain.extend(characters.next()),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fitting_line_counts() {
        let text =
            "# all:*:*:*:no\nh:5432:other:u:wrong\n\\:\\:1:*:db:u:a\\:b\\\\c\n*:*:*:u:last\n";
        assert_eq!(
            find(text, ["::1", "5432", "db", "u"]).as_deref(),
            Some(r"a:b\c")
        );
        assert_eq!(
            find(text, ["h", "5432", "db", "u"]).as_deref(),
            Some("last")
        );
        assert_eq!(find(text, ["h", "5432", "db", "v"]), None);
    }
}
