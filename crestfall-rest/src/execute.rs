//! Runs a plan's statement as the caller and reads its one row: the only I/O of a request.

use std::time::Duration;

use bytes::Bytes;
use crestfall_core::Catalog;
use crestfall_core::db::{
    Access, Db, DbError, End, Isolation, Param, Row, Rows, Scope, Share, Statement,
};

use crate::error::{ApiError, Error};
use crate::json;
use crate::media_type::MediaType;
use crate::plan::call::Arguments;
use crate::plan::negotiate::Handler;
use crate::plan::{Kind, StatementPlan};
use crate::request::prefer::{self, Handling, Representation, Transaction};
use crate::request::{ApiRequest, Mutation, RowRange};
use crate::respond::Answer;
use crate::settings::Settings;
use crate::sql::{self, Count, Shape, Sql};
use crate::transaction::Transaction as Context;

/// Times a transaction is tried when PostgreSQL could not serialise it with others.
const SERIALIZATION_TRIES: u32 = 4;

/// The statements that answer a request, and how their results are to be read.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) statements: Vec<Statement>,
    form: Form,
    end: End,
    /// No function of the database's users runs that could change the session.
    leaves_nothing: bool,
}

/// What the first statement gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One row with body and counts. The second statement, if any, estimates the count.
    Wrapped { estimates: Option<prefer::Count> },
    /// The rows themselves. The second statement says what SQL wants of the response.
    Rows,
    /// An execution plan.
    Explain,
}

impl Prepared {
    /// What SQL wants of the response is asked.
    fn reads_response(&self) -> bool {
        match self.form {
            Form::Wrapped { .. } => true,
            Form::Rows => self.statements.len() > 1,
            Form::Explain => false,
        }
    }

    /// Writes the statements of a plan.
    pub(crate) fn new(
        request: &ApiRequest,
        plan: &StatementPlan,
        settings: &Settings,
        catalog: &Catalog,
    ) -> Self {
        let end = ends(request, settings);
        let leaves_nothing = leaves_nothing(plan, settings, catalog);
        if let Some((rows, runs_functions)) = plain_rows(request, plan, settings, catalog) {
            let mut statements = vec![as_statement(rows)];
            if runs_functions {
                statements.push(as_statement(sql::response_settings()));
            }
            return Self {
                statements,
                form: Form::Rows,
                end,
                leaves_nothing,
            };
        }
        let preferences = &request.preferences;
        let limit = if matches!(plan.kind, Kind::Write { .. }) {
            None
        } else {
            settings.config.max_rows
        };
        let count = Count::of(preferences.count, limit);
        if let Some(call) = scalar_call(plan).filter(|_| count == Count::None) {
            return Self {
                statements: vec![as_statement(call)],
                form: Form::Wrapped { estimates: None },
                end,
                leaves_nothing,
            };
        }
        let main = sql::statement(
            plan,
            count,
            request.top_level_range,
            limit,
            preferences.representation,
        );
        let mut statements = vec![as_statement(main)];
        if matches!(plan.media_type, MediaType::Plan(_)) {
            return Self {
                statements,
                form: Form::Explain,
                end,
                leaves_nothing,
            };
        }
        let is_read = matches!(plan.kind, Kind::Read { .. });
        let estimates = preferences.count.filter(|count| {
            is_read && matches!(count, prefer::Count::Planned | prefer::Count::Estimated)
        });
        if estimates.is_some() {
            statements.push(as_statement(sql::planned_count(plan)));
        }
        Self {
            statements,
            form: Form::Wrapped { estimates },
            end,
            leaves_nothing,
        }
    }
}

/// Whether no function of the database's users runs.
fn leaves_nothing(plan: &StatementPlan, settings: &Settings, catalog: &Catalog) -> bool {
    let written_quietly = || {
        let table = catalog.tables.get(&plan.read.relation);
        table.is_some_and(|table| !table.writes_run_functions)
    };
    let quiet = match plan.kind {
        Kind::Read { .. } => true,
        Kind::Write { .. } => written_quietly(),
        Kind::Call { .. } => false,
    };
    quiet
        && settings.config.pre_request.is_none()
        && !matches!(plan.handler, Handler::Custom { .. })
        && !plan.read.runs_functions(catalog)
}

