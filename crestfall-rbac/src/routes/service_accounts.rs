//! `/service-accounts`: programs that act by themselves.

use axum::Json;
use crestfall_core::Tx;
use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

use super::absent;
use crate::error::Result;
use crate::input::{Body, Named, Parameters};
use crate::page::{Page, PageRequest};
use crate::store::service_accounts::{self, NewServiceAccount, ServiceAccountRow};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParameters {
    limit: Option<u16>,
    after: Option<Uuid>,
    organisation: Option<Uuid>,
}

pub(super) async fn list(
    mut tx: Tx,
    Parameters(asked): Parameters<ListParameters>,
) -> Result<Json<Page<ServiceAccountRow>>> {
    let page = PageRequest {
        limit: asked.limit,
        after: None,
    };
    let (organisation, after) = (asked.organisation, asked.after);
    let rows = service_accounts::list(&mut tx, organisation, after, page.rows()?).await?;
    Ok(Json(page.page(rows, |row| row.id.to_string())?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    name: String,
    #[serde(default)]
    description: String,
    /// `sub` of its tokens, such as the id of an OAuth client, or `api_key:<id>`; without it, the new
    /// account's id.
    subject: Option<String>,
    organisation_id: Option<Uuid>,
}

pub(super) async fn create(
    mut tx: Tx,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<NewServiceAccount>)> {
    let id = Uuid::new_v4();
    let made = NewServiceAccount {
        id,
        subject: new.subject.unwrap_or_else(|| id.to_string()),
        name: new.name,
        description: new.description,
        organisation_id: new.organisation_id,
    };
    service_accounts::insert(&mut tx, &made).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

pub(super) async fn remove(mut tx: Tx, Named(id): Named<Uuid>) -> Result<StatusCode> {
    if !service_accounts::delete(&mut tx, id).await? {
        return Err(absent("service account"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
