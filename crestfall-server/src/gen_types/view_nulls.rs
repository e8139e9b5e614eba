//! Which columns of a view are never null. PostgreSQL itself says of none that it is not; what a
//! column is made of, and over which joins it comes, tells.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// A relation's OID and a column's number.
pub(super) type ColumnId = (i64, i16);

/// Deeper trees are not read, and their columns may be null.
const DEEPEST: usize = 400;

/// `count(*)` and `count(any)`, the aggregates that are never null.
const COUNTS: [&str; 2] = ["2803", "2147"];

const INNER: &str = "0";
const LEFT: &str = "1";
const FULL: &str = "2";
const RIGHT: &str = "3";

/// The part of PostgreSQL's node trees that matters here.
#[derive(Debug)]
enum Tree<'a> {
    /// `{NAME :field value …}`; a value of several words keeps the first.
    Node(&'a str, HashMap<&'a str, Tree<'a>>),
    List(Vec<Tree<'a>>),
    Word(&'a str),
}

/// Columns that are never null, of tables and views.
pub(super) struct NotNull<'a> {
    tables: HashSet<ColumnId>,
    views: HashMap<i64, Tree<'a>>,
    /// Views that were looked at; `None` while one is being looked at.
    known: RefCell<HashMap<i64, Option<HashSet<i16>>>>,
}

impl<'a> NotNull<'a> {
    pub(super) fn new(
        tables: HashSet<ColumnId>,
        views: impl IntoIterator<Item = (i64, &'a str)>,
    ) -> Self {
        let views = views.into_iter().filter_map(|(oid, text)| {
            let mut reader = Reader { text, at: 0 };
            let Some(Tree::List(mut queries)) = reader.tree(0) else {
                return None;
            };
            (!queries.is_empty()).then(|| (oid, queries.swap_remove(0)))
        });
        Self {
            tables,
            views: views.collect(),
            known: RefCell::default(),
        }
    }

    /// Whether a column is never null.
    pub(super) fn is_never_null(&self, relation: i64, column: i16) -> bool {
        let Some(tree) = self.views.get(&relation) else {
            return self.tables.contains(&(relation, column));
        };
        if let Some(known) = self.known.borrow().get(&relation) {
            return known
                .as_ref()
                .is_some_and(|columns| columns.contains(&column));
        }
        self.known.borrow_mut().insert(relation, None);
        let columns = self.of_query(tree);
        let found = columns.contains(&column);
        self.known.borrow_mut().insert(relation, Some(columns));
        found
    }

    /// The numbers of a query's columns that are never null.
    fn of_query(&self, query: &Tree<'_>) -> HashSet<i16> {
        let none = HashSet::new();
        let is_absent = |field| matches!(query.field(field), None | Some(Tree::Word("<>")));
        if !is_absent("setOperations") || !is_absent("groupingSets") {
            return none;
        }
        let scope = Scope::new(self, query);
        let entries = query.list("targetList").iter().filter(|entry| {
            entry.word("resjunk") == Some("false")
                && entry
                    .field("expr")
                    .is_some_and(|expr| scope.is_never_null(expr))
        });
        entries
            .filter_map(|entry| entry.word("resno")?.parse().ok())
            .collect()
    }
}

/// The relations of one query.
struct Scope<'s, 'a> {
    all: &'s NotNull<'a>,
    entries: &'s [Tree<'s>],
    /// Positions, from 1, of those whose rows an outer join may fill with nulls.
    nullable: HashSet<usize>,
    /// Columns that the condition wants.
    wanted: HashSet<(usize, i16)>,
}

impl<'s, 'a> Scope<'s, 'a> {
    fn new(all: &'s NotNull<'a>, query: &'s Tree<'s>) -> Self {
        let mut scope = Self {
            all,
            entries: query.list("rtable"),
            nullable: HashSet::new(),
            wanted: HashSet::new(),
        };
        if let Some(joins) = query.field("jointree") {
            for part in joins.list("fromlist") {
                scope.walk(part, false);
            }
            if let Some(condition) = joins.field("quals") {
                scope.want(condition);
            }
        }
        scope
    }

    fn walk(&mut self, part: &Tree<'_>, nullable: bool) {
        match part {
            Tree::Node("RANGETBLREF", _) if nullable => {
                self.nullable.extend(part.number::<usize>("rtindex"));
            }
            Tree::Node("JOINEXPR", _) => {
                let kind = part.word("jointype").unwrap_or(FULL);
                let (left, right) = match kind {
                    INNER => (false, false),
                    LEFT => (false, true),
                    RIGHT => (true, false),
                    _ => (true, true),
                };
                if let Some(side) = part.field("larg") {
                    self.walk(side, nullable || left);
                }
                if let Some(side) = part.field("rarg") {
                    self.walk(side, nullable || right);
                }
                if nullable {
                    self.nullable.extend(part.number::<usize>("rtindex"));
                }
            }
            _ => {}
        }
    }

    /// `column is not null`, alone or among conditions that all have to hold.
    fn want(&mut self, condition: &Tree<'_>) {
        match condition {
            Tree::Node("BOOLEXPR", _) if condition.word("boolop") == Some("and") => {
                condition.list("args").iter().for_each(|arg| self.want(arg));
            }
            Tree::Node("NULLTEST", _) if condition.word("nulltesttype") == Some("1") => {
                let column = condition.field("arg").and_then(variable);
                self.wanted.extend(column);
            }
            _ => {}
        }
    }

    fn is_never_null(&self, expression: &Tree<'_>) -> bool {
        let Tree::Node(name, _) = expression else {
            return false;
        };
        let arg = || {
            expression
                .field("arg")
                .is_some_and(|arg| self.is_never_null(arg))
        };
        match *name {
            "VAR" => variable(expression).is_some_and(|(entry, column)| self.column(entry, column)),
            "CONST" => expression.word("constisnull") == Some("false"),
            "RELABELTYPE" | "COERCETODOMAIN" => arg(),
            "NULLTEST" | "BOOLEANTEST" | "DISTINCTEXPR" => true,
            "BOOLEXPR" => expression
                .list("args")
                .iter()
                .all(|arg| self.is_never_null(arg)),
            "COALESCE" | "COALESCEEXPR" => expression
                .list("args")
                .iter()
                .any(|arg| self.is_never_null(arg)),
            "AGGREF" => expression
                .word("aggfnoid")
                .is_some_and(|function| COUNTS.contains(&function)),
            _ => false,
        }
    }

    fn column(&self, entry: usize, column: i16) -> bool {
        if self.wanted.contains(&(entry, column)) {
            return true;
        }
        if self.nullable.contains(&entry) {
            return false;
        }
        let Some(from) = entry
            .checked_sub(1)
            .and_then(|index| self.entries.get(index))
        else {
            return false;
        };
        match from.word("rtekind") {
            Some("0") => from
                .number("relid")
                .is_some_and(|relation| self.all.is_never_null(relation, column)),
            Some("1") => from
                .field("subquery")
                .is_some_and(|query| self.all.of_query(query).contains(&column)),
            // A column that USING made of two.
            Some("2") => usize::try_from(column - 1)
                .ok()
                .and_then(|index| from.list("joinaliasvars").get(index))
                .is_some_and(|expression| self.is_never_null(expression)),
            _ => false,
        }
    }
}

/// Which relation of the query, and which column of it.
fn variable(tree: &Tree<'_>) -> Option<(usize, i16)> {
    let is_of_this_query =
        matches!(tree, Tree::Node("VAR", _)) && tree.word("varlevelsup") == Some("0");
    is_of_this_query.then(|| Some((tree.number("varno")?, tree.number("varattno")?)))?
}

impl<'a> Tree<'a> {
    fn field(&self, name: &str) -> Option<&Tree<'a>> {
        match self {
            Self::Node(_, fields) => fields.get(name),
            Self::List(_) | Self::Word(_) => None,
        }
    }

    fn word(&self, name: &str) -> Option<&'a str> {
        match self.field(name)? {
            Self::Word(word) => Some(word),
            Self::Node(..) | Self::List(_) => None,
        }
    }

    fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.word(name)?.parse().ok()
    }

    fn list(&self, name: &str) -> &[Tree<'a>] {
        match self.field(name) {
            Some(Self::List(items)) => items,
            _ => &[],
        }
    }
}

