//! What can go wrong, and how it is answered.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use crestfall_core::Problem;
use crestfall_core::tx::TxError;
use http::StatusCode;
use http::header::{HeaderValue, WWW_AUTHENTICATE};

use crate::permission::InvalidPermission;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request has no credentials.
    #[error("this needs credentials")]
    Anonymous,
    /// The caller lacks a permission, or gives what they do not have.
    #[error("{0}")]
    Forbidden(Cow<'static, str>),
    /// There is no such thing, or none that the caller may see.
    #[error("{0}")]
    NotFound(Cow<'static, str>),
    /// There is one like it already, or something else that stands against it.
    #[error("{0}")]
    Conflict(Cow<'static, str>),
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// A text is no permission.
    #[error(transparent)]
    Permission(#[from] InvalidPermission),
    /// No transaction could begin.
    #[error("the database could not be asked")]
    Tx(#[from] TxError),
    /// The database could not be asked, or refused.
    #[error("the database could not answer")]
    Database(#[source] sqlx::Error),
}

/// What an operation gives.
pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Anonymous => "unauthenticated",
            Self::Forbidden(_) => "insufficient_permission",
            Self::NotFound(_) => "not_found",
            Self::Conflict(_) => "conflict",
            Self::Invalid(_) | Self::Permission(_) => "invalid_request",
            Self::Tx(_) | Self::Database(_) => "database",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Anonymous => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Invalid(_) | Self::Permission(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Tx(_) | Self::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

const NOT_ALLOWED: &str =
    "This needs a permission that you do not have, or gives what you do not have yourself";

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let Some(refused) = error.as_database_error() else {
            return match error {
                sqlx::Error::RowNotFound => Self::NotFound("There is no such thing".into()),
                error => Self::Database(error),
            };
        };
        // Only what our own functions raise is told: PostgreSQL's words name tables and columns.
        let said = refused.message();
        let ours = refused.constraint().is_none() && !said.contains("row-level security");
        let told = || Cow::Owned(sentence(said));
        match refused.code().as_deref() {
            Some("42501") if ours && !said.starts_with("permission denied") => {
                Self::Forbidden(told())
            }
            Some("42501") => Self::Forbidden(NOT_ALLOWED.into()),
            Some("P0002") => Self::NotFound(told()),
            Some("23505" | "23001") if ours => Self::Conflict(told()),
            Some("23505") => Self::Conflict(taken(refused.constraint()).into()),
            // A row that others refer to, and one that refers to what is not there, break the same rule.
            Some("23503") if said.starts_with("update or delete") => {
                Self::Conflict("It is in use".into())
            }
            Some("23503") => Self::Conflict(absent(refused.constraint()).into()),
            Some("23514" | "22023") if ours => Self::Invalid(sentence(said)),
            Some("23514" | "22001" | "22P02" | "22021") => {
                Self::Invalid(malformed(refused.constraint()).to_owned())
            }
            _ => Self::Database(error),
        }
    }
}

/// What there is already, by the constraint that says so.
fn taken(constraint: Option<&str>) -> &'static str {
    match constraint.unwrap_or_default() {
        "assignments_key" => {
            "The subject has this role there already; revoke it first to assign it otherwise"
        }
        "organisations_slug_key" => "Another organisation has this slug",
        "roles_name_key" | "roles_organisation_id_name_key" => {
            "There is a role of this name already"
        }
        "permissions_pkey" => "There is this permission already",
        "service_accounts_subject_key" => "This subject is a service account already",
        _ => "There is one already",
    }
}

/// What is not there, by the constraint that says so.
fn absent(constraint: Option<&str>) -> &'static str {
    match constraint.unwrap_or_default() {
        "assignments_organisation_id_subject_fkey" => {
            "The subject is no member of the organisation; invite or add them first"
        }
        "assignments_role_id_fkey" | "invitations_role_id_fkey" => "There is no such role",
        "role_permissions_permission_fkey" => {
            "There is no such permission; declare it first (POST /permissions, or rbac.toml)"
        }
        "role_parents_parent_id_fkey" => "There is no such parent",
        "memberships_organisation_id_fkey"
        | "roles_organisation_id_fkey"
        | "service_accounts_organisation_id_fkey" => "There is no such organisation",
        _ => "It refers to something that is not there",
    }
}

/// What form a value must have, by the constraint that asks for it.
fn malformed(constraint: Option<&str>) -> &'static str {
    match constraint.unwrap_or_default() {
        "assignments_resource_check" => {
            "`resource` is kind/id, such as invoice/42: the kind a word of a-z, 0-9, _, . and -"
        }
        "assignments_check" => "An assignment is in an organisation or on a resource, not both",
        "assignments_subject_check"
        | "memberships_subject_check"
        | "service_accounts_subject_check" => {
            "A subject has 1 to 255 characters; `*` stands for everybody, and only in assignments"
        }
        "organisations_slug_check" => {
            "`slug` has 1 to 63 characters of a-z, 0-9 and -, and no - at its ends"
        }
        "organisations_name_check" | "service_accounts_name_check" => {
            "`name` has 1 to 200 characters"
        }
        "organisations_email_domains_check" => "`email_domains` has 100 items at most",
        "invitations_email_check" => "`email` has 3 to 255 characters",
        "permissions_description_check"
        | "roles_description_check"
        | "service_accounts_description_check" => "`description` has 1000 characters at most",
        _ => "A value is not of the form that is asked for",
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let is_away = |error: &sqlx::Error| {
            let code = error.as_database_error().and_then(|error| error.code());
            let gone = code.is_some_and(|code| code.starts_with("53") || code.starts_with("57P"));
            gone || matches!(
                error,
                sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_)
            )
        };
        match error {
            Error::Tx(error) => error.into(),
            Error::Database(error) if is_away(&error) => Self::unavailable(&error, 1),
            Error::Database(error) => Self::internal(&error),
            Error::Anonymous => Self::new(error.status(), error.code(), "This needs credentials")
                .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            error => Self::new(error.status(), error.code(), error.to_string()),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
