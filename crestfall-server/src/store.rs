//! The server's own statements: settings kept in the database, roles' settings, the version.

use std::collections::{BTreeMap, HashMap};

use crestfall_core::QualifiedName;
use crestfall_core::db::{Access, Db, DbError, Row, Rows, Scope, Share, Statement};
use crestfall_rest::RoleSettings;

/// The first version with `has_parameter_privilege`.
const PARAMETER_PRIVILEGES: u32 = 150_000;

/// What an in-database setting's name begins with.
const PREFIX: &str = "pgrst.";

/// The settings that may stand in the database; others there are left alone.
const NAMES: [&str; 25] = [
    "client_error_verbosity",
    "db_aggregates_enabled",
    "db_anon_role",
    "db_extra_search_path",
    "db_hoisted_tx_settings",
    "db_max_rows",
    "db_plan_enabled",
    "db_pre_config",
    "db_pre_request",
    "db_prepared_statements",
    "db_root_spec",
    "db_schemas",
    "db_tx_end",
    "jwt_aud",
    "jwt_cache_max_lifetime",
    "jwt_role_claim_key",
    "jwt_secret",
    "jwt_secret_is_base64",
    "openapi_mode",
    "openapi_security_active",
    "openapi_server_proxy_uri",
    "server_cors_allowed_origins",
    "server_timing_enabled",
    "server_trace_header",
    "url_use_legacy_target_names",
];

/// PostgreSQL's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    /// As `server_version_num`.
    pub(crate) number: u32,
    /// As `server_version`.
    pub(crate) name: String,
    /// As `version()`.
    pub(crate) full: String,
}

/// Which PostgreSQL this is.
pub(crate) async fn version(db: &Db) -> Result<Version, DbError> {
    let statement = Statement::new(
        "select current_setting('server_version_num'), current_setting('server_version'), version()",
    );
    let rows = read(db, vec![statement]).await?;
    let row = rows.first().and_then(|rows| rows.row(0));
    let text = |index| row.and_then(|row| row.get_str(index)).unwrap_or_default();
    Ok(Version {
        number: text(0).parse().unwrap_or(0),
        name: text(1).to_owned(),
        full: text(2).to_owned(),
    })
}

/// Settings kept in the database: what the function makes, overridden by what was made for the role
/// that logs in, overridden by what was made for it in this database.
pub(crate) async fn in_database(
    db: &Db,
    function: Option<&QualifiedName>,
) -> Result<Vec<(String, String)>, DbError> {
    let mut statements = Vec::new();
    if let Some(function) = function {
        let names: Vec<String> = NAMES.iter().map(|name| format!("{PREFIX}{name}")).collect();
        statements.push(Statement::new(format!("select {function}()")));
        statements.push(
            Statement::new(include_str!("store/in_transaction.sql"))
                .bind(format!("{{{}}}", names.join(","))),
        );
    }
    statements.push(Statement::new(include_str!("store/in_database.sql")).bind(PREFIX));
    let answers = read(db, statements).await?;
    // The function's own answer is of no interest.
    let found = answers.iter().skip(usize::from(function.is_some()));
    Ok(known(found.flat_map(Rows::iter)))
}

/// Known settings without their prefix; of two of a name, the later.
fn known<'a>(rows: impl Iterator<Item = Row<'a>>) -> Vec<(String, String)> {
    let pair = |row: Row<'a>| {
        let name = row.get_str(0)?.strip_prefix(PREFIX)?;
        let is_known = NAMES.contains(&name);
        is_known.then_some((name.to_owned(), row.get_str(1)?.to_owned()))
    };
    let last: BTreeMap<_, _> = rows.filter_map(pair).collect();
    last.into_iter().collect()
}

/// What roles are set to that the login role may become.
pub(crate) async fn roles(db: &Db) -> Result<HashMap<String, RoleSettings>, DbError> {
    let version = version(db).await?.number;
    let sql = match version >= PARAMETER_PRIVILEGES {
        true => include_str!("store/roles.sql"),
        false => include_str!("store/roles_14.sql"),
    };
    let answers = read(db, vec![Statement::new(sql)]).await?;
    let mut roles: HashMap<String, RoleSettings> = HashMap::new();
    for row in answers.iter().flat_map(Rows::iter) {
        let (Some(role), Some(name), Some(value)) =
            (row.get_str(0), row.get_str(1), row.get_str(2))
        else {
            continue;
        };
        let settings = roles.entry(role.to_owned()).or_default();
        if name == "default_transaction_isolation" {
            settings.isolation = Some(value.to_lowercase());
        } else {
            settings.settings.push((name.to_owned(), value.to_owned()));
        }
    }
    Ok(roles)
}

/// Keeps the database busy for so many seconds.
pub(crate) async fn pause(db: &Db, seconds: f64) -> Result<(), DbError> {
    let statement = Statement::new("select pg_sleep($1::float8)").bind(seconds.to_string());
    read(db, vec![statement]).await.map(drop)
}

async fn read(db: &Db, statements: Vec<Statement>) -> Result<Vec<Rows>, DbError> {
    let scope = Scope {
        access: Access::ReadOnly,
        share: Share::Alone,
        leaves_nothing: true,
        ..Scope::default()
    };
    db.run(&scope, &statements).await
}
