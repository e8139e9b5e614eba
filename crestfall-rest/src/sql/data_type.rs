//! Names of types in casts, which a request gives without quotes.

use super::Sql;

/// Types that the grammar of SQL names itself: quoted they would be others, or none.
const SPELT_OUT: [&str; 45] = [
    "bigint",
    "bit",
    "bit varying",
    "boolean",
    "char",
    "char varying",
    "character",
    "character varying",
    "dec",
    "decimal",
    "double precision",
    "float",
    "int",
    "integer",
    "interval",
    "interval day",
    "interval day to hour",
    "interval day to minute",
    "interval day to second",
    "interval hour",
    "interval hour to minute",
    "interval hour to second",
    "interval minute",
    "interval minute to second",
    "interval month",
    "interval second",
    "interval year",
    "interval year to month",
    "national char",
    "national char varying",
    "national character",
    "national character varying",
    "nchar",
    "nchar varying",
    "numeric",
    "real",
    "smallint",
    "time",
    "time with time zone",
    "time without time zone",
    "timestamp",
    "timestamp with time zone",
    "timestamp without time zone",
    "timetz",
    "varchar",
];

impl Sql {
    /// The type a request casts to. Whatever SQL does not name itself is an identifier, which
    /// without quotes means its lower-case form.
    pub(super) fn data_type(&mut self, name: &str) -> &mut Self {
        let words: Vec<_> = name
            .split_whitespace()
            .map(str::to_ascii_lowercase)
            .collect();
        let name = words.join(" ");
        match SPELT_OUT.iter().find(|spelt| **spelt == name) {
            Some(spelt) => self.push(spelt),
            None => self.ident(&name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str) -> String {
        let mut sql = Sql::default();
        sql.data_type(name);
        sql.finish().0.to_string()
    }

    #[test]
    fn types_of_sql_are_spelt_out_pr_040() {
        assert_eq!(written("Double  Precision"), "double precision");
        assert_eq!(written(" char"), "char");
        assert_eq!(
            written("timestamp with time zone"),
            "timestamp with time zone"
        );
    }

    #[test]
    fn all_others_are_identifiers_sec_29() {
        assert_eq!(written("Text"), "\"text\"");
        assert_eq!(written("my_Type"), "\"my_type\"");
        for odd in [
            "$$",
            "$1",
            "1x",
            "select",
            "int) from x",
            "interval year to",
            "a\"b",
        ] {
            let text = written(odd);
            assert!(text.starts_with('"') && text.ends_with('"'), "{text}");
        }
    }
}
