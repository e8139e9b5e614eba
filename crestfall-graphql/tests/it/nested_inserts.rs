//! Rows inserted with the rows that belong to them.

use serde_json::{Value, json};

use crate::studio::Studio;

const FILMS: &str = "mutation($objects: [FilmInsertInput!]!) { insertIntoFilmCollection(objects: $objects) {
    affectedCount
    records { title slug director { name owner } awardCollection { edges { node { name jurorCollection { edges { node { name } } } } } } poster { colour } }
} }";

#[tokio::test]
async fn a_row_is_inserted_with_those_above_and_below_it_d3() {
    let studio = Studio::new().await;
    let objects = json!([{
        "title": "La Pointe Courte",
        "director": { "data": { "name": "Agnes" } },
        "poster": { "data": { "colour": "grey" } },
        "awardCollection": { "data": [
            { "name": "first", "jurorCollection": { "data": [{ "name": "j1" }, { "name": "j2" }] } },
            { "name": "second" },
        ] },
    }]);
    let done = studio.done(FILMS, json!({ "objects": objects })).await;
    let inserted = &done["insertIntoFilmCollection"];
    assert_eq!(inserted["affectedCount"], 1);
    let film = &inserted["records"][0];
    assert_eq!(film["slug"], "la-pointe-courte");
    assert_eq!(film["director"], json!({ "name": "Agnes", "owner": "ann" }));
    assert_eq!(film["poster"], json!({ "colour": "grey" }));
    let awards = film["awardCollection"]["edges"].as_array().expect("edges");
    assert_eq!(awards.len(), 2);
    let first = awards.iter().find(|award| award["node"]["name"] == "first");
    let jurors = &first.expect("the first award")["node"]["jurorCollection"]["edges"];
    assert_eq!(
        jurors,
        &json!([{ "node": { "name": "j1" } }, { "node": { "name": "j2" } }])
    );
}

