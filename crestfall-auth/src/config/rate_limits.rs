//! How often what may be asked (GT-085, GT-086).

use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

use crestfall_core::rate_limit::Rate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const HOUR: u64 = 3600;
const FIVE_MINUTES: u64 = 300;
const MINUTE: u64 = 60;

/// How often what may be asked from one network, an IPv4 address or an IPv6 /64, unless it says whose
/// it is.
///
/// A limit is a number a period, GoTrue's period; a rate that says its own, such as `"30 per 10m"`
/// or `"100 per 1m, burst 300"`; or `"off"`. `0` allows nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Mails asked for from one network; a number is an hour (`RATE_LIMIT_EMAIL_SENT`, which in
    /// GoTrue is for everybody together: there anybody can use it up for all).
    pub email_sent: Limit<HOUR>,
    /// Text messages asked for from one network; a number is an hour (`RATE_LIMIT_SMS_SENT`).
    pub sms_sent: Limit<HOUR>,
    /// New anonymous users; a number is an hour (`RATE_LIMIT_ANONYMOUS_USERS`).
    pub anonymous_users: Limit<HOUR>,
    /// `/verify`; a number is 5 minutes (`RATE_LIMIT_VERIFY`).
    pub verify: Limit<FIVE_MINUTES>,
    /// `/token` with every grant but Web3; a number is 5 minutes (`RATE_LIMIT_TOKEN_REFRESH`).
    pub token_refresh: Limit<FIVE_MINUTES>,
    /// `/signup`, `/otp`, `/magiclink`, `/recover`, `/resend`, `/reauthenticate` and changes of one's
    /// own user, each by itself; a number is 5 minutes (`RATE_LIMIT_OTP`).
    pub otp: Limit<FIVE_MINUTES>,
    /// Single sign-on; a number is 5 minutes (`RATE_LIMIT_SSO`).
    pub sso: Limit<FIVE_MINUTES>,
    /// `/token` with Web3; a number is 5 minutes (`RATE_LIMIT_WEB3`).
    pub web3: Limit<FIVE_MINUTES>,
    /// Sign-in by passkey; a number is 5 minutes (`RATE_LIMIT_PASSKEY`).
    pub passkey: Limit<FIVE_MINUTES>,
    /// Sign-in with a provider: `/authorize` and `/callback`, each by itself; a number is 5 minutes.
    pub external: Limit<FIVE_MINUTES>,
    /// What browsers and devices ask of the OAuth server: `/oauth/authorize`, `/oauth/authorizations`,
    /// `/oauth/device_authorization` and `/oauth/device`, each by itself; a number is 5 minutes.
    pub oauth_authorize: Limit<FIVE_MINUTES>,
    /// `/oauth/token`, which a client may ask for all its users; a number is 5 minutes.
    pub oauth_token: Limit<FIVE_MINUTES>,
    /// What services ask of the OAuth server: `/oauth/introspect`, `/oauth/revoke` and
    /// `/oauth/userinfo`, each by itself; a number is 5 minutes.
    pub oauth_service: Limit<FIVE_MINUTES>,
    /// New OAuth clients by themselves; a number is 5 minutes
    /// (`RATE_LIMIT_OAUTH_DYNAMIC_CLIENT_REGISTER`).
    pub oauth_dynamic_client_register: Limit<FIVE_MINUTES>,
    /// Challenges of second factors and answers to them, each by itself; a number is a minute
    /// (`MFA_RATE_LIMIT_CHALLENGE_AND_VERIFY`).
    pub mfa_challenge_and_verify: Limit<MINUTE>,
    /// Challenges of one user's second factors, from wherever; a number is 5 minutes.
    pub mfa_challenge_by_user: Limit<FIVE_MINUTES>,
    /// Codes tried on one second factor, or as recovery codes of one user, from wherever; a number is
    /// an hour. A right one begins anew.
    pub mfa_verify_by_factor: Limit<HOUR>,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            email_sent: Limit::of(30),
            sms_sent: Limit::of(30),
            anonymous_users: Limit::of(30),
            verify: Limit::of(30),
            token_refresh: Limit::of(150),
            otp: Limit::of(30),
            sso: Limit::of(30),
            web3: Limit::of(30),
            passkey: Limit::of(30),
            external: Limit::of(150),
            oauth_authorize: Limit::of(150),
            oauth_token: Limit::of(1500),
            oauth_service: Limit::of(15_000),
            oauth_dynamic_client_register: Limit::of(10),
            mfa_challenge_and_verify: Limit::of(15),
            mfa_challenge_by_user: Limit::of(30),
            mfa_verify_by_factor: Rate::per_hour(30).with_burst(10).into(),
        }
    }
}

