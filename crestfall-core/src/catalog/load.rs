//! Asks a database what it holds. The queries stand in the `.sql` files beside.

use std::error::Error;

use super::rows::{self, Rows};
use super::{Catalog, assemble, details};

/// What of a database is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogOptions {
    /// Exposed schemas.
    pub schemas: Vec<String>,
    /// Schemas that are not exposed, but through whose views the keys of exposed views are followed.
    pub extra_search_path: Vec<String>,
    /// Names of the settings that are lifted from functions to their transaction.
    pub hoisted_settings: Vec<String>,
    /// Load [`Catalog::details`] too.
    pub details: bool,
}

/// One query of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogStatement {
    /// The text. Every row it gives has one column, a text that is not null.
    pub sql: &'static str,
    /// Parameters in text form; each is cast in the text, so they need no declared type.
    pub params: Vec<String>,
}

/// Where a catalogue can be loaded from.
pub trait CatalogSource {
    /// Why the database did not answer.
    type Error: Error + Send + Sync + 'static;

    /// Runs the statements in order in one transaction, repeatable read and read only, and gives the
    /// rows of each. The transaction must end before its connection is used again: the first
    /// statement changes settings for the length of the transaction.
    fn fetch(
        &self,
        statements: Vec<CatalogStatement>,
    ) -> impl Future<Output = Result<Vec<Vec<String>>, Self::Error>> + Send;
}

/// A catalogue could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The database could not be asked, or refused; an exposed schema may not exist.
    #[error("the database could not be asked for its catalogue")]
    Source(#[source] Box<dyn Error + Send + Sync>),
    /// A source gave rows for another number of statements than it was given.
    #[error("the catalogue's queries gave {0} results, which is not one for each")]
    Results(usize),
    /// A query answered with something else than it was written for.
    #[error("the catalogue's query `{query}` gave a row that is not understood")]
    Row {
        /// The query's file without its extension.
        query: &'static str,
        /// What is wrong with the row.
        source: serde_json::Error,
    },
    /// As above, for the query of the views.
    #[error("the catalogue's query `views` gave a row that is not understood")]
    ViewRow,
    /// Putting the catalogue together did not come to its end, as when the runtime shuts down.
    #[error("putting the catalogue together was interrupted")]
    Interrupted,
}

impl Catalog {
    /// Asks a database what it holds: one transaction, then pure work away from the async threads.
    ///
    /// # Errors
    /// When the database cannot be asked, or an exposed schema does not exist.
    pub async fn load(
        source: &impl CatalogSource,
        options: &CatalogOptions,
    ) -> Result<Self, CatalogError> {
        let answers = source
            .fetch(statements(options))
            .await
            .map_err(|error| CatalogError::Source(Box::new(error)))?;
        let options = options.clone();
        tokio::task::spawn_blocking(move || Ok(assemble::catalog(read(answers)?, &options)))
            .await
            .map_err(|_| CatalogError::Interrupted)?
    }
}

fn statements(options: &CatalogOptions) -> Vec<CatalogStatement> {
    let schemas = array(&options.schemas);
    let statement = |sql, params| CatalogStatement { sql, params };
    let mut statements = vec![
        statement(include_str!("session.sql"), vec![]),
        statement(include_str!("tables.sql"), vec![schemas.clone()]),
        statement(include_str!("keys.sql"), vec![]),
        statement(
            include_str!("views.sql"),
            vec![schemas.clone(), array(&options.extra_search_path)],
        ),
        statement(
            include_str!("routines.sql"),
            vec![schemas.clone(), array(&options.hoisted_settings)],
        ),
        statement(include_str!("computed.sql"), vec![]),
        statement(include_str!("representations.sql"), vec![]),
        statement(include_str!("handlers.sql"), vec![schemas.clone()]),
        statement(include_str!("roles.sql"), vec![]),
    ];
    if options.details {
        statements.extend(details::statements(&schemas));
    }
    statements
}

/// How many statements the first half of a catalogue has.
const BASE: usize = 9;

fn read(mut answers: Vec<Vec<String>>) -> Result<Rows, CatalogError> {
    let wrong = |answers: Vec<_>| CatalogError::Results(answers.len());
    let details = match answers.len() > BASE {
        true => Some(details::read(
            answers.split_off(BASE).try_into().map_err(wrong)?,
        )?),
        false => None,
    };
    let [
        _,
        tables,
        keys,
        views,
        routines,
        computed,
        representations,
        handlers,
        all_seeing,
    ]: [Vec<String>; BASE] = answers.try_into().map_err(wrong)?;
    Ok(Rows {
        tables: rows::from_json("tables", tables)?,
        keys: rows::from_json("keys", keys)?,
        views: rows::from_views(views)?,
        routines: rows::from_json("routines", routines)?,
        computed: rows::from_json("computed", computed)?,
        representations: rows::from_json("representations", representations)?,
        handlers: rows::from_json("handlers", handlers)?,
        all_seeing,
        details,
    })
}

/// An array of texts the way PostgreSQL reads it.
fn array(elements: &[String]) -> String {
    let mut text = String::from("{");
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push('"');
        for character in element.chars().filter(|&character| character != '\0') {
            if matches!(character, '"' | '\\') {
                text.push('\\');
            }
            text.push(character);
        }
        text.push('"');
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn array_elements_are_quoted() {
        let elements = [
            "a".into(),
            r#"odd "one"\"#.into(),
            String::new(),
            "b,c}".into(),
        ];
        assert_eq!(array(&elements), r#"{"a","odd \"one\"\\","","b,c}"}"#);
        assert_eq!(array(&[]), "{}");
    }

    #[test]
    fn a_result_too_few_is_an_error() {
        assert!(matches!(
            read(vec![vec![]; 8]),
            Err(CatalogError::Results(8))
        ));
    }

    #[test]
    fn details_are_asked_for_and_read_only_when_wanted() {
        let wanted = |details| CatalogOptions {
            details,
            ..CatalogOptions::default()
        };
        assert_eq!(statements(&wanted(false)).len(), BASE);
        let count = statements(&wanted(true)).len();
        assert!(read(vec![vec![]; BASE]).unwrap().details.is_none());
        assert!(read(vec![vec![]; count]).unwrap().details.is_some());
        assert!(read(vec![vec![]; count - 1]).is_err());
    }
}
