//! `LISTEN` on a connection of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::pool::Pool;
use super::{DbError, recovery};
use crate::name;
use crate::wire::cache::StatementCache;
use crate::wire::config::{Resolved, SessionAttrs};
use crate::wire::connection::{Connection, Owner, Sink};
use crate::wire::startup;
use crate::wire::tls::Tls;

/// What a [`Listener`] has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Somebody notified a channel.
    Notification {
        /// The channel.
        channel: String,
        /// What was said, often nothing.
        payload: String,
    },
    /// It listens. What was notified before, since the last [`Notice::Disconnected`] or ever, was missed.
    Connected,
    /// The connection was lost, or could not be made; it will be tried again.
    Disconnected {
        /// Why.
        reason: String,
        /// After how long it will be tried again.
        retry_in: Duration,
    },
}

/// Listens to channels of the primary until dropped, connecting again whenever it must.
#[derive(Debug)]
pub struct Listener {
    receiver: mpsc::UnboundedReceiver<Notice>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Listener {
    pub(super) fn start(pool: &Arc<Pool>, channels: &[&str]) -> Self {
        let listens: Vec<String> = channels
            .iter()
            .map(|channel| format!("listen {}", name::quote(channel)))
            .collect();
        let (sender, receiver) = mpsc::unbounded_channel();
        let server = pool
            .first_server()
            .map(|(config, tls)| (on_primary(config), tls));
        let task = tokio::spawn(async move {
            if let Some((config, tls)) = server {
                listen(config, tls, listens.join("; "), sender).await;
            }
        });
        Self { receiver, task }
    }

    /// The next thing that happened; never ends.
    pub async fn next(&mut self) -> Notice {
        match self.receiver.recv().await {
            Some(notice) => notice,
            // The task runs as long as we do, unless the runtime ends.
            None => std::future::pending().await,
        }
    }
}

/// A standby has no notifications.
fn on_primary(mut config: Resolved) -> Resolved {
    if matches!(
        config.session_attrs,
        SessionAttrs::Any | SessionAttrs::PreferStandby
    ) {
        config.session_attrs = SessionAttrs::ReadWrite;
    }
    config
}

async fn listen(
    config: Resolved,
    tls: Arc<Tls>,
    sql: String,
    notices: mpsc::UnboundedSender<Notice>,
) {
    let mut failures = 0;
    loop {
        let reason = match connect(&config, &tls, &sql, &notices).await {
            Ok(mut session) => {
                failures = 0;
                let _ = notices.send(Notice::Connected);
                session.ended().await;
                "the connection was lost".to_owned()
            }
            Err(error) => error.to_string(),
        };
        // The first attempt follows at once.
        let retry_in = match failures {
            0 => Duration::ZERO,
            failures => recovery::pause(failures - 1),
        };
        failures += 1;
        tracing::warn!(%reason, ?retry_in, "not listening to PostgreSQL's notifications");
        let _ = notices.send(Notice::Disconnected { reason, retry_in });
        tokio::time::sleep(retry_in).await;
    }
}

/// A connection that listens; closed when dropped.
struct Session {
    connection: Arc<Connection>,
    lost: watch::Receiver<bool>,
}

impl Session {
    async fn ended(&mut self) {
        let _ = self.lost.wait_for(|lost| *lost).await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.close();
    }
}

async fn connect(
    config: &Resolved,
    tls: &Arc<Tls>,
    sql: &str,
    notices: &mpsc::UnboundedSender<Notice>,
) -> Result<Session, DbError> {
    let (server, stream, rest) = startup::connect(config, tls).await?;
    let (lost_sender, lost) = watch::channel(false);
    let owner = Arc::new(Ear {
        notices: notices.clone(),
        lost: lost_sender,
    });
    let cache = StatementCache::new(0, false);
    let connection = Connection::start(0, server, stream.split(), rest, cache, owner);
    let session = Session { connection, lost };
    let (sender, receiver) = oneshot::channel();
    session
        .connection
        .submit_simple(sql, Sink::Rows(sender))
        .map_err(|failure| failure.error)?;
    match receiver.await {
        Ok(Ok(_)) => Ok(session),
        Ok(Err(failure)) => Err(failure.error),
        Err(_) => Err(DbError::Closed),
    }
}

/// Passes on what a listening connection hears.
struct Ear {
    notices: mpsc::UnboundedSender<Notice>,
    lost: watch::Sender<bool>,
}

impl Owner for Ear {
    fn released(&self, _connection: &Arc<Connection>, _batches: u32) {}

    fn lost(&self, _connection: &Arc<Connection>) {
        self.lost.send_replace(true);
    }

    fn notified(&self, channel: String, payload: String) {
        let _ = self.notices.send(Notice::Notification { channel, payload });
    }
}
