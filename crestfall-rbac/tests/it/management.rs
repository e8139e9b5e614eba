//! Managing authorization needs authorization, and gives nobody more than who manages has.

use uuid::Uuid;

use crate::service::TestRbac;

const DENIED: &str = "42501";

fn assignment(subject: &str, role: &str, more: &str) -> String {
    format!(
        "insert into rbac.assignments (subject, role_id{}) select '{subject}', id{} from rbac.roles
        where name = '{role}'",
        more.split('=')
            .next()
            .filter(|name| !name.is_empty())
            .map(|name| format!(", {name}"))
            .unwrap_or_default(),
        more.split_once('=')
            .map(|(_, value)| format!(", '{value}'"))
            .unwrap_or_default(),
    )
}

fn denied() -> Result<u64, String> {
    Err(DENIED.to_owned())
}

#[tokio::test]
async fn nobody_gives_what_they_do_not_have() {
    let app = TestRbac::new().await;
    app.role("reader", &["invoice:read"]).await;
    app.role("writer", &["invoice:read", "invoice:write"]).await;
    app.role(
        "manager",
        &["rbac.assignment:write", "rbac.role:*", "invoice:read"],
    )
    .await;
    app.assign("ada", "manager", ("", "")).await;
    assert_eq!(
        app.run("ada", &assignment("bob", "reader", "")).await,
        Ok(1)
    );
    assert_eq!(
        app.run("ada", &assignment("bob", "writer", "")).await,
        denied()
    );
    assert_eq!(
        app.run("ada", &assignment("bob", "administrator", ""))
            .await,
        denied()
    );
    // Nor by way of a role of their own.
    assert_eq!(
        app.run("ada", "insert into rbac.roles (name) values ('mine')")
            .await,
        Ok(1)
    );
    let give = |permission: &str| {
        format!(
            "insert into rbac.role_permissions select id, '{permission}' from rbac.roles where name = 'mine'"
        )
    };
    assert_eq!(app.run("ada", &give("invoice:read")).await, Ok(1));
    assert_eq!(app.run("ada", &give("invoice:write")).await, denied());
    assert_eq!(app.run("ada", &give("*:*")).await, denied());
    let inherit = "insert into rbac.role_parents
        select mine.id, writer.id from rbac.roles mine, rbac.roles writer
        where mine.name = 'mine' and writer.name = 'writer'";
    assert_eq!(app.run("ada", inherit).await, denied());
    // Nor by widening a role that they have.
    let widen = "insert into rbac.role_permissions select id, 'invoice:write' from rbac.roles where name = 'manager'";
    assert_eq!(app.run("ada", widen).await, denied());
    // Without the permission to manage, having is not enough.
    let cyd = assignment("cyd", "reader", "");
    assert_eq!(app.run("bob", &cyd).await, denied());
    let by_id: Uuid = app
        .ask("ada", "select id from rbac.roles where name = 'reader'")
        .await;
    let blind =
        format!("insert into rbac.assignments (subject, role_id) values ('cyd', '{by_id}')");
    assert_eq!(app.run("eve", &blind).await, denied());
}

#[tokio::test]
async fn nobody_gives_anything_to_themselves_or_for_longer_or_wider_than_they_have_it() {
    let app = TestRbac::new().await;
    app.role("reader", &["invoice:read"]).await;
    app.role(
        "manager",
        &["rbac.assignment:write", "rbac.role:read", "invoice:read"],
    )
    .await;
    let acme = app.organisation("acme", &["ada", "bob"]).await.to_string();
    let other = app.organisation("other", &["ada", "bob"]).await.to_string();
    app.assign("ada", "manager", (&acme, "")).await;
    app.db
        .execute(
            "update rbac.assignments set expires_at = now() + interval '1 hour' where subject = 'ada'",
        )
        .await;
    let within = |subject: &str, organisation: &str, until: &str| {
        format!(
            "insert into rbac.assignments (subject, role_id, organisation_id, expires_at)
            select '{subject}', id, '{organisation}', {until} from rbac.roles where name = 'reader'"
        )
    };
    let soon = "now() + interval '10 minutes'";
    assert_eq!(
        app.run("ada", &within("bob", &acme, "null")).await,
        denied(),
        "for ever"
    );
    assert_eq!(
        app.run("ada", &within("bob", &acme, "now() + interval '2 hours'"))
            .await,
        denied()
    );
    assert_eq!(
        app.run("ada", &within("bob", &other, soon)).await,
        denied(),
        "elsewhere"
    );
    assert_eq!(
        app.run("ada", &assignment("bob", "reader", "")).await,
        denied(),
        "everywhere"
    );
    assert_eq!(
        app.run("ada", &assignment("bob", "reader", "resource=invoice/1"))
            .await,
        denied()
    );
    assert_eq!(
        app.run("ada", &within("ada", &acme, soon)).await,
        denied(),
        "to herself"
    );
    assert_eq!(app.run("ada", &within("bob", &acme, soon)).await, Ok(1));
    // Who granted it is not hers to say.
    let by: String = app
        .ask("bob", "select granted_by from rbac.assignments")
        .await;
    assert_eq!(by, "ada");
    let forged = "insert into rbac.assignments (subject, role_id, granted_by) values ('cyd', gen_random_uuid(), 'root')";
    assert_eq!(app.run("ada", forged).await, denied());
}

