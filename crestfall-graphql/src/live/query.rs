//! One live query, asked over and over as long as somebody subscribes to it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crestfall_core::Identity;
use crestfall_core::tx::RequestContext;
use tokio::sync::watch;
use tokio::time::Instant;

use super::hub::Hub;
use crate::graphql::GraphQl;
use crate::request::{Fate, Request, Response};

/// How often a query is asked in spite of [`Changes`](super::Changes), in intervals: a function it
/// calls may read what nobody tells of.
const UNASKED: u32 = 30;

/// The longest pause while the database is away, in intervals.
const LONGEST_PAUSE: u32 = 16;

/// What subscribers of one query share.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) answers: watch::Sender<Option<Answer>>,
}

/// How many there are.
const LIVE: &str = "crestfall_graphql_live_queries";

impl Query {
    pub(super) fn new() -> Self {
        metrics::gauge!(LIVE).increment(1.0);
        Self {
            answers: watch::Sender::new(None),
        }
    }
}

impl Drop for Query {
    fn drop(&mut self) {
        metrics::gauge!(LIVE).decrement(1.0);
    }
}

/// An answer to pass on.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) response: Arc<Response>,
    /// No other follows.
    pub(crate) is_last: bool,
}

/// How to ask.
pub(super) struct Asking {
    pub(super) graphql: GraphQl,
    pub(super) identity: Identity,
    pub(super) request: Request,
    pub(super) changes: Option<watch::Receiver<u64>>,
}

impl Asking {
    /// Asks until nobody listens any more, or until the operation is none any more.
    pub(super) async fn run(mut self, query: Weak<Query>) {
        let context = RequestContext::default();
        let mut pause = 1;
        loop {
            let started = Instant::now();
            let Some(query) = query.upgrade() else { return };
            let response = self.ask(&context).await;
            let is_away = response.fate == Fate::Unavailable;
            pause = match is_away {
                true => (pause * 2).min(LONGEST_PAUSE),
                false => 1,
            };
            let was_answered = query.answers.borrow().is_some();
            if !(is_away && was_answered) {
                let is_last = is_away || response.fate == Fate::Refused;
                push(&query, response, is_last);
                if is_last {
                    return;
                }
            }
            drop(query);
            self.wait(started, pause).await;
        }
    }

    async fn ask(&self, context: &RequestContext) -> Response {
        let hub: &Hub = &self.graphql.shared.live;
        // The statements of requests come first: only so many queries are asked at a time.
        let _turn = hub.turn().await;
        metrics::counter!("crestfall_graphql_polls_total").increment(1);
        let request = self.request.clone();
        let prepared = self.graphql.prepare(&self.identity, context, request).await;
        match prepared {
            Ok(prepared) => self.graphql.run(&self.identity, context, &prepared).await,
            Err(response) => response,
        }
    }

    /// Until it is time to ask again.
    async fn wait(&mut self, started: Instant, pause: u32) {
        let settings = self.graphql.subscriptions();
        let interval = settings.interval.max(Duration::from_millis(10)) * pause;
        tokio::time::sleep_until(started + interval).await;
        if let Some(changes) = &mut self.changes {
            let unasked = interval * UNASKED;
            // Who tells of changes may have gone; then there is the interval.
            let _ = tokio::time::timeout(unasked, changes.changed()).await;
        }
    }
}

/// Passes an answer on, unless it is the one that was passed on last.
fn push(query: &Query, response: Response, is_last: bool) {
    query.answers.send_if_modified(|known| {
        let is_same = known.as_ref().is_some_and(|known| {
            known.response.data == response.data && known.response.errors == response.errors
        });
        if is_same && !is_last {
            return false;
        }
        *known = Some(Answer {
            response: Arc::new(response),
            is_last,
        });
        true
    });
}
