//! Rates as people write them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{HOUR, Rate};

/// Longer periods are typing errors.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// Nanoseconds of Go's units, longest first.
const UNITS: [(&str, u64); 8] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ns", 1),
];

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text.trim()).ok_or_else(|| {
            format!("`{text}` is no rate such as \"30\" (an hour), \"30 per 5m\", \"30 per 5m, burst 60\" or GoTrue's \"30/5m\"")
        })
    }
}

fn parse(text: &str) -> Option<Rate> {
    if let Some((burst, period)) = text.split_once('/') {
        let burst = burst.trim().parse().ok()?;
        return Some(Rate::new(1, duration(period)?).with_burst(burst));
    }
    let Some((events, rest)) = text.split_once("per") else {
        return hourly(text);
    };
    let (period, burst) = match rest.split_once(',') {
        Some((period, burst)) => (period, Some(burst.trim().strip_prefix("burst")?)),
        None => (rest, None),
    };
    let rate = Rate::new(events.trim().parse().ok()?, duration(period)?);
    match burst {
        Some(burst) => Some(rate.with_burst(burst.trim().parse().ok()?)),
        None => Some(rate),
    }
}

/// GoTrue takes fractions here and drops them.
fn hourly(text: &str) -> Option<Rate> {
    let is_decimal = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let events: f64 = text.parse().ok().filter(|_| is_decimal)?;
    let events = events.trunc();
    // Within the range, so that the conversion is exact.
    (events <= f64::from(u32::MAX)).then(|| Rate::per_hour(events as u32))
}

/// A duration in Go's syntax: decimal numbers with units, one after another.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let (_, nanoseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let number: f64 = number.parse().ok()?;
        let seconds = number * (*nanoseconds as f64) / 1e9;
        total = total.checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
        rest = tail;
    }
    (total <= LONGEST).then_some(total)
}

/// The shortest text that reads back as the same.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let period = Period(self.period);
        match (self.events, self.burst) {
            (events, burst) if events == burst && self.period == HOUR => write!(f, "{events}"),
            (1, burst) => write!(f, "{burst}/{period}"),
            (events, burst) if events == burst => write!(f, "{events} per {period}"),
            (events, burst) => write!(f, "{events} per {period}, burst {burst}"),
        }
    }
}

struct Period(Duration);

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX);
        for (unit, nanoseconds) in UNITS {
            if rest >= nanoseconds {
                write!(f, "{}{unit}", rest / nanoseconds)?;
                rest %= nanoseconds;
            }
        }
        Ok(())
    }
}

/// What a file may hold: a number of events an hour, or text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Written::deserialize(deserializer)? {
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Rate {
    fn schema_name() -> Cow<'static, str> {
        "rate".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number"],
            "title": "rate",
            "description": "\"30\" an hour, \"30 per 5m\", \"30 per 5m, burst 60\", or GoTrue's \"30/5m\": 30 at once, then one every 5 minutes",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Rate {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn gt_086_gotrues_texts_mean_what_they_mean_there() {
        assert_eq!(read("30"), Rate::per_hour(30));
        assert_eq!(read("30.9"), Rate::per_hour(30));
        assert_eq!(read("0"), Rate::per_hour(0));
        let five_minutes = Duration::from_secs(300);
        assert_eq!(read("30/5m"), Rate::new(1, five_minutes).with_burst(30));
        assert_eq!(read("10/0s"), Rate::per_hour(1).with_burst(10));
    }

    #[test]
    fn our_own_text_says_all() {
        assert_eq!(read("30 per 5m"), Rate::new(30, Duration::from_secs(300)));
        let burst = Rate::new(100, Duration::from_millis(1500)).with_burst(7);
        assert_eq!(read("100 per 1.5s, burst 7"), burst);
        assert_eq!(read("2 per 1h30m"), Rate::new(2, Duration::from_secs(5400)));
    }

    #[test]
    fn rates_read_back_as_they_are_written() {
        for text in [
            "30",
            "0",
            "30/5m",
            "1/10s",
            "30 per 5m",
            "2 per 1h30m",
            "5 per 250ms, burst 9",
        ] {
            assert_eq!(read(text).to_string(), text);
        }
        for rate in [
            Rate::per_hour(1),
            Rate::per_second(7),
            Rate::per_hour(4).with_burst(2),
            Rate::per_minute(0),
        ] {
            assert_eq!(read(&rate.to_string()), rate, "{rate}");
            let json = serde_json::to_value(rate).expect("JSON");
            assert_eq!(serde_json::from_value::<Rate>(json).expect("a rate"), rate);
        }
        assert_eq!(
            serde_json::from_str::<Rate>("30").expect("a rate"),
            Rate::per_hour(30)
        );
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in [
            "",
            "x",
            "-1",
            "inf",
            "NaN",
            "1e3",
            "4294967296",
            "30/",
            "30/5",
            "30/5w",
            "/5m",
            "-3/5m",
            "30 per",
            "30 per ,",
            "30 per 5m, 60",
            "30 per 5m, burst",
            "30 per 99999h",
            "1.2/5m",
            "30/-5m",
            "30/5m/1",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text:?}");
        }
    }
}
