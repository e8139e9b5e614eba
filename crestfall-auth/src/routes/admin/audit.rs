//! `GET /admin/audit` (GT-050).

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::auth::Auth;
use crate::error::{Error, Result};
use crate::page::PageQuery;
use crate::query::Query;
use crate::signed_in::Admin;
use crate::store::audit::{self, Filter};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Parameters {
    query: String,
    #[serde(flatten)]
    page: PageQuery,
}

pub(super) async fn list(
    State(auth): State<Auth>,
    Query(parameters): Query<Parameters>,
    _: Admin,
) -> Result<impl IntoResponse> {
    let page = parameters.page.check()?;
    let filter = filter(&parameters.query)?;
    let mut db = auth.pool().acquire().await?;
    let (entries, total) = audit::page(&mut db, &filter, page.range()).await?;
    Ok((page.headers(&auth, "/admin/audit", total), Json(entries)))
}

/// `author:TEXT`, `action:TEXT` or `type:TEXT`.
fn filter(query: &str) -> Result<Filter> {
    if query.is_empty() {
        return Ok(Filter::All);
    }
    match query.split_once(':') {
        Some(("author", text)) => Ok(Filter::Author(text.to_owned())),
        Some(("action", text)) => Ok(Filter::Action(text.to_owned())),
        Some(("type", text)) => Ok(Filter::Type(text.to_owned())),
        _ => Err(Error::invalid(
            "Invalid query scope: use author:, action: or type: and a text",
        )),
    }
}
