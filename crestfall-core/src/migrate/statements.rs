//! A script cut into statements, as PostgreSQL's lexer would: semicolons inside strings, quoted
//! identifiers, comments, parentheses and SQL-standard function bodies cut nothing.

/// A statement without the comments before it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Statement<'a> {
    pub(crate) text: &'a str,
    /// Of its first character; the first line is 1.
    pub(crate) line: usize,
}

impl Statement<'_> {
    /// `begin`, `commit` and the like, which would end the transaction around a migration.
    pub(crate) fn controls_transaction(&self) -> bool {
        let words = words(self.text, 2);
        match words.first().map(String::as_str) {
            Some("begin" | "commit" | "end" | "abort") => true,
            // `rollback to` a savepoint stays inside.
            Some("rollback") => words.get(1).is_none_or(|word| word != "to"),
            Some("start") => words.get(1).is_some_and(|word| word == "transaction"),
            _ => false,
        }
    }

    pub(crate) fn copies_from_client(&self) -> bool {
        let words = words(self.text, usize::MAX);
        words.first().is_some_and(|word| word == "copy")
            && words.windows(2).any(|pair| pair == ["from", "stdin"])
    }
}

/// The statements of a script, without their semicolons. What does not end ends with the text:
/// PostgreSQL then says what is open.
pub(crate) fn split(script: &str) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    let mut counted = (0, 1);
    let mut statement = Scope::default();
    let mut push = |start: usize, end: usize| {
        let line = counted.1 + script[counted.0..start].matches('\n').count();
        counted = (start, line);
        statements.push(Statement {
            text: script[start..end].trim_end(),
            line,
        });
    };
    for token in Tokens::new(script) {
        if token.kind == Kind::Comment {
            continue;
        }
        if token.kind == Kind::Symbol(b';') && statement.is_outermost() {
            if let Some(start) = statement.start {
                push(start, token.start);
            }
            statement = Scope::default();
            continue;
        }
        statement.start.get_or_insert(token.start);
        statement.enter(&token, &script[token.start..token.end]);
    }
    if let Some(start) = statement.start {
        push(start, script.len());
    }
    statements
}

/// Where in a statement the reader is.
#[derive(Default)]
struct Scope {
    start: Option<usize>,
    parentheses: usize,
    /// Open `begin atomic` and `case` in a function's body.
    blocks: usize,
    first_words: Vec<String>,
}

impl Scope {
    fn is_outermost(&self) -> bool {
        self.parentheses == 0 && self.blocks == 0
    }

    fn enter(&mut self, token: &Token, text: &str) {
        match token.kind {
            Kind::Symbol(b'(') => self.parentheses += 1,
            Kind::Symbol(b')') => self.parentheses = self.parentheses.saturating_sub(1),
            Kind::Word => self.enter_word(&text.to_ascii_lowercase()),
            _ => {}
        }
    }

    fn enter_word(&mut self, word: &str) {
        if self.first_words.len() < 4 {
            self.first_words.push(word.to_owned());
        }
        if self.parentheses > 0 || !self.defines_routine() {
            return;
        }
        match word {
            "begin" => self.blocks += 1,
            "case" if self.blocks > 0 => self.blocks += 1,
            "end" => self.blocks = self.blocks.saturating_sub(1),
            _ => {}
        }
    }

    fn defines_routine(&self) -> bool {
        let words: Vec<&str> = self.first_words.iter().map(String::as_str).collect();
        matches!(
            words[..],
            ["create", "function" | "procedure", ..]
                | ["create", "or", "replace", "function" | "procedure", ..]
        )
    }
}

/// The first words of a statement in lower case, comments and strings left out.
fn words(text: &str, limit: usize) -> Vec<String> {
    Tokens::new(text)
        .filter(|token| token.kind == Kind::Word)
        .take(limit)
        .map(|token| text[token.start..token.end].to_ascii_lowercase())
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Comment,
    Word,
    /// A string or a quoted identifier.
    Quoted,
    Symbol(u8),
}

struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// Reads tokens; works on bytes, since whatever matters here is ASCII, and cuts only there.
struct Tokens<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
        }
    }

    fn find(&self, from: usize, what: &str) -> Option<usize> {
        self.text.get(from..)?.find(what).map(|index| from + index)
    }

    /// After a `--` comment or a nested `/* */` one.
    fn comment_end(&self) -> usize {
        if self.bytes[self.at] == b'-' {
            return self.find(self.at, "\n").unwrap_or(self.bytes.len());
        }
        let (mut depth, mut at) = (0_usize, self.at);
        while at < self.bytes.len() {
            match &self.bytes[at..] {
                [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
                [b'*', b'/', ..] => (depth, at) = (depth.saturating_sub(1), at + 2),
                _ => at += 1,
            }
            if depth == 0 {
                return at;
            }
        }
        self.bytes.len()
    }

    /// After the closing quote. A doubled quote reads as two strings in a row, which comes to
    /// the same here.
    fn quote_end(&self, opening: usize, backslashes: bool) -> usize {
        let quote = self.bytes[opening];
        let mut at = opening + 1;
        while at < self.bytes.len() {
            match self.bytes[at] {
                b'\\' if backslashes => at += 2,
                byte if byte == quote && self.bytes.get(at + 1) == Some(&quote) => at += 2,
                byte if byte == quote => return at + 1,
                _ => at += 1,
            }
        }
        self.bytes.len()
    }

    /// After the closing tag when a `$tag$` opens here.
    fn dollar_end(&self) -> Option<usize> {
        let name_end = self.find(self.at + 1, "$")?;
        let name = &self.bytes[self.at + 1..name_end];
        let valid = name.iter().all(|&byte| is_word(byte) && byte != b'$')
            && !name.first().is_some_and(u8::is_ascii_digit);
        if !valid {
            return None;
        }
        let tag = &self.text[self.at..=name_end];
        Some(
            self.find(name_end + 1, tag)
                .map_or(self.bytes.len(), |index| index + tag.len()),
        )
    }

    fn word_end(&self) -> usize {
        let rest = self.bytes[self.at..].iter();
        self.at + rest.take_while(|&&byte| is_word(byte)).count()
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        while self.bytes.get(self.at)?.is_ascii_whitespace() {
            self.at += 1;
        }
        let start = self.at;
        let (kind, end) = match &self.bytes[start..] {
            [b'-', b'-', ..] | [b'/', b'*', ..] => (Kind::Comment, self.comment_end()),
            [b'\'' | b'"', ..] => (Kind::Quoted, self.quote_end(start, false)),
            [b'e' | b'E', b'\'', ..] => (Kind::Quoted, self.quote_end(start + 1, true)),
            [b'$', ..] => match self.dollar_end() {
                Some(end) => (Kind::Quoted, end),
                None => (Kind::Symbol(b'$'), start + 1),
            },
            [byte, ..] if is_word(*byte) => (Kind::Word, self.word_end()),
            [byte, ..] => (Kind::Symbol(*byte), start + 1),
            [] => return None,
        };
        let end = end.min(self.bytes.len());
        self.at = end;
        Some(Token { kind, start, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(script: &str) -> Vec<&str> {
        split(script)
            .iter()
            .map(|statement| statement.text)
            .collect()
    }

    #[test]
    fn semicolons_in_quotes_and_comments_cut_nothing() {
        for whole in [
            "select 'a;b', 'it''s;'",
            r"select E'a\';b'",
            r#"select 1 as "odd;""name""#,
            "select $$a;b$$, $x$ $$;$y$ $x$",
            "select 1 -- no; end",
            "select 1 /* a; /* b; */ c; */ + 1",
            "select a$b;",
            "create rule r as on insert to t do also (select 1; select 2)",
            "select $1;",
            "do $été$ begin; end $été$",
        ] {
            let whole = whole.trim_end_matches(';');
            assert_eq!(
                texts(&format!("{whole}\n;\nselect 2;"))[0].trim(),
                whole.trim(),
                "{whole}"
            );
        }
    }

    #[test]
    fn what_is_never_closed_reaches_to_the_end() {
        for open in [
            "select 'a; b",
            "select $x$ a; b $y$",
            "select (1; 2",
            "select /* a; b",
        ] {
            assert_eq!(texts(open), [open]);
        }
    }

    #[test]
    fn a_standard_function_body_is_one_statement() {
        let function = "create or replace function f(a int) returns int\nbegin atomic\n\
                        select 1; select case when a > 1 then 2 else 3 end;\nend";
        assert_eq!(
            texts(&format!("{function};\nselect 1")),
            [function, "select 1"]
        );
        assert_eq!(texts("begin; select 1; end;"), ["begin", "select 1", "end"]);
    }

    #[test]
    fn lines_are_those_of_the_first_character_after_comments() {
        let script = "-- one;\n\nselect 1;  /* x */ select\n2;\n;;\n-- last\nselect 3";
        let found: Vec<_> = split(script)
            .into_iter()
            .map(|s| (s.line, s.text))
            .collect();
        assert_eq!(found, [(3, "select 1"), (3, "select\n2"), (7, "select 3")]);
        assert!(split(" -- nothing\n ; ").is_empty());
    }

    #[test]
    fn what_ends_a_transaction_is_noticed() {
        let controls = |text| Statement { text, line: 1 }.controls_transaction();
        for text in [
            "BEGIN",
            "commit and chain",
            "end",
            "rollback",
            "start transaction",
            "abort",
        ] {
            assert!(controls(text), "{text}");
        }
        for text in [
            "rollback to savepoint s",
            "savepoint s",
            "select 'commit'",
            "do $$begin end$$",
        ] {
            assert!(!controls(text), "{text}");
        }
        let copies = |text| Statement { text, line: 1 }.copies_from_client();
        assert!(copies("copy t (a) from STDIN with csv"));
        assert!(!copies("copy t from '/x'"));
    }

    proptest::proptest! {
        #[test]
        fn nothing_but_semicolons_space_and_comments_is_lost(script in "[ a-zé;'\"$()/*\\-\n]{0,60}") {
            for statement in split(&script) {
                assert!(script.contains(statement.text));
                assert!(!statement.text.is_empty());
            }
        }
    }
}
