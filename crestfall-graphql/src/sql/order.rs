//! Orders and cursors.

use std::sync::Arc;

use super::{Block, Writer};
use crate::model::Relation;
use crate::plan::{CursorValue, Operand, Order};

/// What a subselect calls the one value that it gives.
pub(super) const VALUE: &str = "crestfall_value";

/// What rows are sorted by.
pub(super) struct SortKey {
    pub(super) text: String,
    /// Of the rows themselves.
    pub(super) column: Option<usize>,
    sql_type: Arc<str>,
    /// It may have more digits than a number of JSON.
    pub(super) is_numeric: bool,
    not_null: bool,
    descending: bool,
    nulls_first: bool,
}

impl SortKey {
    /// What a subselect calls the value at that place, which is no column.
    pub(super) fn name(place: usize) -> String {
        format!("crestfall_sort_{place}")
    }

    /// The same, where it is another expression.
    pub(super) fn read_as(self, text: String) -> Self {
        Self { text, ..self }
    }

    /// Whether it descends and whether nulls come first, the other way round if so wanted.
    fn direction(&self, reversed: bool) -> (bool, bool) {
        (self.descending != reversed, self.nulls_first != reversed)
    }
}

/// What rows are sorted by and what is to be joined for it.
pub(super) struct Sort {
    pub(super) keys: Vec<SortKey>,
    pub(super) joins: String,
}

/// Rows that were joined, by the way there.
#[derive(Default)]
struct Joined {
    ways: Vec<(Vec<Arc<Relation>>, String)>,
}

impl Joined {
    fn find(&self, way: &[Arc<Relation>]) -> Option<String> {
        let is_it = |(known, _): &&(Vec<Arc<Relation>>, String)| {
            let mut steps = known.iter().zip(way);
            known.len() == way.len() && steps.all(|(one, other)| Arc::ptr_eq(one, other))
        };
        self.ways.iter().find(is_it).map(|(_, alias)| alias.clone())
    }
}

impl Writer<'_> {
    /// What an order sorts by.
    pub(super) fn sort(&mut self, block: &mut Block, order: &[Order]) -> Sort {
        let mut joined = Joined::default();
        let mut joins = String::new();
        // The drop-in for pg_graphql writes cursors byte for byte as it does.
        let is_exact = self.entity(block.entity).extended;
        let keys = order.iter().map(|item| {
            let last = item.path.last().map_or(block.entity, |last| last.target);
            let sql_type = self.operand_type(last, &item.by);
            let mut key = SortKey {
                text: String::new(),
                column: None,
                is_numeric: is_exact && sql_type.starts_with("numeric"),
                sql_type,
                not_null: false,
                descending: item.descending,
                nulls_first: item.nulls_first,
            };
            match (&item.by, item.path.as_slice()) {
                (Operand::Column(column), []) => {
                    let of = &self.entity(block.entity).columns[*column];
                    key.column = Some(*column);
                    key.not_null = of.not_null;
                    // numeric
                    key.is_numeric |= is_exact && of.type_oid == 1700;
                    key.text = self.apart(|sql| {
                        sql.column(block, *column);
                    });
                }
                _ => key.text = self.joined(block, item, &mut joined, &mut joins),
            }
            key
        });
        let keys = keys.collect();
        Sort { keys, joins }
    }

    /// A value of related rows. A join for it never makes two rows of one.
    fn joined(
        &mut self,
        block: &mut Block,
        item: &Order,
        joined: &mut Joined,
        joins: &mut String,
    ) -> String {
        let is_unique = item.path.iter().all(|relation| relation.is_unique);
        if !is_unique {
            let value = self.apart(|sql| sql.first_value(block, item));
            return self.lateral(&value, joins);
        }
        let mut here = Block::direct(block.alias.clone(), block.entity);
        for (step, relation) in item.path.iter().enumerate() {
            let way = &item.path[..=step];
            let alias = joined.find(way).unwrap_or_else(|| {
                let alias = self.alias();
                let join = self.apart(|sql| sql.left_join(relation, &alias, &mut here));
                joins.push_str(&join);
                joined.ways.push((way.to_vec(), alias.clone()));
                alias
            });
            here = Block::direct(alias, relation.target);
        }
        match &item.by {
            Operand::Related(relation, measure) => {
                let value = self.apart(|sql| sql.measured(relation, *measure, &mut here));
                self.lateral(&value, joins)
            }
            by => self.apart(|sql| sql.operand(&mut here, by)),
        }
    }

    fn left_join(&mut self, relation: &Relation, alias: &str, here: &mut Block) {
        self.push(" left join ").relation(relation.target);
        self.push(" ").push(alias).push(" on ");
        self.join(relation, alias, here);
    }

    /// Joins a subselect that gives one value, once for each row.
    fn lateral(&mut self, select: &str, joins: &mut String) -> String {
        let alias = self.alias();
        joins.push_str(&format!(" left join lateral ({select}) {alias} on true"));
        format!("{alias}.{VALUE}")
    }

    /// The value of one of the rows that the path leads to.
    fn first_value(&mut self, block: &mut Block, item: &Order) {
        let Some((first, path)) = item.path.split_first() else {
            return;
        };
        let start = self.alias();
        let mut here = Block::direct(start.clone(), first.target);
        let joins = self.apart(|sql| {
            for relation in path {
                let alias = sql.alias();
                sql.left_join(relation, &alias, &mut here);
                here = Block::direct(alias, relation.target);
            }
        });
        self.push("select ");
        self.operand(&mut here, &item.by);
        self.push(" as ").push(VALUE).push(" from ");
        self.relation(first.target).push(" ").push(&start);
        self.push(&joins).push(" where ");
        self.join(first, &start, block);
        self.push(" limit 1");
    }

    /// The values of an order, the other way round if so wanted.
    pub(super) fn order(&mut self, keys: &[SortKey], reversed: bool) {
        self.list(keys, |sql, key| {
            let (descending, nulls_first) = key.direction(reversed);
            sql.push(&key.text);
            sql.direction(descending, nulls_first);
        });
    }

    pub(super) fn direction(&mut self, descending: bool, nulls_first: bool) {
        self.push(if descending { " desc" } else { " asc" });
        // The default needs no word: PostgreSQL sorts nulls as the greatest.
        if nulls_first != descending {
            self.push(match nulls_first {
                true => " nulls first",
                false => " nulls last",
            });
        }
    }

    /// The row comes behind the cursor.
    pub(super) fn behind(&mut self, keys: &[SortKey], cursor: &[CursorValue], reversed: bool) {
        let ([key, keys @ ..], [value, cursor @ ..]) = (keys, cursor) else {
            self.push("false");
            return;
        };
        let (descending, nulls_first) = key.direction(reversed);
        // After this value.
        self.push("(");
        if value.is_null {
            match nulls_first {
                true => self.push(&key.text).push(" is not null"),
                false => self.push("false"),
            };
        } else {
            self.push(&key.text);
            self.push(if descending { " < " } else { " > " });
            self.value(&value.recipe, &key.sql_type);
            // pg_graphql leaves them out.
            if !nulls_first && !key.not_null && !self.schema.is_drop_in {
                self.push(" or ").push(&key.text).push(" is null");
            }
        }
        // Or at it, and behind by what follows.
        if !cursor.is_empty() && !keys.is_empty() {
            self.push(" or (").push(&key.text);
            match value.is_null {
                true => self.push(" is null"),
                false => self.push(" = ").value(&value.recipe, &key.sql_type),
            };
            self.push(" and ");
            self.behind(keys, cursor, reversed);
            self.push(")");
        }
        self.push(")");
    }
}
