//! The process that is killed.
//!
//! A crash must neither lose a job nor allow more attempts than its caps. Therefore an attempt is
//! recorded **before** it is made, together with the state of the job in case the worker dies: the
//! state in which the policy would leave the job if the attempt failed with [`policy::CRASH`].
//! After a crash there is nothing left to do.

use std::cell::Cell;
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use redress::{Attempted, BoxedClassifier, Outcome, Policy, SleepDecision, Step};

use crate::policy::{self, Failure};
use crate::queue::{Fate, Job, Queue};
use crate::service::{Answer, Service};

type JobPolicy = Policy<BoxedClassifier<Failure>>;

/// Works until no job is left.
pub(crate) fn run(folder: &Path) -> Result<(), Box<dyn Error>> {
    let policy = policy::policy()?;
    let mut queue = Queue::open(folder)?;
    let mut service = Service::open(folder)?;
    while let Some((job, wait)) = queue.next()? {
        // The queue waits, not the operation: if another job were due, it would be next.
        std::thread::sleep(wait);
        attempt(&policy, &job, &mut queue, &mut service)?;
    }
    Ok(())
}

/// Makes one attempt, because every pause is left to the queue.
fn attempt(
    policy: &JobPolicy,
    job: &Job,
    queue: &mut Queue,
    service: &mut Service,
) -> Result<(), Box<dyn Error>> {
    let begun = Cell::new(None);
    let operation = || {
        let (number, if_it_dies) = ahead(policy, job);
        queue.begin(job.id, number, &if_it_dies)?;
        begun.set(Some(number));
        report("begun", job.id, number)?;
        let answer = service.request(job.id)?;
        report("asked", job.id, number)?;
        match answer {
            Answer::Accepted => Ok(()),
            answer => Err(Failure::Service(answer)),
        }
    };
    let context = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
    let outcome = match job.token.clone() {
        Some(token) => context.resume(token).execute(operation),
        None => context.execute(operation),
    };
    if let Some(failure @ (Failure::Queue(_) | Failure::Supervisor(_))) = outcome.last_error {
        return Err(failure.into());
    }
    let Some(number) = begun.get() else {
        return Err(format!("job {} had no attempt left: {outcome:?}", job.id).into());
    };
    if number != outcome.attempts {
        return Err(format!(
            "attempt {number} of job {} counts as {}",
            job.id, outcome.attempts
        )
        .into());
    }
    let ended = outcome
        .last_class
        .map_or("done", redress::ErrorClass::as_str);
    queue.end(job.id, number, ended, &fate(&outcome))?;
    report("ended", job.id, number)?;
    Ok(())
}

fn fate(outcome: &Outcome<(), Failure>) -> Fate {
    match (outcome.stop_reason, outcome.resume_token()) {
        (None, _) => Fate::Done,
        (Some(_), Some(token)) => Fate::Waits(Box::new(token)),
        (Some(reason), None) => Fate::GivenUp(reason.to_string()),
    }
}

/// Returns the number of the attempt that begins, and the state of its job in case the worker dies.
/// The policy decides this as well, without a call.
fn ahead(policy: &JobPolicy, job: &Job) -> (u32, Fate) {
    let now = Instant::now();
    let mut steps = match &job.token {
        Some(token) => policy.resume(token, now),
        None => policy.start(now),
    };
    let _ = steps.next_attempt(now);
    let died = steps.record(Attempted::Failed(policy::CRASH.into()), now);
    let fate = match (died, steps.resume_token()) {
        (_, Some(token)) => Fate::Waits(Box::new(token)),
        (Step::Stop(reason), None) => Fate::GivenUp(format!("{reason}, its worker died")),
        (step, None) => Fate::GivenUp(format!("{step:?}")),
    };
    (steps.attempts(), fate)
}

/// Reports the worker's progress, and waits until the supervisor lets it go on or kills it.
fn report(point: &str, job: u32, number: u32) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{point} {job} {number}")?;
    out.flush()?;
    match std::io::stdin().read_line(&mut String::new())? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}
