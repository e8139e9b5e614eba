//! What differs between an operating system and a browser: clock, timers, tasks, threads, bodies that
//! are read as they come.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;

/// A boxed future. `Send` but in browsers, where nothing is.
#[cfg(not(target_arch = "wasm32"))]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// A boxed future. `Send` but in browsers, where nothing is.
#[cfg(target_arch = "wasm32")]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// `Send + Sync`, but in browsers, where one thread has everything.
#[cfg(not(target_arch = "wasm32"))]
pub trait Shared: Send + Sync {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + Sync + ?Sized> Shared for T {}

/// `Send + Sync`, but in browsers, where one thread has everything.
#[cfg(target_arch = "wasm32")]
pub trait Shared {}
#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> Shared for T {}

/// Milliseconds of the epoch.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// Milliseconds of the epoch.
#[cfg(target_arch = "wasm32")]
pub(crate) fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// Seconds of the epoch.
pub(crate) fn now() -> u64 {
    now_ms() / 1000
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

#[cfg(target_arch = "wasm32")]
pub(crate) async fn sleep(duration: Duration) {
    gloo_timers::future::sleep(duration).await;
}

/// What comes of a future that may take so long; none when it takes longer.
pub(crate) async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut late) = (pin!(future), pin!(sleep(limit)));
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => late.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// The body of an answer, piece by piece. Dropped, it ends the connection.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) struct Pieces(reqwest::Response);

#[cfg(not(target_arch = "wasm32"))]
impl Pieces {
    pub(crate) fn new(response: reqwest::Response) -> Self {
        Self(response)
    }

    pub(crate) async fn next(&mut self) -> reqwest::Result<Option<Bytes>> {
        self.0.chunk().await
    }
}

/// The body of an answer, piece by piece. Dropped, it ends the connection.
#[cfg(target_arch = "wasm32")]
pub(crate) struct Pieces(Pin<Box<dyn futures_core::Stream<Item = reqwest::Result<Bytes>>>>);

#[cfg(target_arch = "wasm32")]
impl Pieces {
    pub(crate) fn new(response: reqwest::Response) -> Self {
        Self(Box::pin(response.bytes_stream()))
    }

    pub(crate) async fn next(&mut self) -> reqwest::Result<Option<Bytes>> {
        let next = std::future::poll_fn(|context| self.0.as_mut().poll_next(context));
        next.await.transpose()
    }
}

/// Runs something to its end, whoever stops waiting for it.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(future));
}

/// Runs something to its end, whoever stops waiting for it.
#[cfg(target_arch = "wasm32")]
pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(future);
}
