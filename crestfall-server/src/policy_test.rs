//! Tests of policies: "as this user, that query sees these rows", in TOML.
//!
//! Everything of a file happens in one transaction that is rolled back: `setup` first, as the user who
//! connected; then each case from the same state, under its role and claims.

mod compare;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use compare::difference;

/// A file of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Statements that make what the cases need.
    #[serde(default)]
    setup: String,
    /// Whom cases name in `as`.
    #[serde(default)]
    users: BTreeMap<String, Map<String, Value>>,
    /// The cases.
    #[serde(default, rename = "case")]
    cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// A name of `users`, or claims; `role` among them is the database role.
    #[serde(rename = "as")]
    who: Who,
    query: String,
    /// The rows, in any order; of each, the columns that are named.
    rows: Option<Vec<Map<String, Value>>>,
    /// How many rows are seen.
    count: Option<usize>,
    /// How many rows a write without `returning` changes.
    affected: Option<u64>,
    /// The error: its SQLSTATE, or a part of its message.
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Who {
    Named(String),
    Claims(Map<String, Value>),
}

/// What became of a case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    /// Why it failed, in lines.
    pub(crate) failure: Option<String>,
}

/// Why a file could not be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It is no such file.
    #[error("{0}")]
    File(String),
    /// Its set-up was refused.
    #[error("setup: {0}")]
    Setup(String),
    /// The database could not be asked.
    #[error("the database could not be asked: {0}")]
    Database(#[from] sqlx::Error),
}

/// What a query gave.
enum Answer {
    Rows(Vec<Value>),
    Affected(u64),
    Refused { code: String, message: String },
}

impl File {
    /// Reads a file and sees whether its cases can be decided.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let file: Self = toml::from_str(text).map_err(|error| Error::File(error.to_string()))?;
        for case in &file.cases {
            let wrong = |what: &str| Err(Error::File(format!("case \"{}\": {what}", case.name)));
            let expectations = [
                case.rows.is_some(),
                case.count.is_some(),
                case.affected.is_some(),
                case.error.is_some(),
            ];
            if expectations.iter().filter(|is| **is).count() != 1 {
                return wrong("exactly one of rows, count, affected and error is expected");
            }
            let claims = file.claims(case)?;
            if !claims.get("role").is_some_and(Value::is_string) {
                return wrong("its user has no `role`");
            }
        }
        if file.cases.is_empty() {
            return Err(Error::File("there is no [[case]] in it".to_owned()));
        }
        Ok(file)
    }

    fn claims(&self, case: &Case) -> Result<Map<String, Value>, Error> {
        match &case.who {
            Who::Claims(claims) => Ok(claims.clone()),
            Who::Named(name) => self.users.get(name).cloned().ok_or_else(|| {
                Error::File(format!(
                    "case \"{}\": there is no user \"{name}\" in [users]",
                    case.name
                ))
            }),
        }
    }

    /// Runs every case.
    ///
    /// # Errors
    /// The set-up is refused, or the database away. Cases that fail are outcomes.
    pub(crate) async fn run(&self, connection: &mut PgConnection) -> Result<Vec<Outcome>, Error> {
        let mut transaction = connection.begin().await?;
        if !self.setup.trim().is_empty() {
            sqlx::raw_sql(AssertSqlSafe(self.setup.clone()))
                .execute(&mut *transaction)
                .await
                .map_err(|error| Error::Setup(error.to_string()))?;
        }
        let mut outcomes = Vec::new();
        for case in &self.cases {
            let claims = self.claims(case)?;
            let mut savepoint = transaction.begin().await?;
            let answer = ask(&mut savepoint, case, &claims).await?;
            savepoint.rollback().await?;
            outcomes.push(Outcome {
                name: case.name.clone(),
                failure: case.judge(&answer),
            });
        }
        transaction.rollback().await?;
        Ok(outcomes)
    }
}

async fn ask(
    connection: &mut PgConnection,
    case: &Case,
    claims: &Map<String, Value>,
) -> Result<Answer, Error> {
    let role = claims
        .get("role")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let become_user = sqlx::query(
        "select set_config('request.jwt.claims', $1, true), set_config('role', $2, true)",
    )
    .bind(Value::Object(claims.clone()).to_string())
    .bind(role)
    .execute(&mut *connection)
    .await;
    if let Err(error) = become_user {
        return refused(error);
    }
    let query = case.query.trim().trim_end_matches(';');
    if case.affected.is_some() {
        let done = sqlx::query(AssertSqlSafe(query.to_owned()))
            .execute(connection)
            .await;
        return done.map_or_else(refused, |done| Ok(Answer::Affected(done.rows_affected())));
    }
    // A write may give rows as well, so it is no subquery.
    let returns = case.error.is_none();
    let text = match returns {
        true => format!("with answer as (\n{query}\n) select to_jsonb(answer) from answer"),
        false => query.to_owned(),
    };
    let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(connection).await;
    let rows = match rows {
        Ok(rows) => rows,
        Err(error) => return refused(error),
    };
    let values = rows.iter().map(|row| match returns {
        true => row.try_get::<Value, _>(0),
        false => Ok(Value::Null),
    });
    Ok(Answer::Rows(values.collect::<Result<_, _>>()?))
}

fn refused(error: sqlx::Error) -> Result<Answer, Error> {
    match error.as_database_error() {
        Some(refusal) => Ok(Answer::Refused {
            code: refusal.code().unwrap_or_default().into_owned(),
            message: refusal.message().to_owned(),
        }),
        None => Err(error.into()),
    }
}

impl Case {
    /// Why the answer is not the one expected.
    fn judge(&self, answer: &Answer) -> Option<String> {
        match (answer, &self.error) {
            (Answer::Refused { code, message }, Some(error)) => {
                let fits = code == error || message.contains(error.as_str());
                (!fits).then(|| format!("expected the error {error}, got {code}: {message}"))
            }
            (Answer::Refused { code, message }, None) => {
                Some(format!("it was refused ({code}): {message}"))
            }
            (Answer::Rows(rows), Some(error)) => Some(format!(
                "expected the error {error}, but it was allowed ({} rows)",
                rows.len()
            )),
            (Answer::Affected(_), Some(error)) => {
                Some(format!("expected the error {error}, but it was allowed"))
            }
            (Answer::Affected(found), None) => {
                let expected = self.affected.unwrap_or_default();
                (*found != expected)
                    .then(|| format!("expected {expected} rows changed, {found} were"))
            }
            (Answer::Rows(found), None) => match (&self.rows, self.count) {
                (Some(expected), _) => difference(expected, found),
                (None, Some(expected)) if expected != found.len() => Some(format!(
                    "expected {expected} rows, saw {}{}",
                    found.len(),
                    compare::sample(found)
                )),
                (None, _) => None,
            },
        }
    }
}

/// The outcomes as JSON.
pub(crate) fn report(path: &str, outcomes: &[Outcome]) -> Value {
    let cases = outcomes.iter().map(|outcome| {
        json!({ "name": outcome.name, "ok": outcome.failure.is_none(), "failure": outcome.failure })
    });
    json!({ "file": path, "cases": cases.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests;
