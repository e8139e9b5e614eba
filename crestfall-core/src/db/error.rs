//! What can go wrong between us and PostgreSQL.

use std::fmt;

/// Why PostgreSQL gave no answer, or which answer it refused to give.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// PostgreSQL refused a statement; the transaction is rolled back.
    #[error("{0}")]
    Postgres(Box<PgError>),
    /// PostgreSQL refused the connection itself: password, database name, too many clients, ...
    #[error("connection refused by PostgreSQL: {0}")]
    Refused(Box<PgError>),
    /// PostgreSQL could not be reached, or the connection broke while it worked.
    #[error("{0}")]
    Connection(String),
    /// No connection became free within the acquisition timeout.
    #[error("timed out waiting for a database connection")]
    PoolTimeout,
    /// Too many requests are waiting for a connection already.
    #[error("too many requests wait for a database connection")]
    QueueFull,
    /// A setting of the connection makes no sense.
    #[error("{0}")]
    Config(String),
    /// The result is larger than `max_result_bytes`.
    #[error("the result is larger than {limit} bytes")]
    ResultTooLarge {
        /// The configured limit.
        limit: usize,
    },
    /// A statement cannot be sent as it is: too many parameters, or a value over 1 GB.
    #[error("the statement cannot be sent: {0}")]
    Encode(String),
    /// The pool is closed.
    #[error("the database pool is closed")]
    Closed,
}

impl DbError {
    /// The error PostgreSQL reported, when it was PostgreSQL.
    pub fn postgres(&self) -> Option<&PgError> {
        match self {
            Self::Postgres(error) | Self::Refused(error) => Some(error),
            _ => None,
        }
    }

    /// Whether PostgreSQL could not be reached (as opposed to: answered with an error).
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Connection(_) | Self::Refused(_))
    }

    /// The same error again, for each of several requests it concerns.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Postgres(error) => Self::Postgres(error.clone()),
            Self::Refused(error) => Self::Refused(error.clone()),
            Self::Connection(text) => Self::Connection(text.clone()),
            Self::PoolTimeout => Self::PoolTimeout,
            Self::QueueFull => Self::QueueFull,
            Self::Config(text) => Self::Config(text.clone()),
            Self::ResultTooLarge { limit } => Self::ResultTooLarge { limit: *limit },
            Self::Encode(text) => Self::Encode(text.clone()),
            Self::Closed => Self::Closed,
        }
    }
}

/// An `ErrorResponse`: the fields of
/// [the protocol](https://www.postgresql.org/docs/current/protocol-error-fields.html) that are of use to a caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PgError {
    /// `ERROR`, `FATAL` or `PANIC`, never translated.
    pub severity: String,
    /// The SQLSTATE, five characters.
    pub code: String,
    /// The primary message.
    pub message: String,
    /// More about the problem.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where in the statement's text, in characters from 1.
    pub position: Option<u32>,
    /// Call stack of functions in which it happened.
    pub context: Option<String>,
    /// Schema of the object concerned.
    pub schema: Option<String>,
    /// Table concerned.
    pub table: Option<String>,
    /// Column concerned.
    pub column: Option<String>,
    /// Data type concerned.
    pub data_type: Option<String>,
    /// Constraint concerned.
    pub constraint: Option<String>,
    /// The function in PostgreSQL's source that reported it.
    pub routine: Option<String>,
    /// Which of the statements that were asked together, from 0; not of the protocol, and none when it
    /// is known of no statement, as at a commit.
    pub statement: Option<usize>,
}

impl PgError {
    /// Whether a prepared statement of ours went stale: it vanished, or its result type changed.
    pub(crate) fn is_stale_statement(&self) -> bool {
        match self.code.as_str() {
            "26000" => true,
            "0A000" => self.routine.as_deref() == Some("RevalidateCachedQuery"),
            _ => false,
        }
    }

    /// Whether PostgreSQL ended the connection in an orderly way: shutdown, restart, `pg_terminate_backend`.
    pub(crate) fn is_shutdown(&self) -> bool {
        matches!(self.code.as_str(), "57P01" | "57P02" | "57P03" | "57P05")
    }

    /// Whether the connection ends with this error.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(self.severity.as_str(), "FATAL" | "PANIC")
    }
}

impl fmt::Display for PgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.severity, self.message, self.code)
    }
}

impl std::error::Error for PgError {}
