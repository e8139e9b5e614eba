//! Where the rows of a connection come from: a relation, those that belong to the row above, a function.

use crestfall_core::catalog::Volatility;

use super::order::SortKey;
use super::{Block, WHOLE_ROW, Writer};
use crate::plan::{Connection, RowSource};

/// Where a connection's rows are read, as often as need be.
#[derive(Default)]
pub(super) struct Base {
    /// ` from …`, with the rows called `alias`.
    from: String,
    /// What the order reads besides.
    joins: String,
    /// ` where …`
    conditions: String,
    pub(super) alias: String,
    /// What rows are sorted by.
    pub(super) keys: Vec<SortKey>,
    /// The whole row, as an expression.
    pub(super) row: String,
}

impl Connection {
    /// Its rows come from a function that may change something.
    pub(super) fn calls_volatile(&self) -> bool {
        matches!(
            &self.source,
            RowSource::Call(call) if call.function.volatility == Volatility::Volatile
        )
    }
}

impl Base {
    /// The rows, in no order.
    pub(super) fn rows(&self) -> String {
        [&*self.from, &*self.conditions].concat()
    }

    /// The rows with what sorts them.
    pub(super) fn sorted(&self) -> String {
        [&*self.from, &*self.joins, &*self.conditions].concat()
    }
}

impl Writer<'_> {
    pub(super) fn base(
        &mut self,
        connection: &Connection,
        above: Option<&mut Block>,
        shared: &mut String,
    ) -> Base {
        let alias = self.alias();
        let mut block = Block::direct(alias.clone(), connection.entity);
        let mut row = alias.clone();
        let mut related = None;
        let from = self.apart(|sql| {
            sql.push(" from ");
            match (&connection.source, above) {
                (RowSource::Related(relation), Some(above)) => {
                    sql.relation(connection.entity).push(" ").push(&alias);
                    related = Some((relation, above));
                }
                (RowSource::Computed(function), Some(above)) => {
                    sql.computed(function, above);
                    sql.push(" ").push(&alias);
                }
                (RowSource::Call(call), _) if call.function.volatility == Volatility::Volatile => {
                    // Called once, however often its rows are looked at.
                    let called = sql.alias();
                    *shared = sql.apart(|sql| {
                        sql.push("with ")
                            .push(&called)
                            .push(" as materialized (select ");
                        sql.push(&alias).push(" as ").push(WHOLE_ROW).push(" from ");
                        sql.call(call).push(" ").push(&alias).push(") ");
                    });
                    sql.push("(select (")
                        .push(WHOLE_ROW)
                        .push(").*, ")
                        .push(WHOLE_ROW);
                    sql.push(" from ").push(&called).push(") ").push(&alias);
                    row = format!("{alias}.{WHOLE_ROW}");
                }
                (RowSource::Call(call), _) => {
                    sql.call(call).push(" ").push(&alias);
                }
                (RowSource::Relation | RowSource::Related(_) | RowSource::Computed(_), _) => {
                    sql.relation(connection.entity).push(" ").push(&alias);
                }
            }
        });
        let conditions = self.apart(|sql| {
            sql.push(" where ");
            if let Some((relation, above)) = related {
                sql.join(relation, &alias, above);
                sql.push(" and ");
            }
            sql.conditions(&mut block, &connection.filter);
        });
        let sort = self.sort(&mut block, &connection.order);
        let base = Base {
            from,
            joins: sort.joins,
            conditions,
            alias,
            keys: sort.keys,
            row,
        };
        match connection.distinct.is_empty() {
            true => base,
            false => self.distinct(connection, base),
        }
    }

    /// Of rows with the same values only the first. Everything that is asked about the connection is
    /// about these.
    fn distinct(&mut self, connection: &Connection, base: Base) -> Base {
        let entity = self.entity(connection.entity);
        let alias = self.alias();
        let has_row = connection.uses_whole_rows();
        let from = self.apart(|sql| {
            sql.push(" from (select distinct on (");
            sql.list(&connection.distinct, |sql, &column| {
                sql.push(&base.alias).push(".");
                sql.ident(&entity.columns[column].name);
            });
            sql.push(") ");
            let readable = entity.columns.iter().filter(|column| column.selectable);
            sql.list(readable, |sql, column| {
                sql.push(&base.alias).push(".").ident(&column.name);
            });
            for (place, key) in base.keys.iter().enumerate() {
                if key.column.is_none() {
                    sql.push(", ").push(&key.text).push(" as ");
                    sql.push(&SortKey::name(place));
                }
            }
            if has_row {
                sql.push(", ").push(&base.row).push(" as ").push(WHOLE_ROW);
            }
            sql.push(&base.sorted()).push(" order by ");
            sql.order(&base.keys, false);
            sql.push(") ").push(&alias);
        });
        let keys = base.keys.into_iter().enumerate().map(|(place, key)| {
            let text = match key.column {
                Some(column) => {
                    let name = &entity.columns[column].name;
                    self.apart(|sql| {
                        sql.push(&alias).push(".").ident(name);
                    })
                }
                None => format!("{alias}.{}", SortKey::name(place)),
            };
            key.read_as(text)
        });
        Base {
            from,
            joins: String::new(),
            conditions: " where true".to_owned(),
            keys: keys.collect(),
            row: format!("{alias}.{WHOLE_ROW}"),
            alias,
        }
    }
}
