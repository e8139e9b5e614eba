//! Telling where everything is, once it answers.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::keys::Keys;
use crate::http::Address;
use crate::setup::Setup;

/// In `seed.sql`, a line that starts so names a request worth trying.
const TRY: &str = "-- Try: GET ";

/// The base address of the API. None when it has no TCP port that is known beforehand.
pub(super) fn base(address: &Address) -> Option<String> {
    let (host, port) = tcp(address)?;
    Some(format!("http://{}", authority(host, port)))
}

/// Waits until the API serves requests; for ever when nobody knows its port.
pub(super) async fn answering(address: &Address) {
    let Some((host, port)) = tcp(address) else {
        return std::future::pending().await;
    };
    while !answers(host, port).await.unwrap_or(false) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Host and port by which this machine reaches it.
fn tcp(address: &Address) -> Option<(&str, u16)> {
    match address {
        Address::Tcp { port: 0, .. } | Address::Unix { .. } => None,
        // `*` and its like: every address, so this machine's own as well.
        Address::Tcp { host, port, .. } if host.starts_with(['*', '!']) => {
            Some(("127.0.0.1", *port))
        }
        Address::Tcp { host, port, .. } if host == "0.0.0.0" => Some(("127.0.0.1", *port)),
        Address::Tcp { host, port, .. } if host == "::" => Some(("::1", *port)),
        Address::Tcp { host, port, .. } => Some((host, *port)),
    }
}

fn authority(host: &str, port: u16) -> String {
    match host.contains(':') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    }
}

/// Whether a request is answered with anything but "not yet" (503).
async fn answers(host: &str, port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((host, port)).await?;
    let host = authority(host, port);
    let request = format!("HEAD /rest/v1/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
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

/// Something that is served beside REST: its name and its paths.
pub(super) type Service = (&'static str, &'static [&'static str]);

/// What is served beside REST.
pub(super) fn services(setup: &Setup) -> Vec<Service> {
    let auth = setup.auth.as_ref();
    let known: [(bool, Service); 6] = [
        (
            setup.graphql.is_some(),
            ("GraphQL", &["/graphql/v1", "/postgresql/graphql"]),
        ),
        (
            setup.graphql.is_some() && setup.graphql_ui,
            ("GraphQL page", &["/postgresql/graphql/ui"]),
        ),
        (auth.is_some(), ("Auth", &["/auth/v1", "/authentication"])),
        (
            setup.rbac.is_some(),
            ("Authorization", &["/rbac/v1", "/authorization"]),
        ),
        (
            auth.is_some_and(|auth| auth.catches_mail),
            ("mail and messages", &["/mail"]),
        ),
        (setup.describes, ("OpenAPI", &["/docs", "/openapi.json"])),
    ];
    known
        .into_iter()
        .filter_map(|(served, service)| served.then_some(service))
        .collect()
}

/// What a person wants to know.
pub(super) struct Summary<'a> {
    pub(super) base: &'a str,
    pub(super) services: &'a [Service],
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
        for (name, paths) in self.services {
            for (index, path) in paths.iter().enumerate() {
                let name = if index == 0 { name } else { "" };
                services.push_str(&format!("  {name:<17} {base}{path}\n"));
            }
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
