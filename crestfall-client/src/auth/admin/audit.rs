//! What happened to all accounts.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Admin;
use crate::error::Error;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct AuditEntry {
    /// A UUID.
    pub id: String,
    /// Who did what: `action`, `actor_id`, `actor_username`, `log_type`, `traits`.
    pub payload: Map<String, Value>,
    /// When.
    pub created_at: String,
    /// Where it came from.
    #[serde(default)]
    pub ip_address: String,
}

/// Which entries are listed.
#[derive(Debug, Clone, Default)]
pub struct ListAudit {
    /// From 1.
    pub page: Option<u32>,
    /// Entries on a page. Default: 50.
    pub per_page: Option<u32>,
    /// `author:`, `action:` or `type:`, and a text.
    pub query: Option<String>,
}

impl Admin {
    /// What happened to all accounts, page by page, the newest first.
    ///
    /// # Errors
    /// `not_admin`, a query that is none; no answer.
    pub async fn audit(&self, list: ListAudit) -> Result<Vec<AuditEntry>, Error> {
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let request = self.0.get(&["admin", "audit"])?;
        let request = request
            .query_if("page", number(list.page).as_deref())
            .query_if("per_page", number(list.per_page).as_deref())
            .query_if("query", list.query.as_deref());
        self.0.fetch(request).await
    }
}
