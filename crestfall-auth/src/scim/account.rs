//! What a client's users are here: accounts whose address the client vouches for.

use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::{ScimError, ScimResult};
use super::provisioner::Provisioner;
use super::user::Wanted;
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::store::scim_users::{Kept, ScimUser, Seen};
use crate::store::users::NewUser;
use crate::store::{external, identities, one_time_tokens, scim_users, sessions, users};
use crate::user::{Metadata, User};
use crate::{directory, hook, new_password};

/// How an account is known whose address a client vouches for: as one who has confirmed it.
const EMAIL: &str = "email";

/// Makes an account.
///
/// # Errors
/// 409 when the name or the address is taken; what the application's hooks refuse.
pub(crate) async fn create(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    client: &Provisioner,
    wanted: &Wanted,
) -> ScimResult<Uuid> {
    let password_hash = hash(auth, wanted).await?;
    free_address(auth, db, &wanted.email).await?;
    let tokens = &auth.config().tokens;
    let mut app_metadata = Metadata::new();
    app_metadata.insert("provider".into(), EMAIL.into());
    app_metadata.insert("providers".into(), json!([EMAIL]));
    let new = NewUser {
        aud: tokens.audience.clone(),
        role: tokens.default_role.clone(),
        email: Some(wanted.email.clone()),
        password_hash,
        app_metadata,
        user_metadata: named(wanted),
        ..NewUser::default()
    };
    hook::before_user_created(auth, db, caller, &new).await?;
    let user = users::insert(db, &new).await.map_err(taken)?;
    identities::set(db, &user, EMAIL, &wanted.email, true).await?;
    users::confirm_email(db, user.id).await?;
    keep(db, user.id, client, wanted).await?;
    if wanted.active == Some(false) {
        scim_users::suspend(db, user.id).await?;
    }
    record(
        db,
        caller,
        client,
        &user,
        Action::UserSignedUp,
        wanted.active,
    )
    .await?;
    let user = users::find(db, user.id).await?.unwrap_or(user);
    hook::after_user_created(auth, db, caller, &user).await?;
    directory::push(auth, db, user.id).await?;
    Ok(user.id)
}

/// Makes an account what the client wants. The row is locked.
///
/// # Errors
/// 409 when the name or the address is taken.
pub(crate) async fn change(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    client: &Provisioner,
    (user, before): (&User, &ScimUser),
    wanted: &Wanted,
) -> ScimResult<()> {
    let password_hash = hash(auth, wanted).await?;
    if user.email() != wanted.email {
        free_address(auth, db, &wanted.email).await?;
        // What was sent to the former address opens nothing any more.
        external::replace_email(db, user.id, Some(&wanted.email), true)
            .await
            .map_err(taken)?;
        identities::set(db, user, EMAIL, &wanted.email, true).await?;
        users::refresh_providers(db, user.id).await?;
    }
    if let Some(hash) = &password_hash {
        users::set_password(db, user.id, Some(hash)).await?;
        one_time_tokens::delete_all(db, user.id).await?;
        sessions::delete_all(db, user.id, None).await?;
    }
    let name = named(wanted);
    if name
        .iter()
        .any(|(key, value)| user.user_metadata.get(key) != Some(value))
    {
        users::merge_user_metadata(db, user.id, &name).await?;
    }
    keep(db, user.id, client, wanted).await?;
    match wanted.active {
        Some(false) if before.is_active || !before.is_suspended => {
            scim_users::suspend(db, user.id).await?;
            sessions::delete_all(db, user.id, None).await?;
            one_time_tokens::delete_all(db, user.id).await?;
        }
        Some(true) if before.is_suspended => scim_users::resume(db, user.id).await?,
        _ => {}
    }
    record(
        db,
        caller,
        client,
        user,
        Action::UserModified,
        wanted.active,
    )
    .await?;
    Ok(directory::push(auth, db, user.id).await?)
}

/// Removes an account.
///
/// # Errors
/// 409 when the application has something that does not go with it.
pub(crate) async fn remove(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    client: &Provisioner,
    user: &User,
) -> ScimResult<()> {
    record(db, caller, client, user, Action::UserDeleted, None).await?;
    directory::remove(auth, db, user.id).await?;
    let removed = users::delete(db, user.id).await;
    removed.map(drop).map_err(|error| {
        let is_held = error
            .as_database_error()
            .is_some_and(|error| error.is_foreign_key_violation());
        match is_held {
            true => {
                let detail =
                    "The application still refers to the user; set `active` to false instead";
                ScimError::new(http::StatusCode::CONFLICT, detail)
            }
            false => error.into(),
        }
    })
}

/// What a client sees.
pub(crate) fn seen<'a>(auth: &'a Auth, client: &'a Provisioner, domains: &'a [String]) -> Seen<'a> {
    Seen {
        client: &client.name,
        audience: &auth.config().tokens.audience,
        existing: client.settings.existing_users,
        domains,
    }
}

async fn hash(auth: &Auth, wanted: &Wanted) -> ScimResult<Option<String>> {
    let Some(password) = &wanted.password else {
        return Ok(None);
    };
    new_password::check(auth, password).await?;
    Ok(Some(new_password::hash(auth, password).await?))
}

/// Takes an address from who claims it without proof (SEC-05).
///
/// # Errors
/// 409 when somebody has proved it.
async fn free_address(auth: &Auth, db: &mut PgConnection, email: &str) -> ScimResult<()> {
    let Some(holder) = directory::find_by_email(auth, db, email).await? else {
        return Ok(());
    };
    let holder = users::lock(db, holder.id).await?;
    let Some(holder) = holder.filter(|holder| holder.email() == email) else {
        return Ok(());
    };
    if holder.is_email_confirmed() {
        return Err(address_taken());
    }
    external::release_email(db, holder.id).await?;
    Ok(directory::push(auth, db, holder.id).await?)
}

async fn keep(
    db: &mut PgConnection,
    user: Uuid,
    client: &Provisioner,
    wanted: &Wanted,
) -> ScimResult<()> {
    let kept = Kept {
        client: &client.name,
        user_name: &wanted.user_name,
        external_id: wanted.external_id.as_deref(),
        attributes: &wanted.attributes,
    };
    scim_users::keep(db, user, &kept)
        .await
        .map_err(|error| match error {
            // Another client was first.
            sqlx::Error::RowNotFound => ScimError::not_found(),
            error => taken(error),
        })
}

fn named(wanted: &Wanted) -> Metadata {
    let name = wanted.full_name.as_deref();
    let name = name.map(|name| ("full_name".to_owned(), Value::from(name)));
    name.into_iter().collect()
}

async fn record(
    db: &mut PgConnection,
    caller: &Caller,
    client: &Provisioner,
    user: &User,
    action: Action,
    active: Option<bool>,
) -> ScimResult<()> {
    let mut traits = json!({ "by": null, "scim_client": client.name });
    if let Some(active) = active {
        traits["active"] = active.into();
    }
    Ok(audit::record(db, caller, user, action, traits).await?)
}

fn address_taken() -> ScimError {
    ScimError::uniqueness("A user with this address exists already")
}

fn taken(error: sqlx::Error) -> ScimError {
    let violated = error
        .as_database_error()
        .filter(|error| error.is_unique_violation());
    match violated.and_then(|error| error.constraint()) {
        Some("scim_users_user_name_key") => {
            ScimError::uniqueness("A user with this `userName` exists already")
        }
        Some("users_email_partial_key") => address_taken(),
        _ => error.into(),
    }
}
