//! The operations of one socket, each a task of its own.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::caller::Caller;
use crate::document::OperationKind;
use crate::graphql::GraphQl;
use crate::limit::Exceeded;
use crate::live::Answer;
use crate::request::{Error, Request, Response};

/// What an operation tells.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) id: String,
    /// Which of the operations that had this id.
    number: u64,
    pub(super) answer: Answer,
}

/// Operations by the ids that the client gave them. Dropping it ends them all.
pub(super) struct Operations {
    graphql: GraphQl,
    caller: Caller,
    sender: mpsc::Sender<Told>,
    running: HashMap<String, Running>,
    /// How many were started so far.
    count: u64,
}

struct Running {
    number: u64,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Operations {
    pub(super) fn new(graphql: GraphQl, caller: Caller, sender: mpsc::Sender<Told>) -> Self {
        Self {
            graphql,
            caller,
            sender,
            running: HashMap::new(),
            count: 0,
        }
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.running.contains_key(id)
    }

    /// Whether the operation has not been stopped since it told this.
    pub(super) fn is_current(&self, told: &Told) -> bool {
        let running = self.running.get(&told.id);
        running.is_some_and(|running| running.number == told.number)
    }

    /// Starts an operation under an id that none has.
    ///
    /// # Errors
    /// It is none, or there are too many.
    pub(super) fn start(
        &mut self,
        id: &str,
        payload: Result<Box<Request>, Box<Error>>,
    ) -> Result<(), Box<Error>> {
        let request = payload?;
        let most = self.graphql.subscriptions().max_per_connection;
        let what = "too many operations on this connection";
        let setting = "subscriptions.max_per_connection";
        Exceeded::check(self.running.len() + 1, most, what, setting)
            .map_err(|exceeded| Box::new(exceeded.into()))?;
        self.count += 1;
        let operation = Operation {
            graphql: self.graphql.clone(),
            caller: self.caller.clone(),
            sender: self.sender.clone(),
            id: id.to_owned(),
            number: self.count,
        };
        let running = Running {
            number: self.count,
            task: tokio::spawn(operation.run(*request)),
        };
        self.running.insert(id.to_owned(), running);
        Ok(())
    }

    /// Ends an operation, if it is there.
    pub(super) fn stop(&mut self, id: &str) {
        self.running.remove(id);
    }
}

struct Operation {
    graphql: GraphQl,
    caller: Caller,
    sender: mpsc::Sender<Told>,
    id: String,
    number: u64,
}

impl Operation {
    async fn run(self, request: Request) {
        let identity = &self.caller.identity;
        let kind = self.graphql.kind(identity, &request).await;
        let response = match kind {
            Err(response) => response,
            Ok(OperationKind::Subscription) => {
                match self.graphql.subscribe(identity, request).await {
                    Err(response) => response,
                    Ok(mut subscribed) => {
                        while let Some(answer) = subscribed.next().await {
                            self.tell(answer).await;
                        }
                        return;
                    }
                }
            }
            Ok(OperationKind::Query | OperationKind::Mutation) => {
                let context = self.caller.context();
                self.graphql.execute(identity, &context, request).await
            }
        };
        self.tell(last(response)).await;
    }

    /// Waits while the client takes what was told before.
    async fn tell(&self, answer: Answer) {
        let told = Told {
            id: self.id.clone(),
            number: self.number,
            answer,
        };
        // The socket is gone, and this task is about to be.
        let _ = self.sender.send(told).await;
    }
}

fn last(response: Response) -> Answer {
    Answer {
        response: Arc::new(response),
        is_last: true,
    }
}
