//! One line of the log.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

/// What happened to one row, or one `TRUNCATE`, DDL command or event: a row of the view `audit.log`.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow)]
pub struct Entry {
    /// Its place in the log: where to go on reading.
    pub position: i64,
    /// When its statement ended.
    pub at: DateTime<Utc>,
    /// The transaction's number.
    pub transaction: String,
    /// `INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`, a DDL command's tag, or an event's name.
    pub operation: String,
    /// The table's schema.
    pub schema_name: Option<String>,
    /// The table, or the object of a DDL command.
    pub relation_name: Option<String>,
    /// The columns that name the row.
    pub key: Option<Value>,
    /// The row before.
    pub before: Option<Value>,
    /// The row after.
    pub after: Option<Value>,
    /// Of an update, the columns whose values differ.
    pub changed: Option<Vec<String>>,
    /// The subject: claim `sub`.
    pub actor: Option<String>,
    /// Claim `session_id`.
    pub session: Option<String>,
    /// Claim `api_key_id`.
    pub api_key: Option<String>,
    /// The active organisation: claim `org_id`.
    pub organisation: Option<String>,
    /// The request's id.
    pub request: Option<String>,
    /// The client's address.
    pub ip: Option<String>,
    /// The database role that acted.
    pub role: String,
    /// The role that logged in.
    pub login: String,
    /// Of a DDL command or event, what else is known of it.
    pub detail: Option<Value>,
}
