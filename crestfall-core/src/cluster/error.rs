use std::path::PathBuf;

/// Why a private PostgreSQL could not be had. Every message says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No `postgres` and `initdb` on this machine.
    #[error(
        "PostgreSQL is not installed: no `postgres` and `initdb` in {searched}. \
         Install it (Debian and Ubuntu: `apt-get install postgresql`; macOS: `brew install postgresql`), \
         or name its directory with CRESTFALL_POSTGRES_BIN"
    )]
    NotInstalled {
        /// Where was looked.
        searched: String,
    },
    /// Running as root, and no other account to run the server.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` to run it; \
         make one (`useradd --system postgres`) or start this as another user"
    )]
    NoAccount,
    /// The directory belongs to somebody else.
    #[error(
        "{path} belongs to the user with id {owner}: run this as that user, or remove the directory to begin anew"
    )]
    Owner {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// The data were made by another major version, which is not installed.
    #[error(
        "the data in {data} were made by PostgreSQL {made_by}, but only {installed} is installed: \
         install that version (Debian: `postgresql-{made_by}`), or remove the directory to begin anew"
    )]
    Version {
        /// The data directory.
        data: PathBuf,
        /// The version in `PG_VERSION`.
        made_by: String,
        /// What was found.
        installed: String,
    },
    /// `initdb` failed.
    #[error("initdb could not make {data}:\n{output}")]
    Initialise {
        /// The data directory.
        data: PathBuf,
        /// What it printed.
        output: String,
    },
    /// The server ended while it started, or was not ready in time.
    #[error("PostgreSQL did not start in {data}: {reason}. The end of its log:\n{log}")]
    Start {
        /// The data directory.
        data: PathBuf,
        /// In a few words.
        reason: String,
        /// The last lines of `postgres.log`.
        log: String,
    },
    /// The server did not stop in time.
    #[error("PostgreSQL (process {pid}) has not stopped within {seconds} seconds")]
    Stop {
        /// The server's process.
        pid: i32,
        /// How long was waited.
        seconds: u64,
    },
    /// Another process has been starting the same cluster for too long.
    #[error("another process holds {path}; is it stuck while starting PostgreSQL?")]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The server runs but does not do what it is asked.
    #[error("PostgreSQL refused to prepare the database")]
    Sql(#[from] sqlx::Error),
    /// A file or process could not be handled.
    #[error("could not {action} {path}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl Error {
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
