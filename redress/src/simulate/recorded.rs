use std::sync::Arc;
use std::time::Duration;

use super::World;
use super::agenda::{Nanos, nanos};
use super::random::Random;
use super::server::Answer;
use super::world::Load;
use crate::classify::{Classification, ErrorClass};
use crate::defaults;

/// A call as it was recorded, to be [replayed](World::replayed).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedCall {
    /// When it started, since the start of the recording.
    pub at: Duration,
    /// It succeeded.
    pub succeeded: bool,
    /// How long it took.
    pub took: Duration,
    /// Its attempts.
    pub attempts: Vec<RecordedAttempt>,
}

/// An attempt of a [`RecordedCall`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedAttempt {
    /// When it started, since the start of the call.
    pub after: Duration,
    /// How long it took.
    pub took: Duration,
    /// How it ended; `None` if it was cut off or cancelled, so that its answer is not known.
    pub end: Option<Result<(), Classification>>,
}

impl RecordedCall {
    /// Creates a call without attempts.
    #[must_use]
    pub const fn new(at: Duration, succeeded: bool, took: Duration) -> Self {
        Self {
            at,
            succeeded,
            took,
            attempts: Vec::new(),
        }
    }

    /// Adds an attempt that returned, as a success or as a failure of a class.
    #[must_use]
    pub fn attempt(
        mut self,
        after: Duration,
        took: Duration,
        end: Result<(), Classification>,
    ) -> Self {
        self.attempts.push(RecordedAttempt {
            after,
            took,
            end: Some(end),
        });
        self
    }

    /// Adds an attempt that was cut off.
    #[must_use]
    pub fn cut_off(mut self, after: Duration, took: Duration) -> Self {
        self.attempts.push(RecordedAttempt {
            after,
            took,
            end: None,
        });
        self
    }
}

/// What a server did, second by second.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recorded {
    /// Of each second the attempts that started in it: the first ones of their calls, the second ones, ...
    seconds: Vec<Vec<Vec<Recall>>>,
}

/// So many attempts of a call are told apart. Which failures last shows in the first few.
const NUMBERS: usize = 8;

/// An answer that can be given again.
#[derive(Debug, Clone, PartialEq)]
struct Recall {
    took: Nanos,
    /// `None` is no answer.
    end: Option<Result<(), (ErrorClass, Option<Duration>)>>,
}

impl Recorded {
    fn new(calls: &[RecordedCall]) -> Self {
        let mut seconds: Vec<Vec<Vec<Recall>>> = Vec::new();
        for call in calls {
            for (number, attempt) in call.attempts.iter().enumerate() {
                let at = call.at.saturating_add(attempt.after).as_secs();
                // What the file holds is no longer than a day, or it is refused.
                let at = usize::try_from(at).unwrap_or(usize::MAX).min(100_000);
                if seconds.len() <= at {
                    seconds.resize_with(at + 1, Vec::new);
                }
                let end = attempt.end.as_ref().map(|end| {
                    let class =
                        |failed: &Classification| (failed.class(), failed.retry_after_hint());
                    end.as_ref().copied().map_err(class)
                });
                let number = number.min(NUMBERS - 1);
                if let Some(second) = seconds.get_mut(at) {
                    if second.len() <= number {
                        second.resize_with(number + 1, Vec::new);
                    }
                    if let Some(alike) = second.get_mut(number) {
                        let took = nanos(attempt.took);
                        alike.push(Recall { took, end });
                    }
                }
            }
        }
        Self { seconds }
    }

    /// Answers as one of the requests of the same second was answered, or of the nearest one before it
    /// that had any: a first attempt as a first one, a second as a second one, since what has failed once
    /// is likelier to fail again. Where there was none, as the next lower one.
    pub(super) fn answer(&self, now: Nanos, number: u32, random: &mut Random) -> Answer {
        let at = usize::try_from(now / 1_000_000_000).unwrap_or(usize::MAX);
        let before = self
            .seconds
            .get(..=at.min(self.seconds.len().saturating_sub(1)));
        let before = before.unwrap_or_default().iter().rev();
        let after = self.seconds.iter().skip(at);
        let second = before.chain(after).find(|second| !second.is_empty());
        let number = usize::try_from(number)
            .unwrap_or(usize::MAX)
            .clamp(1, NUMBERS);
        let alike = second.and_then(|second| {
            let (up_to, beyond) = second.split_at(number.min(second.len()));
            let mut nearest = up_to.iter().rev().chain(beyond);
            nearest.find(|alike| !alike.is_empty())
        });
        let Some(alike) = alike else {
            return Answer {
                at: None,
                result: Err(ErrorClass::Transient.into()),
            };
        };
        let count = u32::try_from(alike.len()).unwrap_or(u32::MAX);
        let recall = alike.get(random.below(count) as usize);
        match recall.and_then(|recall| Some((recall.took, recall.end.as_ref()?))) {
            Some((took, end)) => Answer {
                at: Some(now.saturating_add(took)),
                result: end.map_err(|(class, hint)| Classification::new(class).retry_after(hint)),
            },
            // How long it would have taken is not known.
            None => Answer {
                at: None,
                result: Err(ErrorClass::Transient.into()),
            },
        }
    }
}

impl World {
    /// Makes a world of recorded calls: calls that start at the same times, and a server whose answer to
    /// each attempt is that of a random one of the same second, and of the same place in its call: first,
    /// second, and so on.
    ///
    /// So it knows how the server was in each second, and not how it would have been under another load:
    /// a replay shows what another policy makes of the same failures, and does not show that fewer retries
    /// would have prevented them.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::Policy;
    /// use redress::simulate::{RecordedCall, Run, World, simulate};
    ///
    /// let millis = Duration::from_millis;
    /// let call = |n: u64| {
    ///     let call = RecordedCall::new(millis(10 * n), true, millis(5));
    ///     call.attempt(Duration::ZERO, millis(5), Ok(()))
    /// };
    /// let world = World::replayed("quiet", (0..1000).map(call));
    /// let report = simulate(&Policy::new(), world);
    /// assert_eq!(report.mean(Run::success), 1.0);
    /// assert_eq!(report.runs()[0].calls(), 1000);
    /// ```
    #[must_use]
    pub fn replayed(
        name: impl Into<String>,
        calls: impl IntoIterator<Item = RecordedCall>,
    ) -> Self {
        let calls: Vec<_> = calls.into_iter().collect();
        let mut times: Vec<_> = calls.iter().map(|call| call.at).collect();
        times.sort_unstable();
        let end = times
            .last()
            .map_or(1, |last| last.as_secs().saturating_add(1));
        let mut world = Self::builder(name.into()).build_unchecked();
        world.duration = Duration::from_secs(end).min(defaults::WORLD_MAX_DURATION);
        world.load = Load::Trace(times);
        world.server.recorded = Some(Arc::new(Recorded::new(&calls)));
        world
    }
}
