//! `crestfall gen types`, and what it makes.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use super::films;
use crate::process::output;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn generate(url: &str, more: &[&str]) -> Output {
    let arguments = [&["gen", "types", "--database-url", url], more].concat();
    output(&arguments, &[])
}

fn text(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Made anew with `CRESTFALL_WRITE_TYPES` set.
#[tokio::test]
async fn generated_types_are_what_the_database_says() {
    let db = films().await;
    let files = [
        ("rust", "../crestfall-client/doc/films.rs"),
        ("typescript", "../tests/clients/types/database.ts"),
        ("python", "tests/it/client/films.py"),
        ("go", "tests/it/client/films.go"),
    ];
    let schemas = ["--schema", "public", "--schema", "odd"];
    for (language, file) in files {
        let file = golden(file);
        let file = file.to_str().unwrap();
        let arguments = ["--lang", language, "--out", file];
        let arguments = [&schemas[..], &arguments].concat();
        if std::env::var_os("CRESTFALL_WRITE_TYPES").is_some() {
            text(&generate(&db.url(), &arguments));
        }
        text(&generate(
            &db.url(),
            &[&arguments[..], &["--check"]].concat(),
        ));
    }
}

#[tokio::test]
async fn check_fails_and_says_where_when_the_database_has_changed() {
    let db = films().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("films.ts");
    let file = file.to_str().unwrap();
    text(&generate(
        &db.url(),
        &["--lang", "typescript", "--out", file],
    ));
    text(&generate(
        &db.url(),
        &["--lang", "typescript", "--out", file, "--check"],
    ));
    db.execute("alter table actors add column born date").await;
    let failed = generate(
        &db.url(),
        &["--lang", "typescript", "--out", file, "--check"],
    );
    let told = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert_eq!(failed.status.code(), Some(1));
    assert!(
        told.contains("from line 19") && told.contains("+           born: string | null;"),
        "{told}"
    );
}

#[tokio::test]
async fn types_of_ones_own_take_the_place_of_ours() {
    let db = films().await;
    let types = [
        "--type",
        "numeric=Decimal",
        "--type",
        "public.films.facts=crate::Facts",
    ];
    let arguments = [&["--lang", "rust"], &types[..]].concat();
    let made = text(&generate(&db.url(), &arguments));
    assert!(made.contains("pub score: Option<Decimal>,"));
    assert!(made.contains("pub facts: crate::Facts,"));
    assert!(!made.contains("Numeric"));
}

#[tokio::test]
async fn what_is_asked_wrongly_is_told() {
    let db = films().await;
    let unknown = generate(&db.url(), &["--lang", "go", "--schema", "films"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("there is no schema `films`"));
    let odd = generate(&db.url(), &["--lang", "go", "--type", "numeric"]);
    assert!(String::from_utf8_lossy(&odd.stderr).contains("`numeric` is no NAME=TYPE"));
}

/// Columns of views: never null where their tables and joins say so.
#[tokio::test]
async fn columns_of_views_are_null_only_when_they_can_be() {
    let db = films().await;
    db.load(
        "create view v_union as select id, name from actors union select id, name from cities;
         create view v_left as select a.id, b.id as other, coalesce(b.name, 'none') as name
           from actors a left join actors b on b.id = a.id + 1;
         create view v_full as select id, a.name as a, b.name as b
           from actors a full join cities b using (id);
         create view v_inner as select id, a.name from actors a join cities b using (id);
         create view v_group as select name, count(*) as n, max(id) as top, 1 as one, null::int as none
           from actors group by name;
         create view v_sub as select s.id, s.born from (select * from directors where born is not null) s;
         create view v_of_view as select id, other, name from v_left where other is not null;
         create view v_right as select a.name as a, b.name as b from actors a right join cities b on a.id = b.id;
         create materialized view v_kept as select id, born from directors;
         create view v_rollup as select name, id from actors group by rollup (name, id);
         create view v_lateral as select a.id, r.character from actors a
           left join lateral (select character from roles where actor_id = a.id limit 1) r on true;
         create view v_with as with x as (select id from actors) select id from x;
         create view v_case as select case when id > 1 then name end as name, id is null as missing,
           name::text || 'x' as joined from actors;",
    )
    .await;
    let made = text(&generate(&db.url(), &["--lang", "typescript"]));
    let row = |view: &str| {
        let (_, after) = made
            .split_once(&format!("      {view}: {{\n        Row: {{\n"))
            .unwrap();
        let (row, _) = after.split_once("        }").unwrap();
        let columns = row.lines().map(str::trim);
        let null = columns.filter(|column| column.ends_with("| null;"));
        let names = null.filter_map(|column| column.split(':').next());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("v_union"), "id name");
    assert_eq!(row("v_left"), "other");
    // The merged column cannot be null either: that is not seen.
    assert_eq!(row("v_full"), "id a b");
    assert_eq!(row("v_inner"), "");
    assert_eq!(row("v_group"), "top none");
    assert_eq!(row("v_sub"), "");
    assert_eq!(row("v_of_view"), "");
    assert_eq!(row("v_right"), "a");
    assert_eq!(row("v_kept"), "born");
    assert_eq!(row("v_rollup"), "name id");
    assert_eq!(row("v_lateral"), "character");
    assert_eq!(row("v_with"), "id");
    assert_eq!(row("v_case"), "name joined");
}

/// D16
#[tokio::test]
async fn the_document_of_a_database_needs_no_server() {
    let db = films().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.json");
    let file = file.to_str().unwrap();
    let openapi = |more: &[&str]| generate(&db.url(), &[&["--lang", "openapi"], more].concat());
    text(&openapi(&["--out", file]));
    text(&openapi(&["--out", file, "--check"]));
    let document: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let post = &document["paths"]["/rest/v1/films"]["post"];
    assert_eq!(post["operationId"], "insert_films");
    assert!(document["paths"]["/graphql/v1"]["post"].is_object());
    assert!(document["paths"]["/auth/v1/signup"].is_null());
    // As settings say, and nothing that only a running server needs is asked for.
    let all = ["--set", "auth.enabled=true", "--set", "rbac.enabled=true"];
    let schemas = ["--schema", "public", "--schema", "odd"];
    let older = ["--openapi-version", "3.0"];
    let made = text(&openapi(&[&all[..], &schemas, &older].concat()));
    let document: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(document["openapi"], "3.0.3");
    for path in ["/auth/v1/signup", "/rbac/v1/check", "/rest/v1/rpc/moods"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    let of_odd = &document["paths"]["/rest/v1/type"]["get"]["parameters"];
    assert!(of_odd.to_string().contains("Accept-Profile"), "{of_odd}");
    // What a role may use.
    db.execute("revoke insert on films from anon").await;
    let made = text(&openapi(&["--role", "anon"]));
    let document: Value = serde_json::from_str(&made).unwrap();
    let films = &document["paths"]["/rest/v1/films"];
    assert!(films["get"].is_object() && films["post"].is_null());

    db.execute("alter table actors add column born date").await;
    let stale = openapi(&["--out", file, "--check"]);
    let told = String::from_utf8_lossy(&stale.stderr).into_owned();
    assert!(told.contains("is not what the database says"), "{told}");
    for (arguments, words) in [
        (
            ["--lang", "openapi", "--type", "numeric=f64"],
            "--type is not for",
        ),
        (
            ["--lang", "go", "--role", "anon"],
            "--role is for --lang openapi",
        ),
        (["--lang", "openapi", "--schema", "films"], "films"),
        (["--lang", "openapi", "--role", "nobody"], "nobody"),
    ] {
        let failed = generate(&db.url(), &arguments);
        let told = String::from_utf8_lossy(&failed.stderr).into_owned();
        assert!(!failed.status.success() && told.contains(words), "{told}");
    }
}

#[test]
fn the_types_of_the_example_are_those_of_its_migrations() {
    let example = golden("../examples/client-todo");
    let (migrations, file) = (example.join("migrations"), example.join("src/db.rs"));
    let (migrations, file) = (migrations.to_str().unwrap(), file.to_str().unwrap());
    let path = std::env::var("PATH").unwrap_or_default();
    let arguments = ["gen", "types", "--lang", "rust", "--migrations", migrations];
    let arguments = [&arguments[..], &["--out", file, "--check"]].concat();
    text(&output(&arguments, &[("PATH", &path)]));
}

#[test]
fn migrations_may_use_all_that_is_ours() {
    let folder = tempfile::tempdir().unwrap();
    let migration = "create table notes (id int primary key, owner uuid references auth.users);
                     select rbac.policy_owner_only('notes', 'owner');";
    std::fs::write(folder.path().join("0001_notes.sql"), migration).unwrap();
    let directory = folder.path().to_str().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    for language in ["typescript", "openapi"] {
        let arguments = [
            "gen",
            "types",
            "--lang",
            language,
            "--migrations",
            directory,
        ];
        let made = text(&output(&arguments, &[("PATH", &path)]));
        assert!(made.contains("notes"), "{made}");
    }
}
