//! Diagnostics as PostgREST writes them: `21/Nov/2026:23:59:26 +0000: message`.

use std::fmt;

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::clock;

/// Writes such lines. A failed request's line is the error as its client saw it.
pub(super) struct PostgrestLines;

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
        let mut failure = Failure::default();
        event.record(&mut failure);
        match failure.body() {
            Some(body) => write!(writer, "{body}")?,
            None => context.format_fields(writer.by_ref(), event)?,
        }
        writeln!(writer)
    }
}

/// The fields `error.*` of an event.
#[derive(Default)]
struct Failure {
    code: Option<String>,
    message: String,
    details: Value,
    hint: Value,
}

impl Failure {
    /// The error's body, when the event tells of one.
    fn body(self) -> Option<Value> {
        Some(serde_json::json!({
            "code": self.code?,
            "details": self.details,
            "hint": self.hint,
            "message": self.message,
        }))
    }
}

impl Visit for Failure {
    fn record_str(&mut self, field: &Field, value: &str) {
        // Details and hints are JSON already.
        let json = || serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        match field.name() {
            "error.code" => self.code = Some(value.to_owned()),
            "error.message" => self.message = value.to_owned(),
            "error.details" => self.details = json(),
            "error.hint" => self.hint = json(),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // What is recorded by `Display` comes this way, without quotes.
        if field.name().starts_with("error.") {
            self.record_str(field, &format!("{value:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(say: impl FnOnce()) -> String {
        let lines = Lines::default();
        let sink = lines.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || sink.clone())
            .event_format(PostgrestLines)
            .boxed();
        let subscriber = tracing_subscriber::Registry::default().with(layer);
        tracing::subscriber::with_default(subscriber, say);
        let bytes = lines.0.lock().unwrap().clone();
        let line = String::from_utf8(bytes).unwrap();
        line.split_once("+0000: ").unwrap().1.to_owned()
    }

    #[test]
    fn a_message_stands_alone() {
        assert_eq!(
            logged(|| tracing::info!("Config reloaded")),
            "Config reloaded\n"
        );
    }

    #[test]
    fn a_failure_is_its_json() {
        let line = logged(|| {
            tracing::error!(
                error.code = %"57014",
                error.message = %"it \"stopped\"",
                error.details = Some("\"a\""),
                error.hint = None::<&str>,
                "rest.request failed"
            );
        });
        let expected = r#"{"code":"57014","details":"a","hint":null,"message":"it \"stopped\""}"#;
        assert_eq!(line.trim_end(), expected);
    }
}
