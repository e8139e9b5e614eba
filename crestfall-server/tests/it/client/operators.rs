//! Operators, aggregates and headers that the other tests have no need of.

use std::time::Duration;

use crestfall_client::rest::{Any, Column, NullsOrder, all, col};
use crestfall_client::{Client, Error, ErrorKind};
use serde_json::{Value, json};

use super::World;
use super::films_types::{films, reviews};

type Filter = crestfall_client::rest::Filter<Any>;

async fn years(client: &Client, filter: Filter) -> Vec<i64> {
    let films = client.from("films").select("year").filter(filter);
    let rows = films.order(col("id").asc()).send().await.unwrap();
    rows.iter().filter_map(|row| row["year"].as_i64()).collect()
}

#[tokio::test]
async fn every_operator_finds_what_it_says() {
    let world = World::new().await;
    let client = world.client();
    let title = || col("title");
    for (filter, expected) in [
        (title().like_all(["P%", "%Maman"]), vec![2021]),
        (title().like_any(["Cl%", "%Maman"]), vec![1962, 2021]),
        (title().ilike_all(["p%", "%MAMAN"]), vec![2021]),
        (title().ilike_any(["cl%", "%MAMAN"]), vec![1962, 2021]),
        (title().matches("^P.*e$"), vec![2019]),
        (title().imatches("^p.*N$"), vec![2021]),
        (title().search("paras | cleo"), vec![]),
        (title().search("parasite | maman"), vec![2019, 2021]),
        (title().plain_search("petite maman"), vec![2021]),
        (title().phrase_search("maman petite"), vec![]),
        (title().phrase_search("petite maman"), vec![2021]),
        (title().web_search("maman -petite"), vec![]),
        (title().search_in("english", "parasites"), vec![2019]),
        (col("tags").contains("{paris}"), vec![1962, 2021]),
        (col("tags").contained_by("{paris,x}"), vec![2019, 2021]),
        (
            col("tags").overlaps("{seoul,\"new wave\"}"),
            vec![1962, 2019],
        ),
        (col("facts->colour").eq("true"), vec![2019]),
        (col("length").is_distinct_from(90), vec![2019, 2019, 2021]),
        (title().op("match", "^Cl"), vec![1962]),
        (
            all([col("year").gt(1962), col("year").lt(2021)]),
            vec![2019, 2019],
        ),
    ] {
        let told = format!("{filter:?}");
        assert_eq!(years(&client, filter).await, expected, "{told}");
    }
}

#[tokio::test]
async fn truth_values_are_told_from_null() {
    let seen = "alter table films add seen bool;
                update films set seen = year > 2000 where id < 4;";
    let world = World::over("server-client-seen", seen, &[]).await;
    let client = world.client();
    assert_eq!(years(&client, col("seen").is_true()).await, [2019, 2019]);
    assert_eq!(years(&client, col("seen").is_false()).await, [1962]);
    assert_eq!(years(&client, col("seen").is_null()).await, [2021]);
    let order = client.from("films").select("id");
    let order = order
        .order(col("seen").asc().nulls(NullsOrder::First))
        .limit(1);
    assert_eq!(order.send().await.unwrap(), [json!({ "id": 4 })]);
}

#[tokio::test]
async fn aggregates_have_the_types_of_what_they_aggregate() {
    let world = World::new().await;
    let client = world.client();
    let of_all = client.from(reviews::TABLE).select((
        reviews::stars.sum::<i64>(),
        reviews::stars.avg(),
        reviews::stars.min(),
        reviews::stars.max(),
        reviews::id.count(),
    ));
    let rows = of_all.send().await.unwrap();
    assert_eq!(rows, [(Some(60), Some(3.0), Some(1), Some(5), 20)]);
    let of_none = client.from(films::TABLE).select(films::year.max());
    let of_none = of_none.filter(films::year.gt(3000)).send().await;
    assert_eq!(of_none.unwrap(), [None]);
}

#[tokio::test]
async fn what_has_no_method_goes_by_parameters_and_headers() {
    let world = World::new().await;
    let client = world.client();
    let films = client
        .from("films")
        .select("title,roles(actors(name))")
        .filter(col("id").eq(2))
        .parameter("roles.limit", "0");
    let rows = films.send().await.unwrap();
    assert_eq!(rows, [json!({ "title": "Parasite", "roles": [] })]);
    let strict = client.from("films").select("title");
    let strict = strict.header("prefer", "handling=strict, x=y").send().await;
    assert_eq!(strict.unwrap_err().code(), Some("PGRST122"));
    // Of several rows, those that lack a column get null, or its default.
    let rows = json!([{ "name": "A", "born": "1990-01-01" }, { "name": "B" }]);
    let null = client.from("directors").insert(rows).missing_as_null();
    let null = null.roll_back().returning("born").send().await.unwrap();
    assert_eq!(null[1], json!({ "born": null }));
    let headers = client
        .rpc("add_numbers", json!({ "a": 1 }))
        .header("prefer", "handling=strict, x=y");
    assert_eq!(headers.send().await.unwrap_err().code(), Some("PGRST122"));
    let sum: i64 = client
        .rpc("add_numbers", json!({ "a": 1 }))
        .fetch()
        .await
        .unwrap();
    assert_eq!(sum, 11);
    // There is no PostGIS here, and the server says so.
    let refused = client.from("films").select("title").geojson().await;
    assert!(refused.unwrap_err().api().is_some());
}

#[tokio::test]
async fn a_schema_is_named_once_for_all() {
    let schemas = [("CRESTFALL_REST__SCHEMAS", "public,odd")];
    let grants = "grant usage on schema odd to anon; grant all on odd.functions to anon;";
    let world = World::over("server-client-odd", grants, &schemas).await;
    let odd = world.client().rest().schema("odd");
    let rows = odd.from("functions").select("id").send().await.unwrap();
    assert!(rows.is_empty());
    let moods: Vec<Value> = odd
        .rpc("moods", json!({ "list": ["ok"] }))
        .fetch()
        .await
        .unwrap();
    assert_eq!(moods[0]["a_b"], "ok");
    let other = world.client().from("functions").select("id").send().await;
    assert_eq!(other.unwrap_err().code(), Some("PGRST205"));
}

#[tokio::test]
async fn a_client_of_ones_own_making() {
    let world = World::new().await;
    let http = reqwest::Client::builder()
        .user_agent("films/1")
        .build()
        .unwrap();
    let paths = crestfall_client::Paths {
        rest: "/postgresql/rest".to_owned(),
        auth: "authentication".to_owned(),
        graphql: "postgresql/graphql".to_owned(),
        rbac: "authorization".to_owned(),
    };
    let client = Client::builder(world.url())
        .http(http)
        .paths(paths)
        .refresh_ahead(Duration::from_secs(5))
        .header("x-trace", "1")
        .build()
        .unwrap();
    assert_eq!(years(&client, col("id").eq(1)).await, [1962]);
    assert!(client.auth().settings().await.unwrap()["external"].is_object());
    // A time that is too short for anything.
    let read = client
        .from("films")
        .select("id")
        .timeout(Duration::from_nanos(1));
    assert!(matches!(read.send().await, Err(Error::Timeout)));
    let none = client.rbac().me(None).await.unwrap_err();
    assert_eq!(none.kind(), Some(ErrorKind::NotFound), "it is not served");
}

/// Columns of a table that nobody generated.
#[tokio::test]
async fn aggregates_of_named_columns() {
    const STARS: Column<Any, i32> = Column::new("stars");
    let world = World::new().await;
    let query = world.client().from("reviews").select(STARS.count());
    assert_eq!(query.send().await.unwrap(), [20]);
}