/// The statement of a request that needs nothing but rows, and whether functions may say what the
/// response is to be while it runs.
fn plain_rows(
    request: &ApiRequest,
    plan: &StatementPlan,
    settings: &Settings,
    catalog: &Catalog,
) -> Option<(Sql, bool)> {
    if matches!(plan.media_type, MediaType::Plan(_)) {
        return None;
    }
    let wants_rows = matches!(
        plan.handler,
        Handler::Json {
            strip_nulls: false,
            ..
        }
    );
    let table = catalog
        .tables
        .get(&plan.read.relation)
        .map(|table| &**table);
    match &plan.kind {
        Kind::Read { .. } if wants_rows && request.preferences.count.is_none() => Some((
            sql::rows(&plan.read, table)?,
            !leaves_nothing(plan, settings, catalog),
        )),
        Kind::Write { write, .. } if wants_rows || is_minimal(request, plan) => Some((
            sql::written_rows(write, &plan.read, table?, wants_rows)?,
            !leaves_nothing(plan, settings, catalog),
        )),
        Kind::Read { .. } | Kind::Write { .. } | Kind::Call { .. } => None,
    }
}

/// A write of which nothing but the number of rows is asked.
fn is_minimal(request: &ApiRequest, plan: &StatementPlan) -> bool {
    let representation = request.preferences.representation;
    plan.handler == Handler::None && matches!(representation, None | Some(Representation::Minimal))
}

/// The statement of a call whose result is the answer as it is.
fn scalar_call(plan: &StatementPlan) -> Option<Sql> {
    let Kind::Call { call, .. } = &plan.kind else {
        return None;
    };
    let is_json = matches!(
        plan.handler,
        Handler::Json {
            singular: false,
            strip_nulls: false
        }
    );
    let is_whole = plan.read.is_default_select()
        && plan.read.conditions.is_empty()
        && plan.read.order.is_empty()
        && plan.read.range == RowRange::ALL;
    let takes_apart = matches!(call.arguments, Arguments::Json { .. });
    let is_plan = matches!(plan.media_type, MediaType::Plan(_));
    (is_json && !is_plan && is_whole && !takes_apart && call.routine.returns_scalar())
        .then(|| sql::scalar_call(call))
}

/// Runs the statements of a plan.
///
/// # Errors
/// PostgreSQL's own; results the request does not want, in which case nothing is kept.
pub(crate) async fn execute(
    db: &Db,
    context: &Context<'_>,
    settings: &Settings,
    request: &ApiRequest,
    plan: &StatementPlan,
    prepared: &Prepared,
) -> Result<Answer, Error> {
    if settings.config.log_query
        && let Some(main) = prepared.statements.first()
    {
        // The text without its parameters, which are the caller's.
        tracing::info!(db.query.text = %main.sql, "rest.execute");
    }
    let run = Run {
        db,
        context,
        request,
        plan,
        prepared,
    };
    let rows = run.with_retries().await?;
    let mut answer = run.answer(&rows)?;
    if let Form::Wrapped {
        estimates: Some(kind),
    } = prepared.form
    {
        let planned = rows.get(1).and_then(planned_rows);
        let limit = settings.config.max_rows;
        answer.total = match kind {
            prefer::Count::Planned => planned,
            // The exact count stopped one past the limit; without a limit the larger one counts.
            prefer::Count::Estimated if answer.total > limit => answer.total.max(planned),
            prefer::Count::Estimated | prefer::Count::Exact => answer.total,
        };
    }
    Ok(answer)
}

/// A finished statement as the database wants it.
pub(crate) fn as_statement(sql: Sql) -> Statement {
    let (sql, params) = sql.finish();
    let param = |value: Option<Bytes>| value.map_or(Param::Null, Param::Text);
    Statement {
        sql,
        params: params.into_iter().map(param).collect(),
    }
}

/// Whether the transaction is kept, as the settings and the request say.
fn ends(request: &ApiRequest, settings: &Settings) -> End {
    let rolls_back = match request.preferences.transaction {
        Some(Transaction::Commit) => false,
        Some(Transaction::Rollback) => true,
        None => settings.config.tx_end.rolls_back(),
    };
    if rolls_back {
        End::Rollback
    } else {
        End::Commit
    }
}

