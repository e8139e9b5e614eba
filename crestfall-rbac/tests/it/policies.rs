//! Policies that ask once a query, and the templates that write them.

use crate::service::TestRbac;

/// A table of two organisations, and its plan for a member of one.
const INVOICES: &str = "
    create table invoices (
      id int primary key, org_id uuid not null, owner uuid, note text, total int not null
    );
    create index on invoices (org_id);
    create index on invoices (owner);
    grant select, insert, update, delete on invoices to authenticated, anon;
";

async fn plan(app: &TestRbac, subject: &str, query: &str) -> String {
    let mut tx = app.tx(subject).await;
    let lines: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "explain (verbose, costs off) {query}"
    )))
    .fetch_all(&mut *tx)
    .await
    .expect("a plan");
    lines.join("\n")
}

/// No function is called in a filter, an index condition or a join: what is called, is called in an
/// InitPlan, once.
fn assert_asks_once(plan: &str) {
    assert!(plan.contains("InitPlan"), "{plan}");
    for line in plan.lines() {
        let is_condition = ["Filter:", "Index Cond:", "Recheck Cond:", "Join Filter:"]
            .iter()
            .any(|kind| line.trim_start().starts_with(kind));
        assert!(!(is_condition && line.contains("rbac.")), "{plan}");
    }
}

async fn with_rows(app: &TestRbac) -> (String, String) {
    let acme = app.organisation("acme", &["ada"]).await.to_string();
    let other = app.organisation("other", &["bob"]).await.to_string();
    app.role("clerk", &["invoice:read", "invoice:create"]).await;
    app.assign("ada", "clerk", (&acme, "")).await;
    app.assign("bob", "clerk", (&other, "")).await;
    app.db
        .execute(&format!(
            "insert into invoices select i, case when i % 100 = 0 then '{acme}'::uuid else '{other}' end,
              null, null, i from generate_series(1, 20000) i;
            analyze invoices"
        ))
        .await;
    (acme, other)
}

#[tokio::test]
async fn a_policy_of_organisations_asks_once_and_uses_the_index() {
    let app = TestRbac::with(INVOICES).await;
    app.db
        .execute("select rbac.policy_organisation('invoices', 'org_id', 'invoice')")
        .await;
    with_rows(&app).await;
    for query in [
        "select * from invoices",
        "select count(*) from invoices where total > 5",
        "select * from invoices where id = 7",
        "select a.id from invoices a join invoices b using (id)",
        "update invoices set total = 1",
        "delete from invoices where total = 3",
    ] {
        assert_asks_once(&plan(&app, "ada", query).await);
    }
    let all = plan(&app, "ada", "select * from invoices").await;
    assert!(all.contains("invoices_org_id_idx"), "{all}");
    let count: i64 = app.ask("ada", "select count(*) from invoices").await;
    assert_eq!(count, 200);
}

#[tokio::test]
async fn a_policy_by_permission_asks_once_and_not_at_all_for_each_row() {
    let app = TestRbac::with(INVOICES).await;
    with_rows(&app).await;
    app.db
        .execute(
            "alter table invoices enable row level security;
            create policy p on invoices for select using ((select rbac.is_authorized('invoice:read')))",
        )
        .await;
    let plan = plan(&app, "ada", "select * from invoices where total > 5").await;
    assert_asks_once(&plan);
    // PostgreSQL 17 and later tell the answer of the one question by its plan's name.
    let once = [
        "One-Time Filter",
        "Filter: ($0",
        "Filter: ((InitPlan 1).col1",
    ];
    assert!(once.iter().any(|words| plan.contains(words)), "{plan}");
    let hidden: i64 = app.ask("ada", "select count(*) from invoices").await;
    app.assign("ada", "clerk", ("", "")).await;
    let seen: i64 = app.ask("ada", "select count(*) from invoices").await;
    assert_eq!((hidden, seen), (0, 20000));
}

#[tokio::test]
async fn actions_of_an_organisation_are_permitted_one_by_one() {
    let app = TestRbac::with(INVOICES).await;
    app.db
        .execute("select rbac.policy_organisation('invoices', 'org_id', 'invoice')")
        .await;
    let (acme, other) = with_rows(&app).await;
    let insert =
        |id: i32, org: &str| format!("insert into invoices values ({id}, '{org}', null, null, 1)");
    assert_eq!(app.run("ada", &insert(-1, &acme)).await, Ok(1));
    assert_eq!(
        app.run("ada", &insert(-2, &other)).await,
        Err("42501".to_owned())
    );
    assert_eq!(app.run("ada", "update invoices set total = 0").await, Ok(0));
    assert_eq!(app.run("ada", "delete from invoices").await, Ok(0));
    app.role("editor", &["invoice:update", "invoice:delete"])
        .await;
    app.assign("ada", "editor", (&acme, "")).await;
    assert_eq!(
        app.run("ada", "update invoices set total = 0").await,
        Ok(201)
    );
    // A row cannot be moved to where one has nothing to say.
    let moved = format!("update invoices set org_id = '{other}' where id = 100");
    assert_eq!(app.run("ada", &moved).await, Err("42501".to_owned()));
    assert_eq!(app.run("ada", "delete from invoices").await, Ok(201));
    assert_eq!(app.run("nobody", "delete from invoices").await, Ok(0));
}

