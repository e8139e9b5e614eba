//! One fuzzer for every parser that meets input: `FUZZ_TARGET` chooses, see `scripts/fuzz.sh`.

#![no_main]

// The binary's own module: it has no library to take it from.
#[path = "../../crestfall-server/src/pgrst/file.rs"]
#[allow(dead_code)]
mod config_file;

use std::path::Path;
use std::str::from_utf8;
use std::sync::LazyLock;

use bytes::Bytes;
use crestfall_core::jwt::{KeySet, RoleClaim, Verifier};
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use libfuzzer_sys::fuzz_target;

type Target = fn(&[u8]);

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    match name.as_str() {
        "query" => query,
        "request" => request,
        "token" => token,
        "graphql_document" => |data| text(data, crestfall_graphql::fuzzing::document),
        "graphql_operation" => |data| text(data, crestfall_graphql::fuzzing::operation),
        "graphql_request" => crestfall_graphql::fuzzing::request,
        "keys" => keys,
        "wire" => crestfall_core::fuzzing::wire_messages,
        "node_tree" => |data| text(data, crestfall_core::fuzzing::node_tree),
        "statements" => |data| text(data, crestfall_core::fuzzing::statements),
        "config_file" => |data| text(data, config_file),
        _ => panic!("FUZZ_TARGET names no target: {name}"),
    }
});

fuzz_target!(|data: &[u8]| (TARGET)(data));

fn text(data: &[u8], target: fn(&str)) {
    if let Ok(data) = from_utf8(data) {
        target(data);
    }
}

/// The query string of a read, then that of a call.
fn query(data: &[u8]) {
    let Ok(query) = from_utf8(data) else { return };
    for path in ["/films", "/rpc/find"] {
        let target = format!("{path}?{query}");
        crestfall_rest::fuzzing::request(&Method::GET, &target, &HeaderMap::new(), Bytes::new());
    }
}

/// Lines as in HTTP: method and target, headers, an empty line, the body.
fn request(data: &[u8]) {
    let end = data.windows(2).position(|two| two == b"\n\n");
    let (head, body) = data.split_at(end.unwrap_or(data.len()));
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = from_utf8(lines.next().unwrap_or_default()).unwrap_or_default();
    let (method, target) = first.split_once(' ').unwrap_or(("GET", first));
    let Ok(method) = Method::from_bytes(method.as_bytes()) else {
        return;
    };
    let mut headers = HeaderMap::new();
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(0);
        let (name, value) = line.split_at(colon);
        let value = HeaderValue::from_bytes(value.get(1..).unwrap_or_default());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), value) {
            headers.append(name, value);
        }
    }
    let body = Bytes::copy_from_slice(body.get(2..).unwrap_or_default());
    crestfall_rest::fuzzing::request(&method, target, &headers, body);
}

const SECRET: &str = "reallyreallyreallyreallyverysafe";

/// A token before a secret and before a public key.
fn token(data: &[u8]) {
    static VERIFIERS: LazyLock<[Verifier; 2]> = LazyLock::new(|| {
        let public = include_str!("../corpus/keys/rsa_and_ec.json");
        let secret = Verifier::builder().secret(SECRET);
        let public = Verifier::builder().keys(KeySet::from_secret(public.as_bytes()).expect("keys"));
        [secret, public].map(|builder| {
            let builder = builder.anonymous_role("anon").audience("api");
            builder.cache_entries(0).build().expect("a verifier")
        })
    });
    for verifier in &*VERIFIERS {
        let _ = verifier.verify(data);
    }
}

/// A set of keys, and the path of a role's claim.
fn keys(data: &[u8]) {
    if let Ok(data) = from_utf8(data) {
        let _ = KeySet::from_secret(data.as_bytes());
        let _ = data.parse::<RoleClaim>();
    }
}

fn config_file(data: &str) {
    // Nothing is to be read from this machine.
    if !data.contains("import") {
        let _ = config_file::parse(Path::new("fuzz.conf"), data);
    }
}
