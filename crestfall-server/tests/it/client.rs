//! `crestfall-client` against the binary.

mod administration;
mod auth;
#[allow(missing_docs, unreachable_pub)]
#[path = "../../../crestfall-client/doc/films.rs"]
mod films_types;
mod graphql;
mod messages;
mod network;
mod oauth;
mod operators;
mod providers;
mod rbac;
mod refresh;
mod rows;
mod signing;
mod typed;
mod types;

use crestfall_client::Client;
use crestfall_core::testing::TestDb;

use crate::auth::{SCHEMA, Server, project_key, settings};

const FILMS: &str = include_str!("client/films.sql");

/// Films alone, as generated types have them.
async fn films() -> TestDb {
    TestDb::with_template("server-films", FILMS).await
}

/// A server with films and users.
struct World {
    server: Server,
    _db: TestDb,
}

impl World {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(more: &[(&'static str, &str)]) -> Self {
        Self::over("server-client", "", more).await
    }

    /// With more in the database, of a template of that name.
    async fn over(template: &str, sql: &str, more: &[(&'static str, &str)]) -> Self {
        let setup = format!("{SCHEMA}\nreset role;\n{FILMS}\n{sql}");
        let db = TestDb::with_template(template, &setup).await;
        let mut variables = settings(&db);
        // The fixture's tables are everybody's.
        variables.insert("CRESTFALL_REST__UNPROTECTED", "true".to_owned());
        let own = [
            ("CRESTFALL_AUTH__ANONYMOUS_USERS", "true"),
            ("CRESTFALL_AUTH__PASSKEYS__ENABLED", "true"),
            ("CRESTFALL_AUTH__OAUTH_SERVER__ENABLED", "true"),
            (
                "CRESTFALL_AUTH__OAUTH_SERVER__AUTHORIZATION_PATH",
                "/consent",
            ),
            ("CRESTFALL_AUTH__SITE_URL", "http://localhost:3000"),
            ("CRESTFALL_REST__AGGREGATES", "true"),
            ("CRESTFALL_REST__PLANS", "true"),
            ("CRESTFALL_REST__TX_END", "commit-allow-override"),
        ];
        for (name, value) in own {
            variables.insert(name, value.to_owned());
        }
        for (name, value) in more {
            variables.insert(name, (*value).to_owned());
        }
        let server = Server::start("serve", &variables).await;
        Self { server, _db: db }
    }

    fn url(&self) -> &str {
        &self.server.url
    }

    /// As a page with the project's anonymous key has it.
    fn client(&self) -> Client {
        Client::new(self.url(), &project_key("anon")).unwrap()
    }

    fn service(&self) -> Client {
        Client::new(self.url(), &project_key("service_role")).unwrap()
    }
}
