//! The payload of a token whose signature holds: parsing it, and what its claims say about time,
//! audience and issuer.

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::error::Error;

/// A JSON object in which no name stands twice at the top. Parsers differ in which of two they
/// take; a token on which they could differ is refused.
pub(super) fn parse_object(json: &[u8]) -> Option<Map<String, Value>> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let object = deserializer.deserialize_map(UniqueNames).ok()?;
    deserializer.end().ok()?;
    Some(object)
}

struct UniqueNames;

impl<'de> Visitor<'de> for UniqueNames {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object without duplicate names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("duplicate name"));
            }
        }
        Ok(object)
    }
}

/// The time claims, read once per token and compared on each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    exp: When,
    nbf: When,
    iat: When,
}

/// A NumericDate (RFC 7519) as whole seconds of the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Absent,
    At(i64),
    /// A number that is no time: fractional, negative, or beyond 64 bits.
    NoTime,
    /// Of another JSON type; null too.
    NotNumber,
}

impl When {
    fn read(claims: &Map<String, Value>, name: &str) -> Self {
        match claims.get(name) {
            None => Self::Absent,
            Some(Value::Number(number)) => Self::from_number(number),
            Some(_) => Self::NotNumber,
        }
    }

    fn from_number(number: &Number) -> Self {
        /// Where a double still counts single seconds.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let whole = |seconds: &f64| seconds.fract() == 0.0 && seconds.abs() < EXACT;
        let floating = || number.as_f64().filter(whole).map(|seconds| seconds as i64); // `1e9`
        match number.as_i64().or_else(floating) {
            Some(seconds) if seconds >= 0 => Self::At(seconds),
            _ => Self::NoTime,
        }
    }
}

impl Times {
    pub(super) fn read(claims: &Map<String, Value>) -> Self {
        Self {
            exp: When::read(claims, "exp"),
            nbf: When::read(claims, "nbf"),
            iat: When::read(claims, "iat"),
        }
    }

    /// Whether the token is good at `now`, give or take `leeway` (both in seconds). An `exp` that is
    /// no time counts as past, as in PostgREST.
    pub(super) fn check(&self, now: i64, leeway: i64, exp_required: bool) -> Result<(), Error> {
        let (earliest, latest) = (now.saturating_sub(leeway), now.saturating_add(leeway));
        match self.exp {
            When::Absent if exp_required => return Err(Error::ExpMissing),
            When::NotNumber => return Err(Error::ExpNotNumber),
            When::NoTime => return Err(Error::Expired),
            When::At(exp) if earliest > exp => return Err(Error::Expired),
            When::Absent | When::At(_) => {}
        }
        match self.nbf {
            When::NotNumber | When::NoTime => return Err(Error::NbfNotNumber),
            When::At(nbf) if latest < nbf => return Err(Error::NotYetValid),
            When::Absent | When::At(_) => {}
        }
        match self.iat {
            When::NotNumber | When::NoTime => Err(Error::IatNotNumber),
            When::At(iat) if latest < iat => Err(Error::IssuedInFuture),
            When::Absent | When::At(_) => Ok(()),
        }
    }
}

/// Whether `aud` allows us: absent, null and `[]` speak to everyone.
pub(super) fn check_audience(claims: &Map<String, Value>, ours: Option<&str>) -> Result<(), Error> {
    let accepts = |audience: &str| ours.is_none_or(|ours| ours == audience);
    match claims.get("aud") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(audience)) if accepts(audience) => Ok(()),
        Some(Value::String(_)) => Err(Error::NotInAudience),
        Some(Value::Array(audiences)) => {
            let names: Option<Vec<&str>> = audiences.iter().map(Value::as_str).collect();
            let names = names.ok_or(Error::AudNotString)?;
            if names.is_empty() || names.into_iter().any(accepts) {
                Ok(())
            } else {
                Err(Error::NotInAudience)
            }
        }
        Some(_) => Err(Error::AudNotString),
    }
}

