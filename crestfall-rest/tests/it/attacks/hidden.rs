//! Columns and rows that a role may not read show nowhere (SEC-30, SEC-43).

use serde_json::{Value, json};

use crate::api::{Api, refusal, token};

/// Every way of naming the hidden column of accounts.
const WAYS: &[&str] = &[
    "/accounts",
    "/accounts?select=*",
    "/accounts?select=password_hash",
    "/accounts?select=id,nickname:password_hash",
    "/accounts?select=id,password_hash::text",
    "/accounts?select=password_hash->a",
    "/accounts?select=password_hash.max()",
    "/accounts?select=nickname,password_hash.count()",
    "/accounts?select=id&password_hash=eq.hash-of-ann",
    "/accounts?select=id&password_hash=like.h*",
    "/accounts?select=id&password_hash=is.null",
    "/accounts?select=id&password_hash=in.(a,b)",
    "/accounts?select=id&password_hash=match.^h",
    "/accounts?select=id&password_hash->>a=eq.b",
    "/accounts?select=id&password_hash=fts.hash",
    "/accounts?select=id&or=(password_hash.eq.a,id.eq.1)",
    "/accounts?select=id&not.and=(password_hash.gt.a,id.eq.1)",
    "/accounts?select=id&order=password_hash",
    "/accounts?select=id&order=password_hash->a.desc",
    "/films?select=accounts(password_hash)",
    "/films?select=accounts(*)",
    "/films?select=...accounts(password_hash)",
    "/films?select=accounts(password_hash.min())",
    "/films?select=id,accounts!inner()&accounts.password_hash=like.h*",
    "/films?select=id,accounts()&accounts.password_hash=eq.a&accounts=not.is.null",
    "/films?select=id,accounts(id)&accounts.order=password_hash",
    "/films?select=id,accounts(id)&accounts.or=(password_hash.eq.a,id.eq.1)",
    "/films?select=id,...accounts(id)&accounts.order=password_hash",
];

/// A filter that no row of the answer depends on, which PostgreSQL 18 leaves out before it asks who may
/// read the column; the earlier ones refuse.
#[tokio::test]
async fn an_embed_of_nothing_tells_nothing_of_a_hidden_column_sec_30() {
    let api = Api::new().await;
    let answer = async |filter: &str| {
        let path = format!("/films?select=id,accounts()&order=id&accounts.password_hash={filter}");
        let response = api.app.get(&path).header("prefer", "count=exact").await;
        let range = response.header("content-range").to_owned();
        (refusal(&response), range, response.text())
    };
    let (of_one, of_none) = (answer("eq.hash-of-ann").await, answer("eq.a").await);
    assert_eq!(of_one, of_none);
    assert!(
        of_none.0.0 == 200 || of_none.0 == (401, "42501".into()),
        "{of_none:?}"
    );
}

/// Names of functions and of whole rows, which PostgreSQL might take for columns.
const DETOURS: &[&str] = &[
    "/accounts?select=row_to_json",
    "/accounts?select=to_json",
    "/accounts?select=to_jsonb",
    "/accounts?select=jsonb_build_object",
    "/accounts?select=pg_column_size",
    "/accounts?select=accounts",
    "/accounts?select=record_out",
    "/accounts?select=id,accounts::text",
    "/accounts?select=id&row_to_json->>password_hash=eq.hash-of-ann",
    "/accounts?select=id&order=to_jsonb->password_hash",
    "/accounts?select=id&order=accounts",
    "/accounts?select=id&\"*\"=is.null",
    "/accounts?select=id,\"*\"",
    "/films?select=accounts(row_to_json)",
    "/films?select=id,accounts(id)&accounts.order=to_json",
];

#[tokio::test]
async fn no_detour_leads_to_a_hidden_column_sec_30() {
    let api = Api::new().await;
    for path in DETOURS {
        let response = api.app.get(path).await;
        let text = response.text();
        assert!(response.status.is_client_error(), "{path}: {text}");
        assert!(!text.contains("hash-of"), "{path}: {text}");
    }
}

