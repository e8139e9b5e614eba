//! Hand-made rows, and what is made of them.

use super::super::Cardinality;
use super::super::rows::{KeyKind, KeyRow, ViewRow};
use super::*;

fn options(schemas: &[&str]) -> CatalogOptions {
    CatalogOptions {
        schemas: schemas.iter().map(|&name| name.into()).collect(),
        ..CatalogOptions::default()
    }
}

fn numbered(columns: &[&str]) -> Vec<(i16, String)> {
    (1..).zip(columns.iter().map(|&name| name.into())).collect()
}

fn relation(oid: u32) -> (u32, String, String) {
    (oid, "api".into(), format!("t{oid}"))
}

fn table(oid: u32, columns: &[&str]) -> TableRow {
    let column = |(number, name)| {
        let data_type = || "integer".to_owned();
        ColumnRow(
            number,
            name,
            None,
            true,
            data_type(),
            data_type(),
            23,
            false,
            None,
            None,
            None,
        )
    };
    let (_, schema, name) = relation(oid);
    TableRow {
        oid,
        schema,
        name,
        description: None,
        is_view: false,
        insertable: true,
        updatable: true,
        deletable: true,
        runs_functions: false,
        writes_run_functions: false,
        is_protected: true,
        row_security: false,
        columns: numbered(columns).into_iter().map(column).collect(),
    }
}

fn key(kind: KeyKind, name: &str, oid: u32, columns: &[(i16, &str)]) -> KeyRow {
    KeyRow {
        kind,
        name: name.into(),
        inherited: false,
        table: relation(oid),
        columns: columns
            .iter()
            .map(|&(number, name)| (number, name.into()))
            .collect(),
        foreign_table: None,
        foreign_columns: vec![],
    }
}

fn foreign(name: &str, oid: u32, column: (i16, &str), target: u32) -> KeyRow {
    KeyRow {
        foreign_table: Some(relation(target)),
        foreign_columns: numbered(&["id"]),
        ..key(KeyKind::Foreign, name, oid, &[column])
    }
}

fn view(oid: u32, columns: &[&str], origins: &[(u32, i16)]) -> (TableRow, ViewRow) {
    let mut tree = String::from("({QUERY :targetList (");
    for (resno, (relation, column)) in (1..).zip(origins) {
        tree.push_str(&format!(
            "{{TARGETENTRY :resno {resno} :resorigtbl {relation} :resorigcol {column} :resjunk false}} "
        ));
    }
    tree.push_str(")})");
    let row = TableRow {
        is_view: true,
        ..table(oid, columns)
    };
    (row, ViewRow { oid, tree })
}

fn junctions(catalog: &Catalog) -> Vec<(String, String, String)> {
    let mut found: Vec<_> = catalog
        .relationships
        .values()
        .flatten()
        .filter_map(|relationship| match &**relationship {
            Relationship::Keyed {
                table,
                foreign_table,
                cardinality: Cardinality::ManyToMany(junction),
                ..
            } => Some([table, &junction.table, foreign_table].map(|name| name.name.to_string())),
            _ => None,
        })
        .map(Into::into)
        .collect();
    found.sort();
    found
}

fn count(catalog: &Catalog) -> usize {
    catalog.relationships.values().map(Vec::len).sum()
}

/// Tables 1 and 2, and 3 between them.
fn junction() -> Rows {
    let primary = |oid, columns| key(KeyKind::Primary, "key", oid, columns);
    Rows {
        tables: vec![
            table(1, &["id"]),
            table(2, &["id"]),
            table(3, &["a", "b", "c"]),
        ],
        keys: vec![
            primary(1, &[(1, "id")]),
            primary(2, &[(1, "id")]),
            primary(3, &[(2, "b"), (1, "a")]),
            foreign("to_1", 3, (1, "a"), 1),
            foreign("to_2", 3, (2, "b"), 2),
        ],
        ..Rows::default()
    }
}

#[test]
fn every_ordered_pair_over_a_junction_is_a_relationship() {
    let catalog = catalog(junction(), &options(&["api"]));
    let expected = [("t1", "t3", "t2"), ("t2", "t3", "t1")];
    let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(junctions(&catalog), expected);
    assert_eq!(count(&catalog), 6);
}

