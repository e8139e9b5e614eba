//! Live queries: the answer to a subscription, now and whenever it is another.
//!
//! A subscription is asked again at an interval, or when a [`Changes`] says that rows may have changed.
//! What several clients subscribe to alike (the same operation, with the same variables, as the same
//! identity) is asked once for all of them, under that identity: policies decide at every turn. An
//! answer is passed on only when its bytes differ from those before. A client that reads slowly misses
//! answers in between and never the last one, so that nothing piles up.

mod hub;
mod query;
mod relations;

use tokio::sync::watch;

pub(crate) use hub::{Hub, Subscribed};
pub(crate) use query::Answer;
pub(crate) use relations::relations;

/// Says when rows may have changed, so that live queries need not be asked at an interval.
pub trait Changes: Send + Sync + 'static {
    /// A number that grows whenever one of these relations may have changed. They are those that the
    /// operation reads by itself; what functions and policies read is not known.
    fn watch(&self, relations: &[crestfall_core::QualifiedName]) -> watch::Receiver<u64>;
}
