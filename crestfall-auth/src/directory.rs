//! Users who are kept elsewhere: in a table that the application had before, or behind another
//! service.
//!
//! With a [`UserDirectory`] the directory decides about address, password, role and whether a user may
//! sign in at all. `auth.users` holds a shadow of each user under the same id, to which sessions,
//! factors and identities belong: it is brought up to date whenever a user is looked for by address
//! or comes back with a token, and what a user changes through this service is saved to the directory
//! in the same transaction.

use async_trait::async_trait;
use serde_json::{Map, Value};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::auth::Auth;
use crate::error::{Error, Result};
use crate::store::{self, users};
use crate::user::User;

/// What a directory failed with; for the log.
pub type DirectoryError = Box<dyn std::error::Error + Send + Sync>;

/// What a directory answers.
pub type DirectoryResult<T, E = DirectoryError> = std::result::Result<T, E>;

/// Where users are kept. Give it to [`Builder::users`](crate::Builder::users).
///
/// All calls get the service's connection, in a transaction: a table beside is read and written with
/// it, so that both change or neither. Ids are UUIDs; a table with numbers as keys can use
/// `Uuid::from_u64_pair(0, number)`.
#[async_trait]
pub trait UserDirectory: Send + Sync + 'static {
    /// The user with this id, address or number. Addresses come in lower case.
    ///
    /// # Errors
    /// When it cannot be found out: who asks is told to try again.
    async fn find(
        &self,
        db: &mut PgConnection,
        by: Lookup<'_>,
    ) -> DirectoryResult<Option<DirectoryUser>>;

    /// Keeps a user who is new or has changed, as a whole.
    ///
    /// # Errors
    /// When it cannot be kept: nothing changes here either.
    async fn save(&self, db: &mut PgConnection, user: &DirectoryUser) -> DirectoryResult<()>;

    /// Removes a user, whom an administrator has deleted.
    ///
    /// # Errors
    /// When it cannot be removed: nothing changes here either.
    async fn remove(&self, db: &mut PgConnection, id: Uuid) -> DirectoryResult<()>;
}

/// By what a user is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// The id.
    Id(Uuid),
    /// The mail address, in lower case.
    Email(&'a str),
    /// The phone number: digits alone, `491701234567`.
    Phone(&'a str),
}

/// A user as a directory knows one.
#[derive(Clone, Default, PartialEq)]
pub struct DirectoryUser {
    /// The same for ever.
    pub id: Uuid,
    /// The mail address.
    pub email: Option<String>,
    /// Whether it was proved; else the user cannot sign in with it.
    pub email_confirmed: bool,
    /// The phone number: digits alone.
    pub phone: Option<String>,
    /// Whether it was proved.
    pub phone_confirmed: bool,
    /// Argon2, bcrypt or Firebase's scrypt, as text. What is not Argon2id of today's cost is replaced
    /// at the next sign-in, and saved.
    pub password_hash: Option<String>,
    /// The database role of the user's requests. None: the directory has none, the shadow's counts.
    pub role: Option<String>,
    /// What users say of themselves. None: the directory keeps none, the shadow does.
    pub user_metadata: Option<Map<String, Value>>,
    /// What the application says of them. None: the directory keeps none, the shadow does.
    pub app_metadata: Option<Map<String, Value>>,
    /// Shut out: all sessions end.
    pub disabled: bool,
}

impl std::fmt::Debug for DirectoryUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectoryUser")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl DirectoryUser {
    fn of(user: &User) -> Self {
        Self {
            id: user.id,
            email: user.email.clone(),
            email_confirmed: user.is_email_confirmed(),
            phone: user.phone.clone(),
            phone_confirmed: user.is_phone_confirmed(),
            password_hash: user.password_hash().map(str::to_owned),
            role: Some(user.role.clone()),
            user_metadata: Some(user.user_metadata.0.clone()),
            app_metadata: Some(user.app_metadata.0.clone()),
            disabled: user.is_banned(),
        }
    }
}

/// The user with this address, as the directory has it now.
pub(crate) async fn find_by_email(
    auth: &Auth,
    db: &mut PgConnection,
    email: &str,
) -> Result<Option<User>> {
    let email = email.to_lowercase();
    pull(auth, db, Lookup::Email(&email)).await?;
    Ok(users::find_by_email(db, &email, &auth.config().tokens.audience).await?)
}

/// The user with this number, as the directory has it now.
pub(crate) async fn find_by_phone(
    auth: &Auth,
    db: &mut PgConnection,
    phone: &str,
) -> Result<Option<User>> {
    pull(auth, db, Lookup::Phone(phone)).await?;
    Ok(users::find_by_phone(db, phone, &auth.config().tokens.audience).await?)
}

/// Brings the shadow of a user up to date.
pub(crate) async fn pull(auth: &Auth, db: &mut PgConnection, by: Lookup<'_>) -> Result<()> {
    let Some(directory) = auth.directory() else {
        return Ok(());
    };
    let mut tx = db.begin().await?;
    let found = directory.find(&mut tx, by).await.map_err(failed)?;
    match &found {
        Some(user) => {
            let tokens = &auth.config().tokens;
            let defaults = (tokens.audience.as_str(), tokens.default_role.as_str());
            store::directory::shadow(&mut tx, user, defaults).await?;
        }
        None => store::directory::fade(&mut tx, by).await?,
    }
    Ok(tx.commit().await?)
}

/// Saves what has become of a user, in the transaction in which it did.
pub(crate) async fn push(auth: &Auth, db: &mut PgConnection, user: Uuid) -> Result<()> {
    let Some(directory) = auth.directory() else {
        return Ok(());
    };
    match users::find(db, user).await? {
        // Guests are nobody's but this service's until they have an address.
        Some(user) if !user.is_anonymous => {
            let user = DirectoryUser::of(&user);
            directory.save(db, &user).await.map_err(failed)
        }
        _ => Ok(()),
    }
}

/// Removes a user from the directory.
pub(crate) async fn remove(auth: &Auth, db: &mut PgConnection, user: Uuid) -> Result<()> {
    match auth.directory() {
        None => Ok(()),
        Some(directory) => directory.remove(db, user).await.map_err(failed),
    }
}

fn failed(error: DirectoryError) -> Error {
    Error::internal("The directory of users could not be used", error)
}
