//! `@graphql({...})` in comments.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A comment that cannot be understood, told to the client as the reason why there is no schema.
const PREFIX: &str = "Error while loading schema, check comment directives. ";

/// `max_rows` where nobody says anything.
const DEFAULT_MAX_ROWS: u64 = 30;

/// Of a schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct SchemaDirectives {
    pub(super) inflects: bool,
    pub(super) max_rows: u64,
    pub(super) introspection: bool,
    /// It has more than pg_graphql's.
    pub(super) extended: bool,
}

impl Default for SchemaDirectives {
    fn default() -> Self {
        Self {
            inflects: false,
            max_rows: DEFAULT_MAX_ROWS,
            introspection: false,
            extended: false,
        }
    }
}

impl SchemaDirectives {
    /// What the comment says; `extended` where it does not say whether there is more.
    pub(super) fn read(comment: Option<&str>, extended: bool) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Written {
            inflect_names: Option<Value>,
            introspection: Option<Value>,
            max_rows: Option<u64>,
            extended: Option<Value>,
        }
        let Written {
            inflect_names,
            introspection,
            max_rows,
            extended: own,
        } = directives(comment)?;
        Ok(Self {
            inflects: inflect_names == Some(Value::Bool(true)),
            introspection: introspection == Some(Value::Bool(true)),
            max_rows: max_rows.unwrap_or(DEFAULT_MAX_ROWS),
            extended: own.as_ref().and_then(Value::as_bool).unwrap_or(extended),
        })
    }
}

/// Of a relation.
#[derive(Debug, Default, Deserialize)]
pub(super) struct TableDirectives {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    #[serde(rename = "totalCount")]
    total_count: Option<Switch>,
    aggregate: Option<Switch>,
    pub(super) primary_key_columns: Option<Vec<String>>,
    pub(super) foreign_keys: Option<Vec<ForeignKeyDirective>>,
    pub(super) max_rows: Option<u64>,
}

impl TableDirectives {
    pub(super) fn counts(&self) -> bool {
        self.total_count.as_ref().is_some_and(Switch::is_on)
    }

    pub(super) fn aggregates(&self) -> bool {
        self.aggregate.as_ref().is_some_and(Switch::is_on)
    }
}

/// `{"enabled": true}`
#[derive(Debug, Deserialize)]
struct Switch {
    enabled: Option<Value>,
}

impl Switch {
    fn is_on(&self) -> bool {
        match &self.enabled {
            Some(Value::Bool(on)) => *on,
            Some(Value::String(text)) => text == "true",
            _ => false,
        }
    }
}

/// A foreign key of what has none in the database.
#[derive(Debug, Deserialize)]
pub(super) struct ForeignKeyDirective {
    pub(super) local_name: Option<String>,
    pub(super) local_columns: Vec<String>,
    pub(super) foreign_name: Option<String>,
    pub(super) foreign_schema: String,
    pub(super) foreign_table: String,
    pub(super) foreign_columns: Vec<String>,
}

/// Of a column or function.
#[derive(Debug, Default, Deserialize)]
pub(super) struct NameDirectives {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
}

/// Of a foreign key.
#[derive(Debug, Default, Deserialize)]
pub(super) struct KeyDirectives {
    pub(super) local_name: Option<String>,
    pub(super) foreign_name: Option<String>,
}

/// Of an enum.
#[derive(Debug, Default, Deserialize)]
pub(super) struct EnumDirectives {
    pub(super) name: Option<String>,
    pub(super) mappings: Option<BTreeMap<String, String>>,
}

/// The directives in a comment; what it does not name is left at its default.
///
/// # Errors
/// The message for the client.
pub(super) fn directives<T: DeserializeOwned>(comment: Option<&str>) -> Result<T, String> {
    let text = comment.and_then(written).unwrap_or("{}");
    let value: Value = serde_json::from_str(text).map_err(|error| format!("{PREFIX}{error}"))?;
    serde_json::from_value(value).map_err(|error| format!("{PREFIX}{error}"))
}

/// What stands between the parentheses.
fn written(comment: &str) -> Option<&str> {
    const MARK: &str = "@graphql(";
    let start = comment.find(MARK)? + MARK.len();
    let end = comment.rfind(')')?;
    comment.get(start..end).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_stand_anywhere_in_a_comment_gq_006() {
        let comment = "The customers. @graphql({\"name\": \"Client (old)\"}) See (1";
        let found: NameDirectives = directives(Some(comment)).unwrap();
        assert_eq!(found.name.as_deref(), Some("Client (old)"));
        let none: NameDirectives = directives(Some("no directive (at all)")).unwrap();
        assert!(none.name.is_none());
    }

    #[test]
    fn a_directive_that_makes_no_sense_is_told() {
        let error =
            directives::<TableDirectives>(Some("@graphql({\"max_rows\": -1})")).unwrap_err();
        assert_eq!(
            error,
            "Error while loading schema, check comment directives. invalid value: integer `-1`, expected u64"
        );
        assert!(directives::<NameDirectives>(Some("@graphql({name)")).is_err());
    }

    #[test]
    fn a_schema_decides_for_itself_whether_it_is_extended() {
        let read =
            |comment, otherwise| SchemaDirectives::read(comment, otherwise).unwrap().extended;
        assert!(read(None, true) && !read(None, false));
        assert!(!read(Some("@graphql({\"extended\": false})"), true));
        assert!(read(Some("@graphql({\"extended\": true})"), false));
    }

    #[test]
    fn switches_are_off_unless_they_are_on_gq_017() {
        let table = |text: &str| directives::<TableDirectives>(Some(text)).unwrap();
        assert!(table("@graphql({\"totalCount\": {\"enabled\": true}})").counts());
        assert!(!table("@graphql({\"totalCount\": {}})").counts());
        assert!(!table("").aggregates());
    }
}
