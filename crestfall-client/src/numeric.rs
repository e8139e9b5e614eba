//! Exact numbers: PostgreSQL's `numeric`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::rest::{Literal, Scalar};

/// A number with every digit that PostgreSQL sent, where a float would round. It is text inside:
/// convert it into the decimal type of your choice by [`as_str`](Self::as_str), or generate that type
/// by `--type numeric=…`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Numeric(Cow<'static, str>);

/// The text is no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no number")]
pub struct NotNumeric(String);

impl Numeric {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest float.
    pub fn to_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl FromStr for Numeric {
    type Err = NotNumeric;

    fn from_str(text: &str) -> Result<Self, NotNumeric> {
        let trimmed = text.trim();
        let is_number = serde_json::from_str::<serde_json::Number>(trimmed).is_ok()
            // Longer than a float holds.
            || trimmed.parse::<f64>().is_ok_and(|_| trimmed.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.')) && !trimmed.starts_with('.') && !trimmed.ends_with('.'))
            || matches!(trimmed, "NaN" | "Infinity" | "-Infinity");
        match is_number {
            true => Ok(Self(Cow::Owned(trimmed.to_owned()))),
            false => Err(NotNumeric(text.to_owned())),
        }
    }
}

macro_rules! whole {
    ($($kind:ty),+) => { $(
        impl From<$kind> for Numeric {
            fn from(number: $kind) -> Self {
                Self(Cow::Owned(number.to_string()))
            }
        }
    )+ };
}

whole!(i16, i32, i64, i128, u16, u32, u64, u128);

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Numeric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        // What JSON has no number for, PostgreSQL writes as text.
        raw.get()
            .trim_matches('"')
            .parse()
            .map_err(D::Error::custom)
    }
}

impl Serialize for Numeric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match RawValue::from_string(self.0.to_string()) {
            Ok(raw) => raw.serialize(serializer),
            // NaN and the infinities.
            Err(_) if self.to_f64().is_nan() || self.to_f64().is_infinite() => {
                serializer.serialize_str(&self.0)
            }
            Err(error) => Err(S::Error::custom(error)),
        }
    }
}

impl Scalar for Numeric {
    type Base = Self;
}

impl Literal for Numeric {
    fn literal(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_kept_on_both_ways() {
        let text = "[12345678901234567890.123456789012345678901,-0.10,\"NaN\"]";
        let numbers: Vec<Numeric> = serde_json::from_str(text).unwrap();
        assert_eq!(
            numbers[0].as_str(),
            "12345678901234567890.123456789012345678901"
        );
        assert_eq!(numbers[1].to_f64(), -0.1);
        assert!(numbers[2].to_f64().is_nan());
        assert_eq!(serde_json::to_string(&numbers).unwrap(), text);
        assert!("1,5".parse::<Numeric>().is_err());
        assert!("".parse::<Numeric>().is_err());
    }
}
