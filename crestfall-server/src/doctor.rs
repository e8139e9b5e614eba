//! What lets in whom it should not: each rule one query against the catalogue.

mod rule;

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::{Connection as _, PgConnection};

pub(crate) use rule::{Level, RULES};

/// Where to look, and for whom.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    /// Exposed schemas.
    pub(crate) schemas: Vec<String>,
    /// The roles of requests, without those that are meant to see everything.
    pub(crate) roles: Vec<String>,
    /// The role of requests without a credential.
    pub(crate) anonymous: String,
}

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The rule's id.
    pub(crate) rule: &'static str,
    /// How bad it is.
    pub(crate) level: Level,
    /// The object.
    pub(crate) place: String,
    /// What is wrong with it.
    pub(crate) finding: String,
    /// What to do: SQL, or where to look.
    pub(crate) remedy: String,
    /// Why it is let be, where somebody said so.
    pub(crate) ignored: Option<String>,
}

impl Finding {
    /// Whether it makes the whole examination fail.
    pub(crate) fn fails(&self) -> bool {
        self.level == Level::Error && self.ignored.is_none()
    }
}

/// Asks every rule. `ignore` has reasons by rule, or by rule and place (`CF-D001 public.films`).
///
/// # Errors
/// The database could not be asked.
pub(crate) async fn examine(
    connection: &mut PgConnection,
    scope: &Scope,
    ignore: &BTreeMap<String, String>,
) -> Result<Vec<Finding>, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    sqlx::query("set transaction read only")
        .execute(&mut *transaction)
        .await?;
    // Every name is told with its schema.
    sqlx::query("select set_config('search_path', '', true)")
        .execute(&mut *transaction)
        .await?;
    let mut findings = Vec::new();
    for rule in RULES {
        let rows: Vec<(String, String, String, bool)> = sqlx::query_as(rule.sql)
            .bind(&scope.schemas)
            .bind(&scope.roles)
            .bind(&scope.anonymous)
            .fetch_all(&mut *transaction)
            .await?;
        for (place, finding, remedy, is_worse) in rows {
            let reason = ignore.get(&format!("{} {place}", rule.id));
            let ignored = reason.or_else(|| ignore.get(rule.id)).cloned();
            let level = if is_worse { rule.worse } else { rule.level };
            findings.push(Finding {
                rule: rule.id,
                level,
                place,
                finding,
                remedy,
                ignored,
            });
        }
    }
    transaction.rollback().await?;
    findings.sort_by_key(|finding| finding.level);
    Ok(findings)
}

/// Reasons that name no rule, which would hide nothing.
pub(crate) fn unknown_rules(ignore: &BTreeMap<String, String>) -> Vec<&str> {
    let names = |key: &str| {
        RULES
            .iter()
            .any(|rule| key.split(' ').next() == Some(rule.id))
    };
    let keys = ignore.keys().map(String::as_str);
    keys.filter(|key| !names(key)).collect()
}

#[cfg(test)]
mod tests;