/// Reads trees as PostgreSQL writes them; see `node_tree` of the core's catalogue.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn word(&mut self) -> Option<&'a str> {
        self.peek()?;
        let bytes = self.text.as_bytes();
        let start = self.at;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'{' | b'}' | b'(' | b')' => break,
                byte if byte.is_ascii_whitespace() => break,
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(bytes.len());
        self.text.get(start..self.at)
    }

    fn tree(&mut self, depth: usize) -> Option<Tree<'a>> {
        if depth > DEEPEST {
            return None;
        }
        match self.peek()? {
            b'{' => self.node(depth),
            b'(' => {
                self.at += 1;
                let mut items = Vec::new();
                while self.peek()? != b')' {
                    items.push(self.tree(depth + 1)?);
                }
                self.at += 1;
                Some(Tree::List(items))
            }
            b'}' | b')' => None,
            _ => self.word().map(Tree::Word),
        }
    }

    fn node(&mut self, depth: usize) -> Option<Tree<'a>> {
        self.at += 1;
        let name = self.word()?;
        let mut fields = HashMap::new();
        loop {
            match self.peek()? {
                b'}' => {
                    self.at += 1;
                    return Some(Tree::Node(name, fields));
                }
                b':' => {
                    let label = self.word()?.trim_start_matches(':');
                    if let Some(value) = self.value(depth)? {
                        fields.insert(label, value);
                    }
                }
                // More words of a value: the bytes of a constant.
                b'{' | b'(' => drop(self.tree(depth + 1)?),
                b')' => return None,
                _ => drop(self.word()?),
            }
        }
    }

    /// A field's value; some have none.
    fn value(&mut self, depth: usize) -> Option<Option<Tree<'a>>> {
        match self.peek()? {
            b'}' => Some(None),
            _ => self.tree(depth + 1).map(Some),
        }
    }
}
