//! Rows updated with the rows that belong to them.

use serde_json::{Value, json};

use crate::studio::Studio;

const UPDATE: &str = "mutation($set: FilmUpdateInput!, $filter: FilmFilter, $most: Int! = 1) {
    updateFilmCollection(set: $set, filter: $filter, atMost: $most) {
        affectedCount
        records { title director { name born } poster { colour } awardCollection(orderBy: [{name: AscNullsLast}]) { edges { node { name } } } }
    }
}";

/// Two films of Ann's director with awards, one of Ben's.
async fn studio() -> Studio {
    let studio = Studio::new().await;
    studio
        .0
        .db
        .load(
            "insert into studio.director (id, name, owner) values (101, 'Agnes', 'ann'), (102, 'Bela', 'ben');
            insert into studio.film (id, director_id, title) values (1, 101, 'one'), (2, 101, 'two'), (3, 102, 'bens'), (4, null, 'nobodys');
            insert into studio.award (film_id, name) values (1, 'a'), (1, 'b'), (1, 'c'), (2, 'a'), (3, 'a');
            insert into studio.poster values (1, 'red');
            select setval('studio.film_id_seq', 100);",
        )
        .await;
    studio
}

fn film(id: i32) -> Value {
    json!({ "id": { "eq": id } })
}

fn awards(names: &[&str]) -> Value {
    let edges = names.iter().map(|name| json!({ "node": { "name": name } }));
    json!({ "edges": edges.collect::<Vec<_>>() })
}

#[tokio::test]
async fn related_rows_are_deleted_updated_and_inserted_d3() {
    let studio = studio().await;
    let set = json!({
        "title": "One",
        "director": { "set": { "born": 1928 } },
        "poster": { "set": { "colour": "blue" } },
        "awardCollection": {
            "insert": { "data": [{ "name": "new" }] },
            "update": [{ "set": { "name": "B" }, "filter": { "name": { "eq": "b" } } }, { "set": { "name": "C" }, "filter": { "name": { "eq": "c" } } }],
            "delete": { "filter": { "name": { "eq": "a" } } },
        },
    });
    let done = studio
        .done(UPDATE, json!({ "set": set, "filter": film(1) }))
        .await;
    assert_eq!(
        done["updateFilmCollection"],
        json!({ "affectedCount": 1, "records": [{
            "title": "One", "director": { "name": "Agnes", "born": 1928 }, "poster": { "colour": "blue" },
            "awardCollection": awards(&["B", "C", "new"]),
        }] })
    );
    // What belongs to others is as it was.
    assert_eq!(
        studio.count("award where film_id = 2 and name = 'a'").await,
        1
    );
    assert_eq!(studio.count("director where born is null").await, 1);
}

#[tokio::test]
async fn a_row_comes_to_refer_to_a_new_one() {
    let studio = studio().await;
    let set = json!({ "director": { "insert": { "data": { "name": "Cleo" } } }, "poster": { "insert": { "data": { "colour": "grey" } } } });
    let done = studio
        .done(UPDATE, json!({ "set": set, "filter": film(2) }))
        .await;
    let record = &done["updateFilmCollection"]["records"][0];
    assert_eq!(record["director"]["name"], "Cleo");
    assert_eq!(record["poster"], json!({ "colour": "grey" }));
    // Nobody is inserted for nothing.
    let done = studio
        .done(UPDATE, json!({ "set": set, "filter": film(99) }))
        .await;
    assert_eq!(
        done["updateFilmCollection"],
        json!({ "affectedCount": 0, "records": [] })
    );
    assert_eq!(studio.count("director").await, 3);
}

#[tokio::test]
async fn each_updated_row_gets_its_own_children() {
    let studio = studio().await;
    let set =
        json!({ "awardCollection": { "insert": { "data": [{ "name": "x" }, { "name": "y" }] } } });
    let mine = json!({ "directorId": { "eq": 101 } });
    let variables = json!({ "set": set, "filter": mine, "most": 2 });
    let done = studio.done(UPDATE, variables).await;
    assert_eq!(done["updateFilmCollection"]["affectedCount"], 2);
    for film in [1, 2] {
        let own = format!("award where film_id = {film} and name in ('x', 'y')");
        assert_eq!(studio.count(&own).await, 2);
    }
}

