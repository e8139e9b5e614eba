//! Names resolved to public addresses only.
//!
//! The connection is made to the very addresses that were judged, so a name that resolves otherwise
//! the next moment (DNS rebinding) gains nothing.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::is_public;

/// Passes on what a resolver says, unless it is not public.
pub(super) struct PublicOnly<R>(pub(super) R);

/// The system's resolver.
pub(super) struct System;

/// The name resolves to an address that is not public.
#[derive(Debug, thiserror::Error)]
#[error("the host resolves to an address that is not public")]
pub(super) struct NotPublic;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port is put in by who asks.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok::<Addrs, _>(Box::new(found.collect::<Vec<_>>().into_iter()))
        })
    }
}

impl<R: Resolve> Resolve for PublicOnly<R> {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.resolve(name);
        Box::pin(async move { Ok(public(found.await?.collect())?) })
    }
}

/// All of them or none: who mixes in an address of ours means no good.
fn public(found: Vec<SocketAddr>) -> Result<Addrs, NotPublic> {
    if found.iter().all(|address| is_public(address.ip())) {
        Ok(Box::new(found.into_iter()))
    } else {
        Err(NotPublic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(addresses: &[&str]) -> Option<usize> {
        let addresses = addresses
            .iter()
            .map(|text| text.parse().expect("an address"));
        public(addresses.collect()).ok().map(Iterator::count)
    }

    #[test]
    fn sec_20_one_address_that_is_not_public_spoils_the_answer() {
        assert_eq!(resolved(&["8.8.8.8:0", "[2606:4700::1111]:0"]), Some(2));
        assert_eq!(resolved(&["8.8.8.8:0", "10.0.0.1:0"]), None);
        assert_eq!(resolved(&["[::ffff:8.8.8.8]:0"]), None);
        assert_eq!(resolved(&[]), Some(0));
    }

    #[tokio::test]
    async fn sec_20_a_name_of_this_machine_does_not_resolve() {
        let name = "localhost".parse().expect("a name");
        let error = PublicOnly(System)
            .resolve(name)
            .await
            .err()
            .expect("refused");
        assert!(error.is::<NotPublic>());
    }
}
