//! The catalogue of a small cinema, which is made and undone within a transaction.

use std::sync::Arc;

use crestfall_core::catalog::{
    Cardinality, Catalog, CatalogError, CatalogOptions, CatalogSource, CatalogStatement, Column,
    HandlerTarget, Relationship, Routine, Table, Volatility,
};
use crestfall_core::name::QualifiedName;
use sqlx::{Connection as _, PgConnection, Row as _};
use tokio::sync::{Mutex, OnceCell};

const ODD_SCHEMA: &str = "Odd \"one\"";

/// A connection with an open transaction, which ends undone with the connection.
struct Undone(Mutex<PgConnection>);

impl Undone {
    async fn new() -> Self {
        let url = super::database_url().await;
        let mut connection = PgConnection::connect(&url).await.expect("a database");
        sqlx::raw_sql("begin")
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::raw_sql(include_str!("cinema.sql"))
            .execute(&mut connection)
            .await
            .unwrap();
        Self(Mutex::new(connection))
    }
}

impl CatalogSource for Undone {
    type Error = sqlx::Error;

    async fn fetch(
        &self,
        statements: Vec<CatalogStatement>,
    ) -> Result<Vec<Vec<String>>, sqlx::Error> {
        let mut connection = self.0.lock().await;
        let mut answers = Vec::new();
        for statement in statements {
            let query = sqlx::query(statement.sql);
            let query = statement
                .params
                .into_iter()
                .fold(query, |query, param| query.bind(param));
            let rows = query.fetch_all(&mut *connection).await?;
            answers.push(rows.iter().map(|row| row.get(0)).collect());
        }
        Ok(answers)
    }
}

fn options(schemas: &[&str], extra_search_path: &[&str]) -> CatalogOptions {
    let owned = |names: &[&str]| names.iter().map(|&name| name.into()).collect();
    CatalogOptions {
        schemas: owned(schemas),
        extra_search_path: owned(extra_search_path),
        hoisted_settings: owned(&["Statement_Timeout"]),
        ..CatalogOptions::default()
    }
}

async fn load(schemas: &[&str], extra_search_path: &[&str]) -> Catalog {
    Catalog::load(&Undone::new().await, &options(schemas, extra_search_path))
        .await
        .unwrap()
}

/// What most tests look at, loaded once.
async fn shown() -> &'static Catalog {
    static SHOWN: OnceCell<Catalog> = OnceCell::const_new();
    SHOWN.get_or_init(|| load(&["shown"], &["hidden"])).await
}

fn table<'a>(catalog: &'a Catalog, name: &str) -> &'a Table {
    catalog
        .table("shown", name)
        .unwrap_or_else(|| panic!("no table {name}"))
}

fn column<'a>(catalog: &'a Catalog, relation: &str, name: &str) -> &'a Column {
    table(catalog, relation)
        .column(name)
        .unwrap_or_else(|| panic!("no column {name}"))
}

fn key(catalog: &Catalog, name: &str) -> Vec<String> {
    let key = &table(catalog, name).primary_key;
    key.iter().map(|column| column.to_string()).collect()
}

fn routine<'a>(catalog: &'a Catalog, name: &str) -> &'a Routine {
    match catalog.routine_named("shown", name) {
        [one] => one,
        other => panic!("{} routines {name}", other.len()),
    }
}

fn pairs(columns: &[(Arc<str>, Arc<str>)]) -> String {
    let pairs: Vec<String> = columns
        .iter()
        .map(|(from, to)| format!("{from}={to}"))
        .collect();
    pairs.join("&")
}

/// The relationships between two relations, each as one line, in the catalogue's order.
fn between(catalog: &Catalog, table: &str, foreign_table: &str) -> Vec<String> {
    let name = QualifiedName::new("shown", table);
    let all = catalog.relationships_from(&name, "shown").iter();
    all.filter(|found| *found.foreign_table().name == *foreign_table)
        .map(|found| describe(found))
        .collect()
}

