//! The parameters of a request, from a query, a form or a JSON object.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::{Map, Value};

/// Named values. One without a value is one that was not sent (RFC 6749, section 3.1).
#[derive(Clone, Default)]
pub(crate) struct Parameters {
    values: HashMap<String, String>,
    repeated: Vec<String>,
}

impl Parameters {
    /// From `application/x-www-form-urlencoded`.
    pub(crate) fn from_urlencoded(text: &[u8]) -> Self {
        let mut parameters = Self::default();
        for (name, value) in url::form_urlencoded::parse(text) {
            match parameters.values.entry(name.into_owned()) {
                Entry::Occupied(first) => parameters.repeated.push(first.key().clone()),
                Entry::Vacant(none) => {
                    none.insert(value.into_owned());
                }
            }
        }
        parameters
    }

    /// From a JSON object of strings; none for anything else.
    pub(crate) fn from_json(text: &[u8]) -> Option<Self> {
        let object: Map<String, Value> = serde_json::from_slice(text).ok()?;
        let mut values = HashMap::new();
        for (name, value) in object {
            match value {
                Value::Null => {}
                Value::String(value) => {
                    values.insert(name, value);
                }
                _ => return None,
            }
        }
        let repeated = Vec::new();
        Some(Self { values, repeated })
    }

    /// The value, if there is one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.values.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// Whether it came more than once, which makes it unclear what was meant: another server on the
    /// way may have read another value.
    pub(crate) fn is_repeated(&self, name: &str) -> bool {
        self.repeated.iter().any(|other| other == name)
    }

    /// Any that came more than once.
    pub(crate) fn repeated(&self) -> Option<&str> {
        self.repeated.first().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_value_is_none_and_a_repeated_one_is_noticed() {
        let parameters = Parameters::from_urlencoded(b"a=1&b=&c=x+y%26&c=2");
        assert_eq!(parameters.get("a"), Some("1"));
        assert_eq!(parameters.get("b"), None);
        assert_eq!(parameters.get("c"), Some("x y&"));
        assert_eq!(parameters.repeated(), Some("c"));
        assert!(!parameters.is_repeated("a"));
    }

    #[test]
    fn json_is_an_object_of_strings() {
        let parameters = Parameters::from_json(br#"{"a": "1", "b": null}"#).expect("an object");
        assert_eq!(
            (parameters.get("a"), parameters.get("b")),
            (Some("1"), None)
        );
        for bad in ["", "[]", r#"{"a": 1}"#, r#"{"a": ["1"]}"#] {
            assert!(Parameters::from_json(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
