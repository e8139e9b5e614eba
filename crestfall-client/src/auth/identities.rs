//! How a user is known to providers.

use super::Auth;
use crate::error::Error;
use crate::session::Identity;

impl Auth {
    /// The identities of who is signed in. To link another: [`Auth::authorize`] and
    /// [`link`](super::Authorize::link).
    ///
    /// # Errors
    /// Nobody is; no answer.
    pub async fn identities(&self) -> Result<Vec<Identity>, Error> {
        Ok(self.user().await?.identities)
    }

    /// Unlinks an identity, by its `identity_id`.
    ///
    /// # Errors
    /// It is the only one; linking is off; no answer.
    pub async fn unlink_identity(&self, identity_id: &str) -> Result<(), Error> {
        self.run(self.delete(&["user", "identities", identity_id])?)
            .await
    }
}
