//! Bodies of requests.

use proptest::prelude::*;

use super::*;
use crate::request::tests::request;

fn body(content_type: &str, body: &str) -> Result<(String, Vec<String>), String> {
    body_of("/films", content_type, body)
}

fn body_of(target: &str, content_type: &str, body: &str) -> Result<(String, Vec<String>), String> {
    let result = request("POST", target, &[("content-type", content_type)], body);
    let request = result.map_err(|error| {
        assert_eq!(error.code(), "PGRST102");
        error.message().into_owned()
    })?;
    let text = match request.payload.expect("a payload") {
        Payload::Json(json) | Payload::RawJson(json) | Payload::Raw(json) => {
            String::from_utf8(json.to_vec()).expect("text")
        }
        Payload::Form(pairs) => format!("{pairs:?}"),
    };
    let columns = request.columns.iter().map(|name| name.to_string());
    Ok((text, columns.collect()))
}

/// PR-078, PR-080
#[test]
fn json_bodies_stay_as_they_came_and_have_equal_keys() {
    const KEYS: &str = "All object keys must match";
    const INVALID: &str = "Empty or invalid json";
    for (json, expected) in [
        (r#"{"b": [1, {"x": 2}], "a":null}"#, Ok(vec!["a", "b"])),
        (
            r#"[{"a":1,"b":2}, {"b":1,"a":2,"a":3}]"#,
            Ok(vec!["a", "b"]),
        ),
        (r#"[{"a\u0062":1},{"ab":2}]"#, Ok(vec!["ab"])),
        ("[{},{}]", Ok(vec![])),
        ("[]", Ok(vec![])),
        (r#"[{"a":1},{"b":1}]"#, Err(KEYS)),
        (r#"[{"a":1},{"a":1,"b":1}]"#, Err(KEYS)),
        (r#"[{"a":1,"b":1},{"a":1,"a":1}]"#, Err(KEYS)),
        (r#"[{"a":1},[]]"#, Err(KEYS)),
        (r#"[{"a":1},null]"#, Err(KEYS)),
        ("[1]", Err(KEYS)),
        (r#"["a", {"a":1}]"#, Err(KEYS)),
        ("", Err(INVALID)),
        ("}{ x = 2", Err(INVALID)),
        (r#"[{"a":1},{"b":1}"#, Err(INVALID)),
        (r#"[1, {"a" 1}]"#, Err(INVALID)),
        ("{} {}", Err(INVALID)),
    ] {
        let expected = match expected {
            Ok(keys) => Ok((
                json.to_owned(),
                keys.into_iter().map(str::to_owned).collect(),
            )),
            Err(message) => Err(message.to_owned()),
        };
        assert_eq!(body("application/json", json), expected, "{json}");
    }
    for scalar in ["1", "\"a\"", "null", "true", "-1.5"] {
        assert_eq!(body("application/json", scalar), Ok(("[]".into(), vec![])));
    }
    let raw = body_of("/films?columns=z", "application/json", "not json");
    assert_eq!(raw, Ok(("not json".into(), vec!["z".into()])));
    let empty = body_of("/rpc/f", "application/json", "");
    assert_eq!(empty, Ok((String::new(), vec![])));
}

#[test]
fn wide_objects_are_compared_by_key_too() {
    let row = |order: &mut dyn Iterator<Item = usize>| {
        let members: Vec<String> = order.map(|i| format!("\"k{i}\":{i}")).collect();
        format!("{{{}}}", members.join(","))
    };
    let rows = [
        row(&mut (0..40)),
        row(&mut (0..40).rev()),
        row(&mut (1..41)),
    ];
    let same = format!("[{},{}]", rows[0], rows[1]);
    assert_eq!(body("application/json", &same).expect("equal").1.len(), 40);
    let differs = format!("[{},{}]", rows[0], rows[2]);
    assert!(body("application/json", &differs).is_err());
}

/// A body that nests without end takes no stack.
#[test]
fn a_deep_body_is_harmless() {
    for text in ["[", "{\"a\":", "[{\"a\":[", "[1,["] {
        let error = body("application/json", &text.repeat(200_000));
        assert_eq!(error, Err("Empty or invalid json".into()));
    }
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let json = format!("{{\"a\":{deep}}}");
    assert_eq!(body("application/json", &json).expect("valid").1, ["a"]);
}

/// PR-081, PR-125, PR-126
#[test]
fn other_bodies_become_json_or_stay() {
    let csv = "a,b\nfoo,NULL\n\"x \"\"y\"\"\",\"1\n2\"\n";
    assert_eq!(
        body("text/csv", csv),
        Ok((
            r#"[{"a":"foo","b":null},{"a":"x \"y\"","b":"1\n2"}]"#.into(),
            vec!["a".into(), "b".into()]
        ))
    );
    assert_eq!(
        body("text/csv", "a,b\nfoo,bar\nbaz"),
        Err("All lines must have same number of fields".into())
    );
    assert_eq!(body("text/csv", "a,b\n"), Ok(("[]".into(), vec![])));
    assert!(body("text/csv", "").is_err());
    let form = "application/x-www-form-urlencoded";
    assert_eq!(
        body(form, "b=x+y&a=%26&b=z"),
        Ok((r#"{"a":"&","b":"z"}"#.into(), vec!["a".into(), "b".into()]))
    );
    assert_eq!(
        body_of("/rpc/f", form, "a=1&a=2&b"),
        Ok((
            r#"[("a", "1"), ("a", "2"), ("b", "")]"#.into(),
            vec!["a".into(), "b".into()]
        ))
    );
    for content_type in ["text/plain", "text/xml; x=y", "application/octet-stream"] {
        assert_eq!(
            body_of("/rpc/f", content_type, "<a/>"),
            Ok(("<a/>".into(), vec![]))
        );
        assert!(body(content_type, "<a/>").is_err());
    }
    assert_eq!(
        body("application/pdf", ""),
        Err("Content-Type not acceptable: application/pdf".into())
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..60), columns in any::<bool>()) {
        let columns = columns.then(BTreeSet::new);
        for kind in [MediaType::Json, MediaType::Csv, MediaType::UrlEncoded, MediaType::Text] {
            for to_routine in [false, true] {
                let body = Bytes::from(body.clone());
                let _ = Payload::check(body, &kind, columns.as_ref(), to_routine);
            }
        }
    }

    #[test]
    fn csv_values_come_through_as_json(rows in prop::collection::vec(("\\PC{0,8}", "[a-z,\"\n]{1,8}"), 1..5)) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["a", "b"]).expect("memory");
        for (a, b) in &rows {
            writer.write_record([a, b]).expect("memory");
        }
        let text = writer.into_inner().expect("memory");
        let (payload, _) = Payload::check(text.into(), &MediaType::Csv, None, false).expect("csv");
        let Payload::Json(json) = payload else { panic!("json") };
        let parsed: Vec<serde_json::Value> = serde_json::from_slice(&json).expect("json");
        prop_assert_eq!(parsed.len(), rows.len());
        for (object, (a, b)) in parsed.iter().zip(&rows) {
            prop_assert_eq!(object["a"].as_str().unwrap_or("NULL"), a);
            prop_assert_eq!(object["b"].as_str(), Some(&**b));
        }
    }
}
