//! The one statement that answers a request: rows, their count, the body made of them and what
//! SQL functions said about the response.

use crestfall_core::catalog::{HandlerTarget, Routine};
use crestfall_core::name::literal;

use super::Sql;
use crate::media_type::{MediaType, PlanMediaType};
use crate::plan::negotiate::Handler;
use crate::plan::read::SOURCE;
use crate::plan::{Kind, StatementPlan};
use crate::request::prefer::Representation;
use crate::request::{RowRange, prefer};

/// What the count of all rows costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    None,
    /// Every row.
    Exact,
    /// Up to so many rows and one more, when there is a limit.
    UpTo(Option<u64>),
}

impl Count {
    /// What a preference asks the statement itself to count.
    pub(crate) fn of(preference: Option<prefer::Count>, max_rows: Option<u64>) -> Self {
        match preference {
            Some(prefer::Count::Exact) => Self::Exact,
            Some(prefer::Count::Estimated) => Self::UpTo(max_rows),
            Some(prefer::Count::Planned) | None => Self::None,
        }
    }
}

/// Where the statement's one row has what. Columns are in the order of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Rows without the range, or NULL.
    pub(crate) total: usize,
    /// Rows in the body.
    pub(crate) page: usize,
    /// For inserts, a JSON object of the one new row's primary key, or NULL.
    pub(crate) location: Option<usize>,
    pub(crate) body: usize,
    /// `response.headers` as SQL set it.
    pub(crate) headers: usize,
    /// `response.status` as SQL set it.
    pub(crate) status: usize,
    /// Rows inserted rather than updated; NULL when nothing is merged.
    pub(crate) inserted: usize,
}

impl Shape {
    /// Where things are in the statement of a plan.
    pub(crate) fn of(plan: &StatementPlan) -> Self {
        match plan.kind {
            Kind::Write { .. } => Self {
                total: 0,
                page: 1,
                location: Some(2),
                body: 3,
                headers: 4,
                status: 5,
                inserted: 6,
            },
            Kind::Read { .. } | Kind::Call { .. } => Self {
                total: 0,
                page: 1,
                location: None,
                body: 2,
                headers: 3,
                status: 4,
                inserted: 5,
            },
        }
    }
}

/// Writes the statement of a plan. `range` and `max_rows` say whether a count of all rows differs
/// from the count of those shown.
pub(crate) fn statement(
    plan: &StatementPlan,
    count: Count,
    range: RowRange,
    max_rows: Option<u64>,
    representation: Option<Representation>,
) -> Sql {
    let mut sql = Sql {
        embeds_json: matches!(plan.handler, Handler::Json { .. }),
        ..Sql::default()
    };
    if let MediaType::Plan(explain) = &plan.media_type {
        sql.explain(explain);
    }
    sql.push("WITH ").push(SOURCE).push(" AS (");
    let routine = match &plan.kind {
        Kind::Read { .. } => {
            sql.read(&plan.read);
            None
        }
        Kind::Write { write, .. } => {
            sql.write(write);
            None
        }
        Kind::Call { call, .. } => {
            sql.call(call);
            Some(&*call.routine)
        }
    };
    sql.push(")");
    let page = if routine.is_some_and(|routine| !routine.returns.set_of) {
        "1"
    } else {
        "pg_catalog.count(crestfall_row)"
    };
    let counts_all = max_rows.is_some() || range != RowRange::ALL;
    let is_write = matches!(plan.kind, Kind::Write { .. });
    let total = match count {
        _ if is_write => "''",
        Count::None => "null::bigint",
        Count::Exact | Count::UpTo(_) if !counts_all => page,
        Count::Exact | Count::UpTo(_) => {
            sql.push(", crestfall_count AS (").count_rows(&plan.read);
            if let (Count::UpTo(Some(most)), Kind::Read { .. }) = (count, &plan.kind) {
                // One more tells that there are more.
                sql.push(" LIMIT ").display(most.saturating_add(1));
            }
            sql.push(")");
            "(SELECT pg_catalog.count(*) FROM crestfall_count)"
        }
    };
    sql.push(" SELECT ")
        .push(total)
        .push(" AS total, ")
        .push(page)
        .push(" AS page, ");
    if let Kind::Write { write, .. } = &plan.kind {
        sql.location(&write.primary_key, representation)
            .push(" AS location, ");
    }
    sql.body(&plan.handler, routine).push(" AS body, ");
    sql.push("nullif(current_setting('response.headers', true), '') AS response_headers, ");
    sql.push("nullif(current_setting('response.status', true), '') AS response_status, ");
    let merges = matches!(&plan.kind, Kind::Write { write, .. } if write.merges());
    sql.push(if merges {
        "nullif(current_setting('crestfall.inserted', true), '')::int"
    } else {
        "''"
    });
    sql.push(" AS response_inserted FROM (");
    match &plan.kind {
        Kind::Read { .. } => {
            sql.push("SELECT * FROM ").push(SOURCE);
        }
        // What `select` names need not be there when nothing is shown.
        Kind::Write { .. } if plan.handler == Handler::None => {
            sql.push("SELECT * FROM ").push(SOURCE);
        }
        Kind::Write { .. } | Kind::Call { .. } => sql.read(&plan.read),
    }
    sql.push(") crestfall_row");
    sql
}

