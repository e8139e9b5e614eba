//! The secret of a project and the keys signed with it.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crestfall_core::jwt::sign_hs256;
use serde_json::json;

use super::{Error, at};

/// Keys live as long as anybody will keep a development database.
const LIFETIME: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// What signs, and two tokens to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    /// Readable by its owner alone.
    pub(super) secret_file: PathBuf,
    /// What seals the secrets in the database; readable by its owner alone.
    pub(super) encryption_key_file: PathBuf,
    /// For browsers: the role `anon`.
    pub(super) anon: String,
    /// For servers: the role `service_role`, which no policy binds.
    pub(super) service_role: String,
}

impl Keys {
    /// Those of a project; a new secret when it has none. The keys are the same at every start.
    pub(super) fn of(state: &Path) -> Result<Self, Error> {
        let secret_file = made_once(state.join("jwt-secret"))?;
        let encryption_key_file = made_once(state.join("encryption-key"))?;
        let secret = fs::read_to_string(&secret_file).map_err(at(&secret_file))?;
        let made = fs::metadata(&secret_file)
            .and_then(|metadata| metadata.modified())
            .map_err(at(&secret_file))?;
        let sign = |role| sign_hs256(secret.trim(), &claims(role, made));
        Ok(Self {
            anon: sign("anon")?,
            service_role: sign("service_role")?,
            secret_file,
            encryption_key_file,
        })
    }
}

/// The file of a secret, written unless it is there.
fn made_once(path: PathBuf) -> Result<PathBuf, Error> {
    if !path.exists() {
        write_secret(&path)?;
    }
    Ok(path)
}

fn claims(role: &str, made: SystemTime) -> serde_json::Value {
    let issued = made.duration_since(UNIX_EPOCH).unwrap_or_default();
    json!({
        "iss": "crestfall-dev",
        "role": role,
        "iat": issued.as_secs(),
        "exp": (issued + LIFETIME).as_secs(),
    })
}

/// Written aside first: a killed process leaves no half of a secret.
fn write_secret(path: &Path) -> Result<(), Error> {
    let draft = path.with_extension("new");
    let secret: String = rand::random::<[u8; 32]>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let _ = fs::remove_file(&draft);
    File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| file.write_all(secret.as_bytes()))
        .and_then(|()| fs::rename(&draft, path))
        .map_err(at(path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_secret_is_its_owners_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::of(dir.path()).unwrap();
        let mode = fs::metadata(&keys.secret_file)
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Keys::of(dir.path()).unwrap(), keys);
        assert_ne!(keys.anon, keys.service_role);
        let other = tempfile::tempdir().unwrap();
        assert_ne!(Keys::of(other.path()).unwrap().anon, keys.anon);
    }
}
