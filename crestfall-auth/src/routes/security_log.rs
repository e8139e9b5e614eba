//! `GET /user/security-log`: what happened to one's own account, in plain words (D31, GT-103).

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::auth::Auth;
use crate::device;
use crate::error::Result;
use crate::page::PageQuery;
use crate::query::Query;
use crate::signed_in::SignedIn;
use crate::store::audit::{self, Entry};

/// One thing that happened.
#[derive(Serialize)]
struct Happened {
    id: Uuid,
    at: DateTime<Utc>,
    /// For programs, such as `login`.
    action: String,
    /// For people.
    what: &'static str,
    /// Such as `Firefox on Linux`.
    device: String,
    /// The address that it came from.
    #[serde(skip_serializing_if = "String::is_empty")]
    place: String,
    /// Whether an administrator did it.
    by_administrator: bool,
}

pub(super) async fn show(
    State(auth): State<Auth>,
    Query(page): Query<PageQuery>,
    signed_in: SignedIn,
) -> Result<impl IntoResponse> {
    let page = page.check()?;
    let user = signed_in.user.id;
    let mut db = auth.pool().acquire().await?;
    let entries = audit::of_user(&mut db, user, page.range()).await?;
    let total = audit::count_of_user(&mut db, user).await?;
    let happened: Vec<_> = entries.into_iter().map(Happened::from).collect();
    Ok((
        page.headers(&auth, "/user/security-log", total),
        Json(happened),
    ))
}

impl From<Entry> for Happened {
    fn from(entry: Entry) -> Self {
        let text = |name: &str| entry.payload.get(name).and_then(Value::as_str);
        let action = text("action").unwrap_or_default().to_owned();
        let locked = entry.payload.pointer("/traits/locked") == Some(&Value::Bool(true));
        Self {
            id: entry.id,
            at: entry.created_at,
            what: in_plain_words(&action, locked),
            action,
            device: device::name(text("user_agent")),
            by_administrator: entry.payload.pointer("/traits/by").is_some(),
            place: entry.ip_address,
        }
    }
}

fn in_plain_words(action: &str, locked: bool) -> &'static str {
    match action {
        "login" => "Signed in",
        "logout" => "Signed out",
        "login_failed" if locked => "A sign-in was refused because too many had failed",
        "login_failed" => "A sign-in failed",
        "account_locked" => "Sign-in by others was stopped for a while after too many had failed",
        "invite_accepted" => "The invitation was accepted",
        "user_signedup" => "The account was created",
        "user_invited" => "The account was invited",
        "user_deleted" => "The account was deleted",
        "user_modified" => "The account was changed",
        "user_recovery_requested" => "A link to choose a new password was asked for",
        "user_reauthenticate_requested" => "A code to confirm a change was asked for",
        "user_confirmation_requested" => "A link to confirm the address was asked for",
        "user_repeated_signup" => "Somebody tried to sign up with this address again",
        "user_updated_password" => "The password was changed",
        "token_revoked" => "A session was ended because its token was used twice",
        "token_refreshed" => "A session was continued",
        "factor_in_progress" => "A second factor was begun",
        "factor_unenrolled" | "factor_deleted" => "A second factor was removed",
        "factor_updated" => "A second factor was changed",
        "challenge_created" => "A second factor was asked for",
        "verification_attempted" => "A second factor was tried",
        "recovery_codes_generated" => "New recovery codes were made",
        "recovery_code_used" => "A recovery code was used",
        "identity_linked" => "Another account was linked",
        "identity_unlinked" => "Another account was unlinked",
        "passkey_created" => "A passkey was added",
        "passkey_updated" => "A passkey was renamed",
        "passkey_deleted" => "A passkey was removed",
        "api_key_created" => "An API key was made",
        "api_key_changed" => "An API key was changed",
        "api_key_rotated" => "An API key was replaced by a new one",
        "api_key_revoked" => "An API key was revoked",
        "oauth_grant_given" => "An application was given access",
        _ => "Something happened to the account",
    }
}
