//! The two halves of a connection's socket: one written by whoever has something to say, one read by a task.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::BytesMut;
use parking_lot::Mutex;
use rustls::ClientConnection;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream, tcp, unix};
use tokio_rustls::client::TlsStream;

/// A connection while it is set up.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Divides a connection that is ready for queries.
    pub(crate) fn split(self) -> (WriteHalf, ReadHalf) {
        match self {
            Self::Tcp(stream) => {
                let (read, write) = stream.into_split();
                (
                    WriteHalf::plain(RawWrite::Tcp(write)),
                    ReadHalf::plain(RawRead::Tcp(read)),
                )
            }
            Self::Unix(stream) => {
                let (read, write) = stream.into_split();
                (
                    WriteHalf::plain(RawWrite::Unix(write)),
                    ReadHalf::plain(RawRead::Unix(read)),
                )
            }
            Self::Tls(stream) => {
                let (stream, mut session) = stream.into_inner();
                session.set_buffer_limit(None);
                let session = Arc::new(Mutex::new(session));
                let (read, write) = stream.into_split();
                let write = WriteHalf {
                    raw: RawWrite::Tcp(write),
                    tls: Some(Arc::clone(&session)),
                };
                let read = ReadHalf {
                    raw: RawRead::Tcp(read),
                    tls: Some(TlsRead {
                        session,
                        cipher: BytesMut::new(),
                        drained: false,
                    }),
                };
                (write, read)
            }
        }
    }
}

macro_rules! each_stream {
    ($self:ident, $stream:ident => $body:expr) => {
        match $self.get_mut() {
            Stream::Tcp($stream) => $body,
            Stream::Unix($stream) => $body,
            Stream::Tls($stream) => {
                let $stream = &mut **$stream;
                $body
            }
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each_stream!(self, stream => Pin::new(stream).poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        each_stream!(self, stream => Pin::new(stream).poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each_stream!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each_stream!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}

#[derive(Debug)]
enum RawWrite {
    Tcp(tcp::OwnedWriteHalf),
    Unix(unix::OwnedWriteHalf),
}

#[derive(Debug)]
enum RawRead {
    Tcp(tcp::OwnedReadHalf),
    Unix(unix::OwnedReadHalf),
}

/// The half that is written to, without waiting.
#[derive(Debug)]
pub(crate) struct WriteHalf {
    raw: RawWrite,
    tls: Option<Arc<Mutex<ClientConnection>>>,
}

impl WriteHalf {
    fn plain(raw: RawWrite) -> Self {
        Self { raw, tls: None }
    }

    /// Turns `plain` into what goes over the socket, appended to `wire`. Empties `plain`.
    pub(crate) fn seal(&self, plain: &mut BytesMut, wire: &mut BytesMut) -> io::Result<()> {
        let Some(session) = &self.tls else {
            if wire.is_empty() {
                std::mem::swap(plain, wire);
            } else {
                wire.extend_from_slice(plain);
                plain.clear();
            }
            return Ok(());
        };
        let mut session = session.lock();
        io::Write::write_all(&mut session.writer(), plain)?;
        plain.clear();
        while session.wants_write() {
            session.write_tls(&mut bytes::BufMut::writer(&mut *wire))?;
        }
        Ok(())
    }

    /// Writes what the socket takes now.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match &self.raw {
            RawWrite::Tcp(half) => half.try_write(bytes),
            RawWrite::Unix(half) => half.try_write(bytes),
        }
    }

    /// Ends both directions: whoever reads meets the end.
    pub(crate) fn shutdown(&self) {
        let how = std::net::Shutdown::Both;
        // An error means that the other side was faster.
        let _ = match &self.raw {
            RawWrite::Tcp(half) => socket2::SockRef::from(half.as_ref()).shutdown(how),
            RawWrite::Unix(half) => socket2::SockRef::from(half.as_ref()).shutdown(how),
        };
    }

    /// Waits until the socket takes more.
    pub(crate) async fn writable(&self) -> io::Result<()> {
        match &self.raw {
            RawWrite::Tcp(half) => half.writable().await,
            RawWrite::Unix(half) => half.writable().await,
        }
    }
}

/// The half that is read by the connection's own task.
#[derive(Debug)]
pub(crate) struct ReadHalf {
    raw: RawRead,
    tls: Option<TlsRead>,
}

#[derive(Debug)]
struct TlsRead {
    session: Arc<Mutex<ClientConnection>>,
    cipher: BytesMut,
    /// Whether what was left inside the session by the handshake has been taken.
    drained: bool,
}

impl ReadHalf {
    fn plain(raw: RawRead) -> Self {
        Self { raw, tls: None }
    }

    /// Waits for more and appends it; `Ok(0)` at the end.
    pub(crate) async fn read(&mut self, into: &mut BytesMut) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return read_raw(&mut self.raw, into).await;
        };
        if !tls.drained {
            tls.drained = true;
            let read = tls.decrypt(into)?;
            if read > 0 {
                return Ok(read);
            }
        }
        loop {
            tls.cipher.reserve(16 * 1024);
            if read_raw(&mut self.raw, &mut tls.cipher).await? == 0 {
                return Ok(0);
            }
            let read = tls.decrypt(into)?;
            if read > 0 {
                return Ok(read);
            }
        }
    }
}

async fn read_raw(raw: &mut RawRead, into: &mut BytesMut) -> io::Result<usize> {
    match raw {
        RawRead::Tcp(half) => half.read_buf(into).await,
        RawRead::Unix(half) => half.read_buf(into).await,
    }
}

impl TlsRead {
    /// Takes all whole records out of `cipher`.
    fn decrypt(&mut self, into: &mut BytesMut) -> io::Result<usize> {
        let mut session = self.session.lock();
        let mut total = 0;
        loop {
            let plain = session
                .process_new_packets()
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?
                .plaintext_bytes_to_read();
            if plain > 0 {
                let start = into.len();
                into.resize(start + plain, 0);
                io::Read::read_exact(&mut session.reader(), &mut into[start..])?;
                total += plain;
            }
            if self.cipher.is_empty() {
                return Ok(total);
            }
            let mut rest: &[u8] = &self.cipher;
            let taken = session.read_tls(&mut rest)?;
            if taken == 0 {
                return Ok(total);
            }
            bytes::Buf::advance(&mut self.cipher, taken);
        }
    }
}
