use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::scim::schema::ENTERPRISE_URN;

/// A user after these operations.
fn patched(operations: Value) -> ScimResult<Value> {
    let mut user = before().as_object().cloned().expect("an object");
    let body = json!({ "Operations": operations });
    apply(&mut user, body.as_object().expect("an object"))?;
    Ok(Value::Object(user))
}

fn before() -> Value {
    json!({
        "userName": "ada", "externalId": "1",
        "name": { "givenName": "Ada", "familyName": "Byron" },
        "emails": [
            { "value": "a@work.net", "type": "work", "primary": true },
            { "value": "a@home.net", "type": "home" },
        ],
        ENTERPRISE_URN: { "department": "Engines" },
    })
}

/// What is different from before, member by member; null for what is gone.
fn difference(after: &Value) -> Value {
    let (before, after) = (before(), after.as_object().expect("an object"));
    let before = before.as_object().expect("an object");
    let mut changed = Map::new();
    for name in before.keys().chain(after.keys()) {
        let (old, new) = (before.get(name), after.get(name));
        if old != new {
            changed.insert(name.clone(), new.cloned().unwrap_or(Value::Null));
        }
    }
    Value::Object(changed)
}

#[test]
fn operations_of_providers_do_what_they_mean_gt_063() {
    let home = json!({ "value": "a@home.net", "type": "home" });
    for (operations, expected) in [
        // Okta.
        (
            json!([{ "op": "replace", "value": { "active": false } }]),
            json!({ "active": false }),
        ),
        // Entra ID, with and without its flag for compliance.
        (
            json!([{ "op": "Replace", "path": "active", "value": "False" }]),
            json!({ "active": false }),
        ),
        (
            json!([{ "op": "Replace", "path": "active", "value": [{ "value": "True" }] }]),
            json!({ "active": true }),
        ),
        (
            json!([{ "op": "Add", "path": "name.familyName", "value": "Lovelace" }]),
            json!({ "name": { "givenName": "Ada", "familyName": "Lovelace" } }),
        ),
        (
            json!([{ "op": "Replace", "value": {
                "name.familyName": "Lovelace", "displayName": "Ada", "id": "7", "meta": {},
                format!("{ENTERPRISE_URN}:department"): "Numbers",
            } }]),
            json!({
                "name": { "givenName": "Ada", "familyName": "Lovelace" }, "displayName": "Ada",
                ENTERPRISE_URN: { "department": "Numbers" },
            }),
        ),
        (
            json!([{ "op": "add", "value": { ENTERPRISE_URN: { "division": "North" } } }]),
            json!({ ENTERPRISE_URN: { "department": "Engines", "division": "North" } }),
        ),
        (
            json!([{ "op": "Add", "path": format!("{ENTERPRISE_URN}:manager"), "value": "boss" }]),
            json!({ ENTERPRISE_URN: { "department": "Engines", "manager": { "value": "boss" } } }),
        ),
        (
            json!([{ "op": "remove", "path": format!("{ENTERPRISE_URN}:department") }]),
            json!({ ENTERPRISE_URN: null }),
        ),
        (
            json!([{
                "op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@work.net",
            }]),
            json!({ "emails": [
                { "value": "new@work.net", "type": "work", "primary": true }, home.clone(),
            ] }),
        ),
        // There is none of this kind yet.
        (
            json!([{
                "op": "Add", "path": "emails[type eq \"other\"].value", "value": "x@other.net",
            }]),
            json!({ "emails": [
                { "value": "a@work.net", "type": "work", "primary": true }, home.clone(),
                { "value": "x@other.net", "type": "other" },
            ] }),
        ),
        (
            json!([{ "op": "add", "path": "emails", "value": [
                { "value": "n@n.net", "primary": true }, home.clone(),
            ] }]),
            json!({ "emails": [
                { "value": "a@work.net", "type": "work", "primary": false }, home.clone(),
                { "value": "n@n.net", "primary": true },
            ] }),
        ),
        (
            json!([{ "op": "replace", "path": "emails", "value": "n@n.net" }]),
            json!({ "emails": [{ "value": "n@n.net" }] }),
        ),
        (
            json!([{ "op": "remove", "path": "emails[type eq \"work\"]" }]),
            json!({ "emails": [home.clone()] }),
        ),
        (
            json!([{ "op": "remove", "path": "emails", "value": [{ "value": "a@work.net" }] }]),
            json!({ "emails": [home.clone()] }),
        ),
        (
            json!([{ "op": "remove", "path": "emails" }]),
            json!({ "emails": null }),
        ),
        (
            json!([{ "op": "remove", "path": "emails[type eq \"work\"].primary" }]),
            json!({ "emails": [{ "value": "a@work.net", "type": "work" }, home.clone()] }),
        ),
        (
            json!([{ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": "true" }]),
            json!({ "emails": [
                { "value": "a@work.net", "type": "work", "primary": false },
                { "value": "a@home.net", "type": "home", "primary": true },
            ] }),
        ),
        (
            json!([{ "op": "replace", "path": "name", "value": { "familyName": "Lovelace" } }]),
            json!({ "name": { "givenName": "Ada", "familyName": "Lovelace" } }),
        ),
        // What nobody knows.
        (
            json!([{ "op": "add", "path": "favouriteColour", "value": "blue" }]),
            json!({}),
        ),
        (
            json!([{ "op": "add", "path": "urn:other:thing", "value": "blue" }]),
            json!({}),
        ),
        // Later ones count on former ones.
        (
            json!([
                { "op": "remove", "path": "name" },
                { "op": "add", "path": "name.givenName", "value": "Ada" },
            ]),
            json!({ "name": { "givenName": "Ada" } }),
        ),
    ] {
        let after =
            patched(operations.clone()).unwrap_or_else(|error| panic!("{operations}: {error:?}"));
        assert_eq!(difference(&after), expected, "{operations}");
    }
}

#[test]
fn what_cannot_be_done_is_refused_gt_063() {
    for operations in [
        json!({}),
        json!([1]),
        json!([{ "op": "move", "path": "active" }]),
        json!([{ "path": "active", "value": true }]),
        json!([{ "op": "remove" }]),
        json!([{ "op": "add", "value": "x" }]),
        json!([{ "op": "add", "path": 7, "value": "x" }]),
        json!([{ "op": "replace", "path": "id", "value": "x" }]),
        json!([{ "op": "replace", "path": "meta.created", "value": "x" }]),
        json!([{ "op": "replace", "path": "active", "value": "perhaps" }]),
        json!([{ "op": "replace", "path": "name[givenName eq \"x\"]", "value": "x" }]),
        json!([{ "op": "replace", "path": "emails[type eq \"x\"", "value": "x" }]),
        json!([{ "op": "replace", "path": "emails[type eq \"x\"]value", "value": "x" }]),
        json!([{ "op": "replace", "path": "emails[type eq \"x\"].nothing", "value": "x" }]),
        json!([{ "op": "replace", "path": "emails[type co \"x\"].value", "value": "x" }]),
        json!([{ "op": "replace", "path": "name.nothing", "value": "x" }]),
        json!([{ "op": "replace", "path": "active; drop", "value": true }]),
        json!([{ "op": "replace", "path": "'][", "value": true }]),
        json!([{ "op": "add", "path": "emails", "value": vec!["a@b.net"; 101] }]),
        Value::Array(vec![json!({ "op": "remove", "path": "title" }); 501]),
    ] {
        assert!(patched(operations.clone()).is_err(), "{operations}");
    }
}

proptest! {
    #[test]
    fn no_path_makes_it_panic(path in ".{0,40}", op in prop::sample::select(vec!["add", "replace", "remove"])) {
        let _ = patched(json!([{ "op": op, "path": path, "value": { "a": "b" } }]));
    }

    #[test]
    fn the_form_is_kept_whatever_is_done(
        paths in prop::collection::vec(prop::sample::select(vec![
            "userName", "name", "name.givenName", "emails", "emails.value", "emails[type eq \"work\"]",
            "emails[not (type eq \"work\")].value", "emails[primary eq true].type", "active", "roles",
        ]), 1..6),
        values in prop::collection::vec(prop::sample::select(vec![
            json!(null), json!("x"), json!(true), json!([]), json!({}), json!({ "value": "v" }),
            json!([{ "value": "v", "primary": true }]), json!({ "givenName": "G" }), json!(["a", "b"]),
        ]), 6),
        ops in prop::collection::vec(prop::sample::select(vec!["add", "replace", "remove"]), 6),
    ) {
        for ((path, value), op) in paths.iter().zip(&values).zip(&ops) {
            if let Ok(user) = patched(json!([{ "op": op, "path": path, "value": value }])) {
                let user = user.as_object().expect("an object");
                prop_assert_eq!(&schema::user(user).expect("a user"), user);
            }
        }
    }
}
