//! Which rows of how many: ranges, counts, HEAD (PR-051 to PR-057, PR-011, PR-111).

use serde_json::{Value, json};

use crate::api::{Api, refusal};

#[tokio::test]
async fn pages_are_cut_by_parameters_or_header_pr_051_to_pr_054() {
    let api = Api::new().await;
    // (query, Range, Prefer, status, ids, Content-Range)
    type Case<'c> = (&'c str, &'c str, &'c str, u16, &'c [i64], &'c str);
    let cases: &[Case<'_>] = &[
        ("", "", "", 200, &[1, 2, 3, 4, 5], "0-4/*"),
        ("limit=2", "", "", 200, &[1, 2], "0-1/*"),
        ("limit=2&offset=1", "", "", 200, &[2, 3], "1-2/*"),
        ("offset=3", "", "", 200, &[4, 5], "3-4/*"),
        ("limit=0", "", "", 200, &[], "*/*"),
        ("", "0-1", "", 200, &[1, 2], "0-1/*"),
        ("", "3-", "", 200, &[4, 5], "3-4/*"),
        ("", "0-1", "count=exact", 206, &[1, 2], "0-1/5"),
        ("limit=2", "", "count=exact", 206, &[1, 2], "0-1/5"),
        ("", "", "count=exact", 200, &[1, 2, 3, 4, 5], "0-4/5"),
        ("", "0-99", "count=exact", 200, &[1, 2, 3, 4, 5], "0-4/5"),
        ("limit=0", "", "count=exact", 206, &[], "*/5"),
        ("id=gt.9", "", "count=exact", 200, &[], "*/0"),
        ("limit=9&offset=1", "0-2", "", 200, &[2, 3], "1-2/*"),
        ("offset=9", "", "", 200, &[], "*/*"),
        ("", "words", "", 200, &[1, 2, 3, 4, 5], "0-4/*"),
    ];
    for (query, range, prefer, status, ids, content_range) in cases {
        let mut request = api.app.get(&format!("/films?select=id&order=id&{query}"));
        if !range.is_empty() {
            request = request.header("range-unit", "items").header("range", range);
        }
        if !prefer.is_empty() {
            request = request.header("prefer", prefer);
        }
        let response = request.await;
        let rows: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
        assert_eq!(
            (response.status_and_json(), response.header("content-range")),
            ((*status, Value::Array(rows)), *content_range),
            "{query} {range} {prefer}"
        );
    }
}