#[tokio::test]
async fn who_has_a_resource_may_share_it_and_nothing_else() {
    let app = TestRbac::new().await;
    app.role(
        "document-owner",
        &["document:*", "rbac.assignment:*", "rbac.role:read"],
    )
    .await;
    app.role("document-reader", &["document:read"]).await;
    app.assign("ada", "document-owner", ("", "document/1"))
        .await;
    assert_eq!(
        app.run(
            "ada",
            &assignment("bob", "document-reader", "resource=document/1")
        )
        .await,
        Ok(1)
    );
    assert_eq!(
        app.run(
            "ada",
            &assignment("bob", "document-reader", "resource=document/2")
        )
        .await,
        denied()
    );
    assert_eq!(
        app.run("ada", &assignment("bob", "document-reader", ""))
            .await,
        denied()
    );
    assert!(
        app.ask::<bool>(
            "bob",
            "select rbac.is_authorized('document:read', 'document/1')"
        )
        .await
    );
    assert!(
        !app.ask::<bool>(
            "bob",
            "select rbac.is_authorized('document:write', 'document/1')"
        )
        .await
    );
    // She sees with whom, and takes it back.
    assert_eq!(
        app.ask::<i64>("ada", "select count(*) from rbac.assignments")
            .await,
        2
    );
    assert_eq!(
        app.run("ada", "delete from rbac.assignments where subject = 'bob'")
            .await,
        Ok(1)
    );
}

#[tokio::test]
async fn a_role_that_may_do_nothing_is_given_by_administrators_only() {
    let app = TestRbac::new().await;
    app.role("beta-tester", &[]).await;
    app.role("manager", &["rbac.assignment:write", "rbac.role:*"])
        .await;
    app.assign("ada", "manager", ("", "")).await;
    app.assign("root", "administrator", ("", "")).await;
    // The application asks for it by name: it is worth something.
    assert_eq!(
        app.run("ada", &assignment("bob", "beta-tester", "")).await,
        denied()
    );
    app.run("ada", "insert into rbac.roles (name) values ('mine')")
        .await
        .expect("a role");
    let by_parent = "insert into rbac.role_parents select mine.id, beta.id
        from rbac.roles mine, rbac.roles beta where mine.name = 'mine' and beta.name = 'beta-tester'";
    assert_eq!(app.run("ada", by_parent).await, denied());
    assert_eq!(
        app.run("root", &assignment("bob", "beta-tester", "")).await,
        Ok(1)
    );
    assert!(
        app.ask::<bool>("bob", "select rbac.has_role('beta-tester')")
            .await
    );
}

#[tokio::test]
async fn what_one_may_not_give_one_may_not_take() {
    let app = TestRbac::new().await;
    app.role(
        "manager",
        &["rbac.assignment:*", "rbac.role:*", "rbac.member:*"],
    )
    .await;
    let acme = app.organisation("acme", &["ada", "bob"]).await.to_string();
    app.assign("root", "administrator", ("", "")).await;
    app.assign("ada", "manager", ("", "")).await;
    app.assign("bob", "organisation-owner", (&acme, "")).await;
    assert_eq!(
        app.run("ada", "delete from rbac.assignments where subject = 'root'")
            .await,
        Ok(0)
    );
    let widest = "delete from rbac.role_permissions where permission = '*:*'";
    assert_eq!(app.run("ada", widest).await, Ok(0));
    assert_eq!(
        app.run("ada", "delete from rbac.memberships where subject = 'bob'")
            .await,
        Ok(0)
    );
    assert_eq!(
        app.run("ada", "delete from rbac.roles where name = 'administrator'")
            .await,
        Ok(0)
    );
    // Not even by who has everything: the schema needs it.
    let built_in = app
        .run(
            "root",
            "delete from rbac.roles where name = 'administrator'",
        )
        .await;
    assert_eq!(built_in, Err("23514".to_owned()));
    assert_eq!(
        app.run("root", "delete from rbac.memberships where subject = 'bob'")
            .await,
        Ok(1)
    );
    // Everybody may leave.
    assert_eq!(
        app.run("ada", "delete from rbac.memberships where subject = 'ada'")
            .await,
        Ok(1)
    );
}