#[tokio::test]
async fn every_member_does_everything_where_no_resource_is_named() {
    let app = TestRbac::with(INVOICES).await;
    app.db
        .execute("select rbac.policy_organisation('invoices', 'org_id')")
        .await;
    let (acme, _) = with_rows(&app).await;
    app.db.execute("delete from rbac.assignments").await;
    assert_eq!(
        app.run("ada", "update invoices set total = 0").await,
        Ok(200)
    );
    app.db
        .execute(&format!(
            "delete from rbac.memberships where organisation_id = '{acme}'"
        ))
        .await;
    assert_eq!(app.run("ada", "update invoices set total = 0").await, Ok(0));
}

#[tokio::test]
async fn a_row_is_its_owners_only() {
    let app = TestRbac::with(INVOICES).await;
    app.db
        .execute("select rbac.policy_owner_only('invoices', 'owner')")
        .await;
    let (ada, bob) = (
        uuid::Uuid::from_u128(1).to_string(),
        uuid::Uuid::from_u128(2).to_string(),
    );
    let insert = |id: i32, owner: &str| {
        format!("insert into invoices values ({id}, '{ada}', '{owner}', null, 1)")
    };
    assert_eq!(app.run(&ada, &insert(1, &ada)).await, Ok(1));
    assert_eq!(
        app.run(&ada, &insert(2, &bob)).await,
        Err("42501".to_owned())
    );
    assert_eq!(app.run(&bob, &insert(2, &bob)).await, Ok(1));
    for subject in [&ada, &bob] {
        assert_eq!(
            app.ask::<i64>(subject, "select count(*) from invoices")
                .await,
            1
        );
    }
    // Who has no uuid owns nothing, and is not an error.
    assert_eq!(
        app.ask::<i64>("carl", "select count(*) from invoices")
            .await,
        0
    );
    assert_asks_once(&plan(&app, &ada, "select * from invoices").await);
}

#[tokio::test]
async fn templates_may_be_repeated_and_refuse_what_makes_no_sense() {
    let app = TestRbac::with(INVOICES).await;
    for _ in 0..2 {
        app.db
            .execute(
                "select rbac.policy_owner_only('invoices', 'owner'),
                  rbac.policy_organisation('invoices', 'org_id', 'invoice'),
                  rbac.policy_public_read('invoices')",
            )
            .await;
    }
    let policies: i64 = {
        let mut db = app.db.connect().await;
        let query = "select count(*) from pg_policies where tablename = 'invoices'";
        sqlx::query_scalar(query)
            .fetch_one(&mut db)
            .await
            .expect("a count")
    };
    assert_eq!(policies, 6);
    let mut db = app.db.connect().await;
    for (call, code) in [
        ("rbac.policy_owner_only('invoices', 'total')", "42804"),
        ("rbac.policy_owner_only('invoices', 'nothing')", "42703"),
        ("rbac.policy_organisation('invoices', 'note')", "42804"),
        (
            "rbac.policy_organisation('invoices', 'org_id', 'In voice')",
            "22023",
        ),
    ] {
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(format!("select {call}")))
            .execute(&mut db)
            .await;
        assert_eq!(
            refused.map(drop).map_err(crate::service::state),
            Err(code.to_owned()),
            "{call}"
        );
    }
    // Who does not own the table cannot open it.
    let by_another = app
        .run("ada", "select rbac.policy_public_read('invoices')")
        .await;
    assert_eq!(by_another, Err("42501".to_owned()));
}

#[tokio::test]
async fn everybody_reads_what_is_public_and_writes_nothing() {
    let app = TestRbac::with(INVOICES).await;
    app.db
        .execute(
            "select rbac.policy_public_read('invoices');
            insert into invoices values (1, gen_random_uuid(), null, null, 1)",
        )
        .await;
    let mut tx = app.tx_as(&crestfall_core::Identity::default()).await;
    let rows: i64 = sqlx::query_scalar("select count(*) from invoices")
        .fetch_one(&mut *tx)
        .await
        .expect("a count");
    assert_eq!(rows, 1);
    assert_eq!(app.run("ada", "update invoices set total = 0").await, Ok(0));
}

/// D6 and D32: no token has to expire first.
#[tokio::test]
async fn a_change_counts_from_the_next_statement_on() {
    let app = TestRbac::with(INVOICES).await;
    app.db
        .execute("select rbac.policy_organisation('invoices', 'org_id', 'invoice')")
        .await;
    with_rows(&app).await;
    let mut tx = app.tx("ada").await;
    let count = "select count(*) from invoices";
    let before: i64 = sqlx::query_scalar(count)
        .fetch_one(&mut *tx)
        .await
        .expect("a count");
    app.db
        .execute("delete from rbac.assignments where subject = 'ada'")
        .await;
    // In the same transaction, even.
    let after: i64 = sqlx::query_scalar(count)
        .fetch_one(&mut *tx)
        .await
        .expect("a count");
    assert_eq!((before, after), (200, 0));
}
