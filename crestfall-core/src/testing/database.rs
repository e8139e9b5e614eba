use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use super::shared::{self, Shared};
use super::template;

/// A database of one test's own. Dropped with this value, or later if the process is killed.
#[derive(Debug)]
pub struct TestDb {
    shared: &'static Shared,
    name: String,
}

impl TestDb {
    /// A database with the standard roles and nothing in it.
    ///
    /// # Panics
    /// When no PostgreSQL can be started; the message says what to install.
    pub async fn new() -> Self {
        Self::copy("empty", "").await
    }

    /// A database in which `setup_sql` has run. It runs once for all tests and processes that
    /// give the same text; `name` tells templates apart for people.
    ///
    /// # Panics
    /// When the set-up fails.
    pub async fn with_template(name: &str, setup_sql: &str) -> Self {
        Self::copy(name, setup_sql).await
    }

    async fn copy(name: &str, setup_sql: &str) -> Self {
        let (name, setup_sql) = (name.to_owned(), setup_sql.to_owned());
        let made = shared::spawn(async move {
            let shared = Shared::get().await?;
            let template = template::ensure(shared, &name, &setup_sql).await?;
            let name = shared.next_database();
            shared.copy(&template, &name).await?;
            Ok::<_, shared::Error>(Self { shared, name })
        })
        .await;
        match made {
            Ok(Ok(db)) => db,
            Ok(Err(error)) => panic!("no database for this test: {}", error.chain()),
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address for a superuser.
    pub fn url(&self) -> String {
        self.shared.address.database(&self.name)
    }

    /// Its address for a role that can log in, such as `authenticator`; by unix socket, without
    /// a password.
    pub fn url_as(&self, role: &str) -> String {
        self.shared.address.database_as(role, &self.name)
    }

    /// Its address for `authenticator` over TCP with a password (SCRAM). None when the tests use
    /// a server of their own.
    pub fn tcp_url(&self) -> Option<String> {
        let base = self.shared.tcp_url.as_ref()?;
        Some(format!("{base}/{}", self.name))
    }

    /// A new connection as superuser.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn connect(&self) -> PgConnection {
        connect(&self.url()).await
    }

    /// A new connection as a role that can log in.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn connect_as(&self, role: &str) -> PgConnection {
        connect(&self.url_as(role)).await
    }

    /// Runs one or more statements as superuser and gives the number of rows affected.
    ///
    /// # Panics
    /// When one fails.
    pub async fn execute(&self, sql: &str) -> u64 {
        let mut connection = self.connect().await;
        let outcome = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut connection)
            .await;
        // The server notices the end of the socket as well.
        let _ = connection.close().await;
        match outcome {
            Ok(done) => done.rows_affected(),
            Err(error) => panic!("{}", describe(&error, sql)),
        }
    }

    /// Runs a script of statements as superuser, all or nothing.
    ///
    /// # Panics
    /// When one fails.
    pub async fn load(&self, sql: &str) {
        self.execute(sql).await;
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        self.shared.discard(std::mem::take(&mut self.name));
    }
}

async fn connect(url: &str) -> PgConnection {
    match PgConnection::connect(url).await {
        Ok(connection) => connection,
        Err(error) => panic!("could not connect to {url}: {error}"),
    }
}

/// The error with the line it is about.
pub(super) fn describe(error: &sqlx::Error, sql: &str) -> String {
    use sqlx::postgres::{PgDatabaseError, PgErrorPosition};
    let position = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
        .and_then(PgDatabaseError::position);
    match position {
        Some(PgErrorPosition::Original(at)) => {
            let before = sql.chars().take(at.saturating_sub(1));
            let line = before.filter(|&character| character == '\n').count();
            let text = sql.lines().nth(line).unwrap_or_default();
            format!("{error}\nin line {}: {}", line + 1, text.trim())
        }
        _ => error.to_string(),
    }
}
