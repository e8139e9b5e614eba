//! What is counted, and its text for Prometheus.

mod crates;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The upper bounds of the buckets of request durations, in microseconds.
const BOUNDS_US: [u64; 12] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_500_000, 10_000_000,
];

/// Counters of the whole process.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Requests by the first digit of their status.
    answers: [AtomicU64; 5],
    in_flight: AtomicI64,
    durations: [AtomicU64; BOUNDS_US.len() + 1],
    duration_sum_us: AtomicU64,
    catalog_loads: AtomicU64,
    catalog_failures: AtomicU64,
    catalog_load_us: AtomicU64,
    /// What the crates count, when that is gathered.
    crates: std::sync::OnceLock<crates::Counted>,
}

/// What the pool tells when asked.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Pool {
    /// Connections that are open and free.
    pub(crate) available: u64,
    /// Requests that wait for one.
    pub(crate) waiting: u64,
    /// Connections at most.
    pub(crate) max: u64,
    /// Requests that waited in vain.
    pub(crate) timeouts: u64,
}

/// What the cache of verified tokens tells when asked.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tokens {
    /// Look-ups.
    pub(crate) requests: u64,
    /// Those that found the token.
    pub(crate) hits: u64,
    /// Tokens that made room for others.
    pub(crate) evictions: u64,
}

/// A request that is being answered; dropping it without [`InFlight::answered`] means that its
/// client went away.
pub(crate) struct InFlight<'a>(&'a Metrics);

impl Metrics {
    /// Gathers what the crates count from now on. To be called before they are set up, once in a
    /// process.
    pub(crate) fn gather(&self) {
        if let Some(counted) = crates::Counted::gather() {
            let _ = self.crates.set(counted);
        }
    }

    /// A request begins.
    pub(crate) fn begin(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Relaxed);
        InFlight(self)
    }

    /// The catalogue was loaded.
    pub(crate) fn catalog_loaded(&self, took: Duration) {
        self.catalog_loads.fetch_add(1, Relaxed);
        self.catalog_load_us.store(micros(took), Relaxed);
    }

    /// The catalogue could not be loaded.
    pub(crate) fn catalog_failed(&self) {
        self.catalog_failures.fetch_add(1, Relaxed);
    }

    /// The exposition text, format 0.0.4.
    pub(crate) fn render(&self, pool: Pool, tokens: Tokens) -> String {
        let mut out = Exposition(String::with_capacity(4096));
        self.render_postgrest(&mut out, pool, tokens);
        self.render_requests(&mut out);
        render_process(&mut out);
        if let Some(counted) = self.crates.get() {
            out.0.push_str(&counted.render());
        }
        out.0
    }

    /// The names that PostgREST's dashboards read.
    fn render_postgrest(&self, out: &mut Exposition, pool: Pool, tokens: Tokens) {
        out.single(
            "pgrst_db_pool_timeouts_total",
            "counter",
            "The total number of pool connection timeouts",
            pool.timeouts as f64,
        );
        out.single(
            "pgrst_db_pool_available",
            "gauge",
            "Available connections in the pool",
            pool.available as f64,
        );
        out.single(
            "pgrst_db_pool_waiting",
            "gauge",
            "Requests waiting to acquire a pool connection",
            pool.waiting as f64,
        );
        out.single(
            "pgrst_db_pool_max",
            "gauge",
            "Max pool connections",
            pool.max as f64,
        );
        out.head(
            "pgrst_schema_cache_loads_total",
            "counter",
            "The total number of times the schema cache was loaded",
        );
        for (status, count) in [
            ("SUCCESS", &self.catalog_loads),
            ("FAIL", &self.catalog_failures),
        ] {
            let count = count.load(Relaxed);
            // A load that never failed has no sample, as there.
            if count > 0 {
                out.sample(
                    "pgrst_schema_cache_loads_total",
                    &format!("{{status=\"{status}\"}}"),
                    count as f64,
                );
            }
        }
        out.single(
            "pgrst_schema_cache_query_time_seconds",
            "gauge",
            "The query time in seconds of the last schema cache load",
            seconds(self.catalog_load_us.load(Relaxed)),
        );
        out.single(
            "pgrst_jwt_cache_requests_total",
            "counter",
            "The total number of JWT cache lookups",
            tokens.requests as f64,
        );
        out.single(
            "pgrst_jwt_cache_hits_total",
            "counter",
            "The total number of JWT cache hits",
            tokens.hits as f64,
        );
        out.single(
            "pgrst_jwt_cache_evictions_total",
            "counter",
            "The total number of JWT cache evictions",
            tokens.evictions as f64,
        );
    }

    fn render_requests(&self, out: &mut Exposition) {
        out.single(
            "crestfall_http_requests_in_flight",
            "gauge",
            "Requests being answered",
            self.in_flight.load(Relaxed) as f64,
        );
        out.head(
            "crestfall_http_requests_total",
            "counter",
            "Answered requests by class of status",
        );
        for (index, count) in self.answers.iter().enumerate() {
            let labels = format!("{{status=\"{}xx\"}}", index + 1);
            out.sample(
                "crestfall_http_requests_total",
                &labels,
                count.load(Relaxed) as f64,
            );
        }
        out.head(
            "crestfall_http_request_duration_seconds",
            "histogram",
            "Time from a request's head to its answer's head",
        );
        let mut total = 0;
        for (index, count) in self.durations.iter().enumerate() {
            total += count.load(Relaxed);
            let bound = BOUNDS_US
                .get(index)
                .map_or_else(|| "+Inf".into(), |us| seconds(*us).to_string());
            out.sample(
                "crestfall_http_request_duration_seconds_bucket",
                &format!("{{le=\"{bound}\"}}"),
                total as f64,
            );
        }
        out.sample(
            "crestfall_http_request_duration_seconds_sum",
            "",
            seconds(self.duration_sum_us.load(Relaxed)),
        );
        out.sample(
            "crestfall_http_request_duration_seconds_count",
            "",
            total as f64,
        );
    }
}

