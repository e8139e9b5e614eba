use std::io;
use std::path::PathBuf;

use super::template::TooLong;

/// Why a mail could not be made or promised.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// A template was not understood.
    #[error("{place}:{line}: {message}")]
    Template {
        /// The file, or the setting.
        place: String,
        /// From 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A template could not be read.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A setting makes no sense.
    #[error("{0}")]
    Setting(String),
    /// The text would be too long.
    #[error("a mail cannot be written")]
    TooLong(#[from] TooLong),
    /// The queue could not take it.
    #[error("a mail could not be enqueued")]
    Database(#[from] sqlx::Error),
}
