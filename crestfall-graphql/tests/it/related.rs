//! Filters and orders by related rows (demands D22, D39).

use serde_json::{Value, json};

use crate::api::{Api, nodes};

/// Views where one row leads to several by what is declared to lead to one.
const VIEWS: &str = r#"
create view library.nickname as
    select id * 10 + n as id, id as author_id, full_name || n as name from library.author, (values (1), (2)) as v (n);
comment on view library.nickname is '@graphql({"primary_key_columns": ["id"]})';
create view library.note as select id, author_id, title from library.book;
comment on view library.note is '@graphql({"primary_key_columns": ["id"], "foreign_keys": [{"local_name": "notes", "local_columns": ["author_id"], "foreign_name": "nickname", "foreign_schema": "library", "foreign_table": "nickname", "foreign_columns": ["author_id"]}]})';
grant select on library.nickname, library.note to anon, authenticated;
"#;

/// The ids of the books that a filter finds.
async fn books(api: &Api, filter: &str) -> Vec<Value> {
    let query = format!("{{ bookCollection(filter: {filter}) {{ edges {{ node {{ id }} }} }} }}");
    nodes(&api.data(&query).await["bookCollection"], "id")
}

async fn writers(api: &Api, filter: &str) -> Vec<Value> {
    let query = format!("{{ writerCollection(filter: {filter}) {{ edges {{ node {{ id }} }} }} }}");
    nodes(&api.data(&query).await["writerCollection"], "id")
}

#[tokio::test]
async fn rows_are_found_by_the_row_that_they_lead_to_d22() {
    let api = Api::new().await;
    assert_eq!(
        books(&api, "{author: {fullName: {eq: \"Bob\"}}}").await,
        ["3", "4"]
    );
    assert_eq!(books(&api, "{editor: {birthday: {is: NULL}}}").await, ["1"]);
    // A row that is not there fulfils nothing, and an empty filter asks for one.
    assert_eq!(books(&api, "{editor: {}}").await, ["1", "3"]);
    assert_eq!(books(&api, "{cover: {colour: {eq: \"red\"}}}").await, ["1"]);
    assert_eq!(
        books(&api, "{cover: {book: {author: {id: {eq: 1}}}}}").await,
        ["1"]
    );
}

#[tokio::test]
async fn rows_are_found_by_the_rows_that_belong_to_them_d22() {
    let api = Api::new().await;
    for (filter, found) in [
        ("{some: {pages: {gt: 300}}}", json!([1, 2])),
        ("{none: {pages: {gt: 300}}}", json!([3])),
        // Of Winds it is unknown how many pages it has.
        ("{every: {pages: {gt: 60}}}", json!([1])),
        ("{every: {title: {startsWith: \"W\"}}}", json!([2])),
        (
            "{some: {genre: {eq: novel}}, none: {pages: {lt: 70}}}",
            json!([2]),
        ),
        ("{count: {gte: 3}}", json!([3])),
        ("{count: {in: [2, 5]}}", json!([1, 2])),
        ("{count: {is: NULL}}", json!([])),
    ] {
        let filter = format!("{{bookCollection: {filter}}}");
        assert_eq!(json!(writers(&api, &filter).await), found, "{filter}");
    }
    for (filter, found) in [
        ("{some: {}}", json!([1, 2])),
        ("{none: {}}", json!([3])),
        ("{every: {}}", json!([1, 2, 3])),
        ("{every: {title: {eq: \"Notes\"}}}", json!([2, 3])),
        ("{count: {eq: 0}}", json!([3])),
    ] {
        let filter = format!("{{editedBooks: {filter}}}");
        assert_eq!(json!(writers(&api, &filter).await), found, "{filter}");
    }
}

