//! What the anonymous role is not served, whatever its grants: relations that no policy holds. What an
//! estimate would tell of. And what to grant, where a privilege is missing.

use crestfall_core::catalog::{Cardinality, Relationship};
use crestfall_core::{Catalog, QualifiedName};

use crate::error::{DatabaseError, Error, PgErrorFields};
use crate::plan::read::ReadNode;
use crate::plan::{Kind, StatementPlan};
use crate::request::Mutation;

/// insufficient_privilege
const DENIED: &str = "42501";

/// The relations that a plan reads or writes by itself: not what functions do.
pub(crate) fn relations(plan: &StatementPlan) -> Vec<&QualifiedName> {
    let mut found = Vec::new();
    if !matches!(plan.kind, Kind::Call { .. }) {
        found.push(&plan.read.relation);
    }
    collect(&plan.read, &mut found);
    found
}

fn collect<'p>(node: &'p ReadNode, found: &mut Vec<&'p QualifiedName>) {
    for embed in &node.embeds {
        let relationship = embed.link.as_ref().map(|link| &*link.relationship);
        if let Some(Relationship::Keyed { cardinality, .. }) = relationship {
            found.push(&embed.relation);
            if let Cardinality::ManyToMany(junction) = cardinality {
                found.push(&junction.table);
            }
        }
        collect(embed, found);
    }
}

/// Whether rows of what a plan reads may be hidden from the caller: by policies, or by what a view or a
/// function does.
pub(crate) fn hides_rows(plan: &StatementPlan, catalog: &Catalog) -> bool {
    let has_policies = |name: &QualifiedName| {
        let table = catalog.tables.get(name);
        table.is_none_or(|table| table.row_security)
    };
    plan.read.runs_functions(catalog) || relations(plan).into_iter().any(has_policies)
}

/// Refuses a plan that would serve what no policy holds.
///
/// # Errors
/// In PostgreSQL's form for a missing privilege, with what to do.
pub(crate) fn check(plan: &StatementPlan, catalog: &Catalog) -> Result<(), Error> {
    let open = relations(plan).into_iter().find_map(|name| {
        let table = catalog.tables.get(name)?;
        (!table.is_protected).then_some(table)
    });
    let Some(table) = open else {
        return Ok(());
    };
    let name = &table.name;
    let (detail, hint) = if table.is_view {
        (
            "It is a view or materialized view that shows rows which no policy holds.".to_owned(),
            format!(
                "ALTER VIEW {name} SET (security_invoker = true), over tables with row-level security; \
                 or, if everybody may see it, a line @public in its comment."
            ),
        )
    } else {
        (
            "Row-level security is off, and nothing says that everybody may see it.".to_owned(),
            format!(
                "ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, and policies for who may see what; or, if \
                 everybody may see it, a line @public in its comment."
            ),
        )
    };
    let fields = PgErrorFields {
        code: DENIED.to_owned(),
        message: format!("permission denied for table {}", name.name),
        detail: Some(detail),
        hint: Some(hint),
    };
    Err(DatabaseError::refused(fields, false).into())
}

/// Adds the missing grant to PostgreSQL's refusal, where it says which relation, function or schema it is
/// about.
pub(crate) fn with_grant(error: Error, plan: &StatementPlan, role: &str) -> Error {
    let Error::Database(mut database) = error else {
        return error;
    };
    if let DatabaseError::Refused { fields, .. } = &mut *database
        && fields.code == DENIED
        && fields.hint.is_none()
    {
        fields.hint = missing_grant(&fields.message, plan, role);
    }
    Error::Database(database)
}

fn missing_grant(message: &str, plan: &StatementPlan, role: &str) -> Option<String> {
    let (kind, name) = message
        .strip_prefix("permission denied for ")?
        .split_once(' ')?;
    let role = crestfall_core::name::quote(role);
    match kind {
        "schema" => Some(format!(
            "GRANT USAGE ON SCHEMA {} TO {role};",
            crestfall_core::name::quote(name)
        )),
        "function" => match &plan.kind {
            Kind::Call { call, .. } if &*call.routine.name.name == name => Some(format!(
                "GRANT EXECUTE ON FUNCTION {} TO {role};",
                call.routine.name
            )),
            _ => None,
        },
        "table" | "view" | "relation" => {
            let relations = relations(plan);
            let relation = relations.into_iter().find(|found| &*found.name == name)?;
            let writes = *relation == plan.read.relation;
            let privilege = match &plan.kind {
                Kind::Write { mutation, .. } if writes => match mutation {
                    Mutation::Insert => "SELECT, INSERT",
                    Mutation::Update => "SELECT, UPDATE",
                    Mutation::Delete => "SELECT, DELETE",
                    Mutation::SingleUpsert => "SELECT, INSERT, UPDATE",
                },
                _ => "SELECT",
            };
            Some(format!("GRANT {privilege} ON {relation} TO {role};"))
        }
        _ => None,
    }
}
