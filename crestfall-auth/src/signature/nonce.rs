//! Nonces that were used, so that a request that is sent again is refused.
//!
//! A store remembers each for as long as its signature could still be accepted. One that cannot
//! remember refuses: to forget would be to accept a replay.

mod memory;
mod redis;

use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest::{Context, SHA256};

pub use memory::MemoryNonces;
pub use redis::RedisNonces;

/// A key's nonce, as a digest: of one size whatever a client sends, and no secret to anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nonce([u8; 32]);

impl Nonce {
    /// The nonce of a key; different keys may use the same.
    pub fn new(key_id: &str, nonce: &str) -> Self {
        let mut hash = Context::new(&SHA256);
        hash.update(&(key_id.len() as u64).to_be_bytes()); // where the one ends and the other starts
        hash.update(key_id.as_bytes());
        hash.update(nonce.as_bytes());
        let mut digest = [0; 32];
        digest.copy_from_slice(hash.finish().as_ref());
        Self(digest)
    }
}

/// Whether a nonce was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// No; it is now.
    First,
    /// Yes.
    Again,
}

/// Why a nonce could not be remembered.
#[derive(Debug, thiserror::Error)]
pub enum NonceError {
    /// As many as fit are remembered, and none may be forgotten yet.
    #[error("the nonce store is full")]
    Full,
    /// The signature is older than the store's memory, which was lost or is new: whether it was
    /// used cannot be known.
    #[error("the signature is older than what the nonce store remembers")]
    BeforeMemory,
    /// The store did not answer.
    #[error("the nonce store did not answer")]
    Away(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Remembers nonces.
///
/// # Contract
/// Of any number of concurrent calls with one nonce, on any node that shares the store, exactly one
/// gets [`Use::First`] until `for_how_long` has passed. A store that started empty after `created`
/// refuses: a restart must not make a used nonce new.
#[async_trait]
pub trait NonceStore: Send + Sync {
    /// Remembers a nonce unless it is remembered already. `created` is when the request was signed,
    /// in seconds of the epoch.
    ///
    /// # Errors
    /// It cannot be remembered.
    async fn remember(
        &self,
        nonce: Nonce,
        created: i64,
        for_how_long: Duration,
    ) -> Result<Use, NonceError>;
}

#[cfg(test)]
mod tests;
