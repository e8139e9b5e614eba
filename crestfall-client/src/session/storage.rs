//! Where a session is kept between runs.

use std::fmt::Debug;
#[cfg(not(target_arch = "wasm32"))]
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::Session;
use crate::error::Cause;
use crate::platform::{BoxFuture, Shared};

/// Keeps one session: in a file, a keyring, a browser's storage.
///
/// ```
/// use crestfall_client::session::{Session, SessionStorage};
/// use crestfall_client::{BoxFuture, Cause};
///
/// /// Forgets everything.
/// #[derive(Debug)]
/// struct Nowhere;
///
/// impl SessionStorage for Nowhere {
///     fn load(&self) -> BoxFuture<'_, Result<Option<Session>, Cause>> {
///         Box::pin(async { Ok(None) })
///     }
///     fn save(&self, _: Option<Session>) -> BoxFuture<'_, Result<(), Cause>> {
///         Box::pin(async { Ok(()) })
///     }
/// }
/// ```
pub trait SessionStorage: Debug + Shared {
    /// The session that was saved last.
    fn load(&self) -> BoxFuture<'_, Result<Option<Session>, Cause>>;

    /// Keeps a session in place of the one before, or none.
    fn save(&self, session: Option<Session>) -> BoxFuture<'_, Result<(), Cause>>;
}

/// Keeps the session as long as the client lives.
#[derive(Debug, Default)]
pub struct MemoryStorage(Mutex<Option<Session>>);

impl SessionStorage for MemoryStorage {
    fn load(&self) -> BoxFuture<'_, Result<Option<Session>, Cause>> {
        let session = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        Box::pin(async move { Ok(session) })
    }

    fn save(&self, session: Option<Session>) -> BoxFuture<'_, Result<(), Cause>> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = session;
        Box::pin(async { Ok(()) })
    }
}

/// Keeps the session in a file that only this user may read. Several processes may share it.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug)]
pub struct FileStorage {
    path: PathBuf,
}

#[cfg(not(target_arch = "wasm32"))]
impl FileStorage {
    /// A file, made when there is a session; its directory has to be there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn read(&self) -> Result<Option<Session>, Cause> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Cause::new(error)),
        };
        // A file of another version is as good as none: the user signs in again.
        Ok(serde_json::from_slice(&text).ok())
    }

    fn write(&self, session: Option<&Session>) -> Result<(), Cause> {
        let Some(session) = session else {
            return match std::fs::remove_file(&self.path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(Cause::new(error))
                }
                _ => Ok(()),
            };
        };
        let text = serde_json::to_vec(session).map_err(Cause::new)?;
        replace(&self.path, &text).map_err(Cause::new)
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl SessionStorage for FileStorage {
    fn load(&self) -> BoxFuture<'_, Result<Option<Session>, Cause>> {
        Box::pin(async { self.read() })
    }

    fn save(&self, session: Option<Session>) -> BoxFuture<'_, Result<(), Cause>> {
        Box::pin(async move { self.write(session.as_ref()) })
    }
}

/// Readers see the old file or the new one, never half of it.
#[cfg(not(target_arch = "wasm32"))]
fn replace(path: &Path, text: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;

    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(name);
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&beside)
        .and_then(|mut file| file.write_all(text))
        .and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}
