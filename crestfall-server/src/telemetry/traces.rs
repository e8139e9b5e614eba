//! Traces by OpenTelemetry's OTLP over HTTP (feature `otel`). Where to, and under which name, say the
//! variables that OpenTelemetry defines: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`, ...

use http::{HeaderMap, Request, StatusCode};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Span;
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::LookupSpan;

/// Without it, nothing is traced.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// Sends spans until dropped, and then those that are left.
pub(super) struct Exporter(SdkTracerProvider);

impl Drop for Exporter {
    fn drop(&mut self) {
        // The collector may be away, and the process ends all the same.
        let _ = self.0.shutdown();
    }
}

/// The exporter, when the environment names a collector.
///
/// # Errors
/// What it names is no collector.
pub(super) fn exporter() -> Result<Option<Exporter>, ExporterBuildError> {
    if std::env::var_os(ENDPOINT).is_none_or(|endpoint| endpoint.is_empty()) {
        return Ok(None);
    }
    let exporter = SpanExporter::builder().with_http().build()?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .build();
    Ok(Some(Exporter(provider)))
}

impl Exporter {
    /// Takes the spans of our crates, whatever the level of the log.
    pub(super) fn layer<S>(&self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let tracer = self.0.tracer("crestfall");
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_filter(Targets::new().with_target("crestfall", LevelFilter::INFO))
            .boxed()
    }
}

/// A request's span, below the one that its `traceparent` names. Its path is told, its query not.
pub(crate) fn span<B>(request: &Request<B>) -> Span {
    let span = tracing::info_span!(
        "http.request",
        otel.kind = "server",
        http.request.method = %request.method(),
        url.path = request.uri().path(),
        http.response.status_code = tracing::field::Empty,
    );
    let parent = TraceContextPropagator::new().extract(&Headers(request.headers()));
    // It fails only where no exporter takes the span.
    let _ = span.set_parent(parent);
    span
}

/// Tells the span how the request was answered.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", status.as_u16());
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
