//! Taking over users from GoTrue: rows of its `auth.users` with their `auth.identities`, from its
//! database or as JSON. Passwords go on to work (bcrypt, Argon2 and Firebase's scrypt), sessions
//! do not come along. Repeated, it takes over what is new and leaves what is there alone.

use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::PgPool;

use crate::password::check_importable;
use crate::store::import;

/// Takes over users.
#[derive(Debug)]
pub struct Importer {
    pool: PgPool,
    report: ImportReport,
}

/// What became of users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Those that are here now.
    pub new: u64,
    /// Those that were here before; nothing of them was changed.
    pub before: u64,
    /// Ids of those who are here without their password, and why it cannot be used.
    pub without_password: Vec<(String, String)>,
    /// Ids of those who are not here, and why.
    pub refused: Vec<(String, String)>,
}

impl Importer {
    /// Into the database of this pool, whose user may write the schema `auth`.
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            report: ImportReport::default(),
        }
    }

    /// Takes over every user of another database.
    ///
    /// # Errors
    /// One of the databases does not answer. What was taken over stays.
    pub async fn from_database(&mut self, source: &PgPool) -> sqlx::Result<()> {
        let mut every = import::every(source);
        while let Some(record) = every.try_next().await? {
            self.take(&record).await?;
        }
        Ok(())
    }

    /// Takes over one user: a row of `auth.users` as a JSON object, with the rows of
    /// `auth.identities` under `identities`.
    ///
    /// # Errors
    /// The database does not answer. A record that it refuses is reported and is no error.
    pub async fn take(&mut self, record: &Value) -> sqlx::Result<()> {
        let id = record["id"].as_str().unwrap_or("without id").to_owned();
        match self.insert(&id, record).await {
            Ok(true) => self.report.new += 1,
            Ok(false) => self.report.before += 1,
            Err(sqlx::Error::Database(error)) if is_the_records_fault(&*error) => {
                self.report.refused.push((id, error.message().to_owned()));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn insert(&mut self, id: &str, record: &Value) -> sqlx::Result<bool> {
        let hash = record["encrypted_password"].as_str();
        let hash = hash.filter(|hash| !hash.is_empty());
        let unusable = hash.and_then(|hash| check_importable(hash).err());
        let usable = hash.filter(|_| unusable.is_none());

        let mut tx = self.pool.begin().await?;
        import::be_quick(&mut tx).await?;
        let Some(user) = import::user(&mut tx, record, usable).await? else {
            return Ok(false);
        };
        for identity in record["identities"].as_array().into_iter().flatten() {
            import::identity(&mut tx, user, identity).await?;
        }
        import::own_identity(&mut tx, user).await?;
        tx.commit().await?;
        if let Some(reason) = unusable {
            let told = (id.to_owned(), reason.to_string());
            self.report.without_password.push(told);
        }
        Ok(true)
    }

    /// What became of them so far.
    pub fn report(&self) -> &ImportReport {
        &self.report
    }
}

/// Data that are malformed (22) or against a constraint (23).
fn is_the_records_fault(error: &dyn sqlx::error::DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    code.starts_with("22") || code.starts_with("23")
}
