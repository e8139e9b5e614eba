//! What PostgreSQL sends: frames and their bodies. No I/O, and no input makes it panic.

use std::sync::Arc;

use crate::db::{ColumnInfo, PgError};

/// The largest message PostgreSQL ever sends (its own limit on a value is 1 GB).
const MAX_LENGTH: usize = 0x4000_0000 + 1024;

/// A message that does not follow the protocol. The connection is of no further use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("PostgreSQL sent a malformed message: {0}")]
pub(crate) struct Malformed(pub(crate) &'static str);

/// One message: its kind, one byte, and the length, four bytes, stand before its body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) tag: u8,
    /// Bytes of the whole message.
    pub(crate) total: usize,
}

/// What a look at the buffer gives.
pub(crate) enum Next {
    /// A whole message.
    Frame(Frame),
    /// The next message has this many bytes in all; not all of them are here.
    Needs(usize),
}

/// Looks at the message at the start of `buffer`.
#[inline]
pub(crate) fn next_frame(buffer: &[u8]) -> Result<Next, Malformed> {
    let Some(([tag, a, b, c, d], rest)) = buffer.split_first_chunk::<5>() else {
        return Ok(Next::Needs(5));
    };
    let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
    if !(4..=MAX_LENGTH).contains(&length) {
        return Err(Malformed("length out of range"));
    }
    let total = length + 1;
    Ok(if rest.len() >= length - 4 {
        Next::Frame(Frame { tag: *tag, total })
    } else {
        Next::Needs(total)
    })
}

/// Checks that a `DataRow`'s lengths fit its body.
#[inline]
pub(crate) fn check_data_row(body: &[u8]) -> Result<(), Malformed> {
    const BAD: Malformed = Malformed("lengths in a row");
    let (count, mut rest) = body.split_first_chunk::<2>().ok_or(BAD)?;
    for _ in 0..u16::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<4>().ok_or(BAD)?;
        rest = match i32::from_be_bytes(*length) {
            -1 => after,
            length => {
                let length = usize::try_from(length).map_err(|_| BAD)?;
                after.get(length..).ok_or(BAD)?
            }
        };
    }
    if rest.is_empty() { Ok(()) } else { Err(BAD) }
}

/// A cursor over a message's body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body<'a>(pub(crate) &'a [u8]);

impl<'a> Body<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or(Malformed("cut short"))?;
        self.0 = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn i16(&mut self) -> Result<i16, Malformed> {
        self.array().map(i16::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Malformed> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn salt(&mut self) -> Result<[u8; 4], Malformed> {
        self.array()
    }

    /// Bytes up to a NUL.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let end = self
            .0
            .iter()
            .position(|byte| *byte == 0)
            .ok_or(Malformed("a string without an end"))?;
        let (text, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        Ok(text)
    }

    /// Text up to a NUL; messages before `client_encoding` applies may be in another encoding.
    pub(crate) fn text(&mut self) -> Result<std::borrow::Cow<'a, str>, Malformed> {
        self.bytes().map(String::from_utf8_lossy)
    }
}

/// Reads an `ErrorResponse` or a `NoticeResponse`.
pub(crate) fn error_fields(body: &[u8]) -> Result<PgError, Malformed> {
    let mut body = Body(body);
    let mut error = PgError::default();
    loop {
        let field = body.u8()?;
        if field == 0 {
            return Ok(error);
        }
        let value = body.text()?.into_owned();
        match field {
            // V is S untranslated, sent after it.
            b'S' | b'V' => error.severity = value,
            b'C' => error.code = value,
            b'M' => error.message = value,
            b'D' => error.detail = Some(value),
            b'H' => error.hint = Some(value),
            b'P' => error.position = value.parse().ok(),
            b'W' => error.context = Some(value),
            b's' => error.schema = Some(value),
            b't' => error.table = Some(value),
            b'c' => error.column = Some(value),
            b'd' => error.data_type = Some(value),
            b'n' => error.constraint = Some(value),
            b'R' => error.routine = Some(value),
            _ => {}
        }
    }
}

/// Reads a `RowDescription`.
pub(crate) fn row_description(body: &[u8]) -> Result<Arc<[ColumnInfo]>, Malformed> {
    let mut body = Body(body);
    let count = body.i16()?.cast_unsigned();
    let mut columns = Vec::with_capacity(usize::from(count).min(body.0.len() / 19 + 1));
    for _ in 0..count {
        let name = body.text()?.into();
        let table_oid = body.u32()?;
        let column_number = body.i16()?;
        let type_oid = body.u32()?;
        let _size = body.i16()?;
        let type_modifier = body.i32()?;
        let _format = body.i16()?;
        columns.push(ColumnInfo {
            name,
            type_oid,
            type_modifier,
            table_oid,
            column_number,
        });
    }
    if !body.is_empty() {
        return Err(Malformed("more than the announced columns"));
    }
    Ok(columns.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_frame_is_whole_or_says_what_it_needs() {
        assert!(matches!(next_frame(b"Z\0\0"), Ok(Next::Needs(5))));
        assert!(matches!(next_frame(b"Z\0\0\0\x05"), Ok(Next::Needs(6))));
        let Ok(Next::Frame(frame)) = next_frame(b"Z\0\0\0\x05IZ") else {
            panic!("no frame");
        };
        assert_eq!((frame.tag, frame.total), (b'Z', 6));
    }

    #[test]
    fn impossible_lengths_are_refused() {
        assert!(next_frame(b"Z\0\0\0\x03").is_err());
        assert!(next_frame(b"Z\xff\xff\xff\xff").is_err());
    }

    #[test]
    fn rows_are_checked() {
        assert!(check_data_row(b"\0\x02\0\0\0\x01a\xff\xff\xff\xff").is_ok());
        assert!(check_data_row(b"\0\x02\0\0\0\x01a").is_err());
        assert!(check_data_row(b"\0\x01\0\0\0\x05a").is_err());
        assert!(check_data_row(b"\0\x01\xff\xff\xff\xfe").is_err());
        assert!(check_data_row(b"\0\0x").is_err());
    }

    #[test]
    fn an_errors_fields_are_read() {
        let error = error_fields(b"SFEHLER\0VERROR\0C42P01\0Mno\0P15\0\0").unwrap();
        assert_eq!(error.severity, "ERROR");
        assert_eq!(error.code, "42P01");
        assert_eq!(error.position, Some(15));
        assert!(error_fields(b"SERROR\0C42").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(Next::Frame(frame)) = next_frame(&bytes) {
                prop_assert!((5..=bytes.len()).contains(&frame.total));
            }
            let _ = check_data_row(&bytes);
            let _ = error_fields(&bytes);
            let _ = row_description(&bytes);
        }
    }
}
