//! Rows of relations that are named by text.

use crestfall_client::rest::{Count, Explain, NullsOrder, any, col};
use crestfall_client::{Error, ErrorKind};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

use super::World;

fn titles(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .filter_map(|row| row["title"].as_str())
        .collect()
}

#[tokio::test]
async fn rows_are_selected_filtered_ordered_and_embedded() {
    let world = World::new().await;
    let client = world.client();
    let films = client
        .from("films")
        .select("title, year, directors(name), roles(actors(name))")
        .filter(col("year").gte(2000))
        .filter(col("genre").is_in(["comedy", "drama"]))
        .order(col("year").desc())
        .order(col("title").asc())
        .limit(2)
        .send()
        .await
        .unwrap();
    assert_eq!(
        films,
        [
            json!({ "title": "Petite Maman", "year": 2021, "directors": { "name": "Céline Sciamma" }, "roles": [] }),
            json!({ "title": "Parasite", "year": 2019, "directors": { "name": "Bong Joon-ho" }, "roles": [{ "actors": { "name": "Song" } }] }),
        ]
    );
}

#[tokio::test]
async fn values_of_any_text_are_compared_as_they_are() {
    let world = World::new().await;
    let client = world.client();
    let odd = "Portrait, of a \"Lady\"";
    let by = async |filter| {
        let rows = client
            .from("films")
            .select("title")
            .filter(filter)
            .send()
            .await;
        titles(&rows.unwrap()).join("|")
    };
    assert_eq!(by(col("title").eq(odd)).await, odd);
    assert_eq!(by(col("title").is_in([odd, "none"])).await, odd);
    assert_eq!(by(any([col("title").eq(odd), col("id").eq(99)])).await, odd);
    assert_eq!(by(!(col("title").neq(odd) | col("id").lt(0))).await, odd);
    for text in [
        "a&b=c", "100%", "x+y", "#", "ü", "\\", "a'b", "(", "{}", "*",
    ] {
        assert_eq!(by(col("title").eq(text)).await, "", "{text}");
        assert_eq!(
            by(any([col("title").eq(text), col("title").eq("")])).await,
            "",
            "{text}"
        );
    }
    assert_eq!(
        by(col("title").ilike("par%") & col("year").gt(2000)).await,
        "Parasite"
    );
    assert_eq!(
        by(col("tags").contains(["new wave"])).await,
        "Cléo from 5 to 7"
    );
    assert_eq!(by(col("tags").overlaps(["seoul", "x"])).await, "Parasite");
    assert_eq!(
        by(col("facts").contains(json!({ "colour": true }))).await,
        "Parasite"
    );
    assert_eq!(by(col("facts->prizes->>oscars").eq("4")).await, "Parasite");
    assert_eq!(
        by(col("title").web_search("maman or parasite")).await,
        "Parasite|Petite Maman"
    );
    assert_eq!(by(col("score").is_null()).await, odd);
    assert_eq!(by(col("title").imatches("^pa.+e$")).await, "Parasite");
    assert_eq!(
        by(col("title").like_any(["%Maman", "Cl%"])).await,
        "Cléo from 5 to 7|Petite Maman"
    );
    assert_eq!(by(col("\"odd name\"").is_not_null()).await, "");
    assert_eq!(
        by(col("length").is_distinct_from(90) & col("length").lte(100)).await,
        "Petite Maman"
    );
}

