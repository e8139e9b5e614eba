//! What happens to a session.

use tokio::sync::broadcast;

use super::Session;

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SessionEvent {
    /// Somebody signed in, or proved more.
    SignedIn(Session),
    /// The tokens are new.
    Refreshed(Session),
    /// The user signed out, or the server refused to go on with the session.
    SignedOut,
}

/// Tells what happens to a client's session from now on.
#[derive(Debug)]
pub struct SessionEvents(pub(super) broadcast::Receiver<SessionEvent>);

impl SessionEvents {
    /// The next event; `None` when the client is gone. Who falls far behind misses the oldest.
    pub async fn next(&mut self) -> Option<SessionEvent> {
        loop {
            match self.0.recv().await {
                Ok(event) => return Some(event),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
