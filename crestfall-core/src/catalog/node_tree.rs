//! Reads from the node tree of a view's query where each of its columns comes from.
//!
//! PostgreSQL writes a tree as text: `{NAME :field value …}` is a node, `(…)` a list, `<>` nothing;
//! any other value is a word, in which a backslash takes the meaning from the character after it.
//! The reader goes through the text once and counts how deep it is, so no tree is too deep for it.

/// A column of a view's query that shows a column of another relation unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Number of the view's column.
    pub(crate) column: i16,
    /// OID of the relation one level below: a table, or again a view.
    pub(crate) relation: u32,
    /// Number of the column there.
    pub(crate) relation_column: i16,
}

/// The text is no list of query trees as PostgreSQL writes them.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node tree of the view is not understood at byte {0}")]
pub(crate) struct NodeTreeError(usize);

/// The origins of the columns of the first query in a list of node trees. Columns that are
/// computed, or come out of a `UNION`, have none.
pub(crate) fn column_origins(tree: &str) -> Result<Vec<Origin>, NodeTreeError> {
    let mut reader = Reader { text: tree, at: 0 };
    if reader.next()? != Token::OpenList {
        return Err(NodeTreeError(0));
    }
    if reader.next()? != Token::OpenNode || reader.next()? != Token::Word("QUERY") {
        return Err(NodeTreeError(reader.at));
    }
    loop {
        match reader.next()? {
            Token::Word(":targetList") => return reader.target_list(),
            Token::Word(label) if label.starts_with(':') => {
                let value = reader.next()?;
                reader.skip(value)?;
            }
            Token::CloseNode => return Err(NodeTreeError(reader.at)),
            other => reader.skip(other)?,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    OpenNode,
    CloseNode,
    OpenList,
    CloseList,
    /// As written, backslashes included.
    Word(&'a str),
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Token<'a>, NodeTreeError> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let token = match bytes.get(start) {
            None => return Err(NodeTreeError(start)),
            Some(b'{') => Token::OpenNode,
            Some(b'}') => Token::CloseNode,
            Some(b'(') => Token::OpenList,
            Some(b')') => Token::CloseList,
            Some(_) => {
                self.at = end_of_word(bytes, start);
                return self
                    .text
                    .get(start..self.at)
                    .map(Token::Word)
                    .ok_or(NodeTreeError(start));
            }
        };
        self.at += 1;
        Ok(token)
    }

    /// Goes past the rest of a value whose first token is `first`.
    fn skip(&mut self, first: Token<'a>) -> Result<(), NodeTreeError> {
        let mut depth = 0_usize;
        let mut token = first;
        loop {
            match token {
                Token::OpenNode | Token::OpenList => depth += 1,
                Token::CloseNode | Token::CloseList => {
                    depth = depth.checked_sub(1).ok_or(NodeTreeError(self.at))?;
                }
                Token::Word(_) => {}
            }
            if depth == 0 {
                return Ok(());
            }
            token = self.next()?;
        }
    }

    fn target_list(&mut self) -> Result<Vec<Origin>, NodeTreeError> {
        let mut origins = Vec::new();
        match self.next()? {
            Token::OpenList => {}
            Token::Word("<>") => return Ok(origins),
            _ => return Err(NodeTreeError(self.at)),
        }
        loop {
            match self.next()? {
                Token::OpenNode => origins.extend(self.target_entry()?),
                Token::CloseList => return Ok(origins),
                _ => return Err(NodeTreeError(self.at)),
            }
        }
    }

    /// Reads to the end of a `TARGETENTRY`. Labels are told from values by their turn: a column may
    /// well be named `:resno`.
    fn target_entry(&mut self) -> Result<Option<Origin>, NodeTreeError> {
        let (mut column, mut relation, mut relation_column) = (0_i16, 0_u32, 0_i16);
        let mut is_junk = false;
        loop {
            let label = match self.next()? {
                Token::CloseNode => break,
                Token::Word(word) if word.starts_with(':') => word,
                other => {
                    self.skip(other)?;
                    continue;
                }
            };
            let value = self.next()?;
            match label {
                ":resno" => column = self.number(value)?,
                ":resorigtbl" => relation = self.number(value)?,
                ":resorigcol" => relation_column = self.number(value)?,
                ":resjunk" => is_junk = value == Token::Word("true"),
                _ => self.skip(value)?,
            }
        }
        let has_origin = column > 0 && relation != 0 && relation_column > 0 && !is_junk;
        Ok(has_origin.then_some(Origin {
            column,
            relation,
            relation_column,
        }))
    }

    fn number<N: std::str::FromStr>(&self, token: Token<'_>) -> Result<N, NodeTreeError> {
        match token {
            Token::Word(word) => word.parse().map_err(|_| NodeTreeError(self.at)),
            _ => Err(NodeTreeError(self.at)),
        }
    }
}

fn end_of_word(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'{' | b'}' | b'(' | b')' | b' ' | b'\n' | b'\t' | b'\r' | 0x0c => break,
            _ => at += 1,
        }
    }
    at.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(resno: i32, name: &str, table: u32, column: i32) -> String {
        format!(
            "{{TARGETENTRY :expr {{VAR :varno 1 :varattno {column} :varnullingrels (b) :location 7}} \
             :resno {resno} :resname {name} :ressortgroupref 0 :resorigtbl {table} \
             :resorigcol {column} :resjunk false}}"
        )
    }

    fn query(entries: &[String]) -> String {
        format!(
            "({{QUERY :commandType 1 :utilityStmt <> :rtable ({{RTE :alias {{ALIAS :aliasname \
             odd\\ \\(name :colnames (\"a\\}}\" \"b\")}} :relid 5 :subquery {{QUERY :targetList \
             ({{TARGETENTRY :resno 9 :resorigtbl 9 :resorigcol 9 :resjunk false}})}}}}) \
             :targetList ({}) :limitCount <>}})",
            entries.join(" ")
        )
    }

    fn origin(column: i16, relation: u32, relation_column: i16) -> Origin {
        Origin {
            column,
            relation,
            relation_column,
        }
    }

    #[test]
    fn only_the_outer_target_list_counts() {
        let tree = query(&[entry(1, "id", 100, 1), entry(2, "other", 200, 3)]);
        assert_eq!(
            column_origins(&tree).unwrap(),
            [origin(1, 100, 1), origin(2, 200, 3)]
        );
    }

    #[test]
    fn a_computed_column_has_no_origin() {
        let tree = query(&[entry(1, "sum", 0, 0), entry(2, "id", 100, 1)]);
        assert_eq!(column_origins(&tree).unwrap(), [origin(2, 100, 1)]);
    }

    #[test]
    fn a_sort_key_that_is_not_shown_is_no_column() {
        let tree = query(&[entry(1, "id", 100, 1).replace("resjunk false", "resjunk true")]);
        assert_eq!(column_origins(&tree).unwrap(), []);
    }

    #[test]
    fn a_column_may_be_named_as_a_field_of_the_tree() {
        let tree = query(&[entry(1, ":resorigtbl", 100, 1), entry(2, "<>", 100, 2)]);
        assert_eq!(
            column_origins(&tree).unwrap(),
            [origin(1, 100, 1), origin(2, 100, 2)]
        );
    }

    #[test]
    fn no_columns_is_no_error() {
        let tree = "({QUERY :commandType 1 :targetList <> :limitCount <>})";
        assert_eq!(column_origins(tree).unwrap(), []);
    }

    #[test]
    fn what_is_no_query_is_refused() {
        for tree in [
            "",
            "<>",
            "()",
            "({",
            "({QUERY",
            "({QUERY :targetList",
            "({PLAN :x 1})",
        ] {
            assert!(column_origins(tree).is_err(), "{tree}");
        }
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        let depth = 200_000;
        let tree = format!(
            "({{QUERY :jointree {}{} :targetList ({})}})",
            "{A :x ".repeat(depth),
            "}".repeat(depth),
            entry(1, "id", 100, 1)
        );
        assert_eq!(column_origins(&tree).unwrap(), [origin(1, 100, 1)]);
    }

    /// Escapes a name the way PostgreSQL writes it.
    fn written(name: &str) -> String {
        let mut word = String::new();
        for (index, character) in name.chars().enumerate() {
            let leads = index == 0 && matches!(character, '<' | '"' | '0'..='9' | '+' | '-');
            if leads || matches!(character, ' ' | '\n' | '\t' | '(' | ')' | '{' | '}' | '\\') {
                word.push('\\');
            }
            word.push(character);
        }
        word
    }

    proptest! {
        #[test]
        fn any_column_name_is_read_past(names in prop::collection::vec("[^\0\r\x0c]{1,12}", 1..8)) {
            let entries: Vec<String> = (1..).zip(&names)
                .map(|(resno, name)| entry(resno, &written(name), 100, resno))
                .collect();
            let expected: Vec<Origin> = (1..=names.len() as i16)
                .map(|column| origin(column, 100, column))
                .collect();
            prop_assert_eq!(column_origins(&query(&entries)).unwrap(), expected);
        }

        #[test]
        fn no_text_panics(text in "[({)}:\\\\ <>\"a-z0-9é]{0,80}") {
            let _ = column_origins(&format!("({{QUERY :targetList ({text}"));
            let _ = column_origins(&text);
        }
    }
}
