//! Who asks, and transactions in their name.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use sqlx::{PgPool, Postgres, Transaction};

/// The role and the claims that a request's policies see.
pub(crate) struct Caller {
    role: &'static str,
    claims: &'static str,
}

impl Caller {
    /// Opens a transaction that runs as this caller.
    pub(crate) async fn begin(
        &self,
        pool: &PgPool,
    ) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut tx = pool.begin().await?;
        sqlx::query(
            "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)",
        )
        .bind(self.role)
        .bind(self.claims)
        .execute(&mut *tx)
        .await?;
        Ok(tx)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // The benchmark is anonymous; a token that nobody verifies must not pass as one.
        if parts.headers.contains_key(AUTHORIZATION) {
            return Err(StatusCode::UNAUTHORIZED);
        }
        Ok(Self {
            role: "anon",
            claims: r#"{"role":"anon"}"#,
        })
    }
}
