//! The client: where the server is, and who asks.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use url::Url;

use crate::auth::Auth;
use crate::builder::Builder;
use crate::error::Error;
use crate::graphql::Operation;
use crate::rbac::Rbac;
use crate::rest::{Call, From, Function, Named, Rest, Source};
use crate::session::Sessions;
use crate::signing::Signer;
use crate::transport::{Key, Retry};

/// A client of one server. Cheap to clone; clones share the session and the connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
    pub(crate) credential: Credential,
}

pub(crate) struct Inner {
    pub(crate) url: Url,
    pub(crate) key: Option<Key>,
    pub(crate) paths: Paths,
    pub(crate) schema: String,
    pub(crate) http: reqwest::Client,
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
    pub(crate) signer: Option<Signer>,
    pub(crate) sessions: Sessions,
}

/// Where the services stand below the URL.
#[derive(Debug, Clone)]
pub struct Paths {
    /// Rows and functions. Default: `rest/v1`.
    pub rest: String,
    /// Users and sessions. Default: `auth/v1`.
    pub auth: String,
    /// GraphQL. Default: `graphql/v1`.
    pub graphql: String,
    /// Permissions, roles, organisations. Default: `rbac/v1`.
    pub rbac: String,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            rest: "rest/v1".into(),
            auth: "auth/v1".into(),
            graphql: "graphql/v1".into(),
            rbac: "rbac/v1".into(),
        }
    }
}

/// As whom a client asks.
#[derive(Clone)]
pub(crate) enum Credential {
    /// The user who is signed in, or nobody.
    Session,
    /// The user of a token that somebody else looks after.
    Token(Arc<str>),
}

impl Client {
    /// A client of the server at a URL, with a project's key: an anonymous one, or that of a
    /// service.
    ///
    /// # Errors
    /// The URL is none of http or https.
    pub fn new(url: &str, key: &str) -> Result<Self, Error> {
        Self::builder(url).key(key).build()
    }

    /// The same with more to set.
    pub fn builder(url: &str) -> Builder {
        Builder::new(url)
    }

    /// The same client asking as the user of an access token: of the request that a service is
    /// answering, say. It is used as it is and never refreshed.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            credential: Credential::Token(token.into()),
        }
    }

    /// Rows of a relation: a generated table such as `films::TABLE`, or a name.
    ///
    /// ```no_run
    /// # async fn run(client: crestfall_client::Client) -> Result<(), crestfall_client::Error> {
    /// use crestfall_client::rest::col;
    ///
    /// let films = client
    ///     .from("films")
    ///     .select("title,directors(name)")
    ///     .filter(col("year").gte(2000))
    ///     .limit(10)
    ///     .send()
    ///     .await?;
    /// println!("{}", films[0]["title"]);
    /// # Ok(()) }
    /// ```
    pub fn from<S: Source>(&self, source: S) -> From<S::Table> {
        self.rest().from(source)
    }

    /// Calls a function by its name with arguments by name; see [`call`](Self::call) for generated
    /// ones.
    pub fn rpc(&self, name: &str, arguments: impl serde::Serialize) -> Call<Named> {
        self.rest().rpc(name, arguments)
    }

    /// Calls a generated function.
    pub fn call<F: Function>(&self, function: F) -> Call<F> {
        self.rest().call(function)
    }

    /// Rows and functions, of another schema than the default if wanted.
    pub fn rest(&self) -> Rest {
        Rest::new(self.clone())
    }

    /// An operation of GraphQL: a query, a mutation, a subscription. See [`graphql`](crate::graphql).
    pub fn graphql(&self, document: impl Into<String>) -> Operation {
        Operation::new(self.clone(), document.into())
    }

    /// Users, sessions and how to sign in.
    pub fn auth(&self) -> Auth {
        Auth::new(self.clone())
    }

    /// Permissions, roles and organisations.
    pub fn rbac(&self) -> Rbac {
        Rbac::new(self.clone())
    }

    /// A URL below a service. Every segment is percent-encoded.
    pub(crate) fn url(&self, service: &str, segments: &[&str]) -> Result<Url, Error> {
        let mut url = self.inner.url.clone();
        let prefix = service.split('/').filter(|part| !part.is_empty());
        for segment in segments {
            // They would be taken for steps up and around, even percent-encoded.
            if matches!(*segment, "" | "." | "..") {
                return Err(Error::Request(format!(
                    "`{segment}` cannot stand in a path"
                )));
            }
        }
        url.path_segments_mut()
            .map_err(|()| Error::Request("the URL has no path".into()))?
            .pop_if_empty()
            .extend(prefix)
            .extend(segments);
        Ok(url)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("url", &self.inner.url.as_str())
            .finish_non_exhaustive()
    }
}
