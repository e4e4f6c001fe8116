use std::time::Duration;

use super::Description;
use crate::defaults;
use crate::delay::Delay;
use crate::problems::Problems;

/// The base and the max that all growing strategies have, as the user gave them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bounds {
    base: Option<Delay>,
    max: Delay,
}

impl Bounds {
    pub(super) fn up_to(max: impl Into<Delay>) -> Self {
        Self {
            base: None,
            max: max.into(),
        }
    }

    pub(super) fn set_base(&mut self, base: impl Into<Delay>) {
        self.base = Some(base.into());
    }

    pub(super) fn set_max(&mut self, max: impl Into<Delay>) {
        self.max = max.into();
    }

    /// Returns the base, never above the max: a user who gives only a small max did not choose the
    /// default base, and a given one above the max has been refused before it comes to a delay.
    pub(super) fn base(&self) -> Duration {
        self.base
            .map_or(defaults::BASE, Delay::saturate)
            .min(self.max())
    }

    pub(super) fn max(&self) -> Duration {
        self.max.saturate()
    }

    pub(super) fn describe(&self, name: &'static str) -> Description {
        let description = Description::new(name).time("base", self.base());
        description.time("max", self.max())
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        let max = check_above_zero(self.max, "max", problems);
        let base = self
            .base
            .and_then(|base| check_above_zero(base, "base", problems));
        if let (Some(base), Some(max)) = (base, max)
            && base > max
        {
            problems.add(
                "base",
                format!("is {base:?}, above max ({max:?}): lower base or raise max"),
            );
        }
    }
}

/// Returns the length of a delay, or reports that it has none.
pub(super) fn check_length(
    delay: Delay,
    setting: &str,
    problems: &mut Problems,
) -> Option<Duration> {
    delay
        .checked()
        .map_err(|seconds| {
            problems.add(
                setting,
                format!(
                    "is {seconds}, which is no length of time: give a Duration, or seconds such as 0.5"
                ),
            );
        })
        .ok()
}

fn check_above_zero(delay: Delay, setting: &str, problems: &mut Problems) -> Option<Duration> {
    let length = check_length(delay, setting, problems)?;
    if length.is_zero() {
        // With either at zero, no delay would ever be above it.
        problems.add(
            setting,
            "is zero, so no retry would wait: give more, or use instant() if that is meant",
        );
        return None;
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::super::test_support::problems;
    use super::super::{decorrelated_jitter, equal_jitter, exponential};
    use super::*;

    #[test]
    fn the_default_base_is_lowered_to_a_smaller_max() {
        let mut bounds = Bounds::up_to(Duration::from_millis(4));
        assert_eq!(bounds.base(), Duration::from_millis(4));
        bounds.set_max(5);
        assert_eq!(bounds.base(), defaults::BASE);
        assert_eq!(problems(&equal_jitter(0.1)), [""; 0]);
        assert_eq!(problems(&decorrelated_jitter(0.1)), [""; 0]);
    }

    #[test]
    fn a_given_base_above_max_is_one_problem() {
        let expected = ["base: is 5s, above max (1s): lower base or raise max"];
        assert_eq!(problems(&equal_jitter(1.0).base(5)), expected);
        assert_eq!(problems(&equal_jitter(60).base(5).max(1)), expected);
        assert_eq!(problems(&exponential(5, 1)), expected);
        assert_eq!(problems(&decorrelated_jitter(1).base(5)), expected);
    }

    #[test]
    fn a_base_equal_to_max_is_fine() {
        assert_eq!(problems(&equal_jitter(5).base(5)), [""; 0]);
    }

    #[test]
    fn a_number_that_is_no_length_of_time_is_named() {
        let message = |seconds| {
            format!(
                "is {seconds}, which is no length of time: give a Duration, or seconds such as 0.5"
            )
        };
        for (seconds, shown) in [
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (-1.5, "-1.5"),
        ] {
            let expected = [
                format!("max: {}", message(shown)),
                format!("base: {}", message(shown)),
            ];
            assert_eq!(problems(&exponential(seconds, seconds)), expected);
        }
        assert_eq!(problems(&exponential(-2, 1)).len(), 1);
    }

    #[test]
    fn zero_is_refused_as_base_and_as_max() {
        let message =
            "is zero, so no retry would wait: give more, or use instant() if that is meant";
        assert_eq!(problems(&equal_jitter(0)), [format!("max: {message}")]);
        assert_eq!(
            problems(&equal_jitter(5).base(0)),
            [format!("base: {message}")]
        );
        assert_eq!(
            problems(&decorrelated_jitter(0).base(1)),
            [format!("max: {message}")]
        );
    }
}