#[tokio::test]
async fn no_more_rows_than_allowed_are_touched_on_any_level_gq_030() {
    let studio = studio().await;
    let children = |change: Value| json!({ "title": "changed", "awardCollection": change });
    for (set, expected) in [
        (
            children(json!({ "delete": {} })),
            "set.awardCollection.delete: delete impacts too many records",
        ),
        (
            children(json!({ "delete": { "atMost": 2 } })),
            "set.awardCollection.delete: delete impacts too many records",
        ),
        (
            children(json!({ "update": [{ "set": { "name": "z" } }] })),
            "set.awardCollection.update[0].set: update impacts too many records",
        ),
        (
            children(json!({ "update": { "set": { "name": "z" }, "atMost": 2 } })),
            "set.awardCollection.update[0].set: update impacts too many records",
        ),
        (
            children(json!({ "update": [{ "set": { "name": "worst" }, "atMost": 3 }] })),
            "set.awardCollection.update[0].set: new row for relation \"award\" violates check constraint \"award_name_check\"",
        ),
    ] {
        let (message, _) = studio
            .refused(UPDATE, json!({ "set": set, "filter": film(1) }))
            .await;
        assert_eq!(message, expected);
        assert_eq!(studio.count("film where title = 'one'").await, 1);
        assert_eq!(
            studio
                .count("award where film_id = 1 and name in ('a', 'b', 'c')")
                .await,
            3
        );
    }
    let set = json!({ "year": 1, "director": { "set": { "born": 1 } } });
    let mine = json!({ "directorId": { "eq": 101 } });
    let (message, _) = studio
        .refused(UPDATE, json!({ "set": set, "filter": mine }))
        .await;
    assert_eq!(message, "set: update impacts too many records");
    let all = json!({ "awardCollection": { "update": { "set": { "name": "z" }, "atMost": 3 } } });
    studio
        .done(UPDATE, json!({ "set": all, "filter": film(1) }))
        .await;
    assert_eq!(studio.count("award where name = 'z'").await, 3);
}

#[tokio::test]
async fn rows_outside_of_the_policy_are_not_touched() {
    let studio = studio().await;
    // Ben's film, for Ann: she sees it.
    let set = json!({ "title": "mine", "awardCollection": { "delete": {} } });
    let done = studio
        .done(UPDATE, json!({ "set": set, "filter": film(3) }))
        .await;
    assert_eq!(done["updateFilmCollection"]["affectedCount"], 0);
    // Also when nothing of the film itself is set.
    let set = json!({ "awardCollection": { "delete": {} }, "poster": { "insert": { "data": { "colour": "x" } } } });
    let done = studio
        .done(UPDATE, json!({ "set": set, "filter": film(3) }))
        .await;
    assert_eq!(done["updateFilmCollection"]["affectedCount"], 0);
    assert_eq!(studio.count("award where film_id = 3").await, 1);
    // Her film is made to refer to Ben's director: that one stays as he is.
    studio
        .0
        .db
        .execute("create policy loose on studio.film for all using (true) with check (true)")
        .await;
    let set = json!({ "year": 1, "director": { "set": { "born": 1 } } });
    let done = studio
        .done(UPDATE, json!({ "set": set, "filter": film(3) }))
        .await;
    assert_eq!(done["updateFilmCollection"]["affectedCount"], 1);
    assert_eq!(studio.count("director where born = 1").await, 0);
}

