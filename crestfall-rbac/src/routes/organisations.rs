//! `/organisations` and their members.

use axum::Json;
use crestfall_core::Tx;
use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

use super::absent;
use crate::error::{Error, Result};
use crate::input::{Body, Named, Parameters};
use crate::page::{Page, PageRequest};
use crate::store::organisations::{self, MemberRow, OrganisationRow};

pub(super) async fn list(
    mut tx: Tx,
    Parameters(page): Parameters<PageRequest>,
) -> Result<Json<Page<OrganisationRow>>> {
    let rows = organisations::list(&mut tx, page.after.as_deref(), page.rows()?).await?;
    Ok(Json(page.page(rows, |row| row.slug.clone())?))
}

pub(super) async fn show(mut tx: Tx, Named(id): Named<Uuid>) -> Result<Json<OrganisationRow>> {
    let found = organisations::find(&mut tx, id).await?;
    found.map(Json).ok_or_else(|| absent("organisation"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    name: String,
    slug: Option<String>,
}

pub(super) async fn create(
    mut tx: Tx,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<Option<OrganisationRow>>)> {
    let id = organisations::create(&mut tx, &new.name, new.slug.as_deref()).await?;
    let made = organisations::find(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Changes {
    name: Option<String>,
    slug: Option<String>,
    email_domains: Option<Vec<String>>,
}

pub(super) async fn update(
    mut tx: Tx,
    Named(id): Named<Uuid>,
    Body(changes): Body<Changes>,
) -> Result<StatusCode> {
    let domains = changes.email_domains.map(lower_case).transpose()?;
    let (name, slug) = (changes.name.as_deref(), changes.slug.as_deref());
    if !organisations::update(&mut tx, id, name, slug, domains.as_deref()).await? {
        return Err(absent("organisation"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn lower_case(domains: Vec<String>) -> Result<Vec<String>> {
    let is_domain = |domain: &str| {
        let of_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
        domain.contains('.') && domain.chars().all(of_domain)
    };
    let lower = |domain: String| match is_domain(&domain) {
        true => Ok(domain.to_lowercase()),
        false => Err(Error::Invalid(format!(
            "`{domain}` is no domain, such as example.org"
        ))),
    };
    domains.into_iter().map(lower).collect()
}

pub(super) async fn remove(mut tx: Tx, Named(id): Named<Uuid>) -> Result<StatusCode> {
    if !organisations::delete(&mut tx, id).await? {
        return Err(absent("organisation"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn members(
    mut tx: Tx,
    Named(organisation): Named<Uuid>,
    Parameters(page): Parameters<PageRequest>,
) -> Result<Json<Page<MemberRow>>> {
    let after = page.after.as_deref();
    let rows = organisations::members(&mut tx, organisation, after, page.rows()?).await?;
    Ok(Json(page.page(rows, |row| row.subject.clone())?))
}

pub(super) async fn add_member(
    mut tx: Tx,
    Named((organisation, subject)): Named<(Uuid, String)>,
) -> Result<StatusCode> {
    organisations::add_member(&mut tx, organisation, &subject).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove_member(
    mut tx: Tx,
    Named((organisation, subject)): Named<(Uuid, String)>,
) -> Result<StatusCode> {
    if !organisations::remove_member(&mut tx, organisation, &subject).await? {
        return Err(absent("member"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