/// Why a transaction was not kept.
enum Failure {
    Database(DbError),
    /// The result is not what the request wants.
    Unwanted(Error),
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

struct Run<'a> {
    db: &'a Db,
    context: &'a Context<'a>,
    request: &'a ApiRequest,
    plan: &'a StatementPlan,
    prepared: &'a Prepared,
}

impl Run<'_> {
    async fn with_retries(&self) -> Result<Vec<Rows>, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.run().await {
                Ok(rows) => return Ok(rows),
                Err(Failure::Unwanted(refusal)) => return Err(refusal),
                Err(Failure::Database(error))
                    if tries < SERIALIZATION_TRIES && self.may_retry(&error) =>
                {
                    tokio::time::sleep(pause(tries)).await;
                }
                Err(Failure::Database(error)) => return Err(self.context.failed(error)),
            }
        }
    }

    /// All of a transaction is in this request, so it can simply run again. Under READ COMMITTED
    /// 40001 means a replica cancelled it, where trying again would keep the replica behind.
    fn may_retry(&self, error: &DbError) -> bool {
        let serialises = matches!(
            self.context.isolation,
            Some(Isolation::RepeatableRead | Isolation::Serializable)
        );
        serialises
            && error
                .postgres()
                .is_some_and(|error| matches!(error.code.as_str(), "40001" | "40P01"))
    }

    async fn run(&self) -> Result<Vec<Rows>, Failure> {
        let Prepared {
            statements, end, ..
        } = self.prepared;
        let settings = self.context.settings(self.prepared.reads_response());
        let access = self.access();
        let scope = Scope {
            settings: &settings,
            access,
            isolation: self.context.isolation,
            end: *end,
            prelude: self.context.prelude.as_ref(),
            share: if access == Access::ReadOnly {
                Share::Pipelined
            } else {
                Share::Alone
            },
            leaves_nothing: self.prepared.leaves_nothing,
        };
        if access == Access::ReadOnly || !self.may_refuse() {
            return Ok(self.db.run(&scope, statements).await?);
        }
        // The result decides whether the change is kept.
        let (rows, transaction) = self.db.open(&scope, statements).await?;
        if let Err(refusal) = self.answer(&rows) {
            transaction.rollback().await?;
            return Err(Failure::Unwanted(refusal));
        }
        match *end {
            End::Commit => transaction.commit().await?,
            End::Rollback => transaction.rollback().await?,
        }
        Ok(rows)
    }

    fn access(&self) -> Access {
        let reads = match &self.plan.kind {
            Kind::Read { .. } => true,
            Kind::Write { .. } => false,
            Kind::Call { invocation, call } => call.is_read_only(*invocation),
        };
        if reads {
            Access::ReadOnly
        } else {
            Access::ReadWrite
        }
    }

    /// The number of rows can make the answer an error.
    fn may_refuse(&self) -> bool {
        let is_put = matches!(
            self.plan.kind,
            Kind::Write {
                mutation: Mutation::SingleUpsert,
                ..
            }
        );
        self.prepared.form != Form::Explain
            && (is_put || self.wants_one() || self.max_affected().is_some())
    }

    fn wants_one(&self) -> bool {
        matches!(self.plan.media_type, MediaType::Singular { .. })
    }

    fn max_affected(&self) -> Option<u64> {
        let preferences = &self.request.preferences;
        let most = preferences
            .max_affected
            .filter(|_| preferences.handling == Some(Handling::Strict))?;
        let heeds = match &self.plan.kind {
            Kind::Read { .. } => false,
            Kind::Write { mutation, .. } => matches!(mutation, Mutation::Update | Mutation::Delete),
            Kind::Call { .. } => true,
        };
        heeds.then(|| u64::try_from(most).unwrap_or(0))
    }

    fn rows_answer(&self, rows: &Rows, response: Option<&Rows>) -> Answer {
        let response = response.and_then(|response| response.row(0));
        let singular = matches!(self.plan.handler, Handler::Json { singular: true, .. });
        Answer {
            // A change that gives no rows back says how many there were.
            page: if rows.columns().is_empty() {
                rows.rows_affected()
            } else {
                rows.len() as u64
            },
            body: if singular {
                json::object(rows)
            } else {
                json::array(rows)
            },
            headers: response.and_then(|row| row.get_bytes(0)),
            status: response.and_then(|row| row.get_bytes(1)),
            ..Answer::default()
        }
    }

    /// Reads the results, and refuses what the request does not want.
    fn answer(&self, rows: &[Rows]) -> Result<Answer, Error> {
        let main = rows.first().ok_or(Error::Internal)?;
        let answer = match self.prepared.form {
            Form::Explain => {
                return Ok(Answer {
                    body: explained(main),
                    ..Answer::default()
                });
            }
            Form::Rows => self.rows_answer(main, rows.get(1)),
            Form::Wrapped { .. } => match main.row(0) {
                Some(row) => read_answer(main, row, Shape::of(self.plan)),
                // A custom handler that is no aggregate gives no row where a call gives none.
                None => {
                    return Ok(Answer {
                        total: Some(0),
                        ..Answer::default()
                    });
                }
            },
        };
        match &self.plan.kind {
            Kind::Write {
                mutation: Mutation::SingleUpsert,
                ..
            } if answer.page != 1 => {
                return Err(ApiError::PutMatchingPk.into());
            }
            Kind::Write {
                mutation: Mutation::SingleUpsert,
                ..
            } => {}
            Kind::Read { .. } | Kind::Write { .. } | Kind::Call { .. } => {
                if self.wants_one() && answer.page != 1 {
                    return Err(ApiError::Singularity(answer.page).into());
                }
            }
        }
        match self.max_affected() {
            Some(most) if answer.page > most => Err(ApiError::MaxAffected(answer.page).into()),
            Some(_) | None => Ok(answer),
        }
    }
}

