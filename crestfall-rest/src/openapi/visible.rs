//! What a caller gets to see: the catalogue, narrowed by the privileges of the caller's role.

use std::collections::HashSet;
use std::sync::Arc;

use crestfall_core::Catalog;
use crestfall_core::catalog::{Parameter, Routine, Table, Volatility};
use serde::Deserialize;

use crate::config::OpenApiMode;

/// A query that answers with one text, never null, in each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) sql: &'static str,
    /// All of type text.
    pub(crate) params: Vec<String>,
}

const SCHEMA_COMMENT: &str = include_str!("schema_comment.sql");
const RELATIONS: &str = include_str!("relations.sql");
const ROUTINES: &str = include_str!("routines.sql");

/// What to ask the database before [`visible`], as the caller's role and with the search path of
/// any other request of that schema: types are printed the way that path lets them be written.
pub(crate) fn statements(mode: OpenApiMode, schema: &str) -> Vec<Statement> {
    let texts: &[&'static str] = match mode {
        OpenApiMode::FollowPrivileges => &[SCHEMA_COMMENT, RELATIONS, ROUTINES],
        OpenApiMode::IgnorePrivileges => &[SCHEMA_COMMENT],
        OpenApiMode::Disabled => &[],
    };
    let statement = |&sql| Statement {
        sql,
        params: vec![schema.to_owned()],
    };
    texts.iter().map(statement).collect()
}

/// What a caller gets to see of one schema.
#[derive(Debug, Default)]
pub(crate) struct Visible<'a> {
    /// By name.
    pub(crate) tables: Vec<&'a Table>,
    /// By name; overloads in the catalogue's order.
    pub(crate) routines: Vec<Function>,
    /// `COMMENT ON SCHEMA`.
    pub(crate) schema_comment: Option<String>,
}

/// A function as the document shows it. With `follow-privileges` it comes from the database and
/// not from the catalogue, whose types are all written with their schema.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: Arc<str>,
    pub(crate) description: Option<String>,
    pub(crate) volatile: bool,
    pub(crate) arguments: Vec<Argument>,
}

/// An input of a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) struct Argument {
    pub(crate) name: Arc<str>,
    pub(crate) data_type: Arc<str>,
    pub(crate) required: bool,
    pub(crate) variadic: bool,
}

/// Joins the answers to [`statements`], one list of rows for each, with the catalogue.
///
/// # Errors
/// When a row is not what its statement answers with.
pub(crate) fn visible<'a, Row: AsRef<str>>(
    catalog: &'a Catalog,
    schema: &str,
    mode: OpenApiMode,
    answers: &[Vec<Row>],
) -> serde_json::Result<Visible<'a>> {
    let rows = |index: usize| answers.get(index).map_or(&[][..], Vec::as_slice);
    let (mut tables, mut routines) = match mode {
        OpenApiMode::FollowPrivileges => {
            let usable: HashSet<&str> = rows(1).iter().map(AsRef::as_ref).collect();
            let functions = rows(2).iter().map(|row| serde_json::from_str(row.as_ref()));
            (
                tables(catalog, schema, |name| usable.contains(name)),
                functions.collect::<Result<Vec<Function>, _>>()?,
            )
        }
        OpenApiMode::IgnorePrivileges => {
            (tables(catalog, schema, |_| true), routines(catalog, schema))
        }
        OpenApiMode::Disabled => return Ok(Visible::default()),
    };
    tables.sort_unstable_by_key(|table| &table.name.name);
    routines.sort_by(|one, other| one.rank().cmp(&other.rank()));
    Ok(Visible {
        tables,
        routines,
        schema_comment: rows(0).first().map(|comment| comment.as_ref().to_owned()),
    })
}

fn tables<'a>(catalog: &'a Catalog, schema: &str, usable: impl Fn(&str) -> bool) -> Vec<&'a Table> {
    let tables = catalog.tables.values().map(Arc::as_ref);
    tables
        .filter(|table| *table.name.schema == *schema && usable(&table.name.name))
        .collect()
}

fn routines(catalog: &Catalog, schema: &str) -> Vec<Function> {
    let names = catalog.routines.iter();
    names
        .filter(|(name, _)| *name.schema == *schema)
        .flat_map(|(_, overloads)| overloads)
        .map(|routine| Function::from(routine.as_ref()))
        .collect()
}

