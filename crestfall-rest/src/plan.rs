//! What a request means for this database: every name found, every relationship chosen, or an
//! error that says what is missing. No I/O; the same plans serve REST and GraphQL.

pub(crate) mod call;
pub(crate) mod column;
mod draft;
mod embed;
pub(crate) mod negotiate;
pub(crate) mod read;
pub(crate) mod scalars;
mod spread;
pub(crate) mod write;

use std::sync::Arc;

use crestfall_core::catalog::{Routine, Table};
use crestfall_core::{Catalog, QualifiedName};

use crate::config::Config;
use crate::error::{ApiError, CatalogError, Error};
use crate::media_type::{MediaType, OpenApiVersion};
use crate::request::prefer::Handling;
use crate::request::{Action, ApiRequest, Invocation, Mutation, Text};
use call::Call;
use negotiate::{Handler, negotiate};
use read::ReadNode;
use write::Write;

/// What to do for a request.
#[derive(Debug)]
pub(crate) enum Plan {
    Statement(Box<StatementPlan>),
    /// The OpenAPI document of a schema.
    Inspect {
        schema: Text,
        headers_only: bool,
        version: OpenApiVersion,
    },
    /// `OPTIONS` on a relation.
    RelationInfo(Arc<Table>),
    /// `OPTIONS` on a function.
    RoutineInfo(Arc<Routine>),
    /// `OPTIONS` on the root.
    SchemaInfo,
}

/// A request that one statement answers.
#[derive(Debug)]
pub(crate) struct StatementPlan {
    pub(crate) kind: Kind,
    /// What is shown.
    pub(crate) read: ReadNode,
    /// How rows become a body.
    pub(crate) handler: Handler,
    /// What the body is called.
    pub(crate) media_type: MediaType,
}

/// The three kinds of statements.
#[derive(Debug)]
pub(crate) enum Kind {
    Read { headers_only: bool },
    Write { mutation: Mutation, write: Write },
    Call { invocation: Invocation, call: Call },
}

impl Plan {
    /// Plans a request.
    ///
    /// # Errors
    /// Whatever the request names and the catalogue does not have; what the settings forbid.
    pub(crate) fn new(
        request: &ApiRequest,
        catalog: &Catalog,
        config: &Config,
    ) -> Result<Self, Error> {
        let plan = match &request.action {
            Action::Read {
                relation,
                headers_only,
            } => {
                find_table(relation, catalog)?;
                let read = ReadNode::plan(request, relation, catalog, config)?;
                let kind = Kind::Read {
                    headers_only: *headers_only,
                };
                statement(request, catalog, config, relation, read, kind)?
            }
            Action::Mutate { relation, mutation } => {
                let table = find_table(relation, catalog)?;
                let read = ReadNode::plan(request, relation, catalog, config)?;
                let write = Write::plan(request, *mutation, table, catalog, &read)?;
                let kind = Kind::Write {
                    mutation: *mutation,
                    write,
                };
                statement(request, catalog, config, relation, read, kind)?
            }
            Action::Call {
                routine,
                invocation,
            } => {
                let routine = call::find_routine(request, routine, *invocation, catalog)?;
                let relation = call::result_relation(routine);
                let read = ReadNode::plan(request, &relation, catalog, config)?;
                call::check_max_affected(request, routine)?;
                let call = Call::plan(request, routine, *invocation, &read);
                let kind = Kind::Call {
                    invocation: *invocation,
                    call,
                };
                statement(request, catalog, config, &relation, read, kind)?
            }
            Action::Inspect {
                schema,
                headers_only,
            } => Self::Inspect {
                schema: schema.clone(),
                headers_only: *headers_only,
                version: negotiate::openapi_version(request)?,
            },
            Action::RelationInfo(relation) => {
                Self::RelationInfo(Arc::clone(find_table(relation, catalog)?))
            }
            Action::RoutineInfo(routine) => {
                let invocation = Invocation::Read { headers_only: true };
                Self::RoutineInfo(Arc::clone(call::find_routine(
                    request, routine, invocation, catalog,
                )?))
            }
            Action::SchemaInfo => Self::SchemaInfo,
        };
        Ok(plan)
    }
}

fn statement(
    request: &ApiRequest,
    catalog: &Catalog,
    config: &Config,
    relation: &QualifiedName,
    read: ReadNode,
    kind: Kind,
) -> Result<Plan, Error> {
    let (handler, media_type) =
        negotiate(request, relation, catalog, config, read.is_default_select())?;
    let preferences = &request.preferences;
    if preferences.handling == Some(Handling::Strict) && !preferences.invalid.is_empty() {
        return Err(ApiError::InvalidPreferences(preferences.invalid.clone()).into());
    }
    Ok(Plan::Statement(Box::new(StatementPlan {
        kind,
        read,
        handler,
        media_type,
    })))
}

fn find_table<'a>(relation: &QualifiedName, catalog: &'a Catalog) -> Result<&'a Arc<Table>, Error> {
    catalog
        .tables
        .get(relation)
        .ok_or_else(|| CatalogError::table_not_found(relation, catalog).into())
}
