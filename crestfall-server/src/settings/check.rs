//! What settings are refused, and secrets from files.

use std::path::{Path, PathBuf};

use super::sections::{Database, Jwt};

/// The shortest shared secret, in bytes.
const SHORTEST_SECRET: usize = 32;

/// A secret with fewer different bytes is a pattern, not a secret.
const FEWEST_DIFFERENT_BYTES: usize = 10;

/// Parts of secrets that stand in documentation and examples the world over.
const KNOWN: [&str; 6] = [
    "super-secret-jwt-token",
    "your-super-secret",
    "reallyreallyreally",
    "secret_with_at_least_32",
    "change-me",
    "changeme",
];

/// Why settings are refused. No text of a secret is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is no TOML, or a value is of the wrong kind.
    #[error("{origin}: {message}")]
    Parse {
        /// The file, variable or flag.
        origin: String,
        /// What is wrong.
        message: String,
    },
    /// There is no such setting.
    #[error("{origin}: there is no setting `{key}`{}", nearest.as_ref().map_or_else(String::new, |near| format!("; did you mean `{near}`?")))]
    Unknown {
        /// The file, variable or flag.
        origin: String,
        /// The key as given.
        key: String,
        /// The one most like it.
        nearest: Option<String>,
    },
    /// The secret can be guessed.
    #[error("jwt.secret {0}: use 32 random bytes, such as `openssl rand -base64 32` gives")]
    WeakSecret(&'static str),
    /// A setting cannot have this value.
    #[error("{key} {message}")]
    Value {
        /// The setting.
        key: &'static str,
        /// What is wrong with it.
        message: String,
    },
}

impl Database {
    /// The connection string, from its file when there is one.
    pub(super) fn url(&self) -> Result<String, Error> {
        match &self.url_file {
            Some(path) => read(path),
            None => Ok(self.url.clone()),
        }
    }
}

impl Jwt {
    /// The secret, from its file when there is one; checked.
    pub(super) fn secret(&self) -> Result<Option<String>, Error> {
        let secret = match &self.secret_file {
            Some(path) => read(path)?,
            None if self.secret.is_empty() => return Ok(None),
            None => self.secret.clone(),
        };
        check_secret(&secret)?;
        Ok(Some(secret))
    }
}

/// A file without the line feed at its end.
pub(super) fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path)
        .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
        .map_err(|source| Error::Read {
            path: path.into(),
            source,
        })
}

/// Keys are checked by who uses them; a shared secret must not be guessable.
fn check_secret(secret: &str) -> Result<(), Error> {
    let is_key = serde_json::from_str::<serde_json::Value>(secret)
        .is_ok_and(|json| json.get("keys").is_some() || json.get("kty").is_some());
    if is_key {
        return Ok(());
    }
    let mut bytes = secret.as_bytes().to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    if secret.len() < SHORTEST_SECRET {
        Err(Error::WeakSecret("is shorter than 32 bytes"))
    } else if bytes.len() < FEWEST_DIFFERENT_BYTES {
        Err(Error::WeakSecret("repeats a few characters"))
    } else if KNOWN
        .iter()
        .any(|known| secret.to_lowercase().contains(known))
    {
        Err(Error::WeakSecret("stands in public examples"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessable_secrets_are_refused_without_being_told() {
        for secret in [
            "hush-hush",
            "abcabcabcabcabcabcabcabcabcabcabcabcabc",
            "super-secret-jwt-token-with-at-least-32-characters-long",
            "reallyreallyreallyreallyverysafe",
        ] {
            let error = check_secret(secret).unwrap_err().to_string();
            assert!(!error.contains(secret), "{error}");
        }
        check_secret("3q2+7wABgX4kQ1mZp0Tn5vYcR8sLhUeJ").unwrap();
        check_secret(r#"{"kty":"oct","k":"eA"}"#).unwrap();
    }

    #[test]
    fn a_secret_file_wins_and_loses_its_line_feed() {
        let path = std::env::temp_dir().join(format!("crestfall-secret-{}", std::process::id()));
        std::fs::write(&path, "3q2+7wABgX4kQ1mZp0Tn5vYcR8sLhUeJ\n").unwrap();
        let jwt = Jwt {
            secret_file: Some(path.clone()),
            ..Jwt::default()
        };
        assert_eq!(jwt.secret().unwrap().unwrap().len(), 32);
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(jwt.secret(), Err(Error::Read { .. })));
    }

    #[test]
    fn nothing_secret_is_printed_for_debugging() {
        let jwt = Jwt {
            secret: "3q2+7wABgX4kQ1mZp0Tn5vYcR8sLhUeJ".into(),
            ..Jwt::default()
        };
        let database = Database {
            url: "postgresql://u:password@h/d".into(),
            ..Database::default()
        };
        assert!(!format!("{jwt:?}{database:?}").contains("3q2"));
        assert!(!format!("{database:?}").contains("password"));
    }
}
