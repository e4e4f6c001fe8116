//! The outage: a server stops for ten seconds. How long does recovery take?

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::time::Duration;

use super::{Random, Way, World};

/// The length of a run, in seconds.
pub const SECONDS: usize = 300;
/// The second in which the outage begins: from then on the server starts no request.
pub const DOWN: usize = 30;
/// The second in which the outage ends.
pub const UP: usize = 40;
/// The mean number of operations that arrive per second.
pub const ARRIVALS: f64 = 280.0;
/// The number of requests that the server answers per second.
pub const CAPACITY: u32 = 300;

/// The number of seconds over which successes and arrivals are compared.
const WINDOW: usize = 10;

/// The counts of a run, second by second: to its end, and on until the last call has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Operations that arrived.
    pub arrivals: Vec<u32>,
    /// Operations that succeeded, by the second of their success.
    pub successes: Vec<u32>,
    /// Requests that were sent.
    pub attempts: Vec<u32>,
    late_arrivals: u32,
    late_successes: u32,
}

impl Record {
    /// Every second of the run counts, and those in which nothing happens are zero.
    fn new() -> Self {
        Self {
            arrivals: vec![0; SECONDS],
            successes: vec![0; SECONDS],
            attempts: vec![0; SECONDS],
            late_arrivals: 0,
            late_successes: 0,
        }
    }

    /// Returns the number of seconds from the end of the outage until successes reached 95% of the
    /// arrivals, over ten seconds. `None` is never.
    #[must_use]
    pub fn recovered(&self) -> Option<usize> {
        let sum = |counts: &[u32], from| counts.iter().skip(from).take(WINDOW).sum::<u32>();
        (UP..=SECONDS - WINDOW)
            .find(|from| {
                let arrivals = f64::from(sum(&self.arrivals, *from));
                f64::from(sum(&self.successes, *from)) >= 0.95 * arrivals
            })
            .map(|second| second - UP)
    }

    /// Returns the share of successes among the operations that arrived after the outage.
    #[must_use]
    pub fn success(&self) -> f64 {
        f64::from(self.late_successes) / f64::from(self.late_arrivals)
    }

    /// Returns the highest number of attempts per second.
    #[must_use]
    pub fn peak(&self) -> u32 {
        self.attempts.iter().copied().max().unwrap_or(0)
    }
}

/// Runs a setup through the outage. The same seed gives the same run.
#[must_use]
pub fn run(way: &Way, seed: u64) -> Record {
    let world = World::new();
    let (policy, paid_by_all) = way.policy(&world, seed);
    let server = Server::default();
    let record = RefCell::new(Record::new());

    let operation = async |arrival: Duration| {
        count(&mut record.borrow_mut().arrivals, arrival);
        let attempt = || async {
            let now = world.time();
            count(&mut record.borrow_mut().attempts, now);
            world.until(server.answers_at(now)).await;
            Ok::<_, Infallible>(())
        };
        let succeeded = policy.call_async(attempt).await.is_ok();
        let mut record = record.borrow_mut();
        if succeeded {
            count(&mut record.successes, world.time());
        } else if let Some(budget) = &paid_by_all {
            budget.on_success();
        }
        if arrival >= Duration::from_secs(UP as u64) {
            record.late_arrivals += 1;
            record.late_successes += u32::from(succeeded);
        }
    };
    let end = Duration::from_secs(SECONDS as u64);
    let arrivals = Random::new(seed).arrivals(end, ARRIVALS, |_| ARRIVALS);
    world.run(arrivals.map(|arrival| (arrival, operation(arrival))));
    record.into_inner()
}

/// A server that works on one request after the other, in the order of their arrival, including
/// those that the client has given up.
#[derive(Default)]
struct Server {
    free_at: Cell<Duration>,
}

impl Server {
    /// Takes a request and returns the time of its answer.
    fn answers_at(&self, now: Duration) -> Duration {
        let outage = Duration::from_secs(DOWN as u64)..Duration::from_secs(UP as u64);
        let mut start = now.max(self.free_at.get());
        if outage.contains(&start) {
            start = outage.end;
        }
        let end = start + Duration::from_secs(1) / CAPACITY;
        self.free_at.set(end);
        end
    }
}

fn count(counts: &mut Vec<u32>, time: Duration) {
    let second = time.as_secs() as usize;
    if counts.len() <= second {
        counts.resize(second + 1, 0);
    }
    if let Some(count) = counts.get_mut(second) {
        *count += 1;
    }
}
