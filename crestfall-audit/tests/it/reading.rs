//! Who may read, and a table as it was.

use crate::fixture::Audited;

#[tokio::test]
async fn readers_are_those_who_were_made_so() {
    let audited = Audited::new().await;
    audited.run("insert into invoices values (1, 1, '')").await;
    let count = async |role: &str| {
        let mut connection = audited.db.connect().await;
        crate::fixture::execute(&mut connection, &format!("set role {role}")).await;
        crate::fixture::texts(&mut connection, "select count(*) from audit.log")
            .await
            .remove(0)
    };
    assert_eq!(count("crestfall_audit_reader").await, "1");
    assert_eq!(count("service_role").await, "1");
    if audited.version().await > 14 {
        assert_eq!(count("authenticated").await, "0");
    } else {
        let refused = audited.refusal("authenticated", "select * from audit.log");
        assert!(refused.await.contains("permission denied"));
    }
    assert!(
        audited
            .refusal("anon", "select * from audit.log")
            .await
            .contains("permission denied")
    );
    assert!(
        audited
            .refusal("authenticator", "select * from audit.log")
            .await
            .contains("permission denied")
    );
}

#[tokio::test]
async fn who_may_read_in_their_organisation_reads_that_and_nothing_else() {
    let audited = Audited::new().await;
    // There a view knows no policies: nobody who is signed in reads it.
    if audited.version().await == 14 {
        return;
    }
    audited.run("
        create schema rbac; grant usage on schema rbac to public;
        create function rbac.is_authorized(permission text, resource text default null, organisation uuid default null) returns boolean language sql stable as
          $$ select permission = 'audit:read' and resource is null and organisation <> '00000000-0000-4000-8000-000000000003' and current_setting('request.jwt.claims')::jsonb ->> 'sub' = 'auditor' $$;
        set request.jwt.claims = '{\"sub\":\"a\",\"org_id\":\"00000000-0000-4000-8000-000000000001\"}'; insert into invoices values (1, 1, '');
        set request.jwt.claims = '{\"sub\":\"b\",\"org_id\":\"00000000-0000-4000-8000-000000000002\"}'; insert into invoices values (2, 2, '');
        set request.jwt.claims = ''; insert into invoices values (3, 3, '');
    ").await;
    for (claims, expected) in [
        (
            r#"{"sub":"auditor","org_id":"00000000-0000-4000-8000-000000000001"}"#,
            vec!["1"],
        ),
        (
            r#"{"sub":"auditor","org_id":"00000000-0000-4000-8000-000000000003"}"#,
            vec![],
        ),
        (r#"{"sub":"auditor"}"#, vec![]),
        (
            r#"{"sub":"somebody","org_id":"00000000-0000-4000-8000-000000000001"}"#,
            vec![],
        ),
        ("", vec![]),
    ] {
        let mut connection = audited.db.connect().await;
        crate::fixture::execute(
            &mut connection,
            &format!("set role authenticated; set request.jwt.claims = '{claims}'"),
        )
        .await;
        let seen =
            crate::fixture::texts(&mut connection, "select key ->> 'id' from audit.log").await;
        assert_eq!(seen, expected, "{claims}");
        let seen =
            crate::fixture::texts(&mut connection, "select key ->> 'id' from audit.changes()")
                .await;
        assert_eq!(seen, expected, "{claims}");
    }
}

#[tokio::test]
async fn a_table_is_shown_as_it_was() {
    let audited = Audited::new().await;
    audited
        .run("insert into invoices values (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')")
        .await;
    let before = audited.texts("select clock_timestamp()").await.remove(0);
    audited
        .run("update invoices set amount = 10 where id = 1")
        .await;
    audited.run("update invoices set amount = 11 where id = 1; delete from invoices where id = 2; insert into invoices values (4, 4, 'd');
        update invoices set id = 30 where id = 3; insert into invoices values (2, 22, 'again')").await;
    let then = format!("select i::text from audit.as_of(null::invoices, '{before}') i order by 1");
    assert_eq!(
        audited.texts(&then).await,
        ["(1,1,a)", "(2,2,b)", "(3,3,c)"]
    );
    let now = audited
        .texts("select i::text from audit.as_of(null::invoices, clock_timestamp()) i order by 1")
        .await;
    assert_eq!(now, ["(1,11,a)", "(2,22,again)", "(30,3,c)", "(4,4,d)"]);
    let error = audited
        .refusal(
            "service_role",
            "select * from audit.as_of(null::invoices, '2000-01-01')",
        )
        .await;
    assert!(error.contains("is under audit since"), "{error}");
    audited.run("truncate invoices").await;
    let error = audited
        .refusal(
            "crestfall_audit",
            &format!("select * from audit.as_of(null::invoices, '{before}')"),
        )
        .await;
    assert!(error.contains("truncated since then"), "{error}");
}

#[tokio::test]
async fn a_history_names_what_is_wrong_with_the_question() {
    let audited = Audited::new().await;
    let error = audited
        .log
        .history("invoices", &["1", "2"])
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("has 1 columns (id)"), "{error}");
    audited.run("create table other (id int)").await;
    let error = audited
        .log
        .history("other", &["1"])
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("never under audit"), "{error}");
}
