//! `/check` and `/explain`: what is decided, and why.

use axum::Json;
use axum::extract::State;
use crestfall_core::{Identity, Tx};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::grants::Place;
use crate::input::{Body, Parameters};
use crate::permission::Permission;
use crate::rbac::Rbac;
use crate::store::assignments;
use crate::subject::subject_of;

/// Questions at once.
const MOST: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    checks: Vec<Check>,
    /// Of whom, if not of the caller.
    subject: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    permission: Permission,
    resource: Option<String>,
    organisation: Option<Uuid>,
}

/// Answers in the order of the questions.
#[derive(Serialize)]
pub(super) struct Answers {
    allowed: Vec<bool>,
}

pub(super) async fn check(
    State(rbac): State<Rbac>,
    identity: Identity,
    Body(asked): Body<Asked>,
) -> Result<Json<Answers>> {
    if asked.checks.len() > MOST {
        return Err(Error::Invalid(format!("`checks` has {MOST} items at most")));
    }
    let own = rbac.grants(&identity).await?;
    let of_another = asked.subject.as_deref();
    let of_another = of_another.filter(|who| subject_of(&identity).as_deref() != Some(who));
    let grants = match of_another {
        None => own,
        Some(subject) => {
            let seeing: Permission = "rbac.assignment:read".parse()?;
            if !own.is_authorized(&seeing, &Place::everywhere()) {
                let message = "Only who may see all assignments may ask about others";
                return Err(Error::Forbidden(message.into()));
            }
            rbac.grants_of(subject).await?
        }
    };
    let allowed = asked.checks.into_iter().map(|check| {
        let place = Place {
            organisation: check.organisation,
            resource: check.resource,
        };
        let allowed = grants.is_authorized(&check.permission, &place);
        rbac.counts().decided(allowed);
        allowed
    });
    Ok(Json(Answers {
        allowed: allowed.collect(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    permission: String,
    resource: Option<String>,
    organisation: Option<Uuid>,
    subject: Option<String>,
}

pub(super) async fn explain(
    mut tx: Tx,
    Parameters(asked): Parameters<Question>,
) -> Result<Json<serde_json::Value>> {
    let why = assignments::explain(
        &mut tx,
        &asked.permission,
        asked.resource.as_deref(),
        asked.organisation,
        asked.subject.as_deref(),
    );
    Ok(Json(why.await?))
}