#[tokio::test]
async fn pages_counts_streams_and_other_forms() {
    let world = World::new().await;
    let client = world.client();
    let reviews = || {
        client
            .from("reviews")
            .select("id,film_id,stars")
            .order(col("id").asc())
    };
    let page = reviews().range(5, 9).page(Count::Exact).await.unwrap();
    assert_eq!(
        (page.rows.len(), page.first, page.total),
        (5, Some(5), Some(20))
    );
    assert_eq!(
        reviews()
            .filter(col("stars").eq(5))
            .count(Count::Exact)
            .await
            .unwrap(),
        4
    );

    let all: Vec<Value> = reviews().stream(7).try_collect().await.unwrap();
    let ids: Vec<i64> = all.iter().filter_map(|row| row["id"].as_i64()).collect();
    assert_eq!(ids, (1..=20).collect::<Vec<_>>());
    let some: Vec<Value> = reviews()
        .offset(3)
        .limit(8)
        .stream(5)
        .try_collect()
        .await
        .unwrap();
    assert_eq!((some.len(), some[0]["id"].as_i64()), (8, Some(4)));

    let csv = reviews().limit(2).csv().await.unwrap();
    assert_eq!(csv.trim_end(), "id,film_id,stars\n1,1,1\n2,1,2");
    let plan = reviews()
        .explain(Explain {
            analyze: true,
            ..Explain::default()
        })
        .await
        .unwrap();
    assert!(plan.contains("actual time"), "{plan}");
    let nulls = client.from("films").select("id");
    let nulls = nulls
        .order(col("length").sorted(true, NullsOrder::Last))
        .send()
        .await
        .unwrap();
    assert_eq!(nulls[0]["id"], 2);
}

#[tokio::test]
async fn pages_by_a_key_stay_whole_while_rows_come_and_go() {
    let world = World::new().await;
    let client = world.client();
    let ids =
        |rows: &[Value]| -> Vec<i64> { rows.iter().filter_map(|row| row["id"].as_i64()).collect() };
    let mut reviews = client
        .from("reviews")
        .select("id,stars")
        .order(col("stars").desc())
        .stream_by(col("id"), 6);
    let mut seen: Vec<Value> = Vec::new();
    while let Some(row) = reviews.try_next().await.unwrap() {
        // Each row is deleted as soon as it was seen, and one more comes at the end of the first page.
        let own = col("id").eq(row["id"].as_i64().unwrap());
        client
            .from("reviews")
            .delete()
            .filter(own)
            .send()
            .await
            .unwrap();
        if seen.len() == 6 {
            let more = json!({ "film_id": 1, "stars": 1 });
            client.from("reviews").insert(more).send().await.unwrap();
        }
        seen.push(row);
    }
    assert_eq!(ids(&seen), (1..=21).collect::<Vec<_>>());
    assert_eq!(seen[0], json!({ "id": 1, "stars": 1 }));

    // Text with all that means something to the grammar, a limit, an offset, all columns.
    let names = ["a,b", "a.b", "a\"b", "a(b)", "a\\b", "", "null", "ä"];
    let rows: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    client.from("directors").insert(rows).send().await.unwrap();
    let all = client
        .from("directors")
        .select("")
        .stream_by(col("name"), 1);
    let all: Vec<Value> = all.try_collect().await.unwrap();
    assert_eq!(all.len(), 11);
    assert!(all.iter().all(|row| row.as_object().unwrap().len() == 3));
    let some = client.from("directors").select("id").offset(2).limit(5);
    let some: Vec<Value> = some.stream_by(col("name"), 2).try_collect().await.unwrap();
    assert_eq!(ids(&some), ids(&all[2..7]));

    let nulls = client
        .from("films")
        .select("id")
        .stream_by(col("length"), 2);
    assert_eq!(
        ids(&nulls.try_collect::<Vec<_>>().await.unwrap()),
        [4, 1, 2]
    );
}

#[tokio::test]
async fn one_row_is_one_row() {
    let world = World::new().await;
    let client = world.client();
    let film = |title| {
        client
            .from("films")
            .select("id")
            .filter(col("title").like(title))
    };
    assert_eq!(film("Parasite").single().await.unwrap(), json!({ "id": 2 }));
    assert_eq!(film("Nothing").maybe_single().await.unwrap(), None);
    assert!(matches!(
        film("Nothing").single().await,
        Err(Error::NotOne(0))
    ));
    assert!(matches!(
        film("P%").maybe_single().await,
        Err(Error::NotOne(2))
    ));
}

