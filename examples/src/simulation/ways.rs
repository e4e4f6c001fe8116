use redress::strategies::full_jitter;
use redress::testing::seed_jitter;
use redress::{Budget, CircuitBreaker, Policy, PolicyBuilder};

use super::World;

/// A named way to handle failures.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// The name in tables.
    pub name: &'static str,
    setup: fn(&World) -> Setup,
}

/// The setup of a run: one policy, with at most one breaker and one budget.
struct Setup {
    policy: PolicyBuilder,
    /// A budget that failed operations also pay into.
    paid_by_all: Option<Budget>,
}

impl From<PolicyBuilder> for Setup {
    fn from(policy: PolicyBuilder) -> Self {
        Self {
            policy,
            paid_by_all: None,
        }
    }
}

/// The ways, from no retries to the recommended one.
pub const WAYS: [Way; 9] = [
    Way {
        name: "no retries",
        setup: |_| Policy::builder().max_attempts(1).into(),
    },
    Way {
        name: "3 retries",
        setup: |_| retries().into(),
    },
    Way {
        name: "3 retries, rolling budget",
        setup: |world| {
            let budget = Budget::rolling(600, 60).clock(world.clone());
            retries().budget(budget).into()
        },
    },
    // redress offers no budget that requests pay into, because of the result seen here. To show it,
    // failed operations pay as well.
    Way {
        name: "3 retries, budget by requests",
        setup: |world| {
            let budget = funded(world);
            Setup {
                policy: retries().budget(budget.clone()),
                paid_by_all: Some(budget),
            }
        },
    },
    Way {
        name: "3 retries, budget by successes",
        setup: |world| retries().budget(funded(world)).into(),
    },
    Way {
        name: "3 retries, breaker",
        setup: |world| retries().circuit_breaker(breaker(world)).into(),
    },
    Way {
        name: "3 retries, breaker and budget",
        setup: |world| {
            let policy = retries().circuit_breaker(breaker(world));
            policy.budget(funded(world)).into()
        },
    },
    Way {
        name: "3 retries, recommended",
        setup: |_| retries().recommended().into(),
    },
    Way {
        name: "recommended",
        setup: |_| Policy::builder().recommended().into(),
    },
];

fn retries() -> PolicyBuilder {
    let strategy = full_jitter(20).base(0.1);
    Policy::builder().strategy(strategy).max_attempts(4)
}

fn funded(world: &World) -> Budget {
    let budget = Budget::success_ratio(0.1).reserve(100);
    budget.clock(world.clone())
}

/// The breaker of the ways that have one.
#[expect(clippy::expect_used, reason = "the settings are constants")]
pub(super) fn breaker(world: &World) -> CircuitBreaker {
    CircuitBreaker::builder()
        .failure_rate(0.5, 20)
        .window(10)
        .recovery_timeout(5)
        .observe_attempts()
        .clock(world.clone())
        .build()
        .expect("valid settings")
}

impl Way {
    /// Returns the way of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        WAYS.into_iter().find(|way| way.name == name)
    }

    /// Creates the policy of a run, and the budget that failed operations also pay into, if there
    /// is one.
    #[expect(clippy::expect_used, reason = "the settings are constants")]
    pub(super) fn policy(&self, world: &World, seed: u64) -> (Policy, Option<Budget>) {
        seed_jitter(seed);
        let setup = (self.setup)(world);
        let policy = setup.policy.no_deadline().attempt_timeout(1);
        let policy = policy.clock(world.clone()).build();
        (policy.expect("valid settings"), setup.paid_by_all)
    }
}
