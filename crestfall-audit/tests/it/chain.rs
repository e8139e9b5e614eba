//! Whoever tampers with the log is found out.

use crestfall_core::Secret;

use crate::fixture::Audited;

async fn sealed() -> (Audited, Secret) {
    let audited = Audited::new().await;
    let key = Secret::new("the key of the tests, that the database does not have");
    for _ in 0..3 {
        audited.run("insert into invoices select coalesce(max(id), 0) + 1, 1, 'DE1' from invoices; update invoices set amount = amount + 1").await;
        audited.log.seal(Some(&key)).await.unwrap();
    }
    (audited, key)
}

/// Changes the log as its owner's superuser could.
async fn tamper(audited: &Audited, sql: &str) {
    audited
        .run(&format!("set session_replication_role = replica; {sql}"))
        .await;
}

#[tokio::test]
async fn an_untouched_log_verifies() {
    let (audited, key) = sealed().await;
    let verdict = audited.log.verify(1, Some(&key)).await.unwrap();
    assert!(verdict.is_intact(), "{verdict:?}");
    assert_eq!(
        (verdict.seals, verdict.entries, verdict.unsealed),
        (3, 6, 0)
    );
    audited.run("delete from invoices where id = 1").await;
    let verdict = audited.log.verify(2, Some(&key)).await.unwrap();
    assert!(verdict.is_intact() && verdict.unsealed == 1, "{verdict:?}");
}

#[tokio::test]
async fn every_way_to_tamper_is_found() {
    for (how, told) in [
        ("update audit.statements set context = 'mallory' where position = 2048", "an entry was changed"),
        ("update audit.statements set at = at - interval '1 hour' where position = 2048", "an entry was changed"),
        ("delete from audit.statements where position = 3072", "2 entries were sealed, 1 are there"),
        ("insert into audit.statements (position, kind) values (1030, 'c')", "2 entries were sealed, 3 are there"),
        ("delete from audit.seals where id = 2", "seals before it are missing"),
        ("update audit.seals set entries = 1 where id = 2", "the seal itself was changed"),
        ("do $$ begin execute 'drop table audit.' || (select min(partition) from audit.seals); end $$", "retention did not drop it"),
        // Made anew, but for the signatures.
        ("delete from audit.statements where position = 3072; delete from audit.signatures; delete from audit.seals; select audit.seal()", "it is not signed"),
        ("update audit.statements set context = 'mallory' where position = 6144; delete from audit.signatures where seal = 3;
          delete from audit.seals where id = 3; select audit.seal(); select audit.sign(3, 'made up')", "not of this key"),
    ] {
        let (audited, key) = sealed().await;
        tamper(&audited, how).await;
        let verdict = audited.log.verify(1, Some(&key)).await.unwrap();
        assert!(verdict.findings.iter().any(|one| one.problem.contains(told)), "{how}: {verdict:?}");
    }
}

#[tokio::test]
async fn a_position_in_flight_is_sealed_later_and_not_forgotten() {
    let audited = Audited::new().await;
    let mut open = audited.db.connect().await;
    crate::fixture::execute(&mut open, "begin; insert into invoices values (1, 1, '')").await;
    audited.run("insert into invoices values (2, 2, '')").await;
    assert_eq!(audited.log.seal(None).await.unwrap(), 0);
    crate::fixture::execute(&mut open, "commit").await;
    audited.log.seal(None).await.unwrap();
    audited.log.seal(None).await.unwrap();
    let verdict = audited.log.verify(1, None).await.unwrap();
    assert!(
        verdict.is_intact() && verdict.entries == 2 && verdict.unsealed == 0,
        "{verdict:?}"
    );
}

#[tokio::test]
async fn entries_are_not_edited_or_deleted_by_anybody() {
    let (audited, _) = sealed().await;
    let owner = audited.texts("select current_user").await.remove(0);
    for role in [
        owner.as_str(),
        "crestfall_audit",
        "crestfall_audit_reader",
        "service_role",
        "authenticated",
        "authenticator",
    ] {
        for sql in [
            "update audit.statements set context = 'x'",
            "delete from audit.statements",
            "truncate audit.statements",
            "do $$ begin execute 'delete from audit.' || (select min(partition) from audit.seals); end $$",
            "truncate audit.statements_other_1",
            "delete from audit.seals",
            "truncate audit.signatures",
        ] {
            let refusal = audited.refusal(role, sql).await;
            assert!(
                refusal.contains("are not changed") || refusal.contains("permission denied"),
                "{role}: {sql}: {refusal}"
            );
        }
    }
    for role in [
        "service_role",
        "authenticated",
        "anon",
        "authenticator",
        "crestfall_audit_reader",
    ] {
        for sql in [
            "insert into audit.statements (kind) values ('c')",
            "select audit.track('invoices')",
            "select audit.untrack('invoices')",
            "update audit.settings set retention = '1 day'",
            "drop table audit.statements_other_1",
            "select setval('audit.position', 1)",
            "insert into audit.relations (relid, schema_name, relation_name) values (1, 'a', 'b')",
        ] {
            let refusal = audited.refusal(role, sql).await;
            assert!(
                refusal.contains("permission denied") || refusal.contains("must be owner"),
                "{role}: {sql}: {refusal}"
            );
        }
    }
}
