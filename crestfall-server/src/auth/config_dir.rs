//! A folder of settings, as GoTrue has it (`--config-dir`): files of variables (`*.env`), read in the
//! order of their names, stronger than the environment, and read again when they change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::dot_env;

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Why the folder's variables are not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It is not there, or a file in it cannot be read.
    #[error("{0} cannot be read: {1}")]
    Read(PathBuf, std::io::Error),
    /// A file is not understood.
    #[error("{0}: {1}")]
    Invalid(PathBuf, dot_env::Invalid),
}

/// What a look at the folder shows, without reading its files.
type Seen = Vec<(PathBuf, Option<SystemTime>, u64)>;

/// The variables of all files.
pub(crate) fn read(folder: &Path) -> Result<BTreeMap<String, String>, Error> {
    let mut variables = BTreeMap::new();
    for (path, ..) in look(folder)? {
        let text = std::fs::read_to_string(&path);
        let text = text.map_err(|error| Error::Read(path.clone(), error))?;
        dot_env::read(&text, &mut variables).map_err(|error| Error::Invalid(path, error))?;
    }
    Ok(variables)
}

fn look(folder: &Path) -> Result<Seen, Error> {
    let failed = |error| Error::Read(folder.to_owned(), error);
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_none_or(|ending| ending != "env") {
            continue;
        }
        // Follows links, as Kubernetes mounts its files.
        match std::fs::metadata(&path) {
            Ok(about) if about.is_file() => seen.push((path, about.modified().ok(), about.len())),
            _ => {}
        }
    }
    seen.sort();
    Ok(seen)
}

/// Waits for changes of a folder.
pub(crate) struct Watch {
    folder: PathBuf,
    grace: Duration,
    /// None: it was not there.
    seen: Option<Seen>,
}

impl Watch {
    /// From what is there now. A change counts once there was none for so long.
    pub(crate) fn new(folder: PathBuf, grace: Duration) -> Self {
        let seen = look(&folder).ok();
        Self {
            folder,
            grace,
            seen,
        }
    }

    /// Returns when files came, went or changed. To be asked again and again; nothing is missed in
    /// between.
    pub(crate) async fn changed(&mut self) {
        let mut latest = self.seen.clone();
        let mut since = None;
        loop {
            tokio::time::sleep(LOOK).await;
            let now = look(&self.folder).ok();
            if now != latest {
                latest = now;
                since = Some(tokio::time::Instant::now());
            }
            if since.is_some_and(|since| since.elapsed() >= self.grace) {
                self.seen = latest;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_in_the_order_of_their_names_gt_112() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("20_b.env", "A=2\nB=2"),
            ("10_a.env", "A=1\nC=1"),
            ("30.env.example", "A=3"),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let found = read(folder.path()).unwrap();
        let pairs: Vec<_> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(pairs, [("A", "2"), ("B", "2"), ("C", "1")]);
        std::fs::write(folder.path().join("40.env"), "nonsense").unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(
            error.ends_with("40.env: line 1: there is no `=`"),
            "{error}"
        );
        assert!(read(&folder.path().join("missing")).is_err());
    }
}