#[tokio::test]
async fn ranges_that_hold_nothing_are_not_satisfiable_pr_052_pr_053() {
    let api = Api::new().await;
    let refused = async |query: &str, range: &str| {
        let mut request = api
            .app
            .get(&format!("/films?{query}"))
            .header("prefer", "count=exact");
        if !range.is_empty() {
            request = request.header("range", range);
        }
        let response = request.await;
        assert_eq!(
            refusal(&response),
            (416, "PGRST103".into()),
            "{query} {range}"
        );
        (
            response.json()["details"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            response.header("content-range").to_owned(),
        )
    };
    assert_eq!(
        refused("limit=-1", "").await.0,
        "Limit should be greater than or equal to zero."
    );
    assert_eq!(
        refused("offset=9", "").await,
        (
            "An offset of 9 was requested, but there are only 5 rows.".into(),
            "*/5".into()
        )
    );
    assert_eq!(
        refused("", "3-1").await.0,
        "The lower boundary must be lower than or equal to the upper boundary in the Range header."
    );
}

#[tokio::test]
async fn embeds_have_order_and_range_of_their_own_pr_051() {
    let api = Api::new().await;
    api.each_gives(&[
        (
            "/studios?select=id,films(id)&films.order=year.desc&films.limit=1&order=id",
            json!([
                { "id": 1, "films": [{ "id": 2 }] },
                { "id": 2, "films": [{ "id": 4 }] },
                { "id": 3, "films": [] }
            ]),
        ),
        (
            "/studios?select=films(id)&films.order=id&films.offset=1&id=eq.1",
            json!([{ "films": [{ "id": 2 }] }]),
        ),
        (
            "/studios?select=films(screenings(id))&films.screenings.order=id.desc&films.screenings.limit=1&films.id=eq.1&id=eq.1",
            json!([{ "films": [{ "screenings": [{ "id": 2 }] }] }]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn counts_are_exact_planned_or_estimated_pr_055() {
    let api = Api::over(
        "create table cinema.visits as select n as id from generate_series(1, 5000) n;
         grant select on cinema.visits to anon; analyze cinema.visits;",
        |config| config.max_rows = Some(100),
    )
    .await;
    let count = async |query: &str, kind: &str| {
        let response = api
            .app
            .get(&format!("/visits?{query}"))
            .header("prefer", &format!("count={kind}"))
            .await;
        assert_eq!(
            response.header("preference-applied"),
            format!("count={kind}")
        );
        (
            response.status.as_u16(),
            response.header("content-range").to_owned(),
        )
    };
    assert_eq!(count("", "exact").await, (206, "0-99/5000".into()));
    assert_eq!(count("", "planned").await, (206, "0-99/5000".into()));
    assert_eq!(count("", "estimated").await, (206, "0-99/5000".into()));
    // Few rows are counted, not guessed.
    assert_eq!(count("id=lte.7", "estimated").await, (200, "0-6/7".into()));
    let (_, planned) = count("id=lte.2500", "planned").await;
    let total: i64 = planned.rsplit('/').next().unwrap().parse().unwrap();
    assert!((2000..3000).contains(&total), "{planned}");
    let count_of_call = api
        .app
        .get("/rpc/films_since?since=2000")
        .header("prefer", "count=exact")
        .await;
    assert_eq!(count_of_call.header("content-range"), "0-2/3");
}

#[tokio::test]
async fn reads_calls_and_embeds_stop_at_the_most_rows_pr_056() {
    let api = Api::with(|config| config.max_rows = Some(2)).await;
    api.each_gives(&[
        (
            "/films?select=id&order=id",
            json!([{ "id": 1 }, { "id": 2 }]),
        ),
        ("/films?select=id&order=id&limit=1", json!([{ "id": 1 }])),
        (
            "/rpc/films_since?since=1980&select=id&order=id",
            json!([{ "id": 1 }, { "id": 2 }]),
        ),
        (
            "/genres?select=films(id)&films.order=id&id=eq.1",
            json!([{ "films": [{ "id": 1 }, { "id": 2 }] }]),
        ),
    ])
    .await;
    let response = api
        .app
        .patch("/films?id=gt.0&select=id", &json!({ "minutes": 1 }))
        .header("prefer", "return=representation,tx=rollback")
        .await;
    assert_eq!(response.json().as_array().map(Vec::len), Some(5));
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body_pr_057_pr_011_pr_111() {
    let api = Api::new().await;
    for path in [
        "/films?select=id&limit=2",
        "/rpc/films_since?since=2000",
        "/genres",
    ] {
        let get = api.app.get(path).header("prefer", "count=exact").await;
        let head = api
            .app
            .request(axum::http::Method::HEAD, path)
            .header("prefer", "count=exact")
            .await;
        assert!(head.body.is_empty());
        assert_eq!(head.status, get.status);
        for name in [
            "content-range",
            "content-type",
            "content-location",
            "preference-applied",
            "vary",
        ] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
    let response = api.app.get("/films?select=id&id=eq.1&limit=3").await;
    assert_eq!(
        response.header("content-location"),
        "/films?id=eq.1&limit=3&select=id"
    );
    assert_eq!(response.header("vary"), "Accept, Prefer, Range");
    assert_eq!(
        response.header("content-type"),
        "application/json; charset=utf-8"
    );
}
