//! What a hook says when it refuses.

use http::StatusCode;
use serde_json::Value;

use crate::error::{Error, ErrorCode};

/// What came of a hook that gave no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The hook says no: that counts.
    Refused(Error),
    /// It could not be asked, or not understood: the settings say whether that counts.
    Failed(Error),
}

impl Failure {
    /// 500 with this message.
    pub(super) fn internal(message: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self::Failed(Error::new(ErrorCode::UnexpectedFailure, message))
    }
}

/// `{"error": {"http_code": 403, "message": "…"}}`; without a message it is no error.
pub(super) fn refusal(answer: &Value) -> Option<Failure> {
    let error = answer.get("error")?;
    let message = error.get("message")?.as_str().filter(|m| !m.is_empty())?;
    let status = error.get("http_code").and_then(Value::as_u64);
    let status = status
        .filter(|status| *status != 0)
        .and_then(|status| u16::try_from(status).ok())
        .unwrap_or(500);
    Some(Failure::Refused(refused(status, message.to_owned())))
}

/// A status that is no error's becomes 500: it would pass for success.
pub(super) fn refused(status: u16, message: String) -> Error {
    let status = StatusCode::from_u16(status)
        .ok()
        .filter(|status| status.is_client_error() || status.is_server_error())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let code = match status {
        StatusCode::INTERNAL_SERVER_ERROR => ErrorCode::UnexpectedFailure,
        _ => ErrorCode::Unknown,
    };
    Error::new(code, message).with_status(status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn gt_097_a_hook_refuses_with_a_message() {
        let refusal = |answer: Value| match refusal(&answer) {
            Some(Failure::Refused(error)) => Some((
                error.status().as_u16(),
                error.code(),
                error.message().to_owned(),
            )),
            _ => None,
        };
        let no = json!({ "error": { "http_code": 403, "message": "no" } });
        assert_eq!(
            refusal(no),
            Some((403, ErrorCode::Unknown, "no".to_owned()))
        );
        let plain = json!({ "error": { "message": "no" } });
        assert_eq!(refusal(plain).expect("a refusal").0, 500);
        let odd = json!({ "error": { "http_code": 200, "message": "no" } });
        assert_eq!(refusal(odd).expect("a refusal").0, 500);
        assert_eq!(refusal(json!({ "error": { "http_code": 403 } })), None);
        assert_eq!(refusal(json!({})), None);
    }
}
