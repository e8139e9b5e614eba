//! `crestfall keys`: the keys that sign tokens, in three steps that can each be taken back.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use crestfall_auth::signing_key::Algorithm;
use crestfall_auth::{KeyStore, StoredKey};

use super::{finish, runtime};
use crate::auth;
use crate::settings::{Flags, Sources};
use crate::setup::{self, Source};

/// What `crestfall keys` can be told.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    step: Step,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Every key and what it does
    List,
    /// 1. Make a key, publish it, and sign nothing with it yet (taken back: revoke)
    Generate {
        /// ES256, ES512, RS256, RS512, EdDSA or HS256
        #[arg(long, default_value = "ES256")]
        algorithm: Algorithm,
    },
    /// 2. Sign with the key that waits; the former one still verifies (taken back: rotate to its id)
    Rotate {
        /// Another key that is not revoked
        #[arg(allow_hyphen_values = true)]
        kid: Option<String>,
    },
    /// 3. Refuse what a former key signed; do it when its access tokens have expired (taken back:
    ///    restore)
    Revoke {
        /// The key
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
    /// Accept again what a revoked key signed
    Restore {
        /// The key
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}

/// Runs the command.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    finish(runtime().map(|runtime| runtime.block_on(run(arguments))))
}

async fn run(arguments: &Arguments) -> Result<(), String> {
    let (store, kept_in_settings) = store(&arguments.flags)?;
    let done = match &arguments.step {
        Step::List => None,
        Step::Generate { algorithm } => Some(store.generate(*algorithm).await),
        Step::Rotate { kid } => Some(store.rotate(kid.as_deref()).await),
        Step::Revoke { kid } => Some(store.revoke(kid).await),
        Step::Restore { kid } => Some(store.restore(kid).await),
    };
    let keys = match done {
        None => store.list().await,
        Some(key) => key.map(|key| vec![key]),
    };
    for key in keys.map_err(|error| setup::told(&error))? {
        println!("{}", line(&key));
    }
    if kept_in_settings {
        eprintln!("auth.tokens.keys is set: those keys are in force, and not the ones above");
    }
    Ok(())
}

/// The keys of the settings' database, and whether others are in force.
fn store(flags: &Flags) -> Result<(KeyStore, bool), String> {
    let auth = auth_setup(flags)?;
    let pool = auth::pool(&auth).map_err(|error| error.to_string())?;
    let store = KeyStore::new(pool, &auth.config).map_err(|error| setup::told(&error))?;
    Ok((store, !auth.config.tokens.keys.is_empty()))
}

/// The authentication service of the settings, enabled or not.
pub(super) fn auth_setup(flags: &Flags) -> Result<setup::Auth, String> {
    let flags = flags.clone().assuming(vec!["auth.enabled=true".to_owned()]);
    let source = Source::Crestfall(Sources::new(flags));
    let setup = source.read(Vec::new(), None)?;
    setup.auth.ok_or_else(|| "auth.enabled is false".to_owned())
}

fn line(key: &StoredKey) -> String {
    let StoredKey {
        kid,
        algorithm,
        state,
        changed_at,
        ..
    } = key;
    format!(
        "{state:<8}  {algorithm:<5}  {}  {kid}",
        changed_at.format("%F %T")
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn a_key_id_may_begin_with_a_hyphen() {
        for step in ["rotate", "revoke", "restore"] {
            let line = Line::try_parse_from(["keys", step, "-Pk3"]);
            let line = line.map(|line| line.arguments.step);
            match line.expect("a command") {
                Step::Rotate { kid } => assert_eq!(kid.as_deref(), Some("-Pk3")),
                Step::Revoke { kid } | Step::Restore { kid } => assert_eq!(kid, "-Pk3"),
                other => panic!("{other:?}"),
            }
        }
    }
}
