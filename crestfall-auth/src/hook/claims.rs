//! What a hook may make of a token's claims.

use serde_json::{Map, Value};

use crate::error::{Error, ErrorCode, Result};

/// The largest set of claims, in bytes of JSON: a token of more passes no usual proxy.
const MAX_CLAIMS: usize = 16 << 10;

type Is = fn(&Value) -> bool;

const REQUIRED: [&str; 10] = [
    "aud",
    "exp",
    "iat",
    "sub",
    "email",
    "phone",
    "role",
    "aal",
    "session_id",
    "is_anonymous",
];

/// The types of claims that have one, and what they are called.
const TYPES: [(&str, &str, Is); 15] = [
    ("aud", "string or array", |v| v.is_string() || v.is_array()),
    ("exp", "integer", is_integer),
    ("jti", "string", Value::is_string),
    ("iat", "integer", is_integer),
    ("iss", "string", Value::is_string),
    ("nbf", "integer", is_integer),
    ("sub", "string", Value::is_string),
    ("email", "string", Value::is_string),
    ("phone", "string", Value::is_string),
    ("app_metadata", "object", Value::is_object),
    ("user_metadata", "object", Value::is_object),
    ("role", "string", Value::is_string),
    ("aal", "string", Value::is_string),
    ("amr", "array", is_list_of_methods),
    ("session_id", "string", Value::is_string),
];

/// The claims that the hook gave, if they make a token of the same session.
pub(super) fn check(mut output: Value, before: &Map<String, Value>) -> Result<Map<String, Value>> {
    let internal = |message: String| Error::new(ErrorCode::UnexpectedFailure, message);
    let claims = match output.get_mut("claims").map(Value::take) {
        Some(Value::Object(claims)) => claims,
        Some(_) => return Err(internal("Error unmarshaling JSON output.".to_owned())),
        None => return Err(internal("output claims field is missing".to_owned())),
    };
    let mut wrong = Vec::new();
    for name in REQUIRED {
        if !claims.contains_key(name) {
            wrong.push(format!("- (root): {name} is required"));
        }
    }
    for (name, kind, is) in TYPES {
        if claims.get(name).is_some_and(|value| !is(value)) {
            wrong.push(format!("- {name}: Invalid type. Expected: {kind}"));
        }
    }
    // A token of another user or session would outlive the end of its own.
    for name in ["sub", "session_id"] {
        if claims.contains_key(name) && claims.get(name) != before.get(name) {
            wrong.push(format!("- {name}: must not be changed"));
        }
    }
    if !wrong.is_empty() {
        return Err(internal(format!(
            "output claims do not conform to the expected schema: \n{}",
            wrong.join("\n")
        )));
    }
    let size = serde_json::to_vec(&claims).map_or(usize::MAX, |json| json.len());
    match size <= MAX_CLAIMS {
        true => Ok(claims),
        false => Err(Error::new(
            ErrorCode::HookPayloadOverSizeLimit,
            format!("Payload size exceeded size limit of {MAX_CLAIMS} bytes"),
        )),
    }
}

/// JSON of the database has no integers of its own: `1e3` is one.
fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
}

fn is_list_of_methods(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|list| list.iter().all(|v| v.is_string() || v.is_object()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims() -> Map<String, Value> {
        let claims = json!({
            "aud": "authenticated", "exp": 2, "iat": 1, "sub": "s", "email": "", "phone": "",
            "role": "authenticated", "aal": "aal1", "session_id": "i", "is_anonymous": false,
        });
        claims.as_object().cloned().expect("an object")
    }

    fn refused(output: Value) -> String {
        check(output, &claims())
            .expect_err("a refusal")
            .message()
            .to_owned()
    }

    #[test]
    fn gt_095_claims_that_a_token_needs_are_checked() {
        let mut more = claims();
        more.insert("org".into(), "acme".into());
        more.insert("role".into(), "editor".into());
        let kept = check(json!({ "claims": more }), &claims()).expect("claims");
        assert_eq!(kept, more);
        assert_eq!(refused(json!({})), "output claims field is missing");
        let mut less = claims();
        less.remove("role");
        less.insert("exp".into(), "soon".into());
        let message = refused(json!({ "claims": less }));
        assert!(message.contains("role is required"), "{message}");
        assert!(message.contains("exp: Invalid type. Expected: integer"));
    }

    #[test]
    fn a_hook_cannot_make_a_token_of_another_user_or_session_or_of_any_size() {
        for name in ["sub", "session_id"] {
            let mut other = claims();
            other.insert(name.into(), "another".into());
            assert!(refused(json!({ "claims": other })).contains("must not be changed"));
        }
        let mut large = claims();
        large.insert("x".into(), "x".repeat(MAX_CLAIMS).into());
        assert!(refused(json!({ "claims": large })).contains("size limit"));
    }
}
