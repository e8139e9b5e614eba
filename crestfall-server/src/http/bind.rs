//! Where the server listens: host and port, or a unix socket.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UnixListener};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 2048;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// At a host and port.
    Tcp {
        /// A name, an address, or one of `*`, `*4`, `!4`, `*6`, `!6`.
        host: String,
        /// 0 is any free one.
        port: u16,
        /// Another process may listen at the same port.
        reuse_port: bool,
    },
    /// At a file.
    Unix {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
}

/// Listening was not possible.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen at {at}: {source}")]
pub(crate) struct BindError {
    at: String,
    source: io::Error,
}

/// A socket that accepts connections.
#[derive(Debug)]
pub(crate) enum Listener {
    /// Over TCP.
    Tcp(TcpListener),
    /// At a file, which is removed with it.
    Unix(UnixListener, SocketFile),
}

/// Whether a host stands for every address of the machine.
pub(crate) fn is_special_host(host: &str) -> bool {
    matches!(host, "*" | "*4" | "!4" | "*6" | "!6")
}

impl Listener {
    /// Listens. Must be called within the runtime.
    pub(crate) fn bind(address: &Address) -> Result<Self, BindError> {
        match address {
            Address::Tcp {
                host,
                port,
                reuse_port,
            } => bind_tcp(host, *port, *reuse_port).map_err(|source| BindError {
                at: format!("{host}:{port}"),
                source,
            }),
            Address::Unix { path, mode } => bind_unix(path, *mode).map_err(|source| BindError {
                at: path.display().to_string(),
                source,
            }),
        }
    }

    /// `127.0.0.1:80`, `[::1]:80` or `/tmp/crestfall.sock`.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Tcp(listener) => listener.local_addr().map_or_else(
                |_| "an unknown address".into(),
                |address| address.to_string(),
            ),
            Self::Unix(_, file) => file.path.display().to_string(),
        }
    }

    /// The file, when it is one.
    pub(crate) fn socket_file(&self) -> Option<&Path> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix(_, file) => Some(&file.path),
        }
    }
}

fn bind_tcp(host: &str, port: u16, reuse_port: bool) -> io::Result<Listener> {
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses(host, port)? {
        match bind_address(address, host == "!6", reuse_port) {
            Ok(listener) => return Ok(Listener::Tcp(listener)),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// The addresses to try, best first.
fn addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let four = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let six = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
    Ok(match host {
        "!4" => vec![four],
        "!6" => vec![six],
        "*" | "*4" => vec![four, six],
        "*6" => vec![six, four],
        name => (name.trim_matches(['[', ']']), port)
            .to_socket_addrs()?
            .collect(),
    })
}

fn bind_address(address: SocketAddr, only_v6: bool, reuse_port: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if only_v6 {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(reuse_port)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn bind_unix(path: &Path, mode: u32) -> io::Result<Listener> {
    remove_stale(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&socket2::SockAddr::unix(path)?)?;
    // Nobody can connect before `listen`, so no one gets in between these two.
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    socket.listen(BACKLOG)?;
    let listener = UnixListener::from_std(socket.into())?;
    let file = SocketFile {
        path: path.into(),
        inode: fs::metadata(path)?.ino(),
    };
    Ok(Listener::Unix(listener, file))
}

/// Removes the socket that an earlier process left; never a file of another kind.
fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => fs::remove_file(path),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "a file that is no socket is in the way",
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// A unix socket's file; removed when dropped, unless another process has put its own there.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let is_ours = fs::metadata(&self.path).is_ok_and(|found| found.ino() == self.inode);
        if is_ours {
            // Nothing is lost when it stays: the next start removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16, reuse_port: bool) -> Address {
        Address::Tcp {
            host: host.into(),
            port,
            reuse_port,
        }
    }

    fn port(listener: &Listener) -> u16 {
        listener.name().rsplit_once(':').unwrap().1.parse().unwrap()
    }

    #[tokio::test]
    async fn special_hosts_choose_the_family() {
        for (host, start) in [("!4", "0.0.0.0:"), ("*", "0.0.0.0:"), ("*4", "0.0.0.0:")] {
            let listener = Listener::bind(&tcp(host, 0, false)).unwrap();
            assert!(listener.name().starts_with(start), "{host}");
            assert_ne!(port(&listener), 0);
        }
    }

    #[tokio::test]
    async fn a_port_is_shared_only_when_both_ask_for_it() {
        let first = Listener::bind(&tcp("127.0.0.1", 0, true)).unwrap();
        let port = port(&first);
        assert!(Listener::bind(&tcp("127.0.0.1", port, false)).is_err());
        assert!(Listener::bind(&tcp("127.0.0.1", port, true)).is_ok());
    }

    #[tokio::test]
    async fn a_socket_file_is_replaced_and_removed() {
        let path = std::env::temp_dir().join(format!("crestfall-{}.sock", std::process::id()));
        let address = Address::Unix {
            path: path.clone(),
            mode: 0o600,
        };
        let stale = Listener::bind(&address).unwrap();
        let listener = Listener::bind(&address).unwrap();
        drop(stale);
        assert!(
            path.exists(),
            "the new one's file was removed by the old one"
        );
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        drop(listener);
        assert!(!path.exists());

        fs::write(&path, "precious").unwrap();
        assert!(Listener::bind(&address).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        fs::remove_file(&path).unwrap();
    }
}
