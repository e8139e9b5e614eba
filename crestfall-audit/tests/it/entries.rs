//! What an entry says.

use serde_json::json;

use crate::fixture::Audited;

const AS_ADA: &str = r#"
    select set_config('role', 'authenticated', true),
           set_config('request.jwt.claims', '{"sub":"ada","session_id":"s1","api_key_id":"k1","org_id":"o1"}', true),
           set_config('request.method', 'POST', true),
           set_config('request.id', 'r1', true), set_config('request.ip', '192.0.2.7', true);
"#;

#[tokio::test]
async fn an_entry_has_the_row_before_and_after_and_who_it_was() {
    let audited = Audited::new().await;
    let sql = format!(
        "begin; {AS_ADA} insert into invoices values (1, 10, 'DE1');
        update invoices set amount = 11 where id = 1; delete from invoices; commit;"
    );
    audited.run(&sql).await;
    let history = audited.log.history("invoices", &["1"]).await.unwrap();
    let operations: Vec<_> = history
        .iter()
        .map(|entry| entry.operation.as_str())
        .collect();
    assert_eq!(operations, ["INSERT", "UPDATE", "DELETE"]);
    let update = &history[1];
    assert_eq!(
        update.before,
        Some(json!({ "id": 1, "amount": 10, "iban": "DE1" }))
    );
    assert_eq!(
        update.after,
        Some(json!({ "id": 1, "amount": 11, "iban": "DE1" }))
    );
    assert_eq!(update.changed, Some(vec!["amount".to_owned()]));
    assert_eq!(update.key, Some(json!({ "id": 1 })));
    assert_eq!(update.actor.as_deref(), Some("ada"));
    assert_eq!(update.session.as_deref(), Some("s1"));
    assert_eq!(update.api_key.as_deref(), Some("k1"));
    assert_eq!(update.organisation.as_deref(), Some("o1"));
    assert_eq!(update.request.as_deref(), Some("r1"));
    assert_eq!(update.ip.as_deref(), Some("192.0.2.7"));
    assert_eq!(update.role, "authenticated");
    assert_eq!(update.login, audited.texts("select session_user").await[0]);
    assert_eq!(history[0].transaction, history[2].transaction);
    assert!(history[2].after.is_none());
}

#[tokio::test]
async fn without_a_request_there_is_the_login() {
    let audited = Audited::new().await;
    audited
        .run("insert into invoices values (1, 10, null)")
        .await;
    let entry = &audited.log.changes(0, 10).await.unwrap()[0];
    assert_eq!(
        (&entry.actor, &entry.request, &entry.ip),
        (&None, &None, &None)
    );
    assert_eq!(entry.role, entry.login);
}

