//! Values in PostgreSQL's text form as JSON, byte for byte as its own `to_json` writes them, at a fraction
//! of the cost. Types whose JSON is not simply their text have to come as JSON already.

/// OIDs of `pg_type` whose text the writer knows how to show; see [`is_plain`].
mod oid {
    pub(super) const BOOL: u32 = 16;
    pub(super) const INT8: u32 = 20;
    pub(super) const INT2: u32 = 21;
    pub(super) const INT4: u32 = 23;
    pub(super) const JSON: u32 = 114;
    pub(super) const FLOAT4: u32 = 700;
    pub(super) const FLOAT8: u32 = 701;
    pub(super) const NUMERIC: u32 = 1700;
    pub(super) const JSONB: u32 = 3802;
    /// bytea, "char", name, text, xml, cidr, macaddr8, macaddr, inet, bpchar, varchar, time,
    /// interval, timetz, bit, varbit, uuid, tsvector, tsquery.
    pub(super) const TEXTUAL: [u32; 19] = [
        17, 18, 19, 25, 142, 650, 774, 829, 869, 1042, 1043, 1083, 1186, 1266, 1560, 1562, 2950,
        3614, 3615,
    ];
}

/// Values of the type look in JSON as their text does, but for quotes and escapes. Any other type
/// has to come through `to_json`.
pub fn is_plain(type_oid: u32) -> bool {
    JsonEncoding::of(type_oid) != JsonEncoding::Text || oid::TEXTUAL.contains(&type_oid)
}

/// How a value's text becomes JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonEncoding {
    /// It is JSON.
    Raw,
    /// `t` or `f`.
    Bool,
    /// A number, or `NaN` and `Infinity`, which JSON has as texts only.
    Number,
    /// A text.
    Text,
}

impl JsonEncoding {
    /// That of a type for which [`is_plain`] holds; a text for any other.
    pub fn of(type_oid: u32) -> Self {
        match type_oid {
            oid::JSON | oid::JSONB | oid::INT2 | oid::INT4 | oid::INT8 => Self::Raw,
            oid::BOOL => Self::Bool,
            oid::FLOAT4 | oid::FLOAT8 | oid::NUMERIC => Self::Number,
            _ => Self::Text,
        }
    }
}

/// Appends a value.
pub fn write_value(json: &mut Vec<u8>, encoding: JsonEncoding, value: &[u8]) {
    match encoding {
        JsonEncoding::Raw => json.extend_from_slice(value),
        JsonEncoding::Bool => {
            json.extend_from_slice(if value == b"t" { b"true" } else { b"false" })
        }
        JsonEncoding::Number if is_number(value) => json.extend_from_slice(value),
        JsonEncoding::Number | JsonEncoding::Text => write_text(json, value),
    }
}

/// PostgreSQL prints numbers as JSON does, but for the words.
fn is_number(value: &[u8]) -> bool {
    value.last().is_some_and(u8::is_ascii_digit)
}

/// Appends a text with its quotes.
pub fn write_text(json: &mut Vec<u8>, text: &[u8]) {
    json.reserve(text.len() + 2);
    json.push(b'"');
    let mut rest = text;
    while let Some(position) = first_special(rest) {
        let (plain, special) = rest.split_at(position);
        json.extend_from_slice(plain);
        write_escaped(json, special[0]);
        rest = &special[1..];
    }
    json.extend_from_slice(rest);
    json.push(b'"');
}

/// Where the first byte stands that a JSON text cannot have as it is. Eight bytes at a time: most texts
/// have none.
fn first_special(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // A borrow goes to the bytes after the first that is found, never before it.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGH;
    let equal = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let (words, rest) = text.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = below(word, b' ') | equal(word, b'"') | equal(word, b'\\');
        if found != 0 {
            return Some(8 * index + found.trailing_zeros() as usize / 8);
        }
    }
    let in_rest = rest.iter().position(|byte| is_special(*byte))?;
    Some(text.len() - rest.len() + in_rest)
}

fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

fn write_escaped(json: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            json.extend_from_slice(b"\\u00");
            json.push(DIGITS[usize::from(byte >> 4)]);
            json.push(DIGITS[usize::from(byte & 15)]);
            return;
        }
    };
    json.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        let mut json = Vec::new();
        write_text(&mut json, value.as_bytes());
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn texts_are_escaped_as_postgresql_escapes_them() {
        assert_eq!(
            text("a\"b\\c\u{8}\u{c}\n\r\t\u{1}\u{7f}é"),
            "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0001\u{7f}é\""
        );
    }

    #[test]
    fn numbers_without_digits_are_texts() {
        let mut json = Vec::new();
        for value in ["1.50", "-3e+20", "NaN", "-Infinity"] {
            write_value(&mut json, JsonEncoding::Number, value.as_bytes());
            json.push(b' ');
        }
        assert_eq!(
            String::from_utf8(json).unwrap(),
            r#"1.50 -3e+20 "NaN" "-Infinity" "#
        );
    }

    #[test]
    fn dates_arrays_and_unknown_types_are_not_plain() {
        for type_oid in [1082, 1114, 1184, 1007, 16_385] {
            assert!(!is_plain(type_oid), "{type_oid}");
        }
        for type_oid in [16, 23, 25, 114, 1700, 2950] {
            assert!(is_plain(type_oid), "{type_oid}");
        }
    }

    proptest::proptest! {
        #[test]
        fn texts_are_written_as_json_has_them(text in "[\\PC\\x00-\\x1f\"\\\\]{0,40}") {
            let mut json = Vec::new();
            write_text(&mut json, text.as_bytes());
            proptest::prop_assert_eq!(String::from_utf8(json).unwrap(), serde_json::to_string(&text).unwrap());
        }
    }
}
