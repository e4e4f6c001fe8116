use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SendError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::defaults;
use crate::shielded::shielded;

/// The work of a thread, before it is free for another attempt.
pub(super) type Job = Box<dyn FnOnce() -> Done + Send>;

/// The end of a job: it wakes the waiting caller. By then the thread is free, so the next attempt of
/// the call finds it.
pub(super) type Done = Box<dyn FnOnce()>;

/// The threads of all detached attempts of the process.
pub(super) static POOL: Pool = Pool::new(defaults::DETACHED_IDLE, spawn);

/// Threads that wait for work, and end when they are idle for too long.
pub(super) struct Pool {
    idle: Duration,
    spawn: Spawn,
    free: Mutex<Free>,
}

type Spawn = fn(Box<dyn FnOnce() + Send>) -> io::Result<()>;

struct Free {
    /// The thread that became free last is used first, so that the others can end.
    workers: Vec<Idle>,
    next_id: u64,
}

struct Idle {
    id: u64,
    jobs: Sender<Job>,
}

/// A thread that has been taken; dropped without a job, it is free again.
pub(super) struct Worker<'p> {
    pool: &'p Pool,
    idle: Option<Idle>,
}

fn spawn(work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    let thread = thread::Builder::new().name("redress-detached".to_owned());
    thread.spawn(work).map(drop)
}

impl Pool {
    pub(super) const fn new(idle: Duration, spawn: Spawn) -> Self {
        Self {
            idle,
            spawn,
            free: Mutex::new(Free {
                workers: Vec::new(),
                next_id: 0,
            }),
        }
    }

    /// Takes a free thread, or starts one.
    pub(super) fn claim(&'static self) -> io::Result<Worker<'static>> {
        let (free, id) = {
            let mut free = self.lock();
            free.next_id = free.next_id.wrapping_add(1);
            (free.workers.pop(), free.next_id)
        };
        let idle = match free {
            Some(idle) => idle,
            None => self.start(id)?,
        };
        Ok(Worker {
            pool: self,
            idle: Some(idle),
        })
    }

    fn start(&'static self, id: u64) -> io::Result<Idle> {
        let (sender, jobs) = channel();
        let own = sender.clone();
        (self.spawn)(Box::new(move || self.work(id, &own, &jobs)))?;
        Ok(Idle { id, jobs: sender })
    }

    fn work(&self, id: u64, own: &Sender<Job>, jobs: &Receiver<Job>) {
        loop {
            match jobs.recv_timeout(self.idle) {
                Ok(job) => {
                    // A job catches the panics of its attempt; this catches all others.
                    let done = shielded(None, || Some(job()));
                    let jobs = own.clone();
                    self.lock().workers.push(Idle { id, jobs });
                    if let Some(done) = done {
                        shielded((), done);
                    }
                }
                // A thread that is not among the free ones has been taken: work follows.
                Err(RecvTimeoutError::Timeout) if !self.retire(id) => {}
                Err(_) => return,
            }
        }
    }

    /// Takes a thread out of the free ones; false if it is not among them.
    fn retire(&self, id: u64) -> bool {
        let mut free = self.lock();
        let before = free.workers.len();
        free.workers.retain(|idle| idle.id != id);
        free.workers.len() < before
    }

    fn lock(&self) -> MutexGuard<'_, Free> {
        // Nothing panics while it holds the lock.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker<'_> {
    pub(super) fn run(mut self, job: Job) {
        let Some(idle) = self.idle.take() else { return };
        // A taken thread waits for its job. If it were gone, the job would still have to run.
        if let Err(SendError(job)) = idle.jobs.send(job) {
            job()();
        }
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        if let Some(idle) = self.idle.take() {
            self.pool.lock().workers.push(idle);
        }
    }
}

#[cfg(all(test, not(redress_loom)))]
mod tests {
    use std::cell::RefCell;
    use std::sync::LazyLock;
    use std::thread::ThreadId;

    use super::*;

    fn done() -> Done {
        Box::new(|| {})
    }

    /// Runs a job and says on which thread it ran. When this returns, the thread is free.
    fn run(pool: &'static Pool) -> Option<ThreadId> {
        let (sender, ran) = channel();
        let job: Job = Box::new(move || {
            Box::new(move || {
                let _receiver_gone = sender.send(thread::current().id());
            })
        });
        pool.claim().ok()?.run(job);
        ran.recv().ok()
    }

    #[test]
    fn a_thread_is_used_again() {
        static POOL: Pool = Pool::new(Duration::MAX, spawn);
        let first = run(&POOL);
        assert!(first.is_some());
        assert_eq!(run(&POOL), first);
        drop(POOL.claim().unwrap()); // taken for nothing
        assert_eq!(run(&POOL), first);
        let taken = POOL.claim().unwrap();
        assert_ne!(run(&POOL), first);
        drop(taken);
        assert_eq!(POOL.lock().workers.len(), 2);
    }

    #[test]
    fn a_thread_ends_when_it_is_idle() {
        struct Ends(Sender<()>);
        impl Drop for Ends {
            fn drop(&mut self) {
                self.0.send(()).unwrap();
            }
        }
        thread_local!(static LOCAL: RefCell<Option<Ends>> = const { RefCell::new(None) });
        static POOL: Pool = Pool::new(Duration::from_millis(1), spawn);
        let (sender, ended) = channel();
        POOL.claim().unwrap().run(Box::new(move || {
            LOCAL.with(|local| local.replace(Some(Ends(sender))));
            done()
        }));
        ended.recv().unwrap();
        assert!(POOL.lock().workers.is_empty());
    }

    #[test]
    fn a_thread_that_is_taken_waits_for_its_job() {
        static POOL: Pool = Pool::new(Duration::from_millis(1), spawn);
        let worker = POOL.claim().unwrap();
        assert!(!POOL.retire(1), "it is not among the free");
        let (sender, ran) = channel();
        worker.run(Box::new(move || {
            sender.send(()).unwrap();
            done()
        }));
        ran.recv().unwrap();
    }

    #[test]
    fn a_job_that_panics_leaves_its_thread_whole() {
        static POOL: Pool = Pool::new(Duration::MAX, spawn);
        let first = run(&POOL);
        POOL.claim().unwrap().run(Box::new(|| panic!("a bug")));
        while POOL.lock().workers.is_empty() {
            thread::yield_now();
        }
        assert_eq!(run(&POOL), first);
    }

    #[test]
    fn no_thread_is_an_error() {
        static REFUSES: LazyLock<Pool> =
            LazyLock::new(|| Pool::new(Duration::MAX, |_| Err(io::ErrorKind::WouldBlock.into())));
        assert!(REFUSES.claim().is_err());
        assert!(REFUSES.lock().workers.is_empty());
    }
}
