use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

use super::set::Migration;
use super::statements::Statement;

/// Why migrations were not applied.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached.
    #[error("could not connect to the database to migrate")]
    Connect(#[source] sqlx::Error),
    /// The directory or a file in it cannot be read.
    #[error("could not read {path}")]
    Read {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file whose place in the order is unclear.
    #[error(
        "{path}: a migration is named by a number of four digits or more and a word, such as `0001_films.sql`"
    )]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// Two files with the same number.
    #[error("{first} and {second} have the same number: give the newer one the next that is free")]
    Duplicate {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// An applied migration reads differently now.
    #[error(
        "{set}/{name} has been changed after it was applied to this database: \
         restore its text and put the change into a new migration"
    )]
    Changed {
        /// The set.
        set: String,
        /// The migration.
        name: String,
    },
    /// A migration that should have run before one that has run already.
    #[error(
        "{set}/{name} has not been applied, but {applied}, which comes after it, has: \
         give it a number after that"
    )]
    OutOfOrder {
        /// The set.
        set: String,
        /// The late one.
        name: String,
        /// The last applied.
        applied: String,
    },
    /// Another node has been migrating for too long.
    #[error("another process has been migrating this database for {} seconds", waited.as_secs())]
    Busy {
        /// How long was waited.
        waited: Duration,
    },
    /// A statement was refused.
    #[error("{0}")]
    Statement(Box<StatementError>, #[source] sqlx::Error),
    /// `begin` or `commit` in a file that runs in a transaction.
    #[error(
        "{file}:{line}: a migration runs in one transaction and cannot begin or end its own; \
         leave the statement out, or make the first line `-- crestfall: no transaction`"
    )]
    TransactionControl {
        /// The file.
        file: String,
        /// Where.
        line: usize,
    },
    /// Data that only psql could send.
    #[error("{file}:{line}: `copy … from stdin` works in psql alone; use `insert`")]
    CopyFromClient {
        /// The file.
        file: String,
        /// Where.
        line: usize,
    },
    /// The record of what was applied cannot be read or written.
    #[error("could not keep the record of migrations (crestfall.migrations)")]
    Record(#[source] sqlx::Error),
}

/// A refused statement: where it stands and what PostgreSQL says of it.
#[derive(Debug, PartialEq, Eq)]
pub struct StatementError {
    /// The file.
    pub file: String,
    /// The line that PostgreSQL means, or the statement's first.
    pub line: Option<usize>,
    /// The statement, cut when it is long.
    pub statement: String,
    /// PostgreSQL's message.
    pub message: String,
    /// Its detail, hint and context.
    pub notes: Vec<String>,
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)?;
        for note in &self.notes {
            write!(f, "\n{note}")?;
        }
        if !self.statement.is_empty() {
            write!(f, "\nin the statement:\n{}", self.statement)?;
        }
        Ok(())
    }
}

pub(super) fn sql_failure(
    migration: &Migration,
    statement: Option<&Statement<'_>>,
    source: sqlx::Error,
) -> Error {
    let database = source
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    let mut notes = Vec::new();
    let mut message = source.to_string();
    let mut offset = 0;
    if let Some(error) = database {
        message = format!("{} ({})", error.message(), error.code());
        let parts = [
            ("detail", error.detail()),
            ("hint", error.hint()),
            ("context", error.r#where()),
        ];
        for (label, text) in parts {
            notes.extend(text.map(|text| format!("{label}: {text}")));
        }
        if let (Some(PgErrorPosition::Original(at)), Some(statement)) =
            (error.position(), statement)
        {
            offset = lines_before(statement.text, at);
        }
    }
    let error = StatementError {
        file: migration.file(),
        line: statement.map(|statement| statement.line + offset),
        statement: statement
            .map(|statement| shorten(statement.text))
            .unwrap_or_default(),
        message,
        notes,
    };
    Error::Statement(Box::new(error), source)
}

/// Line feeds before a position, counted in characters from one.
fn lines_before(text: &str, position: usize) -> usize {
    text.chars()
        .take(position.saturating_sub(1))
        .filter(|&character| character == '\n')
        .count()
}

fn shorten(text: &str) -> String {
    const LONGEST: usize = 600;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}
