//! `Content-Digest` (RFC 9530): made, read, and held against a body, whole or as it streams.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws_lc_rs::digest::{self, Context as Hash};
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use subtle::ConstantTimeEq as _;

use super::error::Error;
use super::structured::{Bare, Item, Member, NotStructured, parse_dictionary};

/// The header, in lower case as components name it.
pub(super) const CONTENT_DIGEST: &str = "content-digest";

/// What bytes must digest to: every algorithm that we know, at least one.
#[derive(Clone, Debug)]
pub struct ContentDigest {
    expected: Vec<(&'static digest::Algorithm, Vec<u8>)>,
}

/// The value of `Content-Digest` for a body, by SHA-256.
pub fn content_digest(body: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, body);
    format!("sha-256={}", Bare::Bytes(digest.as_ref().to_vec()))
}

impl ContentDigest {
    /// The digests of a request's header. Algorithms other than `sha-256` and `sha-512` are passed
    /// over.
    ///
    /// # Errors
    /// No such header, a malformed one, or one without an algorithm we know.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Error> {
        let malformed = |source: Option<NotStructured>| Error::Malformed {
            header: CONTENT_DIGEST,
            source,
        };
        let lines = headers.get_all(CONTENT_DIGEST).iter();
        let lines: Result<Vec<_>, _> = lines.map(|line| line.to_str()).collect();
        let text = lines.map_err(|_| malformed(None))?.join(", ");
        let members = parse_dictionary(&text).map_err(|error| malformed(Some(error)))?;
        let mut expected = Vec::new();
        for (name, member) in members.0 {
            let algorithm = match name.as_str() {
                "sha-256" => &digest::SHA256,
                "sha-512" => &digest::SHA512,
                _ => continue,
            };
            let bytes = match member {
                Member::Item(Item {
                    value: Bare::Bytes(bytes),
                    ..
                }) => bytes,
                Member::Item(_) | Member::List(_) => return Err(malformed(None)),
            };
            expected.push((algorithm, bytes));
        }
        if expected.is_empty() {
            return Err(malformed(None));
        }
        Ok(Self { expected })
    }

    /// Whether these bytes are the ones.
    ///
    /// # Errors
    /// [`Error::WrongDigest`].
    pub fn check(&self, body: &[u8]) -> Result<(), Error> {
        let mut running = self.start();
        running.update(body);
        running.finish()
    }

    /// The same body, which fails at its end if it was another one. The last piece is held back
    /// until it is known to be right: who reads the wrong body never has all of it.
    pub fn guard<B>(&self, body: B) -> GuardedBody<B> {
        GuardedBody {
            body,
            running: Some(self.start()),
            held: None,
        }
    }

    fn start(&self) -> Running {
        let hashes = self.expected.iter().map(|(algorithm, expected)| {
            let hash = Hash::new(algorithm);
            (hash, expected.clone())
        });
        Running(hashes.collect())
    }
}

struct Running(Vec<(Hash, Vec<u8>)>);

impl Running {
    fn update(&mut self, bytes: &[u8]) {
        for (hash, _) in &mut self.0 {
            hash.update(bytes);
        }
    }

    fn finish(self) -> Result<(), Error> {
        for (hash, expected) in self.0 {
            if !bool::from(hash.finish().as_ref().ct_eq(&expected)) {
                return Err(Error::WrongDigest);
            }
        }
        Ok(())
    }
}

/// See [`ContentDigest::guard`].
pub struct GuardedBody<B> {
    body: B,
    /// None once the end was judged.
    running: Option<Running>,
    held: Option<Bytes>,
}

impl<B> GuardedBody<B> {
    /// At the end: the piece held back if all was right.
    fn end(&mut self) -> Option<Result<Frame<Bytes>, Error>> {
        let held = self.held.take();
        match self.running.take()?.finish() {
            Ok(()) => held.map(|bytes| Ok(Frame::data(bytes))),
            Err(error) => Some(Err(error)),
        }
    }
}

impl<B> Body for GuardedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        while let Some(running) = &mut this.running {
            let frame = match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                None => return Poll::Ready(this.end()),
                Some(Ok(frame)) => frame,
                Some(Err(error)) => {
                    this.running = None;
                    return Poll::Ready(Some(Err(Error::Body(error.into()))));
                }
            };
            // Trailers are not signed: nothing after us may take them for something that is.
            let Ok(bytes) = frame.into_data() else {
                continue;
            };
            running.update(&bytes);
            if let Some(earlier) = this.held.replace(bytes) {
                return Poll::Ready(Some(Ok(Frame::data(earlier))));
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.running.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let inner = self.body.size_hint();
        let held = self.held.as_ref().map_or(0, |bytes| bytes.len() as u64);
        let mut hint = SizeHint::new();
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(held));
        }
        hint.set_lower(inner.lower().saturating_add(held));
        hint
    }
}
