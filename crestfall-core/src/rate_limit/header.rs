//! `RateLimit-Policy`, `RateLimit` (draft-ietf-httpapi-ratelimit-headers) and `Retry-After`.

use std::fmt::Write as _;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Decision, Rate, whole_seconds};

static POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
static LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What a response tells of the rules that its request came under.
#[derive(Default)]
pub(super) struct Told {
    policy: String,
    limit: String,
    retry_after: Option<u64>,
}

impl Told {
    /// Adds a rule. Its name has been checked to need no escape.
    pub(super) fn add(&mut self, name: &str, rate: &Rate, decision: &Decision) {
        if !self.policy.is_empty() {
            self.policy.push_str(", ");
            self.limit.push_str(", ");
        }
        let window = whole_seconds(rate.window());
        // With nothing left, the client wants to know when there is something again.
        let reset = if decision.allowed {
            decision.reset_after
        } else {
            decision.retry_after
        };
        let (remaining, reset) = (decision.remaining, whole_seconds(reset));
        // Writing to a string does not fail.
        let _ = write!(self.policy, "\"{name}\";q={};w={window}", decision.limit);
        let _ = write!(self.limit, "\"{name}\";r={remaining};t={reset}");
        if !decision.allowed {
            self.retry_after = Some(decision.retry_after_seconds());
        }
    }

    /// Puts the headers beside those that another layer has put.
    pub(super) fn apply(self, headers: &mut HeaderMap) {
        for (name, value) in [(&POLICY, self.policy), (&LIMIT, self.limit)] {
            // The text is ASCII without control characters.
            if let (false, Ok(value)) = (value.is_empty(), HeaderValue::try_from(value)) {
                headers.append(name, value);
            }
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}
