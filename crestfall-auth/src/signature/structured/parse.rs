//! Reading structured fields: RFC 9651, section 4.2, without look-back.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Bare, Dictionary, InnerList, Item, Member, NotStructured, Parameters};

/// The members of a dictionary field, its lines joined by `, `.
pub(in super::super) fn parse_dictionary(text: &str) -> Result<Dictionary, NotStructured> {
    let mut input = Input {
        bytes: text.as_bytes(),
        at: 0,
    };
    input.skip(b" ");
    let mut dictionary = Dictionary::default();
    while input.peek().is_some() {
        let (key, member) = input.member()?;
        if dictionary.get(&key).is_some() {
            return input.refuse();
        }
        dictionary.0.push((key, member));
        input.skip(b" \t");
        if input.peek().is_none() {
            break;
        }
        input.expect(b',')?;
        input.skip(b" \t");
        if input.peek().is_none() {
            return input.refuse(); // a trailing comma
        }
    }
    Ok(dictionary)
}

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

type Parsed<T> = Result<T, NotStructured>;

impl<'a> Input<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn refuse<T>(&self) -> Parsed<T> {
        Err(NotStructured(self.at))
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Parsed<()> {
        if self.take(byte) {
            Ok(())
        } else {
            self.refuse()
        }
    }

    fn skip(&mut self, any_of: &[u8]) {
        self.take_while(|byte| any_of.contains(&byte));
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| wanted(**byte)).count();
        self.at += length;
        &rest[..length]
    }

    fn member(&mut self) -> Parsed<(String, Member)> {
        let key = self.key()?;
        if !self.take(b'=') {
            let parameters = self.parameters()?;
            let value = Bare::Boolean(true);
            return Ok((key, Member::Item(Item { value, parameters })));
        }
        let member = if self.peek() == Some(b'(') {
            Member::List(self.inner_list()?)
        } else {
            Member::Item(self.item()?)
        };
        Ok((key, member))
    }

    fn inner_list(&mut self) -> Parsed<InnerList> {
        self.expect(b'(')?;
        let mut items = Vec::new();
        loop {
            self.skip(b" ");
            if self.take(b')') {
                let parameters = self.parameters()?;
                return Ok(InnerList { items, parameters });
            }
            items.push(self.item()?);
            if !matches!(self.peek(), Some(b' ' | b')')) {
                return self.refuse();
            }
        }
    }

    fn item(&mut self) -> Parsed<Item> {
        let value = self.bare()?;
        let parameters = self.parameters()?;
        Ok(Item { value, parameters })
    }

    fn parameters(&mut self) -> Parsed<Parameters> {
        let mut parameters = Parameters::default();
        while self.take(b';') {
            self.skip(b" ");
            let key = self.key()?;
            let value = if self.take(b'=') {
                self.bare()?
            } else {
                Bare::Boolean(true)
            };
            if parameters.get(&key).is_some() {
                return self.refuse();
            }
            parameters.0.push((key, value));
        }
        Ok(parameters)
    }

    fn key(&mut self) -> Parsed<String> {
        if !matches!(self.peek(), Some(b'a'..=b'z' | b'*')) {
            return self.refuse();
        }
        let key = self.take_while(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte)
        });
        Ok(ascii(key))
    }

    fn bare(&mut self) -> Parsed<Bare> {
        match self.peek() {
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'"') => self.string(),
            Some(b':') => self.bytes(),
            Some(b'?') => self.boolean(),
            Some(b'@') => self.date(),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'*' => Ok(self.token()),
            _ => self.refuse(),
        }
    }

    fn number(&mut self) -> Parsed<Bare> {
        let sign = if self.take(b'-') { -1 } else { 1 };
        let whole = self.take_while(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 15 {
            return self.refuse();
        }
        if !self.take(b'.') {
            return Ok(Bare::Integer(sign * digits(whole)));
        }
        let fraction = self.take_while(|byte| byte.is_ascii_digit());
        if whole.len() > 12 || !matches!(fraction.len(), 1..=3) {
            return self.refuse();
        }
        let missing = 3 - fraction.len() as u32; // at most 2
        let thousandths = digits(whole) * 1000 + digits(fraction) * 10_i64.pow(missing);
        Ok(Bare::Decimal(sign * thousandths))
    }

    fn string(&mut self) -> Parsed<Bare> {
        self.expect(b'"')?;
        let mut text = String::new();
        loop {
            let Some(byte) = self.peek() else {
                return self.refuse();
            };
            self.at += 1;
            match byte {
                b'"' => return Ok(Bare::String(text)),
                b'\\' => match self.peek() {
                    Some(escaped @ (b'"' | b'\\')) => {
                        text.push(char::from(escaped));
                        self.at += 1;
                    }
                    _ => return self.refuse(),
                },
                0x20..=0x7e => text.push(char::from(byte)),
                _ => return self.refuse(),
            }
        }
    }

    fn token(&mut self) -> Bare {
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte);
        Bare::Token(ascii(self.take_while(allowed)))
    }

    fn bytes(&mut self) -> Parsed<Bare> {
        self.expect(b':')?;
        let encoded = self.take_while(|byte| byte != b':');
        let Ok(bytes) = BASE64_STANDARD.decode(encoded) else {
            return self.refuse();
        };
        self.expect(b':')?;
        Ok(Bare::Bytes(bytes))
    }

    fn boolean(&mut self) -> Parsed<Bare> {
        self.expect(b'?')?;
        if self.take(b'1') {
            return Ok(Bare::Boolean(true));
        }
        self.expect(b'0')?;
        Ok(Bare::Boolean(false))
    }

    fn date(&mut self) -> Parsed<Bare> {
        self.expect(b'@')?;
        match self.number()? {
            Bare::Integer(seconds) => Ok(Bare::Date(seconds)),
            _ => self.refuse(),
        }
    }
}

/// At most 15 digits: they fit.
fn digits(digits: &[u8]) -> i64 {
    let digits = digits.iter().map(|digit| i64::from(digit - b'0'));
    digits.fold(0, |number, digit| number * 10 + digit)
}

/// Bytes that were checked to be ASCII.
fn ascii(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
