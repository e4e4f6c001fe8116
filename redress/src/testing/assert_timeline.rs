use super::timeline_line;
use crate::observe::Timeline;

/// Asserts that the events of a call are those of `expected`, one line for each.
///
/// A line begins with the event's name. After it come the words that matter to the test, in any
/// order; anything left out may have any value.
///
/// | word | means |
/// |---|---|
/// | `TRANSIENT`, `MAX_ATTEMPTS_GLOBAL`, `timeout` | the class, the stop reason or the cause |
/// | `250ms`, `1.5s`, `100ms..2s` | the sleep, or a range of it with both ends; units are ns, us, ms, s, min, h |
/// | `@3s` | the time since the call's start, or a range of it |
/// | `#2` | the attempt |
///
/// ```
/// use std::io::{Error, ErrorKind};
/// use redress::Policy;
/// use redress::testing::{DeterministicStrategy, Script, VirtualClock, assert_timeline};
///
/// let script = Script::fails_with(2, || Error::from(ErrorKind::TimedOut)).then(());
/// let policy = Policy::builder()
///     .strategy(DeterministicStrategy::new([0.25, 1.0]))
///     .clock(VirtualClock::new())
///     .build()?;
/// let outcome = policy.context().capture_timeline().execute(|| script.run());
/// assert_timeline(
///     &outcome.timeline.unwrap(),
///     ["retry TRANSIENT 250ms", "retry TRANSIENT 1s", "success #3 @1.25s"],
/// );
/// # Ok::<_, redress::ConfigError>(())
/// ```
///
/// # Panics
///
/// If there is a difference. The message names the first one, and shows the expected and the actual
/// events side by side. The right side is in the same notation, ready to be copied.
///
/// ```text
/// the timeline differs at event 2: sleep is 1s, expected 2s
///      expected              | got
///   1  retry TRANSIENT 250ms | retry #1 TRANSIENT error 250ms @0ns
/// > 2  retry TRANSIENT 2s    | retry #2 TRANSIENT error 1s @250ms
///   3  success               | success #3 @1.25s
/// ```
#[track_caller]
#[expect(clippy::panic, reason = "an assertion panics")]
pub fn assert_timeline<L: AsRef<str>>(timeline: &Timeline, expected: impl IntoIterator<Item = L>) {
    let expected: Vec<L> = expected.into_iter().collect();
    let expected: Vec<&str> = expected.iter().map(AsRef::as_ref).collect();
    if let Some(message) = compare(&expected, timeline) {
        panic!("{message}");
    }
}

fn compare(expected: &[&str], timeline: &Timeline) -> Option<String> {
    let events = timeline.events();
    let width = expected.iter().map(|line| line.chars().count()).max();
    let width = width.unwrap_or(0).max("expected".len());
    let mut first = None;
    let mut table = format!("     {:<width$} | got", "expected");
    for n in 0..expected.len().max(events.len()) {
        let (line, event) = (expected.get(n).copied(), events.get(n));
        let difference = match (line, event) {
            (Some(line), Some(event)) => timeline_line::difference(line, event),
            (Some(_), None) => Some("it is missing".into()),
            (None, _) => Some("it was not expected".into()),
        };
        let number = n.saturating_add(1);
        let mark = if difference.is_some() { '>' } else { ' ' };
        let got = event.map(timeline_line::write).unwrap_or_default();
        let row = format!(
            "{mark} {number:<2} {:<width$} | {got}",
            line.unwrap_or_default()
        );
        table.push('\n');
        table.push_str(row.trim_end());
        first = first.or(difference.map(|what| (number, what)));
    }
    let (number, what) = first?;
    Some(format!(
        "the timeline differs at event {number}: {what}\n{table}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::testing::{DeterministicStrategy, Script, VirtualClock};

    fn timeline() -> Timeline {
        let script = Script::fails_with(2, || std::io::ErrorKind::TimedOut.into()).then(());
        let policy = Policy::builder()
            .strategy(DeterministicStrategy::new([0.25, 1.0]))
            .clock(VirtualClock::new())
            .build()
            .unwrap();
        let context = policy.context().capture_timeline();
        let outcome = context.execute(|| -> Result<(), std::io::Error> { script.run() });
        outcome.timeline.unwrap()
    }

    #[test]
    fn the_message_names_the_first_difference_and_shows_both_sides() {
        let expected = ["retry TRANSIENT 250ms", "retry TRANSIENT 2s", "success"];
        let message = compare(&expected, &timeline()).unwrap();
        assert_eq!(
            message,
            "\
the timeline differs at event 2: sleep is 1s, expected 2s
     expected              | got
  1  retry TRANSIENT 250ms | retry #1 TRANSIENT error 250ms @0ns
> 2  retry TRANSIENT 2s    | retry #2 TRANSIENT error 1s @250ms
  3  success               | success #3 @1.25s"
        );
        let guide = include_str!("../../docs/testing.md");
        assert!(guide.contains(&message), "the guide shows another message");
    }

    #[test]
    fn missing_and_unexpected_events_stand_against_an_empty_side() {
        let message = compare(&["retry", "retry", "success", "retry"], &timeline()).unwrap();
        assert!(message.starts_with("the timeline differs at event 4: it is missing\n"));
        assert!(message.ends_with("\n> 4  retry    |"), "{message}");
        let message = compare(&[], &timeline()).unwrap();
        assert!(message.starts_with("the timeline differs at event 1: it was not expected\n"));
        assert!(
            message.ends_with("\n> 3           | success #3 @1.25s"),
            "{message}"
        );
    }

    #[test]
    fn the_actual_events_can_be_copied_into_the_test() {
        let timeline = timeline();
        let lines: Vec<_> = timeline.events().iter().map(timeline_line::write).collect();
        assert_timeline(&timeline, &lines);
        assert_timeline(&Timeline::new(), [""; 0]);
    }
}
