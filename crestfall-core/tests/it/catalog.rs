//! The catalogue of a small cinema, which is made and undone within a transaction.

mod relations;
mod relationships;
mod routines;

use crestfall_core::catalog::{
    Catalog, CatalogError, CatalogOptions, CatalogSource, CatalogStatement, Table,
};
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

fn key(catalog: &Catalog, name: &str) -> Vec<String> {
    let key = &table(catalog, name).primary_key;
    key.iter().map(|column| column.to_string()).collect()
}

#[tokio::test]
async fn odd_names_are_taken_as_they_are() {
    let catalog = load(&["shown", ODD_SCHEMA], &[]).await;
    assert_eq!(key(&catalog, "odd"), ["} ("]);
    let odd = catalog.table(ODD_SCHEMA, "the {table}").unwrap();
    assert_eq!(&*odd.primary_key[0], "a (b) \\ c");
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
