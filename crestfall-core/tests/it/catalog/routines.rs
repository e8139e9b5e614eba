//! Functions: what can be called, casts of domains, media types.

use std::sync::Arc;

use crestfall_core::catalog::{HandlerTarget, Routine, Volatility};
use crestfall_core::name::QualifiedName;

use super::*;

fn routine<'a>(catalog: &'a Catalog, name: &str) -> &'a Routine {
    match catalog.routine_named("shown", name) {
        [one] => one,
        other => panic!("{} routines {name}", other.len()),
    }
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
