use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::scim::schema::{self, EXTERNAL_ID, META};

fn parse(text: &str) -> Option<Filter> {
    Parser::filter(text).ok()
}

fn written(text: &str) -> String {
    match Parser::filter(text) {
        Ok(filter) => filter.to_string(),
        Err(error) => panic!("{text}: {error:?}"),
    }
}

#[test]
fn filters_of_providers_are_understood_gt_063() {
    for (sent, read) in [
        (
            r#"userName eq "ada@example.org""#,
            r#"userName eq "ada@example.org""#,
        ),
        (r#"USERNAME Eq "a\"b\u0041""#, r#"userName eq "a\"bA""#),
        (r#"externalId eq "00u1""#, r#"externalId eq "00u1""#),
        (r#"active eq "True""#, "active eq true"),
        ("(active eq true)", "active eq true"),
        (r#"emails co "@b""#, r#"emails.value co "@b""#),
        (
            r#"emails[type eq "work" and value co "@b"]"#,
            r#"emails[type eq "work" and value co "@b"]"#,
        ),
        (
            r#"userName sw "a" or active eq true and not (title pr)"#,
            r#"userName sw "a" or (active eq true and not (title pr))"#,
        ),
        (
            r#"(userName sw "a" or active eq true) and title pr"#,
            r#"(userName sw "a" or active eq true) and title pr"#,
        ),
        (
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a""#,
            r#"userName eq "a""#,
        ),
        (
            r#"meta.lastModified gt "2026-01-02T03:04:05Z""#,
            r#"meta.lastModified gt "2026-01-02T03:04:05+00:00""#,
        ),
        ("title eq null", "not (title pr)"),
        ("title ne null", "title pr"),
    ] {
        assert_eq!(written(sent), read, "{sent}");
    }
}

#[test]
fn what_is_no_filter_is_refused_gt_063() {
    let deep = format!("{}active eq true{}", "(".repeat(17), ")".repeat(17));
    let nots = format!("{}active eq true{}", "not (".repeat(17), ")".repeat(17));
    let many = vec!["active eq true"; 65].join(" or ");
    let long = format!("userName eq \"{}\"", "a".repeat(9000));
    for wrong in [
        "",
        "userName",
        "userName eq",
        "userName eq ada",
        "userName is \"a\"",
        "userName eq \"a",
        "userName eq \"a\" \"b\"",
        "userName eq \"a\" and",
        "userName eq [1]",
        "userName eq {}",
        "nothing eq \"a\"",
        "password eq \"a\"",
        "password pr",
        "active gt true",
        "active eq \"maybe\"",
        "active co \"t\"",
        "name eq \"Ada\"",
        "name.nothing eq \"Ada\"",
        "meta.created co \"2026\"",
        "meta.created gt \"soon\"",
        "title gt null",
        "emails[type eq \"work\"",
        "emails[emails[type pr]]",
        "emails[nothing pr]",
        "name[givenName pr]",
        "not active eq true",
        "(active eq true",
        "active eq true)",
        "userName eq \"a\"; drop table auth.users",
        "userName eq 'a' or 1=1",
        "urn:other:userName eq \"a\"",
        deep.as_str(),
        nots.as_str(),
        many.as_str(),
        long.as_str(),
    ] {
        assert!(parse(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn elements_are_matched_gt_063() {
    let matches = |filter: &str, element: Value| {
        let Some(Filter::Element(_, _, filter)) = parse(&format!("emails[{filter}]")) else {
            panic!("{filter}");
        };
        filter.matches(&element)
    };
    let email = || json!({ "value": "Ada@b.net", "type": "work", "primary": true });
    for (filter, expected) in [
        (r#"type eq "WORK""#, true),
        (r#"type eq "work" and primary eq true"#, true),
        (r#"value sw "ada" and not (type eq "home")"#, true),
        (r#"value ew "@b.net""#, true),
        ("display pr", false),
        (r#"display eq "x""#, false),
        (r#"display ne "x""#, true),
        ("primary ne true", false),
    ] {
        assert_eq!(matches(filter, email()), expected, "{filter}");
    }
}

/// Fields that can be compared, with what they can be compared with.
fn comparison(fields: Vec<Field>) -> impl Strategy<Value = Filter> {
    let field = prop::sample::select(fields);
    (
        field,
        any::<prop::sample::Index>(),
        ".{0,8}",
        any::<bool>(),
        0..4_000_000_000_i64,
    )
        .prop_map(|(field, operator, text, truth, seconds)| {
            let (literal, operators) = match field.kind() {
                Kind::Boolean => (Literal::Boolean(truth), 2),
                Kind::Time => {
                    let time = DateTime::from_timestamp(seconds, 0).expect("a time");
                    (Literal::Time(time), 2)
                }
                _ => (Literal::Text(text), Operator::ALL.len()),
            };
            let (_, operator) = Operator::ALL[operator.index(operators)];
            Filter::Compare(field, operator, literal)
        })
}

fn field(place: Place, attribute: &'static Attribute, part: Option<&'static Attribute>) -> Field {
    Field {
        place,
        attribute,
        part,
        is_of_element: false,
    }
}

fn fields() -> Vec<Field> {
    let mut fields = vec![field(Place::User, &EXTERNAL_ID, None)];
    let meta = META.parts().iter();
    fields.extend(meta.map(|part| field(Place::User, &META, Some(part))));
    for place in [Place::User, Place::Enterprise] {
        for attribute in place.attributes() {
            match attribute.parts() {
                _ if matches!(attribute.kind, Kind::Hidden) => {}
                [] => fields.push(field(place, attribute, None)),
                parts => {
                    fields.extend(parts.iter().map(|part| field(place, attribute, Some(part))))
                }
            }
        }
    }
    fields
}

fn combined(leaf: impl Strategy<Value = Filter> + 'static) -> impl Strategy<Value = Filter> {
    leaf.prop_recursive(3, 12, 3, |inner| {
        let list = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            list.clone().prop_map(Filter::All),
            list.prop_map(Filter::Any),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

pub(crate) fn filters() -> impl Strategy<Value = Filter> {
    let present = prop::sample::select(fields()).prop_map(Filter::Present);
    let emails = schema::find(schema::USER, "emails").expect("an attribute");
    let parts = emails.parts().iter().map(|part| Field {
        is_of_element: true,
        ..field(Place::User, emails, Some(part))
    });
    let element = combined(comparison(parts.collect()));
    let element = element.prop_map(|filter| Filter::Element(Place::User, emails, Box::new(filter)));
    combined(prop_oneof![comparison(fields()), present, element])
}

proptest! {
    #[test]
    fn a_filter_that_is_written_is_read_as_it_was(filter in filters()) {
        let text = filter.to_string();
        // Some have more comparisons than may be sent.
        if text.matches('"').count() < 60 && text.len() < 8000 {
            prop_assert_eq!(parse(&text), Some(filter), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_text_of_its_words_makes_it_panic(
        words in prop::collection::vec(prop::sample::select(vec![
            "userName", "emails", "[", "]", "(", ")", "not", "and", "or", "eq", "pr", "co", ".value",
            "\"a\"", "true", "null", "1", " ", ":", "urn:",
        ]), 0..24)
    ) {
        let _ = parse(&words.concat());
        let _ = parse(&words.join(" "));
    }
}