fn describe(relationship: &Relationship) -> String {
    match relationship {
        Relationship::Computed {
            function, to_one, ..
        } => format!("computed {} to_one={to_one}", function.name),
        Relationship::Keyed { cardinality, .. } => match cardinality {
            Cardinality::OneToMany {
                constraint,
                columns,
            } => {
                format!("1:n {constraint} {}", pairs(columns))
            }
            Cardinality::ManyToOne {
                constraint,
                columns,
            } => {
                format!("n:1 {constraint} {}", pairs(columns))
            }
            Cardinality::OneToOne {
                constraint,
                columns,
                is_parent,
            } => format!("1:1 {constraint} {} parent={is_parent}", pairs(columns)),
            Cardinality::ManyToMany(junction) => format!(
                "n:m {} {} {} {} {}",
                junction.table.name,
                junction.source_constraint,
                pairs(&junction.source_columns),
                junction.target_constraint,
                pairs(&junction.target_columns)
            ),
        },
    }
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

#[tokio::test]
async fn a_foreign_key_leads_both_ways() {
    let catalog = shown().await;
    assert_eq!(
        between(catalog, "films", "directors"),
        [
            "n:1 films_director director_id=id",
            "n:1 films_producer producer_id=id"
        ]
    );
    assert_eq!(
        between(catalog, "directors", "films"),
        [
            "1:n films_director id=director_id",
            "1:n films_producer id=producer_id",
            "computed first_work to_one=true",
            "computed works to_one=false"
        ]
    );
    assert_eq!(
        between(catalog, "tickets", "seats"),
        ["n:1 tickets_seat seat_number=number&seat_hall=hall"]
    );
    assert_eq!(
        between(catalog, "showings", "films"),
        ["n:1 showings_film film_id=id"]
    );
}

#[tokio::test]
async fn a_table_may_lead_to_itself() {
    let catalog = shown().await;
    assert_eq!(
        between(catalog, "directors", "directors"),
        [
            "1:n directors_mentor id=mentor_id",
            "n:1 directors_mentor mentor_id=id"
        ]
    );
    let directors = QualifiedName::new("shown", "directors");
    let to_itself = catalog.relationships_from(&directors, "shown").iter();
    assert_eq!(to_itself.filter(|found| found.is_self()).count(), 2);
}

#[tokio::test]
async fn a_unique_foreign_key_is_one_to_one() {
    let catalog = shown().await;
    assert_eq!(
        between(catalog, "scripts", "films"),
        ["1:1 scripts_film film_id=id parent=false"]
    );
    assert_eq!(
        between(catalog, "films", "posters"),
        ["1:1 posters_film id=film_id parent=true"]
    );
}

#[tokio::test]
async fn a_junction_has_both_foreign_keys_in_its_primary_key() {
    let catalog = shown().await;
    assert_eq!(
        between(catalog, "films", "actors"),
        [
            "n:m casts roles_film id=film_id roles_actor id=actor_id",
            "n:m roles roles_film id=film_id roles_actor id=actor_id"
        ]
    );
}

#[tokio::test]
async fn a_hidden_junction_counts_once_it_is_exposed() {
    let catalog = load(&["shown", "hidden"], &[]).await;
    let found = between(&catalog, "actors", "films");
    assert!(
        found.contains(
            &"n:m contracts contracts_actor id=actor_id contracts_film id=film_id".into()
        ),
        "{found:?}"
    );
}

#[tokio::test]
async fn views_have_the_foreign_keys_that_they_show() {
    let catalog = shown().await;
    assert_eq!(
        between(catalog, "film_list", "directors"),
        ["n:1 films_director director's=id"]
    );
    assert_eq!(
        between(catalog, "film_list", "director_cache"),
        ["n:1 films_director director's=id"]
    );
    assert_eq!(
        between(catalog, "scripts", "film_titles"),
        ["1:1 scripts_film film_id=film parent=false"]
    );
    assert_eq!(
        between(catalog, "lots", "studios"),
        ["n:1 lots_studio studio_id=studio"]
    );
    assert!(between(catalog, "everybody", "films").is_empty());
    assert!(between(catalog, "partial_seats", "tickets").is_empty());
}

#[tokio::test]
async fn a_column_shown_twice_gives_a_relationship_each() {
    let catalog = shown().await;
    assert_eq!(
        between(catalog, "films_twice", "directors"),
        ["n:1 films_director one=id", "n:1 films_director other=id"]
    );
    assert_eq!(
        between(catalog, "tickets_twice", "seats"),
        [
            "n:1 tickets_seat m=number&hall=hall",
            "n:1 tickets_seat n=number&hall=hall"
        ]
    );
}

#[tokio::test]
async fn views_of_views_need_the_schema_between_them() {
    let catalog = load(&["shown"], &["does not exist"]).await;
    assert_eq!(key(&catalog, "studios"), [""; 0]);
    assert!(between(&catalog, "lots", "studios").is_empty());
}

#[tokio::test]
async fn a_computed_relationship_takes_the_place_of_the_one_it_is_named_after() {
    let catalog = shown().await;
    assert_eq!(
        between(catalog, "films", "scripts"),
        ["computed scripts to_one=false"]
    );
}

#[tokio::test]
async fn a_computed_relationship_is_found_by_its_functions_schema() {
    let catalog = shown().await;
    let directors = QualifiedName::new("shown", "directors");
    let found = catalog.relationships_from(&directors, "hidden");
    assert_eq!(found.len(), 1);
    assert_eq!(describe(&found[0]), "computed mentor to_one=true");
}

#[tokio::test]
async fn odd_names_are_taken_as_they_are() {
    let catalog = load(&["shown", ODD_SCHEMA], &[]).await;
    assert_eq!(key(&catalog, "odd"), ["} ("]);
    let odd = catalog.table(ODD_SCHEMA, "the {table}").unwrap();
    assert_eq!(&*odd.primary_key[0], "a (b) \\ c");
}

#[tokio::test]
async fn overloads_come_by_number_of_parameters() {
    let catalog = shown().await;
    let add = catalog.routine(&QualifiedName::new("shown", "add"));
    let required = |routine: &Arc<Routine>| -> Vec<bool> {
        routine
            .parameters
            .iter()
            .map(|parameter| parameter.required)
            .collect()
    };
    assert_eq!(
        add.iter().map(required).collect::<Vec<_>>(),
        [vec![true], vec![true, false]]
    );
    assert_eq!(add[0].volatility, Volatility::Immutable);
}

#[tokio::test]
async fn parameters_are_the_input_ones() {
    let catalog = shown().await;
    let split = routine(catalog, "split");
    assert_eq!(split.parameters.len(), 1);
    let whole = &split.parameters[0];
    assert_eq!(
        (&*whole.name, &*whole.data_type, &*whole.unbounded_type),
        ("whole", "character", "character varying")
    );
    let total = routine(catalog, "total");
    assert!(total.is_variadic && total.parameters[0].variadic);
    assert_eq!(&*total.parameters[0].data_type, "numeric[]");
}

#[tokio::test]
async fn what_a_request_cannot_call_is_no_routine() {
    let catalog = shown().await;
    for name in ["touch", "process", "take_two", "take_int", "film_text"] {
        assert!(catalog.routine_named("shown", name).is_empty(), "{name}");
    }
    assert_eq!(&*routine(catalog, "take").parameters[0].name, "");
}

#[tokio::test]
async fn routines_tell_what_they_return() {
    let catalog = shown().await;
    let returns = |name| {
        let returns = &routine(catalog, name).returns;
        (
            returns.set_of,
            returns.composite,
            returns.type_name.to_string(),
        )
    };
    let expected = |set, composite, name: &str| (set, composite, name.to_owned());
    assert_eq!(
        returns("split"),
        expected(false, true, r#""pg_catalog"."record""#)
    );
    assert_eq!(
        returns("rows_of"),
        expected(true, true, r#""pg_catalog"."record""#)
    );
    assert_eq!(
        returns("all_films"),
        expected(true, true, r#""shown"."films""#)
    );
    assert_eq!(
        returns("random_film"),
        expected(false, true, r#""shown"."films""#)
    );
    assert_eq!(
        returns("current_rating"),
        expected(false, false, r#""pg_catalog"."numeric""#)
    );
    assert!(routine(catalog, "nothing").returns_void());
    assert!(
        routine(catalog, "current_rating")
            .returns
            .domain_of_composite
    );
}

#[tokio::test]
async fn routines_carry_the_settings_that_are_hoisted() {
    let catalog = shown().await;
    let careful = routine(catalog, "careful");
    assert_eq!(careful.isolation.as_deref(), Some("serializable"));
    assert_eq!(
        careful.settings,
        [("statement_timeout".to_owned(), "5s".to_owned())]
    );
    assert_eq!(careful.description.as_deref(), Some("Takes care"));
}

#[tokio::test]
async fn implicit_casts_of_domains_are_representations() {
    let catalog = shown().await;
    let shown: Vec<_> = catalog
        .representations
        .iter()
        .filter(|((source, target), _)| {
            [source, target]
                .iter()
                .any(|name| name.starts_with("shown."))
        })
        .map(|((source, target), cast)| {
            // A keyword since PostgreSQL 16: quoted from then on.
            (&**source, &**target, cast.function.replace('"', ""))
        })
        .collect();
    assert_eq!(shown, [("shown.colour", "json", "shown.json".to_owned())]);
}

#[tokio::test]
async fn media_types_are_answered_by_aggregates_and_functions() {
    let catalog = shown().await;
    let handler = |target: HandlerTarget, media_type: &str| {
        let handler = catalog.media_handlers.get(&(target, media_type.into()));
        handler.map(|found| {
            (
                found.function.name.to_string(),
                found.media_type.to_string(),
            )
        })
    };
    let relation = |name: &str| HandlerTarget::Relation(QualifiedName::new("shown", name));
    let expected = |function: &str, answer: &str| Some((function.to_owned(), answer.to_owned()));
    assert_eq!(
        handler(relation("films"), "text/x-film"),
        expected("film_text", "text/X-Film")
    );
    assert_eq!(
        handler(HandlerTarget::AnyElement, "*/*"),
        expected("any_bytes", "application/octet-stream")
    );
    assert_eq!(
        handler(relation("page"), "text/x-film"),
        expected("text/X-Film", "text/X-Film")
    );
}

#[tokio::test]
async fn an_exposed_schema_that_does_not_exist_is_an_error() {
    let source = Undone::new().await;
    let refused = Catalog::load(&source, &options(&["shown", "gone"], &[])).await;
    let Err(CatalogError::Source(error)) = refused else {
        panic!("it was loaded");
    };
    assert!(
        error.to_string().contains("schema \"gone\" does not exist"),
        "{error}"
    );
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
