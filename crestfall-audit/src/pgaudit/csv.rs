//! Fields between commas, quoted where they must be (RFC 4180): what csvlog consists of, and pgaudit's
//! part of any line.

/// The fields of the first row of a text and what follows it; none while the row is not complete, because
/// a quoted field has no end yet.
pub(super) fn row(text: &str) -> Option<(Vec<String>, &str)> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (field, after) = field(rest)?;
        fields.push(field);
        rest = match after.strip_prefix(',') {
            Some(next) => next,
            None => {
                let after = after.strip_prefix('\r').unwrap_or(after);
                return Some((fields, after.strip_prefix('\n').unwrap_or(after)));
            }
        };
    }
}

fn field(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find([',', '\n']).unwrap_or(text.len());
        let (field, after) = text.split_at(end);
        return Some((field.trim_end_matches('\r').to_owned(), after));
    };
    let mut field = String::new();
    loop {
        let end = rest.find('"')?;
        field.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => return Some((field, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_fields_hold_commas_quotes_and_lines() {
        let (fields, rest) = row("a,\"b,\"\"c\"\"\nd\",,e\nnext").unwrap();
        assert_eq!(fields, ["a", "b,\"c\"\nd", "", "e"]);
        assert_eq!(rest, "next");
        assert_eq!(row("a,\"b"), None);
        assert_eq!(row("").unwrap().0, [""]);
    }
}
