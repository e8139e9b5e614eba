//! A session in a file.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Session, SessionStorage, StorageLock};
use crate::error::{Cause, Error};
use crate::platform::{self, BoxFuture};
use crate::random;

/// How often it is looked whether another process is through with its refresh.
const PAUSE: Duration = Duration::from_millis(20);
/// After this another process is taken to hang. Two that refresh at once are no harm: the server takes the
/// same token twice within some seconds.
const LONGEST_WAIT_MS: u64 = 15_000;

/// Keeps the session in a file that only this user may read. Several processes may share it: one of them
/// refreshes the session, and the others take it over. A file of the same name with `.lock` behind it says
/// which.
#[derive(Debug)]
pub struct FileStorage {
    path: PathBuf,
}

impl FileStorage {
    /// A file, made when there is a session; its directory has to be there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn read(&self) -> Result<Option<Session>, Cause> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.cause("read", error)),
        };
        // A file of another version is as good as none: the user signs in again.
        Ok(serde_json::from_slice(&text).ok())
    }

    fn write(&self, session: Option<&Session>) -> Result<(), Cause> {
        let Some(session) = session else {
            return match std::fs::remove_file(&self.path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(self.cause("remove", error))
                }
                _ => Ok(()),
            };
        };
        let text = serde_json::to_vec(session).map_err(Cause::new)?;
        replace(&self.path, &text).map_err(|error| self.cause("write", error))
    }

    fn cause(&self, what: &str, error: impl std::fmt::Display) -> Cause {
        Cause::new(format!("could not {what} {}: {error}", self.path.display()))
    }

    async fn wait(&self) -> StorageLock {
        let nobody = || Box::new(()) as StorageLock;
        let Ok(file) = private(&beside(&self.path, "lock"), false) else {
            return nobody();
        };
        let until = platform::now_ms().saturating_add(LONGEST_WAIT_MS);
        loop {
            match file.try_lock() {
                Ok(()) => return Box::new(file),
                Err(TryLockError::WouldBlock) if platform::now_ms() < until => {
                    platform::sleep(PAUSE).await;
                }
                // File systems without locks are there too.
                Err(_) => return nobody(),
            }
        }
    }
}

impl SessionStorage for FileStorage {
    fn load(&self) -> BoxFuture<'_, Result<Option<Session>, Cause>> {
        Box::pin(async { self.read() })
    }

    fn save(&self, session: Option<Session>) -> BoxFuture<'_, Result<(), Cause>> {
        Box::pin(async move { self.write(session.as_ref()) })
    }

    fn lock(&self) -> BoxFuture<'_, Result<StorageLock, Cause>> {
        Box::pin(async { Ok(self.wait().await) })
    }
}

/// Readers see the old file or the new one, never half of it, even if the power fails.
fn replace(path: &Path, text: &[u8]) -> std::io::Result<()> {
    // A name that nobody can have put there before.
    let random = random::token::<9>().map_err(|error: Error| std::io::Error::other(error))?;
    let new = beside(path, &random);
    let written = private(&new, true)
        .and_then(|mut file| {
            file.write_all(text)?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&new, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    written
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{suffix}"));
    path.with_file_name(name)
}

/// A file for this user alone.
fn private(path: &Path, new: bool) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).create_new(new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn session(token: &str) -> Session {
        let text = format!(
            r#"{{"access_token":"{token}","refresh_token":"{}","expires_in":60,"user":{{"id":"u"}}}}"#,
            token.repeat(5_000)
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn whoever_writes_at_once_a_file_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.json");
        FileStorage::new(&path).write(Some(&session("0"))).unwrap();
        let done = Arc::new(AtomicBool::new(false));
        let reader = {
            let (storage, done) = (FileStorage::new(&path), Arc::clone(&done));
            std::thread::spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    assert!(storage.read().unwrap().is_some());
                }
            })
        };
        let writers = ["1", "2", "3", "4"].map(|token| {
            let storage = FileStorage::new(&path);
            std::thread::spawn(move || {
                (0..20).for_each(|_| storage.write(Some(&session(token))).unwrap());
            })
        });
        writers.into_iter().for_each(|one| one.join().unwrap());
        done.store(true, Ordering::SeqCst);
        reader.join().unwrap();
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 1, "what was written beside is gone");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_could_read_is_theirs_no_more() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.json");
        std::fs::write(&path, "old").unwrap();
        let wide = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&path, wide).unwrap();
        let storage = FileStorage::new(&path);
        assert!(storage.read().unwrap().is_none());
        storage.write(Some(&session("1"))).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        storage.write(None).unwrap();
        storage.write(None).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let storage = FileStorage::new("/nowhere/at/all/session.json");
        let told = storage.write(Some(&session("1"))).unwrap_err().to_string();
        assert!(told.contains("/nowhere/at/all/session.json"), "{told}");
    }
}
