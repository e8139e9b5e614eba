//! Related rows within rows (PR-058 to PR-077, PR-008, PR-047).

use serde_json::json;

use crate::api::Api;

#[tokio::test]
async fn foreign_keys_give_objects_and_arrays_pr_058_to_pr_061() {
    let api = Api::new().await;
    api.each_gives(&[
        // Many to one, also where there is none.
        (
            "/films?select=title,studios(name)&id=in.(1,5)&order=id",
            json!([
                { "title": "Harbour Lights", "studios": { "name": "Northlight" } },
                { "title": "50% *Off*", "studios": null }
            ]),
        ),
        // One to many.
        (
            "/studios?select=name,films(id)&films.order=id&order=id",
            json!([
                { "name": "Northlight", "films": [{ "id": 1 }, { "id": 2 }] },
                { "name": "Kasumi", "films": [{ "id": 3 }, { "id": 4 }] },
                { "name": "Idle", "films": [] }
            ]),
        ),
        // One to one, both ways.
        (
            "/films?select=id,scripts(pages)&id=in.(1,2)&order=id",
            json!([{ "id": 1, "scripts": { "pages": 120 } }, { "id": 2, "scripts": null }]),
        ),
        (
            "/scripts?select=pages,films(title)&film_id=eq.3",
            json!([{ "pages": 140, "films": { "title": "Paper Cranes" } }]),
        ),
        // Many to many.
        (
            "/films?select=genres(name)&genres.order=name&id=eq.1",
            json!([{ "genres": [{ "name": "drama" }, { "name": "mystery" }] }]),
        ),
        (
            "/genres?select=name,films(id)&films.order=id&order=id",
            json!([
                { "name": "drama", "films": [{ "id": 1 }, { "id": 2 }, { "id": 3 }] },
                { "name": "comedy", "films": [{ "id": 4 }] },
                { "name": "mystery", "films": [{ "id": 1 }] }
            ]),
        ),
        // A key of several columns.
        ("/screenings?select=halls(seats)&id=eq.2", json!([{ "halls": { "seats": 40 } }])),
        (
            "/halls?select=number,screenings(id)&screenings.order=id&theatre_id=eq.1&order=number",
            json!([
                { "number": 1, "screenings": [{ "id": 1 }, { "id": 4 }] },
                { "number": 2, "screenings": [{ "id": 2 }] }
            ]),
        ),
        // All columns, and aliases.
        (
            "/scripts?select=*,film:films(name:title)&film_id=eq.1",
            json!([{ "film_id": 1, "pages": 120, "film": { "name": "Harbour Lights" } }]),
        ),
        // Deep.
        (
            "/theatres?select=name,halls(number,screenings(id,films(title,studios(name))))&id=eq.2&halls.screenings.id=eq.3",
            json!([{ "name": "Odeon", "halls": [{ "number": 1, "screenings": [
                { "id": 3, "films": { "title": "Paper Cranes", "studios": { "name": "Kasumi" } } }
            ] }] }]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn hints_choose_among_relationships_pr_063_pr_064() {
    let api = Api::new().await;
    api.each_gives(&[
        (
            "/films?select=director:people!director_id(name),writer:people!films_writer_fkey(name)&id=eq.2",
            json!([{ "director": { "name": "Ada Holm" }, "writer": { "name": "Lu Vance" } }]),
        ),
        (
            "/films?select=director_id(name)&id=eq.3",
            json!([{ "director_id": { "name": "Ken Mori" } }]),
        ),
        (
            "/films?select=films_director_fkey(name)&id=eq.3",
            json!([{ "films_director_fkey": { "name": "Ken Mori" } }]),
        ),
        (
            "/films?select=people!parts(name)&people.order=name&id=eq.1",
            json!([{ "people": [{ "name": "Lu Vance" }, { "name": "Pia Rossi" }] }]),
        ),
        (
            "/people?select=name,directed:films!director_id(id)&directed.order=id&id=eq.1",
            json!([{ "name": "Ada Holm", "directed": [{ "id": 1 }, { "id": 2 }] }]),
        ),
        (
            "/people?select=name,films!films_writer_fkey!inner(id)&films.id=eq.3",
            json!([{ "name": "Ken Mori", "films": [{ "id": 3 }] }]),
        ),
        (
            "/people?select=name,films!inner!films_writer_fkey(id)&films.id=eq.3",
            json!([{ "name": "Ken Mori", "films": [{ "id": 3 }] }]),
        ),
        // A relation with itself: rows that point here, and the row pointed to.
        (
            "/employees?select=name,employees(name)&employees.order=id&id=eq.2",
            json!([{ "name": "Mid", "employees": [{ "name": "Leaf" }, { "name": "Leaf two" }] }]),
        ),
        (
            "/employees?select=name,staff:employees!manager_id(name)&staff.order=id&id=eq.1",
            json!([{ "name": "Root", "staff": [{ "name": "Mid" }] }]),
        ),
        (
            "/employees?select=name,boss:manager_id(name,boss:manager_id(name))&id=eq.3",
            json!([{ "name": "Leaf", "boss": { "name": "Mid", "boss": { "name": "Root" } } }]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn embeds_filter_their_parents_pr_031_pr_065_to_pr_068() {
    let api = Api::new().await;
    api.each_gives(&[
        (
            "/studios?select=id,films(id)&films.year=gt.2005&order=id",
            json!([
                { "id": 1, "films": [] }, { "id": 2, "films": [{ "id": 4 }] }, { "id": 3, "films": [] }
            ]),
        ),
        (
            "/studios?select=id,films!left(id)&films.year=gt.2005&id=eq.1",
            json!([{ "id": 1, "films": [] }]),
        ),
        (
            "/studios?select=id,films!inner(id)&films.year=gt.2005",
            json!([{ "id": 2, "films": [{ "id": 4 }] }]),
        ),
        (
            "/studios?select=id,films!inner(id,screenings!inner(id))&films.screenings.sold=lt.20",
            json!([{ "id": 2, "films": [{ "id": 4, "screenings": [{ "id": 5 }] }] }]),
        ),
        ("/studios?select=id,films()&films=is.null", json!([{ "id": 3 }])),
        (
            "/studios?select=id,films()&films=not.is.null&order=id",
            json!([{ "id": 1 }, { "id": 2 }]),
        ),
        (
            "/films?select=id,studios()&studios=is.null",
            json!([{ "id": 5 }]),
        ),
        (
            "/studios?select=id,films()&films.year=lt.1990&films=not.is.null",
            json!([{ "id": 1 }]),
        ),
        (
            "/studios?select=id,films()&or=(films.is.null,name.eq.Kasumi)&order=id",
            json!([{ "id": 2 }, { "id": 3 }]),
        ),
        (
            "/studios?select=id,f:films()&f.title=like.Paper*&or=(f.not.is.null,id.eq.3)&order=id",
            json!([{ "id": 2 }, { "id": 3 }]),
        ),
        (
            "/studios?select=id,films(id)&films.or=(year.lt.1990,year.gt.2005)&films.order=id&order=id&id=lt.3",
            json!([{ "id": 1, "films": [{ "id": 1 }] }, { "id": 2, "films": [{ "id": 4 }] }]),
        ),
        (
            "/studios?select=id,films(id)&films.not.and=(year.lt.1990,id.gt.0)&id=eq.1",
            json!([{ "id": 1, "films": [{ "id": 2 }] }]),
        ),
        ("/genres?select=*,films()&id=eq.2", json!([{ "id": 2, "name": "comedy" }])),
        (
            "/films?select=title,genres!inner()&genres.name=eq.comedy",
            json!([{ "title": "Comma, (Stop)" }]),
        ),
    ])
    .await;
    // The count is of the parents that are left.
    for query in [
        "select=id,films!inner(id)&films.year=gt.2005",
        "select=id,films()&films.year=gt.2005&films=not.is.null",
    ] {
        let response = api
            .app
            .get(&format!("/studios?{query}"))
            .header("prefer", "count=exact")
            .await;
        assert_eq!(response.header("content-range"), "0-0/1", "{query}");
    }
}

#[tokio::test]
async fn spreads_lift_columns_pr_069_to_pr_071() {
    let api = Api::new().await;
    api.each_gives(&[
        (
            "/films?select=title,...studios(studio:name,founded)&id=in.(3,5)&order=id",
            json!([
                { "title": "Paper Cranes", "studio": "Kasumi", "founded": 1988 },
                { "title": "50% *Off*", "studio": null, "founded": null }
            ]),
        ),
        (
            "/screenings?select=id,...films(title,...studios(studio:name))&id=eq.1",
            json!([{ "id": 1, "title": "Harbour Lights", "studio": "Northlight" }]),
        ),
        (
            "/films?select=cast:parts(part,...people(name))&cast.order=person_id&id=eq.1",
            json!([{ "cast": [
                { "part": "Keeper", "name": "Lu Vance" }, { "part": "Writer", "name": "Pia Rossi" }
            ] }]),
        ),
        // To many: arrays whose elements belong together.
        (
            "/studios?select=name,...films(title,year)&films.order=year.desc&order=id",
            json!([
                { "name": "Northlight", "title": ["Harbour Lights II", "Harbour Lights"], "year": [1991, 1984] },
                { "name": "Kasumi", "title": ["Comma, (Stop)", "Paper Cranes"], "year": [2010, 2003] },
                { "name": "Idle", "title": [], "year": [] }
            ]),
        ),
        (
            "/films?select=id,...genres(genre:name)&genres.order=name&id=eq.1",
            json!([{ "id": 1, "genre": ["drama", "mystery"] }]),
        ),
        (
            "/studios?select=...films(title,...people!director_id(director:name))&films.order=id&id=eq.1",
            json!([{
                "title": ["Harbour Lights", "Harbour Lights II"],
                "director": ["Ada Holm", "Ada Holm"]
            }]),
        ),
        (
            "/studios?select=id,...films(screenings(id))&films.order=id&films.screenings.order=id&id=eq.1",
            json!([{ "id": 1, "screenings": [[{ "id": 1 }, { "id": 2 }], []] }]),
        ),
        (
            "/studios?select=id,...films!inner(title)&films.title=like.Paper*",
            json!([{ "id": 2, "title": ["Paper Cranes"] }]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn aggregates_are_made_within_embeds_pr_047() {
    let api = Api::new().await;
    api.each_gives(&[
        (
            "/studios?select=name,films(minutes.sum(),n:count())&order=id&id=lt.3",
            json!([
                { "name": "Northlight", "films": [{ "sum": 210, "n": 2 }] },
                { "name": "Kasumi", "films": [{ "sum": 211, "n": 2 }] }
            ]),
        ),
        ("/studios?select=films(count)&id=eq.1", json!([{ "films": [{ "count": 2 }] }])),
        (
            "/theatres?select=name,screenings:halls(number,screenings(sold.sum()))&screenings.order=number&id=eq.1",
            json!([{ "name": "Rex", "screenings": [
                { "number": 1, "screenings": [{ "sum": 170 }] },
                { "number": 2, "screenings": [{ "sum": 40 }] }
            ] }]),
        ),
        // A spread to one groups the parents.
        (
            "/films?select=...studios(studio:name),minutes.sum()&order=studios(studio).nullslast",
            json!([
                { "studio": "Kasumi", "sum": 211 },
                { "studio": "Northlight", "sum": 210 },
                { "studio": null, "sum": null }
            ]),
        ),
        ("/screenings?select=...films(minutes.max())", json!([{ "max": 124 }])),
        (
            "/screenings?select=theatre_id,...films(longest:minutes.max())&order=theatre_id",
            json!([{ "theatre_id": 1, "longest": 124 }, { "theatre_id": 2, "longest": 124 }]),
        ),
    ])
    .await;
    api.each_is_refused(&[("/studios?select=...films(minutes.sum())", 400, "PGRST127")])
        .await;
}

#[tokio::test]
async fn functions_compute_relationships_pr_062() {
    let api = Api::new().await;
    api.each_gives(&[
        (
            "/films?select=id,premiere(id)&id=in.(1,2,3)&order=id",
            json!([
                { "id": 1, "premiere": { "id": 1 } },
                { "id": 2, "premiere": null },
                { "id": 3, "premiere": { "id": 3 } }
            ]),
        ),
        (
            "/films?select=id,siblings(id,studios(name))&id=eq.3",
            json!([{ "id": 3, "siblings": [{ "id": 4, "studios": { "name": "Kasumi" } }] }]),
        ),
        (
            "/films?select=id,siblings!inner(id)&siblings.year=gt.2005",
            json!([{ "id": 3, "siblings": [{ "id": 4 }] }]),
        ),
        (
            "/films?select=id,siblings(siblings(id))&id=eq.1",
            json!([{ "id": 1, "siblings": [{ "siblings": [{ "id": 1 }] }] }]),
        ),
        (
            "/films?select=id,...premiere(first:id)&id=eq.3",
            json!([{ "id": 3, "first": 3 }]),
        ),
        (
            "/films?select=id,premiere()&order=premiere(sold).desc.nullslast,id&limit=2",
            json!([{ "id": 3 }, { "id": 1 }]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn views_partitions_and_calls_embed_like_tables_pr_072_to_pr_075() {
    let api = Api::new().await;
    api.each_gives(&[
        (
            "/new_films?select=name,studios(name)&id=eq.3",
            json!([{ "name": "Paper Cranes", "studios": { "name": "Kasumi" } }]),
        ),
        // Columns followed through two views, renamed on the way.
        (
            "/newest_films?select=name,studios(name)&id=eq.4",
            json!([{ "name": "Comma, (Stop)", "studios": { "name": "Kasumi" } }]),
        ),
        (
            "/studios?select=newest_films(name)&newest_films.order=id&id=eq.2",
            json!([{ "newest_films": [{ "name": "Paper Cranes" }, { "name": "Comma, (Stop)" }] }]),
        ),
        (
            "/new_films?select=genres(name)&id=eq.3",
            json!([{ "genres": [{ "name": "drama" }] }]),
        ),
        (
            "/new_films?select=people!films_director_fkey(name)&id=eq.3",
            json!([{ "people": { "name": "Ken Mori" } }]),
        ),
        (
            "/studio_names?select=name,films(id)&films.order=id&id=eq.1",
            json!([{ "name": "Northlight", "films": [{ "id": 1 }, { "id": 2 }] }]),
        ),
        (
            "/films?select=id,takings(amount)&takings.order=id&id=eq.1",
            json!([{ "id": 1, "takings": [{ "amount": 10.5 }, { "amount": 20 }] }]),
        ),
        (
            "/takings?select=amount,films(title)&id=eq.3",
            json!([{ "amount": 5, "films": { "title": "Paper Cranes" } }]),
        ),
        (
            "/rpc/films_since?since=2000&select=id,studios(name)&order=id&limit=1",
            json!([{ "id": 3, "studios": { "name": "Kasumi" } }]),
        ),
        (
            "/rpc/one_film?film_id=1&select=title,genres(id)&genres.order=id",
            json!({ "title": "Harbour Lights", "genres": [{ "id": 1 }, { "id": 3 }] }),
        ),
        (
            "/rpc/films_since?since=1980&select=id,genres!inner(name)&genres.name=eq.comedy",
            json!([{ "id": 4, "genres": [{ "name": "comedy" }] }]),
        ),
    ])
    .await;
    api.each_is_refused(&[
        ("/films?select=takings_2023(id)", 400, "PGRST200"),
        ("/rpc/film_sizes?select=studios(name)", 400, "PGRST200"),
    ])
    .await;
}

#[tokio::test]
async fn writes_answer_with_embeds_pr_074() {
    let api = Api::new().await;
    let response = api
        .app
        .post(
            "/films?select=title,studios(name),genres(name)",
            &json!({ "title": "New", "studio_id": 3 }),
        )
        .header("prefer", "return=representation")
        .await;
    assert_eq!(
        response.status_and_json(),
        (
            201,
            json!([{ "title": "New", "studios": { "name": "Idle" }, "genres": [] }])
        )
    );
    let response = api
        .app
        .patch(
            "/films?id=eq.1&select=id,...studios(studio:name)",
            &json!({ "studio_id": 2 }),
        )
        .header("prefer", "return=representation")
        .await;
    assert_eq!(
        response.status_and_json(),
        (200, json!([{ "id": 1, "studio": "Kasumi" }]))
    );
    let response = api
        .app
        .delete("/scripts?film_id=eq.1&select=films(title)")
        .header("prefer", "return=representation")
        .await;
    assert_eq!(
        response.status_and_json(),
        (200, json!([{ "films": { "title": "Harbour Lights" } }]))
    );
}

#[tokio::test]
async fn aliased_embeds_are_targeted_by_alias_pr_008() {
    let api = Api::new().await;
    let by_alias = api
        .app
        .get("/studios?select=id,f:films(id)&f.year=gt.2005&id=eq.2")
        .await;
    assert_eq!(by_alias.json(), json!([{ "id": 2, "f": [{ "id": 4 }] }]));
    assert_eq!(by_alias.header("warning"), "");
    let by_name = api
        .app
        .get("/studios?select=id,f:films(id)&films.year=gt.2005&id=eq.2")
        .await;
    assert_eq!(by_name.json(), by_alias.json());
    assert!(by_name.header("warning").starts_with("299 PostgRESTv16"));

    let strict = Api::with(|config| config.legacy_target_names = false).await;
    strict
        .each_is_refused(&[(
            "/studios?select=id,f:films(id)&films.year=gt.2005",
            400,
            "PGRST108",
        )])
        .await;
}

#[tokio::test]
async fn impossible_embeds_are_refused_pr_077() {
    let api = Api::new().await;
    api.each_is_refused(&[
        ("/films?select=theatres(name)", 400, "PGRST200"),
        ("/films?select=studios!nope(name)", 400, "PGRST200"),
        ("/films?select=people(name)", 300, "PGRST201"),
        ("/people?select=films(id)", 300, "PGRST201"),
        ("/studios?films.id=eq.1", 400, "PGRST108"),
        ("/studios?select=films()&films=eq.1", 400, "42703"),
        ("/studios?select=films(nope)", 400, "42703"),
        ("/films?select=studios(id),studios(id)", 400, "42712"),
    ])
    .await;
}
