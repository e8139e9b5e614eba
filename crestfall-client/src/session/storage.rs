//! Where a session is kept between runs.

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(not(target_arch = "wasm32"))]
mod file;

use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use super::Session;
use crate::error::Cause;
use crate::platform::{BoxFuture, Shared};

#[cfg(target_arch = "wasm32")]
pub use browser::BrowserStorage;
#[cfg(not(target_arch = "wasm32"))]
pub use file::FileStorage;

/// Held by one process or page at a time, until it is dropped: see [`SessionStorage::lock`].
pub type StorageLock = Box<dyn Shared>;

/// Keeps one session: in a file, a keyring, a browser's storage.
///
/// ```
/// use crestfall_client::session::{Session, SessionStorage};
/// use crestfall_client::{BoxFuture, Cause};
///
/// /// Forgets everything.
/// #[derive(Debug)]
/// struct Nowhere;
///
/// impl SessionStorage for Nowhere {
///     fn load(&self) -> BoxFuture<'_, Result<Option<Session>, Cause>> {
///         Box::pin(async { Ok(None) })
///     }
///     fn save(&self, _: Option<Session>) -> BoxFuture<'_, Result<(), Cause>> {
///         Box::pin(async { Ok(()) })
///     }
/// }
/// ```
pub trait SessionStorage: Debug + Shared {
    /// The session that was saved last.
    fn load(&self) -> BoxFuture<'_, Result<Option<Session>, Cause>>;

    /// Keeps a session in place of the one before, or none.
    fn save(&self, session: Option<Session>) -> BoxFuture<'_, Result<(), Cause>>;

    /// Waits until nobody else refreshes the session that is kept here. What is given back is held during
    /// the refresh, so that who comes next finds the new tokens and need not ask. Default: nobody else does.
    fn lock(&self) -> BoxFuture<'_, Result<StorageLock, Cause>> {
        Box::pin(async { Ok(Box::new(()) as StorageLock) })
    }
}

/// Keeps the session as long as the client lives.
#[derive(Debug, Default)]
pub struct MemoryStorage(Mutex<Option<Session>>);

impl SessionStorage for MemoryStorage {
    fn load(&self) -> BoxFuture<'_, Result<Option<Session>, Cause>> {
        let session = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        Box::pin(async move { Ok(session) })
    }

    fn save(&self, session: Option<Session>) -> BoxFuture<'_, Result<(), Cause>> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = session;
        Box::pin(async { Ok(()) })
    }
}
