//! GraphQL over WebSocket, in the protocol `graphql-transport-ws`: one connection, many operations.

mod message;
mod operation;

use std::time::Duration;

use axum::body::Body;
use axum::extract::FromRequestParts as _;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::IntoResponse as _;
use crestfall_core::Problem;
use http::header::UPGRADE;
use http::request::Parts;
use http::{Method, Response as HttpResponse, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, timeout};

use super::events::ticks;
use super::negotiate::Form;
use super::read::Malformed;
use super::{Refusals, refused, tell_refusal};
use crate::caller::{Caller, with_credentials};
use crate::graphql::GraphQl;
use message::{Close, Received, Sent};
use operation::{Operations, Told};

/// The one protocol that is spoken here.
const PROTOCOL: &str = "graphql-transport-ws";

/// Answers that wait for the socket. Operations wait with what is beyond, each with the one answer that
/// it has, and miss those in between: what a slow client costs does not grow.
const QUEUE: usize = 1;

/// Whether a request wants to become a socket.
pub(super) fn is_wanted(parts: &Parts) -> bool {
    let upgrade = parts.headers.get(UPGRADE);
    parts.method == Method::GET
        && upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// A message, for the fuzzer.
#[cfg(feature = "fuzzing")]
pub(super) fn fuzz(bytes: &[u8], limits: &crate::config::Limits) {
    if let Err(close) = Received::parse(bytes, limits) {
        assert!(close.reason().len() <= 123);
    }
}

impl GraphQl {
    /// Makes a socket of a request.
    pub(super) async fn socket(&self, mut parts: Parts) -> HttpResponse<Body> {
        let opening = parts.clone();
        let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
            Ok(upgrade) => upgrade,
            Err(rejection) => return rejection.into_response(),
        };
        if !self.subscriptions().enabled {
            let message = "sockets are switched off (graphql.subscriptions.enabled)";
            return Malformed::new(StatusCode::NOT_FOUND, message).answer(Form::Json);
        }
        let Some(place) = self.place() else {
            let message = "too many subscribers (graphql.subscriptions.max_connections)";
            return Malformed::new(StatusCode::SERVICE_UNAVAILABLE, message).answer(Form::Json);
        };
        let graphql = self.clone();
        let most = self.limits().body_bytes;
        let upgrade = upgrade
            .protocols([PROTOCOL])
            .max_message_size(most)
            .max_frame_size(most);
        upgrade.on_upgrade(move |socket| serve(graphql, socket, opening, place))
    }
}

async fn serve(graphql: GraphQl, socket: WebSocket, opening: Parts, place: OwnedSemaphorePermit) {
    let mut connection = Connection {
        send_timeout: graphql.subscriptions().send_timeout,
        keep_alive: graphql.subscriptions().keep_alive,
        graphql,
        socket,
    };
    let gauge = metrics::gauge!("crestfall_graphql_sockets");
    gauge.increment(1.0);
    if let Err(Some(close)) = connection.run(opening).await {
        connection.close(close).await;
    }
    gauge.decrement(1.0);
    drop(place);
}

struct Connection {
    graphql: GraphQl,
    socket: WebSocket,
    send_timeout: Duration,
    keep_alive: Duration,
}

/// Why a connection ends; none when the client is gone.
type End = Option<Close>;

impl Connection {
    /// Serves the connection until it ends, which it does with an error.
    async fn run(&mut self, opening: Parts) -> Result<(), End> {
        if self.socket.protocol().is_none() {
            return Err(Some(Close::new(4406, "Subprotocol not acceptable")));
        }
        let caller = self.initialise(opening).await?;
        self.send(&Sent::ConnectionAck).await?;
        self.operate(&caller).await
    }

    /// Waits for the first message, which may say who calls.
    async fn initialise(&mut self, opening: Parts) -> Result<Caller, End> {
        let wait = self.graphql.subscriptions().init_timeout;
        let deadline = Instant::now() + wait;
        loop {
            let received = tokio::time::timeout_at(deadline, self.receive()).await;
            let late = |_| Some(Close::new(4408, "Connection initialisation timeout"));
            match received.map_err(late)?? {
                None => {}
                Some(Received::ConnectionInit(payload)) => {
                    let parts = with_credentials(opening, &payload);
                    let caller = Caller::of(&parts, self.graphql.authenticate.as_ref()).await;
                    return caller.map_err(|problem| {
                        let close = forbidden(&problem);
                        Refusals::tell(&parts, || refused(problem, Form::Json));
                        Some(close)
                    });
                }
                Some(Received::Ping(payload)) => self.send(&Sent::Pong(payload)).await?,
                Some(Received::Pong) => {}
                Some(Received::Subscribe { .. } | Received::Complete(_)) => {
                    return Err(Some(Close::new(4401, "Unauthorized")));
                }
            }
        }
    }

