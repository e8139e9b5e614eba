//! The accept loop: connections until told to end, then the requests in flight.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::stream::Stream;
use super::{Handler, Limits, Listener, body};

/// HTTP/2 requests of one connection at a time.
const MAX_STREAMS: u32 = 200;

/// How long to pause when the process has no file descriptor left for another connection.
const PAUSE: Duration = Duration::from_millis(50);

/// A running listener.
pub(crate) struct Server {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Server {
    /// Stops accepting, lets the requests in flight finish within the limit, and returns.
    pub(crate) async fn shut_down(self) {
        self.stop.cancel();
        // An error means that the task panicked; there is nothing left to wait for.
        let _ = self.task.await;
    }

    /// Returns when the listener ends by itself, which it should not.
    pub(crate) async fn ended(&mut self) {
        let _ = (&mut self.task).await;
    }
}

/// Serves a listener in the background.
pub(crate) fn serve(listener: Listener, handler: impl Handler, limits: Limits) -> Server {
    let stop = CancellationToken::new();
    let task = tokio::spawn(run(listener, handler, limits, stop.clone()));
    Server { task, stop }
}

async fn run(listener: Listener, handler: impl Handler, limits: Limits, stop: CancellationToken) {
    let protocol = Arc::new(protocol(&limits));
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.max_connections));
    loop {
        let accepted = tokio::select! {
            accepted = next(&listener, &places, &limits) => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, place)) => {
                let connection = connection(
                    stream,
                    place,
                    protocol.clone(),
                    handler.clone(),
                    limits.body_timeout,
                    graceful.watcher(),
                );
                tokio::spawn(connection);
            }
            Err(error) => refused(&error).await,
        }
    }
    drop(listener);
    if tokio::time::timeout(limits.shutdown_timeout, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests were still in flight when the time to end was over");
    }
}

/// The next connection, once there is a place for it.
async fn next(
    listener: &Listener,
    places: &Arc<Semaphore>,
    limits: &Limits,
) -> io::Result<(Stream, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await;
    let place = place.map_err(io::Error::other)?;
    let stream = match listener {
        Listener::Tcp(listener) => Stream::tcp(listener.accept().await?.0, limits.write_timeout)?,
        Listener::Unix(listener, _) => {
            Stream::unix(listener.accept().await?.0, limits.write_timeout)
        }
    };
    Ok((stream, place))
}

/// Most failures concern the one connection, which is gone; running out of descriptors does not
/// pass by itself.
async fn refused(error: &io::Error) {
    let is_clients = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::NotConnected
            | io::ErrorKind::InvalidInput
    );
    if !is_clients {
        tracing::error!(%error, "a connection could not be accepted");
        tokio::time::sleep(PAUSE).await;
    }
}

fn protocol(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(limits.max_head_bytes.max(8192));
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.head_timeout)
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(limits.max_head_bytes).unwrap_or(u32::MAX));
    builder
}

async fn connection(
    stream: Stream,
    place: OwnedSemaphorePermit,
    protocol: Arc<Builder<TokioExecutor>>,
    handler: impl Handler,
    body_timeout: Duration,
    watcher: Watcher,
) {
    let peer: Option<SocketAddr> = stream.peer();
    let service = service_fn(move |request: http::Request<Incoming>| {
        let handler = handler.clone();
        async move {
            let mut request = request.map(|incoming| body::limited(incoming, body_timeout));
            if let Some(peer) = peer {
                request.extensions_mut().insert(ConnectInfo(peer));
            }
            let peer = peer.map(|peer| peer.ip());
            Ok::<_, Infallible>(handler.handle(request, peer).await)
        }
    });
    let connection = protocol.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let outcome = watcher.watch(connection).await;
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
    // What it was upgraded to is limited by whoever upgraded it.
    drop(place);
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use crestfall_core::client_ip::ClientIp;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;
    use crate::http::Address;

    /// Answers with whom it takes for the client.
    #[derive(Clone)]
    struct Who;

    impl Handler for Who {
        async fn handle(
            &self,
            request: http::Request<Body>,
            _: Option<std::net::IpAddr>,
        ) -> http::Response<Body> {
            let (parts, _) = request.into_parts();
            let ip = ClientIp::of(&parts).map(|ip| ip.0.to_string());
            http::Response::new(ip.unwrap_or_default().into())
        }
    }

    #[tokio::test]
    async fn requests_know_the_peer_of_their_connection() {
        let address = Address::Tcp {
            host: "127.0.0.1".into(),
            port: 0,
            reuse_port: false,
        };
        let listener = Listener::bind(&address).unwrap();
        let at = listener.name();
        let server = serve(listener, Who, Limits::default());
        let mut stream = TcpStream::connect(at).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("\r\n\r\n127.0.0.1"), "{answer}");
        server.shut_down().await;
    }
}
