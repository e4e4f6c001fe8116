use std::time::Duration;

use crate::defaults;
use crate::reason::StopReason;
use crate::strategies::jitter::between;

/// Returns how long to wait before another look at what is not ready yet, or why there is none.
///
/// `elapsed` is the time since the first look began, `took` that of the last one, `hint` what the other
/// side asked for, and `remaining` what the deadline leaves.
///
/// The delay is a share of the time that has passed: a job is then noticed late by a share of its own
/// length, whatever it is, after a number of looks that grows with the logarithm of that length. A delay
/// that would miss the deadline is shortened so that the last look is just before it.
pub(super) fn next_look(
    elapsed: Duration,
    took: Duration,
    hint: Option<Duration>,
    remaining: Option<Duration>,
) -> Result<Duration, StopReason> {
    if let Some(hint) = hint {
        let late = hint.saturating_add(defaults::RETRY_AFTER_JITTER);
        let delay = between(hint, late);
        // As for a failure, an endless delay counts as past the deadline even where there is none.
        let in_time = delay < remaining.unwrap_or(Duration::MAX);
        return in_time.then_some(delay).ok_or(StopReason::NotReady);
    }
    let shortest = defaults::POLL_MIN.0;
    let (low, high) = defaults::POLL_SHARES;
    let [low, high] = [low, high].map(|share| (elapsed / 100).saturating_mul(share));
    let delay = between(low, high).max(between(shortest, defaults::POLL_MIN.1));
    let Some(remaining) = remaining else {
        return Ok(delay);
    };
    let last = remaining.saturating_sub(took.saturating_mul(2).max(shortest));
    if last.is_zero() {
        return Err(StopReason::NotReady);
    }
    Ok(delay.min(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// The looks at a job that takes so long, and when it is seen to be over.
    fn looks(job: Duration, took: Duration) -> (u32, Duration) {
        let (mut now, mut looks) = (Duration::ZERO, 0);
        loop {
            let ready = now >= job;
            now += took;
            looks += 1;
            if ready {
                return (looks, now);
            }
            now += next_look(now, took, None, None).unwrap();
        }
    }

    #[test]
    #[cfg(feature = "testing")]
    fn a_job_of_any_length_is_seen_in_time_by_few_looks() {
        crate::strategies::jitter::seed(1);
        for job in [secs(1), secs(60), secs(3600), secs(86_400)] {
            let runs: Vec<_> = (0..1000).map(|_| looks(job, millis(5))).collect();
            let share = |seen: &Duration| seen.as_secs_f64() / job.as_secs_f64();
            let mean = runs.iter().map(|(_, seen)| share(seen)).sum::<f64>() / 1000.0;
            let worst = runs.iter().map(|(_, seen)| share(seen)).fold(0.0, f64::max);
            let most = runs.iter().map(|(looks, _)| *looks).max().unwrap();
            assert!(mean <= 1.2, "{job:?}: {mean}");
            assert!(worst <= 1.4, "{job:?}: {worst}");
            assert!(
                most <= if job > secs(3600) { 52 } else { 40 },
                "{job:?}: {most}"
            );
        }
    }

    #[test]
    fn the_first_delays_are_short_and_those_after_an_hour_are_not() {
        let soon = next_look(millis(1), millis(1), None, None).unwrap();
        assert!(soon >= millis(100) && soon <= millis(150), "{soon:?}");
        let late = next_look(secs(3600), millis(1), None, None).unwrap();
        assert!(late >= secs(1000) && late <= secs(1300), "{late:?}");
    }

    #[test]
    fn a_hint_is_obeyed_or_ends_it() {
        let delay = next_look(secs(100), millis(1), Some(secs(2)), Some(secs(10))).unwrap();
        assert!(delay >= secs(2) && delay <= millis(2250), "{delay:?}");
        let beyond = next_look(secs(100), millis(1), Some(secs(10)), Some(secs(10)));
        assert_eq!(beyond, Err(StopReason::NotReady));
        let far = next_look(secs(1), millis(1), Some(Duration::MAX), None);
        assert_eq!(far, Err(StopReason::NotReady));
    }

    #[test]
    fn the_last_look_is_just_before_the_deadline() {
        let last = next_look(secs(50), millis(300), None, Some(secs(10)));
        assert_eq!(last, Ok(millis(9400)));
        let over = next_look(secs(59), millis(300), None, Some(millis(600)));
        assert_eq!(over, Err(StopReason::NotReady));
        let over = next_look(Duration::MAX, Duration::MAX, None, Some(Duration::ZERO));
        assert_eq!(over, Err(StopReason::NotReady));
        assert!(next_look(Duration::MAX, Duration::MAX, None, None).is_ok());
    }
}
