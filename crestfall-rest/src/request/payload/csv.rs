//! CSV as an array of JSON objects, one for each line below the header.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Text;
use super::{Checked, InvalidBody, NOT_UTF8, Payload};

/// Makes JSON of CSV: every value a string, except `NULL`.
pub(super) fn to_json(body: &[u8]) -> Checked {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(body);
    let header = reader.byte_headers().map_err(unreadable)?;
    if header.is_empty() {
        return Err("parse error (not enough input) at \"\"".into());
    }
    let width = header.len();
    let columns = columns(header)?;
    let mut first_width = None;
    let mut json = vec![b'['];
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(unreadable)? {
        // Fields beyond the header are dropped, so only lines that are too short differ.
        let fields = record.len().min(width);
        if *first_width.get_or_insert(fields) != fields {
            return Err("All lines must have same number of fields".into());
        }
        if json.len() > 1 {
            json.push(b',');
        }
        push_row(&mut json, &columns, &record)?;
    }
    json.push(b']');
    let given = first_width.unwrap_or(0);
    let names: BTreeSet<Text> = columns
        .into_iter()
        .filter(|(_, at)| *at < given)
        .map(|(name, _)| name)
        .collect();
    Ok((Payload::Json(json.into()), names))
}

fn unreadable(error: csv::Error) -> InvalidBody {
    error.to_string().into()
}

/// The header's names with their places; of equal names the last counts.
fn columns(header: &csv::ByteRecord) -> Result<BTreeMap<Text, usize>, InvalidBody> {
    header
        .iter()
        .enumerate()
        .map(|(at, name)| Ok((Text::from(utf8(name)?), at)))
        .collect()
}

fn push_row(
    json: &mut Vec<u8>,
    columns: &BTreeMap<Text, usize>,
    record: &csv::ByteRecord,
) -> Result<(), InvalidBody> {
    json.push(b'{');
    let fields = columns
        .iter()
        .filter_map(|(name, &at)| Some((name, record.get(at)?)));
    for (index, (name, value)) in fields.enumerate() {
        if index > 0 {
            json.push(b',');
        }
        push_string(json, name)?;
        json.push(b':');
        match value {
            b"NULL" => json.extend_from_slice(b"null"),
            value => push_string(json, utf8(value)?)?,
        }
    }
    json.push(b'}');
    Ok(())
}

fn push_string(json: &mut Vec<u8>, text: &str) -> Result<(), InvalidBody> {
    serde_json::to_writer(json, text).map_err(|error| error.to_string().into())
}

fn utf8(bytes: &[u8]) -> Result<&str, InvalidBody> {
    std::str::from_utf8(bytes).map_err(|_| NOT_UTF8.into())
}
