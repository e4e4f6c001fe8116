//! Ten worlds in which retries help or hurt.
//!
//! | world | what happens | what it asks |
//! |---|---|---|
//! | [`OUTAGE`] | 280 calls a second; a server for 300 stalls for 10 s | does the service come back? |
//! | [`COLLAPSE`] | a server gets slower under a load that rises and falls again | does it recover when the load has gone? |
//! | [`CONTENTION`] | 100 clients write the same row at once | how much work is it until all have written? |
//! | [`QUOTA`] | 100 tasks share a limit of 10 requests a second | how many of their requests are lost? |
//! | [`BLIP`] | everything is refused for 300 ms | does any call fail? |
//! | [`GREY`] | one of ten replicas fails every request for a minute | how many calls notice? |
//! | [`RETRY_STORM`] | three layers retry, and the last server stalls for 10 s | how far do retries multiply, and does it end? |
//! | [`DEPLOY`] | four replicas restart one after the other, and start slowly | how many calls notice? |
//! | [`SLOW`] | a server is five times slower for 30 s | does it recover when it is fast again? |
//! | [`THUNDERING`] | 3,000 clients reconnect in one instant | do they get through, and the others again? |
//!
//! Where a policy has no attempt timeout, its attempts end after that of the world, as a client's
//! library would see to.

use std::fmt;
use std::time::Duration;

use super::builder::WorldBuilder;
use super::{Spread, Trouble, World};
use crate::classify::ErrorClass;

/// A world with a name, made when it is needed.
#[derive(Clone, Copy)]
pub struct NamedWorld {
    name: &'static str,
    about: &'static str,
    make: fn(WorldBuilder) -> WorldBuilder,
}

impl NamedWorld {
    /// Returns the name: `outage`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Says what happens in it.
    #[must_use]
    pub const fn about(&self) -> &'static str {
        self.about
    }

    /// Makes the world.
    #[must_use]
    pub fn world(&self) -> World {
        (self.make)(World::builder(self.name)).build_unchecked()
    }

    /// Finds a world by its name, in upper or lower case, with `-` or `_`.
    ///
    /// ```
    /// use redress::simulate::worlds::NamedWorld;
    ///
    /// assert_eq!(NamedWorld::find("retry-storm").unwrap().name(), "retry_storm");
    /// assert!(NamedWorld::find("flood").is_none());
    /// ```
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace('-', "_");
        ALL.into_iter().find(|world| world.name == name)
    }
}

impl From<NamedWorld> for World {
    fn from(named: NamedWorld) -> Self {
        named.world()
    }
}

impl From<&World> for World {
    fn from(world: &World) -> Self {
        world.clone()
    }
}

impl fmt::Debug for NamedWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NamedWorld").field(&self.name).finish()
    }
}

const SECOND: Option<Duration> = Some(Duration::from_secs(1));

/// A server for 300 requests a second stalls for ten seconds, with 280 calls a second; then it works on
/// what has queued up, whether its clients still wait or not.
pub const OUTAGE: NamedWorld = NamedWorld {
    name: "outage",
    about: "280 calls a second; a server for 300 stalls for 10 s",
    make: |world| {
        world
            .rate(280.0)
            .capacity(300.0)
            .attempt_timeout(1)
            .during(30, 40, Trouble::Stalls)
            .duration(300)
    },
};

/// A server works on all requests at once and more slowly the more there are, under a load that rises
/// to 80 calls a second and falls again.
pub const COLLAPSE: NamedWorld = NamedWorld {
    name: "collapse",
    about: "a server gets slower under a load that rises and falls again",
    make: |world| {
        world
            .rates([(0, 40.0), (25, 80.0), (75, 0.0), (80, 0.0)])
            .service(1)
            .slower(0.01)
            .network(Spread::exponential(0.1))
            .attempt_timeout(3)
            .healthy_from(45)
            .duration(80)
    },
};

/// A hundred clients write the same row with optimistic locks: the race of the AWS Architecture Blog,
/// "Exponential Backoff And Jitter", 2015.
pub const CONTENTION: NamedWorld = NamedWorld {
    name: "contention",
    about: "100 clients write the same row at once",
    make: |world| {
        world
            .clients(100)
            .calls(1)
            .network(Spread::normal(0.01, 0.002))
            .contended()
            .duration(300)
    },
};

