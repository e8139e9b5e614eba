//! A filter by related rows finds what SQL written by hand finds, for whoever asks.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::api::{Api, nodes};

/// How many filters are tried.
const TRIES: usize = 200;

/// More rows than the fixture has, some of which a policy hides.
const ROWS: &str = r#"
comment on schema library is '@graphql({"inflect_names": true, "max_rows": 100})';
comment on table library.book is '@graphql({"totalCount": {"enabled": true}})';
insert into library.author select n, 'Author ' || n, case n % 3 when 0 then null else date '1900-01-01' + n end from generate_series(4, 12) n;
insert into library.book (author_id, editor_id, title, pages, rating)
    select 1 + n % 12, case n % 4 when 0 then null else 1 + n % 7 end, 'Title ' || n % 5, case n % 6 when 0 then null else n * 10 end, n % 3
    from generate_series(1, 40) n;
insert into library.member select ('00000000-0000-0000-0000-0000000001' || lpad(n::text, 2, '0'))::uuid, case n % 2 when 0 then 'ann' else 'ben' end, case n % 3 when 0 then null else 'Nick ' || n end from generate_series(1, 8) n;
insert into library.loan select member.id, book.id, case (book.id % 3) when 0 then null else 'torn' end
    from library.member, library.book where owner <> 'x' and (book.id * 7 + hashtext(member.id::text)) % 5 = 0 on conflict do nothing;
insert into library.cover select id, case id % 2 when 0 then 'red' else 'blue' end from library.book where id % 3 = 0 on conflict do nothing;
"#;

/// Relations of the fixture.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Table {
    Book,
    Author,
    Loan,
    Member,
    Cover,
}

/// A condition in GraphQL, and in SQL about rows of an alias that takes the place of `@`.
#[derive(Debug, Clone)]
struct Condition {
    graphql: String,
    sql: String,
}

/// Field, the table there, the join of `#` there with `@` here, to many.
fn relations(table: Table) -> Vec<(&'static str, Table, &'static str, bool)> {
    use Table::*;
    match table {
        Book => vec![
            ("author", Author, "#.id = @.author_id", false),
            ("editor", Author, "#.id = @.editor_id", false),
            ("cover", Cover, "#.book_id = @.id", false),
            ("loanCollection", Loan, "#.book_id = @.id", true),
        ],
        Author => vec![
            ("bookCollection", Book, "#.author_id = @.id", true),
            ("editedBooks", Book, "#.editor_id = @.id", true),
        ],
        Loan => vec![
            ("member", Member, "#.id = @.member_id", false),
            ("book", Book, "#.id = @.book_id", false),
        ],
        Member => vec![("loanCollection", Loan, "#.member_id = @.id", true)],
        Cover => vec![("book", Book, "#.id = @.book_id", false)],
    }
}

fn name(table: Table) -> &'static str {
    match table {
        Table::Book => "library.book",
        Table::Author => "library.author",
        Table::Loan => "library.loan",
        Table::Member => "library.member",
        Table::Cover => "library.cover",
    }
}

/// Conditions on columns: of numbers, of texts, on null.
fn plain(table: Table) -> BoxedStrategy<Condition> {
    let columns: Vec<(&str, &str, bool)> = match table {
        Table::Book => vec![
            ("pages", "pages", true),
            ("title", "title", false),
            ("rating", "rating", true),
        ],
        Table::Author => vec![("fullName", "full_name", false), ("id", "id", true)],
        Table::Loan => vec![("note", "note", false)],
        Table::Member => vec![("nickName", "nick_name", false), ("owner", "owner", false)],
        Table::Cover => vec![("colour", "colour", false)],
    };
    let numbers = [("eq", "="), ("neq", "<>"), ("gt", ">"), ("lte", "<=")];
    let texts = vec![
        "Title 2", "Author 5", "Nick 4", "ann", "torn", "red", "o'brien",
    ];
    (
        prop::sample::select(columns),
        0..5usize,
        0..300i32,
        prop::sample::select(texts),
    )
        .prop_map(
            move |((field, column, is_number), operator, number, text)| {
                let (graphql, sql) = match (operator, is_number) {
                    (4, _) => ("is: NULL".to_owned(), "is null".to_owned()),
                    (_, true) => {
                        let (name, sign) = numbers[operator];
                        let number = if column == "rating" {
                            number % 3
                        } else {
                            number
                        };
                        let number = if column == "id" { number % 13 } else { number };
                        (format!("{name}: {number}"), format!("{sign} {number}"))
                    }
                    (_, false) => {
                        let (name, sign) = numbers[operator];
                        let quoted = text.replace('\'', "''");
                        (format!("{name}: \"{text}\""), format!("{sign} '{quoted}'"))
                    }
                };
                Condition {
                    graphql: format!("{field}: {{ {graphql} }}"),
                    sql: format!("@.{column} {sql}"),
                }
            },
        )
        .boxed()
}

