//! The values of GoTrue's variables as our settings are written.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

/// Limits that GoTrue counts an hour; it counts the others over five minutes.
const HOURLY: [&str; 2] = ["RATE_LIMIT_EMAIL_SENT", "RATE_LIMIT_SMS_SENT"];

/// The text that a setting of this kind is set by. None when the value makes no sense.
pub(super) fn ours(variable: &str, text: &str, kind: &Value) -> Option<String> {
    let is = |wanted: &str| match &kind["type"] {
        Value::String(kind) => kind == wanted,
        Value::Array(kinds) => kinds.iter().any(|kind| kind == wanted),
        _ => false,
    };
    match variable {
        "DATABASE_URL" | "DB_DATABASE_URL" => return Some(without_search_path(text)),
        "LOG_LEVEL" => return Some(level(text).to_owned()),
        "RATE_LIMIT_HEADER" => return Some(text.to_owned()),
        name if name.contains("RATE_LIMIT_") && kind["title"] != "limit" => {
            return Some(rate(name, text));
        }
        name if name.starts_with("HOOK_") && name.ends_with("_SECRETS") => {
            return Some(text.replace('|', ","));
        }
        _ => {}
    }
    if kind["title"] == "duration" {
        duration(text)
    } else if is("boolean") {
        Some(truth(text)?.to_string())
    } else if is("integer") {
        // Some of its whole numbers are floats.
        let number: f64 = text.parse().ok()?;
        (number.fract() == 0.0).then(|| format!("{number:.0}"))
    } else if is("object") {
        table(text)
    } else {
        Some(text.to_owned())
    }
}

fn duration(text: &str) -> Option<String> {
    seconds(text).map(|seconds| format!("{:.0}ms", seconds * 1000.0))
}

/// Seconds, or a duration as Go writes it: `1h30m`.
pub(in crate::auth) fn seconds(text: &str) -> Option<f64> {
    let seconds = match text.parse::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => go_duration(text)?,
    };
    (0.0..1e12).contains(&seconds).then_some(seconds)
}

fn go_duration(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let unit = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(unit);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        let factor = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * factor;
        rest = after;
    }
    Some(seconds)
}

/// What Go takes for a truth value.
pub(in crate::auth) fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// `a:1,b:2`, or JSON.
fn table(text: &str) -> Option<String> {
    if text.trim_start().starts_with('{') {
        return Some(text.to_owned());
    }
    let pairs = text.split(',').map(|pair| {
        let (key, value) = pair.split_once([':', '='])?;
        Some((key.trim().to_owned(), Value::from(value.trim())))
    });
    let table: Map<String, Value> = pairs.collect::<Option<_>>()?;
    Some(Value::Object(table).to_string())
}

/// A bare number is a number an hour or five minutes, by what it limits.
fn rate(variable: &str, text: &str) -> String {
    match text.parse::<f64>() {
        Ok(number) if !HOURLY.contains(&variable) => format!("{number:.0} per 5m"),
        Ok(number) => format!("{number:.0}"),
        Err(_) => text.to_owned(),
    }
}

fn level(text: &str) -> &'static str {
    match text.to_lowercase().as_str() {
        "panic" | "fatal" => "crit",
        "error" => "error",
        "warn" | "warning" => "warn",
        "debug" | "trace" => "debug",
        _ => "info",
    }
}

/// The schema is part of our statements; libpq's address has no such parameter.
fn without_search_path(url: &str) -> String {
    let Some((base, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("search_path="))
        .collect();
    match kept.is_empty() {
        true => base.to_owned(),
        false => format!("{base}?{}", kept.join("&")),
    }
}

/// The shared secret as the key that signs.
pub(super) fn shared_key(secret: &str) -> String {
    let key = json!({
        "kty": "oct",
        "alg": "HS256",
        "k": BASE64_URL_SAFE_NO_PAD.encode(secret),
        "key_ops": ["sign", "verify"],
    });
    json!([key]).to_string()
}