impl InFlight<'_> {
    /// The request was answered.
    pub(crate) fn answered(&self, status: http::StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        let us = micros(took);
        let bucket = BOUNDS_US.iter().position(|bound| us <= *bound);
        self.0.answers[class].fetch_add(1, Relaxed);
        self.0.durations[bucket.unwrap_or(BOUNDS_US.len())].fetch_add(1, Relaxed);
        self.0.duration_sum_us.fetch_add(us, Relaxed);
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// CPU time, memory and descriptors of this process, where `/proc` tells them.
fn render_process(out: &mut Exposition) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The command's name stands in brackets and may hold blanks; fields are counted after it.
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_whitespace().collect())
        .unwrap_or_default();
    let field = |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok());
    if let (Some(user), Some(system), Some(pages)) = (field(11), field(12), field(21)) {
        // Linux counts CPU time for user space in hundredths of a second.
        out.single(
            "process_cpu_seconds_total",
            "counter",
            "User and system CPU time",
            (user + system) / 100.0,
        );
        let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)
            .ok()
            .flatten();
        out.single(
            "process_resident_memory_bytes",
            "gauge",
            "Resident memory",
            pages * page.unwrap_or(4096) as f64,
        );
    }
    if let Ok(descriptors) = std::fs::read_dir("/proc/self/fd") {
        out.single(
            "process_open_fds",
            "gauge",
            "Open file descriptors",
            descriptors.count() as f64,
        );
    }
}

/// The text being built.
struct Exposition(String);

impl Exposition {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: f64) {
        let _ = writeln!(self.0, "{name}{labels} {value:?}");
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.head(name, kind, help);
        self.sample(name, "", value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_are_counted_by_outcome() {
        let metrics = Metrics::default();
        metrics.catalog_loaded(Duration::from_millis(250));
        let text = metrics.render(Pool::default(), Tokens::default());
        assert!(text.contains("pgrst_schema_cache_loads_total{status=\"SUCCESS\"} 1.0\n"));
        assert!(!text.contains("FAIL"));
        assert!(text.contains("pgrst_schema_cache_query_time_seconds 0.25\n"));
        metrics.catalog_failed();
        let text = metrics.render(Pool::default(), Tokens::default());
        assert!(text.contains("pgrst_schema_cache_loads_total{status=\"FAIL\"} 1.0\n"));
    }

    #[test]
    fn a_request_counts_once_and_leaves() {
        let metrics = Metrics::default();
        let request = metrics.begin();
        request.answered(http::StatusCode::NOT_FOUND, Duration::from_micros(700));
        drop(request);
        drop(metrics.begin());
        let text = metrics.render(Pool::default(), Tokens::default());
        assert!(text.contains("crestfall_http_requests_total{status=\"4xx\"} 1.0\n"));
        assert!(text.contains("crestfall_http_requests_in_flight 0.0\n"));
        assert!(text.contains("duration_seconds_bucket{le=\"0.0005\"} 0.0\n"));
        assert!(text.contains("duration_seconds_bucket{le=\"0.001\"} 1.0\n"));
        assert!(text.contains("duration_seconds_count 1.0\n"));
    }

    #[test]
    fn the_process_is_measured() {
        let text = Metrics::default().render(Pool::default(), Tokens::default());
        assert!(text.contains("process_resident_memory_bytes "));
    }
}
