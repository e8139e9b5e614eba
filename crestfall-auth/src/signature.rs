//! HTTP Message Signatures (RFC 9421): requests that machines sign with a shared secret
//! (`hmac-sha256`) or a private key (`ed25519`), instead of sending a password or token.
//!
//! A [`Verifier`] accepts a request if one signature covers the method, the target and the body's
//! digest (RFC 9530), was made within the window, and carries a nonce that was not used before, on
//! any node. A [`Signer`] makes such signatures; `examples/signing` does in JavaScript and Python.

mod component;
mod digest;
mod error;
mod key;
mod nonce;
mod sign;
mod structured;
mod verify;

pub use digest::{ContentDigest, GuardedBody, content_digest};
pub use error::Error;
pub use key::{Key, Keys, LookupError, NotAKey, PrivateKey};
pub use nonce::{MemoryNonces, Nonce, NonceError, NonceStore, RedisNonces, Use};
pub use sign::{SignError, Signer};
pub use structured::NotStructured;
pub use verify::{Policy, SignedBy, Verified, Verifier, is_signed};
