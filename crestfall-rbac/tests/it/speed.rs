//! What decisions cost. Prints; judges nothing. Run it alone and optimized:
//! `cargo test --release -p crestfall-rbac --test it speed:: -- --ignored --nocapture --test-threads 1`

use std::time::Instant;

use crestfall_rbac::{Permission, Place, Rbac};
use serde_json::json;
use sqlx::PgConnection;
use sqlx::postgres::PgPoolOptions;

use crate::service::{TestRbac, identity};

const ROWS: u32 = 1_000_000;

/// Tables alike but for their policy; the last has none.
const TABLES: [(&str, &str, &str); 5] = [
    ("asked", "", "(select rbac.is_authorized('invoice:read'))"),
    ("literal", "", "true"),
    (
        "member",
        "org_id = any (array(select unnest(rbac.organisations('invoice:read'))))",
        "",
    ),
    ("member_literal", "org_id = any ('{ORG}'::uuid[])", ""),
    ("naive", "", "rbac.is_authorized('invoice:read')"),
];

async fn time(db: &mut PgConnection, query: &str) -> f64 {
    let started = Instant::now();
    sqlx::raw_sql(sqlx::AssertSqlSafe(query.to_owned()))
        .execute(db)
        .await
        .expect("an answer");
    started.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The third measure: at most 1.2 times a literal condition on 1,000,000 rows.
#[tokio::test]
#[ignore = "measures"]
async fn a_policy_on_a_million_rows() {
    let app = TestRbac::new().await;
    let acme = app.organisation("acme", &["ada"]).await.to_string();
    app.role("clerk", &["invoice:read"]).await;
    app.assign("ada", "clerk", ("", "")).await;
    app.assign("bob", "clerk", ("", "invoice/1")).await;
    for (name, by_row, by_permission) in TABLES {
        let condition = format!("{by_row}{by_permission}").replace("{ORG}", &format!("{{{acme}}}"));
        let rows = if name == "naive" { ROWS / 100 } else { ROWS };
        app.db
            .execute(&format!(
                "create table {name} (id int primary key, org_id uuid, total int);
                insert into {name} select i, '{acme}', i % 1000 from generate_series(1, {rows}) i;
                alter table {name} enable row level security;
                create policy p on {name} using ({condition});
                grant select on {name} to authenticated"
            ))
            .await;
        app.db.execute(&format!("vacuum analyze {name}")).await;
    }
    let mut tx = app.tx("ada").await;
    sqlx::raw_sql("set local max_parallel_workers_per_gather = 0")
        .execute(&mut *tx)
        .await
        .expect("set");
    let scan = |table: &str| format!("select sum(total) from {table}");
    let one = |table: &str| {
        let rows = (0..200).map(|i| format!("select total from {table} where id = {}", 1 + i * 37));
        rows.collect::<Vec<_>>().join(";")
    };
    let mut ratios = [Vec::new(), Vec::new(), Vec::new()];
    let mut times: [Vec<f64>; 4] = Default::default();
    let mut single = [Vec::new(), Vec::new()];
    for round in 0..11 {
        // Each goes first as often as last.
        let mut tables: Vec<_> = ["asked", "literal", "member", "member_literal"]
            .into_iter()
            .zip(&mut times)
            .collect();
        if round % 2 == 1 {
            tables.reverse();
        }
        for (table, into) in tables {
            into.push(time(&mut tx, &scan(table)).await);
        }
        single[0].push(time(&mut tx, &one("asked")).await * 5.0);
        single[1].push(time(&mut tx, &one("literal")).await * 5.0);
    }
    for round in 0..11 {
        ratios[0].push(times[0][round] / times[1][round]);
        ratios[1].push(times[2][round] / times[3][round]);
        ratios[2].push(single[0][round] / single[1][round]);
    }
    let [asked, literal, member, member_literal] = times.map(median);
    let [by_permission, by_organisation, by_key] = ratios.map(median);
    println!(
        "scan of {ROWS} rows, is_authorized / literal: {asked:.1} / {literal:.1} ms, ratio {by_permission:.2}"
    );
    println!(
        "scan of {ROWS} rows, organisations / literal: {member:.1} / {member_literal:.1} ms, ratio {by_organisation:.2}"
    );
    let [asked, literal] = single.map(median);
    println!(
        "one row by key, is_authorized / literal: {asked:.0} / {literal:.0} µs, ratio {by_key:.2}"
    );
    let naive = time(&mut tx, &scan("naive")).await / f64::from(ROWS / 100) * 1e3;
    println!("for comparison, asked for each row: {naive:.1} µs a row");
}

/// The third measure: below a microsecond from memory.
#[tokio::test]
#[ignore = "measures"]
async fn a_decision() {
    const ROUNDS: u32 = 1_000_000;
    let app = TestRbac::new().await;
    let acme = app.organisation("acme", &["ada"]).await;
    app.role("clerk", &["invoice:read"]).await;
    app.assign("ada", "clerk", (&acme.to_string(), "")).await;
    let read: Permission = "invoice:read".parse().expect("a permission");
    let caller = identity(&json!({ "sub": "ada" }));
    let place = Place::organisation(acme);
    // As the server has it: a connection in steady use is not asked first whether it lives.
    let pool = PgPoolOptions::new().test_before_acquire(false);
    let pool = pool.connect(&app.db.url_as("authenticator")).await;
    let asking = Rbac::new(pool.expect("a pool"));
    let started = Instant::now();
    for _ in 0..2000 {
        let decided = asking.is_authorized(&caller, &read, &place).await;
        assert!(std::hint::black_box(decided).expect("a decision"));
    }
    let asked = started.elapsed().as_secs_f64() * 1e6 / 2000.0;
    println!("asked of the database: {asked:.1} µs");
    let end = app.follow().await;
    app.rbac.grants(&caller).await.expect("grants");
    let started = Instant::now();
    for _ in 0..ROUNDS {
        let decided = app.rbac.is_authorized(&caller, &read, &place).await;
        assert!(std::hint::black_box(decided).expect("a decision"));
    }
    let remembered = started.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS);
    println!("remembered: {remembered:.3} µs");
    end.cancel();
}
