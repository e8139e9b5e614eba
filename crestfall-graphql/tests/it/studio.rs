//! The API over the studio, whose rows are written together.

use crestfall_graphql::Config;
use serde_json::Value;

use crate::api::Api;

const STUDIO: &str = include_str!("studio.sql");

pub(crate) struct Studio(pub(crate) Api);

impl Studio {
    pub(crate) async fn new() -> Self {
        Self::with("", |_| {}).await
    }

    pub(crate) async fn with(more_sql: &str, change: impl FnOnce(&mut Config)) -> Self {
        let sql = format!("{STUDIO}\n{more_sql}");
        let api = Api::over(&sql, |config| {
            config.schemas = vec!["studio".into()];
            change(config);
        });
        Self(api.await)
    }

    /// What Ann is answered.
    pub(crate) async fn ann(&self, query: &str, variables: Value) -> Value {
        self.0.ask_as("ann", query, variables).await
    }

    /// The data that Ann gets, without errors.
    pub(crate) async fn done(&self, query: &str, variables: Value) -> Value {
        let answer = self.ann(query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}\n{answer}");
        answer["data"].clone()
    }

    /// Message and SQLSTATE or code of the one error that Ann gets.
    pub(crate) async fn refused(&self, query: &str, variables: Value) -> (String, String) {
        let answer = self.ann(query, variables).await;
        let errors = answer["errors"].as_array().cloned().unwrap_or_default();
        assert_eq!(errors.len(), 1, "{query}\n{answer}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let error = &errors[0];
        (text(&error["message"]), text(&error["extensions"]["code"]))
    }

    /// How many rows there are of what is named after `from`.
    pub(crate) async fn count(&self, from: &str) -> u64 {
        self.0
            .db
            .execute(&format!("select from studio.{from}"))
            .await
    }

    pub(crate) async fn nothing_is_written(&self) {
        for table in [
            "director", "film", "poster", "award", "juror", "tag", "city", "cinema",
        ] {
            assert_eq!(self.count(table).await, 0, "{table}");
        }
    }
}
