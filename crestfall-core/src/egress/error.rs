//! All that can go wrong.

use super::resolver::NotPublic;

/// Why there is no answer. Tells no address that a name resolves to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// An entry of the allow-list is no host.
    #[error("`{0}` is no host such as `hooks.internal` or `127.0.0.1:9999`")]
    Config(String),
    /// The client could not be made: no TLS set-up.
    #[error("there is no TLS set-up")]
    Client(#[source] reqwest::Error),
    /// No URL with a host.
    #[error("this is no URL with a host")]
    Url,
    /// Neither http nor https.
    #[error("only http and https are allowed")]
    Scheme,
    /// The URL has a user name or a password.
    #[error("a URL with a user name or password is not allowed")]
    Credentials,
    /// A port that is not allowed.
    #[error("port {0} is not allowed")]
    Port(u16),
    /// The host is an address that is not public, or resolves to one.
    #[error("the host is not on the public internet")]
    Address,
    /// More redirects than are followed.
    #[error("there were more than {0} redirects")]
    Redirects(u8),
    /// A redirect from https to http.
    #[error("a redirect leads from https to http")]
    Downgrade,
    /// The body is larger than so many bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// It took too long.
    #[error("there was no whole answer in time")]
    Timeout,
    /// The connection or the exchange failed.
    #[error("the request failed")]
    Transport(#[source] reqwest::Error),
}

impl EgressError {
    /// Whether the address is at fault and trying again of no use.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Config(_)
            | Self::Url
            | Self::Scheme
            | Self::Credentials
            | Self::Port(_)
            | Self::Address
            | Self::Downgrade => true,
            Self::Client(_)
            | Self::Redirects(_)
            | Self::TooLarge(_)
            | Self::Timeout
            | Self::Transport(_) => false,
        }
    }
}

impl From<reqwest::Error> for EgressError {
    fn from(error: reqwest::Error) -> Self {
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            if cause.is::<NotPublic>() {
                return Self::Address;
            }
            source = cause.source();
        }
        if error.is_timeout() {
            return Self::Timeout;
        }
        // A query may hold secrets.
        Self::Transport(error.without_url())
    }
}
