//! Keeps keys from a [`Source`] fresh. One task does every load, so that there is never more than one
//! at a time, and a request that goes away takes no load with it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::error::ConfigError;
use super::keys::KeySet;
use super::source::{Loaded, Source};

/// The handle on the task; dropping it ends the task.
pub(super) struct Refresher {
    shared: Arc<Shared>,
    loads: watch::Receiver<u64>,
    cooldown: Duration,
    patience: Duration,
    task: tokio::task::JoinHandle<()>,
}

struct Shared {
    wanted: Notify,
    state: Mutex<State>,
}

/// What the task is at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Loading,
    LoadedAt(Instant),
}

impl Refresher {
    /// Starts the task, which loads at once. `install` is called with every changed set of keys.
    ///
    /// # Errors
    /// Outside of a Tokio runtime.
    pub(super) fn start(
        source: Source,
        install: impl Fn(KeySet) + Send + 'static,
    ) -> Result<Self, ConfigError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| ConfigError::NoRuntime)?;
        let shared = Arc::new(Shared {
            wanted: Notify::new(),
            state: Mutex::new(State::Loading),
        });
        let (count, loads) = watch::channel(0);
        let (cooldown, timeout) = (source.options().cooldown, source.options().timeout);
        let task = runtime.spawn(run(source, Arc::clone(&shared), count, install));
        let patience = timeout + Duration::from_millis(100); // the load itself ends by then
        Ok(Self {
            shared,
            loads,
            cooldown,
            patience,
            task,
        })
    }

    /// Asks for a load because a token names an unknown key, and waits for it. Returns at once if
    /// one was made within the cool-down: tokens with made-up names cannot make us flood the issuer.
    pub(super) async fn refresh_for_unknown_key(&self) {
        let mut loads = self.loads.clone();
        loads.mark_unchanged();
        let state = *self.shared.state.lock();
        match state {
            State::LoadedAt(time) if time.elapsed() < self.cooldown => return,
            State::LoadedAt(_) => self.shared.wanted.notify_one(),
            State::Loading => {}
        }
        self.wait_for(loads).await;
    }

    /// Asks for a load, if the cool-down allows, without waiting for it.
    pub(super) fn hint_unknown_key(&self) {
        match *self.shared.state.lock() {
            State::LoadedAt(time) if time.elapsed() >= self.cooldown => {
                self.shared.wanted.notify_one();
            }
            State::LoadedAt(_) | State::Loading => {}
        }
    }

    /// Loads now, whatever the cool-down, and waits for it; a load under way will do.
    pub(super) async fn refresh(&self) {
        let mut loads = self.loads.clone();
        loads.mark_unchanged();
        let state = *self.shared.state.lock();
        if state != State::Loading {
            self.shared.wanted.notify_one();
        }
        self.wait_for(loads).await;
    }

    /// A time-out means only that the load takes longer: the keys in use stay.
    async fn wait_for(&self, mut loads: watch::Receiver<u64>) {
        let _ = tokio::time::timeout(self.patience, loads.changed()).await;
    }
}

impl Drop for Refresher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(
    mut source: Source,
    shared: Arc<Shared>,
    count: watch::Sender<u64>,
    install: impl Fn(KeySet),
) {
    let mut failures = 0;
    loop {
        let wait = match source.load().await {
            Ok(Loaded { keys, fresh_for }) => {
                failures = 0;
                if let Some(keys) = keys {
                    tracing::info!(
                        crestfall.keys = keys.len(),
                        "loaded the token issuer's keys"
                    );
                    install(keys);
                }
                fresh_for
            }
            Err(error) => {
                source.forget();
                failures += 1;
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, failures, "could not load the token issuer's keys");
                back_off(failures)
            }
        };
        *shared.state.lock() = State::LoadedAt(Instant::now());
        count.send_modify(|loads| *loads += 1);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shared.wanted.notified() => {}
        }
        *shared.state.lock() = State::Loading;
    }
}

/// 1, 2, 4 … 64 seconds, each up to a quarter shorter so that many servers do not call together.
fn back_off(failures: u32) -> Duration {
    let longest = Duration::from_secs(1 << (failures.saturating_sub(1)).min(6));
    longest.mul_f64(rand::random_range(0.75..=1.0))
}