/// A hundred tasks of five requests each share a limit of ten requests a second. The others are
/// answered with 429 and `Retry-After: 1`.
pub const QUOTA: NamedWorld = NamedWorld {
    name: "quota",
    about: "100 tasks of 5 requests share a limit of 10 a second",
    make: |world| {
        world
            .clients(100)
            .calls(5)
            .start(0.1)
            .service(0.05)
            .refusal_time(0.05)
            .limit(10.0, 10, SECOND)
            .attempt_timeout(5)
            .duration(300)
    },
};

/// A server refuses everything for 300 ms, as during a restart behind a proxy.
pub const BLIP: NamedWorld = NamedWorld {
    name: "blip",
    about: "everything is refused for 300 ms",
    make: |world| {
        world
            .rate(280.0)
            .service(0.005)
            .refusal_time(0.005)
            .attempt_timeout(1)
            .during(30, 30.3, Trouble::Down)
            .duration(60)
    },
};

/// One of ten replicas answers every request with an error, at once, for a minute.
pub const GREY: NamedWorld = NamedWorld {
    name: "grey",
    about: "one of ten replicas fails every request for a minute",
    make: |world| {
        let fails = Trouble::Errors {
            class: ErrorClass::ServerError,
            share: 1.0,
        };
        world
            .rate(280.0)
            .replicas(10)
            .workers(2)
            .service(Spread::exponential(0.02))
            .attempt_timeout(1)
            .on_replica(0, 30, 90, fails)
            .duration(120)
    },
};

/// A client, a gateway and a service all retry, in front of a server that stalls for ten seconds. Each
/// of the three has the policy.
pub const RETRY_STORM: NamedWorld = NamedWorld {
    name: "retry_storm",
    about: "three layers retry, and the last server stalls for 10 s",
    make: |world| {
        world
            .layers(3)
            .rate(100.0)
            .capacity(150.0)
            .network(Spread::exponential(0.001))
            .attempt_timeout(1)
            .during(30, 40, Trouble::Stalls)
            .duration(180)
    },
};

/// Four replicas are restarted, one after the other. Each is down for five seconds, and for five more
/// it takes three times as long.
pub const DEPLOY: NamedWorld = NamedWorld {
    name: "deploy",
    about: "four replicas restart one after the other, and start slowly",
    make: |world| {
        let world = world
            .rate(200.0)
            .replicas(4)
            .workers(2)
            .service(Spread::exponential(0.02))
            .attempt_timeout(1)
            .duration(120);
        (0..4).fold(world, |world, replica| {
            let down = 30 + 10 * replica;
            world
                .on_replica(replica, down, down + 5, Trouble::Down)
                .on_replica(replica, down + 5, down + 10, Trouble::Slow(3.0))
        })
    },
};

/// A server for 300 requests a second takes five times as long for thirty seconds, with 200 calls a
/// second.
pub const SLOW: NamedWorld = NamedWorld {
    name: "slow",
    about: "a server is five times slower for 30 s",
    make: |world| {
        world
            .rate(200.0)
            .capacity(300.0)
            .attempt_timeout(1)
            .during(30, 60, Trouble::Slow(5.0))
            .duration(240)
    },
};

/// Three thousand clients reconnect in one instant, beside 200 calls a second to a server for 300.
pub const THUNDERING: NamedWorld = NamedWorld {
    name: "thundering",
    about: "3,000 clients reconnect in one instant",
    make: |world| {
        world
            .rate(200.0)
            .capacity(300.0)
            .attempt_timeout(1)
            .during(30, 30, Trouble::Burst(3000))
            .duration(180)
    },
};

/// All of them.
pub const ALL: [NamedWorld; 10] = [
    OUTAGE,
    COLLAPSE,
    CONTENTION,
    QUOTA,
    BLIP,
    GREY,
    RETRY_STORM,
    DEPLOY,
    SLOW,
    THUNDERING,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_valid_and_found_by_its_name() {
        for named in ALL {
            assert!(named.world().to_builder().build().is_ok(), "{named:?}");
            assert_eq!(NamedWorld::find(named.name()).unwrap().name(), named.name());
        }
    }
}
