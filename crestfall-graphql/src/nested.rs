//! Writing rows with the rows that belong to them, in an open transaction.
//!
//! Why several statements, where every other field is one: what one statement of data-modifying CTEs
//! inserts is not visible to its other parts. A policy of the children that looks for its parent
//! (`with check (exists (select from orders where ...))`), or a trigger that does, would not find it, and
//! such policies are the rule. So parents are inserted by a statement before that of their children.
//!
//! Why a statement for each row to insert: PostgreSQL does not promise in which order `insert ... select
//! ... returning` gives its rows, and may leave some out (a trigger that returns null, `on conflict do
//! nothing`), so which key belongs to which object would be a guess; assigning keys beforehand asks for
//! the privilege to write them, and is undone by triggers that change them. It also tells which object
//! PostgreSQL has refused. Statements that do not wait for each other's keys go to PostgreSQL together:
//! an insert takes one round trip for each level of objects, whatever their number, and rows that give
//! the same columns share one prepared statement. Updates and deletes need no such care: each is one
//! statement for all rows above.
//!
//! Keys travel as texts that PostgreSQL has written and reads again. The rows that are answered with are
//! read at the end by their primary keys: as triggers have left them, with their children.

use std::sync::Arc;

use crestfall_core::db::{
    Db, DbError, OpenTransaction, Param, PgError, Row, Rows, Scope, Statement,
};
use futures_util::future::BoxFuture;

use crate::compiled::{Compiled, Source};
use crate::config::Config;
use crate::plan::Key;
use crate::sql::{
    Before, FieldNames, FollowStep, FollowUp, InsertStep, NestedRoot, NestedWrite, UpdateStep,
    Written,
};
use crate::value::{Variables, array};

/// Why an operation that writes rows with others failed; nothing of it is kept.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The database refused, or is away.
    Db(DbError),
    /// The database refused the statement for this place in the arguments of a field.
    At(Key, String, Box<PgError>),
    /// What the database answered cannot be gone on with.
    Stopped(Key, Arc<str>, &'static str),
    /// More rows than may be inserted at once.
    TooMany(Key, usize),
}

impl From<DbError> for Failed {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// The columns that a row gives.
type Values = Vec<Param>;

/// What became of a row to insert.
struct Inserted {
    /// What it gives; none when there is no row, or it gives nothing.
    values: Option<Values>,
    count: u64,
}

/// Runs all fields of a mutation, in their order. The answers are those of plain statements, then those
/// of nested writes, each in its own order.
///
/// # Errors
/// The first thing that failed.
pub(crate) async fn run(
    db: &Db,
    scope: &Scope<'_>,
    (compiled, variables): (&Compiled, &Variables),
    config: &Config,
) -> Result<Vec<Rows>, Failed> {
    let most_rows = config.limits.list_items;
    let mut session = Session {
        logs: config.log_query,
        db,
        scope,
        open: None,
        variables,
        field: Key::from(""),
        most_rows,
        rows_left: most_rows,
    };
    let statements = compiled.statements(variables);
    let mut plain = Vec::with_capacity(statements.len());
    let mut nested = Vec::with_capacity(compiled.nested.len());
    let mut waiting = Vec::new();
    for (_, source) in &compiled.fields {
        match source {
            Source::Statement(index) => waiting.extend(statements.get(*index).cloned()),
            Source::Nested(index) => {
                plain.extend(session.run(&std::mem::take(&mut waiting)).await?);
                if let Some(write) = compiled.nested.get(*index) {
                    nested.push(session.write(write).await?);
                }
            }
            _ => {}
        }
    }
    plain.extend(session.run(&waiting).await?);
    session.commit().await?;
    plain.extend(nested);
    Ok(plain)
}

/// A transaction that is opened by its first statements.
struct Session<'a> {
    db: &'a Db,
    scope: &'a Scope<'a>,
    open: Option<OpenTransaction>,
    variables: &'a Variables,
    /// The field that is being answered.
    field: Key,
    most_rows: usize,
    /// How many rows may still be inserted.
    rows_left: usize,
    /// Statements are logged.
    logs: bool,
}

impl<'a> Session<'a> {
    async fn run(&mut self, statements: &[Statement]) -> Result<Vec<Rows>, DbError> {
        if statements.is_empty() {
            return Ok(Vec::new());
        }
        if self.logs {
            let mut texts: Vec<&Arc<str>> = statements.iter().map(|one| &one.sql).collect();
            texts.dedup();
            for text in texts {
                tracing::info!(db.query.text = %text, "graphql.execute");
            }
        }
        match &mut self.open {
            Some(open) => open.run(statements).await,
            None => {
                let (rows, open) = self.db.open(self.scope, statements).await?;
                self.open = Some(open);
                Ok(rows)
            }
        }
    }

    async fn commit(self) -> Result<(), DbError> {
        match self.open {
            Some(open) => open.commit().await,
            None => Ok(()),
        }
    }