#[tokio::test]
async fn changes_go_down_several_levels() {
    let studio = studio().await;
    let query = "mutation { updateDirectorCollection(filter: {id: {eq: 101}}, set: {born: 1900, filmCollection: {
        update: [{filter: {title: {eq: \"one\"}}, set: {title: \"uno\", awardCollection: {
            update: [{filter: {name: {eq: \"a\"}}, set: {jurorCollection: {insert: {data: [{name: \"jury\"}]}}}}],
            insert: {data: {name: \"last\", jurorCollection: {data: [{name: \"alone\"}]}}}
        }}}],
        insert: {data: [{title: \"three\", awardCollection: {data: [{name: \"q\"}]}}]}
    }}) { records { born filmCollection { edges { node { title awardCollection { edges { node { name jurorCollection { edges { node { name } } } } } } } } } } } }";
    let done = studio.done(query, json!({})).await;
    let director = &done["updateDirectorCollection"]["records"][0];
    assert_eq!(
        director["filmCollection"]["edges"].as_array().map(Vec::len),
        Some(3)
    );
    assert_eq!(studio.count("juror join studio.award on award.id = award_id where (juror.name, award.name) in (('jury', 'a'), ('alone', 'last'))").await, 2);
    assert_eq!(studio.count("award join studio.film on film.id = film_id where title = 'three' and director_id = 101").await, 1);
    // From the deepest level too, everything is undone.
    let again = query.replace("\"one\"", "\"uno\"").replace("three", "four");
    let (message, _) = studio.refused(&again, json!({})).await;
    let place = "set.filmCollection.update[0].set.awardCollection.update[0].set.jurorCollection.insert.data[0]: duplicate key";
    assert!(message.starts_with(place), "{message}");
    assert_eq!(studio.count("film where title = 'four'").await, 0);
}

#[tokio::test]
async fn nothing_is_changed_where_a_row_refers_to_nothing() {
    let studio = studio().await;
    let set = json!({ "director": { "set": { "born": 1 } } });
    let done = studio
        .done(UPDATE, json!({ "set": set, "filter": film(4) }))
        .await;
    assert_eq!(done["updateFilmCollection"]["affectedCount"], 1);
    assert_eq!(studio.count("director where born = 1").await, 0);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_its_path() {
    let studio = studio().await;
    for (set, expected) in [
        (
            json!({ "director": { "set": { "born": 1 }, "insert": { "data": { "name": "x" } } } }),
            "set.director: either the row that it refers to is changed (set), or it refers to a new one (insert)",
        ),
        (
            json!({ "director": {} }),
            "set: at least one mapping must be provided",
        ),
        (
            json!({ "director": { "set": {} } }),
            "set.director.set: at least one mapping must be provided",
        ),
        (
            json!({ "directorId": 3, "director": { "insert": { "data": { "name": "x" } } } }),
            "set.directorId: its value comes from `director`",
        ),
        (
            json!({ "awardCollection": { "update": [{ "set": { "name": 3 } }] } }),
            "set.awardCollection.update[0].set.name: Invalid input for String(None) type",
        ),
        (
            json!({ "awardCollection": { "insert": { "data": [{ "filmId": 3 }] } } }),
            "set.awardCollection.insert.data[0].filmId: its value comes from the row above",
        ),
    ] {
        let (message, _) = studio
            .refused(UPDATE, json!({ "set": set, "filter": film(1) }))
            .await;
        assert_eq!(message, expected);
    }
}

#[tokio::test]
async fn as_many_rows_as_allowed_are_inserted_for_all_that_are_updated() {
    let studio = Studio::with(
        "insert into studio.film (title) select n::text from generate_series(1, 30) n;",
        |config| {
            config.limits.list_items = 50;
        },
    )
    .await;
    let set =
        json!({ "awardCollection": { "insert": { "data": [{ "name": "x" }, { "name": "y" }] } } });
    let (message, code) = studio
        .refused(UPDATE, json!({ "set": set, "most": 30 }))
        .await;
    assert_eq!(
        message,
        "too many rows are written with others: at most 50 (graphql.max_list_items)"
    );
    assert_eq!(
        (code.as_str(), studio.count("award").await),
        ("limit_exceeded", 0)
    );
}

#[tokio::test]
async fn filters_of_writes_may_ask_for_related_rows() {
    let studio = studio().await;
    let query = "mutation {
        updateFilmCollection(filter: {poster: {colour: {eq: \"red\"}}}, set: {awardCollection: {
            delete: {filter: {film: {director: {name: {eq: \"Agnes\"}}}}, atMost: 3}
        }}) { records { title } }
        insertIntoFilmCollection(objects: [{id: 2, title: \"two\", year: 5}, {id: 1, title: \"one\", year: 5}], onConflict: {
            constraint: film_pkey, updateColumns: [year], where: {awardCollection: {some: {name: {eq: \"a\"}}}}
        }) { records { title } }
    }";
    let done = studio.done(query, json!({})).await;
    assert_eq!(
        done["updateFilmCollection"]["records"],
        json!([{ "title": "one" }])
    );
    // The other has no awards any more.
    assert_eq!(
        done["insertIntoFilmCollection"]["records"],
        json!([{ "title": "two" }])
    );
    assert_eq!(studio.count("award").await, 2);
}
