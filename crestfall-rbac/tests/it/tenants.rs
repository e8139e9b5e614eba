//! No tenant sees another's rows over REST, by whatever it asks: rows, counts, embeds, filters,
//! writes, errors.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use crestfall_core::testing::{TestApp, TestResponse};
use crestfall_rest::{Config, Rest};
use http::Method;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::service::{TestRbac, identified};

/// Every text of a tenant begins with its slug, so that a foreign one is known wherever it shows up.
const TABLES: &str = concat!(
    "
    create table customers (
      id int primary key, org_id uuid not null, name text not null unique
    );
    create table invoices (
      id int primary key, org_id uuid not null, customer_id int references customers,
      note text not null, total int not null check (total < 1000000)
    );
    create index on customers (org_id);
    create index on invoices (org_id);
",
    include_str!("totals.sql"),
    "
    create function cheapest() returns setof invoices language sql stable as
      'select * from invoices order by total limit 3';
    grant select, insert, update, delete on customers, invoices to authenticated;
    grant select on totals to authenticated;
    grant select on customers, invoices, totals to anon;
    select rbac.policy_organisation('customers', 'org_id', 'invoice'),
      rbac.policy_organisation('invoices', 'org_id', 'invoice');
"
);

const SLUGS: [&str; 4] = ["alpha", "bravo", "charlie", "delta"];

/// Who may do what in which organisation, and the rows there are.
struct World {
    organisations: BTreeMap<&'static str, Uuid>,
    /// Subjects, and the slugs whose rows they may read.
    readers: BTreeMap<String, BTreeSet<&'static str>>,
}

async fn random_world(app: &TestRbac, rng: &mut StdRng) -> World {
    app.db
        .execute(
            "truncate rbac.organisations, rbac.memberships, customers, invoices cascade;
          delete from rbac.roles where not built_in",
        )
        .await;
    app.role("reader", &["invoice:read"]).await;
    app.role(
        "writer",
        &["invoice:read", "invoice:create", "invoice:update"],
    )
    .await;
    app.role("all", &["invoice:*"]).await;
    app.role("blind", &["invoice:create", "invoice:delete"])
        .await;
    let mut world = World {
        organisations: BTreeMap::new(),
        readers: BTreeMap::new(),
    };
    let subjects: Vec<String> = (0..6).map(|index| format!("user{index}")).collect();
    let members: Vec<&str> = subjects.iter().map(String::as_str).collect();
    for slug in SLUGS {
        let id = app.organisation(slug, &members).await;
        world.organisations.insert(slug, id);
    }
    for subject in &subjects {
        let readable = world.readers.entry(subject.clone()).or_default();
        for slug in SLUGS {
            let Some(role) = ["reader", "writer", "all", "blind", "", "", ""].choose(rng) else {
                continue;
            };
            if !role.is_empty() {
                let place = world.organisations[slug].to_string();
                app.assign(subject, role, (&place, "")).await;
            }
            if matches!(*role, "reader" | "writer" | "all") {
                readable.insert(slug);
            }
        }
    }
    let mut rows = String::new();
    for id in 0..rng.random_range(20..60) {
        let slug = SLUGS.choose(rng).expect("a slug");
        let org = world.organisations[slug];
        let total = rng.random_range(0..50);
        rows += &format!(
            "insert into customers values ({id}, '{org}', '{slug}-customer-{id}');
            insert into invoices values ({id}, '{org}', {id}, '{slug}-note', {total});"
        );
    }
    app.db.execute(&rows).await;
    world
}

struct Asked {
    method: Method,
    path: String,
    prefer: &'static str,
    body: Value,
}

fn random_request(rng: &mut StdRng, world: &World) -> Asked {
    let slug = SLUGS.choose(rng).expect("a slug");
    let org = world.organisations[slug];
    let id = rng.random_range(0..60);
    let filter = [
        format!("id=eq.{id}"),
        format!("org_id=eq.{org}"),
        format!("total=gt.{}", id / 2),
        format!("or=(org_id.eq.{org},note.like.{slug}*)"),
        format!("not.and=(id.lt.{id},org_id.neq.{org})"),
        format!("note=like.{slug}*"),
        "id=gte.0".to_owned(),
    ];
    let filter = filter.choose(rng).expect("a filter");
    let read = [
        format!("/invoices?{filter}"),
        format!("/invoices?select=note,customers(name)&{filter}"),
        format!("/invoices?select=note,customers!inner(name)&{filter}"),
        format!("/customers?select=name,invoices(note,total)&name=like.{slug}*"),
        format!("/customers?select=name,invoices(count)&id=lt.{id}"),
        format!("/invoices?select=org_id,count(),total.sum()&{filter}"),
        format!("/invoices?select=note&order=total.desc&limit=5&offset=1&{filter}"),
        "/totals".to_owned(),
        "/rpc/cheapest".to_owned(),
        format!("/rpc/cheapest?select=note,customers(name)&{filter}"),
    ];
    let counted = ["", "count=exact", "count=exact", "count=planned"];
    let prefer = counted.choose(rng).expect("one");
    let write = |method: Method, path: String, body: Value| Asked {
        method,
        path,
        prefer: "return=representation, count=exact, tx=commit",
        body,
    };
    let row = json!({ "id": id, "org_id": org, "note": format!("{slug}-new"), "total": 1 });
    match rng.random_range(0..10) {
        0 => write(
            Method::PATCH,
            format!("/invoices?{filter}"),
            json!({ "total": 2 }),
        ),
        1 => write(Method::DELETE, format!("/invoices?{filter}"), Value::Null),
        2 => write(Method::POST, "/invoices".to_owned(), row),
        3 => write(
            Method::PATCH,
            format!("/invoices?{filter}"),
            json!({ "org_id": org, "note": format!("{slug}-moved") }),
        ),
        4 => Asked {
            prefer: "return=representation, resolution=merge-duplicates",
            ..write(Method::POST, "/invoices".to_owned(), row)
        },
        _ => Asked {
            method: if rng.random_ratio(1, 6) {
                Method::HEAD
            } else {
                Method::GET
            },
            path: read.choose(rng).expect("a request").clone(),
            prefer,
            body: Value::Null,
        },
    }
}

