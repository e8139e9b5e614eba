//! The files of a folder of templates.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::mail::{MailError, MailKind, language};

/// By language, `""` for files outside a language's folder; then by name.
pub(super) type Files = BTreeMap<String, Folder>;
pub(super) type Folder = BTreeMap<String, File>;

#[derive(Debug)]
pub(super) struct File {
    /// For messages.
    pub(super) path: String,
    pub(super) text: String,
}

/// What tells that a file has changed.
pub(super) type Stamp = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// The longest file, as GoTrue has it.
const LONGEST: u64 = 1_000_000;

pub(super) fn read(folder: &Path) -> Result<(Files, Stamp), MailError> {
    let (mut files, mut stamp) = <(Files, Stamp)>::default();
    read_folder(folder, "", &mut files, &mut stamp)?;
    for entry in entries(folder)? {
        let name = entry
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let tag = language::normal(&name);
        if entry.is_dir() && language::is_tag(&tag) {
            read_folder(&entry, &tag, &mut files, &mut stamp)?;
        }
    }
    Ok((files, stamp))
}

fn read_folder(
    folder: &Path,
    tag: &str,
    files: &mut Files,
    stamp: &mut Stamp,
) -> Result<(), MailError> {
    for path in entries(folder)? {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if !matches!(ending, Some("html" | "txt" | "subject")) || name.starts_with('.') {
            continue;
        }
        check_name(&path)?;
        let unreadable = |source| unreadable(&path, source);
        let metadata = fs::metadata(&path).map_err(unreadable)?;
        if metadata.len() > LONGEST {
            let reason = format!("`{}` is longer than {LONGEST} bytes", path.display());
            return Err(MailError::Setting(reason));
        }
        stamp.insert(path.clone(), (metadata.modified().ok(), metadata.len()));
        let file = File {
            path: path.display().to_string(),
            text: fs::read_to_string(&path).map_err(unreadable)?,
        };
        files.entry(tag.to_owned()).or_default().insert(name, file);
    }
    Ok(())
}

/// A misspelt name would change nothing, silently.
fn check_name(path: &Path) -> Result<(), MailError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let known = MailKind::ALL.into_iter().flat_map(MailKind::file_names);
    if known.into_iter().any(|name| name == stem) {
        return Ok(());
    }
    let kinds: Vec<_> = MailKind::ALL.into_iter().map(MailKind::name).collect();
    Err(MailError::Setting(format!(
        "mail templates: `{}` is named after no kind of mail; there are {}",
        path.display(),
        kinds.join(", ")
    )))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, MailError> {
    let unreadable = |source| unreadable(folder, source);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn unreadable(path: &Path, source: io::Error) -> MailError {
    MailError::Read {
        path: path.to_path_buf(),
        source,
    }
}
