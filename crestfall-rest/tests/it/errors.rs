//! What errors say, word for word (PR-139 to PR-151, PR-113).

use crestfall_rest::ErrorVerbosity;
use serde_json::{Value, json};

use crate::api::{Api, refusal};

#[tokio::test]
async fn each_error_has_code_message_details_and_hint_pr_139_pr_149() {
    let api = Api::new().await;
    let cases: &[(&str, u16, Value)] = &[
        (
            "/zzz",
            404,
            json!({
                "code": "PGRST205",
                "message": "Could not find the table 'cinema.zzz' in the schema cache",
                "details": null,
                "hint": null
            }),
        ),
        (
            "/genre",
            404,
            json!({
                "code": "PGRST205",
                "message": "Could not find the table 'cinema.genre' in the schema cache",
                "details": null,
                "hint": "Perhaps you meant the table 'cinema.genres'"
            }),
        ),
        (
            "/theatres?select=people(*)",
            400,
            json!({
                "code": "PGRST200",
                "message": "Could not find a relationship between 'theatres' and 'people' in the schema cache",
                "details": "Searched for a foreign key relationship between 'theatres' and 'people' in the schema 'cinema', but no matches were found.",
                "hint": null
            }),
        ),
        (
            "/films?select=studio(*)",
            400,
            json!({
                "code": "PGRST200",
                "message": "Could not find a relationship between 'films' and 'studio' in the schema cache",
                "details": "Searched for a foreign key relationship between 'films' and 'studio' in the schema 'cinema', but no matches were found.",
                "hint": "Perhaps you meant 'studios' instead of 'studio'."
            }),
        ),
        (
            "/films?select=studios!by_hand(*)",
            400,
            json!({
                "code": "PGRST200",
                "message": "Could not find a relationship between 'films' and 'studios' in the schema cache",
                "details": "Searched for a foreign key relationship between 'films' and 'studios' using the hint 'by_hand' in the schema 'cinema', but no matches were found.",
                "hint": null
            }),
        ),
        (
            "/films?select=people(*)",
            300,
            json!({
                "code": "PGRST201",
                "message": "Could not embed because more than one relationship was found for 'films' and 'people'",
                "details": [
                    {
                        "cardinality": "many-to-one",
                        "embedding": "films with people",
                        "relationship": "films_director_fkey using films(director_id) and people(id)"
                    },
                    {
                        "cardinality": "many-to-one",
                        "embedding": "films with people",
                        "relationship": "films_writer_fkey using films(writer_id) and people(id)"
                    },
                    {
                        "cardinality": "many-to-many",
                        "embedding": "films with people",
                        "relationship": "parts using parts_film_id_fkey(film_id) and parts_person_id_fkey(person_id)"
                    }
                ],
                "hint": "Try changing 'people' to one of the following: 'people!films_director_fkey', 'people!films_writer_fkey', 'people!parts'. Find the desired relationship in the 'details' key."
            }),
        ),
        (
            "/rpc/films_sinc?since=1",
            404,
            json!({
                "code": "PGRST202",
                "message": "Could not find the function cinema.films_sinc(since) in the schema cache",
                "details": "Searched for the function cinema.films_sinc with parameter since, but no matches were found in the schema cache.",
                "hint": "Perhaps you meant to call the function cinema.films_since"
            }),
        ),
        (
            "/rpc/qqqqqq",
            404,
            json!({
                "code": "PGRST202",
                "message": "Could not find the function cinema.qqqqqq without parameters in the schema cache",
                "details": "Searched for the function cinema.qqqqqq without parameters, but no matches were found in the schema cache.",
                "hint": null
            }),
        ),
        (
            "/films?select=nope",
            400,
            json!({
                "code": "42703",
                "message": "column films.nope does not exist",
                "details": null,
                "hint": null
            }),
        ),
        (
            "/studios?select=films(nope)",
            400,
            json!({
                "code": "42703",
                "message": "column films_1.nope does not exist",
                "details": null,
                "hint": null
            }),
        ),
        (
            "/films?select=studios(id),studios(id)",
            400,
            json!({
                "code": "42712",
                "message": "table name \"films_studios_1\" specified more than once",
                "details": null,
                "hint": null
            }),
        ),
        (
            "/studios?films.id=eq.1",
            400,
            json!({
                "code": "PGRST108",
                "message": "'films' is not an embedded resource in this request",
                "details": null,
                "hint": "Verify that 'films' is included in the 'select' query parameter."
            }),
        ),
        (
            "/films?id=equals.1",
            400,
            json!({
                "code": "PGRST100",
                "message": "\"failed to parse filter (equals.1)\" (line 1, column 3)",
                "details": "unexpected \"u\" expecting operator (eq, gt, ...)",
                "hint": null
            }),
        ),
    ];
    let mut wrong = Vec::new();
    for (path, status, body) in cases {
        let response = api.app.get(path).await;
        if response.status_and_json() != (*status, body.clone()) {
            wrong.push(format!(
                "{path}\n  wanted {status} {body}\n  got    {} {}",
                response.status,
                response.text()
            ));
        }
        assert_eq!(
            response.header("proxy-status"),
            format!(
                "PostgREST; error={}",
                body["code"].as_str().unwrap_or_default()
            )
        );
        assert_eq!(
            response.header("content-type"),
            "application/json; charset=utf-8"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let response = api
        .app
        .post("/studios", &json!({ "id": 1, "name": "x" }))
        .await;
    assert_eq!(
        response.status_and_json(),
        (
            409,
            json!({
                "code": "23505",
                "message": "duplicate key value violates unique constraint \"studios_pkey\"",
                "details": "Key (id)=(1) already exists.",
                "hint": null
            })
        )
    );
}

#[tokio::test]
async fn sqlstates_have_statuses_pr_140_pr_141() {
    let api = Api::new().await;
    let cases = [
        ("08006", 503),
        ("09000", 500),
        ("0L000", 403),
        ("0P000", 403),
        ("23503", 409),
        ("23505", 409),
        ("23514", 400),
        ("25000", 500),
        ("25006", 405),
        ("28000", 403),
        ("2D000", 500),
        ("38000", 500),
        ("39000", 500),
        ("3B000", 500),
        ("40002", 500),
        ("53000", 503),
        ("53400", 500),
        ("54000", 500),
        ("55000", 500),
        ("57014", 500),
        ("57P01", 503),
        ("58000", 500),
        ("F0000", 500),
        ("HV000", 500),
        ("P0001", 400),
        ("P0002", 500),
        ("XX000", 500),
        ("21000", 500),
        ("22023", 400),
        ("42883", 404),
        ("42P01", 404),
        ("42P17", 500),
        ("42501", 401),
        ("42601", 400),
        ("22012", 400),
        ("PT404", 404),
        ("PT500", 500),
    ];
    let mut wrong = Vec::new();
    for (state, status) in cases {
        let response = api
            .app
            .post(
                "/rpc/fail_bare",
                &json!({ "state": state, "words": "said so" }),
            )
            .await;
        if refusal(&response) != (status, state.to_owned()) {
            wrong.push(format!(
                "{state}: wanted {status}, got {} {}",
                response.status,
                response.text()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let said = async |state: &str, words: &str| {
        let body = json!({ "state": state, "words": words });
        api.app.post("/rpc/fail_bare", &body).await.status.as_u16()
    };
    assert_eq!(said("21000", "UPDATE requires a WHERE clause").await, 400);
    assert_eq!(said("22023", "role \"x\" does not exist").await, 401);
}

#[tokio::test]
async fn errors_can_be_kept_short_pr_012() {
    let api = Api::with(|config| config.error_verbosity = ErrorVerbosity::Minimal).await;
    let response = api.app.get("/genre").await;
    assert_eq!(
        response.status_and_json(),
        (
            404,
            json!({
                "code": "PGRST205",
                "message": "Could not find the table 'cinema.genre' in the schema cache"
            })
        )
    );
}

#[tokio::test]
async fn methods_and_paths_that_mean_nothing_are_refused_pr_147_pr_148() {
    let api = Api::new().await;
    let cases = [
        ("TRACE", "/films", 405, "PGRST117"),
        ("BREW", "/films", 405, "PGRST117"),
        ("POST", "/", 405, "PGRST117"),
        ("PUT", "/rpc/add", 405, "PGRST101"),
        ("GET", "/films/1/2", 404, "PGRST125"),
        ("GET", "/rpc/add/2", 404, "PGRST125"),
        ("GET", "/rpc", 404, "PGRST205"),
    ];
    for (method, path, status, code) in cases {
        let method = axum::http::Method::from_bytes(method.as_bytes()).unwrap();
        let response = api.app.request(method.clone(), path).await;
        assert_eq!(
            refusal(&response),
            (status, code.to_owned()),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn hints_do_not_name_what_is_not_exposed_pr_004() {
    let api = Api::new().await;
    for path in [
        "/secret",
        "/secrets",
        "/vault.secrets",
        "/films?select=secrets(*)",
        "/rpc/secrets",
    ] {
        let text = api.app.get(path).await.text();
        assert!(
            !text.contains("vault.secrets'\"") && !text.contains("canary"),
            "{text}"
        );
        assert!(!text.contains("meant the table 'vault"), "{text}");
    }
}

#[tokio::test]
async fn timings_are_named_where_asked_for_pr_114() {
    let api = Api::with(|config| config.server_timing = true).await;
    for path in ["/films?select=id", "/rpc/add?a=1&b=1", "/"] {
        let response = api.app.get(path).await;
        let timing = response.header("server-timing").to_owned();
        for stage in ["jwt", "parse", "plan", "transaction", "response"] {
            assert!(
                timing.contains(&format!("{stage};dur=")),
                "{path}: {timing}"
            );
        }
    }
}
