//! `/permissions`: what there is to be permitted.

use axum::Json;
use crestfall_core::Tx;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::absent;
use crate::error::Result;
use crate::input::{Body, Named, Parameters};
use crate::page::{Page, PageRequest};
use crate::permission::Permission;
use crate::store::permissions::{self, PermissionRow};

pub(super) async fn list(
    mut tx: Tx,
    Parameters(page): Parameters<PageRequest>,
) -> Result<Json<Page<PermissionRow>>> {
    let rows = permissions::list(&mut tx, &page, page.rows()?).await?;
    Ok(Json(page.page(rows, |row| row.name.clone())?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    name: Permission,
    #[serde(default)]
    description: String,
}

pub(super) async fn create(mut tx: Tx, Body(new): Body<New>) -> Result<(StatusCode, Json<Value>)> {
    permissions::insert(&mut tx, new.name.as_str(), &new.description).await?;
    tx.commit().await?;
    let made = json!({ "name": new.name, "description": new.description, "managed": false });
    Ok((StatusCode::CREATED, Json(made)))
}

pub(super) async fn remove(mut tx: Tx, Named(name): Named<String>) -> Result<StatusCode> {
    if !permissions::delete(&mut tx, &name).await? {
        return Err(absent("permission"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
