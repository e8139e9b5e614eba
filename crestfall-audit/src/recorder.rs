//! Events that cannot be written in a transaction of theirs, because there is none: refusals above all.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::event::Event;
use crate::log::{Error, Log};

/// Events that wait at most; further ones are counted.
const WAITING: usize = 4096;

/// Events of one write.
const AT_ONCE: usize = 500;

/// How long events are gathered, and the pause after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the last write may take.
const END: Duration = Duration::from_secs(3);

/// Takes events without waiting, and writes them within a second or so. Cheap to clone.
///
/// Of one kind and actor within a second, one entry is written, whose `detail` has the number as `times`:
/// who floods a server with requests that it refuses does not fill the log. What could not be kept while the
/// database was away is told by the event `audit.events_lost`.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    events: mpsc::Sender<Event>,
    /// Held by the one that writes.
    queue: Mutex<mpsc::Receiver<Event>>,
    lost: AtomicU64,
}

impl Default for Recorder {
    fn default() -> Self {
        let (events, queue) = mpsc::channel(WAITING);
        Self(Arc::new(Shared {
            events,
            queue: Mutex::new(queue),
            lost: AtomicU64::new(0),
        }))
    }
}

impl Recorder {
    /// Takes an event.
    pub fn tell(&self, event: Event) {
        if self.0.events.try_send(event).is_err() {
            self.0.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes until cancelled, then what is left. One runs at a time; a second waits for the first to end.
    pub async fn run(&self, log: &Log, end: CancellationToken) {
        let mut queue = self.0.queue.lock().await;
        let mut events = Vec::new();
        loop {
            let ended = tokio::select! {
                biased;
                taken = queue.recv_many(&mut events, AT_ONCE) => taken == 0,
                () = end.cancelled() => true,
            };
            if ended {
                return;
            }
            // Others like it may follow.
            let _ = timeout(PAUSE, end.cancelled()).await;
            while events.len() < WAITING
                && let Ok(event) = queue.try_recv()
            {
                events.push(event);
            }
            self.write(log, merged(std::mem::take(&mut events)), &end)
                .await;
        }
    }

    /// Tries until it is done; once the end has come, not for long.
    async fn write(&self, log: &Log, mut events: Vec<Event>, end: &CancellationToken) {
        let lost = self.0.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            events.push(Event::new("audit.events_lost").detail("times", lost));
        }
        loop {
            let written = if end.is_cancelled() {
                timeout(END, log.record_all(&events)).await
            } else {
                Ok(log.record_all(&events).await)
            };
            match written {
                // Where nothing was migrated there is nothing to write to.
                Ok(Ok(()) | Err(Error::Missing(_))) => return,
                Ok(Err(error @ Error::Database(_))) if !end.is_cancelled() => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "audit log: events could not be written; tried again"
                    );
                    let _ = timeout(PAUSE, end.cancelled()).await;
                }
                failed => {
                    let count = events.len();
                    tracing::error!("audit log: {count} events were lost: {failed:?}");
                    return;
                }
            }
        }
    }
}

/// One of each kind, with the number of those that are like it.
fn merged(events: Vec<Event>) -> Vec<Event> {
    let mut kinds: HashMap<String, usize> = HashMap::new();
    let mut merged: Vec<(Event, u64)> = Vec::new();
    for event in events {
        match kinds.entry(event.likeness()) {
            Entry::Occupied(known) => merged[*known.get()].1 += 1,
            Entry::Vacant(new) => {
                new.insert(merged.len());
                merged.push((event, 1));
            }
        }
    }
    let told = |(event, times): (Event, u64)| match times {
        1 => event,
        _ => event.detail("times", times),
    };
    merged.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use crestfall_core::Identity;

    use super::*;

    fn refusal(role: &str, request: &str, path: &str) -> Event {
        let event = Event::new("access.refused").detail("path", path);
        event.by(&Identity::anonymous(role), request, "")
    }

    #[test]
    fn events_that_differ_by_their_request_alone_are_one() {
        let events = vec![
            refusal("ada", "r1", "/a"),
            refusal("ada", "r2", "/a"),
            refusal("bob", "r3", "/a"),
            refusal("ada", "r4", "/b"),
        ];
        let merged = merged(events);
        let expected = refusal("ada", "r1", "/a").detail("times", 2);
        assert_eq!(merged.len(), 3);
        assert_eq!(merged[0], expected);
    }

    #[test]
    fn a_flood_is_counted_and_waits_for_nobody() {
        let recorder = Recorder::default();
        for _ in 0..WAITING + 3 {
            recorder.tell(Event::new("access.refused"));
        }
        assert_eq!(recorder.0.lost.load(Ordering::Relaxed), 3);
    }
}
