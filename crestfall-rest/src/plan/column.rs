//! A name in a request, tied to the column it means: what type it has and which conversions a
//! place in a statement needs.

use std::sync::Arc;

use crestfall_core::Catalog;
use crestfall_core::catalog::{Column, Table};

use crate::request::Text;
use crate::request::select::{Field, JsonStep};

/// A column (or computed field, or alias) as a statement refers to it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ColumnRef {
    /// `*` stands for all columns.
    pub(crate) name: Text,
    pub(crate) path: Vec<JsonStep>,
    /// A path into a value that is no JSON goes through `to_jsonb`.
    pub(crate) to_jsonb: bool,
    /// Full-text search on a column that is no `tsvector`: wrap it in `to_tsvector`.
    pub(crate) tsvector: Option<ToTsVector>,
    /// The declared type; empty when the catalogue does not know the name.
    pub(crate) data_type: Text,
    /// Function of a cast that converts the value, quoted.
    pub(crate) transform: Option<Arc<str>>,
    pub(crate) default: Option<String>,
    /// Means the row itself rather than a column of it.
    pub(crate) whole_row: bool,
}

/// `to_tsvector`, with a language when the request names one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToTsVector(pub(crate) Option<Text>);

impl ColumnRef {
    /// A name the catalogue need not know.
    pub(crate) fn unknown(name: impl Into<Text>, path: Vec<JsonStep>) -> Self {
        Self {
            name: name.into(),
            path,
            ..Self::default()
        }
    }

    fn of(column: &Column) -> Self {
        Self {
            name: column.name.clone(),
            data_type: column.nominal_type.clone(),
            default: column.default.clone(),
            ..Self::default()
        }
    }
}

/// Resolves names of one relation.
#[derive(Clone, Copy)]
pub(crate) struct Resolver<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) table: Option<&'a Table>,
}

impl Resolver<'_> {
    /// A field as such: for ordering.
    pub(crate) fn field(&self, field: &Field) -> ColumnRef {
        self.resolve(field, None)
    }

    /// A field as part of the answer.
    pub(crate) fn output(&self, field: &Field) -> ColumnRef {
        self.shown_as_json(self.resolve(field, None))
    }

    /// A column as part of the answer.
    pub(crate) fn output_column(&self, column: &Column) -> ColumnRef {
        self.shown_as_json(ColumnRef::of(column))
    }

    /// A field that text from the query string is compared with.
    pub(crate) fn filter(&self, field: &Field, tsvector: Option<ToTsVector>) -> ColumnRef {
        let column = self.resolve(field, tsvector);
        let data_type = column.data_type.clone();
        self.with_cast("text", &data_type, column)
    }

    /// A column that a JSON body sets; none when the relation has no such column.
    pub(crate) fn input(&self, name: &str) -> Option<ColumnRef> {
        let column = ColumnRef::of(self.table?.column(name)?);
        let data_type = column.data_type.clone();
        Some(self.with_cast("json", &data_type, column))
    }

    /// Some column of the relation is shown through a cast to JSON.
    pub(crate) fn has_output_casts(&self) -> bool {
        !self.catalog.representations.is_empty()
            && self.table.is_some_and(|table| {
                table.columns.iter().any(|column| {
                    self.catalog
                        .representations
                        .contains_key(&(column.nominal_type.clone(), Arc::from("json")))
                })
            })
    }

    fn resolve(&self, field: &Field, tsvector: Option<ToTsVector>) -> ColumnRef {
        let Some(column) = self.table.and_then(|table| table.column(&field.name)) else {
            // It may be a computed column, perhaps of type tsvector.
            let unknown = ColumnRef::unknown(field.name.clone(), field.path.clone());
            return ColumnRef {
                to_jsonb: true,
                ..unknown
            };
        };
        let is_json = matches!(&*column.nominal_type, "json" | "jsonb");
        let is_tsvector = &*column.data_type == "tsvector";
        ColumnRef {
            path: field.path.clone(),
            to_jsonb: !is_json,
            tsvector: tsvector.filter(|_| !is_tsvector),
            ..ColumnRef::of(column)
        }
    }

    fn shown_as_json(&self, column: ColumnRef) -> ColumnRef {
        let data_type = column.data_type.clone();
        self.with_cast(&data_type, "json", column)
    }

    fn with_cast(&self, from: &str, to: &str, column: ColumnRef) -> ColumnRef {
        if self.catalog.representations.is_empty() {
            return column;
        }
        match self
            .catalog
            .representations
            .get(&(Arc::from(from), Arc::from(to)))
        {
            // What the transforming function takes is what the value is read as.
            Some(cast) => ColumnRef {
                data_type: from.into(),
                transform: Some(cast.function.clone()),
                ..column
            },
            None => column,
        }
    }
}
