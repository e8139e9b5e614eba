//! The audit log within the process: its upkeep, and what the server itself writes into it.

use std::time::Duration;

use axum::body::Body;
use crestfall_audit::{Event, Keeper, KeeperConfig, Log, Outcome, Recorder};
use crestfall_core::Identity;
use crestfall_core::client_ip::ClientIp;
use crestfall_core::request_id::RequestId;
use http::{Extensions, Method, Request, Response, StatusCode, Uri};
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::auth::options;
use crate::setup::Setup;
use crate::telemetry::lifecycle;

/// How long the connections are kept between their uses.
const IDLE: Duration = Duration::from_secs(10);

/// How long what is left to write may take at the end.
const END: Duration = Duration::from_secs(5);

/// The work on the log, until it is told to end.
pub(crate) struct Service {
    end: CancellationToken,
    recording: JoinHandle<()>,
}

/// Who takes the server's own events; none where there is no log to be.
pub(crate) fn recorder(setup: &Setup) -> Option<Recorder> {
    let wanted = setup.audit.as_ref().is_some_and(|audit| audit.enabled);
    wanted.then(Recorder::default)
}

/// Looks after the log and writes what the recorder takes; nothing where that is not wanted.
pub(crate) fn start(setup: &Setup, recorder: Option<Recorder>) -> Option<Service> {
    let audit = setup.audit.as_ref().filter(|audit| audit.enabled)?;
    let recorder = recorder?;
    let options = match options(setup.database.url.expose()) {
        Ok(options) => options.application_name("crestfall audit"),
        Err(error) => {
            lifecycle!("The audit log is not looked after: {error}");
            return None;
        }
    };
    // They connect when there is something to do, and not before.
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .min_connections(0)
        .idle_timeout(IDLE)
        .connect_lazy_with(options);
    let config = KeeperConfig {
        seal_every: audit.seal_every,
        seal_key: audit.seal_key.clone(),
        ..KeeperConfig::default()
    };
    let end = CancellationToken::new();
    let keeper = Keeper::new(pool.clone(), config);
    tokio::spawn({
        let end = end.clone();
        async move { keeper.run(end).await }
    });
    let recording = tokio::spawn({
        let end = end.clone();
        async move { recorder.run(&Log::new(pool), end).await }
    });
    Some(Service { end, recording })
}

impl Service {
    /// Ends the work, when what is left is written.
    pub(crate) async fn shut_down(self) {
        self.end.cancel();
        // What cannot be written in that time is lost with the database it was for.
        let _ = tokio::time::timeout(END, self.recording).await;
    }
}

/// A request as its refusal is written down. Cloning these copies next to no text.
pub(crate) struct Asked {
    method: Method,
    uri: Uri,
    id: Option<RequestId>,
    ip: Option<ClientIp>,
}

impl Asked {
    /// Remembers a request before it is consumed.
    pub(crate) fn of(request: &Request<Body>) -> Self {
        let given: &Extensions = request.extensions();
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            id: given.get().cloned(),
            ip: given.get().copied(),
        }
    }

    /// Writes down that somebody who is known was refused: by a guard, a grant or a policy.
    pub(crate) fn tell(&self, recorder: &Recorder, response: &Response<Body>) {
        if response.status() != StatusCode::FORBIDDEN {
            return;
        }
        let identity = response.extensions().get::<Identity>();
        let Some(identity) = identity.filter(|identity| identity.is_authenticated()) else {
            return;
        };
        let id = self.id.as_ref().map(RequestId::as_str);
        let ip = self.ip.map(|ClientIp(ip)| ip.to_string());
        let event = Event::new("access.refused")
            .outcome(Outcome::Refused)
            .detail("method", self.method.as_str())
            .detail("path", self.uri.path());
        recorder.tell(event.by(
            identity,
            id.unwrap_or_default(),
            ip.as_deref().unwrap_or_default(),
        ));
    }
}
