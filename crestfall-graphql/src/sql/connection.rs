//! Pages of rows with their cursors, counts and aggregates.

use super::base::Base;
use super::order::SortKey;
use super::{Block, WHOLE_ROW, Writer};
use crate::model::Aggregation;
use crate::plan::{
    AggregateColumn, AggregateField, Connection, ConnectionField, EdgeField, PageField,
};

/// The position of a row in its page, from 1.
const NUMBER: &str = "crestfall_number";

impl Writer<'_> {
    /// A connection as a JSON object.
    pub(super) fn connection(&mut self, connection: &Connection, above: Option<&mut Block>) {
        let mut shared = String::new();
        let uses = Uses::of(connection);
        let base = match uses.relation {
            true => self.base(connection, above, &mut shared),
            // A statement has no parameters that do not stand in it.
            false => Base::default(),
        };
        self.push("(").push(&shared).push("select ");
        let alias = self.alias();
        let mut page = Block::derived(alias, connection.entity);
        let object = self.apart(|sql| {
            sql.object(&connection.fields, |sql, field| {
                sql.connection_field(connection, field, &mut page, &base, &uses);
            });
        });
        self.push(&object);
        if uses.rows {
            self.push(" from ");
            self.page(connection, &page, &base, &uses);
            // Also when no row is left, and when nothing is aggregated. PostgreSQL does not look at rows
            // of which nothing is asked, and would not call a function for them.
            self.push(match connection.calls_volatile() {
                true => " having count(*) >= 0",
                false => " having true",
            });
        }
        self.push(")");
    }

    /// The rows of the page, with the columns that were used.
    pub(super) fn page(&mut self, connection: &Connection, page: &Block, base: &Base, uses: &Uses) {
        let entity = self.entity(connection.entity);
        if uses.numbers {
            self.push("(select *, row_number() over () as ")
                .push(NUMBER);
            self.push(" from ");
        }
        self.push("(select ");
        let mut values = Vec::new();
        for &column in &page.columns {
            values.push(self.apart(|sql| {
                sql.push(&base.alias).push(".");
                sql.ident(&entity.columns[column].name);
            }));
        }
        for &place in &page.sorted_by {
            let key = base.keys.get(place).map_or("null", |key| &key.text);
            values.push(format!("{key} as {}", SortKey::name(place)));
        }
        if page.uses_row {
            values.push(format!("{} as {WHOLE_ROW}", base.row));
        }
        match values.as_slice() {
            [] => self.push("true as crestfall_one"),
            values => self.push(&values.join(", ")),
        };
        self.push(&base.sorted());
        if let Some(cursor) = &connection.cursor {
            self.push(" and ");
            self.behind(&base.keys, cursor, connection.backwards);
        }
        self.push(" order by ");
        self.order(&base.keys, connection.backwards);
        let limit = connection.limit.saturating_add(u64::from(uses.looks_ahead));
        self.push(" limit ").display(limit.min(i64::MAX as u64));
        if connection.offset > 0 {
            self.push(" offset ")
                .display(connection.offset.min(i64::MAX as u64));
        }
        self.push(") ").push(&page.alias);
        if uses.numbers {
            self.push(") ").push(&page.alias);
        }
    }

    fn connection_field(
        &mut self,
        connection: &Connection,
        field: &ConnectionField,
        page: &mut Block,
        base: &Base,
        uses: &Uses,
    ) {
        match field {
            ConnectionField::Typename(name) => {
                self.text(name);
            }
            ConnectionField::TotalCount => {
                self.push("(select count(*)").push(&base.rows()).push(")");
            }
            ConnectionField::Edges(fields) => {
                self.push("coalesce(json_agg(");
                self.object(fields, |sql, field| match field {
                    EdgeField::Typename(name) => {
                        sql.text(name);
                    }
                    EdgeField::Cursor => sql.cursor(base, page),
                    EdgeField::Node(row) => {
                        sql.row(row, page);
                    }
                });
                if connection.backwards {
                    self.in_page_order(connection, page, false);
                }
                self.push(")");
                self.on_page(connection, page, uses);
                self.push(", '[]'::json)");
            }
            ConnectionField::PageInfo(fields) => {
                self.object(fields, |sql, field| {
                    sql.page_field(connection, field, page, base, uses);
                });
            }
            ConnectionField::Aggregate(fields) => {
                let mut block = Block::direct(base.alias.clone(), connection.entity);
                self.push("(select ");
                self.object(fields, |sql, field| sql.aggregate(field, &mut block));
                self.push(&base.rows()).push(" having true)");
            }
            ConnectionField::Groups(groups) => {
                let block = Block::direct(base.alias.clone(), connection.entity);
                self.groups(groups, block, &base.rows());
            }
        }
    }

    /// `order by` the page's numbers, so that rows come in the order that was asked for, or the other.
    fn in_page_order(&mut self, connection: &Connection, page: &Block, reversed: bool) {
        self.push(" order by ")
            .push(&page.alias)
            .push(".")
            .push(NUMBER);
        if connection.backwards != reversed {
            self.push(" desc");
        }
    }

    /// Leaves out the row that was read to see whether there are more.
    fn on_page(&mut self, connection: &Connection, page: &Block, uses: &Uses) {
        if uses.looks_ahead {
            self.push(" filter (where ")
                .push(&page.alias)
                .push(".")
                .push(NUMBER);
            self.push(" <= ").display(connection.limit).push(")");
        }
    }

    fn page_field(
        &mut self,
        connection: &Connection,
        field: &PageField,
        page: &mut Block,
        base: &Base,
        uses: &Uses,
    ) {
        match field {
            PageField::Typename(name) => {
                self.text(name);
            }
            PageField::StartCursor | PageField::EndCursor => {
                self.push("(array_agg(");
                self.cursor(base, page);
                self.in_page_order(connection, page, matches!(field, PageField::EndCursor));
                self.push(")");
                self.on_page(connection, page, uses);
                self.push(")[1]");
            }
            PageField::HasNextPage if connection.backwards => {
                self.has_rows_before(connection, page, base, uses);
            }
            PageField::HasPreviousPage if !connection.backwards => {
                self.has_rows_before(connection, page, base, uses);
            }
            PageField::HasNextPage | PageField::HasPreviousPage => {
                self.push("coalesce(bool_or(").push(&page.alias).push(".");
                self.push(NUMBER).push(" > ").display(connection.limit);
                self.push("), false)");
            }
        }
    }

    /// Whether the page does not begin with the first row of all, in the order that it is read in.
    fn has_rows_before(
        &mut self,
        connection: &Connection,
        page: &mut Block,
        base: &Base,
        uses: &Uses,
    ) {
        let key = self.entity(connection.entity).primary_key.clone();
        self.push("coalesce(bool_and((");
        self.list(&key, |sql, &column| {
            sql.column(page, column);
        });
        self.push(") <> (select ");
        let mut block = Block::direct(base.alias.clone(), connection.entity);
        self.list(&key, |sql, &column| {
            sql.column(&mut block, column);
        });
        self.push(&base.sorted()).push(" order by ");
        self.order(&base.keys, connection.backwards);
        self.push(" limit 1))");
        self.on_page(connection, page, uses);
        self.push(", false)");
    }

    /// The place of a row in the order, as a client gives it back.
    pub(super) fn cursor(&mut self, base: &Base, page: &mut Block) {
        self.push("translate(encode(convert_to(jsonb_build_array(");
        self.list(base.keys.iter().enumerate(), |sql, (place, key)| {
            sql.push("to_jsonb(");
            match key.column {
                Some(column) => sql.column(page, column),
                None => {
                    page.sorted_by.insert(place);
                    sql.push(&page.alias).push(".").push(&SortKey::name(place))
                }
            };
            // Who reads JSON has fewer digits than PostgreSQL.
            sql.push(if key.is_numeric { "::text)" } else { ")" });
        });
        self.push(")::text, 'utf-8'), 'base64'), E'\\n', '')");
    }

    pub(super) fn aggregate(&mut self, field: &AggregateField, block: &mut Block) {
        match field {
            AggregateField::Typename(name) => {
                self.text(name);
            }
            AggregateField::Count => {
                self.push("count(*)");
            }
            AggregateField::By(by, columns) => {
                self.object(columns, |sql, column| match column {
                    AggregateColumn::Typename(name) => {
                        sql.text(name);
                    }
                    AggregateColumn::Column(column) => sql.aggregated(*by, *column, block),
                });
            }
        }
    }

    pub(super) fn aggregated(&mut self, by: Aggregation, column: usize, block: &mut Block) {
        let is_truth = self.entity(block.entity).columns[column].type_oid == 16;
        let function = match (by, is_truth) {
            // PostgreSQL does not order truth values for its own min and max.
            (Aggregation::Min, true) => "bool_and",
            (Aggregation::Max, true) => "bool_or",
            _ => by.name(),
        };
        self.push(function).push("(").column(block, column);
        if by == Aggregation::Avg {
            self.push("::numeric");
        }
        self.push(")");
    }
}

