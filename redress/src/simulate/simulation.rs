use std::ops::RangeInclusive;
use std::sync::Arc;

use super::report::{Report, Run};
use super::{World, run};
use crate::defaults;
use crate::drive::{Compiled, CompiledPolicy};
use crate::inspect::PolicySnapshot;
use crate::policy::Policy;

/// Runs a policy in a world, from the seeds 1 to 3. [`Simulation`] has more settings.
///
/// ```
/// use redress::Policy;
/// use redress::simulate::{simulate, worlds::BLIP};
///
/// simulate(&Policy::recommended(), BLIP).assert_recovers_within(1);
/// ```
#[must_use]
pub fn simulate<C, R>(policy: &Policy<C, R>, world: impl Into<World>) -> Report {
    Simulation::new(policy).run(world)
}

/// What runs in a world: a policy, perhaps others for the layers behind it, and the seeds.
///
/// ```
/// use redress::Policy;
/// use redress::simulate::{Simulation, worlds::RETRY_STORM};
///
/// let retries = Policy::builder().attempt_timeout(1).max_attempts(3).build()?;
/// let passes_on = Policy::builder().max_attempts(1).build()?;
/// let report = Simulation::new(&retries).layer(&passes_on).seeds(1..=2).run(RETRY_STORM);
/// assert_eq!(report.runs().len(), 2);
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Simulation {
    policies: Vec<Arc<CompiledPolicy>>,
    seeds: RangeInclusive<u64>,
}

impl Simulation {
    /// Starts with a policy, which all layers of a world have.
    #[must_use]
    pub fn new<C, R>(policy: &Policy<C, R>) -> Self {
        Self {
            policies: vec![Arc::new(policy.compiled().clone())],
            seeds: 1..=defaults::SIMULATION_SEEDS.into(),
        }
    }

    /// Sets the policy of the next layer, and of those behind it.
    #[must_use]
    pub fn layer<C, R>(mut self, policy: &Policy<C, R>) -> Self {
        self.policies.push(Arc::new(policy.compiled().clone()));
        self
    }

    /// Sets the seeds, one run for each. An empty range is one run, from its start. Default: 1 to 3.
    #[must_use]
    pub fn seeds(mut self, seeds: RangeInclusive<u64>) -> Self {
        self.seeds = if seeds.is_empty() {
            *seeds.start()..=*seeds.start()
        } else {
            seeds
        };
        self
    }

    /// Runs it in a world.
    #[must_use]
    pub fn run(&self, world: impl Into<World>) -> Report {
        self.run_while(world, |_| true)
    }

    /// Runs it in a world, and shows each run when it is done; `false` makes it the last one.
    ///
    /// ```
    /// use redress::Policy;
    /// use redress::simulate::{Simulation, worlds::BLIP};
    ///
    /// let simulation = Simulation::new(&Policy::recommended()).seeds(1..=1000);
    /// let mut left = 3;
    /// let report = simulation.run_while(BLIP, |_run| {
    ///     left -= 1;
    ///     left > 0
    /// });
    /// assert_eq!(report.runs().len(), 3);
    /// ```
    #[must_use]
    pub fn run_while(
        &self,
        world: impl Into<World>,
        mut goes_on: impl FnMut(&Run) -> bool,
    ) -> Report {
        let world = world.into();
        let mut runs = Vec::new();
        for seed in self.seeds.clone() {
            let run = Run::new(&world, seed, run::run(&world, &self.policies, seed));
            let last = !goes_on(&run);
            runs.push(run);
            if last {
                break;
            }
        }
        let policy = self.policies.first();
        let policy = policy.map(|policy| PolicySnapshot::of(policy));
        Report {
            // There is always a first one.
            policy: policy.unwrap_or_else(|| Policy::new().snapshot()),
            runs,
            world,
        }
    }
}
