use std::fmt;
use std::time::Duration;

use super::agenda::{Nanos, nanos};
use super::random::{Random, whole};
use crate::delay::Delay;
use crate::problems::Problems;
use crate::strategies::length;

/// How long something takes: always the same, or drawn at random.
///
/// A length of time is always the same; [`uniform`](Self::uniform), [`exponential`](Self::exponential),
/// [`normal`](Self::normal) and [`either`](Self::either) are drawn. Draws depend on the seed of the run
/// only.
///
/// ```
/// use redress::simulate::Spread;
///
/// let service = Spread::exponential(0.02); // seconds
/// assert_eq!(service.to_string(), "exponential(20ms)");
/// assert_eq!(Spread::from(0.02).to_string(), "20ms");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Spread(pub(super) Shape);

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Always(Delay),
    Uniform(Delay, Delay),
    Exponential(Delay),
    Normal(Delay, Delay),
    Either(Box<Spread>, Box<Spread>, f64),
}

impl Spread {
    /// Takes no time.
    pub const ZERO: Self = Self(Shape::Always(Delay::ZERO));

    /// Draws between two lengths of time, each equally likely.
    #[must_use]
    pub fn uniform(from: impl Into<Delay>, to: impl Into<Delay>) -> Self {
        Self(Shape::Uniform(from.into(), to.into()))
    }

    /// Draws from the exponential distribution with this mean: most are short, a few are long.
    #[must_use]
    pub fn exponential(mean: impl Into<Delay>) -> Self {
        Self(Shape::Exponential(mean.into()))
    }

    /// Draws from the normal distribution, and drops the sign.
    #[must_use]
    pub fn normal(mean: impl Into<Delay>, deviation: impl Into<Delay>) -> Self {
        Self(Shape::Normal(mean.into(), deviation.into()))
    }

    /// Draws from `rare` with a probability of `share`, otherwise from `usual`.
    ///
    /// ```
    /// use redress::simulate::Spread;
    ///
    /// // "The Tail at Scale": one request in a hundred takes a second.
    /// let service = Spread::either(0.01, 1, 0.01);
    /// assert_eq!(service.to_string(), "either(10ms, 1s, 0.01)");
    /// ```
    #[must_use]
    pub fn either(usual: impl Into<Self>, rare: impl Into<Self>, share: f64) -> Self {
        Self(Shape::Either(
            Box::new(usual.into()),
            Box::new(rare.into()),
            share,
        ))
    }

    /// Draws one.
    pub(super) fn draw(&self, random: &mut Random) -> Nanos {
        let nanos = |delay: &Delay| nanos(delay.saturate());
        match &self.0 {
            Shape::Always(delay) => nanos(delay),
            Shape::Uniform(from, to) => {
                let (from, to) = (nanos(from), nanos(to));
                let drawn = to.saturating_sub(from) as f64 * random.uniform();
                from.saturating_add(whole(drawn))
            }
            Shape::Exponential(mean) => whole(nanos(mean) as f64 * random.exponential()),
            Shape::Normal(mean, deviation) => {
                let drawn = nanos(mean) as f64 + nanos(deviation) as f64 * random.normal();
                whole(drawn.abs())
            }
            Shape::Either(usual, rare, share) => {
                if random.chance(*share) {
                    rare.draw(random)
                } else {
                    usual.draw(random)
                }
            }
        }
    }

    /// Returns the mean, in seconds.
    pub(super) fn mean(&self) -> f64 {
        let seconds = |delay: &Delay| delay.saturate().as_secs_f64();
        match &self.0 {
            Shape::Always(delay) | Shape::Exponential(delay) | Shape::Normal(delay, _) => {
                seconds(delay)
            }
            Shape::Uniform(from, to) => (seconds(from) + seconds(to)) / 2.0,
            Shape::Either(usual, rare, share) => usual.mean() * (1.0 - share) + rare.mean() * share,
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    pub(super) fn check(&self, setting: &str, problems: &mut Problems) {
        let mut wrong = |delay: &Delay| {
            if let Err(seconds) = delay.checked() {
                let message = format!(
                    "is {seconds}, which is no length of time: give a Duration, or seconds such as 0.5"
                );
                problems.add(setting, message);
            }
        };
        match &self.0 {
            Shape::Always(delay) | Shape::Exponential(delay) => wrong(delay),
            Shape::Normal(mean, deviation) => {
                wrong(mean);
                wrong(deviation);
            }
            Shape::Uniform(from, to) => {
                wrong(from);
                wrong(to);
                if from.saturate() > to.saturate() {
                    let (from, to) = (length(from.saturate()), length(to.saturate()));
                    let message = format!("is from {from} to {to}: give the shorter one first");
                    problems.add(setting, message);
                }
            }
            Shape::Either(usual, rare, share) => {
                usual.check(setting, problems);
                rare.check(setting, problems);
                if !(0.0..=1.0).contains(share) {
                    let message = format!("has a share of {share}: give one from 0 to 1");
                    problems.add(setting, message);
                }
            }
        }
    }
}

impl From<Duration> for Spread {
    fn from(time: Duration) -> Self {
        Self(Shape::Always(time.into()))
    }
}

impl From<f64> for Spread {
    /// Takes seconds.
    fn from(seconds: f64) -> Self {
        Self(Shape::Always(seconds.into()))
    }
}

impl From<i32> for Spread {
    /// Takes seconds.
    fn from(seconds: i32) -> Self {
        Self(Shape::Always(seconds.into()))
    }
}

impl fmt::Display for Spread {
    /// Writes it as a file of worlds takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |delay: &Delay| length(delay.saturate());
        match &self.0 {
            Shape::Always(delay) => f.write_str(&time(delay)),
            Shape::Uniform(from, to) => write!(f, "uniform({}, {})", time(from), time(to)),
            Shape::Exponential(mean) => write!(f, "exponential({})", time(mean)),
            Shape::Normal(mean, deviation) => {
                write!(f, "normal({}, {})", time(mean), time(deviation))
            }
            Shape::Either(usual, rare, share) => write!(f, "either({usual}, {rare}, {share})"),
        }
    }
}
