//! Hashes and checks passwords.

use super::{
    argon2id::{Argon2Hash, Memory},
    prepare,
    queue::{Busy, Queue},
    stored_hash::{HashError, StoredHash},
};
use argon2::Params;
use std::{sync::Arc, thread, time::Duration};
use zeroize::Zeroizing;

/// What a hash costs, and how many logins may wait for theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HasherConfig {
    /// Memory of one Argon2id hash in KiB, `m`. 19 MiB.
    pub memory: u32,
    /// Passes over that memory, `t`. 2.
    pub passes: u32,
    /// Lanes, `p`, computed one after the other. 1.
    pub lanes: u32,
    /// Hashes at a time; each keeps its memory. As many as there are processor cores.
    pub workers: usize,
    /// Logins that may wait for a worker; more are refused. 256.
    pub max_waiting: usize,
    /// How long a login may wait for a worker. 5 s.
    pub max_wait: Duration,
}

impl Default for HasherConfig {
    fn default() -> Self {
        Self {
            memory: Params::DEFAULT_M_COST,
            passes: Params::DEFAULT_T_COST,
            lanes: Params::DEFAULT_P_COST,
            workers: thread::available_parallelism().map_or(1, usize::from),
            max_waiting: 256,
            max_wait: Duration::from_secs(5),
        }
    }
}

/// What a password check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verified {
    /// It is the password.
    pub ok: bool,
    /// It is, and its hash is of another kind or cost than a new one: store a new one.
    pub needs_rehash: bool,
}

/// The hasher could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HasherError {
    /// Argon2 knows no such parameters.
    #[error("password hashing: parameters out of range")]
    Parameters,
    /// No randomness for salts.
    #[error("password hashing: {0}")]
    Hash(HashError),
    /// A thread could not be started.
    #[error("password hashing: no thread")]
    Thread(#[source] std::io::Error),
}

/// Hashes and checks passwords, off the async threads. Clones share the workers; the last one ends them.
#[derive(Clone)]
pub(crate) struct PasswordHasher(Arc<Inner>);

struct Inner {
    params: Params,
    dummy: Arc<StoredHash>,
    queue: Queue,
}

impl std::fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordHasher")
            .field("params", &self.0.params)
            .finish_non_exhaustive()
    }
}

impl PasswordHasher {
    /// Starts the workers.
    ///
    /// # Errors
    /// Argon2 knows no such parameters, or a thread could not be started.
    pub(crate) fn new(config: &HasherConfig) -> Result<Self, HasherError> {
        let params = Params::new(config.memory, config.passes, config.lanes, None)
            .map_err(|_| HasherError::Parameters)?;
        let dummy = Argon2Hash::dummy(&params)
            .map(StoredHash::Argon2)
            .map_err(HasherError::Hash)?;
        let queue = Queue::start(
            config.workers,
            params.block_count(),
            config.max_waiting,
            config.max_wait,
        )
        .map_err(HasherError::Thread)?;
        Ok(Self(Arc::new(Inner {
            params,
            dummy: Arc::new(dummy),
            queue,
        })))
    }

    /// A new hash of the password, in PHC form.
    ///
    /// # Errors
    /// Too many logins are waiting.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Busy> {
        let (password, params) = (prepare(password), self.0.params.clone());
        let hash = move |memory: &mut Memory| Argon2Hash::new(password.as_bytes(), &params, memory);
        let hash = self.0.queue.run(hash).await?;
        hash.map(|hash| hash.to_string()).map_err(|error| {
            tracing::error!(%error, "a password could not be hashed");
            Busy
        })
    }

    /// Whether this is the password of that hash. Without a hash (no such user, a user without password) it is not, and
    /// finding out takes as long.
    ///
    /// # Errors
    /// Too many logins are waiting.
    pub(crate) async fn verify(
        &self,
        password: &str,
        hash: Option<&str>,
    ) -> Result<Verified, Busy> {
        let stored = hash
            .filter(|hash| !hash.is_empty())
            .and_then(readable)
            .map(Arc::new);
        let exists = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.0.dummy.clone());
        let (raw, prepared) = (Zeroizing::new(password.to_owned()), prepare(password));
        let current = stored.is_current(&self.0.params);
        let check = move |memory: &mut Memory| Match::find(&stored, &raw, &prepared, memory);
        let found = self.0.queue.run(check).await?;
        let ok = exists && found != Match::None;
        Ok(Verified {
            ok,
            needs_rehash: ok && (!current || found == Match::Raw),
        })
    }
}

fn readable(hash: &str) -> Option<StoredHash> {
    StoredHash::parse(hash)
        .inspect_err(|error| tracing::warn!(%error, "a stored password hash cannot be checked"))
        .ok()
}

/// Which spelling of the password the hash is of.
#[derive(PartialEq, Eq)]
enum Match {
    Prepared,
    Raw,
    None,
}

impl Match {
    fn find(stored: &StoredHash, raw: &str, prepared: &str, memory: &mut Memory) -> Self {
        if stored.matches(prepared.as_bytes(), memory) {
            Self::Prepared
        } else if raw != prepared && stored.matches(raw.as_bytes(), memory) {
            Self::Raw
        } else {
            Self::None
        }
    }
}

#[cfg(test)]
mod tests;
