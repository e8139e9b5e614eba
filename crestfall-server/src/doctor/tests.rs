use crestfall_core::testing::TestDb;

use super::*;

const CINEMA: &str = concat!(
    include_str!("../../../examples/cinema/migrations/0001_catalogue.sql"),
    include_str!("../../../examples/cinema/migrations/0002_community.sql"),
    include_str!("../../../examples/cinema/migrations/0003_box_office.sql"),
    include_str!("../../../examples/cinema/migrations/0004_views.sql"),
    include_str!("../../../examples/cinema/migrations/0005_functions.sql"),
    include_str!("../../../examples/cinema/migrations/0006_access.sql"),
    include_str!("../../../examples/cinema/migrations/0007_public.sql"),
);

const WRONG: &str = "
    create table naked (id int primary key); grant select, truncate on naked to anon;
    create table members (id int primary key); grant select on members to authenticated;
    create table silent (id int primary key); alter table silent enable row level security; grant select on silent to anon;
    create table written (id int primary key, owner text); alter table written enable row level security;
    grant select, insert on written to anon;
    create policy anybody on written for insert with check (true);
    create policy own on written for select using (owner = current_setting('request.jwt.claims')::json ->> 'sub');
    create view shown as select * from written; grant select on shown to anon;
    create function mighty() returns int language sql security definer as 'select 1'; grant execute on function mighty() to public;
    create materialized view kept as select id from written; grant select on kept to authenticated;
    alter default privileges in schema public grant select on tables to anon;
    create schema storage; grant usage on schema storage to anon; create table storage.objects (id int, bucket_id text);
    alter table storage.objects enable row level security; grant select on storage.objects to anon;
    create policy list on storage.objects for select using (true);
    create schema auth; create table auth.users (id int, email text); create view profiles as select email from auth.users;
    grant select on profiles to anon;
    create schema hidden; create table hidden.ledger (id int primary key); create table hidden.notes (id int primary key);
    grant usage on schema hidden to authenticated; grant select on hidden.notes to authenticated;
    create function entries() returns setof int language sql security definer set search_path = '' begin atomic select id from hidden.ledger; end;
    create function notes() returns setof int language sql begin atomic select id from hidden.notes; end;
    create function guarded() returns setof int language sql security definer set search_path = '' begin atomic select id from written; end;
    create function somewhere() returns setof int language sql security definer set search_path = '' as 'select id from hidden.ledger';";

/// Nothing here is wrong.
const RIGHT: &str = "
    create table told (id int primary key); comment on table told is E'Everything\\n @public '; grant select on told to anon;
    create table ungranted (id int primary key);
    create table own_rows (id int primary key, owner text); create index on own_rows (owner);
    alter table own_rows enable row level security; grant select on own_rows to anon;
    create policy own on own_rows using (owner = (select current_setting('request.jwt.claims')::json ->> 'sub'));
    create view own_view with (security_invoker) as select id from own_rows; grant select on own_view to anon;
    create function harmless() returns int language sql security definer set search_path = '' as 'select 1';
    create schema hidden; create table hidden.ledger (id int primary key); grant usage on schema hidden to anon;
    create function entries() returns setof int language sql security definer set search_path = '' begin atomic select id from hidden.ledger; end;
    comment on function entries() is E'Everybody may read them.\n@public';
    revoke execute on function entries() from public; grant execute on function entries() to anon;
    create function own() returns setof int language sql begin atomic select id from own_rows; end;
    create function ledger() returns setof int language sql begin atomic select id from hidden.ledger; end;
    revoke execute on function harmless() from public; grant execute on function harmless() to anon;";

async fn examined(sql: &str, ignore: &[(&str, &str)]) -> Vec<Finding> {
    let db = TestDb::with_template("doctor", sql).await;
    let scope = Scope {
        schemas: vec!["public".to_owned()],
        roles: vec!["anon".to_owned(), "authenticated".to_owned()],
        anonymous: "anon".to_owned(),
    };
    let ignore = ignore
        .iter()
        .map(|(what, why)| ((*what).to_owned(), (*why).to_owned()))
        .collect();
    examine(&mut db.connect().await, &scope, &ignore)
        .await
        .unwrap()
}

#[tokio::test]
async fn d2_every_rule_finds_what_it_is_for() {
    let findings = examined(WRONG, &[]).await;
    let found: Vec<_> = findings
        .iter()
        .map(|one| (one.rule, one.place.as_str(), one.level))
        .collect();
    use Level::{Advice, Error, Warning};
    for expected in [
        ("CF-D001", "public.naked", Error),
        ("CF-D001", "public.members", Warning),
        ("CF-D002", "public.silent", Advice),
        ("CF-D003", "public.written, policy anybody", Error),
        ("CF-D004", "public.shown", Error),
        ("CF-D005", "public.mighty()", Error),
        ("CF-D006", "public.mighty()", Warning),
        ("CF-D007", "public.kept", Error),
        ("CF-D008", "public.naked", Error),
        ("CF-D009", "public.profiles", Error),
        ("CF-D010", "public.written, policy own", Advice),
        ("CF-D011", "public.written, policy own", Advice),
        ("CF-D012", "storage.objects, policy list", Error),
        ("CF-D015", "public.entries()", Error),
        ("CF-D015", "public.guarded()", Error),
        ("CF-D015", "public.notes()", Warning),
        ("CF-D016", "public.somewhere()", Warning),
    ] {
        assert!(
            found.contains(&expected),
            "{expected:?} is not in {found:#?}"
        );
    }
    assert!(
        found.iter().any(|(rule, ..)| *rule == "CF-D013"),
        "{found:#?}"
    );
    assert!(findings.iter().all(|one| !one.remedy.is_empty()));
    assert!(findings.is_sorted_by_key(|one| one.level));
}

#[tokio::test]
async fn what_is_right_is_let_be_and_the_example_has_no_errors() {
    assert_eq!(examined(RIGHT, &[]).await, []);
    let errors: Vec<_> = examined(CINEMA, &[])
        .await
        .into_iter()
        .filter(Finding::fails)
        .collect();
    assert_eq!(errors, []);
}

#[tokio::test]
async fn a_finding_is_let_be_with_a_reason_by_rule_or_by_place() {
    let ignore = [
        ("CF-D001 public.naked", "a test"),
        ("CF-D008", "another"),
        ("CF-D013", "x"),
    ];
    let findings = examined(WRONG, &ignore).await;
    let reason = |rule: &str, place: &str| {
        let found = findings
            .iter()
            .find(|one| one.rule == rule && one.place == place);
        found.and_then(|one| one.ignored.as_deref())
    };
    assert_eq!(reason("CF-D001", "public.naked"), Some("a test"));
    assert_eq!(reason("CF-D001", "public.members"), None);
    assert_eq!(reason("CF-D008", "public.naked"), Some("another"));
    let unknown = [("CF-D999".to_owned(), String::new())].into();
    assert_eq!(unknown_rules(&unknown), ["CF-D999"]);
}
