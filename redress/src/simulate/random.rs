use super::agenda::Nanos;

/// A generator of pseudorandom numbers that depend on the seed only: on every machine, with every
/// optimization, in every version. `SplitMix64` (Steele, Lea and Flood, "Fast Splittable Pseudorandom
/// Number Generators", 2014).
///
/// What it draws is made with operations that IEEE 754 rounds in one way only, and with logarithms and
/// cosines in software: those of the machine's library differ in the last digit.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Draws from U(0, 1), which excludes both ends.
    pub(super) fn uniform(&mut self) -> f64 {
        // 53 bits are exact.
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Draws one of the numbers below `count`.
    pub(super) fn below(&mut self, count: u32) -> u32 {
        let drawn = (u128::from(self.next()) * u128::from(count)) >> 64;
        u32::try_from(drawn).unwrap_or(0)
    }

    /// Returns `true` with this probability. A probability of zero draws nothing.
    pub(super) fn chance(&mut self, share: f64) -> bool {
        share > 0.0 && self.uniform() < share
    }

    /// Draws from the exponential distribution with a mean of 1.
    pub(super) fn exponential(&mut self) -> f64 {
        -libm::log(self.uniform())
    }

    /// Draws from N(0, 1) (Box and Muller, 1958).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(self.uniform())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }
}

/// Returns a number of nanoseconds as a whole one, never below zero.
pub(super) const fn whole(nanos: f64) -> Nanos {
    // The cast saturates, and takes NaN for zero.
    nanos as Nanos
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draws_have_their_means() {
        let mut random = Random::new(1);
        let mut mean = |draw: fn(&mut Random) -> f64| {
            (0..20_000).map(|_| draw(&mut random)).sum::<f64>() / 20_000.0
        };
        assert!((mean(Random::uniform) - 0.5).abs() < 0.01);
        assert!((mean(Random::exponential) - 1.0).abs() < 0.03);
        assert!(mean(Random::normal).abs() < 0.03);
        assert!((mean(|random| random.below(7).into()) - 3.0).abs() < 0.05);
        assert!((mean(|random| u8::from(random.chance(0.25)).into()) - 0.25).abs() < 0.02);
    }
}
