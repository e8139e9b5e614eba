//! From a configuration to a connection that is ready for queries.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use postgres_protocol::message::frontend;
use rand::seq::SliceRandom;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::config::{HostAddress, Keepalive, Resolved, SessionAttrs, SslMode, Target};
use super::sign_on::{Greeting, SignOn};
use super::socket::Stream;
use super::tls::Tls;
use crate::db::DbError;

/// A server that was reached, and how: needed once more to cancel.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) greeting: Greeting,
    address: Address,
    tls: Option<(Arc<Tls>, String)>,
    timeout: Option<Duration>,
}

/// A ready connection: the server, the socket, and bytes read already.
pub(crate) type Ready = (Server, Stream, BytesMut);

#[derive(Clone, Debug)]
enum Address {
    Unix(PathBuf),
    Tcp(SocketAddr),
}

/// Connects to the first host that answers and has the wanted role.
pub(crate) async fn connect(config: &Resolved, tls: &Arc<Tls>) -> Result<Ready, DbError> {
    let mut targets: Vec<&Target> = config.targets.iter().collect();
    if config.shuffle {
        targets.shuffle(&mut rand::rng());
    }
    let passes: &[SessionAttrs] = match config.session_attrs {
        SessionAttrs::PreferStandby => &[SessionAttrs::Standby, SessionAttrs::Any],
        ref one => std::slice::from_ref(one),
    };
    let mut failures: Vec<DbError> = Vec::new();
    for wanted in passes {
        for target in &targets {
            match connect_target(config, target, *wanted, tls).await {
                Ok(ready) => return Ok(ready),
                Err(error) => failures.push(error),
            }
        }
    }
    Err(summary(failures))
}

/// One error of several hosts: PostgreSQL's own refusal when there is one and no host was just unreachable.
fn summary(mut failures: Vec<DbError>) -> DbError {
    match failures.len() {
        0 => DbError::Config("no host to connect to".into()),
        1 => failures.remove(0),
        _ => {
            let texts: Vec<String> = failures.iter().map(DbError::to_string).collect();
            DbError::Connection(texts.join("; "))
        }
    }
}

async fn connect_target(
    config: &Resolved,
    target: &Target,
    wanted: SessionAttrs,
    tls: &Arc<Tls>,
) -> Result<Ready, DbError> {
    let mut failure = None;
    for address in addresses(target).await? {
        let attempt = connect_address(config, target, &address, wanted, tls);
        let outcome = match config.connect_timeout {
            Some(limit) => tokio::time::timeout(limit, attempt)
                .await
                .unwrap_or_else(|_| Err(unreachable_host(&address, "timeout expired"))),
            None => attempt.await,
        };
        match outcome {
            // PostgreSQL answered: another address of the same host will not say otherwise.
            Ok(ready) => return Ok(ready),
            Err(error @ DbError::Refused(_)) => return Err(error),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(|| DbError::Connection("host name has no address".into())))
}

async fn addresses(target: &Target) -> Result<Vec<Address>, DbError> {
    match &target.host {
        HostAddress::Directory(directory) => {
            let socket = directory.join(format!(".s.PGSQL.{}", target.port));
            Ok(vec![Address::Unix(socket)])
        }
        HostAddress::Name(_, Some(address)) => {
            Ok(vec![Address::Tcp(SocketAddr::new(*address, target.port))])
        }
        HostAddress::Name(name, None) => tokio::net::lookup_host((name.as_str(), target.port))
            .await
            .map(|found| found.map(Address::Tcp).collect())
            .map_err(|error| {
                DbError::Connection(format!(
                    "could not translate host name \"{name}\" to address: {error}"
                ))
            }),
    }
}

fn unreachable_host(address: &Address, why: impl std::fmt::Display) -> DbError {
    let place = match address {
        Address::Unix(path) => format!("socket \"{}\"", path.display()),
        Address::Tcp(address) => format!("server at \"{}\", port {}", address.ip(), address.port()),
    };
    DbError::Connection(format!("connection to {place} failed: {why}"))
}

/// Which transport to try, in libpq's order.
async fn connect_address(
    config: &Resolved,
    target: &Target,
    address: &Address,
    wanted: SessionAttrs,
    tls: &Arc<Tls>,
) -> Result<Ready, DbError> {
    let order: &[bool] = match (address, config.ssl_mode) {
        (Address::Unix(_), _) | (_, SslMode::Disable) => &[false],
        (_, SslMode::Allow) => &[false, true],
        (_, SslMode::Prefer) => &[true, false],
        _ => &[true],
    };
    let mut failure = None;
    for secure in order {
        let attempt = Attempt {
            config,
            target,
            address,
            tls: secure.then_some(tls),
            fall_back: order.len() > 1,
        };
        match attempt.run(wanted).await {
            Ok(ready) => return Ok(ready),
            // The first refusal says more than that of the fallback.
            Err(error) => {
                let unreachable =
                    matches!(error, DbError::Connection(_)) && failure.is_none() && !*secure;
                failure.get_or_insert(error);
                if unreachable {
                    break;
                }
            }
        }
    }
    Err(failure.unwrap_or(DbError::Closed))
}

/// One try with or without TLS.
struct Attempt<'a> {
    config: &'a Resolved,
    target: &'a Target,
    address: &'a Address,
    tls: Option<&'a Arc<Tls>>,
    /// Whether the other way is also tried.
    fall_back: bool,
}