/// The planner's estimate of how many rows a read has, as JSON.
pub(crate) fn planned_count(plan: &StatementPlan) -> Sql {
    let mut sql = Sql::default();
    sql.push("EXPLAIN (FORMAT JSON) ").count_rows(&plan.read);
    sql
}

impl Sql {
    fn explain(&mut self, plan: &PlanMediaType) {
        self.push(if plan.json {
            "EXPLAIN (FORMAT JSON"
        } else {
            "EXPLAIN (FORMAT TEXT"
        });
        let options = [
            (plan.analyze, ", ANALYZE"),
            (plan.verbose, ", VERBOSE"),
            (plan.settings, ", SETTINGS"),
            (plan.buffers, ", BUFFERS"),
            (plan.wal, ", WAL"),
        ];
        for (_, option) in options.iter().filter(|(wanted, _)| *wanted) {
            self.push(option);
        }
        self.push(") ");
    }

    /// The primary key of the one inserted row, for the `Location` header.
    fn location(
        &mut self,
        primary_key: &[crate::request::Text],
        representation: Option<Representation>,
    ) -> &mut Self {
        if representation != Some(Representation::HeadersOnly) || primary_key.is_empty() {
            return self.push("null::json");
        }
        self.push("CASE WHEN pg_catalog.count(crestfall_row) = 1 THEN (SELECT json_object_agg(member.key, member.value)");
        self.push(" FROM (SELECT row_to_json(source) AS object FROM ")
            .push(SOURCE);
        self.push(" AS source LIMIT 1) AS inserted, json_each_text(inserted.object) AS member WHERE member.key IN (");
        self.join(", ", primary_key, |sql, column| {
            sql.display(literal(column));
        });
        self.push(")) END")
    }

    fn body(&mut self, handler: &Handler, routine: Option<&Routine>) -> &mut Self {
        let is_scalar = routine.is_some_and(|routine| !routine.returns.composite);
        let rows = if is_scalar {
            "crestfall_row.pgrst_scalar"
        } else {
            "crestfall_row"
        };
        match handler {
            Handler::Json {
                singular,
                strip_nulls,
            } => {
                // A function that returns one value answers with it, not with an array of it.
                let one = *singular || routine.is_some_and(|routine| !routine.returns.set_of);
                let rows = if *singular
                    && routine.is_some_and(|routine| routine.returns.set_of)
                    && is_scalar
                {
                    "crestfall_row"
                } else {
                    rows
                };
                self.push("coalesce(").push(if *strip_nulls {
                    "json_strip_nulls("
                } else {
                    ""
                });
                self.push("json_agg(")
                    .push(rows)
                    .push(")")
                    .push(if one { "->0" } else { "" });
                self.push(if *strip_nulls { ")" } else { "" });
                self.push(if one { ", 'null')" } else { ", '[]')" })
            }
            Handler::GeoJson => self.push(
                "json_build_object('type', 'FeatureCollection', 'features', \
                 coalesce(json_agg(ST_AsGeoJSON(crestfall_row)::json), '[]'))",
            ),
            Handler::Csv => self.csv(),
            Handler::Custom { function, target } => {
                let is_single = is_scalar && routine.is_some_and(|routine| !routine.returns.set_of);
                self.name(function)
                    .push("(")
                    .push(if is_single { rows } else { "crestfall_row" });
                if let (false, HandlerTarget::Relation(relation)) = (is_single, target) {
                    self.push("::").name(relation);
                }
                self.push(")")
            }
            Handler::None => self.push("''::text"),
        }
    }

    fn csv(&mut self) -> &mut Self {
        self.push("(SELECT coalesce(string_agg(header.name, ','), '') FROM (SELECT json_object_keys(row_to_json(first)) AS name");
        self.push(" FROM (SELECT * FROM ")
            .push(SOURCE)
            .push(" LIMIT 1) AS first) AS header) || E'\\n' || ");
        self.push("coalesce(string_agg(substring(crestfall_row::text, 2, length(crestfall_row::text) - 2), E'\\n'), '')")
    }
}
