//! The CBOR (RFC 8949) that authenticators write: CTAP2's canonical form, of definite lengths, without tags and
//! without repeated keys. Borrows its input, so that hostile lengths allocate nothing.

/// CTAP2 allows four levels; attestation statements of some makers need more.
const MAX_DEPTH: u8 = 8;
/// Most elements of an array or a map.
const MAX_ELEMENTS: u64 = 64;

#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    Integer(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Array(Vec<Value<'a>>),
    Map(Vec<(Value<'a>, Value<'a>)>),
    Bool(bool),
    /// Null, undefined, floating point: nothing here reads them.
    Other,
}

impl<'a> Value<'a> {
    /// The value of a map under a text key.
    pub(super) fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.find(|k| matches!(k, Value::Text(text) if *text == key))
    }

    /// The value of a map under a number, as in COSE keys.
    pub(super) fn at(&self, label: i64) -> Option<&Value<'a>> {
        self.find(|k| matches!(k, Value::Integer(number) if *number == label))
    }

    fn find(&self, is_key: impl Fn(&Value<'a>) -> bool) -> Option<&Value<'a>> {
        let Value::Map(entries) = self else {
            return None;
        };
        entries
            .iter()
            .find(|(key, _)| is_key(key))
            .map(|(_, value)| value)
    }

    pub(super) fn as_integer(&self) -> Option<i64> {
        if let Value::Integer(number) = self {
            Some(*number)
        } else {
            None
        }
    }

    pub(super) fn as_bytes(&self) -> Option<&'a [u8]> {
        if let Value::Bytes(bytes) = self {
            Some(bytes)
        } else {
            None
        }
    }

    pub(super) fn as_text(&self) -> Option<&'a str> {
        if let Value::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }
}

/// Reads one value; `None` when it is malformed. Gives what stands behind it, too.
pub(super) fn read(input: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let mut reader = Reader { rest: input };
    let value = reader.value(MAX_DEPTH)?;
    Some((value, reader.rest))
}

/// Reads one value behind which nothing stands.
pub(super) fn read_whole(input: &[u8]) -> Option<Value<'_>> {
    read(input).and_then(|(value, rest)| rest.is_empty().then_some(value))
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: u8) -> Option<Value<'a>> {
        let initial = self.take(1)?[0];
        let (major, info) = (initial >> 5, initial & 31);
        if major == 7 {
            return self.simple(info);
        }
        let argument = self.argument(info)?;
        match major {
            0 => i64::try_from(argument).ok().map(Value::Integer),
            1 => i64::try_from(argument)
                .ok()
                .map(|number| Value::Integer(-1 - number)),
            2 => self.take(usize::try_from(argument).ok()?).map(Value::Bytes),
            3 => std::str::from_utf8(self.take(usize::try_from(argument).ok()?)?)
                .ok()
                .map(Value::Text),
            4 if argument <= MAX_ELEMENTS => self.array(argument, depth.checked_sub(1)?),
            5 if argument <= MAX_ELEMENTS => self.map(argument, depth.checked_sub(1)?),
            _ => None, // tags, and what is too long
        }
    }

    fn array(&mut self, length: u64, depth: u8) -> Option<Value<'a>> {
        (0..length)
            .map(|_| self.value(depth))
            .collect::<Option<_>>()
            .map(Value::Array)
    }

    fn map(&mut self, length: u64, depth: u8) -> Option<Value<'a>> {
        let mut entries: Vec<(Value<'a>, Value<'a>)> = Vec::new();
        for _ in 0..length {
            let key = self.value(depth)?;
            if !matches!(key, Value::Integer(_) | Value::Text(_))
                || entries.iter().any(|(known, _)| *known == key)
            {
                return None;
            }
            let value = self.value(depth)?;
            entries.push((key, value));
        }
        Some(Value::Map(entries))
    }

    fn simple(&mut self, info: u8) -> Option<Value<'a>> {
        match info {
            20 | 21 => return Some(Value::Bool(info == 21)),
            22 | 23 => {}
            25 => drop(self.take(2)?),
            26 => drop(self.take(4)?),
            27 => drop(self.take(8)?),
            _ => return None,
        }
        Some(Value::Other)
    }

    /// The number in or behind the initial byte; 31 would be an indefinite length.
    fn argument(&mut self, info: u8) -> Option<u64> {
        let length = match info {
            0..=23 => return Some(info.into()),
            24..=27 => 1 << (info - 24),
            _ => return None,
        };
        Some(
            self.take(length)?
                .iter()
                .fold(0, |number, byte| number << 8 | u64::from(*byte)),
        )
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_rfc_8949_appendix_a_are_read() {
        assert_eq!(read_whole(&[0x18, 0x64]), Some(Value::Integer(100)));
        assert_eq!(read_whole(&[0x39, 0x03, 0xe7]), Some(Value::Integer(-1000)));
        assert_eq!(
            read_whole(&[0x44, 1, 2, 3, 4]),
            Some(Value::Bytes(&[1, 2, 3, 4]))
        );
        assert_eq!(read_whole(b"\x64IETF"), Some(Value::Text("IETF")));
        assert_eq!(
            read_whole(&[0x82, 0xf5, 0xf6]),
            Some(Value::Array(vec![Value::Bool(true), Value::Other]))
        );
        assert_eq!(read(&[0xa1, 0x20, 0x01, 0xff]).unwrap().1, [0xff]);
        assert_eq!(
            read_whole(&[0xa1, 0x20, 0x01]).unwrap().at(-1),
            Some(&Value::Integer(1))
        );
    }

    #[test]
    fn what_authenticators_do_not_write_is_refused() {
        let refused: [&[u8]; 11] = [
            &[],
            &[0x5f, 0x41, 0x01, 0xff],       // indefinite length
            &[0xc0, 0x01],                   // tag
            &[0xa2, 0x01, 0x01, 0x01, 0x02], // repeated key
            &[0xa1, 0x41, 0x01, 0x01],       // key of bytes
            &[0x5b, 255, 255, 255, 255, 255, 255, 255, 255], // length of 2^64
            &[0x9b, 0, 0, 0, 1, 0, 0, 0, 0], // array of 2^32
            &[0x1b, 255, 255, 255, 255, 255, 255, 255, 255], // beyond i64
            &[0x62, 0xff, 0xfe],             // no UTF-8
            &[0x81; 40],                     // too deep
            &[0x01, 0x02],                   // something behind it
        ];
        for input in refused {
            assert_eq!(read_whole(input), None, "{input:02x?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }
    }
}