impl RateLimits {
    /// No limits at all, for tests and for services behind a proxy that limits.
    pub fn off() -> Self {
        Self {
            email_sent: Limit::OFF,
            sms_sent: Limit::OFF,
            anonymous_users: Limit::OFF,
            verify: Limit::OFF,
            token_refresh: Limit::OFF,
            otp: Limit::OFF,
            sso: Limit::OFF,
            web3: Limit::OFF,
            passkey: Limit::OFF,
            external: Limit::OFF,
            oauth_authorize: Limit::OFF,
            oauth_token: Limit::OFF,
            oauth_service: Limit::OFF,
            oauth_dynamic_client_register: Limit::OFF,
            mfa_challenge_and_verify: Limit::OFF,
            mfa_challenge_by_user: Limit::OFF,
            mfa_verify_by_factor: Limit::OFF,
        }
    }
}

/// A rate, or none. A number alone is so many in `SECONDS`, all at once if they are wanted at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit<const SECONDS: u64>(Option<Rate>);

impl<const SECONDS: u64> Limit<SECONDS> {
    /// No limit.
    pub const OFF: Self = Self(None);

    /// So many a period.
    pub const fn of(events: u32) -> Self {
        Self(Some(Rate::new(events, Duration::from_secs(SECONDS))))
    }

    /// The rate, unless there is no limit.
    pub fn rate(self) -> Option<Rate> {
        self.0
    }
}

impl<const SECONDS: u64> From<Rate> for Limit<SECONDS> {
    fn from(rate: Rate) -> Self {
        Self(Some(rate))
    }
}

impl<const SECONDS: u64> FromStr for Limit<SECONDS> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self::OFF);
        }
        let rate: Rate = text.parse()?;
        // A rate without a period of its own.
        match text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            true => Ok(Self::of(rate.events())),
            false => Ok(Self(Some(rate))),
        }
    }
}

impl<const SECONDS: u64> std::fmt::Display for Limit<SECONDS> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            None => f.write_str("off"),
            Some(rate) if Self::of(rate.events()) == *self => write!(f, "{}", rate.events()),
            // A rate an hour is written without its period.
            Some(rate) if Rate::per_hour(rate.events()) == rate => {
                write!(f, "{} per 1h", rate.events())
            }
            Some(rate) => rate.fmt(f),
        }
    }
}

/// What a file may hold.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Text(String),
}

impl<'de, const SECONDS: u64> Deserialize<'de> for Limit<SECONDS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Written::deserialize(deserializer)? {
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<const SECONDS: u64> Serialize for Limit<SECONDS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<const SECONDS: u64> JsonSchema for Limit<SECONDS> {
    fn schema_name() -> Cow<'static, str> {
        format!("limit_{SECONDS}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number"],
            "title": "limit",
            "description": format!("\"30\" in {SECONDS} s, \"30 per 10m\", \"30 per 10m, burst 60\", or \"off\""),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gt_085_a_number_means_gotrues_period_and_off_means_no_limit() {
        let read = |text: &str| text.parse::<Limit<300>>().expect("a limit");
        let five_minutes = Duration::from_secs(300);
        assert_eq!(read("30").rate(), Some(Rate::new(30, five_minutes)));
        assert_eq!(read("30 per 1h").rate(), Some(Rate::per_hour(30)));
        assert_eq!(read("0").rate(), Some(Rate::new(0, five_minutes)));
        assert_eq!(read("OFF").rate(), None);
        assert!("many".parse::<Limit<300>>().is_err());
    }

    #[test]
    fn limits_read_back_as_they_are_written() {
        for text in ["30", "0", "off", "30 per 1h", "30/5m", "3 per 2s, burst 9"] {
            let limit: Limit<300> = text.parse().expect("a limit");
            assert_eq!(limit.to_string(), text);
            let json = serde_json::to_string(&limit).expect("JSON");
            assert_eq!(
                serde_json::from_str::<Limit<300>>(&json).expect("a limit"),
                limit
            );
        }
        let number: RateLimits = serde_json::from_str(r#"{"otp": 1000}"#).expect("limits");
        assert_eq!(number.otp, Limit::of(1000));
    }
}
