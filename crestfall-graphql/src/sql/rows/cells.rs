//! The texts in an array as PostgreSQL prints it (`{{a,"b c"},{NULL,"\"d\""}}`), whatever its dimensions.

use std::ops::Range;

/// All elements of an array, one after the other.
pub(super) struct Cells {
    texts: Vec<u8>,
    cells: Vec<Option<Range<usize>>>,
}

impl Cells {
    pub(super) fn read(array: &[u8]) -> Self {
        let mut read = Self {
            texts: Vec::with_capacity(array.len()),
            cells: Vec::new(),
        };
        let mut rest = array;
        while let Some((&first, after)) = rest.split_first() {
            rest = match first {
                b'{' | b'}' | b',' => after,
                b'"' => read.quoted(after),
                _ => read.bare(rest),
            };
        }
        read
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The elements from one on; None is NULL.
    pub(super) fn from(&self, first: usize) -> impl Iterator<Item = Option<&[u8]>> {
        let cells = self.cells.get(first..).unwrap_or_default();
        cells.iter().map(|cell| self.texts.get(cell.clone()?))
    }

    /// An element without quotes, and what comes after it.
    fn bare<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let end = text.iter().position(|byte| matches!(byte, b',' | b'}'));
        let (element, rest) = text.split_at(end.unwrap_or(text.len()));
        match element {
            b"NULL" => self.cells.push(None),
            _ => self.add(|texts| texts.extend_from_slice(element)),
        }
        rest
    }

    /// An element behind its first quote, and what comes after its last.
    fn quoted<'a>(&mut self, mut text: &'a [u8]) -> &'a [u8] {
        self.add(|texts| {
            while let Some(end) = text.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
                let (plain, special) = text.split_at(end);
                texts.extend_from_slice(plain);
                match special {
                    [b'\\', escaped, rest @ ..] => {
                        texts.push(*escaped);
                        text = rest;
                    }
                    [_, rest @ ..] => {
                        text = rest;
                        break;
                    }
                    [] => break,
                }
            }
        });
        text
    }

    fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.texts.len();
        write(&mut self.texts);
        self.cells.push(Some(start..self.texts.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(array: &str) -> Vec<Option<String>> {
        let cells = Cells::read(array.as_bytes());
        cells
            .from(0)
            .map(|cell| cell.map(|cell| String::from_utf8_lossy(cell).into_owned()))
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
            Cells::read(array.as_bytes());
        }
    }
}