impl Attempt<'_> {
    async fn run(&self, wanted: SessionAttrs) -> Result<Ready, DbError> {
        let failed = |error: io::Error| unreachable_host(self.address, error);
        let plain = open(self.address, self.config).await.map_err(failed)?;
        let host = match &self.target.host {
            HostAddress::Name(name, _) => name.clone(),
            HostAddress::Directory(_) => String::new(),
        };
        let (stream, secured) = match (self.tls, plain) {
            (Some(tls), Stream::Tcp(tcp)) => match tls.upgrade(tcp, &host).await.map_err(failed)? {
                Ok(stream) => (stream, Some((Arc::clone(tls), host))),
                // "No TLS here": go on without it where that is allowed, on the same socket.
                Err(tcp) if self.fall_back => (Stream::Tcp(tcp), None),
                Err(_) => {
                    return Err(unreachable_host(
                        self.address,
                        "server does not support SSL, but SSL was required",
                    ));
                }
            },
            (_, plain) => (plain, None),
        };
        self.sign_on(stream, secured, wanted).await
    }

    async fn sign_on(
        &self,
        stream: Stream,
        secured: Option<(Arc<Tls>, String)>,
        wanted: SessionAttrs,
    ) -> Result<Ready, DbError> {
        let mut sign_on = SignOn::new(stream, self.config, self.target);
        let greeting = sign_on.run().await.map_err(|error| match error {
            DbError::Connection(why) => unreachable_host(self.address, why),
            other => other,
        })?;
        let greeting = sign_on.look_at_role(greeting, wanted).await?;
        if let Some(why) = greeting.unwanted(wanted) {
            return Err(unreachable_host(self.address, why));
        }
        let (stream, rest) = sign_on.finish();
        let server = Server {
            greeting,
            address: self.address.clone(),
            tls: secured,
            timeout: self.config.connect_timeout,
        };
        Ok((server, stream, rest))
    }
}

async fn open(address: &Address, config: &Resolved) -> io::Result<Stream> {
    match address {
        Address::Unix(path) => UnixStream::connect(path).await.map(Stream::Unix),
        Address::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let socket = socket2::SockRef::from(&stream);
            if let Some(keepalive) = &config.keepalive {
                socket.set_tcp_keepalive(&tcp_keepalive(keepalive))?;
            }
            #[cfg(target_os = "linux")]
            if config.user_timeout.is_some() {
                socket.set_tcp_user_timeout(config.user_timeout)?;
            }
            Ok(Stream::Tcp(stream))
        }
    }
}

fn tcp_keepalive(keepalive: &Keepalive) -> socket2::TcpKeepalive {
    socket2::TcpKeepalive::new()
        .with_time(keepalive.idle)
        .with_interval(keepalive.interval)
        .with_retries(keepalive.count)
}

impl Server {
    /// For tests of what needs none.
    #[cfg(test)]
    pub(crate) fn nowhere() -> Self {
        Self {
            greeting: Greeting::default(),
            address: Address::Unix(PathBuf::new()),
            tls: None,
            timeout: None,
        }
    }

    /// Asks PostgreSQL to cancel whatever this server's process works on. Returns when PostgreSQL
    /// has passed that on, so that nothing sent later is hit by it.
    pub(crate) async fn cancel(&self) -> io::Result<()> {
        let limit = self.timeout.unwrap_or(Duration::from_secs(10));
        tokio::time::timeout(limit, self.send_cancel())
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn send_cancel(&self) -> io::Result<()> {
        let mut stream = match &self.address {
            Address::Unix(path) => Stream::Unix(UnixStream::connect(path).await?),
            Address::Tcp(address) => {
                let tcp = TcpStream::connect(address).await?;
                match &self.tls {
                    None => Stream::Tcp(tcp),
                    // Never in clear where the connection was not: the key would be seen.
                    Some((tls, host)) => tls
                        .upgrade(tcp, host)
                        .await?
                        .map_err(|_| io::Error::other("server does not support SSL"))?,
                }
            }
        };
        let mut request = BytesMut::new();
        let key = self.greeting.key.unwrap_or_default();
        frontend::cancel_request(key.0, key.1, &mut request);
        stream.write_all(&request).await?;
        stream.flush().await?;
        // PostgreSQL closes without a word. A reset is as good as an end.
        let _ = stream.read(&mut [0]).await;
        Ok(())
    }
}
