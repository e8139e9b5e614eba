use std::borrow::Cow;
use std::fs;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};

use super::Error;

const NO_TRANSACTION: &str = "-- crestfall: no transaction";

/// One step of a database's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// `0001_films.sql`, or the same without the ending.
    pub name: Cow<'static, str>,
    /// Its statements.
    pub sql: Cow<'static, str>,
    /// Where it was read from, for messages.
    pub(super) path: Option<String>,
}

impl Migration {
    /// A migration embedded in a crate: `Migration::new("0001_users", include_str!(…))`.
    pub const fn new(name: &'static str, sql: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            sql: Cow::Borrowed(sql),
            path: None,
        }
    }

    /// Reads a file; its name is the file's without `.sql`.
    ///
    /// # Errors
    /// When it cannot be read or is no UTF-8.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let sql = fs::read_to_string(path).map_err(|source| Error::Read {
            path: path.to_path_buf(),
            source,
        })?;
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(Self {
            name: Cow::Owned(name),
            sql: Cow::Owned(sql),
            path: Some(path.display().to_string()),
        })
    }

    /// SHA-256 of the text. A checkout that writes lines in the Windows way changes nothing.
    pub(super) fn checksum(&self) -> String {
        let text = self.sql.replace("\r\n", "\n");
        let hash = digest(&SHA256, text.as_bytes());
        hash.as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    pub(super) fn in_transaction(&self) -> bool {
        self.sql.lines().next().map(str::trim) != Some(NO_TRANSACTION)
    }

    pub(super) fn file(&self) -> String {
        self.path.clone().unwrap_or_else(|| self.name.to_string())
    }
}

/// The migrations of one crate or one project, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationSet {
    pub(super) name: String,
    pub(super) migrations: Vec<Migration>,
}

impl MigrationSet {
    /// Those of a crate, in the order given.
    pub fn embedded(name: impl Into<String>, migrations: &[Migration]) -> Self {
        Self {
            name: name.into(),
            migrations: migrations.to_vec(),
        }
    }

    /// The `NNNN_name.sql` of a directory, by number. Files that are no `.sql` are passed over.
    ///
    /// # Errors
    /// When something cannot be read, has no number, or a number stands twice.
    pub fn directory(name: impl Into<String>, path: &Path) -> Result<Self, Error> {
        let unreadable = |source| Error::Read {
            path: path.to_path_buf(),
            source,
        };
        let mut numbered = Vec::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if file.extension().is_some_and(|ending| ending == "sql") {
                let migration = Migration::read(&file)?;
                let number = number(&migration.name).ok_or(Error::Name { path: file })?;
                numbered.push((number, migration));
            }
        }
        numbered
            .sort_by(|(a, first), (b, second)| a.cmp(b).then_with(|| first.name.cmp(&second.name)));
        if let Some(pair) = numbered.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Error::Duplicate {
                first: pair[0].1.file(),
                second: pair[1].1.file(),
            });
        }
        Ok(Self {
            name: name.into(),
            migrations: numbered
                .into_iter()
                .map(|(_, migration)| migration)
                .collect(),
        })
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.migrations.is_empty()
    }
}

/// The number before the first underscore; four digits or more, so that file lists sort alike.
fn number(name: &str) -> Option<u64> {
    let (digits, word) = name.split_once('_')?;
    let numeric = digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    (numeric && !word.is_empty()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_numbers() {
        assert_eq!(number("0001_films"), Some(1));
        assert_eq!(number("20260102030405_films"), Some(20_260_102_030_405));
        for wrong in [
            "films",
            "1_films",
            "0001",
            "0001_",
            "00x1_films",
            "+0001_films",
        ] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn line_ends_do_not_change_a_checksum() {
        let unix = Migration::new("0001_a", "select 1;\nselect 2;\n");
        let windows = Migration::new("0001_a", "select 1;\r\nselect 2;\r\n");
        assert_eq!(unix.checksum(), windows.checksum());
        assert_ne!(
            unix.checksum(),
            Migration::new("0001_a", "select 1;").checksum()
        );
    }

    #[test]
    fn the_first_line_alone_turns_the_transaction_off() {
        assert!(
            !Migration::new("0001_a", "-- crestfall: no transaction\r\nvacuum").in_transaction()
        );
        assert!(
            Migration::new("0001_a", "\n-- crestfall: no transaction\nselect 1").in_transaction()
        );
    }

    #[test]
    fn a_directory_is_read_in_order_and_doubtful_names_refused() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str| fs::write(dir.path().join(name), "select 1").unwrap();
        for name in ["0010_c.sql", "0002_b.sql", "0001_a.sql", "README.md"] {
            write(name);
        }
        let set = MigrationSet::directory("x", dir.path()).unwrap();
        let names: Vec<_> = set
            .migrations
            .iter()
            .map(|migration| &*migration.name)
            .collect();
        assert_eq!(names, ["0001_a", "0002_b", "0010_c"]);
        write("00002_again.sql");
        let error = MigrationSet::directory("x", dir.path()).unwrap_err();
        assert!(matches!(error, Error::Duplicate { .. }));
        write("films.sql");
        let error = MigrationSet::directory("x", dir.path())
            .unwrap_err()
            .to_string();
        assert!(error.contains("films.sql"), "{error}");
    }
}
