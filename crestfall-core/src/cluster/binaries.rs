//! Where PostgreSQL's programs are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Error;

/// A directory with `postgres` and `initdb`, and the others that were found besides.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    dir: PathBuf,
    others: Vec<PathBuf>,
}

impl Binaries {
    /// Takes `wanted`, or else the first of: PATH, Debian's versioned directories (newest first),
    /// `pg_config --bindir`, Red Hat's, Homebrew's.
    pub(super) fn find(wanted: Option<&Path>) -> Result<Self, Error> {
        let candidates = match wanted {
            Some(dir) => vec![dir.to_path_buf()],
            None => candidates(),
        };
        let mut found: Vec<PathBuf> = Vec::new();
        for dir in &candidates {
            if has_server(dir) && !found.contains(dir) {
                found.push(dir.clone());
            }
        }
        if found.is_empty() {
            return Err(Error::NotInstalled {
                searched: searched(&candidates),
            });
        }
        Ok(Self {
            dir: found.remove(0),
            others: found,
        })
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Those that can open data made by `version`: ours, or others on this machine.
    pub(super) fn of_version(self, version: &str, data: &Path) -> Result<Self, Error> {
        let mut installed = Vec::new();
        for dir in std::iter::once(&self.dir).chain(&self.others) {
            match major_version(dir) {
                Some(found) if found == version => {
                    return Ok(Self {
                        dir: dir.clone(),
                        others: Vec::new(),
                    });
                }
                Some(found) => installed.push(found),
                None => {}
            }
        }
        Err(Error::Version {
            data: data.to_path_buf(),
            made_by: version.to_owned(),
            installed: installed.join(", "),
        })
    }
}

fn candidates() -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| {
            std::env::split_paths(&path)
                .filter(|dir| dir.is_absolute())
                .collect()
        })
        .unwrap_or_default();
    dirs.extend(versioned("/usr/lib/postgresql", "", "bin"));
    dirs.extend(pg_config());
    dirs.extend(versioned("/usr", "pgsql-", "bin"));
    for prefix in ["/opt/homebrew", "/usr/local"] {
        dirs.extend(versioned(&format!("{prefix}/opt"), "postgresql@", "bin"));
        dirs.push(PathBuf::from(prefix).join("opt/postgresql/bin"));
    }
    dirs.push(PathBuf::from("/usr/local/pgsql/bin"));
    dirs
}

/// `parent/<prefix><number>/<leaf>`, highest number first.
fn versioned(parent: &str, prefix: &str, leaf: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((number, entry.path().join(leaf)))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, dir)| dir).collect()
}

fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let dir = text.trim();
    (output.status.success() && !dir.is_empty()).then(|| PathBuf::from(dir))
}

fn has_server(dir: &Path) -> bool {
    ["postgres", "initdb"]
        .iter()
        .all(|name| dir.join(name).is_file())
}

/// The major version as `PG_VERSION` has it: `15`, or `9.6` of old ones.
fn major_version(dir: &Path) -> Option<String> {
    let output = Command::new(dir.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

fn parse_version(text: &str) -> Option<String> {
    let version = text.split_once(") ")?.1;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}

fn searched(dirs: &[PathBuf]) -> String {
    let names: Vec<OsString> = dirs
        .iter()
        .map(|dir| dir.clone().into_os_string())
        .collect();
    if names.len() > 1 {
        return "PATH, /usr/lib/postgresql/*/bin, `pg_config --bindir`, /usr/pgsql-*/bin or Homebrew".to_owned();
    }
    names
        .first()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_the_data_directory_writes_it() {
        let parsed = |text| parse_version(text).unwrap_or_default();
        assert_eq!(
            parsed("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n"),
            "15"
        );
        assert_eq!(parsed("postgres (PostgreSQL) 18beta1\n"), "18");
        assert_eq!(parsed("nonsense"), "");
    }

    #[test]
    fn newer_versions_come_first() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["9", "15", "17", "common"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        let found = versioned(dir.path().to_str().unwrap(), "", "bin");
        let expected: Vec<_> = ["17", "15", "9"]
            .iter()
            .map(|name| dir.path().join(name).join("bin"))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_missing_postgres_says_what_to_install() {
        let error = Binaries::find(Some(Path::new("/nonexistent"))).unwrap_err();
        assert!(error.to_string().contains("apt-get install postgresql"));
        assert!(error.to_string().contains("/nonexistent"));
    }
}
