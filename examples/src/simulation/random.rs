use std::f64::consts::TAU;
use std::time::Duration;

/// A generator of pseudorandom numbers that depend on the seed only, on any platform and in any
/// version: `SplitMix64` (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators",
/// 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Creates a generator that starts from `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Draws from U(0, 1), which excludes both ends.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Draws from the exponential distribution, in seconds.
    pub fn exponential(&mut self, mean: f64) -> Duration {
        Duration::from_secs_f64(-mean * self.uniform().ln())
    }

    /// Draws from |N(mean, deviation)|, in seconds (Box and Muller, 1958).
    pub fn normal(&mut self, mean: f64, deviation: f64) -> Duration {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        let drawn = mean + deviation * radius * (TAU * self.uniform()).cos();
        Duration::from_secs_f64(drawn.abs())
    }

    /// Returns the times of arrivals that are independent of each other (a Poisson process), `rate`
    /// per second on average, until `end`. The rate may change with time, up to `peak`.
    pub fn arrivals(
        mut self,
        end: Duration,
        peak: f64,
        rate: impl Fn(f64) -> f64,
    ) -> impl Iterator<Item = Duration> {
        let mut time = Duration::ZERO;
        std::iter::from_fn(move || {
            loop {
                time += self.exponential(peak.recip());
                if time >= end {
                    return None;
                }
                // Thinning (Lewis and Shedler, 1979).
                if self.uniform() * peak < rate(time.as_secs_f64()) {
                    return Some(time);
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draws_have_the_requested_means() {
        let mut random = Random::new(1);
        let mut mean = |draw: fn(&mut Random) -> f64| {
            (0..20_000).map(|_| draw(&mut random)).sum::<f64>() / 20_000.0
        };
        assert!((mean(Random::uniform) - 0.5).abs() < 0.01);
        assert!((mean(|random| random.exponential(2.0).as_secs_f64()) - 2.0).abs() < 0.05);
        assert!((mean(|random| random.normal(10.0, 2.0).as_secs_f64()) - 10.0).abs() < 0.05);
    }

    #[test]
    fn arrivals_follow_the_rate() {
        let end = Duration::from_secs(100);
        let arrivals = Random::new(2).arrivals(end, 100.0, |time| time);
        let times: Vec<_> = arrivals.collect();
        assert!(times.is_sorted());
        assert!(times.len().abs_diff(5000) < 250, "{}", times.len());
        let early = times.iter().filter(|time| time.as_secs() < 50).count();
        assert!(early.abs_diff(1250) < 120, "{early}");
    }
}
