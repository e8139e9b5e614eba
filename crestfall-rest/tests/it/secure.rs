//! Secure by default (D2), and why rows are missing.

use crestfall_core::Identity;
use crestfall_core::testing::{TestApp, TestDb};
use crestfall_rest::{Config, ExplainPolicies, Rest};
use http::Method;
use serde_json::{Value, json};

const SCHEMA: &str = "
    create schema hidden;
    create table open (id int primary key, secret text);
    create table marked (id int primary key);
    comment on table marked is E'Everybody may know.\\n@public';
    create table ungranted (id int primary key);
    create table held (id int primary key, owner text, open_id int references open, marked_id int references marked);
    create table joined (held_id int references held, open_id int references open, primary key (held_id, open_id));
    create table hidden.base (id int primary key);
    alter table held enable row level security;
    alter table joined enable row level security;
    create policy everything on joined using (true);
    create policy own on held for select using (owner = current_setting('request.jwt.claims', true)::jsonb ->> 'sub');
    create policy shown on held for select to anon using (id = 3);
    create policy sober on held as restrictive for select using (id <> 4);
    create view definer as select id from held;
    -- PostgreSQL 14 has no views with the caller's rights.
    do $$ begin
      if current_setting('server_version_num')::int >= 150000 then
        execute 'create view invoker with (security_invoker = true) as select id from held';
        execute 'create view invoker_of_open with (security_invoker = true) as select id from open';
        execute 'create view invoker_of_view with (security_invoker = true) as select id from definer';
        grant all on invoker, invoker_of_open, invoker_of_view to anon, authenticated, service_role;
      end if;
    end $$;
    create view marked_view as select id from held;
    comment on view marked_view is '@public';
    create materialized view snapshot as select id from held;
    create function opened() returns setof open language sql stable as 'select * from open';
    grant usage on schema hidden to anon, authenticated;
    grant all on open, marked, held, joined, definer, marked_view, snapshot, hidden.base to anon, authenticated, service_role;
    insert into open values (1, 'x');
    insert into marked values (1);
    insert into held values (1, 'ada', 1, 1), (2, 'bob', 1, 1), (3, 'bob', 1, 1), (4, 'ada', 1, 1);";

async fn app(config: Config, identity: Option<Identity>) -> (TestDb, TestApp) {
    let db = TestDb::with_template("secure", SCHEMA).await;
    let rest = Rest::connect(&db.url_as("authenticator"), config)
        .await
        .unwrap();
    let put = move |mut request: axum::extract::Request| {
        if let Some(identity) = &identity {
            request.extensions_mut().insert(identity.clone());
        }
        request
    };
    let router = rest
        .router()
        .layer(axum::middleware::map_request(move |request| {
            let request = put(request);
            async move { request }
        }));
    (db, TestApp::new(router))
}

/// Those of the paths that this version of PostgreSQL has, see [`SCHEMA`].
async fn there<'a>(app: &TestApp, paths: &[&'a str]) -> Vec<&'a str> {
    let has_invokers = app.get("/invoker").await.status != 404;
    let is_there = |path: &&&str| has_invokers || !path.contains("invoker");
    paths.iter().filter(is_there).copied().collect()
}

fn as_role(role: &str, sub: &str) -> Option<Identity> {
    let claims = json!({ "sub": sub }).as_object().unwrap().clone();
    Some(Identity::from_token(role.into(), claims))
}

fn protecting() -> Config {
    Config {
        protects_anonymous: true,
        ..Config::default()
    }
}

#[tokio::test]
async fn d2_what_no_policy_holds_is_refused_to_the_anonymous_role_unless_it_is_marked() {
    let refused = [
        "/open",
        "/definer",
        "/invoker_of_open",
        "/invoker_of_view",
        "/snapshot",
        "/held?select=id,open!held_open_id_fkey(id)",
        "/marked?select=id,held(id,opened:open!joined(id))",
    ];
    let served = [
        "/marked",
        "/held",
        "/invoker",
        "/marked_view",
        "/held?select=id,marked(id)",
    ];
    // Without a credential, and with a token that names the same role, as public keys do.
    for identity in [None, as_role("anon", "somebody")] {
        let (_db, app) = app(protecting(), identity).await;
        for path in there(&app, &refused).await {
            let response = app.get(path).await;
            assert_eq!(response.status, 401, "{path}: {}", response.json());
            let body = response.json();
            assert_eq!(body["code"], "42501", "{path}");
            let hint = body["hint"].as_str().unwrap();
            assert!(hint.contains("@public"), "{path}: {hint}");
        }
        for path in there(&app, &served).await {
            let response = app.get(path).await;
            assert_eq!(response.status, 200, "{path}: {}", response.json());
        }
        assert_eq!(app.post("/open", &json!({ "id": 2 })).await.status, 401);
    }
    // Other roles, and the anchor's behaviour.
    let (_db, app_of_ada) = app(protecting(), as_role("authenticated", "ada")).await;
    let (_other, anchor) = app(Config::default(), None).await;
    for path in there(&anchor, &[&refused[..], &served].concat()).await {
        assert_eq!(app_of_ada.get(path).await.status, 200, "{path}");
        assert_eq!(anchor.get(path).await.status, 200, "{path}");
    }
}

