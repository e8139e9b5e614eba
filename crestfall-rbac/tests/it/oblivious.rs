//! What a tenant is answered over REST does not depend on what other tenants have: the same requests, in
//! worlds that differ in foreign rows only, are answered alike, byte for byte, counts and errors included.

use crestfall_core::testing::{TestApp, TestResponse};
use crestfall_rest::{Config, Rest};
use http::Method;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::service::{TestRbac, identified};

/// Keys are of one tenant each, as docs/rbac.md advises: a key of all tenants' tells who has taken it,
/// and a reference without the tenant finds the rows of others.
const TABLES: &str = concat!(
    "
    create table customers (
      org_id uuid not null, id int not null, name text not null,
      primary key (org_id, id), unique (org_id, name)
    );
    create table invoices (
      org_id uuid not null, id int not null, customer_id int,
      note text not null, total int not null check (total < 1000),
      primary key (org_id, id), foreign key (org_id, customer_id) references customers
    );
",
    include_str!("totals.sql"),
    "
    create function cheapest() returns setof invoices language sql stable as
      'select * from invoices order by total, org_id, id limit 3';
    grant select, insert, update, delete on customers, invoices to authenticated;
    grant select on totals to authenticated;
    select rbac.policy_organisation('customers', 'org_id', 'invoice'),
      rbac.policy_organisation('invoices', 'org_id', 'invoice');
"
);

/// All of ada in the first, to read in the second; the others are others'.
const ORGANISATIONS: [&str; 4] = [
    "00000000-0000-0000-0000-00000000000a",
    "00000000-0000-0000-0000-00000000000b",
    "00000000-0000-0000-0000-00000000000c",
    "00000000-0000-0000-0000-00000000000d",
];

/// Also those that would be estimates, of all rows.
const COUNTS: [&str; 4] = ["", "count=exact", "count=planned", "count=estimated"];

const BACK: &str = "return=representation, count=exact";

const MERGE: &str = "return=representation, resolution=merge-duplicates";

const IGNORE: &str = "return=representation, resolution=ignore-duplicates";

async fn world(own: u64, foreign: u64) -> (TestRbac, TestApp) {
    let app = TestRbac::with(TABLES).await;
    app.role("reader", &["invoice:read"]).await;
    app.role("all", &["invoice:*"]).await;
    let mut sql = String::new();
    for (index, org) in ORGANISATIONS.iter().enumerate() {
        let slug = char::from(b'a' + u8::try_from(index).expect("few"));
        sql += &format!(
            "insert into rbac.organisations (id, name, slug) values ('{org}', '{slug}', '{slug}');"
        );
        let mut rng = StdRng::seed_from_u64(if index < 2 { own } else { foreign } + index as u64);
        for id in 0..rng.random_range(3..30) {
            let (number, total) = (rng.random_range(0..100), rng.random_range(0..50));
            sql += &format!(
                "insert into customers values ('{org}', {number}, 'name {number}') on conflict do nothing;
                insert into invoices values ('{org}', {id}, {number}, 'note {number}', {total});"
            );
        }
    }
    sql += &format!(
        "insert into rbac.memberships select id, 'ada' from rbac.organisations where slug in ('a', 'b');
        insert into rbac.memberships select id, 'eve' from rbac.organisations where slug in ('c', 'd');
        insert into rbac.assignments (subject, role_id, organisation_id)
          select 'ada', id, '{}'::uuid from rbac.roles where name = 'all'
          union all select 'ada', id, '{}'::uuid from rbac.roles where name = 'reader'
          union all select 'eve', r.id, o.id from rbac.roles r, rbac.organisations o
          where r.name = 'all' and o.slug in ('c', 'd');
        analyze customers, invoices",
        ORGANISATIONS[0], ORGANISATIONS[1]
    );
    app.db.execute(&sql).await;
    let config = Config {
        aggregates_enabled: true,
        estimates_hidden_rows: false,
        ..Config::default()
    };
    let rest = Rest::connect(&app.db.url_as("authenticator"), config)
        .await
        .expect("the API");
    let rest = axum::Router::new().fallback_service(rest.router::<()>());
    (app, TestApp::new(identified(rest)))
}

struct Asked {
    method: Method,
    path: String,
    prefer: &'static str,
    body: Value,
}

