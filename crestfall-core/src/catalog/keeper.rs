//! Keeps the catalogue in force up to date.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::{Catalog, SharedCatalog};

/// Shortest time between two loads. Requests that arrive meanwhile are answered by the second.
const PAUSE: Duration = Duration::from_millis(100);
/// Time to the first retry of a failed load, doubled with each.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// Longest time between retries.
const LAST_RETRY: Duration = Duration::from_secs(32);

/// How it stands with the catalogue. While it is being loaded again, or that fails, the one before
/// stays in force.
#[derive(Debug, Clone, PartialEq)]
pub enum CatalogState {
    /// The first load, or one that was asked for, is under way.
    Loading,
    /// The last load succeeded.
    Loaded {
        /// The version in force.
        version: u64,
    },
    /// The last load failed and will be tried again.
    Failing {
        /// How often in a row.
        failures: u32,
        /// Why: for the log, not for a client.
        error: Arc<str>,
        /// How long after the failure the next attempt begins, unless a reload is asked for before.
        retry_in: Duration,
    },
}

/// Loads the catalogue, again when asked to, and until it succeeds. Clones share everything.
#[derive(Debug, Clone)]
pub struct CatalogKeeper {
    shared: Arc<SharedCatalog>,
    /// Counts the reloads asked for.
    requests: Arc<watch::Sender<u64>>,
    state: Arc<watch::Sender<CatalogState>>,
}

impl CatalogKeeper {
    /// Keeps `shared` up to date, once [`Self::run`] runs.
    pub fn new(shared: Arc<SharedCatalog>) -> Self {
        Self {
            shared,
            requests: Arc::new(watch::Sender::new(0)),
            state: Arc::new(watch::Sender::new(CatalogState::Loading)),
        }
    }

    /// Asks for a load that begins after this call. Any number of calls before it begins lead to
    /// that one load.
    pub fn request_reload(&self) {
        self.requests
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// How it stands now.
    pub fn state(&self) -> CatalogState {
        self.state.borrow().clone()
    }

    /// Tells of every change of state.
    pub fn subscribe(&self) -> watch::Receiver<CatalogState> {
        self.state.subscribe()
    }

    /// Loads at once, then whenever asked to. Never ends; drop it to stop. Runs once per keeper.
    pub async fn run<L, F, E>(&self, load: L)
    where
        L: Fn() -> F,
        F: Future<Output = Result<Catalog, E>>,
        E: Error,
    {
        let mut requests = self.requests.subscribe();
        loop {
            self.state.send_replace(CatalogState::Loading);
            self.load_until_loaded(&mut requests, &load).await;
            sleep(PAUSE).await;
            if requests.changed().await.is_err() {
                return; // Not while `self` lives, which holds the other end.
            }
        }
    }

    async fn load_until_loaded<L, F, E>(&self, requests: &mut watch::Receiver<u64>, load: &L)
    where
        L: Fn() -> F,
        F: Future<Output = Result<Catalog, E>>,
        E: Error,
    {
        for failures in 1_u32.. {
            // Whatever was asked for up to here, this load answers.
            requests.mark_unchanged();
            let error = match load().await {
                Ok(catalog) => return self.loaded(catalog),
                Err(error) => error,
            };
            let retry_in = retry_after(failures);
            self.failed(failures, &error, retry_in);
            tokio::select! {
                () = sleep(retry_in) => {}
                _ = requests.changed() => sleep(PAUSE).await,
            }
        }
    }

    fn loaded(&self, catalog: Catalog) {
        let catalog = self.shared.replace(catalog);
        let version = catalog.version;
        tracing::info!(
            crestfall.catalog.version = version,
            crestfall.catalog.tables = catalog.tables.len(),
            crestfall.catalog.routines = catalog.routines.len(),
            "the catalogue is loaded"
        );
        self.state.send_replace(CatalogState::Loaded { version });
    }

    fn failed(&self, failures: u32, error: &dyn Error, retry_in: Duration) {
        let error = chain(error);
        tracing::error!(
            failures,
            retry_in_ms = retry_in.as_millis() as u64,
            error,
            "the catalogue could not be loaded"
        );
        self.state.send_replace(CatalogState::Failing {
            failures,
            error: error.into(),
            retry_in,
        });
    }
}

/// Doubles up to the limit, then strays by a fifth, so that many nodes do not return at once.
fn retry_after(failures: u32) -> Duration {
    let doubled = FIRST_RETRY.saturating_mul(1 << failures.saturating_sub(1).min(5));
    let stray = rand::random_range(0.8..=1.2);
    doubled.mul_f64(stray).clamp(FIRST_RETRY, LAST_RETRY)
}

/// An error and all it came from.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use tokio::time::Instant;

