//! Diagnostics on standard error: level, format, and what is said whatever the level.

mod access;
mod clock;
#[cfg(feature = "otel")]
mod traces;

use std::fmt;
use std::io::IsTerminal as _;

use serde::{Deserialize, Serialize};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Registry, reload};

pub(crate) use access::{AccessLog, Request};
#[cfg(feature = "otel")]
pub(crate) use traces::{answered, span};

/// The target of what an operator is told whatever the level: start, listeners, reloads, the end.
pub(crate) const LIFECYCLE: &str = "crestfall::lifecycle";

/// Says what happens in the life of the process, at every level in `crestfall rest`.
macro_rules! lifecycle {
    ($($message:tt)*) => {
        tracing::info!(target: $crate::telemetry::LIFECYCLE, $($message)*)
    };
}
pub(crate) use lifecycle;

/// How much is logged. Access logs: `error` means answers from 500 on, `warn` from 400 on, `info`
/// all.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Nothing but what ends the process.
    Crit,
    /// Failures.
    Error,
    /// And refused requests.
    Warn,
    /// And every request.
    Info,
    /// And what the server does inside.
    Debug,
}

impl Level {
    /// The level of a name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Crit, Self::Error, Self::Warn, Self::Info, Self::Debug]
            .into_iter()
            .find(|level| level.name() == name)
    }

    /// The name of the level.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crit => "crit",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }

    fn filter(self) -> LevelFilter {
        match self {
            Self::Crit => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
        }
    }
}

/// What a line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
    /// As PostgREST writes them: the time, a colon, the message.
    #[serde(skip)]
    Postgrest,
}

/// Changes the level while the process runs.
#[derive(Clone)]
pub(crate) struct LogLevel {
    filter: reload::Handle<Targets, Registry>,
    format: Format,
    #[cfg(feature = "otel")]
    _traces: Option<std::sync::Arc<traces::Exporter>>,
}

impl LogLevel {
    /// From now on, `level` counts.
    pub(crate) fn set(&self, level: Level) {
        // It fails only when the subscriber is gone, and with it every log.
        let _ = self.filter.reload(targets(self.format, level));
    }
}

/// Starts logging. To be called once, before the first event.
pub(crate) fn start(format: Format, level: Level) -> LogLevel {
    let (filter, handle) = reload::Layer::new(targets(format, level));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(format == Format::Text && std::io::stderr().is_terminal());
    let lines = match format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
        Format::Postgrest => lines.event_format(PostgrestLines).boxed(),
    };
    let lines = lines.with_filter(filter).boxed();

    #[cfg(not(feature = "otel"))]
    let layers = vec![lines];
    #[cfg(feature = "otel")]
    let traces = traces::exporter();
    #[cfg(feature = "otel")]
    let layers = match &traces {
        Ok(Some(exporter)) => vec![lines, exporter.layer()],
        _ => vec![lines],
    };
    // It fails only when a subscriber is set already, which then goes on logging.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layers));
    #[cfg(feature = "otel")]
    if let Err(error) = &traces {
        tracing::error!(%error, "traces cannot be exported");
    }
    LogLevel {
        filter: handle,
        format,
        #[cfg(feature = "otel")]
        _traces: traces.ok().flatten().map(std::sync::Arc::new),
    }
}

/// Our crates at the level, those of others no lower than warnings.
fn targets(format: Format, level: Level) -> Targets {
    let lifecycle = match format {
        Format::Postgrest => LevelFilter::INFO,
        Format::Text | Format::Json => level.filter().max(LevelFilter::INFO),
    };
    let targets = Targets::new()
        .with_default(level.filter().min(LevelFilter::WARN))
        .with_target("crestfall", level.filter())
        .with_target(LIFECYCLE, lifecycle);
    match format {
        Format::Text | Format::Json => targets,
        Format::Postgrest => TOLD_BY_LIFECYCLE.iter().fold(targets, |targets, target| {
            targets.with_target(*target, LevelFilter::OFF)
        }),
    }
}

/// What PostgREST's lines say in their own words.
const TOLD_BY_LIFECYCLE: [&str; 3] = [
    "crestfall_core::catalog::keeper",
    "crestfall_core::db::listen",
    "crestfall_core::db::pool",
];

/// `21/Nov/2026:23:59:26 +0000: message`.
struct PostgrestLines;

impl<S, N> FormatEvent<S, N> for PostgrestLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        write!(writer, "{}: ", clock::apache_now())?;
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_reads_back_from_its_name() {
        for level in [
            Level::Crit,
            Level::Error,
            Level::Warn,
            Level::Info,
            Level::Debug,
        ] {
            assert_eq!(Level::parse(level.name()), Some(level));
        }
        assert_eq!(Level::parse("never"), None);
    }

    #[test]
    fn the_lifecycle_is_told_even_at_crit() {
        let targets = targets(Format::Postgrest, Level::Crit);
        assert!(targets.would_enable(LIFECYCLE, &tracing::Level::INFO));
        assert!(!targets.would_enable("crestfall_core::db", &tracing::Level::ERROR));
    }

    #[test]
    fn other_crates_stay_quiet_at_debug() {
        let targets = targets(Format::Text, Level::Debug);
        assert!(targets.would_enable("crestfall_core::db", &tracing::Level::DEBUG));
        assert!(!targets.would_enable("hyper::proto", &tracing::Level::INFO));
    }
}