/// What of the rows of a page is asked.
pub(super) struct Uses {
    /// Anything of them, or of all rows.
    relation: bool,
    /// The rows are read at all.
    rows: bool,
    /// Their numbers in the page.
    numbers: bool,
    /// One more row is read, to see whether there is one.
    looks_ahead: bool,
}

impl Uses {
    /// The rows, and nothing about them.
    pub(super) fn rows() -> Self {
        Self {
            relation: true,
            rows: true,
            numbers: false,
            looks_ahead: false,
        }
    }

    fn of(connection: &Connection) -> Self {
        // What a function changes is changed, whatever is asked of its rows.
        let is_called = connection.calls_volatile();
        let mut uses = Self {
            relation: is_called,
            rows: is_called,
            numbers: false,
            looks_ahead: false,
        };
        for (_, field) in &connection.fields {
            match field {
                ConnectionField::Edges(_) => {
                    uses.rows = true;
                    uses.numbers |= connection.backwards;
                }
                ConnectionField::PageInfo(fields) => {
                    for (_, field) in fields {
                        let looks_ahead = match field {
                            PageField::Typename(_) => continue,
                            PageField::HasNextPage => !connection.backwards,
                            PageField::HasPreviousPage => connection.backwards,
                            PageField::StartCursor | PageField::EndCursor => false,
                        };
                        uses.rows = true;
                        uses.looks_ahead |= looks_ahead;
                        uses.numbers |= looks_ahead
                            || matches!(field, PageField::StartCursor | PageField::EndCursor);
                    }
                }
                ConnectionField::TotalCount
                | ConnectionField::Aggregate(_)
                | ConnectionField::Groups(_) => uses.relation = true,
                ConnectionField::Typename(_) => {}
            }
        }
        uses.relation |= uses.rows;
        uses
    }
}