/// What is said of the number of all rows, for each way to ask.
async fn counts(app: &TestApp, path: &str) -> Vec<String> {
    let mut counts = Vec::new();
    for count in ["exact", "planned", "estimated"] {
        for method in [Method::GET, Method::HEAD] {
            // Twice: the second may find a plan.
            for _ in 0..2 {
                let response = app
                    .request(method.clone(), path)
                    .header("prefer", &format!("count={count}"))
                    .await;
                assert!(response.status.is_success(), "{path}: {}", response.text());
                counts.push(response.header("content-range").to_owned());
            }
        }
    }
    counts.dedup();
    counts
}

#[tokio::test]
async fn d2_an_estimate_tells_of_no_row_that_policies_or_a_view_hide() {
    let hiding = Config {
        estimates_hidden_rows: false,
        max_rows: Some(1),
        ..Config::default()
    };
    let anchor = Config {
        max_rows: Some(1),
        ..Config::default()
    };
    let fill = "insert into held select n, 'bob', 1, 1 from generate_series(10, 500) as n;
        insert into marked select n from generate_series(10, 500) as n;
        analyze held; analyze marked";
    let held = [
        "/held?select=id",
        "/invoker?select=id",
        "/marked?select=id,held!inner(id)",
    ];
    let (db, of_ada) = app(hiding.clone(), as_role("authenticated", "ada")).await;
    db.execute(fill).await;
    for path in there(&of_ada, &held).await {
        // One of hers, which the limit shows.
        assert_eq!(counts(&of_ada, path).await, ["0-0/1"], "{path}");
    }
    let told = counts(&of_ada, "/definer?select=id").await;
    assert_eq!(told, ["0-0/495"], "she may see them all");
    // Nobody's rows are hidden in a table without policies: as many as the planner takes it to have.
    assert_eq!(counts(&of_ada, "/marked?select=id").await, ["0-0/492"]);
    db.execute("delete from marked where id > 400").await;
    let told = counts(&of_ada, "/marked?select=id").await;
    assert_eq!(told, ["0-0/392", "0-0/492"], "estimates go by statistics");
    // Whom no policy holds, and whoever asks in the anchor's way, is given estimates.
    let (db, of_service) = app(hiding, as_role("service_role", "admin")).await;
    db.execute(fill).await;
    db.execute("delete from held where id > 400").await;
    let told = counts(&of_service, "/held?select=id").await;
    assert_eq!(told, ["0-0/395", "0-0/495"]);
    let (db, as_ever) = app(anchor, as_role("authenticated", "ada")).await;
    db.execute(fill).await;
    assert_ne!(counts(&as_ever, held[0]).await, ["0-0/1"]);
}

