use std::time::Duration;

use redress::config::{
    Bound, BreakerConfig, BudgetKind, BudgetSettings, NamedOr, RetryConfig, StrategyConfig,
};

/// Makes up to so many policies that differ from `current`, which is the first of them. The same ones
/// each time.
pub(crate) fn of(current: &RetryConfig, most: usize) -> Vec<RetryConfig> {
    let mut all = vec![current.clone()];
    let mut draws = Draws(1);
    // Some are drawn twice, some are refused.
    for _ in 0..most.saturating_mul(20) {
        if all.len() >= most {
            break;
        }
        let candidate = differing(current, &mut draws);
        if !all.contains(&candidate) && candidate.build().is_ok() {
            all.push(candidate);
        }
    }
    all
}

fn differing(current: &RetryConfig, draws: &mut Draws) -> RetryConfig {
    let mut config = current.clone();
    if draws.chance(2) {
        config.max_attempts = Some(Bound::At(draws.one_of(&[2, 3, 4, 5, 6, 8, 10])));
    }
    if draws.chance(2) {
        let millis = draws.one_of(&[250, 500, 1000, 2000, 3000]);
        config.attempt_timeout = Some(Bound::At(Duration::from_millis(millis)));
    }
    if draws.chance(2) {
        let kind = draws.one_of(&["full_jitter", "equal_jitter", "decorrelated_jitter"]);
        let base = draws.one_of(&["50ms", "100ms", "250ms", "500ms", "1s"]);
        let max = draws.one_of(&["2s", "5s", "10s", "20s"]);
        let text = format!("retry_after_or({kind}(base = {base}, max = {max}))");
        config.strategy = text.parse::<StrategyConfig>().ok();
    }
    if draws.chance(2) {
        let mut budget = BudgetSettings::new(BudgetKind::SuccessRatio {
            ratio: draws.one_of(&[0.02, 0.05, 0.1, 0.2, 0.4]),
            reserve: draws.one_of(&[10, 30, 100, 300]),
            min_per_second: 0.0,
        });
        budget.free_hinted_retries = true;
        config.budget = Some(NamedOr::Own(budget));
    }
    if draws.chance(2) {
        let mut breaker = BreakerConfig::default();
        breaker.failure_rate = Some(draws.one_of(&[0.3, 0.5, 0.7]));
        breaker.minimum_calls = Some(draws.one_of(&[10, 20, 50]));
        breaker.window = Some(Duration::from_secs(draws.one_of(&[2, 5, 10, 20])));
        if draws.chance(2) {
            let millis = draws.one_of(&[250, 500, 1000, 2000, 5000]);
            breaker.recovery_timeout = Some(Duration::from_millis(millis));
        } else {
            let base = draws.one_of(&["250ms", "500ms", "1s", "2s"]);
            let max = draws.one_of(&["2s", "5s", "10s"]);
            let text = format!("equal_jitter(base = {base}, max = {max})");
            breaker.recovery_strategy = text.parse::<StrategyConfig>().ok();
        }
        breaker.observe_attempts = true;
        config.circuit_breaker = Some(NamedOr::Own(breaker));
    }
    config
}

/// `SplitMix64`, from a fixed seed.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn chance(&mut self, one_in: u64) -> bool {
        self.next().is_multiple_of(one_in)
    }

    fn one_of<T: Copy + Default>(&mut self, values: &[T]) -> T {
        let count = u64::try_from(values.len()).unwrap_or(1).max(1);
        let at = usize::try_from(self.next() % count).unwrap_or(0);
        values.get(at).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_candidates_are_valid_all_different_and_always_the_same() {
        let current = RetryConfig::default();
        let all = of(&current, 40);
        assert_eq!(all.len(), 40);
        assert_eq!(all.first(), Some(&current));
        assert!(all.iter().all(|one| one.build().is_ok()));
        assert_eq!(of(&current, 40), all);
    }
}