#[tokio::test]
async fn who_leaves_an_organisation_leaves_what_they_may_do_there() {
    let app = TestRbac::new().await;
    let acme = app.organisation("acme", &["ada"]).await.to_string();
    app.assign("ada", "organisation-owner", (&acme, "")).await;
    app.run(
        "ada",
        &format!("select rbac.set_active_organisation('{acme}')"),
    )
    .await
    .expect("active");
    app.run("ada", "delete from rbac.memberships")
        .await
        .expect("left");
    let count = "select (select count(*) from rbac.assignments) + (select count(*) from rbac.active_organisations)";
    let mut db = app.db.connect().await;
    let left: i64 = sqlx::query_scalar(count)
        .fetch_one(&mut db)
        .await
        .expect("a count");
    assert_eq!(left, 0);
    // And cannot be given anything there as a stranger.
    let stranger = format!(
        "insert into rbac.assignments (subject, role_id, organisation_id)
        select 'ada', id, '{acme}' from rbac.roles where name = 'organisation-member'"
    );
    let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(stranger))
        .execute(&mut db)
        .await;
    assert_eq!(
        refused.map(drop).map_err(crate::service::state),
        Err("23503".to_owned())
    );
}

#[tokio::test]
async fn organisations_are_founded_by_permission_and_seen_by_members() {
    let app = TestRbac::new().await;
    let found = "select rbac.create_organisation('Acme & Söhne')";
    assert_eq!(app.run("ada", found).await, denied());
    app.role("founder", &["rbac.organisation:create"]).await;
    app.assign("*", "founder", ("", "")).await;
    app.run("ada", found).await.expect("founded");
    app.run("ada", found)
        .await
        .expect("another of the same name");
    let slugs: Vec<String> = app
        .ask(
            "ada",
            "select array_agg(slug order by slug) from rbac.organisations",
        )
        .await;
    assert_eq!(slugs[0], "acme-s-hne");
    assert_eq!(
        app.ask::<i64>("bob", "select count(*) from rbac.organisations")
            .await,
        0
    );
    assert_eq!(
        app.ask::<i64>("bob", "select count(*) from rbac.memberships")
            .await,
        0
    );
    assert_eq!(
        app.ask::<i64>("bob", "select count(*) from rbac.assignments")
            .await,
        1,
        "that of all"
    );
    assert_eq!(
        app.run("bob", "update rbac.organisations set name = 'mine'")
            .await,
        Ok(0)
    );
    assert_eq!(
        app.run("ada", "update rbac.organisations set name = 'Acme'")
            .await,
        Ok(2)
    );
    assert_eq!(
        app.run(
            "ada",
            "update rbac.organisations set id = gen_random_uuid()"
        )
        .await,
        denied()
    );
}

#[tokio::test]
async fn tenants_make_roles_of_their_own_and_for_themselves_only() {
    let app = TestRbac::new().await;
    let acme = app.organisation("acme", &["ada", "bob"]).await;
    let other = app.organisation("other", &["cyd"]).await;
    app.role("invoicing", &["invoice:*"]).await;
    for (subject, place) in [("ada", acme), ("cyd", other)] {
        app.assign(subject, "organisation-owner", (&place.to_string(), ""))
            .await;
        app.assign(subject, "invoicing", (&place.to_string(), ""))
            .await;
    }
    let make = |place: Uuid| {
        format!("insert into rbac.roles (name, organisation_id) values ('clerk', '{place}')")
    };
    assert_eq!(app.run("ada", &make(other)).await, denied());
    assert_eq!(
        app.run("ada", "insert into rbac.roles (name) values ('clerk')")
            .await,
        denied()
    );
    assert_eq!(app.run("ada", &make(acme)).await, Ok(1));
    assert_eq!(app.run("cyd", &make(other)).await, Ok(1));
    let give = "insert into rbac.role_permissions select id, 'invoice:*' from rbac.roles where name = 'clerk'";
    assert_eq!(
        app.run("ada", give).await,
        Ok(1),
        "to hers: she sees no other"
    );
    // One that all know is not hers to change.
    let widen = "insert into rbac.role_permissions select id, 'invoice:*' from rbac.roles where name = 'organisation-member'";
    assert_eq!(app.run("ada", widen).await, denied());
    let assign = |place: Uuid| {
        format!(
            "insert into rbac.assignments (subject, role_id, organisation_id)
        select 'bob', id, '{place}' from rbac.roles where name = 'clerk'"
        )
    };
    assert_eq!(app.run("ada", &assign(acme)).await, Ok(1));
    assert_eq!(
        app.ask::<Vec<Uuid>>("bob", "select rbac.organisations('invoice:pay')")
            .await,
        [acme]
    );
    // A name that the application asks for means nothing when a tenant made it.
    let query = format!("select rbac.has_role('clerk', organisation => '{acme}')");
    assert!(!app.ask::<bool>("bob", &query).await);
    let mut db = app.db.connect().await;
    for (role, place) in [("clerk", "null"), ("clerk", &format!("'{other}'"))] {
        let misplaced = format!(
            "insert into rbac.assignments (subject, role_id, organisation_id)
            select 'cyd', id, {place} from rbac.roles where name = '{role}' and organisation_id = '{acme}'"
        );
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(misplaced))
            .execute(&mut db)
            .await;
        assert_eq!(
            refused.map(drop).map_err(crate::service::state),
            Err("23514".to_owned())
        );
    }
}

