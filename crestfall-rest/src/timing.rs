//! The `Server-Timing` header: how long each stage of a request took.

use std::fmt::Write as _;
use std::time::Instant;

use http::{HeaderMap, HeaderName, HeaderValue};

static SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The stages of one request so far; nothing when timing is off.
pub(crate) struct Timing(Option<Running>);

struct Running {
    last: Instant,
    stages: String,
}

impl Timing {
    pub(crate) fn start(enabled: bool) -> Self {
        Self(enabled.then(|| Running {
            last: Instant::now(),
            stages: String::new(),
        }))
    }

    /// Ends a stage that began where the last one ended.
    pub(crate) fn mark(&mut self, stage: &str) {
        let Some(running) = &mut self.0 else { return };
        let now = Instant::now();
        let milliseconds = now.duration_since(running.last).as_secs_f64() * 1000.0;
        let separator = if running.stages.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(running.stages, "{separator}{stage};dur={milliseconds:.1}");
        running.last = now;
    }

    pub(crate) fn write(self, headers: &mut HeaderMap) {
        if let Some(value) = self
            .0
            .and_then(|running| HeaderValue::try_from(running.stages).ok())
        {
            headers.insert(&SERVER_TIMING, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_listed_in_order_pr_114() {
        let mut timing = Timing::start(true);
        timing.mark("jwt");
        timing.mark("parse");
        let mut headers = HeaderMap::new();
        timing.write(&mut headers);
        let value = headers["server-timing"].to_str().unwrap();
        let stages: Vec<_> = value.split(", ").collect();
        assert!(
            stages[0].starts_with("jwt;dur=") && stages[1].starts_with("parse;dur="),
            "{value}"
        );
        let mut headers = HeaderMap::new();
        Timing::start(false).write(&mut headers);
        assert!(headers.is_empty());
    }
}
