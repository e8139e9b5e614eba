//! Reading rows: filters, columns, aggregates, order (PR-016 to PR-050).

use serde_json::{Value, json};

use crate::api::{Api, refusal};

/// Compares the ids that filters on films leave.
async fn films_are(api: &Api, cases: &[(&str, &[i64])]) {
    let mut wrong = Vec::new();
    for (filter, expected) in cases {
        let path = format!("/films?{filter}&select=id&order=id");
        let response = api.app.get(&path).await;
        let expected: Vec<Value> = expected.iter().map(|id| json!({ "id": id })).collect();
        let text = response.text();
        if serde_json::from_str::<Value>(&text).ok() != Some(Value::Array(expected.clone())) {
            wrong.push(format!("{filter}\n  wanted {expected:?}\n  got    {text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_operator_selects_what_its_sql_does_pr_016_to_pr_029() {
    let api = Api::new().await;
    films_are(
        &api,
        &[
            ("id=eq.3", &[3]),
            ("rating=neq.8.8", &[1, 2, 4]),
            ("year=gt.1991", &[3, 4, 5]),
            ("year=gte.1991", &[2, 3, 4, 5]),
            ("year=lt.1991", &[1]),
            ("year=lte.1991", &[1, 2]),
            ("title=like.Harbour*", &[1, 2]),
            ("title=like.Harbour%25", &[1, 2]),
            ("title=ilike.*LIGHTS", &[1]),
            ("title=match.^H.*s$", &[1]),
            ("title=imatch.^paper", &[3]),
            ("id=in.(1,3,9)", &[1, 3]),
            ("id=in.()", &[]),
            ("title=in.(\"Comma, (Stop)\",\"Paper Cranes\")", &[3, 4]),
            ("awarded=is.true", &[1, 3]),
            ("awarded=is.false", &[2, 5]),
            ("awarded=is.null", &[4]),
            ("awarded=is.NULL", &[4]),
            ("awarded=is.not_null", &[1, 2, 3, 5]),
            ("awarded=is.unknown", &[4]),
            ("studio_id=isdistinct.1", &[3, 4, 5]),
            ("tags=cs.{night}", &[1, 3]),
            ("tags=cd.{sea,rain,night}", &[1, 2, 3, 4]),
            ("tags=ov.{rain,sea}", &[1, 2, 3]),
            ("tags=eq.{sea}", &[2]),
            ("details=cs.{\"colour\":true}", &[3]),
            ("details->awards=cd.{\"won\":0,\"names\":[],\"x\":1}", &[2]),
            ("run=sl.[2000-01-01,2000-02-01)", &[1, 2]),
            ("run=sr.[2000-01-01,2000-02-01)", &[3]),
            ("run=adj.[1984-06-01,1984-07-01)", &[1]),
            ("run=nxr.[1991-01-10,1991-02-10)", &[1, 2]),
            ("run=nxl.[1991-01-10,1991-02-10)", &[2, 3]),
            ("run=ov.[1984-05-01,1991-01-20)", &[1, 2]),
            ("run=cs.[2003-06-01,2003-06-02)", &[3]),
            ("spoken=eq.ja", &[3]),
            ("plot=fts.letter", &[1, 2]),
            ("plot=fts(english).keeper%26letter", &[1, 2]),
            ("plot=plfts(english).lighthouse keeper", &[1]),
            ("plot=phfts(english).thousand cranes", &[3]),
            ("plot=wfts(english).letter -returns", &[1]),
            ("plot=not.fts(english).letter", &[3, 4]),
            ("id=not.eq.3", &[1, 2, 4, 5]),
            ("id=not.in.(1,2)", &[3, 4, 5]),
            ("awarded=not.is.null", &[1, 2, 3, 5]),
            ("tags=not.cs.{sea}", &[3, 4]),
            ("title=like(any).{Harbour*,Paper*}", &[1, 2, 3]),
            ("title=like(all).{H*,*II}", &[2]),
            ("title=ilike(any).{harbour*,paper*}", &[1, 2, 3]),
            ("title=match(all).{^H,II$}", &[2]),
            ("title=imatch(any).{^p,^5}", &[3, 5]),
            ("id=eq(any).{1,2}", &[1, 2]),
            ("year=gt(any).{2000,2015}", &[3, 4, 5]),
            ("year=gt(all).{2000,2015}", &[5]),
            ("year=gte(all).{2010,2003}", &[4, 5]),
            ("year=lt(any).{1990,1985}", &[1]),
            ("year=lte(all).{1991,2003}", &[1, 2]),
        ],
    )
    .await;
}

#[tokio::test]
async fn conditions_combine_in_trees_and_by_repetition_pr_030_pr_032() {
    let api = Api::new().await;
    films_are(
        &api,
        &[
            ("id=gt.1&id=lt.4", &[2, 3]),
            ("or=(year.lt.1990,year.gt.2015)", &[1, 5]),
            (
                "and=(year.gte.1990,or(rating.gt.8,studio_id.is.null))",
                &[3, 5],
            ),
            ("not.or=(id.eq.1,id.eq.2)", &[3, 4, 5]),
            ("not.and=(id.gt.1,id.lt.5)", &[1, 5]),
            ("or=(id.eq.1,not.and(year.gte.1990,rating.lt.9))", &[1]),
            ("or=(title.eq.\"Comma, (Stop)\",id.eq.1)", &[1, 4]),
            ("or=(id.in.(1,2),tags.cs.{rain})", &[1, 2, 3]),
            ("or=(title.like(any).{Paper*,Comma*},id.eq.1)", &[1, 3, 4]),
            ("or=(id.not.gt.1,id.eq.5)", &[1, 5]),
            ("or=(and(id.gt.1,id.lt.3),and(id.gt.4,id.lt.9))", &[2, 5]),
            ("or=(plot.fts(english).crane,id.eq.1)", &[1, 3]),
            ("or=(details->>colour.eq.true,id.eq.5)", &[3, 5]),
            ("or=(id.eq.1,id.eq.2)&and=(id.gt.1)", &[2]),
        ],
    )
    .await;
}

#[tokio::test]
async fn json_paths_and_reserved_characters_work_in_filters_pr_033_to_pr_035() {
    let api = Api::new().await;
    films_are(
        &api,
        &[
            ("details->awards->>won=eq.5", &[3]),
            ("details->awards->names->>0=eq.Gold", &[1]),
            ("details->awards->names->>-1=eq.Silver", &[1]),
            ("details->awards->won=gt.1", &[1, 3]),
            ("details->>colour=is.null", &[2, 4, 5]),
            ("title=eq.50%25 *Off*", &[5]),
            ("title=eq.Comma, (Stop)", &[4]),
            ("tags->>0=eq.sea", &[1, 2]),
        ],
    )
    .await;
    api.each_gives(&[
        (
            "/studios?seat->>city=eq.Oslo&select=id",
            json!([{ "id": 1 }]),
        ),
        (
            "/odd (table), really?\"a.b\"=eq.dotted&select=the id",
            json!([{ "the id": 1 }]),
        ),
        (
            "/odd (table), really?ключ=eq.нет&select=\"the id\"",
            json!([{ "the id": 2 }]),
        ),
        (
            "/odd (table), really?\"quo\\\"te\"=eq.quoted&select=the id",
            json!([{ "the id": 1 }]),
        ),
        (
            "/odd (table), really?or=(\"a.b\".eq.dotted,ключ.eq.x)&select=\"quo\\\"te\",\"select\"",
            json!([{ "quo\"te": "quoted", "select": "chosen" }]),
        ),
        (
            "/odd (table), really?the id=in.(\"1\",\"3\")&select=\"a.b\"",
            json!([{ "a.b": "dotted" }]),
        ),
        (
            "/genres?name=in.(\"dra\\ma\",\"come\\dy\")&order=id",
            json!([
                { "id": 1, "name": "drama" }, { "id": 2, "name": "comedy" }
            ]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn columns_are_chosen_renamed_cast_and_taken_apart_pr_038_to_pr_042() {
    let api = Api::new().await;
    api.each_gives(&[
        ("/genres?id=eq.1", json!([{ "id": 1, "name": "drama" }])),
        (
            "/genres?id=eq.1&select=*",
            json!([{ "id": 1, "name": "drama" }]),
        ),
        (
            "/genres?id=eq.1&select=",
            json!([{ "id": 1, "name": "drama" }]),
        ),
        ("/genres?id=eq.1&select=id,id,id", json!([{ "id": 1 }])),
        (
            "/genres?id=eq.1&select=label:name",
            json!([{ "label": "drama" }]),
        ),
        (
            "/films?id=eq.1&select=rating::text",
            json!([{ "rating": "7.9" }]),
        ),
        (
            "/films?id=eq.1&select=stars:rating::int",
            json!([{ "stars": 8 }]),
        ),
        (
            "/films?id=eq.1&select=details->awards->names->>0",
            json!([{ "names": "Gold" }]),
        ),
        (
            "/films?id=eq.1&select=details->awards->won",
            json!([{ "won": 2 }]),
        ),
        (
            "/films?id=eq.1&select=wins:details->awards->>won::int",
            json!([{ "wins": 2 }]),
        ),
        ("/films?id=eq.1&select=tags->0", json!([{ "tags": "sea" }])),
        (
            "/studios?id=eq.1&select=seat->>city,seat",
            json!([{ "city": "Oslo", "seat": { "street": "1 Quay St", "city": "Oslo" } }]),
        ),
        (
            "/films?id=eq.1&select=run,spoken,tags",
            json!([
                { "run": "[1984-03-01,1984-06-01)", "spoken": "en", "tags": ["sea", "night"] }
            ]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn computed_columns_are_columns_pr_043() {
    let api = Api::new().await;
    api.each_gives(&[
        (
            "/films?id=eq.1&select=title,age",
            json!([{ "title": "Harbour Lights", "age": 46 }]),
        ),
        (
            "/films?age=lt.25&select=id&order=age.desc",
            json!([{ "id": 4 }, { "id": 5 }]),
        ),
        (
            "/people?id=eq.1&select=shout",
            json!([{ "shout": "ADA HOLM" }]),
        ),
    ])
    .await;
    // It is a column alone: its parameter has no name to call it by.
    let response = api.app.get("/rpc/age?x=1").await;
    assert_eq!(refusal(&response), (404, "PGRST202".into()));
}

#[tokio::test]
async fn domains_are_shown_filtered_and_written_in_their_own_form_pr_044() {
    let api = Api::new().await;
    api.each_gives(&[
        (
            "/posters?order=id&select=shade",
            json!([{ "shade": "#0000FF" }, { "shade": "#FF0000" }]),
        ),
        (
            "/posters?id=eq.1",
            json!([{ "id": 1, "film_id": 1, "shade": "#0000FF" }]),
        ),
        (
            "/posters?shade=eq.%23FF0000&select=id",
            json!([{ "id": 2 }]),
        ),
        (
            "/posters?shade=in.(%23FF0000,%23000000)&select=id",
            json!([{ "id": 2 }]),
        ),
        (
            "/films?id=eq.3&select=posters(shade)",
            json!([{ "posters": [{ "shade": "#FF0000" }] }]),
        ),
    ])
    .await;
    let response = api
        .app
        .post("/posters", &json!({ "id": 3, "shade": "#00ff00" }))
        .header("prefer", "return=representation")
        .await;
    assert_eq!(
        response.status_and_json(),
        (
            201,
            json!([{ "id": 3, "film_id": null, "shade": "#00FF00" }])
        )
    );
    assert_eq!(
        api.sql("select shade::int from cinema.posters where id = 3")
            .await,
        "65280"
    );
    let response = api
        .app
        .patch(
            "/posters?shade=eq.%2300ff00&select=shade",
            &json!({ "shade": "#000001" }),
        )
        .header("prefer", "return=representation")
        .await;
    assert_eq!(
        response.status_and_json(),
        (200, json!([{ "shade": "#000001" }]))
    );
}

#[tokio::test]
async fn rows_are_aggregated_and_grouped_pr_045_pr_046() {
    let api = Api::new().await;
    api.each_gives(&[
        ("/films?select=count()", json!([{ "count": 5 }])),
        ("/films?select=n:count()", json!([{ "n": 5 }])),
        ("/films?select=rating.count()", json!([{ "count": 4 }])),
        (
            "/films?select=minutes.sum(),minutes.max(),minutes.min()",
            json!([{ "sum": 421, "max": 124, "min": 87 }]),
        ),
        (
            "/films?select=mean:rating.avg()::int",
            json!([{ "mean": 7 }]),
        ),
        (
            "/films?select=studio_id,total:minutes.sum()&order=studio_id",
            json!([
                { "studio_id": 1, "total": 210 },
                { "studio_id": 2, "total": 211 },
                { "studio_id": null, "total": null }
            ]),
        ),
        (
            "/films?select=won:details->awards->>won::int.sum()",
            json!([{ "won": 7 }]),
        ),
        (
            "/films?select=title.max()&year=lt.1990",
            json!([{ "max": "Harbour Lights" }]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn aggregates_are_refused_where_they_are_off_pr_048() {
    let api = Api::with(|config| config.aggregates_enabled = false).await;
    api.each_is_refused(&[
        ("/films?select=count()", 400, "PGRST123"),
        ("/films?select=minutes.sum()", 400, "PGRST123"),
        ("/studios?select=films(count())", 400, "PGRST123"),
    ])
    .await;
}

#[tokio::test]
async fn rows_come_in_the_order_asked_for_pr_049_pr_050() {
    let api = Api::new().await;
    let ids = |ids: &[i64]| Value::from_iter(ids.iter().map(|id| json!({ "id": id })));
    api.each_gives(&[
        ("/films?select=id&order=year.desc", ids(&[5, 4, 3, 2, 1])),
        ("/films?select=id&order=rating", ids(&[2, 4, 1, 3, 5])),
        (
            "/films?select=id&order=rating.nullsfirst",
            ids(&[5, 2, 4, 1, 3]),
        ),
        (
            "/films?select=id&order=rating.desc.nullslast",
            ids(&[3, 1, 4, 2, 5]),
        ),
        ("/films?select=id&order=rating.desc", ids(&[5, 3, 1, 4, 2])),
        (
            "/films?select=id&order=studio_id.asc,year.desc",
            ids(&[2, 1, 4, 3, 5]),
        ),
        (
            "/films?select=id&order=details->awards->won.desc.nullslast,id",
            ids(&[3, 1, 2, 4, 5]),
        ),
        (
            "/films?select=id,studios()&order=studios(name),id",
            ids(&[3, 4, 1, 2, 5]),
        ),
        (
            "/films?select=id,s:studios()&order=s(name).desc.nullslast,id.desc",
            ids(&[2, 1, 4, 3, 5]),
        ),
        (
            "/odd (table), really?select=the id&order=\"a.b\".nullsfirst",
            json!([{ "the id": 2 }, { "the id": 1 }]),
        ),
    ])
    .await;
    api.each_is_refused(&[
        ("/studios?select=films()&order=films(year)", 400, "PGRST118"),
        ("/films?order=studios(name)", 400, "PGRST108"),
        ("/films?order=year.sideways", 400, "PGRST100"),
        ("/films?order=years", 400, "42703"),
    ])
    .await;
}

#[tokio::test]
async fn what_does_not_parse_or_exist_is_refused_pr_037_pr_145() {
    let api = Api::new().await;
    api.each_is_refused(&[
        ("/films?years=eq.1", 400, "42703"),
        ("/films?id=like.1", 404, "42883"),
        ("/films?id=is.maybe", 400, "PGRST100"),
        ("/films?id=is(any).null", 400, "PGRST100"),
        ("/films?id=equals.1", 400, "PGRST100"),
        ("/films?id=1", 400, "PGRST100"),
        ("/films?id=eq.one", 400, "22P02"),
        ("/films?or=(id.eq.1", 400, "PGRST100"),
        ("/films?or=()", 400, "PGRST100"),
        ("/films?select=id,", 400, "PGRST100"),
        ("/films?select=id(", 400, "PGRST100"),
        ("/films?select=nope", 400, "42703"),
        ("/films?select=id::nope", 400, "42704"),
        ("/films?title=match.(", 400, "2201B"),
        ("/films/1", 404, "PGRST125"),
        ("/nothing", 404, "PGRST205"),
    ])
    .await;
}
