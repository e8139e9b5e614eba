//! Hooks that are called over HTTP.

use std::time::Duration;

use bytes::Bytes;
use chrono::Utc;
use crestfall_core::egress::{Answer, Egress, EgressError};
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{Request, StatusCode};
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::answer::{Failure, refusal};
use super::signature::Signer;
use crate::error::{Error, ErrorCode};

/// For all tries together.
const TIMEOUT: Duration = Duration::from_secs(5);
const TRIES: u32 = 3;
/// After a try that reached nobody.
const PAUSE: Duration = Duration::from_secs(1);
/// The largest answer, in bytes.
const MAX_ANSWER: usize = 200 * 1024;

/// An address that answers.
#[derive(Clone)]
pub(super) struct Http {
    pub(super) uri: String,
    pub(super) signer: Signer,
    pub(super) egress: Egress,
}

/// What came of one try.
enum Try {
    Answered(Value),
    /// Nobody was reached, or asked to be left alone for so long.
    Again(Duration, Failure),
}

impl Http {
    pub(super) async fn call(&self, input: &Value) -> Result<Value, Failure> {
        let body = Bytes::from(input.to_string());
        let end = Instant::now() + TIMEOUT;
        let tries = async {
            let mut left = TRIES;
            loop {
                left -= 1;
                match self.attempt(&body).await? {
                    Try::Answered(answer) => return Ok(answer),
                    Try::Again(_, failure) if left == 0 => return Err(failure),
                    Try::Again(pause, _) => tokio::time::sleep(pause).await,
                }
            }
        };
        tokio::time::timeout_at(end, tries)
            .await
            .unwrap_or_else(|_| Err(timed_out()))
    }

    async fn attempt(&self, body: &Bytes) -> Result<Try, Failure> {
        let id = Uuid::new_v4().to_string();
        let now = Utc::now().timestamp();
        let request = Request::post(&self.uri)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT_ENCODING, "identity")
            .header("webhook-id", &id)
            .header("webhook-timestamp", now)
            .header("webhook-signature", self.signer.sign(&id, now, body))
            .body(body.clone())
            .map_err(|_| Failure::internal("Hook failed to make request object"))?;
        match self.egress.limited(TIMEOUT, MAX_ANSWER).send(request).await {
            Ok(answer) => read(&answer),
            Err(EgressError::TooLarge(_)) => Err(Failure::Failed(Error::new(
                ErrorCode::HookPayloadOverSizeLimit,
                format!("Payload size exceeded size limit of {MAX_ANSWER} bytes"),
            ))),
            Err(EgressError::Timeout) => Err(timed_out()),
            Err(error) => {
                let failure = Error::new(
                    ErrorCode::HookTimeoutAfterRetry,
                    "Failed to reach hook after maximum retries",
                );
                Ok(Try::Again(PAUSE, Failure::Failed(failure.caused_by(error))))
            }
        }
    }
}

fn timed_out() -> Failure {
    Failure::Failed(Error::new(
        ErrorCode::HookTimeout,
        format!(
            "Failed to reach hook within maximum time of {:.6} seconds",
            TIMEOUT.as_secs_f64()
        ),
    ))
}

fn read(answer: &Answer) -> Result<Try, Failure> {
    let busy = || Failure::internal("Service currently unavailable due to hook");
    match answer.status {
        StatusCode::NO_CONTENT => Ok(Try::Answered(Value::Null)),
        StatusCode::OK | StatusCode::ACCEPTED => {
            check_type(answer)?;
            let body: Value = serde_json::from_slice(&answer.body)
                .map_err(|_| Failure::internal("Error unmarshaling JSON output."))?;
            match refusal(&body) {
                Some(refusal) => Err(refusal),
                None => Ok(Try::Answered(body)),
            }
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            let after = answer.headers.get(RETRY_AFTER).ok_or_else(busy)?;
            let seconds = after
                .to_str()
                .ok()
                .and_then(|text| text.trim().parse().ok());
            Ok(Try::Again(
                Duration::from_secs(seconds.unwrap_or(1)),
                busy(),
            ))
        }
        StatusCode::BAD_REQUEST => Err(Failure::internal("Invalid payload sent to hook")),
        StatusCode::UNAUTHORIZED => Err(Failure::internal("Hook requires authorization token")),
        status => Err(Failure::internal(format!(
            "Unexpected status code returned from hook: {}",
            status.as_u16()
        ))),
    }
}

fn check_type(answer: &Answer) -> Result<(), Failure> {
    let invalid = |message: String| {
        let error = Error::new(ErrorCode::HookPayloadInvalidContentType, message);
        Err(Failure::Failed(error.with_status(StatusCode::BAD_REQUEST)))
    };
    let Some(value) = answer.headers.get(CONTENT_TYPE) else {
        return invalid("Invalid Content-Type: Missing Content-Type header".to_owned());
    };
    let text = String::from_utf8_lossy(value.as_bytes());
    let media_type = text.split(';').next().unwrap_or_default().trim();
    match media_type.eq_ignore_ascii_case("application/json") {
        true => Ok(()),
        false => invalid(format!(
            "Invalid JSON response. Received content-type: {text}"
        )),
    }
}