#[tokio::test]
async fn objects_of_different_forms_each_get_their_own_relatives() {
    let studio = Studio::new().await;
    let query = "mutation($name: String!, $more: [AwardInsertInput!]!) {
        one: insertIntoTagCollection(objects: [{code: \"x\", label: \"X\"}]) { affectedCount }
        insertIntoFilmCollection(objects: [
            {title: \"a\", director: {data: {name: $name}}, awardCollection: {data: $more}},
            {title: \"b\", year: null, director: null},
            {title: \"c\", director: {data: {name: \"other\", filmCollection: {data: [{title: \"d\"}, {title: \"e\"}]}}}},
        ]) { affectedCount records { title year director { name filmCollection { edges { node { title } } } } } }
        two: updateTagCollection(set: {label: \"Y\"}) { records { label } }
    }";
    let variables = json!({ "name": "Ada", "more": [{ "name": "n" }, { "name": "m" }] });
    let done = studio.done(query, variables).await;
    assert_eq!(done["one"]["affectedCount"], 1);
    assert_eq!(done["two"]["records"], json!([{ "label": "Y" }]));
    let films = |titles: &[&str]| {
        let edges = titles
            .iter()
            .map(|title| json!({ "node": { "title": title } }));
        json!({ "edges": edges.collect::<Vec<_>>() })
    };
    let records = done["insertIntoFilmCollection"]["records"].clone();
    assert_eq!(
        records[0]["director"],
        json!({ "name": "Ada", "filmCollection": films(&["a"]) })
    );
    assert_eq!(
        records[1],
        json!({ "title": "b", "year": null, "director": null })
    );
    assert_eq!(records[2]["title"], "c");
    // What refers to the director was inserted before the row that does.
    assert_eq!(
        records[2]["director"]["filmCollection"],
        films(&["d", "e", "c"])
    );
    assert_eq!(done["insertIntoFilmCollection"]["affectedCount"], 3);
    assert_eq!(
        studio
            .count("award join studio.film on film.id = film_id where title = 'a'")
            .await,
        2
    );
}

#[tokio::test]
async fn the_same_document_takes_lists_of_any_length() {
    let studio = Studio::new().await;
    for (round, count) in [0, 3, 1, 3].into_iter().enumerate() {
        let awards: Vec<Value> = (0..count)
            .map(|n| json!({ "name": format!("{n}") }))
            .collect();
        let objects =
            json!([{ "title": format!("film {round}"), "awardCollection": { "data": awards } }]);
        let done = studio.done(FILMS, json!({ "objects": objects })).await;
        let edges = &done["insertIntoFilmCollection"]["records"][0]["awardCollection"]["edges"];
        assert_eq!(edges.as_array().map(Vec::len), Some(count));
    }
}

#[tokio::test]
async fn keys_of_several_columns_and_of_triggers_are_handed_on() {
    let studio = Studio::new().await;
    let cinemas = "mutation { insertIntoCinemaCollection(objects: [
        {name: \"Rex\", cityThere: {data: {country: \"FR\", name: \"Paris\", cinemas: {data: [{name: \"Max\"}]}}}}
    ]) { records { name country city } } }";
    // The name of the field is as the comment has it.
    let cinemas = cinemas.replace("cityThere", "city_there");
    let done = studio.done(&cinemas, json!({})).await;
    assert_eq!(
        done["insertIntoCinemaCollection"]["records"],
        json!([{ "name": "Rex", "country": "FR", "city": "Paris" }])
    );
    assert_eq!(
        studio
            .count("cinema where country = 'FR' and city = 'Paris'")
            .await,
        2
    );

    let tickets = "mutation { insertIntoTicketCollection(objects: [
        {code: \"a\", seatCollection: {data: [{row: 1}, {row: 2}]}}, {code: \"b\", seatCollection: {data: {row: 3}}}
    ]) { records { code seatCollection { edges { node { row ticketCode } } } } } }";
    let done = studio.done(tickets, json!({})).await;
    let seat = |row: i32, code: &str| json!({ "node": { "row": row, "ticketCode": code } });
    assert_eq!(
        done["insertIntoTicketCollection"]["records"],
        json!([
            { "code": "T-A", "seatCollection": { "edges": [seat(1, "T-A"), seat(2, "T-A")] } },
            { "code": "T-B", "seatCollection": { "edges": [seat(3, "T-B")] } },
        ])
    );
}

#[tokio::test]
async fn rows_refer_to_rows_of_their_own_table() {
    let studio = Studio::new().await;
    let query = "mutation { insertIntoEmployeeCollection(objects: [{
        name: \"middle\", boss: {data: {name: \"top\", boss: {data: {name: \"above all\"}}}},
        staff: {data: [{name: \"low\", staff: {data: [{name: \"lower\"}]}}]}
    }]) { records { name boss { name boss { name } } staff { edges { node { name staff { edges { node { name } } } } } } } } }";
    let done = studio.done(query, json!({})).await;
    assert_eq!(
        done["insertIntoEmployeeCollection"]["records"],
        json!([{ "name": "middle", "boss": { "name": "top", "boss": { "name": "above all" } },
            "staff": { "edges": [{ "node": { "name": "low", "staff": { "edges": [{ "node": { "name": "lower" } }] } } }] } }])
    );
    let cycle = "mutation { insertIntoEmployeeCollection(objects: [{
        name: \"a\", staff: {data: [{name: \"b\", boss: {data: {name: \"c\"}}}]}
    }]) { affectedCount } }";
    let (message, _) = studio.refused(cycle, json!({})).await;
    assert_eq!(
        message,
        "objects[0].staff.data[0].boss: it is the row above"
    );
}

#[tokio::test]
async fn keys_that_share_a_column_have_to_agree() {
    let studio = Studio::new().await;
    let query = "mutation($tenant: Int!) { insertIntoPurchaseCollection(objects: [{tenant: 1, lineCollection: {data: [
        {product: {data: {tenant: 1, name: \"a\"}}}, {product: {data: {tenant: $tenant, name: \"b\"}}}
    ]}}]) { records { lineCollection { edges { node { tenant product { name } } } } } } }";
    let (message, code) = studio.refused(query, json!({ "tenant": 2 })).await;
    assert!(
        message.starts_with("objects[0].lineCollection.data[1]: insert or update"),
        "{message}"
    );
    assert_eq!((code.as_str(), studio.count("product").await), ("23503", 0));
    let done = studio.done(query, json!({ "tenant": 1 })).await;
    let line = |name: &str| json!({ "node": { "tenant": 1, "product": { "name": name } } });
    assert_eq!(
        done["insertIntoPurchaseCollection"]["records"][0]["lineCollection"]["edges"],
        json!([line("a"), line("b")])
    );
}