#[tokio::test]
async fn a_column_without_privilege_shows_nowhere_sec_30() {
    let api = Api::new().await;
    let alice = token("authenticated", "alice");
    for path in WAYS {
        for prefer in ["count=exact", "count=planned", "handling=strict"] {
            for accept in [
                "application/json",
                "text/csv",
                "application/vnd.pgrst.object+json",
            ] {
                let ask = |path: &str| {
                    api.app
                        .get(path)
                        .header("prefer", prefer)
                        .header("accept", accept)
                };
                let response = ask(path).await;
                let text = response.text();
                assert_eq!(
                    refusal(&response),
                    (401, "42501".into()),
                    "{path} {prefer}: {text}"
                );
                assert!(!text.contains("hash-of"), "{path}: {text}");
                let response = ask(path).bearer(&alice).await;
                assert_eq!(refusal(&response), (403, "42501".into()), "{path} {prefer}");
            }
        }
    }
    api.each_gives(&[
        (
            "/accounts?select=id,nickname&order=id",
            json!([
                { "id": 1, "nickname": "ann" }, { "id": 2, "nickname": "bob" }
            ]),
        ),
        (
            "/films?select=accounts(nickname)&id=eq.1",
            json!([{ "accounts": [{ "nickname": "ann" }] }]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn writes_do_not_show_what_reads_hide_sec_30() {
    let api = Api::over(
        "grant insert, update, delete on cinema.accounts to anon, authenticated;",
        |_| {},
    )
    .await;
    let show = "return=representation, tx=rollback";
    let row = json!({ "id": 9, "nickname": "x", "password_hash": "y" });
    for path in [
        "/accounts",
        "/accounts?select=password_hash",
        "/accounts?select=*,films(title)",
    ] {
        let response = api.app.post(path, &row).header("prefer", show).await;
        assert_eq!(refusal(&response), (401, "42501".into()), "{path}");
    }
    for path in [
        "/accounts?id=eq.1",
        "/accounts?id=eq.1&select=password_hash",
        "/accounts?password_hash=like.h*&select=id",
        "/accounts?or=(password_hash.eq.a,id.eq.1)&select=id",
        "/accounts?select=id&order=password_hash",
    ] {
        let response = api
            .app
            .patch(path, &json!({ "nickname": "z" }))
            .header("prefer", show)
            .await;
        assert_eq!(refusal(&response), (401, "42501".into()), "PATCH {path}");
        let response = api.app.delete(path).header("prefer", show).await;
        assert_eq!(refusal(&response), (401, "42501".into()), "DELETE {path}");
    }
    // The error of a conflict does not tell of values either.
    let response = api
        .app
        .post(
            "/accounts?select=id",
            &json!({ "id": 1, "password_hash": "guess" }),
        )
        .header("prefer", show)
        .await;
    let text = response.text();
    assert_eq!(refusal(&response), (409, "23505".into()));
    assert!(
        !text.contains("hash-of") && !text.contains("guess"),
        "{text}"
    );
}

#[tokio::test]
async fn filters_that_raise_do_not_tell_of_hidden_rows_sec_43() {
    let api = Api::new().await;
    let alice = token("authenticated", "alice");
    // A ticket of Bob has a seat that is no number, and would make these fail.
    for path in [
        "/tickets?seat_number=gt.1&select=id&order=id",
        "/tickets?select=id,seat_number::text&order=seat_number",
        "/films?select=id,tickets!inner(id)&tickets.seat_number=gt.1",
        "/tickets?select=seat_number.sum()",
        "/tickets?select=seat::int",
        "/tickets?select=id&or=(seat_number.gt.1,id.eq.1)",
    ] {
        let response = api
            .app
            .get(path)
            .bearer(&alice)
            .header("prefer", "count=exact")
            .await;
        assert_eq!(response.status.as_u16(), 200, "{path}: {}", response.text());
        assert!(!response.text().contains("bob"), "{path}");
    }
    // Bob's own rows do.
    let response = api
        .app
        .get("/tickets?seat_number=gt.1")
        .bearer(&token("authenticated", "bob"))
        .await;
    assert_eq!(refusal(&response), (400, "22P02".into()));
}

#[tokio::test]
async fn counts_and_keys_do_not_tell_of_hidden_rows_sec_30() {
    let api = Api::new().await;
    let eve = token("authenticated", "eve");
    for path in [
        "/tickets",
        "/tickets?select=count()",
        "/tickets?owner=eq.alice",
        "/tickets?select=id.max()",
    ] {
        let response = api
            .app
            .get(path)
            .bearer(&eve)
            .header("prefer", "count=exact")
            .await;
        let body = response.json();
        let none = body == json!([])
            || body == json!([{ "count": 0 }])
            || body == json!([{ "max": null }]);
        assert!(none, "{path}: {body}");
    }
    let response = api
        .app
        .get("/films?select=id,tickets(id)")
        .bearer(&eve)
        .await;
    let seen: Vec<Value> = response.json().as_array().cloned().unwrap_or_default();
    assert!(
        seen.iter().all(|film| film["tickets"] == json!([])),
        "{seen:?}"
    );
    let response = api
        .app
        .get("/films?select=id,tickets!inner(id)")
        .bearer(&eve)
        .await;
    assert_eq!(response.json(), json!([]));
}
