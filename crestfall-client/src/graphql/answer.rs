//! Answers: `data`, or the first of the `errors`.

use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;

use crate::error::{ApiError, Error};

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    errors: Option<Vec<IgnoredAny>>,
}

/// The data of an answer.
///
/// # Errors
/// It has errors; it is no answer of GraphQL, or the data has another type.
pub(super) fn data<R: DeserializeOwned>(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<R, Error> {
    let answer: Answer<'_> = serde_json::from_slice(body)
        .map_err(|error| Error::decode("an answer of GraphQL", error))?;
    if answer.errors.is_some_and(|errors| !errors.is_empty()) {
        let error = ApiError::read(status, headers, body);
        return Err(Error::Api(Box::new(error)));
    }
    let data = answer.data.map_or("null", RawValue::get);
    serde_json::from_str(data).map_err(|error| Error::decode(std::any::type_name::<R>(), error))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::ErrorKind;

    fn read(body: &str) -> Result<Value, Error> {
        data(StatusCode::OK, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn data_comes_back_and_errors_come_first() {
        assert_eq!(read(r#"{"data":{"a":1}}"#).unwrap(), json!({ "a": 1 }));
        assert_eq!(
            read(r#"{"data":{"a":1},"errors":[]}"#).unwrap(),
            json!({ "a": 1 })
        );
        let refused = read(
            r#"{"data":{"a":null},"errors":[{"message":"no","extensions":{"code":"23505","hint":"h"}},{"message":"also"}]}"#,
        );
        let refused = refused.unwrap_err();
        let error = refused.api().unwrap();
        assert_eq!(
            (&*error.message, error.code.as_deref()),
            ("no", Some("23505"))
        );
        assert_eq!(error.hint.as_deref(), Some("h"));
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(error.body.as_ref().unwrap()["errors"][1]["message"], "also");
        assert!(matches!(read("<html>"), Err(Error::Decode { .. })));
    }
}