#[tokio::test]
async fn relationships_in_a_circle_are_followed_as_far_as_they_are_given() {
    let studio = Studio::new().await;
    let query = "mutation { insertIntoLandCollection(objects: [{
        name: \"France\",
        capital: {data: {name: \"Paris\", land: {data: {name: \"old France\"}}}},
        townCollection: {data: [{name: \"Lyon\", landCollection: {data: [{name: \"Gaul\"}]}}]}
    }]) { records { name capital { name land { name } } townCollection { edges { node { name landCollection { edges { node { name } } } } } } } } }";
    let done = studio.done(query, json!({})).await;
    assert_eq!(
        done["insertIntoLandCollection"]["records"],
        json!([{ "name": "France", "capital": { "name": "Paris", "land": { "name": "old France" } },
            "townCollection": { "edges": [{ "node": { "name": "Lyon", "landCollection": { "edges": [{ "node": { "name": "Gaul" } }] } } }] } }])
    );
}

#[tokio::test]
async fn what_is_forbidden_below_undoes_all_of_it_and_tells_where() {
    let studio = Studio::new().await;
    let film = |title: &str, award: &str| json!({ "title": title, "director": { "data": { "name": title } }, "awardCollection": { "data": [{ "name": "fine" }, { "name": award }] } });
    for (award, path, code) in [
        // A policy, and a check.
        (
            "forbidden",
            "objects[1].awardCollection.data[1]: new row violates row-level security policy",
            "42501",
        ),
        (
            "worst",
            "objects[1].awardCollection.data[1]: new row for relation \"award\" violates check",
            "23514",
        ),
    ] {
        let objects = json!([film("a", "good"), film("b", award)]);
        let (message, found) = studio.refused(FILMS, json!({ "objects": objects })).await;
        assert!(message.starts_with(path), "{message}");
        assert_eq!(found, code);
        studio.nothing_is_written().await;
    }
    // The third level.
    let jurors = json!({ "data": [{ "name": "same" }, { "name": "same" }] });
    let objects = json!([{ "title": "a", "awardCollection": { "data": [{ "name": "x" }, { "name": "y", "jurorCollection": jurors }] } }]);
    let (message, code) = studio.refused(FILMS, json!({ "objects": objects })).await;
    assert!(
        message.starts_with(
            "objects[0].awardCollection.data[1].jurorCollection.data[1]: duplicate key"
        ),
        "{message}"
    );
    assert_eq!(code, "23505");
    // A column is named by its field.
    let objects = json!([{ "title": "a", "awardCollection": { "data": [{ "name": "x", "jurorCollection": { "data": { "name": null } } }] } }]);
    let answer = studio.ann(FILMS, json!({ "objects": objects })).await;
    let error = &answer["errors"][0];
    assert_eq!(
        error["extensions"],
        json!({ "code": "23502", "input": "objects[0].awardCollection.data[0].jurorCollection.data[0].name" })
    );
    assert_eq!(error["path"], json!(["insertIntoFilmCollection"]));
    studio.nothing_is_written().await;
}

#[tokio::test]
async fn policies_of_children_see_the_parents_that_were_just_inserted() {
    let studio = Studio::new().await;
    let objects =
        json!([{ "title": "a", "director": { "data": { "name": "x", "owner": "ann" } } }]);
    studio.done(FILMS, json!({ "objects": objects })).await;
    // Ann may not give a director to Ben.
    let objects =
        json!([{ "title": "b", "director": { "data": { "name": "y", "owner": "ben" } } }]);
    let (message, code) = studio.refused(FILMS, json!({ "objects": objects })).await;
    assert!(
        message.starts_with("objects[0].director.data: new row violates"),
        "{message}"
    );
    assert_eq!((code.as_str(), studio.count("film").await), ("42501", 1));
    // Nor film for a director of Ben's.
    studio
        .0
        .db
        .execute("insert into studio.director (name, owner) values ('z', 'ben')")
        .await;
    let objects = json!([{ "title": "c", "director": { "data": { "name": "z" }, "onConflict": { "constraint": "director_name_key", "updateColumns": ["name"] } } }]);
    let (message, _) = studio.refused(FILMS, json!({ "objects": objects })).await;
    assert!(message.contains("row-level security"), "{message}");
    assert_eq!(studio.count("film").await, 1);
}

#[tokio::test]
async fn relatives_may_be_there_already() {
    let studio = Studio::new().await;
    let film = |title: &str, label: &str| {
        let tag = json!({ "data": { "code": "t", "label": label }, "onConflict": { "constraint": "tag_pkey", "updateColumns": ["label"] } });
        json!([{ "title": title, "filmTagCollection": { "data": [{ "tagCode": null, "tag": tag }] } }])
    };
    let objects = film("a", "one");
    let (message, _) = studio.refused(FILMS, json!({ "objects": objects })).await;
    assert_eq!(
        message,
        "objects[0].filmTagCollection.data[0].tagCode: its value comes from `tag`"
    );
    let mut objects = film("a", "one");
    objects[0]["filmTagCollection"]["data"][0]
        .as_object_mut()
        .expect("an object")
        .remove("tagCode");
    studio.done(FILMS, json!({ "objects": objects })).await;
    objects[0]["title"] = json!("b");
    objects[0]["filmTagCollection"]["data"][0]["tag"]["data"]["label"] = json!("two");
    studio.done(FILMS, json!({ "objects": objects })).await;
    assert_eq!(
        (
            studio.count("tag where label = 'two'").await,
            studio.count("film_tag").await
        ),
        (1, 2)
    );
    // Left as it is, it does not tell its key.
    objects[0]["title"] = json!("c");
    objects[0]["filmTagCollection"]["data"][0]["tag"]["onConflict"] =
        json!({ "constraint": "tag_pkey" });
    let (message, _) = studio.refused(FILMS, json!({ "objects": objects })).await;
    assert!(
        message.starts_with("objects[0].filmTagCollection.data[0].tag.data: no row was written"),
        "{message}"
    );
    assert_eq!(studio.count("film").await, 2);
}

#[tokio::test]
async fn rows_that_a_trigger_leaves_out_are_told_of_when_others_need_them() {
    let studio = Studio::new().await;
    let objects = json!([{ "title": "silent" }, { "title": "loud", "poster": { "data": { "colour": "red" } } }]);
    let done = studio.done(FILMS, json!({ "objects": objects })).await;
    let inserted = &done["insertIntoFilmCollection"];
    assert_eq!(inserted["affectedCount"], 1);
    assert_eq!(inserted["records"][0]["title"], "loud");
    let objects = json!([{ "title": "silent", "poster": { "data": { "colour": "red" } } }]);
    let (message, _) = studio.refused(FILMS, json!({ "objects": objects })).await;
    assert!(
        message.starts_with("objects[0]: no row was written"),
        "{message}"
    );
}

#[tokio::test]
async fn values_are_checked_before_sql_and_told_by_their_path() {
    let studio = Studio::new().await;
    for (object, expected) in [
        (
            json!({ "title": "a", "director": { "data": { "name": 1 } } }),
            "objects[1].director.data.name: Invalid input for String(None) type",
        ),
        (
            json!({ "title": "a", "awardCollection": { "data": [{ "name": "x" }, { "nom": "x" }] } }),
            "objects[1].awardCollection.data[1]: Input for type AwardInsertInput contains extra keys [\"nom\"]",
        ),
        (
            json!({ "title": "a", "director": {} }),
            "objects[1].director: Invalid input for NonNull type (it takes data, onConflict)",
        ),
        (
            json!({ "title": "a", "poster": { "data": { "colour": "much too long" } } }),
            "objects[1].poster.data.colour: Invalid input for String type. Maximum character length 10",
        ),
        (
            json!({ "title": "a", "directorId": 1, "director": { "data": { "name": "x" } } }),
            "objects[1].directorId: its value comes from `director`",
        ),
        (
            json!({ "title": "a", "awardCollection": { "data": [{ "name": "x", "filmId": 3 }] } }),
            "objects[1].awardCollection.data[0].filmId: its value comes from the row above",
        ),
        (
            json!({ "title": "a", "awardCollection": { "data": [{ "name": "x", "film": { "data": { "title": "b" } } }] } }),
            "objects[1].awardCollection.data[0].film: it is the row above",
        ),
        (
            json!({ "title": "a", "director": { "data": { "name": "x" }, "onConflict": { "updateColumns": ["name"] } } }),
            "objects[1].director.onConflict: updateColumns need a constraint that tells which row is meant",
        ),
    ] {
        let variables = json!({ "objects": [{ "title": "fine" }, object] });
        let (message, _) = studio.refused(FILMS, variables).await;
        assert_eq!(message, expected);
    }
    studio.nothing_is_written().await;
}

#[tokio::test]
async fn limits_hold_before_the_database_is_asked() {
    let studio = Studio::with("", |config| {
        config.limits.depth = 6;
        config.limits.list_items = 50;
    })
    .await;
    let mut staff = json!({ "name": "last" });
    for _ in 0..6 {
        staff = json!({ "name": "x", "staff": { "data": [staff] } });
    }
    let query = "mutation($objects: [EmployeeInsertInput!]!) { insertIntoEmployeeCollection(objects: $objects) { affectedCount } }";
    let (message, code) = studio.refused(query, json!({ "objects": [staff] })).await;
    assert_eq!(
        message,
        "rows are nested too deep: at most 6 (graphql.max_depth)"
    );
    assert_eq!(code, "limit_exceeded");
    // Each list is short enough.
    let ten = |below: Option<Value>| {
        let one = match below {
            Some(below) => json!({ "name": "x", "staff": { "data": below } }),
            None => json!({ "name": "x" }),
        };
        Value::from(vec![one; 10])
    };
    let (message, _) = studio
        .refused(query, json!({ "objects": ten(Some(ten(None))) }))
        .await;
    assert_eq!(
        message,
        "too many rows are written with others: at most 50 (graphql.max_list_items)"
    );
    let long = Value::from(vec![json!({ "name": "x" }); 51]);
    let (message, _) = studio
        .refused(
            query,
            json!({ "objects": [{ "name": "y", "staff": { "data": long } }] }),
        )
        .await;
    assert_eq!(
        message,
        "a list is too long: at most 50 (graphql.max_list_items)"
    );
    assert_eq!(studio.count("employee").await, 0);
}

#[tokio::test]
async fn a_thousand_parents_with_five_children_each_are_one_call() {
    let studio = Studio::new().await;
    let objects: Vec<Value> = (0..1000)
        .map(|film| {
            let awards: Vec<Value> = (0..5)
                .map(|award| json!({ "name": format!("{film}/{award}") }))
                .collect();
            json!({ "title": format!("film {film}"), "awardCollection": { "data": awards } })
        })
        .collect();
    let query = "mutation($objects: [FilmInsertInput!]!) { insertIntoFilmCollection(objects: $objects) { affectedCount records { title } } }";
    let done = studio.done(query, json!({ "objects": objects })).await;
    let inserted = &done["insertIntoFilmCollection"];
    assert_eq!(inserted["affectedCount"], 1000);
    // In the order in which they were given.
    let records = inserted["records"].as_array().expect("records");
    let in_order = records.iter().enumerate();
    assert!(
        in_order
            .clone()
            .all(|(place, record)| record["title"] == format!("film {place}"))
    );
    let own = "award join studio.film on film.id = film_id where split_part(name, '/', 1) = substr(title, 6)";
    assert_eq!(studio.count(own).await, 5000);
}

#[tokio::test]
async fn views_that_postgresql_writes_through_take_part_and_those_that_tell_no_key_say_so() {
    let studio = Studio::new().await;
    let plain = "mutation { insertIntoDirectorCollection(objects: [{name: \"x\", plainFilms: {data: [{title: \"a\"}, {title: \"b\"}]}}]) {
        records { plainFilms { edges { node { title madeBy { name } } } } } } }";
    let done = studio.done(plain, json!({})).await;
    let film = |title: &str| json!({ "node": { "title": title, "madeBy": { "name": "x" } } });
    assert_eq!(
        done["insertIntoDirectorCollection"]["records"],
        json!([{ "plainFilms": { "edges": [film("a"), film("b")] } }])
    );
    let shown = "mutation { insertIntoShownFilmCollection(objects: [{title: \"c\", shownDirector: {data: {name: \"Y\"}}}]) { affectedCount } }";
    let (message, _) = studio.refused(shown, json!({})).await;
    assert_eq!(
        message,
        "objects[0].shownDirector.data: the row that was written does not tell the key by which others refer to it"
    );
    assert_eq!(studio.count("director").await, 1);
}

