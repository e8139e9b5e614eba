//! Rows that may be there already (PR-083, PR-084, PR-103).

use crestfall_core::testing::TestRequest;
use serde_json::{Value, json};

use crate::api::{Api, refusal};

const SHOW: &str = "return=representation";

fn showing(request: TestRequest) -> TestRequest {
    request.header("prefer", SHOW)
}

#[tokio::test]
async fn conflicting_rows_are_merged_or_ignored_pr_083_pr_103() {
    let api = Api::new().await;
    let upsert = async |path: &str, resolution: &str, rows: Value| {
        let response = api
            .app
            .post(path, &rows)
            .header(
                "prefer",
                &format!("return=representation, resolution={resolution}"),
            )
            .await;
        (
            response.status.as_u16(),
            response.json(),
            response.header("preference-applied").to_owned(),
        )
    };
    let (status, rows, applied) = upsert(
        "/members?select=id,name",
        "merge-duplicates",
        json!([{ "id": 1, "name": "anna" }, { "id": 9, "name": "new" }]),
    )
    .await;
    assert_eq!(
        (status, rows),
        (
            201,
            json!([{ "id": 1, "name": "anna" }, { "id": 9, "name": "new" }])
        )
    );
    assert_eq!(
        applied,
        "resolution=merge-duplicates, return=representation"
    );
    // Nothing new: no resource was created.
    let (status, rows, _) = upsert(
        "/members?select=id,name",
        "merge-duplicates",
        json!([{ "id": 1, "name": "ann" }]),
    )
    .await;
    assert_eq!((status, rows), (200, json!([{ "id": 1, "name": "ann" }])));
    let (status, rows, _) = upsert(
        "/members?select=id,name",
        "ignore-duplicates",
        json!([{ "id": 1, "name": "other" }, { "id": 8, "name": "eight" }]),
    )
    .await;
    assert_eq!((status, rows), (201, json!([{ "id": 8, "name": "eight" }])));
    let (status, rows, _) = upsert(
        "/members",
        "ignore-duplicates",
        json!([{ "id": 1, "name": "other" }]),
    )
    .await;
    assert_eq!((status, rows), (201, json!([])));
    // Another unique column decides.
    let (status, rows, _) = upsert(
        "/members?on_conflict=name&select=id,points",
        "merge-duplicates",
        json!({ "name": "ann", "points": 77 }),
    )
    .await;
    assert_eq!((status, rows), (200, json!([{ "id": 1, "points": 77 }])));
    let (status, rows, _) = upsert(
        "/stock",
        "merge-duplicates",
        json!([{ "theatre_id": 1, "item": "soda", "amount": 1 }]),
    )
    .await;
    assert_eq!(
        (status, rows),
        (
            200,
            json!([{ "theatre_id": 1, "item": "soda", "amount": 1 }])
        )
    );
    // Without a primary key there is no conflict to resolve.
    let (status, _, applied) = upsert("/remarks", "merge-duplicates", json!({ "body": "x" })).await;
    assert_eq!((status, applied.as_str()), (201, SHOW));
    let response = api.app.post("/members", &json!({ "name": "ann" })).await;
    assert_eq!(refusal(&response), (409, "23505".into()));
    let response = api
        .app
        .post(
            "/members?on_conflict=points",
            &json!({ "name": "z", "points": 1 }),
        )
        .header("prefer", "resolution=merge-duplicates")
        .await;
    assert_eq!(refusal(&response), (400, "42P10".into()));
}

#[tokio::test]
async fn put_writes_the_one_row_it_names_pr_084() {
    let api = Api::new().await;
    let cell = |amount: i64| json!({ "theatre_id": 2, "item": "popcorn", "amount": amount });
    let path = "/stock?theatre_id=eq.2&item=eq.popcorn";
    let response = api.app.put(path, &cell(1)).await;
    assert_eq!(response.status.as_u16(), 204);
    let response = showing(api.app.put(path, &cell(2))).await;
    assert_eq!(response.status_and_json(), (200, json!([cell(2)])));
    let response = showing(api.app.put(
        "/members?id=eq.50",
        &json!({
            "id": 50, "name": "fifty", "level": "x", "points": 0
        }),
    ))
    .await;
    assert_eq!(response.status.as_u16(), 201);

    let refused = async |path: &str, body: Value, status: u16, code: &str| {
        let response = api.app.put(path, &body).await;
        assert_eq!(
            refusal(&response),
            (status, code.to_owned()),
            "{path} {body}"
        );
    };
    refused("/stock?theatre_id=eq.2", cell(1), 405, "PGRST105").await;
    refused(
        "/stock?theatre_id=eq.2&item=like.popcorn",
        cell(1),
        405,
        "PGRST105",
    )
    .await;
    refused(
        "/stock?theatre_id=eq.2&item=not.eq.popcorn",
        cell(1),
        405,
        "PGRST105",
    )
    .await;
    refused(
        "/stock?theatre_id=eq.2&item=eq.popcorn&amount=eq.1",
        cell(1),
        405,
        "PGRST105",
    )
    .await;
    refused(
        "/stock?and=(theatre_id.eq.2,item.eq.popcorn)",
        cell(1),
        405,
        "PGRST105",
    )
    .await;
    refused("/stock", cell(1), 405, "PGRST105").await;
    refused(
        "/remarks?body=eq.x",
        json!({ "body": "x" }),
        405,
        "PGRST105",
    )
    .await;
    refused(
        "/stock?theatre_id=eq.1&item=eq.popcorn",
        cell(1),
        400,
        "PGRST115",
    )
    .await;
    refused(
        "/stock?theatre_id=eq.2&item=eq.popcorn&limit=1",
        cell(1),
        400,
        "PGRST114",
    )
    .await;
    refused(
        "/stock?theatre_id=eq.2&item=eq.popcorn&offset=1",
        cell(1),
        400,
        "PGRST114",
    )
    .await;
    assert_eq!(
        api.sql("select amount from cinema.stock where theatre_id = 1 and item = 'popcorn'")
            .await,
        "5"
    );
}
