//! Writing rows (PR-078 to PR-089, PR-100 to PR-109).

use axum::http::Method;
use crestfall_core::testing::TestRequest;
use serde_json::{Value, json};

use crate::api::{Api, refusal};

const SHOW: &str = "return=representation";

fn showing(request: TestRequest) -> TestRequest {
    request.header("prefer", SHOW)
}

#[tokio::test]
async fn rows_are_inserted_alone_or_many_at_once_pr_078_pr_082_pr_101() {
    let api = Api::new().await;
    let response = api.app.post("/members", &json!({ "name": "cy" })).await;
    assert_eq!(
        (response.status.as_u16(), response.text()),
        (201, String::new())
    );
    assert_eq!(response.header("content-length"), "0");
    assert_eq!(response.header("content-range"), "*/*");
    assert_eq!(response.header("location"), "");

    let response = showing(
        api.app
            .post("/members", &json!({ "name": "di", "points": 3 })),
    )
    .await;
    assert_eq!(
        response.status_and_json(),
        (
            201,
            json!([{ "id": 4, "name": "di", "level": "basic", "points": 3 }])
        )
    );
    assert_eq!(response.header("preference-applied"), SHOW);

    let response = api
        .app
        .post("/members", &json!({ "name": "ed" }))
        .header("prefer", "return=headers-only")
        .await;
    assert_eq!(response.header("location"), "/members?id=eq.5");

    let response = showing(api.app.post(
        "/members?select=name&order=name.desc",
        &json!([{ "name": "fa" }, { "name": "gi" }]),
    ))
    .await;
    assert_eq!(
        response.status_and_json(),
        (201, json!([{ "name": "gi" }, { "name": "fa" }]))
    );

    let response = api
        .app
        .post("/members", &json!([{ "name": "ha" }, { "name": "io" }]))
        .header("prefer", "return=headers-only, count=exact")
        .await;
    assert_eq!(response.header("location"), "");
    assert_eq!(response.header("content-range"), "*/2");
}

#[tokio::test]
async fn keys_decide_which_columns_are_written_pr_079_pr_104() {
    let api = Api::new().await;
    let mixed = json!([{ "name": "cy", "points": 1 }, { "name": "di" }]);
    let response = api.app.post("/members", &mixed).await;
    assert_eq!(refusal(&response), (400, "PGRST102".into()));
    assert_eq!(response.json()["message"], "All object keys must match");

    // Keys that are left out are NULL, or their columns' defaults.
    let response = showing(api.app.post(
        "/members?columns=name,points&select=name,points,level",
        &mixed,
    ))
    .await;
    assert_eq!(
        response.json(),
        json!([
            { "name": "cy", "points": 1, "level": "basic" },
            { "name": "di", "points": null, "level": "basic" }
        ])
    );
    let more = json!([{ "name": "ed", "points": 1, "level": "gold" }, { "name": "fa" }]);
    let response = api
        .app
        .post(
            "/members?columns=name,points&select=name,points,level",
            &more,
        )
        .header("prefer", "return=representation, missing=default")
        .await;
    assert_eq!(
        response.json(),
        json!([
            { "name": "ed", "points": 1, "level": "basic" },
            { "name": "fa", "points": 10, "level": "basic" }
        ])
    );
    assert_eq!(
        response.header("preference-applied"),
        "missing=default, return=representation"
    );

    let response = api.app.post("/members?columns=name,nope", &more).await;
    assert_eq!(refusal(&response), (400, "PGRST204".into()));
    let response = api.app.post("/members", &json!({ "nope": 1 })).await;
    assert_eq!(refusal(&response), (400, "PGRST204".into()));
}

#[tokio::test]
async fn empty_bodies_write_defaults_or_nothing_pr_080() {
    let api = Api::new().await;
    let before = api.sql("select count(*) from cinema.prices").await;
    for (method, path, body, status) in [
        (Method::POST, "/members", "[]", 201),
        (Method::PATCH, "/members?id=eq.1", "{}", 204),
        (Method::PATCH, "/members?id=eq.1", "[]", 204),
        (Method::PATCH, "/members?id=eq.1", "[{}]", 204),
    ] {
        let request = api
            .app
            .request(method.clone(), path)
            .header("content-type", "application/json")
            .body(body);
        let response = request.await;
        assert_eq!(
            response.status.as_u16(),
            status,
            "{method} {body} {}",
            response.text()
        );
    }
    assert_eq!(api.sql("select count(*) from cinema.members").await, "2");
    assert_eq!(api.sql("select count(*) from cinema.prices").await, before);

    api.db
        .execute("alter table cinema.remarks alter body set default 'silence'")
        .await;
    let response = showing(api.app.post("/remarks", &json!({}))).await;
    assert_eq!(
        response.status_and_json(),
        (201, json!([{ "body": "silence" }]))
    );
    let response = showing(api.app.post("/members", &json!([]))).await;
    assert_eq!(response.status_and_json(), (201, json!([])));
}