#[tokio::test]
async fn a_circle_of_roles_is_refused_even_when_two_close_it_at_once() {
    let app = TestRbac::new().await;
    for role in ["a", "b", "c"] {
        app.role(role, &[]).await;
    }
    let above = |role: &str, parent: &str| {
        format!(
            "insert into rbac.role_parents select r.id, p.id from rbac.roles r, rbac.roles p
            where r.name = '{role}' and p.name = '{parent}'"
        )
    };
    app.db.execute(&above("a", "b")).await;
    app.db.execute(&above("b", "c")).await;
    let mut db = app.db.connect().await;
    for (role, parent) in [("c", "a"), ("a", "a"), ("b", "a")] {
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(above(role, parent)))
            .execute(&mut db)
            .await;
        assert_eq!(
            refused.map(drop).map_err(crate::service::state),
            Err("23514".to_owned())
        );
    }
    app.db.execute("delete from rbac.role_parents").await;
    let (mut one, mut two) = (app.db.connect().await, app.db.connect().await);
    let mut first = sqlx::Connection::begin(&mut one)
        .await
        .expect("a transaction");
    sqlx::raw_sql(sqlx::AssertSqlSafe(above("a", "b")))
        .execute(&mut *first)
        .await
        .expect("an edge");
    let second = tokio::spawn(async move {
        sqlx::raw_sql(sqlx::AssertSqlSafe(above("b", "a")))
            .execute(&mut two)
            .await
            .map(drop)
    });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(!second.is_finished(), "it waits for the first");
    first.commit().await.expect("committed");
    let refused = second.await.expect("it ended");
    assert_eq!(
        refused.map_err(crate::service::state),
        Err("23514".to_owned())
    );
}
#[tokio::test]
async fn a_service_account_is_somebody_new_and_takes_nobodys_rights_away() {
    let app = TestRbac::new().await;
    let acme = app.organisation("acme", &["ada", "bob"]).await.to_string();
    for subject in ["ada", "bob"] {
        app.assign(subject, "organisation-owner", (&acme, "")).await;
    }
    app.assign("root", "administrator", ("", "")).await;
    let make = |subject: &str| {
        format!(
            "insert into rbac.service_accounts (subject, name, organisation_id)
            values ('{subject}', 'robot', '{acme}')"
        )
    };
    for taken in ["bob", "root", "ada"] {
        assert!(app.run("ada", &make(taken)).await.is_err(), "{taken}");
    }
    assert_eq!(app.run("ada", &make("robot-1")).await, Ok(1));
    assert_eq!(
        app.ask::<i64>("robot-1", "select count(*) from rbac.memberships")
            .await,
        1
    );
    assert_eq!(
        app.run("eve", "delete from rbac.service_accounts").await,
        Ok(0)
    );
    assert_eq!(
        app.run("ada", "delete from rbac.service_accounts").await,
        Ok(1)
    );
    assert_eq!(
        app.ask::<i64>("robot-1", "select count(*) from rbac.memberships")
            .await,
        0
    );
    assert_eq!(
        app.ask::<i64>("root", "select count(*) from rbac.memberships")
            .await,
        2
    );
}

#[tokio::test]
async fn the_anonymous_see_and_change_nothing() {
    let app = TestRbac::new().await;
    app.organisation("acme", &["ada"]).await;
    for table in [
        "permissions",
        "organisations",
        "roles",
        "role_parents",
        "role_permissions",
        "memberships",
        "assignments",
        "invitations",
        "service_accounts",
        "active_organisations",
        "applied_definition",
    ] {
        let mut tx = app.tx_as(&crestfall_core::Identity::default()).await;
        let query = format!("select count(*) from rbac.{table}");
        let seen: Result<i64, _> = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_one(&mut *tx)
            .await;
        assert!(seen.is_err(), "{table}");
        let query = format!("delete from rbac.{table}");
        assert_ne!(
            app.run("eve", &query).await.unwrap_or_default(),
            1,
            "{table}"
        );
    }
    for function in [
        "rbac.holdings('ada')",
        "rbac.held('ada')",
        "rbac.token_claims('{}')",
    ] {
        assert_eq!(
            app.run("ada", &format!("select * from {function}")).await,
            denied(),
            "{function}"
        );
    }
}
