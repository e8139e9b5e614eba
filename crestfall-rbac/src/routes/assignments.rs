//! `/assignments`: who has which role where.

use axum::Json;
use chrono::{DateTime, Utc};
use crestfall_core::{Identity, Tx};
use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

use super::absent;
use crate::error::{Error, Result};
use crate::input::{Body, Named, Parameters};
use crate::page::{Page, PageRequest};
use crate::store::assignments::{self, AssignmentRow, Filter, NewAssignment};
use crate::store::roles;
use crate::subject::subject_of;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParameters {
    limit: Option<u16>,
    after: Option<Uuid>,
    subject: Option<String>,
    role: Option<Uuid>,
    organisation: Option<Uuid>,
    resource: Option<String>,
}

pub(super) async fn list(
    mut tx: Tx,
    Parameters(asked): Parameters<ListParameters>,
) -> Result<Json<Page<AssignmentRow>>> {
    let page = PageRequest {
        limit: asked.limit,
        after: None,
    };
    let filter = Filter {
        subject: asked.subject.as_deref(),
        role: asked.role,
        organisation: asked.organisation,
        resource: asked.resource.as_deref(),
        after: asked.after,
    };
    let rows = assignments::list(&mut tx, &filter, page.rows()?).await?;
    Ok(Json(page.page(rows, |row| row.id.to_string())?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    subject: String,
    role_id: Option<Uuid>,
    /// In place of `role_id`: the organisation's of that name, else the one that all know.
    role: Option<String>,
    organisation_id: Option<Uuid>,
    resource: Option<String>,
    expires_at: Option<DateTime<Utc>>,
}

pub(super) async fn create(
    mut tx: Tx,
    identity: Identity,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<NewAssignment>)> {
    // As the policy says, in words.
    if subject_of(&identity).is_some_and(|me| *me == *new.subject) {
        let message = "Nobody assigns anything to themselves: ask another who may";
        return Err(Error::Forbidden(message.into()));
    }
    if new.expires_at.is_some_and(|end| end <= Utc::now()) {
        return Err(Error::Invalid("`expires_at` has passed".to_owned()));
    }
    let role_id = match (new.role_id, &new.role) {
        (Some(id), None) => id,
        (None, Some(name)) => roles::named(&mut tx, name, new.organisation_id)
            .await?
            .ok_or_else(|| Error::NotFound(format!("There is no role `{name}`").into()))?,
        _ => {
            return Err(Error::Invalid(
                "Name the role by `role_id` or `role`".to_owned(),
            ));
        }
    };
    let made = NewAssignment {
        id: Uuid::new_v4(),
        subject: new.subject,
        role_id,
        organisation_id: new.organisation_id,
        resource: new.resource,
        expires_at: new.expires_at,
    };
    assignments::insert(&mut tx, &made).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

pub(super) async fn remove(mut tx: Tx, Named(id): Named<Uuid>) -> Result<StatusCode> {
    if !assignments::delete(&mut tx, id).await? {
        return Err(absent("assignment"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
