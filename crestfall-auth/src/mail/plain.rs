//! The text part of a mail of which there is only HTML.

/// What a reader without HTML sees: text, line breaks, and where links lead.
pub(super) fn from_html(html: &str) -> String {
    let mut reader = Reader::default();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        reader.text(&rest[..open]);
        rest = reader.tag(&rest[open..]);
    }
    reader.text(rest);
    reader.finish()
}

#[derive(Default)]
struct Reader {
    output: String,
    /// Where the link that is open leads, and where its label begins.
    link: Option<(String, usize)>,
}

impl Reader {
    fn text(&mut self, text: &str) {
        let text = decoded(text);
        for c in text.chars() {
            let c = if c.is_whitespace() && c != '\u{a0}' {
                ' '
            } else {
                c
            };
            if c != ' ' || !self.output.ends_with([' ', '\n']) {
                self.output.push(c);
            }
        }
    }

    /// Reads the tag, comment or raw element at the start; gives what follows.
    fn tag<'a>(&mut self, from: &'a str) -> &'a str {
        if from.starts_with("<!--") {
            return after(from, "-->");
        }
        let end = end_of_tag(from);
        let (tag, rest) = from.split_at(end);
        let inside = tag.trim_start_matches('<').trim_end_matches('>');
        let name: String = inside
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '/')
            .map(|c| c.to_ascii_lowercase())
            .collect();
        match name.as_str() {
            "style" => return after_element(rest, "</style"),
            "script" => return after_element(rest, "</script"),
            "title" => return after_element(rest, "</title"),
            "a" => self.link = href(inside).map(|to| (to, self.output.len())),
            "/a" => self.end_link(),
            "br" | "br/" => self.output.push('\n'),
            "li" => self.output.push_str("\n- "),
            "p" | "/p" | "div" | "/div" | "h1" | "/h1" | "h2" | "/h2" | "h3" | "/h3" | "h4"
            | "/h4" | "ul" | "/ul" | "ol" | "/ol" | "table" | "/table" | "tr" | "/tr" | "hr"
            | "/blockquote" | "blockquote" => self.output.push_str("\n\n"),
            _ => {}
        }
        rest
    }

    fn end_link(&mut self) {
        let Some((to, start)) = self.link.take() else {
            return;
        };
        let label = self.output.get(start..).unwrap_or_default().trim();
        if to.is_empty() || to.starts_with('#') || label == to {
            return;
        }
        if !label.is_empty() {
            self.output.push_str(": ");
        }
        self.output.push_str(&to);
    }

    fn finish(self) -> String {
        let mut lines: Vec<&str> = Vec::new();
        for line in self.output.lines().map(str::trim) {
            if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
                lines.push(line);
            }
        }
        let mut text = lines.join("\n").trim_end().to_owned();
        text.push('\n');
        text
    }
}

fn after<'a>(text: &'a str, mark: &str) -> &'a str {
    text.find(mark).map_or("", |at| &text[at + mark.len()..])
}

fn after_element<'a>(text: &'a str, end: &str) -> &'a str {
    let lower = text.to_ascii_lowercase();
    lower.find(end).map_or("", |at| after(&text[at..], ">"))
}

/// Behind the `>` that is in no attribute.
fn end_of_tag(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    tag.len()
}

fn href(tag: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let at = lower.find("href=")? + "href=".len();
    let quote = tag[at..]
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))?;
    let value = &tag[at + 1..];
    Some(decoded(&value[..value.find(quote)?]))
}

fn decoded(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        output.push_str(&rest[..at]);
        rest = &rest[at..];
        match rest
            .find(';')
            .and_then(|end| Some((entity(&rest[1..end])?, end)))
        {
            Some((c, end)) => {
                output.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                output.push('&');
                rest = &rest[1..];
            }
        }
    }
    output.push_str(rest);
    output
}

fn entity(name: &str) -> Option<char> {
    let number = |digits: &str, radix| {
        u32::from_str_radix(digits, radix)
            .ok()
            .and_then(char::from_u32)
    };
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => match name.strip_prefix('#')? {
            hex if hex.starts_with(['x', 'X']) => number(&hex[1..], 16),
            decimal => number(decimal, 10),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_what_a_reader_needs() {
        let html = "<!doctype html><head><title>x</title><style>a{b:c}</style></head>\
            <!-- no -->\n<h2>Hi &amp; welcome</h2>\n<p>Follow\n <a href=\"https://a.example/?x=1&amp;y=2\"><b>this</b> link</a>,\
            or <a href='https://b.example'>https://b.example</a>.<br>Code&nbsp;<b>123</b></p><ul><li>one<li>two</ul>";
        let expected = "\nHi & welcome\n\nFollow this link: https://a.example/?x=1&y=2,or https://b.example.\n\
            Code\u{a0}123\n\n- one\n- two\n";
        assert_eq!(from_html(html).trim_start(), expected.trim_start());
    }

    proptest::proptest! {
        #[test]
        fn anything_is_read(html in "[<>a-z/&;#x0-9\"'= é-]{0,80}") {
            from_html(&html);
        }
    }
}
