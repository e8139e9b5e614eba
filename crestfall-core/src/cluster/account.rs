//! Which account the server runs under: ours, or another one when we are root, because
//! PostgreSQL refuses root.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{User, geteuid};
use tokio::process::Command;

use super::Error;

/// A user id and group id; `switch` when it is not the one this process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) switch: bool,
}

impl Account {
    /// Ours; as root the owner of the directory when it is there already, else `postgres`, else
    /// `nobody`.
    pub(super) fn for_directory(directory: &Path) -> Result<Self, Error> {
        if !geteuid().is_root() {
            return Ok(Self {
                uid: geteuid().as_raw(),
                gid: nix::unistd::getegid().as_raw(),
                switch: false,
            });
        }
        if let Ok(metadata) = directory.symlink_metadata()
            && metadata.uid() != 0
        {
            return Ok(Self::other(metadata.uid(), metadata.gid()));
        }
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self::other(user.uid.as_raw(), user.gid.as_raw()))
            .ok_or(Error::NoAccount)
    }

    fn other(uid: u32, gid: u32) -> Self {
        Self {
            uid,
            gid,
            switch: true,
        }
    }

    /// A command that runs under this account, in `directory`, without the `PG*` variables that
    /// would change what PostgreSQL's programs do, and with messages in English.
    pub(super) fn command(&self, program: impl AsRef<OsStr>, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.env("LC_MESSAGES", "C").env_remove("LC_ALL");
        if self.switch {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Whether this account may enter and write the directory. Asked of the system itself, since
    /// mode bits tell only half (ACLs, network file systems, parents).
    pub(super) fn can_write(&self, directory: &Path) -> bool {
        let mut command = std::process::Command::new("/bin/sh");
        command
            .args(["-c", r#"cd -- "$1" && test -w ."#, "sh"])
            .arg(directory)
            .current_dir("/")
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        if self.switch {
            use std::os::unix::process::CommandExt;
            command.uid(self.uid).gid(self.gid);
        }
        command.status().is_ok_and(|status| status.success())
    }
}