#[tokio::test]
async fn who_may_not_insert_there_is_not_offered_it_gq_003() {
    let more = "grant insert (title, director_id), update (title) on studio.film to anon; grant select on studio.award to anon;
        grant insert (name) on studio.award to anon; grant insert on studio.director to anon;";
    let studio = Studio::with(more, |_| {}).await;
    let fields = "{ __type(name: \"FilmInsertInput\") { inputFields { name } } }";
    let names = |data: &Value| -> Vec<String> {
        let fields = data["__type"]["inputFields"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        fields
            .iter()
            .map(|field| field["name"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    // Awards could not be made to refer to the film.
    assert_eq!(
        names(&studio.0.data(fields).await),
        ["directorId", "title", "director"]
    );
    let ann = names(&studio.done(fields, json!({})).await);
    for name in ["director", "poster", "awardCollection", "filmTagCollection"] {
        assert!(ann.contains(&name.to_owned()), "{ann:?}");
    }
    let plain = Studio::with("", |config| config.extended = false).await;
    assert_eq!(
        names(&plain.done(fields, json!({})).await),
        ["directorId", "title", "year", "slug"]
    );
    let types = "{ __schema { types { name } } __type(name: \"Mutation\") { fields { name args { name } } } }";
    let told = plain.done(types, json!({})).await.to_string();
    for name in [
        "OnConflict",
        "onConflict",
        "InsertOne",
        "InsertMany",
        "UpdateMany",
        "Constraint",
    ] {
        assert!(!told.contains(name), "{name}");
    }
}
