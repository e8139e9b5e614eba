//! Cursors and node ids: JSON arrays in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::{Data, Given, scalar};

/// The values in a cursor.
///
/// # Errors
/// The message for the client.
pub(crate) fn cursor(text: &str) -> Result<Vec<Given>, String> {
    let failed = |number: u8| move || format!("Failed to decode cursor, error {number}");
    let bytes = STANDARD.decode(text).map_err(|_| failed(1)())?;
    let text = String::from_utf8(bytes).map_err(|_| failed(2)())?;
    match serde_json::from_str(&text).map_err(|_| failed(3)())? {
        Json::Array(items) => Ok(items.iter().map(value).collect()),
        _ => Err(failed(4)()),
    }
}

/// A row that a node id names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NodeId {
    pub(crate) schema: String,
    pub(crate) table: String,
    /// The values of its primary key.
    pub(crate) key: Vec<Given>,
}

/// What a node id says.
///
/// # Errors
/// The message for the client.
pub(crate) fn node_id(text: &str) -> Result<NodeId, String> {
    let wrong = |number: u8| format!("Invalid value passed to nodeId argument. Error {number}");
    let bytes = STANDARD.decode(text).map_err(|_| wrong(2))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong(3))?;
    let Json::Array(items) = serde_json::from_str(&text).map_err(|_| wrong(4))? else {
        return Err(wrong(10));
    };
    match items.as_slice() {
        [] | [_] | [_, _] => Err(wrong(5)),
        [Json::String(schema), Json::String(table), key @ ..] => Ok(NodeId {
            schema: schema.clone(),
            table: table.clone(),
            key: key.iter().map(value).collect(),
        }),
        [Json::String(_), ..] => Err(wrong(7)),
        _ => Err(wrong(6)),
    }
}

/// Objects and arrays inside are none of our making, and are kept to be refused.
fn value(json: &Json) -> Given {
    Given::constant(match json {
        Json::Array(_) => Data::List(vec![Given::constant(Data::List(Vec::new()))]),
        Json::Object(_) => Data::Object(Vec::new()),
        other => scalar(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        STANDARD.encode(text)
    }

    #[test]
    fn a_node_id_names_schema_table_and_key_gq_013() {
        let id = node_id(&encoded(r#"["public", "film", 1, "x"]"#)).unwrap();
        assert_eq!(
            (&*id.schema, &*id.table, id.key.len()),
            ("public", "film", 2)
        );
        for (text, number) in [
            ("%", 2),
            (&*STANDARD.encode([0xff]), 3),
            (&*encoded("x"), 4),
            (&*encoded("[1]"), 5),
            (&*encoded("[1,2,3]"), 6),
            (&*encoded("[\"a\",2,3]"), 7),
            (&*encoded("{}"), 10),
        ] {
            let error = node_id(text).unwrap_err();
            assert!(
                error.ends_with(&format!("Error {number}")),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn a_cursor_is_a_list_of_values_gq_020() {
        assert_eq!(cursor(&encoded("[1, null]")).unwrap().len(), 2);
        for (text, number) in [("%", 1), (&*encoded("x"), 3), (&*encoded("{}"), 4)] {
            assert!(cursor(text).unwrap_err().ends_with(&number.to_string()));
        }
    }
}
