//! `/me`: what the caller may do.

use axum::Json;
use axum::extract::State;
use crestfall_core::{Identity, Tx};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::Result;
use crate::grants::Place;
use crate::input::{Body, Parameters};
use crate::rbac::Rbac;
use crate::store::organisations;
use crate::subject::subject_of;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Where {
    organisation: Option<Uuid>,
}

pub(super) async fn show(
    State(rbac): State<Rbac>,
    identity: Identity,
    Parameters(asked): Parameters<Where>,
) -> Result<Json<Value>> {
    let grants = rbac.grants(&identity).await?;
    let place = Place {
        organisation: asked.organisation,
        resource: None,
    };
    let mut organisations: Vec<Uuid> = grants.memberships().collect();
    organisations.sort_unstable();
    Ok(Json(json!({
        "subject": subject_of(&identity),
        "organisation": asked.organisation,
        "roles": grants.roles(&place),
        "permissions": grants.permissions(&place),
        "organisations": organisations,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chosen {
    organisation: Option<Uuid>,
}

pub(super) async fn activate(mut tx: Tx, Body(chosen): Body<Chosen>) -> Result<StatusCode> {
    organisations::activate(&mut tx, chosen.organisation).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
