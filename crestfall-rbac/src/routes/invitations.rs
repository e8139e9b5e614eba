//! Invitations to an organisation: made, withdrawn, accepted once.

use axum::Json;
use crestfall_core::Tx;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use super::absent;
use crate::error::{Error, Result};
use crate::input::{Body, Named, Parameters};
use crate::page::{Page, PageRequest};
use crate::store::organisations::{self, InvitationRow, MadeInvitation};
use crate::store::roles;

const WEEK: i64 = 7 * 24 * 60 * 60;
const LONGEST: i64 = 90 * 24 * 60 * 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParameters {
    limit: Option<u16>,
    after: Option<Uuid>,
}

pub(super) async fn list(
    mut tx: Tx,
    Named(organisation): Named<Uuid>,
    Parameters(asked): Parameters<ListParameters>,
) -> Result<Json<Page<InvitationRow>>> {
    let page = PageRequest {
        limit: asked.limit,
        after: None,
    };
    let rows = organisations::invitations(&mut tx, organisation, asked.after, page.rows()?).await?;
    Ok(Json(page.page(rows, |row| row.id.to_string())?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    /// Whose it is; of whoever has the token, without.
    email: Option<String>,
    role_id: Option<Uuid>,
    /// In place of `role_id`.
    role: Option<String>,
    /// Seconds; a week unless it is said.
    expires_in: Option<i64>,
}

/// The answer holds the token, which is told this once: bring it to whom it is for.
pub(super) async fn create(
    mut tx: Tx,
    Named(organisation): Named<Uuid>,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<MadeInvitation>)> {
    let seconds = new.expires_in.unwrap_or(WEEK);
    if !(60..=LONGEST).contains(&seconds) {
        let message = format!("`expires_in` is from 60 to {LONGEST} seconds");
        return Err(Error::Invalid(message));
    }
    if new
        .email
        .as_deref()
        .is_some_and(|email| !email.contains('@'))
    {
        return Err(Error::Invalid("`email` is no address".to_owned()));
    }
    let role = match (new.role_id, &new.role) {
        (Some(_), Some(_)) => {
            return Err(Error::Invalid(
                "Name the role by `role_id` or `role`".to_owned(),
            ));
        }
        (None, Some(name)) => {
            let found = roles::named(&mut tx, name, Some(organisation)).await?;
            let absent = || Error::NotFound(format!("There is no role `{name}`").into());
            Some(found.ok_or_else(absent)?)
        }
        (id, None) => id,
    };
    let lifetime = PgInterval {
        months: 0,
        days: 0,
        microseconds: seconds * 1_000_000,
    };
    let email = new.email.as_deref();
    let made = organisations::invite(&mut tx, organisation, email, role, lifetime).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

pub(super) async fn withdraw(
    mut tx: Tx,
    Named((organisation, id)): Named<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    if !organisations::withdraw(&mut tx, organisation, id).await? {
        return Err(absent("invitation"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Token {
    token: String,
}

pub(super) async fn accept(mut tx: Tx, Body(given): Body<Token>) -> Result<Json<Value>> {
    let organisation = organisations::accept(&mut tx, &given.token).await?;
    tx.commit().await?;
    Ok(Json(json!({ "organisation_id": organisation })))
}