/// Any condition, nested so deep.
fn condition(table: Table, depth: u32) -> BoxedStrategy<Condition> {
    if depth == 0 {
        return plain(table);
    }
    let combined = (
        prop::collection::vec(condition(table, depth - 1), 1..3),
        0..3usize,
    )
        .prop_map(|(inner, how)| {
            let join = |sql: &str| {
                let parts: Vec<String> = inner.iter().map(|one| format!("({})", one.sql)).collect();
                parts.join(sql)
            };
            let list: Vec<String> = inner
                .iter()
                .map(|one| format!("{{ {} }}", one.graphql))
                .collect();
            let list = list.join(", ");
            match how {
                0 => Condition {
                    graphql: format!("and: [{list}]"),
                    sql: join(" and "),
                },
                1 => Condition {
                    graphql: format!("or: [{list}]"),
                    sql: join(" or "),
                },
                _ => Condition {
                    graphql: format!("not: {{ {} }}", inner[0].graphql),
                    sql: format!("not ({})", inner[0].sql),
                },
            }
        });
    let related = prop::sample::select(relations(table)).prop_flat_map(
        move |(field, there, join, is_many)| {
            (condition(there, depth - 1), 0..5usize, 0..4i64).prop_map(
                move |(inner, how, number)| {
                    related(
                        field,
                        (there, join),
                        depth,
                        is_many.then_some((how, number)),
                        &inner,
                    )
                },
            )
        },
    );
    prop_oneof![1 => plain(table), 2 => combined, 4 => related].boxed()
}

/// The condition on the rows of a relation.
fn related(
    field: &str,
    (there, join): (Table, &str),
    depth: u32,
    quantified: Option<(usize, i64)>,
    inner: &Condition,
) -> Condition {
    let alias = format!("r{depth}");
    let rows = format!(
        "select from {} {alias} where {}",
        name(there),
        join.replace('#', &alias)
    );
    let theirs = inner.sql.replace('@', &alias);
    let exists = |condition: String| format!("exists ({rows} and ({condition}))");
    let graphql = &inner.graphql;
    match quantified {
        None => Condition {
            graphql: format!("{field}: {{ {graphql} }}"),
            sql: exists(theirs),
        },
        Some((0 | 1, _)) => Condition {
            graphql: format!("{field}: {{ some: {{ {graphql} }} }}"),
            sql: exists(theirs),
        },
        Some((2, _)) => Condition {
            graphql: format!("{field}: {{ none: {{ {graphql} }} }}"),
            sql: format!("not {}", exists(theirs)),
        },
        Some((3, _)) => Condition {
            graphql: format!("{field}: {{ every: {{ {graphql} }} }}"),
            sql: format!(
                "not {}",
                exists(format!("({theirs}) is distinct from true"))
            ),
        },
        Some((_, number)) => Condition {
            graphql: format!("{field}: {{ count: {{ lte: {number} }} }}"),
            sql: format!(
                "{} <= {number}",
                format!("({rows})").replacen("select from", "select count(*) from", 1)
            ),
        },
    }
}

#[tokio::test]
async fn filters_by_related_rows_are_the_sql_that_one_would_write_d22() {
    let api = Api::over(ROWS, |_| {}).await;
    let mut runner = TestRunner::deterministic();
    let cases = (
        condition(Table::Book, 3),
        prop::sample::select(vec!["ann", "ben", "nobody"]),
    );
    let mut found_any = 0;
    for _ in 0..TRIES {
        let (condition, who) = cases.new_tree(&mut runner).unwrap().current();
        let query = format!(
            "{{ bookCollection(filter: {{ {} }}) {{ totalCount edges {{ node {{ id }} }} }} }}",
            condition.graphql
        );
        let answer = api.ask_as(who, &query, json!({})).await;
        assert!(answer.get("errors").is_none(), "{query}\n{answer}");
        let page = &answer["data"]["bookCollection"];
        let sql = format!(
            "select b.id::text from library.book b where {} order by b.id",
            condition.sql.replace('@', "b")
        );
        let expected = api.rows(Some(who), &sql).await;
        assert_eq!(json!(nodes(page, "id")), json!(expected), "{query}\n{sql}");
        assert_eq!(page["totalCount"], Value::from(expected.len()));
        found_any += usize::from(!expected.is_empty());
    }
    // The cases are worth something.
    assert!(found_any > TRIES / 2, "{found_any}");
}