#[tokio::test]
async fn forms_and_csv_are_bodies_too_pr_081() {
    let api = Api::new().await;
    let post = |content_type: &str, body: &'static str| {
        showing(
            api.app
                .request(Method::POST, "/members?select=name,level,points"),
        )
        .header("content-type", content_type)
        .body(body)
    };
    let response = post(
        "application/x-www-form-urlencoded",
        "name=cy+d&level=g%C3%B6ld",
    )
    .await;
    assert_eq!(
        response.status_and_json(),
        (
            201,
            json!([{ "name": "cy d", "level": "göld", "points": 10 }])
        )
    );
    let response = post(
        "text/csv",
        "name,level,points\r\n\"a, \"\"b\"\"\",basic,1\r\nfa,basic,NULL\r\n",
    )
    .await;
    assert_eq!(
        response.status_and_json(),
        (
            201,
            json!([
                { "name": "a, \"b\"", "level": "basic", "points": 1 },
                { "name": "fa", "level": "basic", "points": null }
            ])
        )
    );
    for (content_type, body) in [
        ("text/csv", "name,level\na,b\nonly one\n"),
        ("application/json", "{\"name\":"),
        ("application/json", ""),
        ("application/yaml", "name: x"),
    ] {
        let response = post(content_type, body).await;
        assert_eq!(
            refusal(&response),
            (400, "PGRST102".into()),
            "{content_type} {body}"
        );
    }
}

#[tokio::test]
async fn rows_are_updated_and_deleted_where_conditions_hold_pr_085_pr_088() {
    let api = Api::new().await;
    let response = api
        .app
        .patch("/stock?amount=gte.7", &json!({ "amount": 6 }))
        .await;
    assert_eq!(
        (response.status.as_u16(), response.text()),
        (204, String::new())
    );
    assert_eq!(response.header("content-range"), "0-1/*");
    let response = api
        .app
        .patch(
            "/stock?or=(item.eq.popcorn,theatre_id.eq.2)&select=item,amount&order=item.desc",
            &json!({ "amount": 1 }),
        )
        .header("prefer", "return=representation, count=exact")
        .await;
    assert_eq!(
        response.status_and_json(),
        (
            200,
            json!([{ "item": "soda", "amount": 1 }, { "item": "popcorn", "amount": 1 }])
        )
    );
    assert_eq!(response.header("content-range"), "0-1/2");
    let response = showing(
        api.app
            .patch("/stock?amount=gt.99", &json!({ "amount": 1 })),
    )
    .await;
    assert_eq!(response.status_and_json(), (200, json!([])));
    assert_eq!(response.header("content-range"), "*/*");

    let response = api
        .app
        .delete("/stock?theatre_id=eq.2")
        .header("prefer", "count=exact")
        .await;
    assert_eq!(
        (response.status.as_u16(), response.header("content-range")),
        (204, "*/1")
    );
    let response = showing(api.app.delete("/stock?select=item&order=item")).await;
    assert_eq!(
        response.status_and_json(),
        (200, json!([{ "item": "popcorn" }, { "item": "soda" }]))
    );
    let response = showing(api.app.delete("/stock?amount=eq.9")).await;
    assert_eq!(response.status_and_json(), (200, json!([])));
    assert_eq!(api.sql("select count(*) from cinema.stock").await, "0");
}

#[tokio::test]
async fn more_rows_than_allowed_are_not_touched_pr_086_pr_105() {
    let api = Api::new().await;
    let strict = "handling=strict, max-affected=2";
    for (path, method) in [
        ("/stock?amount=gt.0", Method::PATCH),
        ("/stock?amount=gt.0", Method::DELETE),
    ] {
        let request = api
            .app
            .request(method.clone(), path)
            .json(&json!({ "amount": 0 }));
        let response = request.header("prefer", strict).await;
        assert_eq!(refusal(&response), (400, "PGRST124".into()), "{method}");
        assert_eq!(response.json()["details"], "The query affects 3 rows");
    }
    assert_eq!(api.sql("select sum(amount) from cinema.stock").await, "21");
    let response = api
        .app
        .patch("/stock?theatre_id=eq.1", &json!({ "amount": 0 }))
        .header("prefer", strict)
        .await;
    assert_eq!(response.status.as_u16(), 204);
    assert_eq!(
        response.header("preference-applied"),
        "handling=strict, max-affected=2"
    );
    // Lenient handling does not care.
    let response = api
        .app
        .delete("/stock")
        .header("prefer", "handling=lenient, max-affected=1")
        .await;
    assert_eq!(response.status.as_u16(), 204);

    api.db
        .execute("insert into cinema.remarks values ('second'), ('third')")
        .await;
    let response = api
        .app
        .post("/rpc/delete_remarks", &json!({}))
        .header("prefer", strict)
        .await;
    assert_eq!(refusal(&response), (400, "PGRST124".into()));
    assert_eq!(api.sql("select count(*) from cinema.remarks").await, "3");
    let response = api
        .app
        .post("/rpc/add_remark", &json!({ "words": "x" }))
        .header("prefer", strict)
        .await;
    assert_eq!(refusal(&response), (400, "PGRST128".into()));
}