impl Function {
    /// The order in which overloads are listed.
    fn rank(&self) -> impl Ord + '_ {
        (
            &self.name,
            self.arguments.len(),
            &self.description,
            &self.arguments,
        )
    }
}

impl From<&Routine> for Function {
    fn from(routine: &Routine) -> Self {
        Self {
            name: routine.name.name.clone(),
            description: routine.description.clone(),
            volatile: routine.volatility == Volatility::Volatile,
            arguments: routine.parameters.iter().map(Argument::from).collect(),
        }
    }
}

impl From<&Parameter> for Argument {
    fn from(parameter: &Parameter) -> Self {
        Self {
            name: parameter.name.clone(),
            data_type: parameter.data_type.clone(),
            required: parameter.required,
            variadic: parameter.variadic,
        }
    }
}

#[cfg(test)]
mod tests {
    use crestfall_core::QualifiedName;

    use super::*;

    fn catalog() -> Catalog {
        let mut catalog = Catalog::default();
        for (schema, name) in [("shop", "orders"), ("shop", "staff"), ("other", "orders")] {
            let name = QualifiedName::new(schema, name);
            let table = Table {
                name: name.clone(),
                description: None,
                is_view: false,
                insertable: true,
                updatable: true,
                deletable: true,
                runs_functions: false,
                writes_run_functions: false,
                is_protected: true,
                row_security: false,
                primary_key: Vec::new(),
                columns: Vec::new(),
                column_index: Default::default(),
            };
            catalog.tables.insert(name, Arc::new(table));
        }
        catalog
    }

    fn names(visible: &Visible<'_>) -> Vec<String> {
        let tables = visible.tables.iter();
        tables.map(|table| table.name.to_string()).collect()
    }

    /// PR-163
    #[test]
    fn privileges_narrow_the_catalogue() {
        let catalog = catalog();
        let answers = [
            vec!["A shop"],
            vec!["orders", "made_since_the_catalogue_was_loaded"],
            vec![
                r#"{"name":"f","description":null,"volatile":true,"arguments":[
                    {"name":"a","data_type":"mood","required":true,"variadic":false}]}"#,
                r#"{"name":"f","description":"none","volatile":false,"arguments":[]}"#,
            ],
        ];
        let mode = OpenApiMode::FollowPrivileges;
        let visible = visible(&catalog, "shop", mode, &answers).unwrap();
        assert_eq!(visible.schema_comment.as_deref(), Some("A shop"));
        assert_eq!(names(&visible), [r#""shop"."orders""#]);
        let counts: Vec<_> = visible.routines.iter().map(|f| f.arguments.len()).collect();
        assert_eq!(counts, [0, 1]);
        assert_eq!(&*visible.routines[1].arguments[0].data_type, "mood");
    }

    /// PR-163
    #[test]
    fn without_regard_to_privileges_all_of_the_schema_is_seen() {
        let catalog = catalog();
        let answers: [Vec<&str>; 1] = [Vec::new()];
        let mode = OpenApiMode::IgnorePrivileges;
        let visible = visible(&catalog, "shop", mode, &answers).unwrap();
        assert_eq!(names(&visible), [r#""shop"."orders""#, r#""shop"."staff""#]);
        assert_eq!(visible.schema_comment, None);
    }

    #[test]
    fn each_mode_asks_for_what_it_needs() {
        let asked = |mode| statements(mode, "shop").len();
        assert_eq!(asked(OpenApiMode::FollowPrivileges), 3);
        assert_eq!(asked(OpenApiMode::IgnorePrivileges), 1);
        assert_eq!(asked(OpenApiMode::Disabled), 0);
        for statement in statements(OpenApiMode::FollowPrivileges, "shop") {
            assert!(statement.sql.contains("$1::text"));
            assert_eq!(statement.params, ["shop"]);
        }
    }

    #[test]
    fn a_row_of_another_form_is_an_error() {
        let answers = [vec![], vec![], vec!["f"]];
        let mode = OpenApiMode::FollowPrivileges;
        assert!(visible(&Catalog::default(), "shop", mode, &answers).is_err());
    }
}
