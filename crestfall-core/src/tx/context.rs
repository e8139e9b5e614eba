//! What policies and functions may read about the request: `request.method`, `.path`, `.headers`,
//! `.cookies` as PostgREST tells them, and ours, `.id` and `.ip`.

use axum::extract::OriginalUri;
use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::client_ip::ClientIp;
use crate::db::json::write_text;
use crate::identity::Identity;
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

    /// `request.context`, see [`acting`].
    pub fn acting(&self, identity: &Identity) -> String {
        acting(identity, &self.id, &self.ip)
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

/// Parts what [`acting`] puts together.
const UNIT_SEPARATOR: char = '\u{1f}';

/// `request.context`: who acts and by which request, for triggers that write it down with every statement
/// and should not have to read the claims for it. The claims `sub`, `session_id`, `api_key_id` and `org_id`,
/// the request's id and the client's address, parted by U+001F; without other control characters.
pub fn acting(identity: &Identity, id: &str, ip: &str) -> String {
    let mut told = String::with_capacity(192);
    for name in ["sub", "session_id", "api_key_id", "org_id"] {
        match identity.claims().get(name) {
            Some(Value::String(text)) => push(&mut told, text),
            None | Some(Value::Null) => {}
            Some(other) => push(&mut told, &other.to_string()),
        }
        told.push(UNIT_SEPARATOR);
    }
    push(&mut told, id);
    told.push(UNIT_SEPARATOR);
    push(&mut told, ip);
    told
}

fn push(told: &mut String, text: &str) {
    told.extend(text.chars().filter(|one| !one.is_control()));
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
    if !headers.contains_key(COOKIE) {
        return "{}".to_owned();
    }
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
    fn who_acts_is_one_text_whose_parts_cannot_be_shifted() {
        let claims = serde_json::json!({ "sub": "a\u{1f}b\u{0}", "org_id": 7, "session_id": null });
        let claims = claims.as_object().expect("an object").clone();
        let identity = Identity::from_token("authenticated".into(), claims);
        let told = acting(&identity, "r1", "192.0.2.1");
        let parts: Vec<_> = told.split(UNIT_SEPARATOR).collect();
        assert_eq!(parts, ["ab", "", "", "7", "r1", "192.0.2.1"]);
    }

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