#[tokio::test]
async fn conditions_on_several_tables_are_combined_d22() {
    let api = Api::new().await;
    let either = "{or: [{title: {eq: \"Wood\"}}, {author: {fullName: {eq: \"Ada\"}}}, {cover: {colour: {eq: \"red\"}}}]}";
    assert_eq!(books(&api, either).await, ["1", "2", "7"]);
    assert_eq!(
        books(&api, "{not: {editor: {}}, author: {id: {lt: 3}}}").await,
        ["2", "4"]
    );
    let nested = "{author: {bookCollection: {some: {or: [{editor: {fullName: {eq: \"Ada\"}}}, {rating: {gt: 4.6}}]}}}}";
    assert_eq!(books(&api, nested).await, ["3", "4"]);
}

#[tokio::test]
async fn values_come_by_variables_into_one_statement() {
    let api = Api::new().await;
    let query = "query($filter: BookFilter, $name: String, $title: String) {
        a: bookCollection(filter: $filter) { edges { node { id } } }
        b: bookCollection(filter: {or: [{author: {fullName: {eq: $name}}}, {title: {eq: $title}}]}) { edges { node { id } } }
    }";
    for (filter, name, title, first, second) in [
        (
            json!({ "author": { "fullName": { "eq": "Ada" } } }),
            "Bob",
            "Wood",
            json!(["1", "2"]),
            json!(["3", "4", "7"]),
        ),
        (
            json!({ "author": { "fullName": { "eq": "Bob" } } }),
            "'); drop table x --",
            "Wood",
            json!(["3", "4"]),
            json!(["7"]),
        ),
        (
            json!({ "editor": {}, "author": { "bookCollection": { "some": { "id": { "in": [3, 4] } } } } }),
            "Ada",
            "Ada",
            json!(["3"]),
            json!(["1", "2"]),
        ),
    ] {
        let variables = json!({ "filter": filter, "name": name, "title": title });
        let answer = api.ask_with(query, variables).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        assert_eq!(json!(nodes(&answer["data"]["a"], "id")), first, "{answer}");
        assert_eq!(json!(nodes(&answer["data"]["b"], "id")), second, "{answer}");
    }
}

#[tokio::test]
async fn a_related_row_that_a_policy_hides_is_none() {
    let api = Api::new().await;
    let query = "query($filter: BookFilter, $order: [LoanOrderBy!]) {
        bookCollection(filter: $filter) { totalCount edges { node { id } } }
        loanCollection(orderBy: $order) { edges { cursor node { bookId } } }
    }";
    let ask = async |who: &str, filter: Value| {
        let order = json!([{ "member": { "nickName": "DescNullsFirst" } }]);
        let variables = json!({ "filter": filter, "order": order });
        let answer = api.ask_as(who, query, variables).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].clone()
    };
    let some = |filter: Value| json!({ "loanCollection": { "some": { "member": filter } } });
    for (who, filter, found) in [
        ("ann", some(json!({})), json!(["1", "2"])),
        ("ben", some(json!({})), json!(["1"])),
        (
            "ben",
            some(json!({ "nickName": { "eq": "Annie" } })),
            json!([]),
        ),
        (
            "ann",
            some(json!({ "nickName": { "eq": "Annie" } })),
            json!(["1", "2"]),
        ),
        ("nobody", some(json!({})), json!([])),
        (
            "nobody",
            json!({ "loanCollection": { "every": { "member": {} } } }),
            json!(["3", "4", "5", "6", "7"]),
        ),
        (
            "ben",
            json!({ "not": some(json!({})), "id": { "lte": 3 } }),
            json!(["2", "3"]),
        ),
    ] {
        let data = ask(who, filter.clone()).await;
        let books = &data["bookCollection"];
        assert_eq!(json!(nodes(books, "id")), found, "{who} {filter}");
        assert_eq!(books["totalCount"], found.as_array().unwrap().len());
    }
    // What sorts and what a cursor holds is what is seen.
    let cursor_of = |data: &Value, place: usize| {
        use base64::Engine as _;
        let cursor = data["loanCollection"]["edges"][place]["cursor"].as_str();
        let bytes = base64::engine::general_purpose::STANDARD.decode(cursor.unwrap());
        String::from_utf8(bytes.unwrap()).unwrap()
    };
    let ann = ask("ann", json!({})).await;
    assert_eq!(
        json!(nodes(&ann["loanCollection"], "bookId")),
        json!(["1", "1", "2"])
    );
    assert!(cursor_of(&ann, 0).starts_with("[null, "));
    assert!(cursor_of(&ann, 1).starts_with("[\"Annie\", "));
    let ben = ask("ben", json!({})).await;
    for place in 0..3 {
        assert!(cursor_of(&ben, place).starts_with("[null, "));
    }
}

