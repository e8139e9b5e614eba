//! The last administrator stays, by whatever way they would go.

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::service::{TestRbac, identity, state};

/// What is refused.
fn last() -> Result<u64, String> {
    Err("23001".to_owned())
}

/// As who may change everything but is no superuser: the owner of the tables.
async fn owner(app: &TestRbac) -> PgConnection {
    let mut db = app.db.connect().await;
    run(&mut db, "set role crestfall_rbac")
        .await
        .expect("the owner");
    db
}

async fn run(db: &mut PgConnection, sql: &str) -> Result<u64, String> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(db)
        .await;
    done.map(|done| done.rows_affected()).map_err(state)
}

fn resign(subject: &str) -> String {
    format!("delete from rbac.assignments where subject = '{subject}'")
}

#[tokio::test]
async fn the_last_administrator_cannot_resign_and_the_last_but_one_can() {
    let app = TestRbac::new().await;
    app.assign("ada", "administrator", ("", "")).await;
    assert_eq!(app.run("ada", &resign("ada")).await, last());
    app.assign("bob", "administrator", ("", "")).await;
    assert_eq!(app.run("bob", &resign("ada")).await, Ok(1));
    assert_eq!(app.run("bob", &resign("bob")).await, last());
    // The service role passes by policies, not by this.
    let mut tx = app
        .tx_as(&identity(&json!({ "role": "service_role" })))
        .await;
    let done = sqlx::raw_sql("delete from rbac.assignments")
        .execute(&mut *tx)
        .await;
    assert_eq!(done.map(|_| 0).map_err(state), last());
}

#[tokio::test]
async fn who_is_administrator_for_a_while_or_somewhere_does_not_count() {
    let app = TestRbac::new().await;
    let acme = app.organisation("acme", &["cyd"]).await.to_string();
    app.assign("ada", "administrator", ("", "")).await;
    app.assign("bob", "administrator", ("", "")).await;
    app.assign("cyd", "administrator", (&acme, "")).await;
    app.assign("dan", "administrator", ("", "invoice/1")).await;
    let end = "update rbac.assignments set expires_at = now() + interval '1 year' where subject =";
    let mut db = owner(&app).await;
    assert_eq!(run(&mut db, &format!("{end} 'bob'")).await, Ok(1));
    assert_eq!(app.run("ada", &resign("ada")).await, last());
    assert_eq!(run(&mut db, &format!("{end} 'ada'")).await, last());
    // Those may go whenever they like.
    for subject in ["bob", "cyd", "dan"] {
        assert_eq!(app.run(subject, &resign(subject)).await, Ok(1), "{subject}");
    }
}

#[tokio::test]
async fn the_role_of_the_last_administrator_keeps_what_makes_them_one() {
    let app = TestRbac::new().await;
    // ada is administrator by a role that inherits it, two steps away.
    for name in ["middle", "boss"] {
        app.role(name, &[]).await;
    }
    let inherit = |child: &str, parent: &str| {
        format!(
            "insert into rbac.role_parents select c.id, p.id from rbac.roles c, rbac.roles p
            where c.name = '{child}' and p.name = '{parent}'"
        )
    };
    app.db.execute(&inherit("middle", "administrator")).await;
    app.db.execute(&inherit("boss", "middle")).await;
    app.assign("ada", "boss", ("", "")).await;
    let ways = [
        resign("ada"),
        "delete from rbac.roles where name = 'boss'".to_owned(),
        "delete from rbac.roles where name = 'middle'".to_owned(),
        "delete from rbac.roles where name in ('middle', 'boss')".to_owned(),
        "delete from rbac.role_parents".to_owned(),
        "delete from rbac.role_permissions where permission = '*:*'".to_owned(),
        "delete from rbac.role_permissions".to_owned(),
        "update rbac.role_permissions set permission = 'rbac.role:read' where permission = '*:*'"
            .to_owned(),
        "update rbac.assignments set organisation_id = null, resource = 'invoice/1'".to_owned(),
        "update rbac.assignments set role_id = (select id from rbac.roles where name = 'organisation-member')"
            .to_owned(),
        "truncate rbac.assignments".to_owned(),
        "truncate rbac.role_permissions, rbac.role_grants".to_owned(),
        "truncate rbac.role_parents".to_owned(),
    ];
    let mut db = owner(&app).await;
    for way in &ways {
        assert_eq!(run(&mut db, way).await, last(), "{way}");
    }
    assert!(
        app.ask::<bool>("ada", "select rbac.is_authorized('*:*')")
            .await
    );
    // Somebody else is; then each is possible.
    app.assign("bob", "administrator", ("", "")).await;
    for way in &ways[..4] {
        run(&mut db, "begin").await.expect("begun");
        assert!(run(&mut db, way).await.is_ok(), "{way}");
        run(&mut db, "rollback").await.expect("rolled back");
    }
    assert_eq!(run(&mut db, &ways[3]).await, Ok(2));
    let left: i64 = app
        .ask(
            "bob",
            "select count(*) from rbac.assignments where subject = 'ada'",
        )
        .await;
    assert_eq!(left, 0);
}

