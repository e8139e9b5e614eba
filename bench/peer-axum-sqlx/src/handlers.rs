//! One handler a scenario.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sqlx::PgPool;

use crate::caller::Caller;

/// An answer in JSON as PostgreSQL made it.
pub(crate) struct Body(StatusCode, String);

impl IntoResponse for Body {
    fn into_response(self) -> Response {
        (
            self.0,
            [(CONTENT_TYPE, "application/json; charset=utf-8")],
            self.1,
        )
            .into_response()
    }
}

/// The database refused or could not be asked.
pub(crate) struct Failure(sqlx::Error);

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        eprintln!("{}", self.0);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

pub(crate) async fn item(
    State(pool): State<PgPool>,
    caller: Caller,
    Path(id): Path<i32>,
) -> Result<Body, Failure> {
    let mut tx = caller.begin(&pool).await?;
    let body = sqlx::query_scalar(
        "select coalesce(json_agg(i), '[]')::text
         from (select id, category_id, name, price, in_stock, code, attributes, created_at
               from bench.items where id = $1) i",
    )
    .bind(id)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Body(StatusCode::OK, body))
}

pub(crate) async fn item_under_policy(
    State(pool): State<PgPool>,
    caller: Caller,
    Path(id): Path<i32>,
) -> Result<Body, Failure> {
    let mut tx = caller.begin(&pool).await?;
    let body = sqlx::query_scalar(
        "select coalesce(json_agg(i), '[]')::text
         from (select id, owner, name, price from bench.items_rls where id = $1) i",
    )
    .bind(id)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Body(StatusCode::OK, body))
}

#[derive(Deserialize)]
pub(crate) struct OfCategory {
    category_id: i32,
}

pub(crate) async fn items_of_category(
    State(pool): State<PgPool>,
    caller: Caller,
    Query(query): Query<OfCategory>,
) -> Result<Body, Failure> {
    let mut tx = caller.begin(&pool).await?;
    let body = sqlx::query_scalar(
        "select coalesce(json_agg(i), '[]')::text
         from (select id, category_id, name, price, in_stock, code, attributes, created_at
               from bench.items where category_id = $1 order by id limit 100) i",
    )
    .bind(query.category_id)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Body(StatusCode::OK, body))
}

#[derive(Deserialize)]
pub(crate) struct OfGroup {
    group_id: i32,
}

pub(crate) async fn parents_of_group(
    State(pool): State<PgPool>,
    caller: Caller,
    Query(query): Query<OfGroup>,
) -> Result<Body, Failure> {
    let mut tx = caller.begin(&pool).await?;
    let body = sqlx::query_scalar(
        "select coalesce(json_agg(p), '[]')::text
         from (select parents.id, parents.name, c.children
               from bench.parents
               cross join lateral (
                   select coalesce(json_agg(c), '[]') as children
                   from (select id, title, amount
                         from bench.children where parent_id = parents.id) c
               ) c
               where group_id = $1 order by id limit 20) p",
    )
    .bind(query.group_id)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Body(StatusCode::OK, body))
}

#[derive(Deserialize)]
pub(crate) struct NewEvent {
    item_id: i32,
    kind: String,
    note: String,
}

pub(crate) async fn create_event(
    State(pool): State<PgPool>,
    caller: Caller,
    Json(event): Json<NewEvent>,
) -> Result<Body, Failure> {
    let mut tx = caller.begin(&pool).await?;
    let body = sqlx::query_scalar(
        "with e as (insert into bench.events (item_id, kind, note) values ($1, $2, $3) returning *)
         select json_agg(e)::text from e",
    )
    .bind(event.item_id)
    .bind(event.kind)
    .bind(event.note)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Body(StatusCode::CREATED, body))
}

#[derive(Deserialize)]
pub(crate) struct Order {
    item_id: i32,
    quantity: i32,
}

pub(crate) async fn item_price(
    State(pool): State<PgPool>,
    caller: Caller,
    Json(order): Json<Order>,
) -> Result<Body, Failure> {
    let mut tx = caller.begin(&pool).await?;
    let body = sqlx::query_scalar("select to_json(bench.item_price($1, $2))::text")
        .bind(order.item_id)
        .bind(order.quantity)
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Body(StatusCode::OK, body))
}