#[tokio::test]
async fn d2_a_new_table_is_invisible_and_the_missing_grant_is_told() {
    let (_db, app) = app(protecting(), as_role("authenticated", "ada")).await;
    let hint = async |path: &str, method: &str| {
        let request = match method {
            "GET" => app.get(path),
            "POST" => app.post(path, &json!({ "id": 1 })),
            _ => app.delete(path),
        };
        let response = request.await;
        assert_eq!(response.status, 403, "{path}");
        response.json()["hint"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        hint("/ungranted", "GET").await,
        "GRANT SELECT ON \"public\".\"ungranted\" TO \"authenticated\";"
    );
    assert!(
        hint("/ungranted", "POST")
            .await
            .starts_with("GRANT SELECT, INSERT ON")
    );
    assert!(
        hint("/ungranted?id=eq.1", "DELETE")
            .await
            .starts_with("GRANT SELECT, DELETE ON")
    );
}

fn explaining(who: ExplainPolicies) -> Config {
    Config {
        explain_policies: who,
        ..Config::default()
    }
}

async fn explained(app: &TestApp, path: &str, subject: Option<Value>) -> (u16, Value) {
    let mut request = app.get(path).header("prefer", "explain=policies");
    if let Some(subject) = subject {
        request = request.header("explain-as", &subject.to_string());
    }
    let response = request.await;
    (response.status.as_u16(), response.json())
}

#[tokio::test]
async fn an_owner_learns_which_policy_hides_how_many_rows_and_nothing_of_them() {
    let config = explaining(ExplainPolicies::Owners);
    let (_db, app) = app(config, as_role("service_role", "admin")).await;
    let subject = json!({ "role": "authenticated", "sub": "ada" });
    let (status, body) = explained(&app, "/held?owner=eq.nobody", Some(subject)).await;
    assert_eq!(status, 200, "{body}");
    let held = &body["relations"][0];
    assert_eq!(
        (&held["rows"], &held["visible"], &held["hidden"]),
        (&json!(4), &json!(1), &json!(3)),
        "{body}"
    );
    let policies = held["policies"].as_array().unwrap();
    let of = |name: &str| {
        policies
            .iter()
            .find(|policy| policy["name"] == name)
            .unwrap()
    };
    assert_eq!(of("own")["rows_it_lets_through"], 2);
    assert_eq!(of("shown")["applies"], false);
    assert_eq!(of("sober")["kind"], "restrictive");
    assert_eq!(of("sober")["rows_it_lets_through"], 3);
    assert!(!body.to_string().contains("\"bob\""), "{body}");
    let (_, body) = explained(&app, "/ungranted", Some(json!({ "role": "anon" }))).await;
    let grants = &body["relations"][0]["missing_grants"];
    assert_eq!(
        grants,
        &json!(["GRANT SELECT ON \"public\".\"ungranted\" TO \"anon\";"])
    );
    assert_eq!(body["relations"][0]["visible"], 0);
}

#[tokio::test]
async fn who_may_not_ask_learns_no_number() {
    for (who, identity, subject, expected) in [
        (
            ExplainPolicies::Owners,
            as_role("authenticated", "ada"),
            None,
            403,
        ),
        (ExplainPolicies::Owners, None, None, 403),
        (
            ExplainPolicies::Owners,
            as_role("authenticated", "ada"),
            Some(json!({ "role": "service_role" })),
            403,
        ),
        (
            ExplainPolicies::Everyone,
            as_role("authenticated", "ada"),
            Some(json!({ "role": "anon" })),
            403,
        ),
        (
            ExplainPolicies::Everyone,
            as_role("authenticated", "ada"),
            None,
            200,
        ),
        (
            ExplainPolicies::Owners,
            as_role("service_role", "x"),
            Some(json!({ "sub": "ada" })),
            400,
        ),
        (
            ExplainPolicies::Owners,
            as_role("service_role", "x"),
            Some(json!({ "role": "none" })),
            400,
        ),
        (
            ExplainPolicies::Owners,
            as_role("service_role", "x"),
            Some(json!({ "role": "nobody at all" })),
            200,
        ),
    ] {
        let (_db, app) = app(explaining(who), identity).await;
        let (status, body) = explained(&app, "/held", subject.clone()).await;
        assert_eq!(status, expected, "{who:?} {subject:?}: {body}");
        if expected != 200 {
            assert!(body.get("relations").is_none(), "{body}");
        }
    }
}

#[tokio::test]
async fn off_it_is_a_preference_nobody_knows() {
    let (_db, app) = app(Config::default(), as_role("service_role", "admin")).await;
    let response = app
        .get("/marked")
        .header("prefer", "explain=policies")
        .await;
    assert_eq!(response.json(), json!([{ "id": 1 }]));
    let strict = app
        .get("/marked")
        .header("prefer", "handling=strict, explain=policies")
        .await;
    assert_eq!(strict.status, 400);
    let (_db, app) = self::app(
        explaining(ExplainPolicies::Owners),
        as_role("service_role", "x"),
    )
    .await;
    let write = app
        .post("/marked", &json!({ "id": 9 }))
        .header("prefer", "explain=policies")
        .await;
    assert_eq!(write.status, 400);
    assert_eq!(app.get("/marked").await.json(), json!([{ "id": 1 }]));
}