#[tokio::test]
async fn rows_are_written_and_come_back() {
    let world = World::new().await;
    let client = world.client();
    let written = client
        .from("actors")
        .insert(json!([{ "name": "A" }, { "name": "B", "id": 70 }]))
        .count(Count::Exact)
        .send()
        .await
        .unwrap();
    assert_eq!(written.count, Some(2));
    let row = client
        .from("actors")
        .insert(json!({ "id": 70, "name": "C" }))
        .or_update()
        .returning("id,name")
        .single()
        .await
        .unwrap();
    assert_eq!(row, json!({ "id": 70, "name": "C" }));
    let ignored = client
        .from("directors")
        .insert(json!({ "name": "Bong Joon-ho" }));
    let ignored = ignored
        .or_ignore()
        .on_conflict("name")
        .returning("id")
        .send()
        .await
        .unwrap();
    assert_eq!(ignored, Vec::<Value>::new());

    let changed = client
        .from("actors")
        .update(json!({ "name": "D" }))
        .filter(col("id").eq(70));
    assert_eq!(
        changed.returning("name").send().await.unwrap(),
        [json!({ "name": "D" })]
    );
    let refused = client
        .from("actors")
        .update(json!({ "name": "E" }))
        .every_row()
        .at_most(2);
    assert_eq!(refused.send().await.unwrap_err().code(), Some("PGRST124"));
    let undone = client
        .from("actors")
        .delete()
        .filter(col("id").eq(70))
        .roll_back();
    undone.send().await.unwrap();
    let gone = client
        .from("actors")
        .delete()
        .filter(col("id").eq(70))
        .returning("id");
    assert_eq!(gone.send().await.unwrap(), [json!({ "id": 70 })]);
    let all = client.from("actors").delete().send().await.unwrap_err();
    assert!(all.to_string().contains("every_row"), "{all}");
}

#[tokio::test]
async fn refusals_say_what_and_why() {
    let world = World::new().await;
    let client = world.client();
    let unknown = client.from("filmz").select("*").send().await.unwrap_err();
    assert_eq!(
        (unknown.code(), unknown.kind()),
        (Some("PGRST205"), Some(ErrorKind::NotFound))
    );
    assert!(
        unknown.hint().unwrap_or_default().contains("films"),
        "{unknown:?}"
    );
    let taken = client
        .from("directors")
        .insert(json!({ "name": "Bong Joon-ho" }))
        .send()
        .await;
    let taken = taken.unwrap_err();
    assert_eq!(taken.kind(), Some(ErrorKind::AlreadyExists));
    assert!(
        taken
            .api()
            .unwrap()
            .details
            .as_deref()
            .unwrap_or_default()
            .contains("name")
    );
    let missing = client
        .from("films")
        .insert(json!({ "title": "x" }))
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (missing.code(), missing.kind()),
        (Some("23502"), Some(ErrorKind::Invalid))
    );
    let embed = client
        .from("films")
        .select("cities(name)")
        .send()
        .await
        .unwrap_err();
    assert_eq!(embed.code(), Some("PGRST200"));
    for name in ["..", ".", ""] {
        let error = client.from(name).select("*").send().await.unwrap_err();
        assert!(matches!(error, Error::Request(_)), "{error:?}");
    }
    // What would lead elsewhere in a path is a name like any other.
    let error = client
        .from("../auth/v1/user?x=#y")
        .select("*")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("PGRST205"), "{error:?}");
}

#[tokio::test]
async fn functions_are_called_by_name() {
    let world = World::new().await;
    let client = world.client();
    assert_eq!(
        client
            .rpc("add_numbers", json!({ "a": 1 }))
            .send()
            .await
            .unwrap(),
        11
    );
    let reading = client
        .rpc("add_numbers", json!({ "a": 1, "b": 2 }))
        .reading(true);
    assert_eq!(reading.send().await.unwrap(), 3);
    let films = client
        .rpc("films_of", json!({ "director": 3 }))
        .select("title")
        .order(col("id").desc());
    let (rows, count) = films.limit(1).counted(Count::Exact).await.unwrap();
    assert_eq!(
        (rows, count),
        (json!([{ "title": "Petite Maman" }]), Some(2))
    );
    let void = client
        .rpc("rename_film", json!({ "film": 1, "title": "Cléo" }))
        .send()
        .await;
    assert_eq!(void.unwrap(), Value::Null);
}
