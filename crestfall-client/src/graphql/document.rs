//! What a document does, as far as it has to be known before it is sent.

/// Whether no operation of the document is a mutation or subscription: it may be sent twice.
pub(super) fn only_reads(document: &str) -> bool {
    let mut depth = 0_usize;
    let mut begins = true;
    let mut rest = document;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '#' => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            '"' => string(rest),
            '{' | '(' | '[' => {
                depth += 1;
                1
            }
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                // A definition ends with its selection; a parenthesis ends its variables.
                begins |= first == '}' && depth == 0;
                1
            }
            _ if is_name(first) => {
                let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                let changes = matches!(&rest[..length], "mutation" | "subscription");
                if depth == 0 && std::mem::take(&mut begins) && changes {
                    return false;
                }
                length
            }
            other => other.len_utf8(),
        };
        rest = &rest[length..];
    }
    true
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}

/// The length of the string at the beginning, with its quotes.
fn string(text: &str) -> usize {
    let (quotes, from) = match text.starts_with("\"\"\"") {
        true => ("\"\"\"", 3),
        false => ("\"", 1),
    };
    let mut at = from;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(quotes) {
            return at + quotes.len();
        }
        let step = rest
            .chars()
            .take(if rest.starts_with('\\') { 2 } else { 1 });
        at += step.map(char::len_utf8).sum::<usize>();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_reads_unless_an_operation_of_it_writes() {
        for reads in [
            "{ a }",
            "query { mutation }",
            "query mutation { a }",
            "# mutation\n{ a(text: \"} mutation {\") }",
            "query Q($a: T = {b: 1}) { a(block: \"\"\"\\\"\"\" } mutation \"\"\") } fragment mutation on T { b }",
            "",
            "query \u{e9} { \"",
        ] {
            assert!(only_reads(reads), "{reads}");
        }
        for writes in [
            "mutation { a }",
            " ,mutation M { a }",
            "query A { a } mutation B { b }",
            "{ a }\u{feff}subscription { b }",
            "query A($a: [T] = [{b: \"}\"}]) @d(e: {f: 1}) { a } mutation B { b }",
        ] {
            assert!(!only_reads(writes), "{writes}");
        }
    }
}
