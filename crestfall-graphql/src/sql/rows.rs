//! Answers made of plain rows: PostgreSQL sends values, and we write the JSON, which costs a fraction of
//! what its functions for JSON do. Rows that belong to a row come as an array of arrays of texts; what
//! belongs to those comes as JSON, since arrays in arrays in arrays double their backslashes.

mod cells;

use cells::Cells;
use crestfall_core::db::Rows;
use crestfall_core::db::json::{JsonEncoding, is_plain, write_text, write_value};

use super::{Block, Writer, Written};
use crate::model::{Output, Returns, Schema};
use crate::plan::{Connection, ConnectionField, EdgeField, Key, Root, Row, RowField};

/// How rows become the answer of a field.
#[derive(Debug)]
pub(crate) struct Template {
    before: Vec<u8>,
    row: Vec<Piece>,
    after: Vec<u8>,
    /// Rows come from the last to the first.
    backwards: bool,
    /// One row or `null`, not a list.
    is_one: bool,
}

#[derive(Debug)]
enum Piece {
    Literal(Vec<u8>),
    /// The next value of the row.
    Value(JsonEncoding),
    /// The next value of the row is an array of rows, each of so many values.
    Rows(Template, usize),
}

impl Template {
    /// Appends the answer.
    pub(crate) fn write(&self, json: &mut Vec<u8>, rows: &Rows) {
        if self.is_one && rows.is_empty() {
            json.extend_from_slice(b"null");
            return;
        }
        self.write_rows(json, rows.len(), |json, place| {
            if let Some(row) = rows.row(place) {
                self.write_row(json, row.values());
            }
        });
    }

    /// Appends what an array of arrays of `width` texts says.
    fn write_array(&self, json: &mut Vec<u8>, array: &[u8], width: usize) {
        let mut cells = Cells::of(array);
        if self.backwards {
            let cells: Vec<_> = cells.collect();
            self.write_rows(json, cells.len() / width, |json, place| {
                self.write_row(json, cells[place * width..].iter().map(Option::as_deref));
            });
            return;
        }
        json.extend_from_slice(&self.before);
        let mut is_first = true;
        while let Some(cell) = cells.next() {
            if !std::mem::take(&mut is_first) {
                json.push(b',');
            }
            let row = std::iter::once(cell).chain(&mut cells);
            self.write_row(json, row.take(width));
        }
        json.extend_from_slice(&self.after);
    }

    fn write_rows(
        &self,
        json: &mut Vec<u8>,
        count: usize,
        mut write: impl FnMut(&mut Vec<u8>, usize),
    ) {
        json.extend_from_slice(&self.before);
        for index in 0..count {
            if index > 0 {
                json.push(b',');
            }
            let place = match self.backwards {
                true => count - 1 - index,
                false => index,
            };
            write(json, place);
        }
        json.extend_from_slice(&self.after);
    }

    fn write_row<V: AsRef<[u8]>>(
        &self,
        json: &mut Vec<u8>,
        mut values: impl Iterator<Item = Option<V>>,
    ) {
        for piece in &self.row {
            if let Piece::Literal(text) = piece {
                json.extend_from_slice(text);
                continue;
            }
            match (piece, values.next().flatten()) {
                (Piece::Value(encoding), Some(value)) => {
                    write_value(json, *encoding, value.as_ref());
                }
                (Piece::Rows(template, width), Some(array)) => {
                    template.write_array(json, array.as_ref(), *width);
                }
                _ => json.extend_from_slice(b"null"),
            }
        }
        // Of a row of nothing but literals as well.
        values.for_each(drop);
    }

    fn literal(&mut self, text: &[u8]) {
        match self.row.last_mut() {
            Some(Piece::Literal(last)) => last.extend_from_slice(text),
            _ => self.row.push(Piece::Literal(text.to_vec())),
        }
    }

    fn member(&mut self, index: usize, key: &str) {
        self.literal(if index > 0 { b"," } else { b"{" });
        let mut name = Vec::new();
        write_text(&mut name, key.as_bytes());
        name.push(b':');
        self.literal(&name);
    }