    /// Serves operations. The caller is checked at the interval at which live queries are asked.
    async fn operate(&mut self, caller: &Caller) -> Result<(), End> {
        let (sender, mut told) = mpsc::channel(QUEUE);
        let settings = self.graphql.subscriptions();
        let mut operations = Operations::new(self.graphql.clone(), caller.clone(), sender);
        let mut checks = ticks(settings.interval);
        let mut keep_alive = ticks(self.keep_alive);
        let mut is_there = true;
        let ended = self.graphql.shared.ended.clone();
        loop {
            tokio::select! {
                biased;
                () = ended.cancelled() => return Err(Some(Close::new(1001, "Going away"))),
                _ = checks.tick() => check(caller).await?,
                _ = keep_alive.tick() => {
                    if !std::mem::take(&mut is_there) {
                        return Err(None);
                    }
                    self.pass(Message::Ping(Default::default())).await?;
                }
                received = self.receive() => {
                    is_there = true;
                    if let Some(received) = received? {
                        self.obey(received, &mut operations).await?;
                    }
                }
                Some(told) = told.recv() => self.tell(caller, told, &mut operations).await?,
            }
        }
    }

    async fn obey(&mut self, received: Received, operations: &mut Operations) -> Result<(), End> {
        match received {
            Received::ConnectionInit(_) => {
                return Err(Some(Close::new(4429, "Too many initialisation requests")));
            }
            Received::Ping(payload) => self.send(&Sent::Pong(payload)).await?,
            Received::Pong => {}
            Received::Complete(id) => operations.stop(&id),
            Received::Subscribe { id, payload } => {
                if operations.has(&id) {
                    let reason = format!("Subscriber for {id} already exists");
                    return Err(Some(Close::new(4409, reason)));
                }
                if let Err(error) = operations.start(&id, payload) {
                    self.send(&Sent::Error(&id, &[*error])).await?;
                }
            }
        }
        Ok(())
    }

    /// Passes on what an operation tells, to whom it may still be told.
    async fn tell(
        &mut self,
        caller: &Caller,
        told: Told,
        operations: &mut Operations,
    ) -> Result<(), End> {
        if !operations.is_current(&told) {
            return Ok(());
        }
        check(caller).await?;
        let response = &told.answer.response;
        tell_refusal(caller, response);
        match told.answer.is_last && response.data.is_none() {
            true => self.send(&Sent::Error(&told.id, &response.errors)).await?,
            false => {
                self.send(&Sent::Next(&told.id, response)).await?;
                if told.answer.is_last {
                    self.send(&Sent::Complete(&told.id)).await?;
                }
            }
        }
        if told.answer.is_last {
            operations.stop(&told.id);
        }
        Ok(())
    }

    /// The next message; none when it means nothing in this protocol.
    async fn receive(&mut self) -> Result<Option<Received>, End> {
        match self.socket.recv().await {
            Some(Ok(Message::Text(text))) => {
                let limits = self.graphql.limits();
                Received::parse(text.as_bytes(), &limits)
                    .map(Some)
                    .map_err(Some)
            }
            Some(Ok(Message::Binary(_))) => {
                Err(Some(Close::new(4400, "Invalid message: not a text")))
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
            Some(Ok(Message::Close(_))) | None => Err(None),
            // The message was too long, or no WebSocket is spoken.
            Some(Err(error)) => Err(Some(Close::new(1009, format!("Invalid frame: {error}")))),
        }
    }

    async fn send(&mut self, sent: &Sent<'_>) -> Result<(), End> {
        self.pass(Message::Text(sent.to_text().into())).await
    }

    /// A client that takes nothing for too long is gone, or too slow to be served.
    async fn pass(&mut self, message: Message) -> Result<(), End> {
        match timeout(self.send_timeout, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(None),
            Err(_) => Err(Some(Close::new(
                1013,
                "The client takes its messages too slowly",
            ))),
        }
    }

    async fn close(&mut self, close: Close) {
        tracing::debug!(crestfall.close_code = close.code, "graphql.socket closed");
        let frame = CloseFrame {
            code: close.code,
            reason: close.reason().into(),
        };
        // Whoever does not take it within the time is not told.
        let message = Message::Close(Some(frame));
        let _ = timeout(Duration::from_secs(1), self.socket.send(message)).await;
        // The client answers with a close frame of its own; what else it has sent is thrown away.
        let rest = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        let _ = timeout(Duration::from_secs(1), rest).await;
    }
}

async fn check(caller: &Caller) -> Result<(), End> {
    let checked = caller.check().await;
    checked.map_err(|problem| Some(forbidden(&problem)))
}

fn forbidden(problem: &Problem) -> Close {
    let told = serde_json::to_value(problem).unwrap_or_default();
    let reason = told["message"].as_str().unwrap_or_default();
    Close::new(4403, format!("Forbidden: {reason}"))
}
