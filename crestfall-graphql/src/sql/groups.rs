//! Groups of rows with their aggregates.

use super::{Block, Writer};
use crate::model::Output;
use crate::plan::{GroupField, GroupKeyField, Groups};

/// The object of a group, in the subselect that sorts them.
const GROUP: &str = "crestfall_group";

impl Writer<'_> {
    /// Groups of the rows that `from` gives, as a JSON array.
    pub(super) fn groups(&mut self, groups: &Groups, mut block: Block, from: &str) {
        let block = &mut block;
        let alias = self.alias();
        self.push("(select coalesce(json_agg(").push(&alias);
        self.push(".")
            .push(GROUP)
            .push("), '[]'::json) from (select ");
        self.object(&groups.fields, |sql, field| match field {
            GroupField::Typename(name) => {
                sql.text(name);
            }
            GroupField::Keys(keys) => {
                sql.object(keys, |sql, key| match key {
                    GroupKeyField::Typename(name) => {
                        sql.text(name);
                    }
                    GroupKeyField::Key(key) => sql.shown_key(*key, block),
                });
            }
            GroupField::Aggregate(field) => sql.aggregate(field, block),
        });
        self.push(" as ").push(GROUP).push(from).push(" group by ");
        self.list(&groups.keys, |sql, &key| sql.group_key(key, block));
        if !groups.having.is_empty() {
            self.push(" having ");
            self.conditions(block, &groups.having);
        }
        self.push(" order by ");
        self.list(&groups.order, |sql, item| {
            sql.operand(block, &item.by);
            sql.direction(item.descending, item.nulls_first);
        });
        self.push(" limit ")
            .display(groups.limit.min(i64::MAX as u64));
        if groups.offset > 0 {
            self.push(" offset ")
                .display(groups.offset.min(i64::MAX as u64));
        }
        self.push(") ").push(&alias).push(")");
    }

    /// What the rows of a group have in common. Times lose their end in the session's time zone.
    pub(super) fn group_key(&mut self, key: usize, block: &mut Block) {
        let of = self.entity(block.entity);
        let key = &of.group_keys[key];
        let Some(truncation) = key.truncation else {
            self.column(block, key.column);
            return;
        };
        // date
        let is_date = of.columns[key.column].type_oid == 1082;
        self.push("date_trunc('")
            .push(truncation.unit())
            .push("', ");
        self.column(block, key.column);
        self.push(match is_date {
            true => "::timestamp)::date",
            false => ")",
        });
    }

    fn shown_key(&mut self, key: usize, block: &mut Block) {
        let of = self.entity(block.entity);
        let value = self.apart(|sql| sql.group_key(key, block));
        let key = &of.group_keys[key];
        let output = match key.truncation {
            None => &of.columns[key.column].output,
            Some(_) => &Output::Plain,
        };
        self.output(output, &value);
    }
}
