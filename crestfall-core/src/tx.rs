//! Transactions that run as one identity, for handlers that use `sqlx`.

mod context;

use std::ops::{Deref, DerefMut};

use axum::extract::{FromRef, FromRequestParts};
use http::HeaderValue;
use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::identity::Identity;
use crate::problem::Problem;

pub use context::{RequestContext, acting, cookies_json, headers_json};

/// Makes the transaction run as one identity; all of it ends with the transaction.
/// $1 role     text  PostgreSQL role
/// $2 claims   text  JSON object
/// $3 method   text
/// $4 path     text
/// $5 headers  text  JSON object
/// $6 cookies  text  JSON object
/// $7 id       text  of the request
/// $8 ip       text  of the client
/// $9 context  text  see [`acting`]
const BECOME: &str = "
select set_config('role', $1, true),
       set_config('request.jwt.claims', $2, true),
       set_config('request.method', $3, true),
       set_config('request.path', $4, true),
       set_config('request.headers', $5, true),
       set_config('request.cookies', $6, true),
       set_config('request.id', $7, true),
       set_config('request.ip', $8, true),
       set_config('request.context', $9, true)";

/// A transaction already under an identity: its role is set, and policies find its claims and the
/// request in `request.*` as PostgREST sets them, with `request.id`, `request.ip` and
/// `request.context` (see [`acting`]) besides.
///
/// It derefs to a [`PgConnection`], so `sqlx` queries run on `&mut *tx`. Nothing is kept unless
/// [`commit`](Self::commit) is called: dropped unfinished (an error, a client that hangs up), `sqlx`
/// queues a `ROLLBACK` that PostgreSQL sees before anything else on that connection, and role and
/// settings, being local to the transaction, go with it.
///
/// Do not send `COMMIT`, `SET ROLE` or `SET SESSION` through it: a commit behind its back ends the
/// identity, and a session setting outlives it.
///
/// As an extractor it takes the pool from the state and the identity from the request:
///
/// ```
/// use axum::{Json, Router, routing::get};
/// use crestfall_core::{Problem, Tx};
///
/// async fn count(mut tx: Tx) -> Result<Json<i64>, Problem> {
///     let todos = sqlx::query_scalar("select count(*) from todos")
///         .fetch_one(&mut *tx)
///         .await
///         .map_err(|error| Problem::internal(&error))?;
///     Ok(Json(todos))
/// }
///
/// fn app(pool: sqlx::PgPool) -> Router {
///     Router::new().route("/count", get(count)).with_state(pool)
/// }
/// ```
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Postgres>,
}

/// Why a transaction could not begin as an identity.
#[derive(Debug, thiserror::Error)]
pub enum TxError {
    /// The identity's role does not exist, or the login role may not become it.
    #[error("the role cannot be used")]
    Role(#[source] sqlx::Error),
    /// No connection was free in time, or none could be made.
    #[error("no connection to the database")]
    Unavailable(#[source] sqlx::Error),
    /// The database refused for another reason.
    #[error("the transaction could not begin")]
    Database(#[source] sqlx::Error),
}

impl Tx {
    /// Begins a transaction as this identity, telling policies about this request. Two round trips.
    ///
    /// # Errors
    /// See [`TxError`]. The connection is then as it was before.
    pub async fn begin(
        pool: &PgPool,
        identity: &Identity,
        request: &RequestContext,
    ) -> Result<Self, TxError> {
        if identity.role() == "none" {
            // To PostgreSQL, `none` is the login role, with all that it may do.
            return Err(TxError::Role(sqlx::Error::Protocol(
                "the role is `none`".to_owned(),
            )));
        }
        let mut inner = pool.begin().await.map_err(TxError::from)?;
        sqlx::query(BECOME)
            .bind(identity.role())
            .bind(identity.claims().as_str())
            .bind(request.method())
            .bind(request.path())
            .bind(request.headers_json())
            .bind(request.cookies_json())
            .bind(request.id())
            .bind(request.ip())
            .bind(request.acting(identity))
            .execute(&mut *inner)
            .await
            .map_err(TxError::from)?;
        Ok(Self { inner })
    }

    /// Keeps what was done.
    ///
    /// # Errors
    /// The database refused, or the connection was lost: then nothing is known to be kept.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.inner.commit().await
    }

    /// Undoes what was done, and waits for it. Dropping does the same without waiting.
    ///
    /// # Errors
    /// The connection was lost: then it is undone all the same.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.inner.rollback().await
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

impl From<sqlx::Error> for TxError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code());
        match (code.as_deref(), &error) {
            // invalid_parameter_value, insufficient_privilege, and a name no encoding has: all about
            // the role, the only value PostgreSQL judges here.
            (Some("22023" | "42501" | "22021"), _) => Self::Role(error),
            (Some(code), _) if code.starts_with("53") || code.starts_with("57P") => {
                Self::Unavailable(error)
            }
            (Some(_), _) => Self::Database(error),
            (None, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed) => Self::Unavailable(error),
            (None, sqlx::Error::Io(_) | sqlx::Error::Tls(_)) => Self::Unavailable(error),
            (None, _) => Self::Database(error),
        }
    }
}

impl From<TxError> for Problem {
    fn from(error: TxError) -> Self {
        match &error {
            TxError::Role(source) => {
                tracing::info!(error = source as &dyn std::error::Error, "refused a role");
                Self::new(StatusCode::UNAUTHORIZED, "CF401", "The role cannot be used")
                    .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            TxError::Unavailable(_) => Self::unavailable(&error, 1),
            TxError::Database(_) => Self::internal(&error),
        }
    }
}

impl<S> FromRequestParts<S> for Tx
where
    PgPool: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let pool = PgPool::from_ref(state);
        let identity = parts
            .extensions
            .get::<Identity>()
            .cloned()
            .unwrap_or_default();
        let context = RequestContext::from_parts(parts);
        Ok(Self::begin(&pool, &identity, &context).await?)
    }
}
