//! How relations lead to one another.

use std::sync::Arc;

use crestfall_core::catalog::{Cardinality, Relationship};
use crestfall_core::name::QualifiedName;

use super::*;

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