#[tokio::test]
async fn what_a_role_may_not_read_it_cannot_filter_by() {
    let api = Api::new().await;
    let refusal = api
        .refusal("{ bookCollection(filter: {loanCollection: {some: {}}}) { totalCount } }")
        .await;
    assert_eq!(
        refusal,
        "Input for type BookFilter contains extra keys [\"loanCollection\"]"
    );
}

#[tokio::test]
async fn changes_find_their_rows_by_related_rows_too() {
    let api = Api::new().await;
    let change = "mutation { updateBookCollection(set: {price: \"7\"}, filter: {author: {fullName: {eq: \"Bob\"}}}, atMost: 5) { affectedCount records { id author { fullName } } } }";
    let answer = api.ask_as("ann", change, json!({})).await;
    let changed = &answer["data"]["updateBookCollection"];
    assert_eq!(changed["affectedCount"], 2, "{answer}");
    let delete = "mutation { deleteFromLoanCollection(filter: {member: {}, book: {title: {eq: \"Notes\"}}}, atMost: 5) { affectedCount records { note } } }";
    let answer = api.ask_as("ann", delete, json!({})).await;
    let deleted = &answer["data"]["deleteFromLoanCollection"];
    assert_eq!(
        *deleted,
        json!({ "affectedCount": 1, "records": [{ "note": "torn" }] })
    );
}