async fn send(app: &TestApp, asked: &Asked, subject: &str) -> TestResponse {
    let claims = json!({ "sub": subject }).to_string();
    let request = app.request(asked.method.clone(), &asked.path);
    let request = request
        .header("x-claims", &claims)
        .header("prefer", asked.prefer);
    match &asked.body {
        Value::Null => request.await,
        body => request.json(body).await,
    }
}

/// Nothing of another tenant stands in an answer, but what the request itself said.
fn assert_own(asked: &Asked, answer: &TestResponse, subject: &str, world: &World) {
    let readable = &world.readers[subject];
    let said = format!("{} {}", asked.path, asked.body);
    let text = answer.text();
    for (slug, org) in &world.organisations {
        if readable.contains(slug) {
            continue;
        }
        for mark in [format!("{slug}-"), org.to_string()] {
            let is_told =
                text.contains(&mark) && !(answer.status.as_u16() >= 400 && said.contains(&mark));
            assert!(
                !is_told,
                "{subject} sees {mark} by {} {said}: {text}",
                asked.method
            );
        }
    }
}

/// How many rows of a table somebody may see.
async fn visible(app: &TestRbac, table: &str, world: &World, subject: &str) -> i64 {
    let readable = world.readers[subject]
        .iter()
        .map(|slug| world.organisations[slug]);
    let mut db = app.db.connect().await;
    let query = format!("select count(*) from {table} where org_id = any ($1)");
    sqlx::query_scalar(sqlx::AssertSqlSafe(query))
        .bind(readable.collect::<Vec<_>>())
        .fetch_one(&mut db)
        .await
        .expect("a count")
}

fn total(answer: &TestResponse) -> Option<i64> {
    answer
        .header("content-range")
        .split_once('/')?
        .1
        .parse()
        .ok()
}

async fn rest(app: &TestRbac) -> TestApp {
    let config = Config {
        aggregates_enabled: true,
        ..Config::default()
    };
    let rest = Rest::connect(&app.db.url_as("authenticator"), config)
        .await
        .expect("the API");
    TestApp::new(identified(
        Router::new().fallback_service(rest.router::<()>()),
    ))
}

#[tokio::test]
async fn no_tenant_sees_another_by_anything_it_asks() {
    let app = TestRbac::with(TABLES).await;
    let rest = rest(&app).await;
    let mut answered = BTreeMap::<u16, usize>::new();
    for seed in 0..6 {
        let mut rng = StdRng::seed_from_u64(seed);
        let world = random_world(&app, &mut rng).await;
        let subjects: Vec<&String> = world.readers.keys().collect();
        for _ in 0..100 {
            let subject = subjects.choose(&mut rng).expect("a subject");
            let asked = random_request(&mut rng, &world);
            let answer = send(&rest, &asked, subject).await;
            assert!(
                answer.status.as_u16() < 500,
                "{} {}",
                asked.path,
                answer.text()
            );
            assert_own(&asked, &answer, subject, &world);
            *answered.entry(answer.status.as_u16()).or_default() += 1;
        }
        for subject in subjects {
            for table in ["invoices", "customers"] {
                let asked = Asked {
                    method: Method::HEAD,
                    path: format!("/{table}"),
                    prefer: "count=exact",
                    body: Value::Null,
                };
                let answer = send(&rest, &asked, subject).await;
                let expected = visible(&app, table, &world, subject).await;
                assert_eq!(
                    total(&answer),
                    Some(expected),
                    "seed {seed}, {subject}, {table}"
                );
            }
        }
    }
    assert!(
        answered.get(&200).is_some_and(|count| *count > 200),
        "{answered:?}"
    );
}

/// A key that another tenant has taken says no more than that it is taken.
#[tokio::test]
async fn a_duplicate_key_names_no_foreign_row() {
    let app = TestRbac::with(TABLES).await;
    let rest = rest(&app).await;
    let alpha = app.organisation("alpha", &["ada"]).await;
    let bravo = app.organisation("bravo", &[]).await;
    app.role("all", &["invoice:*"]).await;
    app.assign("ada", "all", (&alpha.to_string(), "")).await;
    app.db
        .execute(&format!(
            "insert into customers values (1, '{bravo}', 'bravo-customer-1')"
        ))
        .await;
    let asked = Asked {
        method: Method::POST,
        path: "/customers".to_owned(),
        prefer: "resolution=merge-duplicates, return=representation",
        body: json!({ "id": 1, "org_id": alpha, "name": "alpha-customer-1" }),
    };
    let answer = send(&rest, &asked, "ada").await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert!(!answer.text().contains("bravo"), "{}", answer.text());
    // The anonymous see nothing at all.
    let anonymous = rest.get("/customers").header("prefer", "count=exact").await;
    assert_eq!((anonymous.json(), total(&anonymous)), (json!([]), Some(0)));
}
