//! Durations and sizes as people write them in settings.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time: `"250ms"`, `"8s"`, `"5m"`, `"1h"`, `"1d"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration(std::time::Duration);

/// A number of bytes: `1024`, `"64KiB"`, `"64MiB"`, `"1GiB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(usize);

const DURATIONS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

const SIZES: [(&str, u64); 4] = [
    ("", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

impl Duration {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(std::time::Duration::from_secs(seconds))
    }

    /// So many milliseconds.
    pub const fn milliseconds(milliseconds: u64) -> Self {
        Self(std::time::Duration::from_millis(milliseconds))
    }

    /// As the standard library has it.
    pub fn get(self) -> std::time::Duration {
        self.0
    }
}

impl Size {
    /// So many binary megabytes.
    pub const fn mebibytes(count: usize) -> Self {
        Self(count << 20)
    }

    /// So many binary kilobytes.
    pub const fn kibibytes(count: usize) -> Self {
        Self(count << 10)
    }

    /// In bytes.
    pub fn get(self) -> usize {
        self.0
    }
}

/// A whole number and its unit.
fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// The largest unit that leaves a whole number.
fn write_unit(f: &mut fmt::Formatter<'_>, value: u64, units: &[(&str, u64)]) -> fmt::Result {
    let fits = |factor: u64| value != 0 && value.is_multiple_of(factor);
    let largest = units.iter().rev().find(|(_, factor)| fits(*factor));
    let (unit, factor) = largest.unwrap_or(&units[0]);
    write!(f, "{}{unit}", value / factor)
}

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        with_unit(text, &DURATIONS)
            .map(|ms| Self(std::time::Duration::from_millis(ms)))
            .ok_or_else(|| format!("`{text}` is no duration such as \"250ms\", \"8s\", \"5m\""))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        write_unit(f, ms, &DURATIONS)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        with_unit(text, &SIZES)
            .and_then(|bytes| usize::try_from(bytes).ok())
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no size such as 1024, \"64KiB\", \"64MiB\""))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_unit(f, self.0 as u64, &SIZES)
    }
}

/// What a file may hold: a number without a unit, or text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(u64),
    Text(String),
}

impl Written {
    fn text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

/// Serde and schema by way of `FromStr` and `Display`.
macro_rules! as_text {
    ($kind:ident, $name:literal, $pattern:literal) => {
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let written = Written::deserialize(deserializer)?;
                written.text().parse().map_err(serde::de::Error::custom)
            }
        }

        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl JsonSchema for $kind {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "title": $name, "pattern": $pattern })
            }
        }
    };
}

as_text!(Duration, "duration", "^[0-9]+(ms|s|m|h|d)$");
as_text!(Size, "size", "^[0-9]+(KiB|MiB|GiB)?$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_back_as_they_are_written() {
        for text in ["250ms", "8s", "5m", "36h", "2d", "0ms", "90s"] {
            let read: Duration = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
        }
        for text in ["", "8", "8 weeks", "-1s", "1.5s", "99999999999999999999d"] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_read_back_as_they_are_written() {
        for text in ["1000", "64KiB", "3MiB", "1GiB", "0"] {
            let read: Size = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
        }
        assert!("64MB".parse::<Size>().is_err());
    }
}
