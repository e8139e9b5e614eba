//! An operation from its text to its statements, over a schema that is always the same.

use std::convert::Infallible;
use std::sync::{Arc, LazyLock};

use crestfall_core::Catalog;
use crestfall_core::catalog::{CatalogOptions, CatalogSource, CatalogStatement};

use crate::compile;
use crate::compiled::{Compiled, DocumentRef, Documents, Known, Source};
use crate::config::{Introspection, Limits};
use crate::graphql::Outcome;
use crate::limit;
use crate::model::visible::Visible;
use crate::model::{self, Rules, Schema};
use crate::value::Variables;

/// What the database of `tests/it/fixture.sql` answers when it is asked for its catalogue. A test writes
/// it anew, `the_fuzzers_catalogue_is_written`.
const CATALOG: &str = include_str!("catalog.json");

/// More than any operation within the limits may take: a limit that lets more through is a finding.
const LONGEST_SQL: usize = 16 * 1024 * 1024;

/// A document, then after an empty line its variables, then perhaps others. A plan that is remembered
/// must be the one that would be made anew.
pub fn operation(text: &str) {
    static SCHEMAS: LazyLock<[Arc<Outcome>; 2]> = LazyLock::new(schemas);
    let mut parts = text.split("\n\n");
    let document = parts.next().unwrap_or_default();
    let sets: Vec<Variables> = parts.take(2).filter_map(variables).collect();
    let limits = Limits::default();
    let by = DocumentRef {
        version: 0,
        role: &"fuzz".into(),
        document,
        operation: None,
    };
    for outcome in &*SCHEMAS {
        let schema = schema(outcome);
        let Ok(read) = compile::read(document, None, &limits) else {
            return;
        };
        let documents = Documents::default();
        let known = documents.add(&by, read, outcome.clone());
        once(&documents, schema, &known, &Variables::new(), &limits);
        for variables in &sets {
            once(&documents, schema, &known, variables, &limits);
        }
    }
}

fn variables(json: &str) -> Option<Variables> {
    let json = serde_json::from_str(json).ok()?;
    let variables = compile::variables(json).ok()?;
    limit::check_variables(&variables, &Limits::default()).ok()?;
    Some(variables)
}

fn once(
    documents: &Documents,
    schema: &Schema,
    known: &Known,
    variables: &Variables,
    limits: &Limits,
) {
    let _ = compile::check_required(known.operation(), variables);
    let remembered = documents.plan(known, schema, variables);
    let made = compile::compile(schema, known, variables, limits);
    match (made, remembered) {
        (Err(response), None) => assert!(!response.errors.is_empty()),
        (Err(response), Some(_)) => panic!("remembered, and refused: {:?}", response.errors),
        (Ok((made, _)), Some(remembered)) => assert_same(&made, &remembered, variables),
        (Ok((made, reads)), None) => {
            check(&made, variables);
            documents.keep(known, schema, variables, &reads, &made.into());
        }
    }
}

fn assert_same(made: &Compiled, remembered: &Compiled, variables: &Variables) {
    let statements = |compiled: &Compiled| {
        let statements = compiled.statements(variables).into_iter();
        statements
            .map(|statement| (statement.sql, statement.params))
            .collect::<Vec<_>>()
    };
    assert_eq!(statements(made), statements(remembered));
    for ((key, one), (other_key, other)) in made.fields.iter().zip(&remembered.fields) {
        assert_eq!(key, other_key);
        if let (Source::Constant(one), Source::Constant(other)) = (one, other) {
            assert_eq!(one, other);
        }
    }
}

/// Every value has its place and every place its value; names of the document are nowhere.
fn check(compiled: &Compiled, variables: &Variables) {
    for statement in compiled.statements(variables) {
        let sql = &*statement.sql;
        assert!(sql.len() <= LONGEST_SQL && !sql.contains('\0'));
        for place in 1..=statement.params.len() {
            assert!(sql.contains(&format!("${place}")), "{sql}");
        }
        let beyond = format!("${}", statement.params.len() + 1);
        assert!(!sql.contains(&beyond), "{sql}");
    }
}

/// All that there is, and only what may be read, with pg_graphql's deviations.
fn schemas() -> [Arc<Outcome>; 2] {
    let catalog = catalog();
    let details = catalog.details.as_ref().expect("they were asked for");
    let schema = |writes: bool| {
        let rules = Rules {
            schemas: &["library".to_owned()],
            introspection: Introspection::On,
            is_drop_in: !writes,
            is_extended: writes,
        };
        let visible = Visible::all(&catalog, details, writes);
        let schema = model::build(&catalog, details, &visible, rules).expect("good comments");
        Arc::new(Ok(match writes {
            true => schema.with_subscriptions(),
            false => schema,
        }))
    };
    [schema(true), schema(false)]
}

fn schema(outcome: &Outcome) -> &Schema {
    outcome.as_ref().expect("it was made")
}

struct Recorded;

impl CatalogSource for Recorded {
    type Error = Infallible;

    async fn fetch(&self, _: Vec<CatalogStatement>) -> Result<Vec<Vec<String>>, Infallible> {
        Ok(serde_json::from_str(CATALOG).expect("lists of texts"))
    }
}

fn catalog() -> Catalog {
    let options = CatalogOptions {
        schemas: vec!["library".into()],
        extra_search_path: vec!["public".into()],
        details: true,
        ..CatalogOptions::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let loading = Catalog::load(&Recorded, &options);
    runtime
        .expect("a runtime")
        .block_on(loading)
        .expect("the recorded catalogue is one of this version")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_catalogue_is_one_that_operations_are_planned_over() {
        let [all, read_only] = schemas();
        assert!(schema(&all).mutation.is_some() && schema(&all).subscription.is_some());
        assert!(schema(&read_only).subscription.is_none());
        let limits = Limits::default();
        for outcome in [&all, &read_only] {
            let documents = Documents::default();
            let by = DocumentRef {
                version: 0,
                role: &"fuzz".into(),
                document: "query($n: Int) { bookCollection(first: $n) { edges { node { id } } } }",
                operation: None,
            };
            let read = compile::read(by.document, None, &limits).unwrap();
            let known = documents.add(&by, read, outcome.clone());
            let planned = compile::compile(schema(outcome), &known, &Variables::new(), &limits);
            assert_eq!(planned.unwrap().0.statements.len(), 1);
        }
    }

    #[test]
    fn what_the_fuzzer_begins_with_is_planned() {
        let seeds = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../fuzz/corpus/graphql_operation"
        );
        let [all, _] = schemas();
        let mut found = 0;
        for seed in std::fs::read_dir(seeds).unwrap() {
            let text = std::fs::read_to_string(seed.unwrap().path()).unwrap();
            operation(&text);
            let mut parts = text.split("\n\n");
            let (documents, limits) = (Documents::default(), Limits::default());
            let by = DocumentRef {
                version: 0,
                role: &"fuzz".into(),
                document: parts.next().unwrap(),
                operation: None,
            };
            let read = compile::read(by.document, None, &limits).unwrap();
            let known = documents.add(&by, read, all.clone());
            let given = parts
                .next()
                .map_or_else(Variables::new, |json| variables(json).unwrap());
            let planned = compile::compile(schema(&all), &known, &given, &limits);
            let planned =
                planned.unwrap_or_else(|response| panic!("{text}: {:?}", response.errors));
            assert!(
                planned.0.errors.is_empty(),
                "{text}: {:?}",
                planned.0.errors
            );
            found += 1;
        }
        assert!(found >= 10, "{found}");
    }
}
