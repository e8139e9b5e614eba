//! `Prefer: explain=policies`: why rows are missing. In place of rows, the answer tells of each relation
//! which privilege is missing and how many rows each policy lets through, and never what is in them.
//!
//! How many rows somebody may not see is itself not theirs to know. So the question is answered where
//! the settings allow everybody to ask, in development, or else only for roles that row-level security
//! does not hold, who name whom it is about (header `Explain-As`, a JSON object of claims).
//!
//! Rows are counted over whole relations, whatever the filters of the request. Conditions of policies are
//! evaluated with the subject's claims by the role that counts, so one that asks for `current_user`
//! counts otherwise; `visible` is what the subject sees in truth.

use axum::body::Body;
use crestfall_core::db::{Access, Db, DbError, Param, Rows, Scope, Share, Statement};
use crestfall_core::{Identity, QualifiedName};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::config::ExplainPolicies;
use crate::error::{ApiError, DatabaseError, Error, PgErrorFields};
use crate::plan::{Kind, StatementPlan};
use crate::protect;
use crate::request::prefer::EXPLAIN;
use crate::sql;
use crate::transaction::{Caller, Transaction};

static EXPLAIN_AS: HeaderName = HeaderName::from_static("explain-as");
static PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Counts where everybody may ask.
const COUNTS_FOR_EVERYBODY: &str = "service_role";

/// How long a count may take.
const TIMEOUT: &str = "10s";

#[derive(Deserialize)]
struct Barriers {
    asker_sees_all: Option<bool>,
    subject_sees_all: Option<bool>,
    row_level_security: bool,
    may_use_schema: Option<bool>,
    may_select: Option<bool>,
    policies: Vec<Policy>,
}

#[derive(Deserialize)]
struct Policy {
    name: String,
    permissive: bool,
    applies: bool,
    condition: Option<String>,
}

/// Who asks, about whom, and who counts.
struct Question<'a> {
    db: &'a Db,
    context: &'a Transaction<'a>,
    who: ExplainPolicies,
    asker: &'a Identity,
    subject: Identity,
}

/// Explains a read.
///
/// # Errors
/// Not a read, not allowed to ask, or PostgreSQL could not be asked.
pub(crate) async fn explain(
    db: &Db,
    context: &Transaction<'_>,
    who: ExplainPolicies,
    caller: Caller<'_>,
    plan: &StatementPlan,
) -> Result<Response<Body>, Error> {
    if !matches!(plan.kind, Kind::Read { .. }) {
        let reason = "`explain=policies` is for reads of relations".to_owned();
        return Err(ApiError::NotImplemented(reason).into());
    }
    let question = Question {
        db,
        context,
        who,
        asker: caller.identity,
        subject: subject(caller.identity, caller.headers)?,
    };
    let mut relations = Vec::new();
    for name in protect::relations(plan) {
        relations.push(question.relation(name).await?);
    }
    let answer = json!({ "role": question.subject.role(), "relations": relations });
    let mut response = Response::new(Body::from(answer.to_string()));
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    headers.insert(CONTENT_TYPE, json);
    headers.insert(&PREFERENCE_APPLIED, HeaderValue::from_static(EXPLAIN));
    Ok(response)
}

/// Whom it is about: whom the header names, else who asks.
fn subject(asker: &Identity, headers: &HeaderMap) -> Result<Identity, Error> {
    let Some(header) = headers.get(&EXPLAIN_AS) else {
        return Ok(asker.clone());
    };
    let claims = serde_json::from_slice::<Map<String, Value>>(header.as_bytes());
    let claims = claims.map_err(|_| {
        ApiError::InvalidBody("The header Explain-As is no JSON object of claims".to_owned())
    })?;
    let role = claims
        .get("role")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let role = role
        .filter(|role| role != "none")
        .ok_or_else(|| ApiError::InvalidBody("The claims of Explain-As have no role".to_owned()))?;
    Ok(Identity::from_token(role.as_str().into(), claims))
}

