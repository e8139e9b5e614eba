//! Who subscribes to what.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use crestfall_core::Identity;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use super::query::{Answer, Asking, Query};
use crate::config::Subscriptions;
use crate::graphql::GraphQl;
use crate::limit::Exceeded;
use crate::request::{Error, Request, Response};

/// Every live query of this process.
#[derive(Debug)]
pub(crate) struct Hub {
    queries: Mutex<HashMap<Key, Weak<Query>>>,
    turns: Semaphore,
}

/// What a query is shared by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    who: Who,
    document: Box<str>,
    operation: Option<Box<str>>,
    variables: Box<str>,
}

/// All that statements know of who asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Who {
    role: Arc<str>,
    claims: Box<str>,
}

/// A subscription; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Subscribed {
    answers: watch::Receiver<Option<Answer>>,
    /// The query lives as long as somebody holds it.
    _query: Arc<Query>,
}

impl Subscribed {
    /// The next answer that differs from the one before; none when there is to be no other.
    pub(crate) async fn next(&mut self) -> Option<Answer> {
        loop {
            self.answers.changed().await.ok()?;
            let answer = self.answers.borrow_and_update().clone();
            if answer.is_some() {
                return answer;
            }
        }
    }
}

impl Hub {
    pub(crate) fn new(settings: &Subscriptions) -> Self {
        Self {
            queries: Mutex::default(),
            turns: Semaphore::new(settings.polls.max(1)),
        }
    }

    /// Waits for the permission to ask the database.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.turns.acquire().await.ok()
    }

    /// Subscribes to a query that is asked already, or from now on.
    ///
    /// # Errors
    /// The answer, when there are too many.
    pub(crate) fn subscribe(
        &self,
        graphql: &GraphQl,
        identity: &Identity,
        request: Request,
        relations: &[crestfall_core::QualifiedName],
    ) -> Result<Subscribed, Response> {
        let key = Key::new(identity, &request);
        let mut queries = self.queries.lock();
        if let Some(query) = queries.get(&key).and_then(Weak::upgrade) {
            // A query that has given its last answer is none.
            let is_over = query
                .answers
                .borrow()
                .as_ref()
                .is_some_and(|one| one.is_last);
            if !is_over {
                return Ok(Subscribed::to(query));
            }
        }
        queries.retain(|_, query| query.strong_count() > 0);
        check(&queries, &key.who, &graphql.subscriptions())?;
        let query = Arc::new(Query::new());
        queries.insert(key, Arc::downgrade(&query));
        drop(queries);
        let changes = graphql.changes.as_ref();
        let asking = Asking {
            graphql: graphql.clone(),
            identity: identity.clone(),
            request,
            changes: changes.map(|changes| changes.watch(relations)),
        };
        tokio::spawn(asking.run(Arc::downgrade(&query)));
        Ok(Subscribed::to(query))
    }
}

impl Subscribed {
    fn to(query: Arc<Query>) -> Self {
        let mut answers = query.answers.subscribe();
        // What was answered before is new to this one.
        answers.mark_changed();
        Self {
            answers,
            _query: query,
        }
    }
}

impl Key {
    fn new(identity: &Identity, request: &Request) -> Self {
        Self {
            who: Who {
                role: identity.shared_role().clone(),
                claims: identity.claims().as_str().into(),
            },
            document: request.query.as_str().into(),
            operation: request.operation_name.as_deref().map(Into::into),
            variables: request.variables.to_string().into(),
        }
    }
}

fn check(
    queries: &HashMap<Key, Weak<Query>>,
    who: &Who,
    settings: &Subscriptions,
) -> Result<(), Response> {
    let of_identity = queries.keys().filter(|key| key.who == *who).count();
    let limits = [
        (
            of_identity,
            settings.max_per_identity,
            "too many different subscriptions of one identity",
            "subscriptions.max_per_identity",
        ),
        (
            queries.len(),
            settings.max_queries,
            "too many different subscriptions",
            "subscriptions.max_queries",
        ),
    ];
    for (found, most, what, setting) in limits {
        Exceeded::check(found + 1, most, what, setting)
            .map_err(|exceeded| Response::refused(Error::from(exceeded)))?;
    }
    Ok(())
}
