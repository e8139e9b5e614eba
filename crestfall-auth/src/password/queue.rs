//! The line in which passwords wait for a processor core.
//!
//! Hashing is meant to be slow. It runs on threads of its own, one a core, of low priority: a core that has anything
//! else to do does that first, so a flood of logins slows logins only. The line is bounded in length and in
//! time; who does not fit is told at once instead of timing out later.

use super::argon2id::Memory;
use parking_lot::{Condvar, Mutex};
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::sync::oneshot;

/// Too many passwords are waiting; the client may try again in a few seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many logins are waiting")]
pub(crate) struct Busy;

type Work = Box<dyn FnOnce(&mut Memory) + Send>;

struct Job {
    /// Set by whoever comes first: the worker that starts, or the client that gives up.
    taken: Arc<AtomicBool>,
    work: Work,
}

#[derive(Default)]
struct Line {
    jobs: Mutex<Jobs>,
    arrived: Condvar,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<Job>,
    closed: bool,
}

/// Worker threads and the line before them. They end when it is dropped.
pub(super) struct Queue {
    line: Arc<Line>,
    max_waiting: usize,
    max_wait: Duration,
}

impl Queue {
    /// Starts `workers` threads, each keeping memory of `blocks` KiB.
    pub(super) fn start(
        workers: usize,
        blocks: usize,
        max_waiting: usize,
        max_wait: Duration,
    ) -> std::io::Result<Self> {
        let queue = Self {
            line: Arc::default(),
            max_waiting,
            max_wait,
        };
        for _ in 0..workers.max(1) {
            let line = queue.line.clone();
            thread::Builder::new()
                .name("password".into())
                .spawn(move || work(&line, blocks))?;
        }
        Ok(queue)
    }

    /// Runs `work` on a worker. A caller that is dropped while it waits leaves the line.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (reply, mut answer) = oneshot::channel();
        let taken = Arc::new(AtomicBool::new(false));
        let _leave = LeaveOnDrop(taken.clone());
        let work = Box::new(move |memory: &mut Memory| drop(reply.send(work(memory))));
        self.enqueue(Job {
            taken: taken.clone(),
            work,
        })?;
        if let Ok(answer) = tokio::time::timeout(self.max_wait, &mut answer).await {
            return answer.map_err(|_| Busy);
        }
        if taken.swap(true, Ordering::AcqRel) {
            answer.await.map_err(|_| Busy)
        } else {
            Err(Busy)
        }
    }

    fn enqueue(&self, job: Job) -> Result<(), Busy> {
        let mut jobs = self.line.jobs.lock();
        if jobs.waiting.len() >= self.max_waiting {
            jobs.waiting
                .retain(|job| !job.taken.load(Ordering::Acquire));
        }
        if jobs.waiting.len() >= self.max_waiting {
            return Err(Busy);
        }
        jobs.waiting.push_back(job);
        drop(jobs);
        self.line.arrived.notify_one();
        Ok(())
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.line.jobs.lock().closed = true;
        self.line.arrived.notify_all();
    }
}

/// Takes the job of a caller who went away out of the line.
struct LeaveOnDrop(Arc<AtomicBool>);

impl Drop for LeaveOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

fn work(line: &Line, blocks: usize) {
    lower_priority();
    let mut memory = Memory::default();
    while let Some(job) = line.next() {
        if job.taken.swap(true, Ordering::AcqRel) {
            continue;
        }
        if catch_unwind(AssertUnwindSafe(|| (job.work)(&mut memory))).is_err() {
            tracing::error!("hashing a password panicked");
        }
        memory.shrink_to(blocks);
    }
}

impl Line {
    /// Waits for the next job; `None` when the line is closed.
    fn next(&self) -> Option<Job> {
        let mut jobs = self.jobs.lock();
        loop {
            if jobs.closed {
                return None;
            }
            if let Some(job) = jobs.waiting.pop_front() {
                return Some(job);
            }
            self.arrived.wait(&mut jobs);
        }
    }
}

/// A tenth of the weight of a request's thread: enough that logins go on while requests take every core.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// On Linux a nice value is a thread's own, whatever POSIX says (sched(7)); elsewhere it would slow the whole process.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::warn!(%error, "password hashing keeps the priority of requests");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// A queue whose only worker is busy until the sender is dropped.
    async fn occupied(max_waiting: usize, max_wait: Duration) -> (Arc<Queue>, mpsc::Sender<()>) {
        let queue = Arc::new(Queue::start(1, 0, max_waiting, max_wait).unwrap());
        let (release, held) = mpsc::channel::<()>();
        let (started, has_started) = oneshot::channel();
        let occupant = queue.clone();
        tokio::spawn(async move {
            let hold = move |_: &mut Memory| {
                started.send(()).unwrap();
                held.recv().ok();
            };
            occupant.run(hold).await
        });
        has_started.await.unwrap();
        (queue, release)
    }

    #[tokio::test]
    async fn who_does_not_fit_into_the_line_is_told_at_once() {
        let (queue, release) = occupied(1, Duration::from_secs(60)).await;
        let second = tokio::spawn({
            let queue = queue.clone();
            async move { queue.run(|_| 2).await }
        });
        while queue.line.jobs.lock().waiting.is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(queue.run(|_| 3).await, Err(Busy));
        drop(release);
        assert_eq!(second.await.unwrap(), Ok(2));
    }

    #[tokio::test]
    async fn waiting_ends_after_its_time() {
        let (queue, release) = occupied(9, Duration::from_millis(20)).await;
        assert_eq!(queue.run(|_| 2).await, Err(Busy));
        drop(release);
        assert_eq!(queue.run(|_| 3).await, Ok(3));
    }

    #[tokio::test]
    async fn a_caller_who_goes_away_leaves_the_line() {
        let (queue, release) = occupied(1, Duration::from_secs(60)).await;
        let ran = Arc::new(AtomicBool::new(false));
        let seen = ran.clone();
        let gone = tokio::time::timeout(
            Duration::from_millis(20),
            queue.run(move |_| seen.store(true, Ordering::Release)),
        );
        assert!(gone.await.is_err());
        let next = tokio::spawn({
            let queue = queue.clone();
            async move { queue.run(|_| 3).await }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(release);
        assert_eq!(next.await.unwrap(), Ok(3));
        assert!(!ran.load(Ordering::Acquire));
    }

    #[tokio::test]
    async fn a_worker_survives_a_panic() {
        let queue = Queue::start(1, 0, 9, Duration::from_secs(60)).unwrap();
        assert_eq!(
            queue
                .run(|_| if true {
                    panic!("on purpose")
                })
                .await,
            Err(Busy)
        );
        assert_eq!(queue.run(|_| 1).await, Ok(1));
    }
}
