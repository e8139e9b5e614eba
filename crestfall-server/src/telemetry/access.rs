//! The access log: a line an answer, on standard output.

use std::io::Write as _;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crestfall_core::Identity;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, header};

use super::{Format, Level, clock};

/// What a line tells of a request. Cloning these copies no text.
pub(crate) struct Request {
    method: Method,
    uri: Uri,
    version: Version,
    referer: Option<HeaderValue>,
    user_agent: Option<HeaderValue>,
    peer: Option<IpAddr>,
}

impl Request {
    /// Remembers a request before it is consumed. A peer at a unix socket has no address.
    pub(crate) fn of<B>(request: &http::Request<B>, peer: Option<IpAddr>) -> Self {
        let header = |name| request.headers().get(name).cloned();
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            referer: header(header::REFERER),
            user_agent: header(header::USER_AGENT),
            peer,
        }
    }
}

/// Decides which answers are told, and tells them.
pub(crate) struct AccessLog {
    format: Format,
    level: AtomicU8,
}

impl AccessLog {
    /// A log in `format`. `Format::Postgrest` tells addresses and queries as its users expect, the
    /// others neither.
    pub(crate) fn new(format: Format, level: Level) -> Self {
        Self {
            format,
            level: AtomicU8::new(level as u8),
        }
    }

    /// From now on, `level` counts.
    pub(crate) fn set_level(&self, level: Level) {
        self.level.store(level as u8, Ordering::Relaxed);
    }

    /// Whether any answer would be told: when not, nothing need be remembered.
    pub(crate) fn is_on(&self) -> bool {
        self.level.load(Ordering::Relaxed) > Level::Crit as u8
    }

    /// Tells of an answer when the level asks for it.
    pub(crate) fn tell<B: http_body::Body>(
        &self,
        request: &Request,
        response: &http::Response<B>,
        took: Duration,
    ) {
        if !self.wants(response.status()) {
            return;
        }
        let line = match self.format {
            Format::Json => json(request, response, took),
            Format::Text => combined(request, response, None, request.uri.path()),
            Format::Postgrest => {
                let target = request
                    .uri
                    .path_and_query()
                    .map_or("/", |target| target.as_str());
                combined(request, response, request.peer, target)
            }
        };
        // A reader that is gone must not end the server.
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }

    fn wants(&self, status: StatusCode) -> bool {
        let from = match self.level.load(Ordering::Relaxed) {
            level if level >= Level::Info as u8 => 0,
            level if level == Level::Warn as u8 => 400,
            level if level == Level::Error as u8 => 500,
            _ => return false,
        };
        status.as_u16() >= from
    }
}

/// The role that the request ran as, which its handler leaves with the answer.
fn role<B>(response: &http::Response<B>) -> Option<&str> {
    response.extensions().get::<Identity>().map(Identity::role)
}

fn length<B: http_body::Body>(headers: &HeaderMap, body: &B) -> Option<u64> {
    let declared = headers.get(header::CONTENT_LENGTH);
    match declared.and_then(|value| value.to_str().ok()?.parse().ok()) {
        Some(length) => Some(length),
        None => body.size_hint().exact(),
    }
}

/// The text of a header, with what could forge a line or a field replaced.
fn text(value: Option<&HeaderValue>) -> String {
    let bytes = value.map(HeaderValue::as_bytes).unwrap_or_default();
    String::from_utf8_lossy(bytes).replace('"', "\\\"")
}

/// Apache's combined format.
fn combined<B: http_body::Body>(
    request: &Request,
    response: &http::Response<B>,
    peer: Option<IpAddr>,
    target: &str,
) -> String {
    let dash = || "-".to_owned();
    format!(
        "{} - {} [{}] \"{} {} {:?}\" {} {} \"{}\" \"{}\"\n",
        peer.map_or_else(dash, |peer| peer.to_string()),
        role(response).unwrap_or("-"),
        clock::apache_now(),
        request.method,
        target,
        request.version,
        response.status().as_u16(),
        length(response.headers(), response.body()).map_or_else(dash, |length| length.to_string()),
        text(request.referer.as_ref()),
        text(request.user_agent.as_ref()),
    )
}

fn json<B: http_body::Body>(
    request: &Request,
    response: &http::Response<B>,
    took: Duration,
) -> String {
    let line = serde_json::json!({
        "timestamp": clock::rfc3339_now(),
        "target": "crestfall::access",
        "http.request.method": request.method.as_str(),
        "url.path": request.uri.path(),
        "http.response.status_code": response.status().as_u16(),
        "http.response.body.size": length(response.headers(), response.body()),
        "crestfall.role": role(response),
        "duration_ms": took.as_secs_f64() * 1000.0,
    });
    format!("{line}\n")
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    fn request() -> Request {
        let request = http::Request::get("/films?secret=1")
            .header("user-agent", "a \"b\"")
            .body(())
            .unwrap();
        Request::of(&request, Some([127, 0, 0, 1].into()))
    }

    fn response() -> http::Response<Full<&'static [u8]>> {
        let mut response = http::Response::new(Full::new(&b"[]"[..]));
        response
            .extensions_mut()
            .insert(Identity::anonymous("anon"));
        response
    }

    #[test]
    fn a_line_is_apaches_combined_format_with_the_role_as_user() {
        let line = combined(&request(), &response(), request().peer, "/films?secret=1");
        assert!(line.starts_with("127.0.0.1 - anon ["), "{line}");
        let rest = r#"] "GET /films?secret=1 HTTP/1.1" 200 2 "" "a \"b\"""#;
        assert!(line.trim_end().ends_with(rest), "{line}");
    }

    #[test]
    fn json_lines_tell_no_query() {
        let line = json(&request(), &response(), Duration::from_millis(2));
        assert!(!line.contains("secret"), "{line}");
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["crestfall.role"], "anon");
        assert_eq!(line["http.response.body.size"], 2);
    }

    #[test]
    fn the_level_decides_by_status() {
        let log = AccessLog::new(Format::Text, Level::Crit);
        for (level, from) in [(Level::Error, 500), (Level::Warn, 400), (Level::Info, 200)] {
            log.set_level(level);
            for status in [200, 204, 400, 404, 500, 503] {
                let wants = log.wants(StatusCode::from_u16(status).unwrap());
                assert_eq!(wants, status >= from, "{level:?} {status}");
            }
        }
        log.set_level(Level::Crit);
        assert!(!log.is_on() && !log.wants(StatusCode::INTERNAL_SERVER_ERROR));
    }
}
