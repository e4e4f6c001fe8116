//! Runs policies in simulated worlds: will this configuration recover?
//!
//! ```
//! use std::time::Duration;
//! use redress::Policy;
//! use redress::simulate::{simulate, worlds::OUTAGE};
//!
//! let policy = Policy::builder().recommended().attempt_timeout(1).build()?;
//! simulate(&policy, OUTAGE).assert_recovers_within(Duration::from_secs(10));
//!
//! let plain = Policy::builder().attempt_timeout(1).max_attempts(4).build()?;
//! let report = simulate(&plain, OUTAGE);
//! assert_eq!(report.recovers_within(), None); // never
//! println!("{}", report.verdict());
//! # Ok::<_, redress::ConfigError>(())
//! ```
//!
//! **What runs is the policy itself**: its loop, its strategies, its breaker, its budget. Only what it
//! calls is simulated, and time, which is exact to the nanosecond and passes as fast as the machine
//! can compute. A run has a breaker, a budget and learning strategies of its own, with the policy's
//! settings; the policy's are not touched. Observers are not told. A classifier has nothing to do: the
//! simulated server says what its failures mean. Strategies of your own are used as they are, see
//! [`Strategy::renewed`](crate::Strategy::renewed).
//!
//! **The same seed gives the same bytes**: on every machine, in debug and in release builds.
//!
//! The guide `redress::guide::simulating` explains what the worlds show.

// Each file uses those before it: `agenda`, `random`, `spread`, `world`, `checks`, `builder`, `worlds`;
// `histogram`, `counts`; `arrivals`, `server`, `run`; `report`, `verdict`, `picture`, `asserts`; `simulation`;
// `recorder`, `recorded`, `replay`.

mod agenda;
mod arrivals;
mod asserts;
mod builder;
mod checks;
mod counts;
mod events;
#[cfg(feature = "config")]
mod file;
mod histogram;
mod picture;
mod random;
mod recorded;
mod recorder;
#[cfg(feature = "config")]
mod replay;
mod report;
mod run;
mod server;
mod simulation;
mod spread;
mod verdict;
mod world;
pub mod worlds;

pub use builder::WorldBuilder;
pub use counts::Second;
pub use recorded::{RecordedAttempt, RecordedCall};
pub use recorder::CallRecorder;
pub use report::{Report, Run};
pub use simulation::{Simulation, simulate};
pub use spread::Spread;
pub use verdict::Verdict;
pub use world::{Trouble, World};
