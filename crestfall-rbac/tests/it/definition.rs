//! `rbac.toml` and the database: planned, applied, drifted.

use crestfall_rbac::{ApplyError, Definition, GrantAdminError, grant_administrator};
use sqlx::PgConnection;

use crate::service::TestRbac;

const FIRST: &str = r#"
    [permissions]
    "invoice:read" = "See invoices"
    "invoice:pay" = "Pay invoices"
    [roles.clerk]
    permissions = ["invoice:read"]
    [roles.accountant]
    description = "Looks after the money"
    parents = ["clerk"]
    permissions = ["invoice:*"]
    [roles.organisation-owner]
    permissions = ["invoice:*"]
"#;

async fn apply(db: &mut PgConnection, text: &str) -> String {
    let definition = Definition::parse(text).expect("a definition");
    let plan = definition.plan(db).await.expect("a plan");
    definition.apply(db, &plan).await.expect("applied");
    plan.to_string()
}

async fn plan(db: &mut PgConnection, text: &str) -> String {
    let definition = Definition::parse(text).expect("a definition");
    definition.plan(db).await.expect("a plan").to_string()
}

#[tokio::test]
async fn what_is_applied_is_there_and_applying_again_changes_nothing() {
    let app = TestRbac::new().await;
    let mut db = app.db.connect().await;
    let told = apply(&mut db, FIRST).await;
    assert!(told.contains("+ role accountant: what clerk has"), "{told}");
    assert_eq!(plan(&mut db, FIRST).await, "Nothing to change.\n");
    app.assign("ada", "accountant", ("", "")).await;
    for permission in ["invoice:read", "invoice:anything"] {
        let query = format!("select rbac.is_authorized('{permission}')");
        assert!(app.ask::<bool>("ada", &query).await, "{permission}");
    }
    // Less, and another parent.
    let second = FIRST
        .replace("parents = [\"clerk\"]", "")
        .replace("\"invoice:pay\" = \"Pay invoices\"", "");
    let second = second.replace("[roles.clerk]\n    permissions = [\"invoice:read\"]", "");
    let told = apply(&mut db, &second).await;
    assert_eq!(
        told,
        "  - role accountant: what clerk has\n  - role clerk\n  - permission invoice:pay\n"
    );
    assert_eq!(plan(&mut db, &second).await, "Nothing to change.\n");
}

#[tokio::test]
async fn drift_is_told_and_taken_back() {
    let app = TestRbac::new().await;
    let mut db = app.db.connect().await;
    apply(&mut db, FIRST).await;
    app.assign("root", "administrator", ("", "")).await;
    app.run("root", "insert into rbac.roles (name) values ('by-hand')")
        .await
        .expect("a role");
    let give = "insert into rbac.role_permissions select id, 'invoice:pay' from rbac.roles where name = 'clerk'";
    app.run("root", give).await.expect("given");
    let told = plan(&mut db, FIRST).await;
    assert_eq!(
        told,
        "Changed in the database since the last apply:\n  invoice:pay was given to role clerk\n\
         Made otherwise and left alone: by-hand\n  - role clerk: invoice:pay\n"
    );
    apply(&mut db, FIRST).await;
    assert_eq!(
        plan(&mut db, FIRST).await,
        "Made otherwise and left alone: by-hand\nNothing to change.\n"
    );
}

#[tokio::test]
async fn a_plan_that_is_no_longer_true_is_not_applied() {
    let app = TestRbac::new().await;
    let mut db = app.db.connect().await;
    let definition = Definition::parse(FIRST).expect("a definition");
    let shown = definition.plan(&mut db).await.expect("a plan");
    app.db
        .execute("insert into rbac.roles (name) values ('clerk')")
        .await;
    let refused = definition.apply(&mut db, &shown).await;
    assert!(
        matches!(refused, Err(ApplyError::Changed(_))),
        "{refused:?}"
    );
    let roles: i64 = sqlx::query_scalar("select count(*) from rbac.roles where managed")
        .fetch_one(&mut db)
        .await
        .expect("a count");
    assert_eq!(roles, 0);
    // What was there is taken over.
    let told = apply(&mut db, FIRST).await;
    assert!(told.contains("~ role clerk"), "{told}");
}

#[tokio::test]
async fn who_may_only_log_in_applies_nothing() {
    let app = TestRbac::new().await;
    let mut db = app.db.connect_as("authenticator").await;
    let definition = Definition::parse(FIRST).expect("a definition");
    assert!(definition.plan(&mut db).await.is_err());
    assert!(grant_administrator(&mut db, "ada").await.is_err());
}

#[tokio::test]
async fn the_first_administrator_is_named_by_id_or_address() {
    let app = TestRbac::new().await;
    let mut db = app.db.connect().await;
    let none = grant_administrator(&mut db, "ada@example.org").await;
    assert!(matches!(none, Err(GrantAdminError::NoUsers)), "{none:?}");
    let granted = grant_administrator(&mut db, "ada").await.expect("granted");
    assert_eq!(granted, ("ada".to_owned(), true));
    let again = grant_administrator(&mut db, "ada").await.expect("granted");
    assert_eq!(again, ("ada".to_owned(), false));
    assert!(
        app.ask::<bool>("ada", "select rbac.is_authorized('anything:at-all')")
            .await
    );
    app.db
        .execute(
            "create schema auth;
            create table auth.users (id uuid primary key, email text, deleted_at timestamptz);
            insert into auth.users values ('00000000-0000-0000-0000-000000000001', 'Bob@Example.org', null),
              ('00000000-0000-0000-0000-000000000002', 'bob@example.org', now())",
        )
        .await;
    let granted = grant_administrator(&mut db, "bob@example.org")
        .await
        .expect("granted");
    assert_eq!(granted.0, "00000000-0000-0000-0000-000000000001");
    let unknown = grant_administrator(&mut db, "eve@example.org").await;
    assert!(
        matches!(unknown, Err(GrantAdminError::Address(_, 0))),
        "{unknown:?}"
    );
}