/// All pages of a collection, one after the other.
async fn walk(api: &Api, collection: &str, of: &str, order: &str, forwards: bool) -> Vec<Value> {
    let page = if forwards {
        "first: 2, after"
    } else {
        "last: 2, before"
    };
    let query = format!(
        "query($cursor: Cursor) {{ {collection}({page}: $cursor, orderBy: {order}) {{ edges {{ cursor node {{ {of} }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    let mut seen = Vec::new();
    let mut cursor = Value::Null;
    for _ in 0..10 {
        let answer = api.ask_with(&query, json!({ "cursor": cursor })).await;
        assert!(answer.get("errors").is_none(), "{query}\n{answer}");
        let page = &answer["data"][collection];
        let mut ids = nodes(page, of);
        let (more, end) = match forwards {
            true => ("hasNextPage", "endCursor"),
            false => {
                ids.reverse();
                ("hasPreviousPage", "startCursor")
            }
        };
        seen.extend(ids);
        cursor = page["pageInfo"][end].clone();
        if page["pageInfo"][more] == false {
            break;
        }
    }
    seen
}

#[tokio::test]
async fn pages_by_related_rows_hold_every_row_once_in_both_directions_d22() {
    let api = Api::over(VIEWS, |_| {}).await;
    let directions = [
        "AscNullsFirst",
        "AscNullsLast",
        "DescNullsFirst",
        "DescNullsLast",
    ];
    for (collection, orders, count) in [
        (
            "bookCollection",
            vec![
                "[{editor: {fullName: #}}]",
                "[{author: {birthday: #}}]",
                "[{author: {birthday: #}}, {editor: {birthday: #}}, {cover: {colour: #}}]",
                "[{genre: #}, {author: {fullName: DescNullsLast}}]",
                "[{editor: {bookCollection: {count: #}}}]",
                "[{author: {editedBooks: {count: #}, fullName: #}}]",
                "[{cover: {book: {editor: {birthday: #}}}}]",
            ],
            7,
        ),
        (
            "writerCollection",
            vec![
                "[{bookCollection: {count: #}}]",
                "[{editedBooks: {count: #}}]",
            ],
            3,
        ),
        (
            "longBookCollection",
            vec!["[{writtenBy: {birthday: #}}]"],
            2,
        ),
        // What leads to several rows is sorted by one of them, and stays one row.
        (
            "noteCollection",
            vec![
                "[{nickname: {authorId: #}}]",
                "[{nickname: {notes: {count: #}}}]",
            ],
            7,
        ),
    ] {
        for order in orders {
            for direction in directions {
                let order = order.replace('#', direction);
                let there = walk(&api, collection, "id", &order, true).await;
                let mut back = walk(&api, collection, "id", &order, false).await;
                back.reverse();
                assert_eq!(there, back, "{collection} {order}");
                let mut ids: Vec<String> = there.iter().map(ToString::to_string).collect();
                ids.sort_unstable();
                ids.dedup();
                assert_eq!(
                    (there.len(), ids.len()),
                    (count, count),
                    "{order}: {there:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn related_values_sort_as_they_say_d22() {
    let api = Api::new().await;
    let ids = async |collection: &str, order: &str| {
        let query = format!(
            "{{ {collection}(first: 5, orderBy: {order}) {{ edges {{ node {{ id }} }} }} }}"
        );
        json!(nodes(&api.data(&query).await[collection], "id"))
    };
    assert_eq!(
        ids("bookCollection", "[{editor: {fullName: DescNullsLast}}]").await,
        json!(["1", "3", "2", "4", "5"])
    );
    assert_eq!(
        ids(
            "bookCollection",
            "[{author: {birthday: AscNullsFirst}}, {title: DescNullsLast}]"
        )
        .await,
        json!(["4", "3", "1", "2", "7"])
    );
    assert_eq!(
        ids(
            "writerCollection",
            "[{bookCollection: {count: DescNullsLast}}]"
        )
        .await,
        json!([3, 1, 2])
    );
    // Below another row.
    let data = api
        .data("{ writerByPk(id: 1) { bookCollection(orderBy: [{cover: {colour: DescNullsLast}}, {id: DescNullsLast}]) { edges { cursor node { id } } pageInfo { hasPreviousPage endCursor } } } }")
        .await;
    let page = &data["writerByPk"]["bookCollection"];
    assert_eq!(nodes(page, "id"), ["1", "2"]);
    assert_eq!(page["edges"][1]["cursor"], page["pageInfo"]["endCursor"]);
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    let api = Api::new().await;
    let data = api
        .data("{ bookCollection(first: 1, orderBy: [{editor: {fullName: AscNullsLast}}]) { edges { cursor } } }")
        .await;
    let cursor = data["bookCollection"]["edges"][0]["cursor"]
        .as_str()
        .unwrap();
    let query = format!("{{ bookCollection(after: \"{cursor}\") {{ edges {{ cursor }} }} }}");
    assert_eq!(
        api.refusal(&query).await,
        "orderBy clause incompatible with pagination cursor"
    );
}

#[tokio::test]
async fn without_the_switch_there_is_what_pg_graphql_has() {
    let api = Api::over("", |config| config.extended = false).await;
    let query = "{ a: __type(name: \"BookFilter\") { inputFields { name } }
        b: __type(name: \"WriterOrderBy\") { inputFields { name } }
        c: __type(name: \"BookConnection\") { fields { name } }
        d: __type(name: \"BookDistinctOn\") { name }
        q: __type(name: \"Query\") { fields { name args { name } } } }";
    let plain = api.data(query).await;
    let names = |of: &Value| -> Vec<String> {
        let of = of.as_array().unwrap().iter();
        of.map(|one| one["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let filter = names(&plain["a"]["inputFields"]);
    assert!(
        !filter
            .iter()
            .any(|name| name == "author" || name == "cover"),
        "{filter:?}"
    );
    assert_eq!(
        names(&plain["b"]["inputFields"]),
        ["id", "fullName", "birthday"]
    );
    assert_eq!(
        names(&plain["c"]["fields"]),
        ["edges", "pageInfo", "totalCount", "aggregate"]
    );
    assert_eq!(plain["d"], Value::Null);
    assert!(!plain.to_string().contains("distinctOn"));
    let document = document(&api).await;
    for word in [
        "distinctOn",
        "CollectionFilter",
        "groupedAggregates",
        "DistinctOn",
    ] {
        assert!(!document.contains(word), "{word}");
    }
    // A schema decides for itself.
    let sql = r#"comment on schema library is '@graphql({"inflect_names": true, "introspection": true, "extended": true})'"#;
    let own = Api::over(sql, |config| config.extended = false).await;
    let shown = own.data(query).await;
    assert!(names(&shown["a"]["inputFields"]).contains(&"author".to_owned()));
    let off = Api::over(
        &sql.replace("\"extended\": true", "\"extended\": false"),
        |_| {},
    )
    .await;
    assert_eq!(off.data(query).await, plain);
}

/// The schema document of everybody.
async fn document(api: &Api) -> String {
    let identity = crestfall_core::Identity::anonymous("anon");
    let document = api.graphql.schema_document(&identity).await;
    document.unwrap_or_else(|response| panic!("{:?}", response.errors))
}

#[tokio::test]
async fn the_schema_tells_of_related_rows() {
    let api = Api::new().await;
    let document = document(&api).await;
    for part in [
        "input BookCollectionFilter {",
        "some: BookFilter",
        "count: IntFilter",
        "bookCollection: BookCollectionFilter",
        "editedBooks: BookCollectionFilter",
        "author: WriterFilter",
        "bookCollection: BookCollectionOrderBy",
        "distinctOn: [BookDistinctOn!]",
        "groupedAggregates(",
    ] {
        assert!(document.contains(part), "{part}\n{document}");
    }
    let introspected = api
        .data(
            "{ __type(name: \"LongBookCollectionFilter\") { inputFields { name type { name } } } }",
        )
        .await;
    assert_eq!(
        introspected["__type"]["inputFields"],
        json!([
            { "name": "some", "type": { "name": "LongBookFilter" } },
            { "name": "none", "type": { "name": "LongBookFilter" } },
            { "name": "every", "type": { "name": "LongBookFilter" } },
            { "name": "count", "type": { "name": "IntFilter" } },
        ])
    );
}

#[tokio::test]
async fn a_connection_of_which_nothing_is_asked_takes_a_filter() {
    let api = Api::new().await;
    let query = "query($n: String) { bookCollection(filter: {author: {fullName: {eq: $n}}, title: {eq: \"x\"}}, orderBy: [{editor: {id: AscNullsLast}}]) { __typename } }";
    let answer = api.ask_with(query, json!({ "n": "Ada" })).await;
    assert_eq!(
        answer["data"]["bookCollection"],
        json!({ "__typename": "BookConnection" }),
        "{answer}"
    );
    let nested = "query($n: String) { writerByPk(id: 1) { bookCollection(filter: {title: {eq: $n}}) { pageInfo { __typename } } } }";
    let answer = api.ask_with(nested, json!({ "n": "Ada" })).await;
    assert_eq!(
        answer["data"]["writerByPk"]["bookCollection"],
        json!({ "pageInfo": { "__typename": "PageInfo" } }),
        "{answer}"
    );
    // A function that changes rows is called all the same.
    let change = "mutation { touchAll(filter: {id: {eq: 1}}) { __typename } }";
    let answer = api.ask_as("ann", change, json!({})).await;
    assert_eq!(answer["data"]["touchAll"]["__typename"], "BookConnection");
    let data = api.data("{ bookByPk(id: 5) { pages } }").await;
    assert_eq!(data["bookByPk"]["pages"], 51);
}

#[tokio::test]
async fn rows_are_found_and_sorted_by_what_related_rows_amount_to() {
    let api = Api::new().await;
    for (filter, found) in [
        ("{sum: {pages: {gt: 300}}}", json!([1, 2])),
        ("{max: {title: {startsWith: \"W\"}}}", json!([2, 3])),
        (
            "{avg: {rating: {lt: \"4\"}}, min: {isLent: {eq: false}}}",
            json!([3]),
        ),
        ("{max: {price: {is: NULL}}}", json!([])),
    ] {
        let filter = format!("{{bookCollection: {filter}}}");
        assert_eq!(json!(writers(&api, &filter).await), found, "{filter}");
    }
    for order in [
        "[{bookCollection: {avg: {rating: DescNullsLast}}}]",
        "[{bookCollection: {max: {title: AscNullsLast}, sum: {pages: DescNullsFirst}}}]",
        "[{editedBooks: {min: {price: DescNullsFirst}}}]",
    ] {
        let there = walk(&api, "writerCollection", "id", order, true).await;
        let mut back = walk(&api, "writerCollection", "id", order, false).await;
        back.reverse();
        assert_eq!((there.len(), &there), (3, &back), "{order}");
    }
    let data = api
        .data("{ writerCollection(orderBy: [{bookCollection: {max: {pages: DescNullsLast}}}]) { edges { node { id } } } }")
        .await;
    assert_eq!(nodes(&data["writerCollection"], "id"), [2, 1, 3]);
    // As everywhere, only where they are switched on.
    let refusal = api
        .refusal("{ bookCollection(filter: {author: {longBooks: {max: {id: {gt: 1}}}}}) { totalCount } }")
        .await;
    assert!(refusal.contains("extra keys [\"max\"]"), "{refusal}");
}

#[tokio::test]
async fn json_is_found_by_what_it_holds() {
    let sql = r#"update library.book set details = '{"lang": "en", "size": {"w": 1}, "marks": [1, 2]}' where id = 2;
        update library.book set details = '{"lang": "de"}' where id = 3;
        update library.book set details = '{"size": {"w": 2}}' where id = 4;"#;
    let api = Api::over(sql, |_| {}).await;
    for (filter, found) in [
        (r#"contains: "{\"lang\": \"en\"}""#, json!(["1", "2"])),
        (r#"contains: "{\"size\": {\"w\": 1}}""#, json!(["2"])),
        (
            r#"containedBy: "{\"lang\": \"de\", \"x\": 1}", hasKey: "lang""#,
            json!(["3"]),
        ),
        (r#"hasKeysAny: ["size", "marks"]"#, json!(["2", "4"])),
        (r#"hasKeysAll: ["lang", "size"]"#, json!(["2"])),
        (
            r#"hasKeysAll: "lang", is: NOT_NULL"#,
            json!(["1", "2", "3"]),
        ),
    ] {
        let found_now = books(&api, &format!("{{details: {{{filter}}}}}")).await;
        assert_eq!(json!(found_now), found, "{filter}");
    }
    let query = "query($d: JSON, $k: [String!]) { bookCollection(filter: {details: {contains: $d, hasKeysAny: $k}}) { edges { node { id } } } }";
    for (variables, found) in [
        (
            json!({ "d": "{\"lang\": \"en\"}", "k": ["size"] }),
            json!(["2"]),
        ),
        (json!({ "d": "{\"lang\": \"de\"}" }), json!(["3"])),
        (json!({ "k": ["size", "x'\")"] }), json!(["2", "4"])),
    ] {
        let answer = api.ask_with(query, variables).await;
        let ids = nodes(&answer["data"]["bookCollection"], "id");
        assert_eq!(json!(ids), found, "{answer}");
    }
    let off = Api::over("", |config| config.extended = false).await;
    let refusal = off
        .refusal("{ bookCollection(filter: {details: {hasKey: \"lang\"}}) { totalCount } }")
        .await;
    assert!(refusal.contains("extra keys [\"details\"]"), "{refusal}");
    let shown = off.data("{ __type(name: \"JSONFilter\") { name } }").await;
    assert_eq!(shown["__type"], Value::Null);
}
