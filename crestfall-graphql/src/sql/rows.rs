//! Answers made of plain rows: PostgreSQL sends values, and we write the JSON, which costs a fraction of
//! what its functions for JSON do. Rows of other relations still come as JSON, as values of a row.

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
}

impl Template {
    /// Appends the answer.
    pub(crate) fn write(&self, json: &mut Vec<u8>, rows: &Rows) {
        if self.is_one && rows.is_empty() {
            json.extend_from_slice(b"null");
            return;
        }
        json.extend_from_slice(&self.before);
        let count = rows.len();
        for index in 0..count {
            let place = if self.backwards {
                count - 1 - index
            } else {
                index
            };
            let Some(row) = rows.row(place) else { break };
            if index > 0 {
                json.push(b',');
            }
            let mut values = row.values();
            for piece in &self.row {
                match piece {
                    Piece::Literal(text) => json.extend_from_slice(text),
                    Piece::Value(encoding) => match values.next().flatten() {
                        Some(value) => write_value(json, *encoding, value),
                        None => json.extend_from_slice(b"null"),
                    },
                }
            }
        }
        json.extend_from_slice(&self.after);
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
            .any(|piece| matches!(piece, Piece::Value(_)))
    }
}

/// A statement that gives the rows of a field of `Query` as they are. None when the field asks for
/// more than rows.
pub(crate) fn rows(schema: &Schema, field: &Root) -> Option<(Written, Template)> {
    let mut writer = Writer::new(schema);
    let template = match field {
        Root::Connection(connection) => writer.plain_connection(connection)?,
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
}

impl Values {
    fn add(&mut self, value: &str) {
        if !self.text.is_empty() {
            self.text.push_str(", ");
        }
        self.text.push_str(value);
    }
}

impl Writer<'_> {
    fn plain_connection(&mut self, connection: &Connection) -> Option<Template> {
        let edges = only_edges(connection)?;
        let mut template = Template::new();
        template.backwards = connection.backwards;
        let mut shared = String::new();
        let base = self.base(connection, None, &mut shared);
        let alias = self.alias();
        let mut page = Block::derived(alias, connection.entity);
        let mut values = Values::default();
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
        self.push(&shared).push("select ").push(&values.text);
        self.push(" from ");
        self.page(connection, &page, &base, &super::connection::Uses::rows());
        Some(template)
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
            let (value, encoding) = self.plain_value(field, block);
            values.add(&value);
            template.row.push(Piece::Value(encoding));
        }
        template.literal(if row.fields.is_empty() { b"{}" } else { b"}" });
    }

    fn plain_value(&mut self, field: &RowField, block: &mut Block) -> (String, JsonEncoding) {
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
                    Output::Plain if is_plain(of.type_oid) => {
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
