//! What the crates count by themselves, beside what the server counts.

use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// How often what was recorded is summed up, so that it takes little memory.
const SUM_UP: Duration = Duration::from_secs(5);

/// The upper bounds of the buckets of durations, in seconds.
const BOUNDS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 2.5, 10.0,
];

/// Counters and durations by name.
#[derive(Debug)]
pub(super) struct Counted(PrometheusHandle);

impl Counted {
    /// Gathers from now on, for ever. None when somebody gathers already.
    pub(super) fn gather() -> Option<Self> {
        let recorder = PrometheusBuilder::new()
            .set_buckets(&BOUNDS)
            .ok()?
            .build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).ok()?;
        let upkeep = handle.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SUM_UP).await;
                upkeep.run_upkeep();
            }
        });
        Some(Self(handle))
    }

    /// The exposition text without what the server tells itself, under PostgREST's names.
    pub(super) fn render(&self) -> String {
        let text = self.0.render();
        let is_told = |line: &&str| {
            let name = line
                .trim_start_matches("# HELP ")
                .trim_start_matches("# TYPE ");
            !name.starts_with("pgrst_") && !line.is_empty()
        };
        let lines = text.lines().filter(is_told);
        lines.flat_map(|line| [line, "\n"]).collect()
    }
}
