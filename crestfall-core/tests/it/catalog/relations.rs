//! Tables and views: what they hold, what can be written to them, and what holds who reads them.

use crestfall_core::catalog::Column;

use super::*;

fn column<'a>(catalog: &'a Catalog, relation: &str, name: &str) -> &'a Column {
    table(catalog, relation)
        .column(name)
        .unwrap_or_else(|| panic!("no column {name}"))
}

#[tokio::test]
async fn relations_of_the_exposed_schemas_are_listed_without_partitions() {
    let catalog = shown().await;
    assert!(catalog.table("shown", "showings").is_some());
    assert!(catalog.table("shown", "showings_2030").is_none());
    assert!(catalog.table("hidden", "studios").is_none());
    assert!(
        catalog
            .table_names("shown")
            .any(|name| &**name == "director_cache")
    );
    assert_eq!(catalog.table_names("hidden").count(), 0);
    assert_eq!(
        table(catalog, "directors").description.as_deref(),
        Some("Who directs")
    );
}

#[tokio::test]
async fn a_relation_tells_what_can_be_written() {
    let catalog = shown().await;
    let writes = |name| {
        let table = table(catalog, name);
        (
            table.is_view,
            table.insertable,
            table.updatable,
            table.deletable,
        )
    };
    assert_eq!(writes("films"), (false, true, true, true));
    assert_eq!(writes("showings"), (false, true, true, true));
    assert_eq!(writes("film_list"), (true, true, true, true));
    assert_eq!(writes("casts"), (true, false, false, false));
    assert_eq!(writes("director_cache"), (true, false, false, false));
    assert_eq!(writes("elsewhere"), (false, false, false, false));
}

#[tokio::test]
async fn columns_have_their_types_as_postgresql_prints_them() {
    let catalog = shown().await;
    let types = |name| {
        let column = column(catalog, "films", name);
        let (base, nominal) = (
            column.data_type.to_string(),
            column.nominal_type.to_string(),
        );
        (base, nominal, column.max_length, column.is_domain)
    };
    let expected =
        |base: &str, nominal: &str, max, domain| (base.into(), nominal.into(), max, domain);
    assert_eq!(types("id"), expected("integer", "integer", None, false));
    assert_eq!(
        types("title"),
        expected("character varying", "hidden.short_title", Some(80), true)
    );
    assert_eq!(
        types("code"),
        expected("character", "character(5)", Some(5), false)
    );
    assert_eq!(
        types("flags"),
        expected("bit varying", "bit varying(7)", Some(7), false)
    );
    assert_eq!(
        types("price"),
        expected("numeric", "numeric(8,2)", None, false)
    );
    assert_eq!(
        types("rating"),
        expected("numeric", "shown.rating", None, true)
    );
    assert_eq!(
        types("genre"),
        expected("shown.genre", "shown.genre", None, false)
    );
    assert_eq!(
        types("mood"),
        expected("shown.mood", "shown.mood", None, true)
    );
    assert_eq!(
        types("moods"),
        expected("shown.genre[]", "shown.genre[]", None, false)
    );
    assert_eq!(
        types("size"),
        expected("shown.size", "shown.size", None, false)
    );
    assert_eq!(column(catalog, "films", "rating").base_type_oid, 1700);
    let order: Vec<&str> = table(catalog, "films").columns[..3]
        .iter()
        .map(|column| &*column.name)
        .collect();
    assert_eq!(order, ["id", "director_id", "producer_id"]);
    assert!(table(catalog, "films").column("dropped").is_none());
}

#[tokio::test]
async fn columns_have_their_defaults() {
    let catalog = shown().await;
    let default = |relation, name| column(catalog, relation, name).default.as_deref();
    assert_eq!(
        default("films", "id"),
        Some("nextval('shown.films_id_seq'::regclass)")
    );
    assert_eq!(
        default("directors", "id"),
        Some("nextval('shown.directors_id_seq')")
    );
    assert_eq!(default("films", "genre"), Some("'drama'::shown.genre"));
    assert_eq!(default("films", "rating"), Some("5.0"));
    assert_eq!(default("films", "price"), Some("(10 + 2)"));
    assert_eq!(default("films", "upper_title"), None);
    assert_eq!(default("films", "serial_no"), None);
    assert_eq!(default("films", "code"), None);
}

