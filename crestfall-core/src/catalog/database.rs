//! Catalogues come from the data plane's own connections.

use super::{CatalogSource, CatalogStatement};
use crate::db::{Access, Db, DbError, Isolation, Param, Rows, Scope, Share, Statement};

impl CatalogSource for Db {
    type Error = DbError;

    async fn fetch(&self, statements: Vec<CatalogStatement>) -> Result<Vec<Vec<String>>, DbError> {
        let statements: Vec<Statement> = statements.into_iter().map(statement).collect();
        let scope = Scope {
            access: Access::ReadOnly,
            isolation: Some(Isolation::RepeatableRead),
            share: Share::Alone,
            leaves_nothing: true,
            ..Scope::default()
        };
        let answers = self.run(&scope, &statements).await?;
        Ok(answers.iter().map(texts).collect())
    }
}

fn statement(statement: CatalogStatement) -> Statement {
    Statement {
        sql: statement.sql.into(),
        params: statement.params.into_iter().map(Param::from).collect(),
    }
}

fn texts(rows: &Rows) -> Vec<String> {
    let text = |row: crate::db::Row<'_>| row.get_str(0).unwrap_or_default().to_owned();
    rows.iter().map(text).collect()
}
