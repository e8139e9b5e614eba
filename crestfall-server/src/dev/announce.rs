//! Telling where everything is, once it answers.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::keys::Keys;
use crate::http::Address;

/// In `seed.sql`, a line that starts so names a request worth trying.
const TRY: &str = "-- Try: GET ";

/// The base address of the API as soon as it serves requests. None when it has no TCP port that
/// is known beforehand.
pub(super) async fn when_answering(address: &Address) -> Option<String> {
    let (host, port) = match address {
        Address::Tcp { port: 0, .. } | Address::Unix { .. } => return None,
        // `*` and its like: every address, so this machine's own as well.
        Address::Tcp { host, port, .. } if host.starts_with(['*', '!']) => ("127.0.0.1", *port),
        Address::Tcp { host, port, .. } => (host.as_str(), *port),
    };
    while !answers(host, port).await.unwrap_or(false) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Some(if host.contains(':') {
        format!("http://[{host}]:{port}")
    } else {
        format!("http://{host}:{port}")
    })
}

/// Whether a request is answered with anything but "not yet" (503).
async fn answers(host: &str, port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((host, port)).await?;
    stream
        .write_all(b"HEAD /rest/v1/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await?;
    let mut head = [0; 12];
    tokio::time::timeout(Duration::from_secs(5), stream.read_exact(&mut head)).await??;
    Ok(head.starts_with(b"HTTP/1.") && !head.ends_with(b" 503"))
}

/// The path and query of the request that a seed suggests.
pub(super) fn example(seed: &Path) -> Option<String> {
    let text = std::fs::read_to_string(seed).ok()?;
    let path = text.lines().find_map(|line| line.strip_prefix(TRY))?;
    Some(path.trim().to_owned()).filter(|path| path.starts_with('/') && !path.contains('\''))
}

/// What a person wants to know.
pub(super) struct Summary<'a> {
    pub(super) base: &'a str,
    /// Whether users can sign in.
    pub(super) auth: bool,
    /// Whether there is a page with what would have been sent.
    pub(super) mail: bool,
    pub(super) took: Duration,
    pub(super) database: &'a str,
    pub(super) keys: &'a Keys,
    pub(super) example: Option<&'a str>,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            base,
            database,
            keys,
            ..
        } = self;
        let example = self.example.unwrap_or("/");
        let mut services = String::new();
        if self.auth {
            services.push_str(&format!(
                "  Auth              {base}/auth/v1\n                    {base}/authentication\n"
            ));
        }
        if self.mail {
            services.push_str(&format!("  mail and messages {base}/mail\n"));
        }
        write!(
            f,
            "
Crestfall is up after {:.1} s. Ctrl-C stops it; the data stay.

  REST              {base}/rest/v1
                    {base}/postgresql/rest
{services}  database          psql '{database}'
  JWT secret        {}
  anon key          {}
  service_role key  {}

Try it:

  curl '{base}/rest/v1{example}'
",
            self.took.as_secs_f32(),
            keys.secret_file.display(),
            keys.anon,
            keys.service_role,
        )
    }
}
