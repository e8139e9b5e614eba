//! The schema that a role sees.

use crestfall_graphql::Introspection;
use serde_json::{Value, json};

use crate::api::Api;

async fn fields(api: &Api, of: &str) -> Vec<String> {
    let query = format!("{{ __type(name: \"{of}\") {{ fields {{ name }} }} }}");
    let data = api.data(&query).await;
    names(&data["__type"]["fields"])
}

fn names(list: &Value) -> Vec<String> {
    let items = list.as_array().cloned().unwrap_or_default();
    items
        .iter()
        .map(|item| item["name"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn a_role_sees_what_it_may_use_gq_002_gq_004() {
    let api = Api::new().await;
    let query = fields(&api, "Query").await;
    for shown in [
        "bookCollection",
        "bookByPk",
        "writerCollection",
        "node",
        "add",
        "booksBy",
    ] {
        assert!(query.contains(&shown.to_owned()), "{shown}: {query:?}");
    }
    for hidden in [
        "unkeyedCollection",
        "memberCollection",
        "loanCollection",
        "__type",
    ] {
        assert!(!query.contains(&hidden.to_owned()), "{hidden}");
    }
    assert_eq!(fields(&api, "Secret").await, ["nodeId", "id", "visible"]);
    // No key whose other side is hidden.
    assert!(
        !fields(&api, "Book")
            .await
            .contains(&"loanCollection".to_owned())
    );
    let as_member = "{ __type(name: \"Mutation\") { fields { name args { name defaultValue type { kind } } } } }";
    let answer = api.ask_as("ann", as_member, json!({})).await;
    let mutation = names(&answer["data"]["__type"]["fields"]);
    for shown in [
        "insertIntoBookCollection",
        "updateWriterCollection",
        "deleteFromLoanCollection",
        "renameBook",
    ] {
        assert!(
            mutation.contains(&shown.to_owned()),
            "{shown}: {mutation:?}"
        );
    }
}

#[tokio::test]
async fn names_and_descriptions_come_from_comments_gq_005_gq_006_gq_007() {
    let api = Api::new().await;
    let data = api
        .data("{ __type(name: \"Writer\") { description kind interfaces { name } fields { name description type { kind name ofType { name } } } } }")
        .await;
    let writer = &data["__type"];
    assert_eq!(writer["description"], "Who writes");
    assert_eq!(writer["interfaces"], json!([{ "name": "Node" }]));
    let expected = [
        ("nodeId", "ID"),
        ("id", "Int"),
        ("fullName", "String"),
        ("birthday", "Date"),
        ("bookCollection", "BookConnection"),
        ("editedBooks", "BookConnection"),
        ("longBooks", "LongBookConnection"),
    ];
    let found: Vec<(String, String)> = writer["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            let of = &field["type"];
            let of = of["name"].as_str().or(of["ofType"]["name"].as_str());
            (
                field["name"].as_str().unwrap().to_owned(),
                of.unwrap_or_default().to_owned(),
            )
        })
        .collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(name, of)| (&**name, &**of)).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn enums_are_types_with_their_mappings_gq_008_gq_041() {
    let api = Api::new().await;
    let data = api
        .data("{ __type(name: \"Genre\") { kind enumValues { name } } }")
        .await;
    assert_eq!(data["__type"]["kind"], "ENUM");
    assert_eq!(
        names(&data["__type"]["enumValues"]),
        ["novel", "NON_FICTION", "poetry"]
    );
}

#[tokio::test]
async fn introspection_is_off_until_a_schema_turns_it_on_gq_009() {
    let api = Api::over(
        "comment on schema library is '@graphql({\"inflect_names\": true})'",
        |_| {},
    )
    .await;
    let refusal = api.refusal("{ __schema { types { name } } }").await;
    assert_eq!(refusal, "Unknown field \"__schema\" on type Query");
    let answer = api
        .ask("{ __type(name: \"Book\") { name } add(a: 1) }")
        .await;
    assert_eq!(answer["data"], json!({ "add": 11 }));
}

#[tokio::test]
async fn a_schema_that_does_not_show_itself_stays_hidden_beside_one_that_does_gq_009() {
    let more = "create schema vault; grant usage on schema vault to anon;
        create table vault.gold (id int primary key); grant select on vault.gold to anon;
        create type vault.metal as enum ('au'); create table library.coin (id int primary key, metal vault.metal);
        grant select on library.coin to anon";
    let api = Api::over(more, |config| config.schemas.push("vault".into())).await;
    let data = api.data("{ __type(name: \"gold\") { name } __schema { types { name } queryType { fields { name } } } goldCollection { edges { cursor } } }").await;
    assert_eq!(data["__type"], Value::Null);
    let types = names(&data["__schema"]["types"]);
    assert!(
        types.contains(&"Book".to_owned())
            && !types
                .iter()
                .any(|name| name.starts_with("gold") || name == "metal")
    );
    assert!(
        !names(&data["__schema"]["queryType"]["fields"]).contains(&"goldCollection".to_owned())
    );
    assert_eq!(data["goldCollection"]["edges"], json!([]));
}

#[tokio::test]
async fn a_comment_that_makes_no_sense_is_told_gq_006() {
    let more = "comment on table library.cover is '@graphql({\"max_rows\": \"many\"})'";
    let api = Api::over(more, |_| {}).await;
    let refusal = api.refusal("{ add(a: 1) }").await;
    assert!(
        refusal.starts_with("Error while loading schema, check comment directives."),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_new_catalogue_brings_a_new_schema_gq_011() {
    let api = Api::new().await;
    let query = "{ shelfCollection { edges { cursor } } }";
    assert!(api.refusal(query).await.starts_with("Unknown field"));
    api.db.execute("create table library.shelf (id int primary key); grant select on library.shelf to anon").await;
    api.reload().await;
    api.data(query).await;
}

/// The query of graphql-js, which GraphiQL and code generators send.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { queryType { name } mutationType { name } subscriptionType { name }
    types { ...FullType } directives { name description locations args { ...InputValue } } } }
    fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description args { ...InputValue }
      type { ...TypeRef } isDeprecated deprecationReason } inputFields { ...InputValue } interfaces { ...TypeRef }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }";

