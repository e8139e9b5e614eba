//! `--ready`: asks a running server's administration port, for health checks without curl.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use crate::http::is_special_host;

const TIMEOUT: Duration = Duration::from_secs(10);

/// The server is not ready, or could not be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotReady {
    /// There is no administration port.
    #[error("Admin server is not running. Please check admin-server-port config.")]
    NoAdmin,
    /// The host stands for many addresses.
    #[error(
        "The `--ready` flag cannot be used when server-host is configured as \"{0}\". Please \
         update your server-host config to \"localhost\"."
    )]
    SpecialHost(String),
    /// It says that it is not.
    #[error("{0}")]
    Status(String),
    /// Nobody listens there.
    #[error("connection refused to {0}")]
    Refused(String),
    /// There can be no such address.
    #[error("invalid url - {0}")]
    BadUrl(String),
}

/// Asks, and gives the address that said yes.
pub(crate) fn ask(host: &str, port: Option<i64>) -> Result<String, NotReady> {
    let port = port.ok_or(NotReady::NoAdmin)?;
    if is_special_host(host) {
        return Err(NotReady::SpecialHost(host.into()));
    }
    let host_in_url = match host.contains(':') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    };
    let url = format!("http://{host_in_url}:{port}/ready");
    let Ok(port) = u16::try_from(port) else {
        return Err(NotReady::BadUrl(url));
    };
    match status(host, port) {
        Ok(200..=299) => Ok(url),
        Ok(_) => Err(NotReady::Status(url)),
        Err(_) => Err(NotReady::Refused(url)),
    }
}

/// The status of `GET /ready`.
fn status(host: &str, port: u16) -> io::Result<u16> {
    let mut failure = io::Error::from(io::ErrorKind::NotFound);
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(stream) => return ask_stream(stream, host),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn ask_stream(mut stream: TcpStream, host: &str) -> io::Result<u16> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(
        stream,
        "GET /ready HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    line.split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_asked_is_named() {
        for (host, port, words) in [
            ("localhost", None, "Admin server is not running"),
            ("*4", Some(3001), "configured as \"*4\""),
            (
                "localhost",
                Some(-1),
                "invalid url - http://localhost:-1/ready",
            ),
            (
                "::1",
                Some(70_000),
                "invalid url - http://[::1]:70000/ready",
            ),
        ] {
            let error = ask(host, port).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