    fn text(&mut self, text: &str) {
        let mut json = Vec::new();
        write_text(&mut json, text.as_bytes());
        self.literal(&json);
    }

    fn has_values(&self) -> bool {
        self.row
            .iter()
            .any(|piece| !matches!(piece, Piece::Literal(_)))
    }
}

/// A statement that gives the rows of a field of `Query` as they are. None when the field asks for
/// more than rows.
pub(crate) fn rows(schema: &Schema, field: &Root) -> Option<(Written, Template)> {
    let mut writer = Writer::new(schema);
    let template = match field {
        Root::Connection(connection) => {
            let page = writer.plain_connection(connection, None)?;
            writer.push(&page.shared).push("select ");
            writer.push(&page.values.text).push(&page.from);
            page.template
        }
        Root::ByKey { entity, key, row } => {
            let mut template = Template::new();
            template.is_one = true;
            let alias = writer.alias();
            let mut block = Block::direct(alias.clone(), *entity);
            writer.push("select ");
            let mut values = Values::default();
            writer.plain_row(row, &mut block, &mut template, &mut values);
            writer.push(&values.text).push(" from ").relation(*entity);
            writer.push(" ").push(&alias).push(" where ");
            writer.key_condition(&mut block, key);
            writer.push(" limit 1");
            template
        }
        _ => return None,
    };
    template.has_values().then(|| (writer.finish(), template))
}

impl Template {
    fn new() -> Self {
        Self {
            before: Vec::new(),
            row: Vec::new(),
            after: Vec::new(),
            backwards: false,
            is_one: false,
        }
    }
}

/// The values of a row, separated by commas.
#[derive(Default)]
struct Values {
    text: String,
    count: usize,
    /// They are elements of an array, all of one type.
    as_texts: bool,
}

impl Values {
    fn add(&mut self, value: &str) {
        if !self.text.is_empty() {
            self.text.push_str(", ");
        }
        self.text.push_str(value);
        if self.as_texts {
            self.text.push_str("::text");
        }
        self.count += 1;
    }
}

/// The parts of a statement that reads a page of rows.
struct PlainPage {
    /// What stands before `select`.
    shared: String,
    values: Values,
    from: String,
    template: Template,
}

