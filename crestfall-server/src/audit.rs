//! The audit log within the process: its upkeep, and what the server itself writes into it.

use std::time::Duration;

use axum::body::Body;
use crestfall_audit::{Event, Keeper, KeeperConfig, Log, Outcome, Recorder};
use crestfall_core::Identity;
use crestfall_core::client_ip::ClientIp;
use crestfall_core::request_id::RequestId;
use crestfall_graphql::{Forbidden, Refusals};
use http::header::{ACCEPT, AUTHORIZATION, UPGRADE, WWW_AUTHENTICATE};
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
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
#[derive(Clone)]
pub(crate) struct Asked {
    method: Method,
    uri: Uri,
    id: Option<RequestId>,
    ip: Option<ClientIp>,
    /// Whether it says who asks, in a header that is for nothing else.
    has_credentials: bool,
}

/// Why a request is written down.
enum Refused {
    /// The caller is known and may not: a guard, a grant or a policy.
    Access(Identity),
    /// The credentials are none of ours.
    Credentials,
}

impl Asked {
    /// Remembers a request before it is consumed.
    pub(crate) fn of(request: &Request<Body>) -> Self {
        let given: &Extensions = request.extensions();
        let headers = request.headers();
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            id: given.get().cloned(),
            ip: given.get().copied(),
            has_credentials: headers.contains_key(AUTHORIZATION) || headers.contains_key("apikey"),
        }
    }

    /// Has what is refused within the socket or the event stream that the request opens written down, too.
    pub(crate) fn follow(&self, recorder: &Recorder, request: &mut Request<Body>) {
        if opens(request.headers()) {
            let (asked, recorder) = (self.clone(), recorder.clone());
            let refusals = Refusals::new(move |answer| asked.tell(&recorder, answer));
            request.extensions_mut().insert(refusals);
        }
    }

    /// Writes down that it was refused, if it was.
    pub(crate) fn tell(&self, recorder: &Recorder, response: &Response<Body>) {
        let event = match self.refused(response) {
            Some(Refused::Access(identity)) => {
                let event = Event::new("access.refused")
                    .detail("method", self.method.as_str())
                    .detail("path", self.uri.path());
                self.by(event, &identity)
            }
            // Without what the caller chose, so that all of a second become one entry: nobody fills the log by guessing.
            Some(Refused::Credentials) => {
                let event = Event::new("access.unauthenticated");
                self.by(event, &Identity::anonymous(""))
            }
            None => return,
        };
        recorder.tell(event.outcome(Outcome::Refused));
    }

    fn refused(&self, response: &Response<Body>) -> Option<Refused> {
        let identity = response.extensions().get::<Identity>();
        if response.status() == StatusCode::UNAUTHORIZED {
            let given = self.has_credentials || challenge(response, b"error=\"invalid_token\"");
            // Who is anonymous by a key that is right was identified. And clients find out by an expired token
            // that it is time for a new one.
            let expired = challenge(response, b"error_description=\"JWT expired\"");
            let refused = given && identity.is_none() && !expired;
            return refused.then_some(Refused::Credentials);
        }
        let identity = identity.filter(|identity| identity.is_authenticated())?;
        let by_graphql = response.extensions().get::<Forbidden>().is_some();
        let refused = match response.status() {
            StatusCode::FORBIDDEN => true,
            // GraphQL tells it by no status, also those who come by the key of everybody.
            _ => by_graphql && is_somebody(identity),
        };
        refused.then(|| Refused::Access(identity.clone()))
    }

    fn by(&self, event: Event, identity: &Identity) -> Event {
        let id = self.id.as_ref().map(RequestId::as_str);
        let ip = self.ip.map(|ClientIp(ip)| ip.to_string());
        event.by(
            identity,
            id.unwrap_or_default(),
            ip.as_deref().unwrap_or_default(),
        )
    }
}

/// Whether the token says whose it is.
fn is_somebody(identity: &Identity) -> bool {
    let claims = identity.claims();
    ["sub", "api_key_id"]
        .into_iter()
        .any(|claim| claims.get(claim).is_some())
}

/// Whether the request opens what stays beyond its answer.
fn opens(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).map(HeaderValue::as_bytes);
    headers.contains_key(UPGRADE)
        || accepted.is_some_and(|accepted| contains(accepted, b"text/event-stream"))
}

/// Whether the challenge of a refusal says so. Without credentials it has no `error` (RFC 6750, 3).
fn challenge(response: &Response<Body>, words: &[u8]) -> bool {
    let challenge = response.headers().get(WWW_AUTHENTICATE);
    challenge.is_some_and(|challenge| contains(challenge.as_bytes(), words))
}

fn contains(text: &[u8], words: &[u8]) -> bool {
    text.windows(words.len()).any(|window| window == words)
}
