//! What policies and functions may read about the request: `request.method`, `.path`, `.headers`,
//! `.cookies` as PostgREST tells them, and ours, `.id` and `.ip`.

use axum::extract::OriginalUri;
use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderMap, Method};

use crate::client_ip::ClientIp;
use crate::db::json::write_text;
use crate::request_id::RequestId;

/// A request as its transaction's settings tell it, in PostgREST's forms.
#[derive(Clone, Default)]
pub struct RequestContext {
    method: String,
    path: String,
    headers: String,
    cookies: String,
    id: String,
    ip: String,
}

impl RequestContext {
    /// A request by its parts. The path is the one the client sent, also under a nested router; the id is
    /// the [`RequestId`] in its extensions, the address what [`ClientIp::of`] finds.
    pub fn from_parts(parts: &Parts) -> Self {
        let original = parts.extensions.get::<OriginalUri>();
        let path = original.map_or(parts.uri.path(), |OriginalUri(uri)| uri.path());
        let id = parts.extensions.get::<RequestId>();
        let ip = ClientIp::of(parts);
        Self {
            id: id.map(|id| id.as_str().to_owned()).unwrap_or_default(),
            ip: ip.map(|ClientIp(ip)| ip.to_string()).unwrap_or_default(),
            ..Self::new(&parts.method, path, &parts.headers)
        }
    }

    /// A request by its method, path as sent, and headers.
    pub fn new(method: &Method, path: &str, headers: &HeaderMap) -> Self {
        Self {
            method: method.as_str().to_owned(),
            path: path.to_owned(),
            headers: headers_json(headers),
            cookies: cookies_json(headers),
            ..Self::default()
        }
    }

    /// `request.id`: empty where no layer gave one.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `request.ip`: the client's address, empty where it is not known.
    pub fn ip(&self) -> &str {
        &self.ip
    }

    /// `request.method`.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// `request.path`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// `request.headers`, as [`headers_json`] has it.
    pub fn headers_json(&self) -> &str {
        or_empty(&self.headers)
    }

    /// `request.cookies`, as [`cookies_json`] has it.
    pub fn cookies_json(&self) -> &str {
        or_empty(&self.cookies)
    }
}

/// The method and path only: headers hold credentials.
impl std::fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("RequestContext");
        shown
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn or_empty(object: &str) -> &str {
    if object.is_empty() { "{}" } else { object }
}

/// `request.headers` of these headers: a JSON object, names in lower case, cookies left out. Of a header
/// that stands twice, PostgreSQL's operators see the last.
pub fn headers_json(headers: &HeaderMap) -> String {
    let mut json = Object::new();
    for (name, value) in headers.iter().filter(|(name, _)| *name != COOKIE) {
        json.member(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
    }
    json.finish()
}

/// `request.cookies` of these headers, a JSON object: `a=1; b=2` of every `Cookie` header (HTTP/2 may send
/// several).
pub fn cookies_json(headers: &HeaderMap) -> String {
    let mut json = Object::new();
    for value in headers.get_all(COOKIE) {
        let text = String::from_utf8_lossy(value.as_bytes());
        // A semicolon at the very end begins no cookie.
        let text = text.strip_suffix(';').unwrap_or(&text);
        for pair in text.split(';').filter(|_| !value.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            json.member(name.trim_start_matches(' '), value);
        }
    }
    json.finish()
}

/// A JSON object of texts.
struct Object(Vec<u8>);

impl Object {
    fn new() -> Self {
        let mut json = Vec::with_capacity(256);
        json.push(b'{');
        Self(json)
    }

    fn member(&mut self, name: &str, value: &str) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        write_text(&mut self.0, name.as_bytes());
        self.0.push(b':');
        write_text(&mut self.0, value.as_bytes());
    }

    fn finish(mut self) -> String {
        self.0.push(b'}');
        // It was made of texts.
        String::from_utf8(self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_cookies_are_json_objects() {
        let mut headers = HeaderMap::new();
        headers.append("X-Twice", "one".parse().expect("a value"));
        headers.append("X-Twice", "\"two\"".parse().expect("a value"));
        headers.append(COOKIE, "a=1; b=x=y;;c".parse().expect("a value"));
        let context = RequestContext::new(&Method::GET, "/a%20b", &headers);
        assert_eq!(
            context.headers_json(),
            r#"{"x-twice":"one","x-twice":"\"two\""}"#
        );
        assert_eq!(
            context.cookies_json(),
            r#"{"a":"1","b":"x=y","":"","c":""}"#
        );
        assert_eq!((context.method(), context.path()), ("GET", "/a%20b"));
        assert_eq!(RequestContext::default().headers_json(), "{}");
    }
}
