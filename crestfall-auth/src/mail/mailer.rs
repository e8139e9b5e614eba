//! Who takes a mail away.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use crestfall_core::job::{Claim, Failure, Handler};
use serde::{Deserialize, Serialize};

use super::MailKind;

/// The parts of a mail.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedMail {
    /// One line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain text part.
    pub text: String,
}

/// A mail ready to go, as it stands in the queue.
#[derive(Clone, Serialize, Deserialize)]
pub struct OutgoingMail {
    /// With its angle brackets; the same in every attempt, so that a mail that arrived twice is
    /// recognised as one.
    pub message_id: String,
    /// What it is about.
    pub kind: MailKind,
    /// The address.
    pub to: String,
    /// When it was written: its `Date`.
    pub written_at: DateTime<Utc>,
    /// After that it is of no use, and is not sent.
    pub expires_at: Option<DateTime<Utc>>,
    /// What it says.
    #[serde(flatten)]
    pub content: RenderedMail,
}

impl fmt::Debug for RenderedMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderedMail").finish_non_exhaustive()
    }
}

impl fmt::Debug for OutgoingMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingMail")
            .field("message_id", &self.message_id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Why a mail was not taken. The reason is logged: no addresses in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Worth another attempt, also when nobody knows whether it was taken.
    #[error("{0}")]
    Retry(String),
    /// No attempt will do better.
    #[error("{0}")]
    Permanent(String),
}

/// Takes mails away: a mail server ([`super::Smtp`]), a page for developers ([`super::Catcher`]),
/// or what an embedder has.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Hands over one mail; `Ok` only once somebody else answers for it.
    ///
    /// # Errors
    /// When it was not taken, or perhaps not.
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError>;
}

/// Does the jobs of [`super::Mails::JOB`] with a [`Mailer`].
///
/// A mail is sent once, but for one case that no client of SMTP can exclude (RFC 1047): the
/// server took it, and the connection or this process was lost before we knew or had written it
/// down. Then it is sent again, with the same `Message-ID`: twice is better than never.
#[derive(Clone)]
pub struct Delivery(Arc<dyn Mailer>);

impl Delivery {
    /// By this mailer.
    pub fn new(mailer: impl Mailer) -> Self {
        Self(Arc::new(mailer))
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Delivery")
    }
}

#[async_trait]
impl Handler for Delivery {
    async fn handle(&self, job: Claim) -> Result<(), Failure> {
        let mail: OutgoingMail = serde_json::from_value(job.payload)
            .map_err(|_| Failure::permanent("the mail in the queue is not understood"))?;
        if mail.expires_at.is_some_and(|end| end <= Utc::now()) {
            return Err(Failure::permanent(
                "the mail's code expired before it could be sent",
            ));
        }
        self.0.send(&mail).await.map_err(|error| match error {
            SendError::Retry(reason) => Failure::retry(reason),
            SendError::Permanent(reason) => Failure::permanent(reason),
        })
    }
}

/// Throws mails away, for a service without a mail server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

#[async_trait]
impl Mailer for Discard {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        tracing::debug!(
            kind = mail.kind.name(),
            "no mail server is set: a mail is thrown away"
        );
        Ok(())
    }
}