#[test]
fn a_foreign_key_outside_the_primary_key_makes_no_junction() {
    let mut rows = junction();
    rows.keys.push(foreign("also", 3, (3, "c"), 1));
    assert_eq!(junctions(&catalog(rows, &options(&["api"]))).len(), 2);
}

#[test]
fn a_view_stands_for_its_table_at_either_end() {
    let mut rows = junction();
    let (table, tree) = view(9, &["one"], &[(1, 1)]);
    rows.tables.push(table);
    rows.views.push(tree);
    let catalog = catalog(rows, &options(&["api"]));
    assert!(junctions(&catalog).contains(&("t2".into(), "t3".into(), "t9".into())));
    let name = QualifiedName::new("api", "t9");
    assert_eq!(&*catalog.find_table(&name).unwrap().primary_key[0], "one");
    let t1 = QualifiedName::new("api", "t1");
    // A view and its table reach each other over the junction only by different keys.
    assert!(
        !catalog
            .relationships_from(&t1, "api")
            .iter()
            .any(|found| *found.foreign_table() == name)
    );
}

#[test]
fn a_view_whose_tree_is_not_understood_has_no_keys() {
    let mut rows = junction();
    let (table, _) = view(9, &["one"], &[]);
    rows.tables.push(table);
    rows.views.push(ViewRow {
        oid: 9,
        tree: "({QUERY".into(),
    });
    assert_eq!(count(&catalog(rows, &options(&["api"]))), 6);
}

#[test]
fn uniqueness_does_not_depend_on_the_order_of_columns() {
    let mut rows = junction();
    rows.keys.push(KeyRow {
        columns: vec![(1, "a".into()), (2, "b".into())],
        ..foreign("both", 3, (1, "a"), 1)
    });
    let catalog = catalog(rows, &options(&["api"]));
    let found = catalog.relationships_from(&QualifiedName::new("api", "t3"), "api");
    let one_to_one = |found: &&Arc<Relationship>| matches!(&***found, Relationship::Keyed { cardinality: Cardinality::OneToOne { constraint, .. }, .. } if &**constraint == "both");
    assert_eq!(found.iter().filter(one_to_one).count(), 1);
}

#[test]
fn what_partitions_inherit_is_no_foreign_key_of_theirs() {
    let mut rows = junction();
    rows.keys.push(KeyRow {
        inherited: true,
        ..foreign("inherited", 3, (3, "c"), 1)
    });
    assert_eq!(count(&catalog(rows, &options(&["api"]))), 6);
}

#[test]
fn nothing_leads_into_a_schema_that_is_not_exposed() {
    assert_eq!(count(&catalog(junction(), &options(&["other"]))), 0);
}

#[test]
fn a_computed_relationship_replaces_those_to_the_relation_of_its_name_only() {
    let name = |name: &str| ("api".to_owned(), name.to_owned());
    let mut rows = junction();
    rows.keys.push(foreign("also", 3, (3, "c"), 2));
    rows.computed.push(ComputedRow {
        function: name("t2"),
        table: name("t3"),
        foreign_table: name("t1"),
        to_one: true,
    });
    let catalog = catalog(rows, &options(&["api"]));
    let found = catalog.relationships_from(&QualifiedName::new("api", "t3"), "api");
    let targets: Vec<&str> = found
        .iter()
        .map(|found| &*found.foreign_table().name)
        .collect();
    // Those found from keys come first; both keys to t2 are gone.
    assert_eq!(targets, ["t1", "t1"]);
    assert!(matches!(&*found[1], Relationship::Computed { .. }));
}

#[test]
fn of_two_handlers_the_one_of_the_first_schema_wins() {
    let handler = |schema: &str| HandlerRow {
        function: (schema.into(), "make".into()),
        target: None,
        media_type: "Text/Plain".into(),
    };
    let rows = Rows {
        handlers: vec![handler("a"), handler("b")],
        ..Rows::default()
    };
    let catalog = catalog(rows, &options(&["b", "a"]));
    let key = (HandlerTarget::AnyElement, "text/plain".into());
    assert_eq!(&*catalog.media_handlers[&key].function.schema, "b");
}
