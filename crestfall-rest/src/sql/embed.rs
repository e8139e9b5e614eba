//! Embeds as lateral joins.

use crestfall_core::QualifiedName;

use super::Sql;
use crate::plan::read::{Output, ReadNode, Spread};
use crate::request::select::JoinType;

impl Sql {
    /// Joins an embed; `json` is the cast that its parent needs of JSON.
    pub(super) fn join_embed(&mut self, embed: &ReadNode, output: &Output, json: &str) {
        let key = embed.key();
        let inner = embed.join == Some(JoinType::Inner);
        self.push(if inner {
            " INNER JOIN LATERAL ("
        } else {
            " LEFT JOIN LATERAL ("
        });
        let is_array = match (output, &embed.spread) {
            (Output::Json { to_one, .. }, _) => !to_one,
            (Output::Columns(_), spread) => matches!(spread, Some(Spread::ToMany { .. })),
        };
        if is_array {
            self.push("SELECT json_agg(")
                .ident(&key)
                .push(")")
                .push(json)
                .push(" AS ")
                .ident(&key);
            self.spread_arrays(embed, output, json);
            self.push(" FROM (").read(embed);
            self.push(") AS ").ident(&key);
        } else {
            self.read(embed);
        }
        self.push(") AS ").ident(&key).push(" ON ");
        if is_array && inner {
            // Without rows the aggregate is NULL.
            self.ident(&key).push(" IS NOT NULL");
        } else {
            self.push("TRUE");
        }
    }

    /// The lifted columns of a to-many embed, each an array in the embed's order.
    fn spread_arrays(&mut self, embed: &ReadNode, output: &Output, json: &str) {
        let (Output::Columns(columns), Some(Spread::ToMany { order, .. })) =
            (output, &embed.spread)
        else {
            return;
        };
        let qualifier = QualifiedName::new("", embed.key());
        for column in columns {
            self.push(", COALESCE(json_agg(")
                .column(&qualifier, &column.name);
            self.order_by(&qualifier, order);
            let shown = column.alias.as_ref().unwrap_or(&column.name);
            self.push("), '[]')").push(json).push(" AS ").ident(shown);
        }
    }
}
