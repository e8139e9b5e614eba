//! Where the process listens, and what it logs.

use std::path::PathBuf;

use crestfall_core::units::{Duration, Size};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::telemetry::{Format, Level};

/// Where the API listens, and what one client may take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Server {
    /// A name or address, or `*`, `*4`, `!4`, `*6`, `!6`: every address, one family preferred (`*`)
    /// or only one (`!`).
    pub(crate) host: String,
    /// The port; 0 is any free one, which is then printed.
    pub(crate) port: u16,
    /// Another process may listen at the same port, to take over without a gap.
    pub(crate) reuse_port: bool,
    /// A unix socket in place of host and port.
    pub(crate) unix_socket: Option<PathBuf>,
    /// The socket's permissions, in octal.
    pub(crate) unix_socket_mode: String,
    /// Origins of browsers' pages that may call; empty is any, without credentials.
    pub(crate) cors_origins: Vec<String>,
    /// Names that requests may ask for, without ports; `*.example.org` is all below it. Another is
    /// answered 421. Empty is any. No link of a mail is ever made from the name.
    pub(crate) allowed_hosts: Vec<String>,
    /// How many proxies of yours a request passes: each appends to `X-Forwarded-For` whom it got the
    /// request from, and the address so many places from the right is the client's. 0 ignores the
    /// header.
    pub(crate) trusted_proxies: u8,
    /// A header that your proxy sets to the client's address, such as `CF-Connecting-IP`, and that
    /// nobody else can send past it; goes before `server.trusted_proxies`. Empty is none.
    pub(crate) client_ip_header: String,
    /// The request header that holds a request's id, which is repeated in the answer, and told to policies
    /// as `request.id` and to the audit log. A request without gets one. Empty repeats none.
    pub(crate) trace_header: String,
    /// `/openapi.json` (OpenAPI 3.1), `/openapi-3.0.json` and a page about both at `/docs`. They show
    /// what the caller may use (`rest.openapi`). A change needs a restart.
    pub(crate) docs: bool,
    /// How long a request's head may take to arrive, and how long a connection may be idle.
    pub(crate) head_timeout: Duration,
    /// How long the next piece of a request's body may take to arrive.
    pub(crate) body_timeout: Duration,
    /// How long a client may take nothing of an answer.
    pub(crate) write_timeout: Duration,
    /// Longest head of a request, at least `8KiB`.
    pub(crate) max_head: Size,
    /// Connections at a time; more wait.
    pub(crate) max_connections: usize,
    /// How long requests in flight may take once the server is told to end.
    pub(crate) shutdown_timeout: Duration,
}

/// The administration server: `/live`, `/ready`, `/metrics`, `/schema_cache`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Admin {
    /// As `server.host`. It tells about the inside: not to be reached from outside.
    pub(crate) host: String,
    /// The port; none is no administration server.
    pub(crate) port: Option<u16>,
    /// A unix socket in place of host and port.
    pub(crate) unix_socket: Option<PathBuf>,
    /// The socket's permissions, in octal.
    pub(crate) unix_socket_mode: String,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    /// How much. Of requests, `error` tells those answered from 500 on, `warn` from 400 on, `info`
    /// all.
    pub(crate) level: Level,
    /// Lines for people or for machines.
    pub(crate) format: Format,
    /// The main statement of each request, with its parameters left out.
    pub(crate) queries: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 8000,
            reuse_port: false,
            unix_socket: None,
            unix_socket_mode: "660".into(),
            cors_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            trusted_proxies: 0,
            client_ip_header: String::new(),
            trace_header: "X-Request-Id".into(),
            docs: true,
            head_timeout: Duration::seconds(30),
            body_timeout: Duration::seconds(30),
            write_timeout: Duration::seconds(30),
            max_head: Size::kibibytes(64),
            max_connections: 10_000,
            shutdown_timeout: Duration::seconds(30),
        }
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: Some(8001),
            unix_socket: None,
            unix_socket_mode: "660".into(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: Level::Info,
            format: Format::Text,
            queries: false,
        }
    }
}