/// Whether `iss` is exactly the issuer expected, if one is.
pub(super) fn check_issuer(
    claims: &Map<String, Value>,
    expected: Option<&str>,
) -> Result<(), Error> {
    match expected {
        None => Ok(()),
        Some(issuer) if claims.get("iss").and_then(Value::as_str) == Some(issuer) => Ok(()),
        Some(_) => Err(Error::WrongIssuer),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(now: i64, claims: &str) -> Result<(), Error> {
        let claims = parse_object(claims.as_bytes()).ok_or(Error::Claims)?;
        Times::read(&claims).check(now, 30, false)
    }

    #[test]
    fn times_have_thirty_seconds_of_leeway() {
        assert_eq!(at(1030, r#"{"exp":1000}"#), Ok(()));
        assert_eq!(at(1031, r#"{"exp":1000}"#), Err(Error::Expired));
        assert_eq!(at(970, r#"{"nbf":1000}"#), Ok(()));
        assert_eq!(at(969, r#"{"nbf":1000}"#), Err(Error::NotYetValid));
        assert_eq!(at(970, r#"{"iat":1000}"#), Ok(()));
        assert_eq!(at(969, r#"{"iat":1000}"#), Err(Error::IssuedInFuture));
        assert_eq!(at(1000, r#"{"exp":2e3,"nbf":900.0}"#), Ok(()));
    }

    #[test]
    fn a_time_of_another_kind_is_refused_and_never_absent() {
        for wrong in ["\"1\"", "null", "[]", "{}", "true", "[9999999999]"] {
            for (name, error) in [
                ("exp", Error::ExpNotNumber),
                ("nbf", Error::NbfNotNumber),
                ("iat", Error::IatNotNumber),
            ] {
                assert_eq!(at(1000, &format!("{{\"{name}\":{wrong}}}")), Err(error));
            }
        }
        for number in [
            "-1",
            "-9223372036854775809",
            "2000.5",
            "1e300",
            "18446744073709551616",
        ] {
            assert_eq!(
                at(1000, &format!("{{\"exp\":{number}}}")),
                Err(Error::Expired)
            );
            assert!(
                at(1000, &format!("{{\"nbf\":{number}}}")).is_err(),
                "{number}"
            );
            assert!(
                at(1000, &format!("{{\"iat\":{number}}}")).is_err(),
                "{number}"
            );
        }
    }

    #[test]
    fn a_name_twice_is_refused() {
        assert_eq!(
            at(1000, r#"{"exp":1,"exp":9999999999}"#),
            Err(Error::Claims)
        );
        assert_eq!(
            at(1000, r#"{"exp":9999999999,"exp":1}"#),
            Err(Error::Claims)
        );
        assert_eq!(
            at(1000, r#"{"role":"a","r\u006fle":"b"}"#),
            Err(Error::Claims)
        );
    }

    #[test]
    fn audiences_compare_as_postgrest_does() {
        let check = |aud: Value, ours| {
            check_audience(json!({ "aud": aud }).as_object().expect("an object"), ours)
        };
        assert_eq!(check(json!("us"), Some("us")), Ok(()));
        assert_eq!(check(json!(""), Some("us")), Err(Error::NotInAudience));
        assert_eq!(check(json!(["x", "us"]), Some("us")), Ok(()));
        assert_eq!(check(json!(["x"]), Some("us")), Err(Error::NotInAudience));
        assert_eq!(check(json!([]), Some("us")), Ok(()));
        assert_eq!(check(json!(null), Some("us")), Ok(()));
        assert_eq!(check(json!("them"), None), Ok(()));
        assert_eq!(check(json!([{}, "us"]), None), Err(Error::AudNotString));
        assert_eq!(check(json!({}), Some("us")), Err(Error::AudNotString));
        assert_eq!(check(json!(1), None), Err(Error::AudNotString));
    }
}
