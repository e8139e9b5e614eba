//! Rows as JSON, byte for byte as PostgreSQL's `json_agg` would write them, at a fraction of the
//! cost. The statement gives types whose JSON is not simply their text as JSON already.

use bytes::Bytes;
pub(crate) use crestfall_core::db::json::is_plain;
use crestfall_core::db::json::{JsonEncoding, write_text, write_value};
use crestfall_core::db::{ColumnInfo, Rows};

/// A column's key, ready to be written, and the way to write its values.
struct Writer {
    /// `,"name":`; the first column's has no comma.
    key: Vec<u8>,
    encoding: JsonEncoding,
}

fn writers(columns: &[ColumnInfo]) -> Vec<Writer> {
    let writer = |(index, column): (usize, &ColumnInfo)| {
        let mut key = Vec::with_capacity(column.name.len() + 4);
        if index > 0 {
            key.push(b',');
        }
        write_text(&mut key, column.name.as_bytes());
        key.push(b':');
        Writer {
            key,
            encoding: JsonEncoding::of(column.type_oid),
        }
    };
    columns.iter().enumerate().map(writer).collect()
}

/// An array of objects.
pub(crate) fn array(rows: &Rows) -> Bytes {
    let writers = writers(rows.columns());
    let mut json = Vec::with_capacity(capacity(rows));
    json.push(b'[');
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            json.extend_from_slice(b", \n ");
        }
        write_object(&mut json, &writers, row.values());
    }
    json.push(b']');
    json.into()
}

/// The first row as an object; `null` when there is none.
pub(crate) fn object(rows: &Rows) -> Bytes {
    let Some(row) = rows.row(0) else {
        return Bytes::from_static(b"null");
    };
    let mut json = Vec::with_capacity(capacity(rows));
    write_object(&mut json, &writers(rows.columns()), row.values());
    json.into()
}

/// A guess that spares most growing: keys of every row and some bytes for each value.
fn capacity(rows: &Rows) -> usize {
    let keys: usize = rows
        .columns()
        .iter()
        .map(|column| column.name.len() + 20)
        .sum();
    (keys + 8) * rows.len() + 8
}

fn write_object<'a>(
    json: &mut Vec<u8>,
    writers: &[Writer],
    values: impl Iterator<Item = Option<&'a [u8]>>,
) {
    json.push(b'{');
    for (writer, value) in writers.iter().zip(values) {
        json.extend_from_slice(&writer.key);
        match value {
            Some(value) => write_value(json, writer.encoding, value),
            None => json.extend_from_slice(b"null"),
        }
    }
    json.push(b'}');
}