#[tokio::test]
async fn every_type_that_is_named_is_told_gq_009() {
    let api = Api::new().await;
    for role in ["", "ann"] {
        let answer = match role {
            "" => api.ask(INTROSPECTION).await,
            subject => api.ask_as(subject, INTROSPECTION, json!({})).await,
        };
        let types = answer["data"]["__schema"]["types"]
            .as_array()
            .unwrap()
            .clone();
        let told: Vec<&str> = types
            .iter()
            .map(|of| of["name"].as_str().unwrap())
            .collect();
        let mut sorted = told.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(told, sorted, "types are told once, in order");
        let mut named = Vec::new();
        collect_names(&json!(types), &mut named);
        for name in named {
            assert!(
                told.contains(&name.as_str()),
                "{name} is named but not told"
            );
        }
    }
}

/// The names of types in references to them.
fn collect_names(value: &Value, named: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_names(item, named)),
        Value::Object(members) => {
            for (key, value) in members {
                if matches!(key.as_str(), "type" | "ofType")
                    && let Some(name) = value["name"].as_str()
                {
                    named.push(name.to_owned());
                }
                collect_names(value, named);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn who_has_no_credential_does_not_see_what_no_policy_holds_d2() {
    let more = "
        create table library.shelf (id int primary key);
        create table library.notice (id int primary key);
        comment on table library.notice is '@public';
        grant select on library.shelf, library.notice to anon, authenticated;";
    let api = Api::over(more, |config| config.protects_anonymous = true).await;
    let seen = fields(&api, "Query").await;
    assert!(seen.contains(&"noticeCollection".to_owned()), "{seen:?}");
    assert!(!seen.contains(&"shelfCollection".to_owned()), "{seen:?}");
    let refused = api
        .ask("{ shelfCollection { edges { node { id } } } }")
        .await;
    assert!(refused["data"].is_null(), "{refused}");
    let shelf = "{ shelfCollection { edges { node { id } } } }";
    let member = api.ask_as("ann", shelf, json!({})).await;
    assert_eq!(member["data"]["shelfCollection"]["edges"], json!([]));
    // Unless it is asked for, as with pg_graphql.
    let api = Api::over(more, |_| {}).await;
    let seen = fields(&api, "Query").await;
    assert!(seen.contains(&"shelfCollection".to_owned()), "{seen:?}");
}

#[tokio::test]
async fn who_may_introspect_is_a_setting_by_role_gq_009_d39() {
    let is_told = |answer: &Value| answer["errors"].is_null();
    let query = "{ __schema { queryType { name } } __type(name: \"Book\") { name } }";
    // The fixture's comment turns it on.
    for (general, of_anon, anon, member) in [
        (Introspection::Comment, None, true, true),
        (
            Introspection::Comment,
            Some(Introspection::Off),
            false,
            true,
        ),
        (Introspection::Off, None, false, false),
        (Introspection::Off, Some(Introspection::On), true, false),
        (
            Introspection::Off,
            Some(Introspection::Comment),
            true,
            false,
        ),
    ] {
        let api = Api::over("", |config| {
            config.introspection = general;
            let of_anon = of_anon.map(|of_anon| ("anon".to_owned(), of_anon));
            config.role_introspection.extend(of_anon);
        })
        .await;
        let answer = api.ask(query).await;
        assert_eq!(is_told(&answer), anon, "{general:?} {of_anon:?}: {answer}");
        let answer = api.ask_as("ann", query, json!({})).await;
        assert_eq!(
            is_told(&answer),
            member,
            "{general:?} {of_anon:?}: {answer}"
        );
        // Rows are answered all the same, and the name of a row's type is no introspection.
        let row = api.data("{ bookByPk(id: 1) { __typename title } }").await;
        assert_eq!(row["bookByPk"]["__typename"], "Book");
    }
    let without = "comment on schema library is null";
    for (introspection, is_on) in [(Introspection::Comment, false), (Introspection::On, true)] {
        let api = Api::over(without, |config| config.introspection = introspection).await;
        let answer = api.ask("{ __type(name: \"book\") { name } }").await;
        assert_eq!(is_told(&answer), is_on, "{answer}");
    }
}
