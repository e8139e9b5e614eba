//! What a signature covers: components of a request (RFC 9421, section 2).

use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::Error;
use super::structured::{Bare, InnerList, Item, Parameters, is_string, parse_dictionary};

/// What `application/x-www-form-urlencoded` leaves as it is.
const QUERY_PARAMETER: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'*')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_');

/// A request as far as a signature can cover it.
pub(super) struct Message<'a> {
    pub(super) method: &'a Method,
    /// As the client sent it, before any router took a prefix away.
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    pub(super) scheme: &'a str,
}

impl<'a> Message<'a> {
    /// The scheme is that of the URI, else the given one: over HTTP/1.1 it is not sent.
    pub(super) fn new(parts: &'a Parts, uri: &'a Uri, scheme: Option<&'a str>) -> Self {
        Self {
            method: &parts.method,
            uri,
            headers: &parts.headers,
            scheme: scheme.or(uri.scheme_str()).unwrap_or("http"),
        }
    }

    /// Lower case, without the scheme's default port.
    fn authority(&self) -> Option<String> {
        let host = match self.uri.authority() {
            Some(authority) => authority.as_str(),
            None => one(self.headers, "host")?,
        };
        let authority = host.to_ascii_lowercase();
        let port = match self.scheme {
            "http" => ":80",
            "https" => ":443",
            _ => return Some(authority),
        };
        let short = authority.strip_suffix(port).map(str::to_owned);
        Some(short.unwrap_or(authority))
    }

    fn path(&self) -> &str {
        match self.uri.path() {
            "" => "/",
            path => path,
        }
    }

    fn query(&self) -> String {
        format!("?{}", self.uri.query().unwrap_or_default())
    }

    fn request_target(&self) -> String {
        match self.uri.query() {
            Some(query) => format!("{}?{query}", self.path()),
            None => self.path().to_owned(),
        }
    }

    fn target_uri(&self) -> Option<String> {
        let authority = self.authority()?;
        let target = self.request_target();
        Some(format!("{}://{authority}{target}", self.scheme))
    }
}

fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?.trim();
    values.next().is_none().then_some(value)
}

/// The name of a covered component, if it is a string as it has to be.
pub(super) fn name(item: &Item) -> Result<&str, Error> {
    match &item.value {
        Bare::String(name) => Ok(name),
        _ => Err(Error::Component(item.to_string())),
    }
}

/// The signature base (section 2.5): what is signed.
pub(super) fn base(message: &Message<'_>, covered: &InnerList) -> Result<String, Error> {
    let mut base = String::new();
    let mut seen = Vec::with_capacity(covered.items.len());
    for item in &covered.items {
        let identifier = item.to_string();
        if seen.contains(&identifier) {
            return Err(Error::Duplicate(identifier));
        }
        let value = value(message, item)?;
        base.push_str(&format!("{identifier}: {value}\n"));
        seen.push(identifier);
    }
    base.push_str(&format!("\"@signature-params\": {covered}"));
    Ok(base)
}

/// A component's value in the base. It is ASCII without line breaks, or refused.
fn value(message: &Message<'_>, item: &Item) -> Result<String, Error> {
    let name = name(item)?;
    let value = if name.starts_with('@') {
        derived(message, name, item)?
    } else {
        field(message.headers, name, item)?
    };
    let value = value.ok_or_else(|| Error::NotInRequest(item.to_string()))?;
    if !value
        .bytes()
        .all(|byte| matches!(byte, b'\t' | 0x20..=0x7e))
    {
        return Err(Error::NotInRequest(item.to_string()));
    }
    Ok(value)
}

fn derived(message: &Message<'_>, name: &str, item: &Item) -> Result<Option<String>, Error> {
    let unsupported = || Error::Component(item.to_string());
    if name == "@query-param" {
        let parameter = match item.parameters.0.as_slice() {
            [(key, Bare::String(name))] if key == "name" => name,
            _ => return Err(unsupported()),
        };
        return Ok(query_parameter(message.uri, parameter));
    }
    if !item.parameters.0.is_empty() {
        return Err(unsupported());
    }
    match name {
        "@method" => Ok(Some(message.method.as_str().to_owned())),
        "@authority" => Ok(message.authority()),
        "@scheme" => Ok(Some(message.scheme.to_ascii_lowercase())),
        "@target-uri" => Ok(message.target_uri()),
        "@request-target" => Ok(Some(message.request_target())),
        "@path" => Ok(Some(message.path().to_owned())),
        "@query" => Ok(Some(message.query())),
        _ => Err(unsupported()),
    }
}

/// The value of the one parameter of this (encoded) name, encoded anew (section 2.2.8).
fn query_parameter(uri: &Uri, wanted: &str) -> Option<String> {
    let encode = |text: &str| utf8_percent_encode(text, QUERY_PARAMETER).to_string();
    let pairs = url::form_urlencoded::parse(uri.query()?.as_bytes());
    let mut found = pairs.filter(|(name, _)| encode(name) == wanted);
    let (_, value) = found.next()?;
    found.next().is_none().then(|| encode(&value))
}

fn field(headers: &HeaderMap, name: &str, item: &Item) -> Result<Option<String>, Error> {
    let unsupported = || Error::Component(item.to_string());
    let is_name = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase();
    if name.is_empty() || !name.bytes().all(is_name) {
        return Err(unsupported());
    }
    let mut values = Vec::new();
    for value in headers.get_all(name) {
        values.push(value.as_bytes().trim_ascii());
    }
    if values.is_empty() {
        return Ok(None);
    }
    match item.parameters.0.as_slice() {
        [] => Ok(joined(&values)),
        [(key, Bare::Boolean(true))] if key == "bs" => {
            let wrapped = values
                .iter()
                .map(|value| Bare::Bytes(value.to_vec()).to_string());
            Ok(Some(wrapped.collect::<Vec<_>>().join(", ")))
        }
        [(key, Bare::String(member))] if key == "key" => {
            let dictionary = joined(&values).and_then(|text| parse_dictionary(&text).ok());
            Ok(dictionary.and_then(|all| Some(all.get(member)?.to_string())))
        }
        // `sf` needs to know the field's type, `req` and `tr` are not for requests as we see them.
        _ => Err(unsupported()),
    }
}

fn joined(values: &[&[u8]]) -> Option<String> {
    String::from_utf8(values.join(&b", "[..])).ok()
}

/// A component by its name, such as `@method` or `date`; `@query-param;name=…` by its parameter too.
pub(super) fn component(text: &str) -> Result<Item, Error> {
    let (name, parameter) = match text.split_once(";name=") {
        Some((name, parameter)) => (name, Some(parameter)),
        None => (text, None),
    };
    if !is_string(text) {
        return Err(Error::Component(text.to_owned()));
    }
    let mut parameters = Parameters::default();
    if let Some(parameter) = parameter {
        let name = Bare::String(parameter.trim_matches('"').to_owned());
        parameters.push("name", name);
    }
    let value = Bare::String(name.to_owned());
    Ok(Item { value, parameters })
}
