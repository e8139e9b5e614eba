//! One record of pgaudit (PA-005).

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{REQUEST_PREFIX, csv};

/// Why a statement was logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Its class is logged (`pgaudit.log`).
    Session,
    /// It touched something that `pgaudit.role` may use.
    Object,
}

/// What pgaudit wrote about one statement, and where.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// When, if the line says so.
    pub at: Option<DateTime<Utc>>,
    /// The role that logged in.
    pub user: Option<String>,
    /// The database.
    pub database: Option<String>,
    /// The server process.
    pub process: Option<i64>,
    /// The id of the request.
    pub request: Option<String>,
    /// Why it was logged.
    pub scope: Scope,
    /// The statement's number in its session.
    pub statement_id: i64,
    /// The number of a statement that it ran, as in a function.
    pub substatement_id: i64,
    /// `READ`, `WRITE`, `FUNCTION`, `ROLE`, `DDL`, `MISC`.
    pub class: String,
    /// `SELECT`, `ALTER TABLE`, ...
    pub command: String,
    /// `TABLE`, `INDEX`, ...
    pub object_type: Option<String>,
    /// With its schema.
    pub object_name: Option<String>,
    /// Its text; none where pgaudit was told not to log it, or had logged it.
    pub statement: Option<String>,
    /// Its parameters, where pgaudit was told to log them.
    pub parameters: Option<String>,
    /// How many rows it gave or changed, where pgaudit was told to log that.
    pub rows: Option<i64>,
}

/// What pgaudit writes in place of something.
const ABSENT: [&str; 4] = ["", "<none>", "<not logged>", "<previously logged>"];

impl Record {
    /// Reads pgaudit's message; none for any other.
    pub(super) fn parse(message: &str) -> Option<Self> {
        let text = message.strip_prefix("AUDIT: ")?;
        let (fields, _) = csv::row(text)?;
        let [
            scope,
            statement_id,
            substatement_id,
            class,
            command,
            object_type,
            object_name,
            rest @ ..,
        ] = fields.as_slice()
        else {
            return None;
        };
        let scope = match scope.as_str() {
            "SESSION" => Scope::Session,
            "OBJECT" => Scope::Object,
            _ => return None,
        };
        let told = |field: Option<&String>| {
            field
                .filter(|text| !ABSENT.contains(&text.as_str()))
                .cloned()
        };
        Some(Self {
            at: None,
            user: None,
            database: None,
            process: None,
            request: None,
            scope,
            statement_id: statement_id.parse().ok()?,
            substatement_id: substatement_id.parse().ok()?,
            class: class.clone(),
            command: command.clone(),
            object_type: told(Some(object_type)),
            object_name: told(Some(object_name)),
            statement: told(rest.first()),
            parameters: told(rest.get(1)),
            rows: rest.get(2).and_then(|rows| rows.parse().ok()),
        })
    }
}

/// The request that an application name tells.
pub(super) fn request_of(application_name: &str) -> Option<String> {
    application_name
        .strip_prefix(REQUEST_PREFIX)
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_pgaudit_is_read_pa_005() {
        let message = "AUDIT: SESSION,3,2,WRITE,INSERT,TABLE,public.note,\
                       \"insert into note values ('a, \"\"b\"\"')\",<not logged>,1";
        let record = Record::parse(message).unwrap();
        assert_eq!(record.scope, Scope::Session);
        assert_eq!((record.statement_id, record.substatement_id), (3, 2));
        assert_eq!(record.object_name.as_deref(), Some("public.note"));
        let statement = "insert into note values ('a, \"b\"')";
        assert_eq!(record.statement.as_deref(), Some(statement));
        assert_eq!((record.parameters, record.rows), (None, Some(1)));
    }

    #[test]
    fn other_messages_are_none_of_pgaudits() {
        for text in [
            "",
            "AUDIT: ",
            "AUDIT: SESSION,1",
            "AUDIT: SOMETHING,1,1,READ,SELECT,,,x,y",
            "AUDIT: SESSION,x,1,READ,SELECT,,,x,y",
            "duration: 1 ms",
        ] {
            assert_eq!(Record::parse(text), None, "{text}");
        }
        let previously = "AUDIT: SESSION,1,1,READ,SELECT,,,<previously logged>,<previously logged>";
        assert_eq!(Record::parse(previously).unwrap().statement, None);
    }
}