impl Question<'_> {
    async fn relation(&self, name: &QualifiedName) -> Result<Value, Error> {
        let barriers = self.barriers(name).await?;
        self.check(&barriers)?;
        let seen = self.seen(name, &barriers).await;
        let counted = self.count(name, &barriers).await;
        let mut notes = Vec::new();
        if barriers.subject_sees_all == Some(true) {
            notes.push("row-level security does not hold this role".to_owned());
        }
        let (rows, passes) = match counted {
            Ok((rows, passes)) => (Some(rows), passes),
            Err(reason) => {
                notes.push(format!("rows could not be counted: {reason}"));
                (None, Vec::new())
            }
        };
        let visible = seen.unwrap_or_else(|reason| {
            notes.push(format!("nothing is visible: {reason}"));
            0
        });
        let policies: Vec<Value> = barriers
            .policies
            .iter()
            .enumerate()
            .map(|(at, policy)| {
                json!({
                    "name": policy.name,
                    "kind": if policy.permissive { "permissive" } else { "restrictive" },
                    "applies": policy.applies,
                    "condition": policy.condition,
                    "rows_it_lets_through": passes.get(at),
                })
            })
            .collect();
        let applies = barriers
            .policies
            .iter()
            .any(|policy| policy.applies && policy.permissive);
        if barriers.row_level_security && !applies && barriers.subject_sees_all != Some(true) {
            notes.push("no policy lets this role see any row".to_owned());
        }
        Ok(json!({
            "relation": format!("{}.{}", name.schema, name.name),
            "missing_grants": missing(name, &barriers, self.subject.role()),
            "row_level_security": barriers.row_level_security,
            "rows": rows,
            "visible": visible,
            "hidden": rows.map(|rows| rows.saturating_sub(visible)),
            "policies": policies,
            "notes": notes,
        }))
    }

    async fn barriers(&self, name: &QualifiedName) -> Result<Barriers, Error> {
        let params = [
            &*name.schema,
            &*name.name,
            self.subject.role(),
            self.asker.role(),
        ];
        let params = params.map(|text| Param::from(text.to_owned())).to_vec();
        let statement = Statement {
            sql: include_str!("explain/policies.sql").into(),
            params,
        };
        let answer = self.run(self.asker, statement).await;
        let answer = answer.map_err(|error| self.context.failed(error))?;
        let text = text(&answer).ok_or(Error::Internal)?;
        serde_json::from_str(text).map_err(|_| Error::Internal)
    }

    /// Whether the caller may ask.
    fn check(&self, barriers: &Barriers) -> Result<(), Error> {
        let asks_for_itself = self.subject == *self.asker;
        let allowed = match self.who {
            ExplainPolicies::Off => false,
            ExplainPolicies::Owners => barriers.asker_sees_all == Some(true),
            ExplainPolicies::Everyone => asks_for_itself || barriers.asker_sees_all == Some(true),
        };
        if allowed {
            return Ok(());
        }
        let fields = PgErrorFields {
            code: "42501".to_owned(),
            message: "permission denied to explain policies".to_owned(),
            detail: Some("It would tell how many rows the role may not see.".to_owned()),
            hint: Some("Ask with a role that row-level security does not hold, and name whom it is about in the header Explain-As.".to_owned()),
        };
        Err(DatabaseError::refused(fields, true).into())
    }

    /// How many rows the subject sees, or what refuses it.
    async fn seen(&self, name: &QualifiedName, barriers: &Barriers) -> Result<u64, String> {
        if barriers.subject_sees_all.is_none() {
            return Err(format!("there is no role {}", self.subject.role()));
        }
        let statement = Statement::new(sql::count_rows(name, &[]));
        let answer = self.run(&self.subject, statement).await.map_err(why)?;
        Ok(counts(&answer).first().copied().unwrap_or_default())
    }

    /// All rows, and those that each policy lets through.
    async fn count(
        &self,
        name: &QualifiedName,
        barriers: &Barriers,
    ) -> Result<(u64, Vec<u64>), String> {
        let conditions: Vec<&str> = barriers
            .policies
            .iter()
            .map(|policy| policy.condition.as_deref().unwrap_or("true"))
            .collect();
        let role = match self.who {
            ExplainPolicies::Everyone if barriers.asker_sees_all != Some(true) => {
                COUNTS_FOR_EVERYBODY
            }
            _ => self.asker.role(),
        };
        let statement = Statement::new(sql::count_rows(name, &conditions));
        // Under the subject's claims, whatever the role.
        let claims = self.subject.claims().as_str().to_owned();
        let answer = self.run_as(role, &claims, statement).await.map_err(why)?;
        let mut counts = counts(&answer).into_iter();
        Ok((counts.next().unwrap_or_default(), counts.collect()))
    }

    async fn run(&self, identity: &Identity, statement: Statement) -> Result<Vec<Rows>, DbError> {
        self.run_as(identity.role(), identity.claims().as_str(), statement)
            .await
    }

    async fn run_as(
        &self,
        role: &str,
        claims: &str,
        statement: Statement,
    ) -> Result<Vec<Rows>, DbError> {
        let mut settings = self.context.settings(false);
        settings.extend([
            ("role", role),
            ("request.jwt.claims", claims),
            ("statement_timeout", TIMEOUT),
        ]);
        let scope = Scope {
            settings: &settings,
            access: Access::ReadOnly,
            share: Share::Alone,
            ..Scope::default()
        };
        self.db.run(&scope, &[statement]).await
    }
}

/// What to grant before any policy counts.
fn missing(name: &QualifiedName, barriers: &Barriers, role: &str) -> Vec<String> {
    let role = crestfall_core::name::quote(role);
    let schema = crestfall_core::name::quote(&name.schema);
    let mut missing = Vec::new();
    if barriers.may_use_schema == Some(false) {
        missing.push(format!("GRANT USAGE ON SCHEMA {schema} TO {role};"));
    }
    if barriers.may_select == Some(false) {
        missing.push(format!("GRANT SELECT ON {name} TO {role};"));
    }
    missing
}

fn text(answer: &[Rows]) -> Option<&str> {
    answer.first()?.row(0)?.get_str(0)
}

/// The numbers of a JSON array.
fn counts(answer: &[Rows]) -> Vec<u64> {
    text(answer)
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

fn why(error: DbError) -> String {
    match error {
        DbError::Postgres(error) => error.message.clone(),
        other => other.to_string(),
    }
}
