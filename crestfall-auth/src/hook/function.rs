//! Hooks that are functions of the database.

use std::time::Duration;

use crestfall_core::name::QualifiedName;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};

use super::answer::{Failure, refusal};
use crate::error::{Error, ErrorCode};
use crate::store;

/// How long a function has.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A function that takes one `jsonb` and returns one.
#[derive(Clone, Debug)]
pub(super) struct Function {
    name: QualifiedName,
    uri: String,
}

impl Function {
    /// `pg-functions://postgres/schema/function`.
    pub(super) fn parse(uri: &str) -> Option<Self> {
        let path = uri.strip_prefix("pg-functions://")?;
        let mut parts = path.split('/').skip(1);
        let (schema, name) = (parts.next()?, parts.next()?);
        let is_name = |text: &str| {
            let mut characters = text.chars();
            let first = characters.next();
            first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
                && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
                && text.len() <= 63
        };
        (is_name(schema) && is_name(name) && parts.next().is_none()).then(|| Self {
            name: QualifiedName::new(schema, name),
            uri: uri.to_owned(),
        })
    }

    /// Calls it in the caller's transaction, which survives its failure.
    pub(super) async fn call(
        &self,
        db: &mut PgConnection,
        input: &Value,
    ) -> Result<Value, Failure> {
        let answer = self.run(db, input).await.map_err(|error| {
            let message = format!("Error running hook URI: {}", self.uri);
            Failure::Failed(Error::new(ErrorCode::UnexpectedFailure, message).caused_by(error))
        })?;
        match refusal(&answer) {
            Some(refusal) => Err(refusal),
            None => Ok(answer),
        }
    }

    async fn run(&self, db: &mut PgConnection, input: &Value) -> sqlx::Result<Value> {
        let mut savepoint = db.begin().await?;
        let before = store::hooks::set_statement_timeout(&mut savepoint, TIMEOUT).await?;
        let answer = store::hooks::call(&mut savepoint, &self.name, input).await?;
        store::hooks::restore_statement_timeout(&mut savepoint, &before).await?;
        savepoint.commit().await?;
        Ok(answer.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gt_092_a_function_is_named_by_schema_and_name() {
        let parse = |uri: &str| Function::parse(uri).is_some();
        assert!(parse(
            "pg-functions://postgres/public/custom_access_token_hook"
        ));
        assert!(parse("pg-functions://any/auth/_f1"));
        for wrong in [
            "pg-functions://postgres/public",
            "pg-functions://postgres/public/f/g",
            "pg-functions://postgres/public/f\"",
            "pg-functions://postgres/public/1f",
            "https://postgres/public/f",
        ] {
            assert!(!parse(wrong), "{wrong}");
        }
    }
}
