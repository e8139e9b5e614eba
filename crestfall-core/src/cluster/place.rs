//! The directory of a cluster: who may enter it, and what stands where in it.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};

use super::account::Account;
use super::{Error, Progress};

/// The longest socket path that every system takes (macOS: 104 bytes with the NUL).
const LONGEST_SOCKET: usize = 103;
const LONGEST_SOCKET_NAME: usize = "/.s.PGSQL.65535".len();

/// A directory prepared for a server.
#[derive(Clone, Debug)]
pub(super) struct Place {
    root: PathBuf,
    socket_dir: PathBuf,
}

impl Place {
    /// Makes `wanted`, or the one that stands for it under `/var/tmp` when the account could not
    /// work there.
    pub(super) fn prepare(
        wanted: &Path,
        account: &Account,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let wanted = std::path::absolute(wanted).map_err(Error::io("find", wanted))?;
        let root = match own_directory(&wanted, account) {
            Ok(()) if account.can_write(&wanted) => wanted,
            Err(error @ Error::Owner { .. }) => return Err(error),
            outcome => {
                // Only the empty directory made just now; fails harmlessly if it holds anything.
                let _ = fs::remove_dir(&wanted);
                let other =
                    Path::new("/var/tmp").join(format!("crestfall-{}", short_hash(&wanted)));
                // Without another account to serve there is nothing a detour would help.
                if !account.switch {
                    outcome?;
                }
                own_directory(&other, account)?;
                progress(&format!(
                    "PostgreSQL's account cannot enter {}: its data are in {}",
                    wanted.display(),
                    other.display()
                ));
                other
            }
        };
        let socket_dir = socket_dir(&root, account)?;
        Ok(Self { root, socket_dir })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Where a data directory grows before it gets its name, so that a half-made one is never
    /// mistaken for a whole one.
    pub(super) fn unfinished_data(&self) -> PathBuf {
        self.root.join("data.unfinished")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    /// The major version that made the data; none when there are no data.
    pub(super) fn data_version(&self) -> Result<Option<String>, Error> {
        let file = self.data().join("PG_VERSION");
        match fs::read_to_string(&file) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", file)(error)),
        }
    }

    /// Removes what a killed server left of its socket. Its lock file would stop the next one if
    /// another process has got the number in it.
    pub(super) fn clear_socket_dir(&self) -> Result<(), Error> {
        let dir = &self.socket_dir;
        for entry in fs::read_dir(dir).map_err(Error::io("read", dir))?.flatten() {
            if entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(b".s.PGSQL.")
            {
                fs::remove_file(entry.path()).map_err(Error::io("remove", entry.path()))?;
            }
        }
        Ok(())
    }

    /// One process at a time starts the server of this directory. Released when dropped.
    pub(super) async fn lock(&self) -> Result<File, Error> {
        let path = self.root.join("start.lock");
        let file = File::create(&path).map_err(Error::io("open", &path))?;
        let deadline = Instant::now() + Duration::from_secs(120);
        while file.try_lock().is_err() {
            if Instant::now() > deadline {
                return Err(Error::Locked { path });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(file)
    }
}

/// The socket stands beside the data unless its path would be too long for the system.
fn socket_dir(root: &Path, account: &Account) -> Result<PathBuf, Error> {
    let beside = root.join("run");
    let dir = if beside.as_os_str().len() + LONGEST_SOCKET_NAME <= LONGEST_SOCKET {
        beside
    } else {
        Path::new("/tmp").join(format!("crestfall-{}", short_hash(root)))
    };
    own_directory(&dir, account)?;
    Ok(dir)
}

/// Makes the directory, or takes the one that is there, for the account alone (0700). One that
/// belongs to somebody else is refused: in a public directory anybody could have put it there.
fn own_directory(dir: &Path, account: &Account) -> Result<(), Error> {
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent).map_err(Error::io("make", parent))?;
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => {
            chown(dir, Some(account.uid), Some(account.gid)).map_err(Error::io("chown", dir))?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Error::io("make", dir)(error)),
    }
    let found = dir.symlink_metadata().map_err(Error::io("look at", dir))?;
    // Root may have made it for itself in a run that was killed before the line above.
    if account.switch && found.is_dir() && found.uid() == 0 {
        chown(dir, Some(account.uid), Some(account.gid)).map_err(Error::io("chown", dir))?;
    } else if !found.is_dir() || found.uid() != account.uid {
        return Err(Error::Owner {
            path: dir.to_path_buf(),
            owner: found.uid(),
        });
    }
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(Error::io("chmod", dir))
}

fn short_hash(path: &Path) -> String {
    let hash = digest(&SHA256, path.as_os_str().as_encoded_bytes());
    hash.as_ref()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