#[tokio::test]
async fn one_row_was_wanted_and_several_are_not_written_pr_122() {
    let api = Api::new().await;
    let singular = "application/vnd.pgrst.object+json";
    let response = showing(
        api.app
            .patch("/stock?theatre_id=eq.1", &json!({ "amount": 0 })),
    )
    .header("accept", singular)
    .await;
    assert_eq!(refusal(&response), (406, "PGRST116".into()));
    let response = showing(api.app.delete("/stock?theatre_id=eq.1"))
        .header("accept", singular)
        .await;
    assert_eq!(refusal(&response), (406, "PGRST116".into()));
    assert_eq!(api.sql("select sum(amount) from cinema.stock").await, "21");
    let response = showing(
        api.app
            .post("/members?select=name", &json!({ "name": "solo" })),
    )
    .header("accept", singular)
    .await;
    assert_eq!(response.status_and_json(), (201, json!({ "name": "solo" })));
}

#[tokio::test]
async fn views_and_generated_columns_are_written_as_tables_are_pr_089() {
    let api = Api::new().await;
    let response = showing(api.app.post("/prices", &json!({ "net": 4 }))).await;
    assert_eq!(
        response.status_and_json(),
        (201, json!([{ "id": 1, "net": 4, "gross": 8 }]))
    );
    let response = api
        .app
        .post("/prices", &json!({ "net": 4, "gross": 1 }))
        .await;
    assert_eq!(refusal(&response), (400, "428C9".into()));
    let response = showing(
        api.app
            .post("/member_names", &json!({ "id": 70, "name": "viewed" })),
    )
    .await;
    assert_eq!(
        response.status_and_json(),
        (201, json!([{ "id": 70, "name": "viewed" }]))
    );
    let response = api
        .app
        .patch("/member_names?id=eq.70", &json!({ "name": "seen" }))
        .await;
    assert_eq!(response.status.as_u16(), 204);
    let response = api
        .app
        .post("/shelf", &json!({ "body": "by trigger" }))
        .await;
    assert_eq!(response.status.as_u16(), 201);
    assert_eq!(
        api.sql("select count(*) from cinema.remarks where body = 'by trigger'")
            .await,
        "1"
    );
    let allow = async |path: &str| {
        api.app
            .request(Method::OPTIONS, path)
            .await
            .header("allow")
            .to_owned()
    };
    assert_eq!(
        allow("/stock").await,
        "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"
    );
    assert_eq!(allow("/shelf").await, "OPTIONS,GET,HEAD,POST,PATCH,DELETE");
    assert_eq!(allow("/studio_names").await, "OPTIONS,GET,HEAD");
    assert_eq!(allow("/rpc/numbers").await, "OPTIONS,GET,HEAD,POST");
    assert_eq!(allow("/rpc/delete_remarks").await, "OPTIONS,POST");
    assert_eq!(allow("/").await, "OPTIONS,GET,HEAD");
}

#[tokio::test]
async fn preferences_are_read_as_one_list_pr_100_pr_108_pr_109() {
    let api = Api::new().await;
    let response = api
        .app
        .get("/genres")
        .header("prefer", "return=minimal,  count=exact ")
        .header("prefer", "count=planned, handling=lenient, unheard=of")
        .await;
    assert_eq!(response.status.as_u16(), 200);
    assert_eq!(
        response.header("preference-applied"),
        "count=exact, handling=lenient"
    );
    let response = api
        .app
        .get("/genres")
        .header("prefer", "handling=strict, unheard=of, anything")
        .await;
    assert_eq!(refusal(&response), (400, "PGRST122".into()));
    assert_eq!(
        response.json()["details"],
        "Invalid preferences: unheard=of, anything"
    );
}

#[tokio::test]
async fn writes_that_break_rules_change_nothing_pr_140() {
    let api = Api::new().await;
    let refused = async |path: &str, body: Value, status: u16, code: &str| {
        let response = api.app.post(path, &body).await;
        assert_eq!(
            refusal(&response),
            (status, code.to_owned()),
            "{path} {body}"
        );
    };
    refused(
        "/scripts",
        json!({ "film_id": 99, "pages": 1 }),
        409,
        "23503",
    )
    .await;
    refused("/studios", json!({ "id": 1, "name": "x" }), 409, "23505").await;
    refused("/studios", json!({ "id": 9 }), 400, "23502").await;
    refused(
        "/films",
        json!({ "title": "x", "year": "soon" }),
        400,
        "22P02",
    )
    .await;
    refused(
        "/films",
        json!({ "title": "x", "spoken": "elvish" }),
        400,
        "22P02",
    )
    .await;
    refused(
        "/members",
        json!([{ "name": "new one" }, { "name": "ann" }]),
        409,
        "23505",
    )
    .await;
    assert_eq!(api.sql("select count(*) from cinema.members").await, "2");
}
