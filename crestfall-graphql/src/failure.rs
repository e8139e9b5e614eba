//! What PostgreSQL refuses, or that it is away, as GraphQL tells it.

use crestfall_core::db::{DbError, PgError};

use crate::limit;
use crate::nested::Failed;
use crate::request::{Error, Fate, Response};
use crate::sql::TOO_MANY;

/// An operation whose statements failed: nothing of it was kept.
pub(crate) fn response(error: &DbError) -> Response {
    let (message, code, fate) = match error {
        DbError::Postgres(refused) => return refusal(refused),
        DbError::PoolTimeout | DbError::QueueFull => {
            ("the database is busy", "busy", Fate::Unavailable)
        }
        DbError::Connection(_) | DbError::Refused(_) | DbError::Closed => (
            "the database cannot be reached",
            "unavailable",
            Fate::Unavailable,
        ),
        DbError::ResultTooLarge { .. } => ("the answer is too large", "too_large", Fate::Executed),
        DbError::Encode(_) => (
            "the operation has too many values",
            "too_large",
            Fate::Executed,
        ),
        DbError::Config(_) => ("internal error", "internal", Fate::Unavailable),
    };
    tracing::error!(error.message = %error, "graphql.execute failed");
    let mut error = Error::new(message);
    error.code = Some(code.into());
    Response::failed(vec![error]).with_fate(fate)
}

/// The same, of one that writes rows with others.
pub(crate) fn nested(failed: Failed) -> Response {
    let error = match failed {
        Failed::Db(error) => return response(&error),
        Failed::At(field, input, refused) => told(&refused).of_input(&input).of_field(&field),
        Failed::Stopped(field, input, why) => Error::new(why).of_input(&input).of_field(&field),
        Failed::TooMany(field, most) => Error::from(limit::too_many_rows(most)).of_field(&field),
    };
    Response::failed(vec![error])
}

fn refusal(refused: &PgError) -> Response {
    Response::failed(vec![told(refused)])
}

fn told(refused: &PgError) -> Error {
    let error = Error::new(match too_many(refused) {
        Some(verb) => format!("{verb} impacts too many records"),
        None => refused.message.clone(),
    });
    error.coded(&refused.code)
}

/// The verb of a change that would have touched more rows than it may.
fn too_many(refused: &PgError) -> Option<&'static str> {
    let (_, told) = refused.message.split_once(TOO_MANY)?;
    if refused.code != "22P02" {
        return None;
    }
    ["update", "delete"]
        .into_iter()
        .find(|verb| told.starts_with(verb))
}
