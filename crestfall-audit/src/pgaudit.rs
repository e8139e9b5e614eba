//! PostgreSQL's own audit log, as the extension pgaudit writes it into the server's log: read, and joined
//! with who was behind each request.
//!
//! The server's log is read in each of its forms (`log_destination` `csvlog`, `jsonlog`, `stderr`). A
//! request's id stands in the connection's application name while the request runs
//! (`crestfall/<id>`, setting `audit.name_requests`), which csvlog and jsonlog have in a field of its own
//! and stderr where `log_line_prefix` has `%a`.

mod csv;
mod line;
mod record;

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use crate::log::{Error, Log};
use crate::store;

pub use line::{Format, Reader};
pub use record::{Record, Scope};

/// What an application name begins with while a request runs; its id follows.
pub const REQUEST_PREFIX: &str = "crestfall/";

/// Who was behind a request, by what it wrote to tables under audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Actor {
    /// The request.
    pub request: String,
    /// The subject: claim `sub`.
    pub actor: Option<String>,
    /// Claim `session_id`.
    pub session: Option<String>,
    /// Claim `api_key_id`.
    pub api_key: Option<String>,
    /// The active organisation: claim `org_id`.
    pub organisation: Option<String>,
    /// The client's address.
    pub ip: Option<String>,
}

/// A record, and who was behind it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Joined {
    /// What pgaudit wrote.
    #[serde(flatten)]
    pub record: Record,
    /// None where the request is not known, or changed nothing under audit.
    pub actor: Option<Actor>,
}

impl Log {
    /// Finds who was behind records, by the ids of their requests.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn join(&self, records: Vec<Record>) -> Result<Vec<Joined>, Error> {
        let mut requests: Vec<String> = records
            .iter()
            .filter_map(|record| record.request.clone())
            .collect();
        requests.sort_unstable();
        requests.dedup();
        let actors = match span(&records) {
            Some((from, to)) if !requests.is_empty() => {
                store::actors(self.pool(), &requests, from, to).await?
            }
            _ => Vec::new(),
        };
        let find = |request: &str| {
            // Sorted by PostgreSQL in its own order: not searched by halves.
            actors
                .iter()
                .find(|actor| actor.request == request)
                .cloned()
        };
        Ok(records
            .into_iter()
            .map(|record| {
                let actor = record.request.as_deref().and_then(find);
                Joined { record, actor }
            })
            .collect())
    }
}

/// When the requests ran: some longer than what was logged of them, and lines without a time at any.
fn span(records: &[Record]) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    if records.iter().any(|record| record.at.is_none()) {
        return (!records.is_empty()).then_some((DateTime::UNIX_EPOCH, Utc::now()));
    }
    let times = || records.iter().filter_map(|record| record.at);
    let margin = Duration::hours(1);
    Some((times().min()? - margin, times().max()? + margin))
}
