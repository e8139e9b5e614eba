//! GraphQL over server-sent events, a stream for each operation (graphql-sse's distinct connections
//! mode): an event `next` for each answer, then `complete`.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Response as HttpResponse, StatusCode};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::negotiate::Form;
use super::read::Malformed;
use super::{mark, tell_refusal};
use crate::caller::Caller;
use crate::document::OperationKind;
use crate::graphql::GraphQl;
use crate::live::{Answer, Subscribed};
use crate::request::{Request, Response};

/// Nothing to tell, but the connection is still there.
const SILENCE: Bytes = Bytes::from_static(b":\n\n");

/// There is no other answer. `data` is there for browsers, which leave out events without it.
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// Tells nginx to pass events on at once.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

impl GraphQl {
    /// Answers with a stream of events.
    pub(super) async fn events(
        &self,
        parts: &Parts,
        caller: Caller,
        request: Request,
    ) -> HttpResponse<Body> {
        let Some(place) = self.place() else {
            let message = "too many subscribers (graphql.subscriptions.max_connections)";
            let malformed = Malformed::new(StatusCode::SERVICE_UNAVAILABLE, message);
            return malformed.answer(Form::Events);
        };
        let identity = &caller.identity;
        let response = match self.kind(identity, &request).await {
            Err(response) => response,
            Ok(OperationKind::Query | OperationKind::Mutation) => {
                let form = Form::Events;
                self.execute_by(parts, identity, request, form).await
            }
            Ok(OperationKind::Subscription) => match self.subscribe(identity, request).await {
                Err(response) => response,
                Ok(subscribed) => return answer(self.stream(caller, subscribed, place)),
            },
        };
        let mut answer = answer(once(&response));
        mark(&mut answer, &response);
        answer
    }

    /// Another socket or event stream, if there may be one.
    pub(super) fn place(&self) -> Option<OwnedSemaphorePermit> {
        match self.shared.ended.is_cancelled() {
            true => None,
            false => self.shared.connections.clone().try_acquire_owned().ok(),
        }
    }

    /// The events of a subscription, each made when the client has taken the one before.
    fn stream(&self, caller: Caller, subscribed: Subscribed, place: OwnedSemaphorePermit) -> Body {
        let settings = self.subscriptions();
        let events = Events {
            caller,
            subscribed,
            checks: ticks(settings.interval),
            silence: settings.keep_alive,
            ended: self.shared.ended.clone(),
            is_over: false,
            _place: place,
        };
        let stream = stream::unfold(events, async |mut events| {
            let bytes = events.next().await?;
            Some((Ok::<_, Infallible>(bytes), events))
        });
        Body::from_stream(stream)
    }
}

/// The first tick is one period away, and none is made up for.
pub(super) fn ticks(period: Duration) -> Interval {
    let period = period.max(Duration::from_millis(10));
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

struct Events {
    caller: Caller,
    subscribed: Subscribed,
    checks: Interval,
    silence: Duration,
    ended: CancellationToken,
    is_over: bool,
    _place: OwnedSemaphorePermit,
}

impl Events {
    /// The next bytes. None ends the stream: clients come back then, with a fresh token, unless they
    /// were told that the operation is complete.
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        let silence = tokio::time::sleep(self.silence);
        tokio::pin!(silence);
        loop {
            tokio::select! {
                biased;
                () = self.ended.cancelled() => return None,
                _ = self.checks.tick() => self.caller.check().await.ok()?,
                answer = self.subscribed.next() => return self.told(answer?).await,
                () = &mut silence => return Some(SILENCE),
            }
        }
    }

    async fn told(&mut self, answer: Answer) -> Option<Bytes> {
        // Nothing is told to whom it may not be told any more.
        self.caller.check().await.ok()?;
        tell_refusal(&self.caller, &answer.response);
        self.is_over = answer.is_last;
        let mut event = next(&answer.response);
        if answer.is_last {
            event.extend_from_slice(COMPLETE);
        }
        Some(event.into())
    }
}

/// The answer whose body these events are.
fn answer(events: Body) -> HttpResponse<Body> {
    let mut answer = HttpResponse::new(events);
    let headers = answer.headers_mut();
    let media_type = HeaderValue::from_static(Form::Events.content_type());
    headers.insert(CONTENT_TYPE, media_type);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(UNBUFFERED, HeaderValue::from_static("no"));
    answer
}

/// A stream of one answer.
fn once(response: &Response) -> Body {
    let mut events = next(response);
    events.extend_from_slice(COMPLETE);
    events.into()
}

/// An answer as an event. JSON from PostgreSQL may have line breaks, each of which begins a new line of
/// the event.
fn next(response: &Response) -> Vec<u8> {
    let body = response.to_body();
    let mut event = Vec::with_capacity(body.len() + 24);
    event.extend_from_slice(b"event: next\n");
    for line in body.split(|byte| matches!(byte, b'\n' | b'\r')) {
        event.extend_from_slice(b"data: ");
        event.extend_from_slice(line);
        event.push(b'\n');
    }
    event.push(b'\n');
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_event_whatever_lines_it_has() {
        let response = Response::data("{\"a\":\n[1]}", Vec::new());
        let event = String::from_utf8(next(&response)).unwrap();
        assert_eq!(
            event,
            "event: next\ndata: {\"data\":{\"a\":\ndata: [1]}}\n\n"
        );
    }
}