    #[derive(Debug, thiserror::Error)]
    #[error("no database")]
    struct NoDatabase;

    /// Loads take a second; the first `failures` of them fail.
    struct Loads {
        begun: AtomicU32,
        failures: u32,
    }

    impl Loads {
        async fn load(&self) -> Result<Catalog, NoDatabase> {
            let number = self.begun.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_secs(1)).await;
            if number < self.failures {
                return Err(NoDatabase);
            }
            Ok(Catalog::default())
        }

        fn begun(&self) -> u32 {
            self.begun.load(Ordering::Relaxed)
        }
    }

    fn start(failures: u32) -> (CatalogKeeper, Arc<Loads>) {
        let keeper = CatalogKeeper::new(Arc::new(SharedCatalog::new()));
        let begun = AtomicU32::new(0);
        let loads = Arc::new(Loads { begun, failures });
        let (running, source) = (keeper.clone(), loads.clone());
        tokio::spawn(async move { running.run(|| source.load()).await });
        (keeper, loads)
    }

    async fn seconds(seconds: f64) {
        sleep(Duration::from_secs_f64(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn it_loads_at_once_and_then_only_when_asked() {
        let (keeper, loads) = start(0);
        assert_eq!(keeper.state(), CatalogState::Loading);
        seconds(1.05).await;
        assert_eq!(keeper.state(), CatalogState::Loaded { version: 1 });
        seconds(1000.0).await;
        assert_eq!(loads.begun(), 1);
        keeper.request_reload();
        seconds(0.01).await;
        assert_eq!((loads.begun(), keeper.state()), (2, CatalogState::Loading));
        assert_eq!(keeper.shared.version(), 1);
        seconds(1.1).await;
        assert_eq!(keeper.state(), CatalogState::Loaded { version: 2 });
    }

    #[tokio::test(start_paused = true)]
    async fn requests_during_a_load_lead_to_exactly_one_more() {
        let (keeper, loads) = start(0);
        for _ in 0..9 {
            seconds(0.1).await;
            keeper.request_reload();
        }
        seconds(100.0).await;
        assert_eq!(loads.begun(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_in_the_pause_after_a_load_are_not_lost() {
        let (keeper, loads) = start(0);
        seconds(1.02).await;
        keeper.request_reload();
        keeper.request_reload();
        seconds(0.05).await;
        assert_eq!(loads.begun(), 1);
        seconds(100.0).await;
        assert_eq!(loads.begun(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_load_is_tried_again_ever_later() {
        let (keeper, loads) = start(3);
        let began = Instant::now();
        let mut state = keeper.subscribe();
        let loaded = |state: &CatalogState| matches!(state, CatalogState::Loaded { .. });
        state.wait_for(loaded).await.unwrap();
        assert_eq!(loads.begun(), 4);
        // Four loads of a second, and about 1 + 2 + 4 seconds between them.
        let took = began.elapsed().as_secs_f64();
        assert!(
            (4.0 + 7.0 * 0.8..=4.0 + 7.0 * 1.2 + 0.1).contains(&took),
            "{took}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_catalogue_before_stays_in_force_while_loads_fail() {
        let (keeper, loads) = start(u32::MAX);
        let before = keeper.shared.replace(Catalog::default());
        seconds(300.0).await;
        assert!(loads.begun() > 8);
        assert!(Arc::ptr_eq(&before, &keeper.shared.load().unwrap()));
        let CatalogState::Failing {
            error, retry_in, ..
        } = keeper.state()
        else {
            panic!("it fails");
        };
        assert_eq!(&*error, "no database");
        assert!(retry_in <= LAST_RETRY);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_cuts_the_wait_for_a_retry_short() {
        let (keeper, loads) = start(6);
        seconds(30.0).await;
        let before = loads.begun();
        assert!(before < 6);
        keeper.request_reload();
        seconds(0.2).await;
        assert_eq!(loads.begun(), before + 1);
    }

    #[test]
    fn retries_stay_within_their_limits() {
        for failures in [0, 1, 2, 6, 7, u32::MAX] {
            let wait = retry_after(failures);
            assert!(
                (FIRST_RETRY..=LAST_RETRY).contains(&wait),
                "{failures}: {wait:?}"
            );
        }
    }
}
