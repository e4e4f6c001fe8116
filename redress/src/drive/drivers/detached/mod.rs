//! Sync attempts that can be cut off: each runs on a thread of its own, which a late attempt keeps.

mod monitor;
mod pool;
mod threads;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use monitor::{Limit, Monitor};
use pool::{Done, Job, POOL, Pool, Worker};
use threads::Refusal;
pub(crate) use threads::Threads;

use crate::attempt::{Attempt, Current};
use crate::clock::Time;
use crate::deadline::Scope;
use crate::drive::state::CompiledPolicy;
use crate::observe::AttemptScope;
use crate::reason::StopReason;
use crate::shielded::shielded;

/// The threads of one call, whose attempts run one after the other.
///
/// A thread is found before the attempt counts as started: without a thread there was no attempt.
pub(crate) struct Detached<'p> {
    time: &'p Time,
    threads: &'p Threads,
    pool: &'static Pool,
    /// The thread of the next attempt.
    place: Mutex<Option<ThreadPlace>>,
}

impl<'p> Detached<'p> {
    pub(crate) const fn new(config: &'p CompiledPolicy) -> Self {
        Self {
            time: &config.time,
            threads: &config.detached_threads,
            pool: &POOL,
            place: Mutex::new(None),
        }
    }

    /// Finds a thread for the next attempt, waiting for one as long as `remaining` allows. Otherwise
    /// returns the reason to stop.
    pub(crate) fn admit(&self, remaining: Option<Duration>) -> Result<(), StopReason> {
        let mut limit = Limit::start(self.time, remaining);
        self.threads
            .enter(&mut limit)
            .map_err(|refusal| match refusal {
                Refusal::AllAbandoned => StopReason::NoThread,
                Refusal::Late => StopReason::DeadlineExceeded,
            })?;
        let entered = Entered {
            threads: self.threads.clone(),
            abandoned: false,
        };
        // If the system gives no thread, dropping `entered` leaves again.
        let worker = self.pool.claim().map_err(|_| StopReason::NoThread)?;
        *self.place() = Some(ThreadPlace { entered, worker });
        Ok(())
    }

    /// Runs an attempt on the thread that was found for it. Returns `None` if it has not ended within
    /// `limit`: it then continues, and its result is dropped on its thread.
    ///
    /// A panic of the attempt resumes in this thread.
    pub(crate) fn attempt<T: Send + 'static>(
        &self,
        surround: Surround,
        operation: &Arc<impl Fn() -> T + Send + Sync + 'static>,
    ) -> Option<T> {
        // Every attempt was admitted; one that was not still runs, on this thread.
        let Some(ThreadPlace { entered, worker }) = self.place().take() else {
            return Some(surround.run(&**operation));
        };
        // The time starts before the attempt, so that it cannot pass unnoticed.
        let mut limit = Limit::start(self.time, surround.limit);
        let result = Arc::new(Monitor::new(AttemptState::Running));
        let shared = Arc::clone(&result);
        worker.run(job(Arc::clone(operation), surround, shared, entered));
        let returned = result
            .wait(&mut limit, AttemptState::take)
            .or_else(|| result.change(|state| state.abandon(self.threads)));
        match returned? {
            Ok(returned) => Some(returned),
            Err(panic) => resume_unwind(panic),
        }
    }

    fn place(&self) -> MutexGuard<'_, Option<ThreadPlace>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What goes to an attempt's thread with its operation: how long it may run, what it knows of itself, and
/// what watches its call.
pub(crate) struct Surround {
    pub(crate) limit: Option<Duration>,
    pub(crate) attempt: Option<Attempt>,
    /// The scope that the call is in: its own calls are in it, too.
    pub(crate) deadline: Option<Scope>,
    pub(crate) scope: AttemptScope,
}

impl Surround {
    fn run<T>(&self, operation: impl FnOnce() -> T) -> T {
        let _current = self.attempt.as_ref().map(Current::enter);
        let operation = || self.scope.run(operation);
        match &self.deadline {
            Some(deadline) => deadline.run(operation),
            None => operation(),
        }
    }
}

/// A thread for an attempt. Dropped before the attempt has started, it is free for others.
struct ThreadPlace {
    entered: Entered,
    worker: Worker<'static>,
}

/// One of the threads that a policy may have.
struct Entered {
    threads: Threads,
    abandoned: bool,
}

impl Drop for Entered {
    fn drop(&mut self) {
        if self.abandoned {
            self.threads.leave_abandoned();
        } else {
            self.threads.leave();
        }
    }
}

/// The state of an attempt on its thread.
enum AttemptState<T> {
    Running,
    Over(thread::Result<T>),
    /// The call no longer waits for it.
    Abandoned,
    Taken,
}

impl<T> AttemptState<T> {
    fn take(&mut self) -> Option<thread::Result<T>> {
        match self {
            Self::Over(_) => match std::mem::replace(self, Self::Taken) {
                Self::Over(returned) => Some(returned),
                _ => None,
            },
            _ => None,
        }
    }

    /// Stops waiting, unless the attempt has just ended.
    fn abandon(&mut self, threads: &Threads) -> Option<thread::Result<T>> {
        let returned = self.take();
        if returned.is_none() {
            *self = Self::Abandoned;
            // Under the lock, so that the attempt's end cannot be counted before.
            threads.abandon();
        }
        returned
    }
}

fn job<T: Send + 'static>(
    operation: Arc<impl Fn() -> T + Send + Sync + 'static>,
    surround: Surround,
    result: Arc<Monitor<AttemptState<T>>>,
    mut entered: Entered,
) -> Job {
    Box::new(move || {
        let returned = catch_unwind(AssertUnwindSafe(|| surround.run(&*operation)));
        // What watches the call may be the user's, as the operation is.
        shielded((), || drop(surround));
        // If the caller has left, this is the last reference; dropping it may panic.
        shielded((), || drop(operation));
        let late = result.change_unseen(|state| match state {
            AttemptState::Abandoned => Some(returned),
            _ => {
                *state = AttemptState::Over(returned);
                None
            }
        });
        match late {
            Some(late) => {
                shielded((), || drop(late));
                entered.abandoned = true;
                drop(entered);
                Box::new(|| {})
            }
            None => Box::new(move || {
                drop(entered);
                result.wake_all();
            }) as Done,
        }
    })
}

#[cfg(all(test, not(redress_loom)))]
mod tests {
    use std::io;

    use super::*;
    use crate::drive::state::Compiled;

    #[test]
    fn a_system_without_threads_refuses_and_takes_nothing() {
        static REFUSES: Pool = Pool::new(Duration::MAX, |_| Err(io::ErrorKind::WouldBlock.into()));
        let policy = crate::policy::Policy::builder()
            .max_detached_threads(1)
            .build();
        let policy = policy.unwrap();
        let detached = Detached {
            pool: &REFUSES,
            ..Detached::new(policy.compiled())
        };
        for _ in 0..3 {
            assert_eq!(detached.admit(None), Err(StopReason::NoThread));
        }
        // What was entered was left again: a system that gives one finds a place.
        assert_eq!(Detached::new(policy.compiled()).admit(None), Ok(()));
        assert_eq!(policy.call_detached(|| Ok::<_, io::Error>(5)).unwrap(), 5);
    }
}
