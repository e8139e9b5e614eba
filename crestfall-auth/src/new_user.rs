//! New users who are known by a mail address or phone number.

use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::store::identities;
use crate::store::users::{self, NewUser};
use crate::user::{Metadata, User};
use crate::{directory, hook};

/// Makes one whose address is yet to be proved. `provider` is `email` or `phone`; without a password
/// the user signs in by link or code.
///
/// # Errors
/// The address is taken, or the application refuses.
pub(crate) async fn create(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    (provider, address): (&str, &str),
    password_hash: Option<String>,
    data: &Metadata,
) -> Result<User> {
    let mut app_metadata = Metadata::new();
    app_metadata.insert("provider".into(), provider.into());
    app_metadata.insert("providers".into(), json!([provider]));
    let new = NewUser {
        aud: auth.config().tokens.audience.clone(),
        role: auth.config().tokens.default_role.clone(),
        email: (provider == "email").then(|| address.to_owned()),
        phone: (provider == "phone").then(|| address.to_owned()),
        password_hash,
        app_metadata,
        user_metadata: data.clone(),
        ..NewUser::default()
    };
    hook::before_user_created(auth, db, caller, &new).await?;
    let user = users::insert(db, &new).await.map_err(taken)?;
    let mut identity = identities::data(
        user.id,
        &[
            (provider, Value::from(address)),
            ("email_verified", false.into()),
            ("phone_verified", false.into()),
        ],
    );
    for (name, value) in data {
        identity
            .entry(name.clone())
            .or_insert_with(|| value.clone());
    }
    identities::insert(db, user.id, provider, &user.id.to_string(), &identity).await?;
    let user = users::find(db, user.id).await?.unwrap_or(user);
    hook::after_user_created(auth, db, caller, &user).await?;
    directory::push(auth, db, user.id).await?;
    Ok(user)
}

/// Two sign-ups with one address at once: one comes second.
fn taken(error: sqlx::Error) -> Error {
    let error_of_database = error.as_database_error();
    match error_of_database.is_some_and(|error| error.is_unique_violation()) {
        true => already_registered(),
        false => error.into(),
    }
}

pub(crate) fn already_registered() -> Error {
    Error::new(ErrorCode::UserAlreadyExists, "User already registered")
}

/// The same, with what the application takes as proved without proof.
pub(crate) async fn create_by_otp(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    (provider, address): (&str, &str),
    data: &Metadata,
) -> Result<User> {
    let user = create(auth, db, caller, (provider, address), None, data).await?;
    match provider {
        "phone" if auth.config().phone.autoconfirm => users::confirm_phone(db, user.id).await?,
        "email" if auth.config().email.autoconfirm => users::confirm_email(db, user.id).await?,
        _ => return Ok(user),
    }
    directory::push(auth, db, user.id).await?;
    Ok(users::find(db, user.id).await?.unwrap_or(user))
}
