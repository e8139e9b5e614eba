//! `/roles`: roles, what they may do, and what they inherit.

use axum::Json;
use crestfall_core::Tx;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::absent;
use crate::error::{Error, Result};
use crate::input::{Body, Named, Parameters};
use crate::page::{Page, PageRequest};
use crate::permission::{Permission, is_word};
use crate::store::roles::{self, Filter, RoleRow};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParameters {
    limit: Option<u16>,
    after: Option<String>,
    /// Its own roles and those that all know; without it, all that the caller may see.
    organisation: Option<Uuid>,
    name: Option<String>,
}

pub(super) async fn list(
    mut tx: Tx,
    Parameters(asked): Parameters<ListParameters>,
) -> Result<Json<Page<RoleRow>>> {
    let page = PageRequest {
        limit: asked.limit,
        after: asked.after,
    };
    let filter = Filter {
        organisation: asked.organisation,
        name: asked.name.as_deref(),
        id: None,
    };
    let rows = roles::list(&mut tx, &filter, &page, page.rows()?).await?;
    Ok(Json(
        page.page(rows, |row| format!("{} {}", row.name, row.id))?,
    ))
}

pub(super) async fn show(mut tx: Tx, Named(id): Named<Uuid>) -> Result<Json<RoleRow>> {
    let role = roles::find(&mut tx, id).await?;
    role.map(Json).ok_or_else(|| absent("role"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    name: String,
    #[serde(default)]
    description: String,
    organisation_id: Option<Uuid>,
    #[serde(default)]
    permissions: Vec<Permission>,
    #[serde(default)]
    parents: Vec<Uuid>,
}

pub(super) async fn create(mut tx: Tx, Body(new): Body<New>) -> Result<(StatusCode, Json<Value>)> {
    check_name(&new.name)?;
    let id = Uuid::new_v4();
    let (name, description) = (&new.name, &new.description);
    roles::insert(&mut tx, id, name, description, new.organisation_id).await?;
    for permission in &new.permissions {
        roles::add_permission(&mut tx, id, permission.as_str()).await?;
    }
    for parent in &new.parents {
        roles::add_parent(&mut tx, id, *parent).await?;
    }
    tx.commit().await?;
    let made = json!({
        "id": id, "name": new.name, "description": new.description,
        "organisation_id": new.organisation_id, "managed": false, "built_in": false,
        "permissions": new.permissions, "parents": new.parents,
    });
    Ok((StatusCode::CREATED, Json(made)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Changes {
    name: Option<String>,
    description: Option<String>,
}

pub(super) async fn update(
    mut tx: Tx,
    Named(id): Named<Uuid>,
    Body(changes): Body<Changes>,
) -> Result<StatusCode> {
    if let Some(name) = &changes.name {
        check_name(name)?;
    }
    let (name, description) = (changes.name.as_deref(), changes.description.as_deref());
    if !roles::update(&mut tx, id, name, description).await? {
        return Err(absent("role"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove(mut tx: Tx, Named(id): Named<Uuid>) -> Result<StatusCode> {
    if !roles::delete(&mut tx, id).await? {
        return Err(absent("role"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn give(
    mut tx: Tx,
    Named((role, permission)): Named<(Uuid, String)>,
) -> Result<StatusCode> {
    let permission: Permission = permission.parse()?;
    roles::add_permission(&mut tx, role, permission.as_str()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn take(
    mut tx: Tx,
    Named((role, permission)): Named<(Uuid, String)>,
) -> Result<StatusCode> {
    if !roles::remove_permission(&mut tx, role, &permission).await? {
        return Err(absent("permission of the role"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn inherit(
    mut tx: Tx,
    Named((role, parent)): Named<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    roles::add_parent(&mut tx, role, parent).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn disinherit(
    mut tx: Tx,
    Named((role, parent)): Named<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    if !roles::remove_parent(&mut tx, role, parent).await? {
        return Err(absent("parent of the role"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn check_name(name: &str) -> Result<()> {
    match is_word(name) {
        true => Ok(()),
        false => Err(Error::Invalid(format!(
            "`{name}` is no name of a role: expected a word of a-z, 0-9, _, . and -"
        ))),
    }
}
