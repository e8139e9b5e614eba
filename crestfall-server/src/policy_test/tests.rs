use crestfall_core::testing::TestDb;

use super::*;

const NOTES: &str = "
    create table notes (id int primary key, owner text, amount numeric);
    alter table notes enable row level security;
    create policy own on notes using (owner = current_setting('request.jwt.claims', true)::jsonb ->> 'sub');
    grant select, insert, update on notes to authenticated;";

const FILE: &str = r#"
setup = "insert into notes values (1, 'ada', 10.50), (2, 'bob', 2)"

[users.ada]
role = "authenticated"
sub = "ada"

[[case]]
name = "ada sees her own"
as = "ada"
query = "select * from notes"
rows = [{ id = 1, amount = 10.5 }]

[[case]]
name = "bob sees all"
as = { role = "authenticated", sub = "bob" }
query = "select * from notes"
rows = [{ id = 1 }, { id = 2 }]

[[case]]
name = "nobody deletes"
as = "ada"
query = "delete from notes"
error = "42501"

[[case]]
name = "ada writes for bob"
as = "ada"
query = "insert into notes values (3, 'bob', 1)"
affected = 1

[[case]]
name = "ada changes hers"
as = "ada"
query = "update notes set amount = 0 returning id"
count = 1

[[case]]
name = "the change is gone again"
as = "ada"
query = "select amount from notes where amount = 0"
count = 0
"#;

#[tokio::test]
async fn cases_pass_or_tell_what_they_saw_and_leave_nothing() {
    let db = TestDb::new().await;
    db.load(NOTES).await;
    let mut connection = db.connect().await;
    let outcomes = File::parse(FILE)
        .unwrap()
        .run(&mut connection)
        .await
        .unwrap();
    let failures: Vec<_> = outcomes
        .iter()
        .map(|outcome| outcome.failure.as_deref())
        .collect();
    assert_eq!(failures[0], None);
    let told = failures[1].unwrap();
    assert!(
        told.contains("expected 2 rows, saw 1") && told.contains("not seen:     {\"id\":1}"),
        "{told}"
    );
    assert_eq!(failures[2], None);
    assert!(failures[3].unwrap().contains("42501"), "{failures:?}");
    assert_eq!(failures[4..], [None, None]);
    let left: i64 = sqlx::query_scalar("select count(*) from notes")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn files_that_decide_nothing_are_refused() {
    let case = "[[case]]\nname = \"a\"\nquery = \"select 1\"\n";
    for (text, told) in [
        (String::new(), "no [[case]]"),
        (format!("{case}as = {{ role = \"anon\" }}"), "exactly one"),
        (
            format!("{case}as = {{ sub = \"x\" }}\ncount = 1"),
            "no `role`",
        ),
        (format!("{case}as = \"ada\"\ncount = 1"), "no user \"ada\""),
        (
            format!("{case}as = {{ role = \"anon\" }}\ncuont = 1"),
            "cuont",
        ),
    ] {
        let error = File::parse(&text).unwrap_err().to_string();
        assert!(error.contains(told), "{text}: {error}");
    }
}