#[tokio::test]
async fn bulk_statements_keep_every_row_and_pair_them() {
    let audited = Audited::new().await;
    for (rows, expected) in [(2, 1), (1000, 1), (1001, 2), (2500, 3)] {
        audited.run("truncate invoices").await;
        let sql = format!(
            "
            insert into invoices select g, g, 'x' from generate_series(1, {rows}) g;
            update invoices set amount = -id;
            delete from invoices"
        );
        audited.run(&sql).await;
        let written = audited.texts("select count(*) from audit.statements where kind in ('i', 'u', 'd') and position > (select max(position) from audit.statements where kind = 't')").await;
        assert_eq!(written, [(3 * expected).to_string()], "{rows} rows");
        let wrong = audited.texts("select position from audit.log where operation = 'UPDATE'
            and (before -> 'id' <> after -> 'id' or (after ->> 'amount')::int <> -(before ->> 'id')::int)").await;
        assert!(wrong.is_empty());
        let sql = format!("select count(distinct before -> 'id') = {rows} and count(distinct position) = count(*)
            from audit.log where operation = 'DELETE' and position > (select max(position) from audit.statements where kind = 't')");
        assert_eq!(audited.texts(&sql).await, ["true"]);
    }
}

/// Columns of one value in all rows, of nulls, of some, and of types that are written in other ways.
const WIDE: &str = r#"
    create table wide (
      id int primary key, small smallint, big bigint, flag boolean, who uuid, name text, short varchar(9), day date,
      at timestamp, atz timestamptz, price numeric, tags int[], doc jsonb, nothing text, rare text
    );
    select audit.track('wide');
    insert into wide select g, 7, g * 3, true, '5b8f4e2a-0d6e-4b57-9e07-58a4c8a3d1a1', 'a "b"', case g % 2 when 0 then 'x' end,
      '2026-01-31', '2026-01-31 10:00', now(), 1.50, '{1,2}', '[1]', null, case g when 3 then 's' end
      from generate_series(1, 500) as g;
    create table first as select * from wide;
    update wide set flag = false, name = 'c', price = 1.5, doc = '{}', at = null, rare = 's', nothing = id, big = big + id % 2;
    create table second as select * from wide;
    delete from wide"#;

#[tokio::test]
async fn what_all_rows_have_in_common_is_written_once_and_read_of_each() {
    let audited = Audited::new().await;
    audited.run(WIDE).await;
    for (side, operation, rows) in [
        ("after", "INSERT", "first"),
        ("before", "UPDATE", "first"),
        ("after", "UPDATE", "second"),
        ("before", "DELETE", "second"),
    ] {
        // As texts: 1.5 is not 1.50.
        let sql = format!(
            "select count(*) from audit.log as l join {rows} as r on r.id = (l.{side} ->> 'id')::int
            where l.operation = '{operation}' and l.{side}::text = to_jsonb(r)::text"
        );
        assert_eq!(audited.texts(&sql).await, ["500"], "{operation} {side}");
    }
    let written = "select concat_ws(' ', kind, json_typeof(coalesce(new, old) -> 'flag'), json_typeof(coalesce(new, old) -> 'id'),
        json_typeof(coalesce(new, old) -> 'tags'), json_typeof(old -> 'who'), json_typeof(old -> 'flag'))
        from audit.statements order by position";
    assert_eq!(
        audited.texts(written).await,
        [
            "i boolean array array",
            "u boolean array array null boolean",
            "d boolean array array string boolean"
        ]
    );
}

#[tokio::test]
async fn a_statement_that_changes_nothing_leaves_nothing() {
    let audited = Audited::new().await;
    audited.run("update invoices set amount = 1; delete from invoices; insert into invoices select 1, 1, '' where false").await;
    assert_eq!(
        audited.texts("select count(*) from audit.statements").await,
        ["0"]
    );
}

#[tokio::test]
async fn every_way_to_write_is_logged() {
    let audited = Audited::new().await;
    let merge = match audited.version().await {
        14 => {
            "update invoices set amount = 8 where id = 2; insert into invoices values (4, 4, '');"
        }
        _ => {
            "merge into invoices i using (values (2), (4)) as v (id) on i.id = v.id
            when matched then update set amount = 8 when not matched then insert values (v.id, 4, '');"
        }
    };
    audited.run(&format!("
        create table lines (id int primary key, invoice bigint references invoices on delete cascade on update cascade);
        select audit.track('lines');
        insert into invoices values (1, 1, ''), (2, 2, '') on conflict (id) do update set amount = 0;
        insert into lines values (1, 1), (2, 1), (3, 2);
        insert into invoices values (1, 1, ''), (3, 3, '') on conflict (id) do update set amount = 9;
        {merge}
        update invoices set id = 10 where id = 1;
        delete from invoices where id = 10;
        truncate lines;
        copy (select 7, 7, 'x') to '/dev/null';
    ")).await;
    let log = audited
        .texts(
            "select relation_name || ' ' || operation || ' ' || count(*) from audit.log
        group by statement, relation_name, operation order by statement",
        )
        .await;
    assert_eq!(
        log,
        [
            "invoices INSERT 2",
            "lines INSERT 3",
            "invoices UPDATE 1",
            "invoices INSERT 1",
            "invoices UPDATE 1",
            "invoices INSERT 1",
            "invoices UPDATE 1",
            "lines UPDATE 2",
            "invoices DELETE 1",
            "lines DELETE 2",
            "lines TRUNCATE 1",
        ]
    );
}

#[tokio::test]
async fn replica_mode_does_not_switch_it_off() {
    let audited = Audited::new().await;
    audited
        .run("set session_replication_role = replica; insert into invoices values (1, 1, '')")
        .await;
    assert_eq!(
        audited.texts("select count(*) from audit.statements").await,
        ["1"]
    );
}

#[tokio::test]
async fn masked_values_only_tell_whether_they_changed_and_omitted_ones_nothing() {
    let audited = Audited::new().await;
    audited
        .run(
            "
        create table people (id int primary key, name text, phone text, photo bytea);
        select audit.track('people', '{\"mask\": [\"phone\"], \"omit\": [\"photo\"]}');
        insert into people values (1, 'Ada', '+491', 'secret photo'), (2, 'Bob', null, null);
        update people set name = 'Ada L.' where id = 1;
        update people set phone = '+492' where id = 1;
        truncate people;
    ",
        )
        .await;
    let text = audited
        .texts("select coalesce(old::text, '') || coalesce(new::text, '') from audit.statements")
        .await
        .join("");
    assert!(!text.contains("+49") && !text.contains("photo"), "{text}");
    let changed = audited
        .texts("select changed from audit.log where operation = 'UPDATE' order by position")
        .await;
    assert_eq!(changed, [r#"["name"]"#, r#"["phone"]"#]);
    let phones = audited
        .texts(
            "select after ->> 'phone' from audit.log where operation = 'INSERT' order by position",
        )
        .await;
    assert!(
        phones[0].starts_with("***") && phones[1] == "null",
        "{phones:?}"
    );
}

#[tokio::test]
async fn options_that_make_no_sense_are_named() {
    let audited = Audited::new().await;
    for (options, told) in [
        (json!({ "mask": ["nothing"] }), "has no column"),
        (
            json!({ "masks": ["iban"] }),
            "there is no option \"masks\" (mask, omit,",
        ),
        (json!({ "mask": "iban" }), "no array"),
        (json!({ "operations": ["select"] }), "no operation"),
        (json!({ "rows_per_entry": 5000 }), "1 to 1000"),
        (json!({ "key": ["id"], "omit": ["id"] }), "of the key"),
        (json!([]), "no JSON object"),
    ] {
        let error = audited
            .log
            .track("invoices", &options)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(told), "{options}: {error}");
    }
    let error = audited
        .log
        .track("nowhere", &json!({}))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("nowhere"), "{error}");
    let error = audited
        .log
        .track("audit.statements", &json!({}))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("cannot be under audit"), "{error}");
}

#[tokio::test]
async fn renaming_and_changing_a_table_neither_breaks_writes_nor_the_log() {
    let audited = Audited::new().await;
    let mut session = audited.db.connect().await;
    crate::fixture::execute(&mut session, "insert into invoices values (1, 1, '')").await;
    audited.run("alter table invoices rename column id to number; alter table invoices drop column iban;
        alter table invoices add column note text default 'n'; alter table invoices rename to bills").await;
    // A session that had planned the trigger before.
    crate::fixture::execute(&mut session, "insert into bills values (2, 2)").await;
    let after = audited
        .texts("select after from audit.log order by position desc limit 1")
        .await;
    assert_eq!(after, [r#"{"note":"n","amount":2,"number":2}"#]);
    let problems = audited.log.status().await.unwrap();
    assert!(problems[0].problem.is_some());
    audited.log.refresh().await.unwrap();
    assert_eq!(audited.log.status().await.unwrap()[0].problem, None);
    assert_eq!(audited.log.history("bills", &["2"]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn partitions_are_logged_however_they_are_named() {
    let audited = Audited::new().await;
    audited.run("
        create table measures (id int, region text, primary key (id, region)) partition by list (region);
        create table measures_a partition of measures for values in ('a');
        create table measures_b partition of measures for values in ('b');
        select audit.track('measures');
        insert into measures values (1, 'a'), (2, 'b');
        insert into measures_a values (3, 'a');
        update measures set region = 'b' where id = 1;
    ").await;
    let log = audited
        .texts("select relation_name || ' ' || operation from audit.log order by position")
        .await;
    assert_eq!(
        log,
        [
            "measures INSERT",
            "measures INSERT",
            "measures_a INSERT",
            "measures UPDATE"
        ]
    );
    let moved = audited.log.history("measures", &["1", "b"]).await.unwrap();
    assert_eq!(moved.len(), 1);
    assert_eq!(moved[0].changed, Some(vec!["region".to_owned()]));
    assert_eq!(
        audited
            .log
            .history("measures", &["3", "a"])
            .await
            .unwrap()
            .len(),
        1
    );
    audited
        .run("create table measures_c partition of measures for values in ('c')")
        .await;
    assert!(
        audited
            .log
            .status()
            .await
            .unwrap()
            .iter()
            .any(|one| one.problem.is_some())
    );
    audited.log.refresh().await.unwrap();
    audited.run("insert into measures_c values (4, 'c')").await;
    assert_eq!(
        audited
            .log
            .history("measures", &["4", "c"])
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(audited.log.untrack("measures").await.unwrap());
    audited.run("insert into measures_c values (5, 'c')").await;
    assert_eq!(
        audited
            .log
            .history("measures", &["5", "c"])
            .await
            .unwrap()
            .len(),
        0
    );
}

#[tokio::test]
async fn a_writer_cannot_lead_the_capture_astray_by_its_search_path() {
    let audited = Audited::new().await;
    audited.run("
        create schema evil; grant usage on schema evil to authenticated;
        create function evil.hashtext(text) returns int language plpgsql as $$ begin raise 'evil'; end $$;
        create function evil.row_to_json(record) returns json language plpgsql as $$ begin raise 'evil'; end $$;
        create function evil.json_get(json, text) returns text language plpgsql as $$ begin raise 'evil'; end $$;
        create operator evil.->> (leftarg = json, rightarg = text, function = evil.json_get);
        create function evil.text_eq(text, text) returns boolean language plpgsql as $$ begin raise 'evil'; end $$;
        create operator evil.= (leftarg = text, rightarg = text, function = evil.text_eq);
        create operator evil.<> (leftarg = text, rightarg = text, function = evil.text_eq);
        create function evil.int_minus(bigint, integer) returns bigint language plpgsql as $$ begin raise 'evil'; end $$;
        create operator evil.- (leftarg = bigint, rightarg = integer, function = evil.int_minus);
        grant execute on all functions in schema evil to authenticated;
        set search_path = evil, public, pg_catalog; set role authenticated;
        set request.jwt.claims = '{}';
        insert into invoices values (1, 1, '');
        insert into invoices select g, g, '' from generate_series(2, 2000) g;
        update invoices set amount = 0; update invoices set amount = 1 where id OPERATOR(pg_catalog.=) 1;
        delete from invoices;
    ").await;
    assert_eq!(
        audited
            .texts("select count(*) > 4 from audit.statements")
            .await,
        ["true"]
    );
}