impl Writer<'_> {
    /// None when more is asked for than rows.
    fn plain_connection(
        &mut self,
        connection: &Connection,
        above: Option<&mut Block>,
    ) -> Option<PlainPage> {
        let edges = only_edges(connection)?;
        let mut template = Template::new();
        template.backwards = connection.backwards;
        let mut values = Values {
            as_texts: above.is_some(),
            ..Values::default()
        };
        let mut shared = String::new();
        let base = self.base(connection, above, &mut shared);
        let alias = self.alias();
        let mut page = Block::derived(alias, connection.entity);
        for (index, (key, field)) in edges.iter().enumerate() {
            template.member(index, key);
            match field {
                EdgeField::Typename(name) => template.text(name),
                EdgeField::Cursor => {
                    let text = self.apart(|sql| sql.cursor(&base, &mut page));
                    values.add(&text);
                    template.row.push(Piece::Value(JsonEncoding::Text));
                }
                EdgeField::Node(row) => {
                    self.plain_row(row, &mut page, &mut template, &mut values);
                }
            }
        }
        template.literal(b"}");
        for (index, (key, field)) in connection.fields.iter().enumerate() {
            let is_before = matches!(field, ConnectionField::Edges(_))
                || template.before.is_empty()
                || !template.before.ends_with(b"[");
            let part = match is_before {
                true => &mut template.before,
                false => &mut template.after,
            };
            part.push(if index > 0 { b',' } else { b'{' });
            write_text(part, key.as_bytes());
            part.push(b':');
            match field {
                ConnectionField::Typename(name) => write_text(part, name.as_bytes()),
                _ => {
                    part.push(b'[');
                    template.after.push(b']');
                }
            }
        }
        template.after.push(b'}');
        let from = self.apart(|sql| {
            sql.push(" from ");
            sql.page(connection, &page, &base, &super::connection::Uses::rows());
        });
        Some(PlainPage {
            shared,
            values,
            from,
            template,
        })
    }

    /// Rows that belong to a row, as a value of it.
    fn plain_rows(
        &mut self,
        connection: &Connection,
        block: &mut Block,
    ) -> Option<(String, Piece)> {
        let mut page = self.plain_connection(connection, Some(block))?;
        if page.values.count == 0 {
            page.values.add("''");
        }
        let PlainPage {
            values,
            from,
            template,
            ..
        } = page;
        let value = format!("array(select array[{}]{from})", values.text);
        Some((value, Piece::Rows(template, values.count)))
    }

    /// The members of a row's object.
    fn plain_row(
        &mut self,
        row: &Row,
        block: &mut Block,
        template: &mut Template,
        values: &mut Values,
    ) {
        for (index, (key, field)) in row.fields.iter().enumerate() {
            template.member(index, key);
            if let RowField::Typename(name) = field {
                template.text(name);
                continue;
            }
            if let RowField::Many(connection) = field
                && !values.as_texts
                && let Some((value, piece)) = self.plain_rows(connection, block)
            {
                values.add(&value);
                template.row.push(piece);
                continue;
            }
            let (value, encoding) = self.plain_value(field, block, values.as_texts);
            values.add(&value);
            template.row.push(Piece::Value(encoding));
        }
        template.literal(if row.fields.is_empty() { b"{}" } else { b"}" });
    }

    fn plain_value(
        &mut self,
        field: &RowField,
        block: &mut Block,
        as_text: bool,
    ) -> (String, JsonEncoding) {
        let text = |sql: &mut Self, block: &mut Block| sql.apart(|sql| sql.row_field(field, block));
        match field {
            RowField::NodeId => (text(self, block), JsonEncoding::Text),
            RowField::Column(column) => {
                let entity = self.entity(block.entity);
                let of = &entity.columns[*column];
                match &of.output {
                    // Its text, without a cast for the sake of it.
                    Output::Text => {
                        let value = self.apart(|sql| {
                            sql.column(block, *column);
                        });
                        (value, JsonEncoding::Text)
                    }
                    Output::JsonText | Output::Enum(_) | Output::Nothing => {
                        (text(self, block), JsonEncoding::Text)
                    }
                    Output::Plain if is_plain(of.type_oid) && !(as_text && casts(of.type_oid)) => {
                        (text(self, block), JsonEncoding::of(of.type_oid))
                    }
                    Output::Plain | Output::TextArray => {
                        let value = text(self, block);
                        (format!("to_json({value})"), JsonEncoding::Raw)
                    }
                }
            }
            RowField::ComputedValue(function) => {
                let value = text(self, block);
                match &function.returns {
                    Returns::Value(Output::Nothing) => (value, JsonEncoding::Text),
                    _ => (format!("to_json({value})"), JsonEncoding::Raw),
                }
            }
            RowField::Typename(_)
            | RowField::One(..)
            | RowField::Many(_)
            | RowField::ComputedRow(..) => (text(self, block), JsonEncoding::Raw),
        }
    }
}

/// A cast to text gives another text than the type's output: truth values, inet, cidr, "char", bpchar.
fn casts(type_oid: u32) -> bool {
    matches!(type_oid, 16 | 18 | 650 | 869 | 1042)
}

/// The edges of a connection of which nothing else is asked.
fn only_edges(connection: &Connection) -> Option<&[(Key, EdgeField)]> {
    let mut edges = None;
    for (_, field) in &connection.fields {
        match field {
            ConnectionField::Typename(_) => {}
            ConnectionField::Edges(fields) if edges.is_none() => edges = Some(fields.as_slice()),
            _ => return None,
        }
    }
    edges.filter(|edges| !edges.is_empty())
}