#[tokio::test]
async fn changes_that_have_nothing_to_do_with_it_go_through_without_an_administrator() {
    let app = TestRbac::new().await;
    app.role("clerk", &["invoice:read"]).await;
    app.assign("ada", "clerk", ("", "")).await;
    let mut db = owner(&app).await;
    for way in [
        resign("ada"),
        "delete from rbac.role_permissions where permission = 'invoice:read'".to_owned(),
        "delete from rbac.roles where name = 'clerk'".to_owned(),
        // Nobody has it.
        "delete from rbac.role_permissions where permission = '*:*'".to_owned(),
    ] {
        assert_eq!(run(&mut db, &way).await, Ok(1), "{way}");
    }
}

/// Either of two may resign, not both, whenever they do it and whatever their transactions see.
#[tokio::test]
async fn of_two_who_resign_at_once_one_stays() {
    let app = TestRbac::new().await;
    for isolation in ["read committed", "repeatable read", "serializable"] {
        for round in 0..6 {
            app.db.execute("delete from rbac.assignments").await;
            app.assign("ada", "administrator", ("", "")).await;
            app.assign("bob", "administrator", ("", "")).await;
            let leave = async |subject: &str, waits: bool| -> Result<(), String> {
                let mut db = owner(&app).await;
                let mut tx = db.begin().await.map_err(state)?;
                run(
                    &mut tx,
                    &format!("set transaction isolation level {isolation}"),
                )
                .await?;
                // The snapshot is from before the other one went.
                run(&mut tx, "select from rbac.assignments").await?;
                if waits {
                    tokio::time::sleep(std::time::Duration::from_millis(round)).await;
                }
                run(&mut tx, &resign(subject)).await?;
                tokio::time::sleep(std::time::Duration::from_millis(3)).await;
                tx.commit().await.map_err(state)
            };
            let (one, other) = tokio::join!(leave("ada", false), leave("bob", true));
            let mut db = app.db.connect().await;
            let left: i64 = sqlx::query_scalar("select count(*) from rbac.assignments")
                .fetch_one(&mut db)
                .await
                .expect("a count");
            assert_eq!(left, 1, "{isolation}, round {round}: {one:?} {other:?}");
            assert!(
                one.is_ok() != other.is_ok(),
                "{isolation}: {one:?} {other:?}"
            );
        }
    }
}

/// One loses the assignment, the other the role that makes them administrator.
#[tokio::test]
async fn of_two_who_go_by_different_ways_one_stays() {
    let app = TestRbac::new().await;
    app.role("root", &["*:*"]).await;
    for round in 0..10 {
        app.db
            .execute(
                "delete from rbac.assignments;
                insert into rbac.role_permissions select id, '*:*' from rbac.roles where name = 'root'
                on conflict do nothing",
            )
            .await;
        app.assign("ada", "administrator", ("", "")).await;
        app.assign("bob", "root", ("", "")).await;
        let act = async |sql: &str| -> Result<(), String> {
            let mut db = owner(&app).await;
            let mut tx = db.begin().await.map_err(state)?;
            run(&mut tx, sql).await?;
            tokio::time::sleep(std::time::Duration::from_millis(round)).await;
            tx.commit().await.map_err(state)
        };
        let take = "delete from rbac.role_permissions r using rbac.roles o
            where o.id = r.role_id and o.name = 'root'";
        let leave = resign("ada");
        let (one, other) = tokio::join!(act(&leave), act(take));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    }
}

#[tokio::test]
async fn a_superuser_may_do_it_all_the_same_but_not_as_somebody_else() {
    let app = TestRbac::new().await;
    app.assign("ada", "administrator", ("", "")).await;
    let mut db = app.db.connect().await;
    run(&mut db, "set role service_role").await.expect("a role");
    assert_eq!(run(&mut db, &resign("ada")).await, last());
    run(&mut db, "reset role").await.expect("nobody else");
    assert_eq!(run(&mut db, &resign("ada")).await, Ok(1));
}

#[tokio::test]
async fn who_may_not_resign_is_told_why() {
    let service = TestRbac::new().await;
    service.assign("ada", "administrator", ("", "")).await;
    let app = service.app();
    let claims = json!({ "sub": "ada" }).to_string();
    let held = app.get("/assignments").header("x-claims", &claims).await;
    let id = held.json()["items"][0]["id"].clone();
    let path = format!("/assignments/{}", id.as_str().unwrap_or_default());
    let answer = app
        .request(http::Method::DELETE, &path)
        .header("x-claims", &claims)
        .await;
    assert_eq!(answer.status, 409);
    let said = answer.json();
    let said = said["message"].as_str().unwrap_or_default();
    assert!(said.contains("appoint another first"), "{said}");
}
