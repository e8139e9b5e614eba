//! Results of statements, in PostgreSQL's text format, never copied out of the read buffer.

use std::sync::Arc;

use bytes::Bytes;
use smallvec::SmallVec;

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    /// The name or alias.
    pub name: Arc<str>,
    /// The type's OID in `pg_type`.
    pub type_oid: u32,
    /// The type modifier, -1 for none.
    pub type_modifier: i32,
    /// The table it comes from, 0 when computed.
    pub table_oid: u32,
    /// Its number in that table, 0 when computed.
    pub column_number: i16,
}

/// The result of one statement.
#[derive(Clone, Debug)]
pub struct Rows {
    pub(crate) columns: Arc<[ColumnInfo]>,
    /// Pieces of what was read, each holding whole messages.
    pub(crate) pieces: SmallVec<[Bytes; 1]>,
    /// Where in which piece the values of each row begin.
    pub(crate) places: Vec<Place>,
    pub(crate) tag: Tag,
}

/// Where a row is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) piece: u32,
    pub(crate) offset: u32,
    /// One past the row's last byte.
    pub(crate) end: u32,
}

/// What a `CommandComplete` said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tag {
    pub(crate) affected: Option<u64>,
    pub(crate) command: CommandName,
}

/// The words of a command tag, without its numbers.
#[derive(Clone, Debug, Default)]
pub(crate) enum CommandName {
    #[default]
    Select,
    Other(Box<str>),
}

impl Rows {
    /// The columns, in order. Empty for a statement that returns nothing.
    pub fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// About how many bytes the values take.
    pub fn size(&self) -> usize {
        let length = |place: &Place| place.end.saturating_sub(place.offset) as usize;
        self.places.iter().map(length).sum()
    }

    /// The row at an index from 0.
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        let place = *self.places.get(index)?;
        let piece = self.pieces.get(place.piece as usize)?;
        Some(Row { piece, place })
    }

    /// All rows, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        (0..self.len()).map(|index| {
            let place = self.places[index];
            Row {
                piece: &self.pieces[place.piece as usize],
                place,
            }
        })
    }

    /// How many rows the statement returned or changed, by its command tag.
    pub fn rows_affected(&self) -> u64 {
        self.tag.affected.unwrap_or_default()
    }

    /// The command's name: `SELECT`, `INSERT`, `CREATE TABLE`, ...
    pub fn command(&self) -> &str {
        match &self.tag.command {
            CommandName::Select => "SELECT",
            CommandName::Other(name) => name,
        }
    }

    /// The first value of the first row, unless there is none or it is null.
    pub fn first(&self) -> Option<&[u8]> {
        self.row(0)?.get(0)
    }
}

/// One row of a result.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    piece: &'a Bytes,
    place: Place,
}

impl<'a> Row<'a> {
    /// The value of a column from 0 in text format; `None` when null or when there is no such column.
    /// Walks over the values before it: for all of them use [`Row::values`].
    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        self.values().nth(index).flatten()
    }

    /// The same as text; PostgreSQL sends UTF-8 only.
    pub fn get_str(&self, index: usize) -> Option<&'a str> {
        std::str::from_utf8(self.get(index)?).ok()
    }

    /// The same without copying, sharing the read buffer.
    pub fn get_bytes(&self, index: usize) -> Option<Bytes> {
        self.get(index).map(|value| self.piece.slice_ref(value))
    }

    /// All values, in the columns' order.
    pub fn values(&self) -> Values<'a> {
        let range = self.place.offset as usize..self.place.end as usize;
        Values {
            rest: self.piece.get(range).unwrap_or_default(),
        }
    }
}

/// The values of a row, `None` for null.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Values<'a> {
    type Item = Option<&'a [u8]>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.rest.split_first_chunk::<4>()?;
        match usize::try_from(i32::from_be_bytes(*length)) {
            // Lengths were checked when the row arrived, so this never cuts anything off.
            Ok(length) => {
                let (value, rest) = rest.split_at_checked(length)?;
                self.rest = rest;
                Some(Some(value))
            }
            Err(_) => {
                self.rest = rest;
                Some(None)
            }
        }
    }
}

impl Tag {
    /// Reads `INSERT 0 5`, `SELECT 3`, `CREATE TABLE`.
    pub(crate) fn parse(tag: &str) -> Self {
        let (name, number) = match tag.rsplit_once(' ') {
            Some((name, number)) => match number.parse() {
                Ok(number) => (name, Some(number)),
                Err(_) => (tag, None),
            },
            None => (tag, None),
        };
        let name = name.strip_suffix(" 0").unwrap_or(name);
        Self {
            affected: number,
            command: match name {
                "SELECT" => CommandName::Select,
                other => CommandName::Other(other.into()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(piece: &[u8], offset: u32) -> Rows {
        Rows {
            columns: Arc::from([]),
            pieces: SmallVec::from_elem(Bytes::copy_from_slice(piece), 1),
            places: vec![Place {
                piece: 0,
                offset,
                end: piece.len() as u32,
            }],
            tag: Tag::default(),
        }
    }

    #[test]
    fn values_come_in_order_and_null_is_none() {
        let rows = rows(b"xx\0\0\0\x02hi\xff\xff\xff\xff\0\0\0\0", 2);
        let row = rows.row(0).unwrap();
        let values: Vec<_> = row.values().collect();
        assert_eq!(values, [Some(&b"hi"[..]), None, Some(&b""[..])]);
        assert_eq!(row.get_bytes(0).unwrap(), "hi");
        assert_eq!(row.get(7), None);
    }

    #[test]
    fn a_row_cut_short_ends_early() {
        let rows = rows(b"\0\0\0\x09hi", 0);
        assert_eq!(rows.row(0).unwrap().values().count(), 0);
    }

    #[test]
    fn command_tags_name_the_command_and_count_rows() {
        for (tag, command, affected) in [
            ("INSERT 0 5", "INSERT", 5),
            ("SELECT 12", "SELECT", 12),
            ("CREATE TABLE", "CREATE TABLE", 0),
            ("UPDATE 0", "UPDATE", 0),
        ] {
            let rows = Rows {
                tag: Tag::parse(tag),
                ..rows(b"", 0)
            };
            assert_eq!((rows.command(), rows.rows_affected()), (command, affected));
        }
    }
}
