//! The door to the parsers for the fuzzer. It takes any input; a panic is a finding.

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::config::Config;
use crate::request::ApiRequest;
use crate::request::shape::Shape;

/// A request: path, query string, headers and body to what they mean, or to the refusal.
pub fn request(method: &Method, target: &str, headers: &HeaderMap, body: Bytes) {
    let config = Config {
        schemas: vec!["api".into(), "v2".into()],
        ..Config::default()
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if !path.starts_with('/') {
        return;
    }
    if let Some(shape) = Shape::of(method, path, query, headers) {
        let values: Vec<String> = shape.values().map(Into::into).collect();
        let other = shape.with_values(|index| values[index].clone());
        assert!(Shape::of(method, path, &other, headers).is_some());
        shape.canonical();
    }
    match ApiRequest::parse(&config, method.clone(), path, query, headers, body) {
        Ok(request) => drop(request.preferences.applied()),
        Err(error) => {
            assert!(error.status().as_u16() >= 400);
            let _ = (error.code(), error.message(), error.details());
            let _ = (error.hint(), error.headers());
        }
    }
}