    /// One field, to its answer.
    async fn write(&mut self, write: &'a NestedWrite) -> Result<Rows, Failed> {
        self.field = write.field.clone();
        let (count, rows) = match &write.root {
            NestedRoot::Insert(steps) => {
                let batch = steps.iter().map(|step| (step, Values::new())).collect();
                let inserted = self.insert(batch).await?;
                let count: u64 = inserted.iter().map(|inserted| inserted.count).sum();
                let rows = inserted.into_iter().filter_map(|inserted| inserted.values);
                (count, rows.collect())
            }
            NestedRoot::Update(step) => {
                let rows = self.update(step, Values::new()).await?;
                (rows.len() as u64, rows)
            }
        };
        let mut handed = vec![Param::from(count.to_string())];
        handed.extend(arrays(&rows, &write.key));
        let answer = [self.statement(&write.answer, &handed)];
        let answer = self.run(&answer).await?.pop();
        answer.ok_or(Failed::Db(DbError::Closed))
    }

    fn statement(&self, written: &Written, handed: &[Param]) -> Statement {
        let params = written.params.iter();
        Statement {
            sql: written.sql.clone(),
            params: params
                .map(|recipe| recipe.param_with(self.variables, handed))
                .collect(),
        }
    }

    /// Inserts rows, each handed what its columns take from others: first what they refer to, then they
    /// themselves in their order, then what refers to them.
    fn insert<'s>(
        &'s mut self,
        mut batch: Vec<(&'a InsertStep, Values)>,
    ) -> BoxFuture<'s, Result<Vec<Inserted>, Failed>> {
        Box::pin(async move {
            self.take_rows(batch.len())?;
            self.insert_before(&mut batch).await?;
            let statements: Vec<Statement> = batch
                .iter()
                .map(|(step, handed)| self.statement(&step.statement, handed))
                .collect();
            let answers = self.run(&statements).await;
            let answers = answers.map_err(|error| {
                let failed = statement_of(&error).and_then(|index| batch.get(index));
                self.at(error, failed.map(|(step, _)| (&step.path, &step.fields)))
            })?;
            let inserted = answers.iter().map(|rows| Inserted {
                values: rows.row(0).map(values),
                count: rows.rows_affected(),
            });
            let inserted: Vec<Inserted> = inserted.collect();
            self.insert_after(&batch, &inserted).await?;
            Ok(inserted)
        })
    }

    /// Rows that those of the batch refer to; the batch is handed their keys.
    async fn insert_before(
        &mut self,
        batch: &mut [(&'a InsertStep, Values)],
    ) -> Result<(), Failed> {
        let before = batch.iter().flat_map(|(step, _)| &step.before);
        let keys = self.insert_first(before).await?;
        let mut keys = keys.into_iter();
        for (step, handed) in batch {
            let count = step.before.len();
            handed.extend(keys.by_ref().take(count).flatten());
        }
        Ok(())
    }

    /// The keys of rows that others are to refer to.
    async fn insert_first(
        &mut self,
        before: impl Iterator<Item = &'a Before>,
    ) -> Result<Vec<Values>, Failed> {
        let before: Vec<&Before> = before.collect();
        if before.is_empty() {
            return Ok(Vec::new());
        }
        let batch = before.iter().map(|before| (&before.step, Values::new()));
        let inserted = self.insert(batch.collect()).await?;
        let keys = before.iter().zip(inserted).map(|(before, inserted)| {
            self.handed(inserted.values.as_deref(), &before.hands, &before.step.path)
        });
        keys.collect()
    }

    /// Rows that refer to those of the batch.
    async fn insert_after(
        &mut self,
        batch: &[(&'a InsertStep, Values)],
        inserted: &[Inserted],
    ) -> Result<(), Failed> {
        let mut after = Vec::new();
        for ((step, _), inserted) in batch.iter().zip(inserted) {
            for (hands, steps) in step.after.iter().filter(|(_, steps)| !steps.is_empty()) {
                let handed = self.handed(inserted.values.as_deref(), hands, &step.path)?;
                after.extend(steps.iter().map(|step| (step, handed.clone())));
            }
        }
        if !after.is_empty() {
            self.insert(after).await?;
        }
        Ok(())
    }

    /// What a row hands on.
    fn handed(
        &self,
        values: Option<&[Param]>,
        hands: &[usize],
        path: &Arc<str>,
    ) -> Result<Values, Failed> {
        let stopped = |why| Failed::Stopped(self.field.clone(), path.clone(), why);
        let values = values.ok_or_else(|| stopped(LEFT_OUT))?;
        let handed = hands.iter().map(|&place| match values.get(place) {
            Some(Param::Null) | None => Err(stopped(NO_KEY)),
            Some(value) => Ok(value.clone()),
        });
        handed.collect()
    }

    /// Changes rows and what belongs to them. What each of them gives.
    fn update<'s>(
        &'s mut self,
        step: &'a UpdateStep,
        handed: Values,
    ) -> BoxFuture<'s, Result<Vec<Values>, Failed>> {
        Box::pin(async move {
            let place = (&step.path, &step.fields);
            let mut rows = self.one(&step.find, &handed, place).await?;
            if rows.is_empty() {
                return Ok(rows);
            }
            if rows.len() > self.most_rows {
                return Err(Failed::TooMany(self.field.clone(), self.most_rows));
            }
            if let Some(change) = &step.change {
                let keys = self.insert_first(step.before.iter()).await?;
                let mut handed: Values = keys.into_iter().flatten().collect();
                handed.extend(arrays(&rows, &step.key));
                rows = self.one(change, &handed, place).await?;
            }
            for follow in &step.after {
                self.follow(follow, &rows, &step.path).await?;
            }
            Ok(rows)
        })
    }

    async fn follow(
        &mut self,
        follow: &'a FollowStep,
        rows: &[Values],
        path: &Arc<str>,
    ) -> Result<(), Failed> {
        match &follow.what {
            FollowUp::Insert(steps) => {
                let count = rows.len().saturating_mul(steps.len());
                self.check_rows(count)?;
                let mut batch = Vec::with_capacity(count);
                for row in rows {
                    let handed = self.handed(Some(row), &follow.hands, path)?;
                    batch.extend(steps.iter().map(|step| (step, handed.clone())));
                }
                if !batch.is_empty() {
                    self.insert(batch).await?;
                }
            }
            FollowUp::Update(step) => {
                if let Some(handed) = keys(rows, &follow.hands) {
                    self.update(step, handed).await?;
                }
            }
            FollowUp::Delete(path, delete) => {
                if let Some(handed) = keys(rows, &follow.hands) {
                    let fields = Arc::default();
                    self.one(delete, &handed, (path, &fields)).await?;
                }
            }
        }
        Ok(())
    }

    /// What each row of one statement gives.
    async fn one(
        &mut self,
        written: &Written,
        handed: &[Param],
        place: Place<'_>,
    ) -> Result<Vec<Values>, Failed> {
        let statement = [self.statement(written, handed)];
        let answers = self.run(&statement).await;
        let answers = answers.map_err(|error| self.at(error, Some(place)))?;
        let rows = answers.first().into_iter().flat_map(Rows::iter);
        Ok(rows.map(values).collect())
    }

    /// Counts rows that are about to be inserted.
    fn take_rows(&mut self, count: usize) -> Result<(), Failed> {
        self.check_rows(count)?;
        self.rows_left -= count;
        Ok(())
    }

    fn check_rows(&self, count: usize) -> Result<(), Failed> {
        match count <= self.rows_left {
            true => Ok(()),
            false => Err(Failed::TooMany(self.field.clone(), self.most_rows)),
        }
    }

    /// What PostgreSQL refused, with the place in the arguments that it is about.
    fn at(&self, error: DbError, place: Option<Place<'_>>) -> Failed {
        let (refused, (path, fields)) = match (error, place) {
            (DbError::Postgres(refused), Some(place)) => (refused, place),
            (error, _) => return Failed::Db(error),
        };
        let column = refused.column.as_deref();
        let input = match column.and_then(|column| fields.get(column)) {
            Some(field) => format!("{path}.{field}"),
            None => path.to_string(),
        };
        Failed::At(self.field.clone(), input, refused)
    }
}

/// A path in the arguments, and the fields of the rows there by their columns.
type Place<'p> = (&'p Arc<str>, &'p Arc<FieldNames>);

const LEFT_OUT: &str = "no row was written (onConflict, or a trigger), so that no other can refer to it; \
     with updateColumns the row that is there is meant";

const NO_KEY: &str = "the row that was written does not tell the key by which others refer to it";

/// The statement of a batch that failed.
fn statement_of(error: &DbError) -> Option<usize> {
    error.postgres().and_then(|refused| refused.statement)
}

fn values(row: Row<'_>) -> Values {
    let column = |value: Option<&[u8]>| {
        value.map_or(Param::Null, |value| Param::Text(value.to_vec().into()))
    };
    row.values().map(column).collect()
}

/// An array for each of these columns.
fn arrays<'r>(rows: &'r [Values], columns: &'r [usize]) -> impl Iterator<Item = Param> + 'r {
    columns.iter().map(|&column| {
        let items = rows.iter().map(|row| match row.get(column) {
            Some(Param::Text(text) | Param::Binary(text)) => {
                Some(String::from_utf8_lossy(text).into())
            }
            Some(Param::Null) | None => None,
        });
        Param::from(array(items))
    })
}

/// The same of the rows that have a value in each of them; none when there is no such row.
fn keys(rows: &[Values], columns: &[usize]) -> Option<Values> {
    let has_all = |row: &&Values| {
        let mut columns = columns.iter();
        columns.all(|&column| matches!(row.get(column), Some(Param::Text(_))))
    };
    let rows: Vec<Values> = rows.iter().filter(has_all).cloned().collect();
    (!rows.is_empty()).then(|| arrays(&rows, columns).collect())
}
