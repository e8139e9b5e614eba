//! Live answers, over as many connections as it takes.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::events::{Event, Parser};
use super::{EVENTS, answer};
use crate::client::Client;
use crate::error::Error;
use crate::platform::{self, BoxFuture, Pieces};
use crate::transport::{self, Request};

/// A connection that says nothing for so long is given up. Servers tell every 12 seconds that they are
/// there (`graphql.subscriptions.keep_alive`).
const SILENCE: Duration = Duration::from_secs(60);

/// The data of a subscription: what there is now, then again whenever it is another. See
/// [`Operation::subscribe`](super::Operation::subscribe).
///
/// Connections end: the server restarts, the network changes, a token expires. Then the stream connects
/// again, after pauses that grow as [`Retry`](crate::Retry) says, and with a fresh token; it goes on with
/// what is another by then. Each time it fails there is an error that
/// [`is_temporary`](Error::is_temporary), which may be shown or left alone. Any other error of the
/// connection is the last item, as is that of an operation that the server refuses.
#[must_use = "a stream does nothing until it is polled"]
pub struct Subscription<R> {
    /// None while the next item is awaited, and at the end.
    live: Option<Box<Live>>,
    next: Option<BoxFuture<'static, (Box<Live>, Option<Item>)>>,
    of: PhantomData<fn() -> R>,
}

impl<R> Subscription<R> {
    pub(super) fn new(client: Client, request: Request) -> Self {
        let live = Live {
            client,
            request,
            connection: None,
            failures: 0,
            pause: Duration::ZERO,
            last: None,
            is_over: false,
        };
        Self {
            live: Some(Box::new(live)),
            next: None,
            of: PhantomData,
        }
    }
}

impl<R: DeserializeOwned> Subscription<R> {
    /// The next data; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Result<R, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<R: DeserializeOwned> Stream for Subscription<R> {
    type Item = Result<R, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(mut live) = self.live.take() {
            self.next = Some(Box::pin(async move {
                let item = live.next().await;
                (live, item)
            }));
        }
        let Some(next) = &mut self.next else {
            return Poll::Ready(None);
        };
        let (live, item) = ready!(next.as_mut().poll(context));
        self.next = None;
        let Some(item) = item else {
            return Poll::Ready(None);
        };
        self.live = Some(live);
        Poll::Ready(Some(item.and_then(|answer| answer.read())))
    }
}

impl<R> Unpin for Subscription<R> {}

impl<R> fmt::Debug for Subscription<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

type Item = Result<Answer, Error>;

/// An answer that has not been read.
struct Answer(Vec<u8>);

impl Answer {
    fn read<R: DeserializeOwned>(&self) -> Result<R, Error> {
        answer::data(StatusCode::OK, &HeaderMap::new(), &self.0)
    }
}

/// A subscription from one connection to the next.
struct Live {
    client: Client,
    request: Request,
    connection: Option<Connection>,
    /// Connections in a row that brought nothing.
    failures: u32,
    /// What the next connection waits for.
    pause: Duration,
    /// The answer that was given last: a new connection begins with what there is.
    last: Option<Vec<u8>>,
    is_over: bool,
}

impl Live {
    async fn next(&mut self) -> Option<Item> {
        while !self.is_over {
            match self.event().await {
                Ok(Some(event)) if event.name == "complete" => self.is_over = true,
                Ok(Some(event)) if event.name == "next" => {
                    self.failures = 0;
                    if self.last.as_ref() != Some(&event.data) {
                        return Some(Ok(self.keep(event.data)));
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => self.ended(),
                Err(error) => {
                    self.failed(error.retry_after());
                    self.is_over = !error.is_temporary() || self.client.inner.retry.times == 0;
                    return Some(Err(error));
                }
            }
        }
        None
    }

    /// The next event of this connection or, where there is none, of a new one.
    async fn event(&mut self) -> Result<Option<Event>, Error> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => {
                platform::sleep(std::mem::take(&mut self.pause)).await;
                let connection = Connection::open(&self.client, &self.request).await?;
                self.connection.insert(connection)
            }
        };
        connection.next().await
    }

    fn keep(&mut self, body: Vec<u8>) -> Answer {
        self.last = Some(body.clone());
        Answer(body)
    }

    /// The server has ended the connection: it goes down, or the token has expired. One that brought
    /// something is replaced at once.
    fn ended(&mut self) {
        match self.connection.take() {
            Some(connection) if connection.brought => {}
            _ => self.failed(None),
        }
    }

    fn failed(&mut self, asked: Option<Duration>) {
        self.connection = None;
        self.pause = self.client.inner.retry.growing(self.failures, asked);
        self.failures = self.failures.saturating_add(1);
    }
}

/// One event stream.
struct Connection {
    pieces: Pieces,
    parser: Parser,
    /// An event has come.
    brought: bool,
}

impl Connection {
    async fn open(client: &Client, request: &Request) -> Result<Self, Error> {
        let response = transport::open(client, request).await?;
        let media_type = response.headers().get(CONTENT_TYPE);
        let is_stream = media_type
            .and_then(|text| text.to_str().ok())
            .is_some_and(|text| text.starts_with(EVENTS));
        let mut parser = Parser::default();
        let mut pieces = Pieces::new(response);
        if !is_stream {
            // A server without subscriptions says so in the usual form.
            let mut body = Vec::new();
            while let Some(piece) = next(&mut pieces).await? {
                body.extend_from_slice(&piece);
            }
            parser.only(body);
        }
        Ok(Self {
            pieces,
            parser,
            brought: false,
        })
    }

    /// The next event; none when the server has ended the connection.
    async fn next(&mut self) -> Result<Option<Event>, Error> {
        loop {
            if let Some(event) = self.parser.next() {
                self.brought = true;
                return Ok(Some(event));
            }
            match next(&mut self.pieces).await? {
                Some(piece) => self.parser.feed(&piece),
                None => return Ok(None),
            }
        }
    }
}

async fn next(pieces: &mut Pieces) -> Result<Option<Bytes>, Error> {
    let piece = platform::within(SILENCE, pieces.next()).await;
    Ok(piece.ok_or(Error::Timeout)??)
}
