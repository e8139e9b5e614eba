//! Addresses of the databases of one server.

/// A `postgresql://` URL taken apart, to put other users and databases in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    user: String,
    host: String,
    query: String,
}

impl Address {
    /// Reads `scheme://[user[:password]@]host[:port][/database][?parameters]`.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let (_, rest) = url.split_once("://")?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = rest.split('/').next().unwrap_or_default();
        let (user, host) = authority
            .rsplit_once('@')
            .unwrap_or(("postgres", authority));
        Some(Self {
            user: user.to_owned(),
            host: host.to_owned(),
            query: if query.is_empty() {
                String::new()
            } else {
                format!("?{query}")
            },
        })
    }

    /// The address of a database for the user of the original URL.
    pub(super) fn database(&self, database: &str) -> String {
        format!(
            "postgresql://{}@{}/{database}{}",
            self.user, self.host, self.query
        )
    }

    /// The same for another role, without a password.
    pub(super) fn database_as(&self, role: &str, database: &str) -> String {
        format!("postgresql://{role}@{}/{database}{}", self.host, self.query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_databases_are_put_in() {
        let address = Address::parse("postgres://me:p%40ss@db:5433/old?sslmode=disable").unwrap();
        assert_eq!(
            address.database("new"),
            "postgresql://me:p%40ss@db:5433/new?sslmode=disable"
        );
        assert_eq!(
            address.database_as("anon", "new"),
            "postgresql://anon@db:5433/new?sslmode=disable"
        );
        let bare = Address::parse("postgresql://%2Ftmp%2Fx:5432").unwrap();
        assert_eq!(
            bare.database("a"),
            "postgresql://postgres@%2Ftmp%2Fx:5432/a"
        );
        assert_eq!(Address::parse("host=localhost"), None);
    }
}