#[tokio::test]
async fn columns_know_null_labels_and_comments() {
    let catalog = shown().await;
    assert!(!column(catalog, "films", "id").nullable);
    assert!(column(catalog, "films", "code").nullable);
    let labels = ["drama", "comedy", "a \"third\""];
    assert_eq!(column(catalog, "films", "genre").enum_labels, labels);
    assert_eq!(column(catalog, "films", "mood").enum_labels, labels);
    assert!(column(catalog, "films", "moods").enum_labels.is_empty());
    let description = column(catalog, "directors", "name").description.as_deref();
    assert_eq!(description, Some("As credited"));
}

#[tokio::test]
async fn primary_keys_are_those_of_tables_and_what_views_show_of_them() {
    let catalog = shown().await;
    assert_eq!(key(catalog, "seats"), ["hall", "number"]);
    assert_eq!(key(catalog, "film_list"), ["id"]);
    assert_eq!(key(catalog, "film_titles"), ["film"]);
    assert_eq!(key(catalog, "studios"), ["studio"]);
    assert_eq!(key(catalog, "director_cache"), ["id"]);
    assert_eq!(key(catalog, "casts"), ["film_id", "actor_id", "part"]);
    assert_eq!(key(catalog, "ruled"), ["id"]);
    for without in ["everybody", "partial_seats", "chicken", "egg", "elsewhere"] {
        assert_eq!(key(catalog, without), [""; 0], "{without}");
    }
}

/// A write to these runs nothing but PostgreSQL's own functions; to each of the others something else.
const WRITTEN: &str = "
    create schema written;
    create function written.touch() returns trigger language plpgsql as 'begin return new; end';
    create function written.next() returns int language sql as 'select 1';
    create domain written.even as int check (value % 2 = 0);
    create type written.mood as enum ('glad', 'sad');
    create table written.quiet (
        id int generated always as identity primary key,
        made timestamptz default now(), name text not null unique check (length(name) < 9),
        mood written.mood default 'glad', size int generated always as (length(name)) stored
    );
    create index on written.quiet (lower(name));
    create table written.quiet_child (id int primary key, parent int references written.quiet);
    create table written.loud_trigger (id int);
    create trigger touch before insert on written.loud_trigger for each row execute function written.touch();
    create table written.loud_rule (id int);
    create rule also as on insert to written.loud_rule do also select written.next();
    create table written.loud_default (id int default written.next());
    create table written.loud_setting (id text default set_config('a.b', 'x', false));
    create table written.loud_check (id int check (id > written.next()));
    create table written.loud_index (id int);
    create function written.key(int) returns int language sql immutable as 'select 1';
    create index on written.loud_index (written.key(id));
    create table written.loud_domain (id written.even);
    create table written.loud_parent (id int primary key);
    create table written.quiet_referrer (id int references written.loud_parent on delete cascade);
    create table written.loud_partitioned (id int) partition by list (id);";

#[tokio::test]
async fn writes_that_may_run_functions_of_users_are_known() {
    let undone = Undone::new().await;
    sqlx::raw_sql(WRITTEN)
        .execute(&mut *undone.0.lock().await)
        .await
        .unwrap();
    let catalog = Catalog::load(&undone, &options(&["written"], &[]))
        .await
        .unwrap();
    assert_eq!(catalog.tables.len(), 12);
    for table in catalog.tables.values() {
        let loud = table.name.name.starts_with("loud_");
        assert_eq!(table.writes_run_functions, loud, "{}", table.name.name);
    }
}

/// Only of those whose policies may hide rows, and of roles that none holds.
const HELD: &str = "
    create schema held;
    create table held.open (id int);
    create table held.closed (id int);
    alter table held.closed enable row level security;
    create view held.closed_view as select id from held.closed;
    create role held_by_none bypassrls;
    create role held_by_all";

#[tokio::test]
async fn what_policies_may_hide_and_from_whom_is_known() {
    let undone = Undone::new().await;
    sqlx::raw_sql(HELD)
        .execute(&mut *undone.0.lock().await)
        .await
        .unwrap();
    let catalog = Catalog::load(&undone, &options(&["held"], &[]))
        .await
        .unwrap();
    let tables = catalog.tables.values();
    let with_policies = tables.filter(|table| table.row_security);
    let names: Vec<_> = with_policies.map(|table| &*table.name.name).collect();
    assert_eq!(names, ["closed"]);
    assert!(catalog.all_seeing.contains("held_by_none"));
    assert!(!catalog.all_seeing.contains("held_by_all"));
}
