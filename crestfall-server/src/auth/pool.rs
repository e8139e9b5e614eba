//! The service's connections.

use std::time::Duration;

use crestfall_core::DbError;
use crestfall_core::db::ConnectConfig;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{Connection as _, PgPool};

use crate::setup;

/// Becomes the owner of the schema `auth`, if the login role may.
const BECOME_OWNER: &str = "
    select set_config('role', rolname, false) from pg_roles
    where rolname = 'crestfall_auth' and pg_has_role(session_user, oid, 'member')";

/// How long a connection may lie idle and be used again unasked.
const STEADY: Duration = Duration::from_secs(1);

/// A pool that connects when it is first used.
///
/// # Errors
/// The connection string makes no sense.
pub(crate) fn pool(setup: &setup::Auth) -> Result<PgPool, DbError> {
    let options = options(setup.database.expose())?;
    Ok(PgPoolOptions::new()
        .max_connections(setup.pool_size)
        .acquire_timeout(setup.acquire_timeout)
        // A connection in steady use proves itself; asking it first would cost each request a round trip.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > STEADY {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::query(BECOME_OWNER).execute(connection).await?;
                Ok(())
            })
        })
        .connect_lazy_with(options))
}

/// A connection string as libpq takes it, with what it leaves to `PG*` variables.
pub(crate) fn options(url: &str) -> Result<PgConnectOptions, DbError> {
    let config = ConnectConfig::from_libpq(url)?;
    config.check()?;
    let invalid = |keyword: &str| DbError::Config(format!("invalid value of \"{keyword}\""));
    let mut options = PgConnectOptions::new_without_pgpass().application_name("crestfall auth");
    // Of several hosts, the first: this client knows one.
    let first = |keyword: &str| {
        let value = config
            .get(keyword)
            .and_then(|value| value.split(',').next());
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    };
    if let Some(host) = first("hostaddr").or_else(|| first("host")) {
        options = match host.starts_with('/') {
            true => options.socket(host),
            false => options.host(&host),
        };
    }
    if let Some(port) = first("port") {
        options = options.port(port.parse().map_err(|_| invalid("port"))?);
    }
    if let Some(user) = config.get("user") {
        options = options.username(user);
    }
    if let Some(password) = config.get("password") {
        options = options.password(password);
    }
    if let Some(database) = config.get("dbname").or_else(|| config.get("user")) {
        options = options.database(database);
    }
    if let Some(mode) = config.get("sslmode") {
        let mode: PgSslMode = mode.parse().map_err(|_| invalid("sslmode"))?;
        options = options.ssl_mode(mode);
    }
    // Without a file, the well-known authorities are trusted.
    if let Some(file) = config.get("sslrootcert").filter(|file| *file != "system") {
        options = options.ssl_root_cert(file);
    }
    if let (Some(certificate), Some(key)) = (config.get("sslcert"), config.get("sslkey")) {
        options = options.ssl_client_cert(certificate).ssl_client_key(key);
    }
    if let Some(name) = config.get("application_name") {
        options = options.application_name(name);
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_connection_strings_are_taken() {
        for url in [
            "postgresql://app:s%40cret@db.example:5433/shop?sslmode=require",
            "host=db.example,other port=5433,5432 user=app password='s@cret' dbname=shop sslmode=require",
        ] {
            let options = options(url).unwrap();
            assert_eq!(options.get_host(), "db.example");
            assert_eq!((options.get_port(), options.get_username()), (5433, "app"));
            assert_eq!(options.get_database(), Some("shop"));
            assert!(matches!(options.get_ssl_mode(), PgSslMode::Require));
        }
        let socket = options("postgresql://app@/shop?host=/run/postgresql").unwrap();
        assert_eq!(
            socket.get_socket().map(|path| path.display().to_string()),
            Some("/run/postgresql".to_owned())
        );
        assert!(options("postgresql://h/d?hots=x").is_err());
    }
}
