use serde_json::json;

use super::*;

fn shaped(user: Value) -> ScimResult<Value> {
    super::user(user.as_object().expect("an object")).map(Value::Object)
}

#[test]
fn what_clients_send_gets_one_form_gt_063() {
    let sent = json!({
        "schemas": ["x"], "id": "1", "meta": {}, "groups": [{ "value": "g" }], "unknown": { "a": [1] },
        "USERNAME": "ada", "active": "False", "displayName": null, "title": "",
        "name": { "GIVENNAME": "Ada", "unknown": 1, "familyName": "" },
        "emails": [
            { "value": "a@b.net", "primary": "True", "extra": 1 },
            { "value": "c@d.net", "primary": true },
            {},
        ],
        "phoneNumbers": { "value": 123, "type": "work" },
        "roles": ["admin"],
        "addresses": [],
        "urn:ietf:params:scim:schemas:extension:Enterprise:2.0:user": {
            "department": "Engines", "manager": "boss", "employeeNumber": 7,
        },
    });
    let user = json!({
        "userName": "ada", "active": false,
        "name": { "givenName": "Ada" },
        "emails": [
            { "value": "a@b.net", "primary": true },
            { "value": "c@d.net", "primary": false },
        ],
        "phoneNumbers": [{ "value": "123", "type": "work" }],
        "roles": [{ "value": "admin" }],
        ENTERPRISE_URN: {
            "department": "Engines", "manager": { "value": "boss" }, "employeeNumber": "7",
        },
    });
    let shaped = shaped(sent).expect("a user");
    assert_eq!(shaped, user);
    // What has the form keeps it.
    assert_eq!(
        super::user(shaped.as_object().unwrap()).unwrap(),
        *user.as_object().unwrap()
    );
}

#[test]
fn values_of_other_types_are_refused_gt_063() {
    for wrong in [
        json!({ "userName": {} }),
        json!({ "userName": ["a", "b"] }),
        json!({ "userName": true }),
        json!({ "userName": "a".repeat(5000) }),
        json!({ "active": "yes" }),
        json!({ "active": 1 }),
        json!({ "name": "Ada" }),
        json!({ "name": ["Ada"] }),
        json!({ "emails": [1] }),
        json!({ "emails": [{ "value": ["x"] , "type": ["y", "z"] }] }),
        json!({ "emails": vec!["a@b.net"; 101] }),
        json!({ ENTERPRISE_URN: "x" }),
    ] {
        assert!(shaped(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn names_have_their_schema_or_none() {
    assert_eq!(resolve("active"), Some((Place::User, "active")));
    let name = format!("{USER_URN}:name.givenName");
    assert_eq!(resolve(&name), Some((Place::User, "name.givenName")));
    let name = format!("{}:department", ENTERPRISE_URN.to_uppercase());
    assert_eq!(resolve(&name), Some((Place::Enterprise, "department")));
    assert_eq!(resolve(ENTERPRISE_URN), Some((Place::Enterprise, "")));
    assert_eq!(resolve("urn:of:another:x"), None);
    assert_eq!(resolve("é"), Some((Place::User, "é")));
}