fn read_answer(rows: &Rows, row: Row<'_>, shape: Shape) -> Answer {
    let is_bytea = rows
        .columns()
        .get(shape.body)
        .is_some_and(|column| column.type_oid == BYTEA);
    let body = row.get_bytes(shape.body).unwrap_or_default();
    let number = |index| row.get_str(index).and_then(|text| text.parse().ok());
    Answer {
        total: number(shape.total),
        page: number(shape.page).unwrap_or(0),
        location: shape.location.and_then(|index| row.get_bytes(index)),
        body: if is_bytea {
            bytea(&body).unwrap_or(body)
        } else {
            body
        },
        headers: row.get_bytes(shape.headers),
        status: row.get_bytes(shape.status),
        inserted: row
            .get_str(shape.inserted)
            .and_then(|text| text.parse().ok()),
    }
}

/// The OID of `bytea`, which handlers of binary media types return.
const BYTEA: u32 = 17;

/// Bytes in PostgreSQL's text form: hexadecimal, or escaped when `bytea_output` says so.
fn bytea(text: &[u8]) -> Option<Bytes> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    if let Some(digits) = text.strip_prefix(b"\\x") {
        let byte = |pair: &[u8]| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?);
        return digits.chunks(2).map(byte).collect();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (b'\\', [b'\\', tail @ ..]) => {
                bytes.push(b'\\');
                tail
            }
            (b'\\', [a, b, c, tail @ ..]) => {
                let octal = [a, b, c].iter().try_fold(0_u32, |value, &&byte| {
                    Some(value * 8 + char::from(byte).to_digit(8)?)
                })?;
                bytes.push(u8::try_from(octal).ok()?);
                tail
            }
            (byte, tail) => {
                bytes.push(byte);
                tail
            }
        };
    }
    Some(bytes.into())
}

/// An execution plan comes as one row of JSON or one row for each line of text.
fn explained(rows: &Rows) -> Bytes {
    let mut text = Vec::new();
    for row in rows.iter() {
        text.extend_from_slice(row.get(0).unwrap_or_default());
        text.push(b'\n');
    }
    text.into()
}

fn planned_rows(rows: &Rows) -> Option<u64> {
    let plan: serde_json::Value = serde_json::from_slice(rows.first()?).ok()?;
    plan.pointer("/0/Plan/Plan Rows")?.as_u64()
}

/// Longer for each try, so that those who collided do not meet again.
fn pause(tries: u32) -> Duration {
    Duration::from_millis(5 << tries.min(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_both_text_forms_pr_127() {
        assert_eq!(bytea(b"\\x00ff10").unwrap(), &b"\x00\xff\x10"[..]);
        assert_eq!(bytea(b"a\\\\b\\000\\377").unwrap(), &b"a\\b\x00\xff"[..]);
        assert_eq!(bytea(b"\\xzz"), None);
        assert_eq!(bytea(b"\\9"), Some(Bytes::from_static(b"\\9")));
    }
}
