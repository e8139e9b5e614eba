//! The texts in an array as PostgreSQL prints it (`{{a,"b c"},{NULL,"\"d\""}}`), whatever its dimensions.

use std::borrow::Cow;

/// The elements of an array, one after the other; None is NULL.
pub(super) struct Cells<'a> {
    rest: &'a [u8],
}

impl<'a> Cells<'a> {
    pub(super) fn of(array: &'a [u8]) -> Self {
        Self { rest: array }
    }

    /// An element without quotes, up to what comes after it.
    fn bare(&mut self) -> Option<Cow<'a, [u8]>> {
        let end = self
            .rest
            .iter()
            .position(|byte| matches!(byte, b',' | b'}'));
        let (element, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        (element != b"NULL").then_some(Cow::Borrowed(element))
    }

    /// An element behind its first quote, up to what comes after its last.
    fn quoted(&mut self) -> Cow<'a, [u8]> {
        let mut text = Cow::Borrowed(&[][..]);
        loop {
            let end = memchr::memchr2(b'"', b'\\', self.rest).unwrap_or(self.rest.len());
            let (plain, special) = self.rest.split_at(end);
            match text.is_empty() {
                true => text = Cow::Borrowed(plain),
                false => text.to_mut().extend_from_slice(plain),
            }
            let [b'\\', escaped, rest @ ..] = special else {
                self.rest = special.get(1..).unwrap_or_default();
                return text;
            };
            text.to_mut().push(*escaped);
            self.rest = rest;
        }
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = Option<Cow<'a, [u8]>>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some((&first, after)) = self.rest.split_first() {
            match first {
                b'{' | b'}' | b',' => self.rest = after,
                b'"' => {
                    self.rest = after;
                    return Some(Some(self.quoted()));
                }
                _ => return Some(self.bare()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(array: &str) -> Vec<Option<String>> {
        Cells::of(array.as_bytes())
            .map(|cell| cell.map(|cell| String::from_utf8_lossy(&cell).into_owned()))
            .collect()
    }

    #[test]
    fn elements_are_read_as_postgresql_prints_them() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("{}"), []);
        assert_eq!(
            read(r#"{{1,"a b",NULL},{2,"\"c\\,}",""}}"#),
            [
                some("1"),
                some("a b"),
                None,
                some("2"),
                some("\"c\\,}"),
                some("")
            ]
        );
        assert_eq!(read(r#"{{"NULL","{}"}}"#), [some("NULL"), some("{}")]);
    }

    #[test]
    fn what_is_cut_off_does_not_panic() {
        for array in ["{", "{{1", "{{\"a", "{{\"a\\", "}", "\"", "\\", ",,,"] {
            Cells::of(array.as_bytes()).count();
        }
    }
}
