//! A connection's bytes, with a limit on how long a client may refuse to take any.

use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::Sleep;

/// One client's connection.
pub(crate) struct Stream {
    socket: Socket,
    write_timeout: Duration,
    /// Runs while a write waits for the client.
    stalled: Option<Pin<Box<Sleep>>>,
}

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// A connection over TCP, answering at once rather than in full packets.
    pub(crate) fn tcp(socket: TcpStream, write_timeout: Duration) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        Ok(Self {
            socket: Socket::Tcp(socket),
            write_timeout,
            stalled: None,
        })
    }

    /// A connection at a unix socket.
    pub(crate) fn unix(socket: UnixStream, write_timeout: Duration) -> Self {
        Self {
            socket: Socket::Unix(socket),
            write_timeout,
            stalled: None,
        }
    }

    /// The client's address; none at a unix socket.
    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(socket) => {
                let peer = socket.peer_addr().ok()?;
                Some(SocketAddr::new(peer.ip().to_canonical(), peer.port()))
            }
            Socket::Unix(_) => None,
        }
    }

    /// Passes a write's outcome on, or an error when the client has taken nothing for too long.
    fn limited<T>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let timeout = self.write_timeout;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Does the same with whichever socket it is.
macro_rules! either {
    ($self:ident, $socket:ident => $action:expr) => {
        match &mut $self.socket {
            Socket::Tcp($socket) => $action,
            Socket::Unix($socket) => $action,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self, socket => Pin::new(socket).poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = either!(self, socket => Pin::new(socket).poll_write(context, bytes));
        self.limited(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome =
            either!(self, socket => Pin::new(socket).poll_write_vectored(context, pieces));
        self.limited(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, socket => Pin::new(socket).poll_flush(context))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, socket => Pin::new(socket).poll_shutdown(context))
    }
}