fn request(rng: &mut StdRng) -> Asked {
    let org = ORGANISATIONS.choose(rng).expect("one");
    let (id, number) = (rng.random_range(0..30), rng.random_range(0..100));
    let filters = [
        format!("id=eq.{id}&order=org_id,id"),
        format!("org_id=eq.{org}&order=org_id,id"),
        format!("org_id=neq.{org}&order=org_id,id"),
        format!("total=gt.{number}&order=org_id,id"),
        format!("or=(org_id.eq.{org},note.like.note*)&order=org_id,id"),
        format!("note=eq.note {number}&order=org_id,id"),
        "order=total.desc,org_id,id".to_owned(),
    ];
    let filter = filters.choose(rng).expect("one");
    let reads = [
        format!("/invoices?{filter}"),
        format!("/invoices?select=note,customers(name)&{filter}"),
        format!("/invoices?select=note,customers!inner(name)&{filter}&limit=2&offset=1"),
        format!("/customers?select=name,invoices(count)&id=eq.{number}&order=org_id"),
        "/invoices?select=org_id,count(),total.sum()&order=org_id".to_owned(),
        "/customers?select=id.max(),count()".to_owned(),
        "/totals?order=org_id".to_owned(),
        "/rpc/cheapest".to_owned(),
    ];
    let read = Asked {
        method: if rng.random_ratio(1, 5) {
            Method::HEAD
        } else {
            Method::GET
        },
        path: reads.choose(rng).expect("one").clone(),
        prefer: COUNTS.choose(rng).expect("one"),
        body: Value::Null,
    };
    let invoice = json!({
        "org_id": org, "id": id, "customer_id": number, "note": "new",
        "total": if rng.random_ratio(1, 8) { 5000 } else { 1 },
    });
    let customer = json!({ "org_id": org, "id": number, "name": format!("name {id}") });
    let write = |method, path: String, prefer, body| Asked {
        method,
        path,
        prefer,
        body,
    };
    match rng.random_range(0..14) {
        0 => write(Method::POST, "/invoices".into(), BACK, invoice),
        1 => write(Method::POST, "/invoices".into(), MERGE, invoice),
        2 => write(Method::POST, "/invoices".into(), IGNORE, invoice),
        3 => write(Method::POST, "/customers".into(), BACK, customer),
        4 => write(
            Method::POST,
            "/customers?on_conflict=org_id,name".into(),
            MERGE,
            customer,
        ),
        5 => write(
            Method::PATCH,
            format!("/invoices?id=eq.{id}"),
            BACK,
            json!({ "customer_id": number }),
        ),
        6 => write(
            Method::PATCH,
            format!("/customers?id=eq.{number}"),
            BACK,
            json!({ "org_id": org }),
        ),
        7 => write(
            Method::DELETE,
            format!("/customers?id=eq.{number}"),
            BACK,
            Value::Null,
        ),
        _ => read,
    }
}

async fn send(app: &TestApp, asked: &Asked) -> TestResponse {
    let request = app.request(asked.method.clone(), &asked.path);
    let request = request
        .header("x-claims", r#"{"sub":"ada"}"#)
        .header("prefer", asked.prefer);
    match &asked.body {
        Value::Null => request.await,
        body => request.json(body).await,
    }
}

/// Everything of an answer. In which order rows were changed is PostgreSQL's business.
fn told(answer: &TestResponse) -> String {
    let headers = [
        "content-range",
        "location",
        "preference-applied",
        "content-type",
    ];
    let headers = headers.map(|name| format!("{name}: {:?}", answer.headers.get(name)));
    let body = match serde_json::from_slice(&answer.body) {
        Ok(Value::Array(rows)) => {
            let mut rows: Vec<String> = rows.iter().map(Value::to_string).collect();
            rows.sort_unstable();
            rows.join("\n")
        }
        _ => answer.text(),
    };
    format!("{}\n{}\n{body}", answer.status, headers.join("\n"))
}

#[tokio::test]
async fn the_rows_of_others_change_no_answer() {
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for own in 0..2 {
        let one = world(own * 1000, 17).await;
        let other = world(own * 1000, 91).await;
        let mut rng = StdRng::seed_from_u64(own);
        for round in 0..250 {
            let asked = request(&mut rng);
            let (here, there) = (send(&one.1, &asked).await, send(&other.1, &asked).await);
            assert_eq!(
                told(&here),
                told(&there),
                "world {own}, round {round}: {} {} {}",
                asked.method,
                asked.path,
                asked.body
            );
            *statuses.entry(here.status.as_u16()).or_default() += 1;
        }
    }
    // Each kind of answer was among them: rows, made, taken by a key, refused by a policy or a reference.
    for status in [200, 201, 403, 409] {
        assert!(
            statuses.get(&status).is_some_and(|count| *count > 5),
            "{statuses:?}"
        );
    }
}
