//! Policies as data: files of them, and settings for files of your own.
//!
//! A file names policies. [`Policies`] makes them, hands them out by name and
//! takes up changes of the file. [`ConfigFile`] reads a file for tools, and [`RetryConfig`] is one
//! policy as a serde type.
//!
//! The names of keys are those of the arguments of `#[retry]` and of the builders' methods. What
//! is left out has the builder's default. The same in the three formats, which are told apart by
//! the file's extension (`.toml`, `.json`, `.yaml`, `.yml`):
//!
//! ```
//! # let text = r#"
//! [budgets.shared]
//! kind = "success_ratio"
//! ratio = 0.1
//!
//! [breakers.payments]
//! failure_rate = 0.5
//! minimum_calls = 20
//! window = "10s"
//!
//! [policies.payments]
//! strategy = "retry_after_or(decorrelated_jitter(base = 100ms, max = 5s))"
//! strategies.rate_limit = "token_backoff(30s)"
//! deadline = "30s"
//! attempt_timeout = "5s"
//! max_attempts = 5
//! per_class_max_attempts.rate_limit = 3
//! budget = "shared"
//! circuit_breaker = "payments"
//!
//! [policies.search]
//! recommended = true
//! deadline = "2s"
//! # "#;
//! # redress::Policies::from_str(redress::config::Format::Toml, text)?;
//! # Ok::<_, redress::config::ConfigFileError>(())
//! ```
//!
//! Budgets, breakers and gates at the top level are shared by every policy that names them.
//!
//! # Values
//!
//! | what | written as |
//! |---|---|
//! | duration | `"30s"`, `"500ms"`, `"1.5s"`, `"2m"`, `"1h"`, `"10us"`, `"5ns"`: one number and one unit; or a number of seconds, also as a text |
//! | limit | the value, or `"none"` for no limit |
//! | class | `auth`, `permission`, `permanent`, `concurrency`, `rate_limit`, `server_error`, `transient`, `unknown` |
//! | by class | a table with a value for any of the classes: `{ rate_limit = 3 }` |
//! | strategy | `"equal_jitter(base = 100ms, max = 5s)"` as for the macros, or the same as a table: `{ kind = "equal_jitter", base = "100ms", max = "5s" }` |
//!
//! # Policies
//!
//! `[policies.NAME]`; the name may be any text.
//!
//! | key | value | default |
//! |---|---|---|
//! | `strategy` | strategy: waits after failures of all classes without one of their own | `"retry_after_or(decorrelated_jitter(5s))"`, unless `strategies` has any |
//! | `strategies` | strategies by class | none |
//! | `deadline` | limit: time that a call may take in all | `"60s"` |
//! | `attempt_timeout` | limit: time after which an async attempt is cut off; below `deadline` | `"none"` |
//! | `max_attempts` | limit: attempts of a call, the first included | 6 |
//! | `max_unknown_attempts` | limit: failures of class `unknown` after which a call stops | 2 |
//! | `per_class_max_attempts` | numbers by class: failures after which a call stops | none |
//! | `once` | true: a failure is retried only if it is [unsent](crate::Classification::unsent), as [`PolicyBuilder::once`](crate::PolicyBuilder::once) says | false |
//! | `inherit_deadline` | true: calls end when the caller of the program gives up, as [`PolicyBuilder::inherit_deadline`](crate::PolicyBuilder::inherit_deadline) says | false |
//! | `leave_retries_to_caller` | true: one attempt for a caller that makes several, as [`PolicyBuilder::leave_retries_to_caller`](crate::PolicyBuilder::leave_retries_to_caller) says | false |
//! | `sessions` | true: what is left out is as in [`Policy::sessions`](crate::Policy::sessions) | false |
//! | `healthy_after` | duration after which a [session](crate::Policy::session) is healthy without progress | `"10s"` |
//! | `stall_timeout` | duration after which a session is cut off that expects something | none |
//! | `max_restarts` | limit: restarts of a session within `restart_window`, up to 65,536 | `"none"` |
//! | `restart_window` | duration in which restarts count | `"60s"` |
//! | `operation` | text: name in events | none |
//! | `budget` | name of one of the `budgets`, or a table as there, for this policy alone | none |
//! | `circuit_breaker` | name of one of the `breakers`, or a table as there, for this policy alone | none |
//! | `gate` | name of one of the `gates`, or a table as there, for this policy alone | none |
//! | `recommended` | true: a breaker, a budget and a gate as in [`PolicyBuilder::recommended`], unless given | false |
//!
//! # Strategies
//!
//! In a line, the settings marked * may be written without their names, in this order. The
//! formulas are those of [`strategies`](crate::strategies).
//!
//! | kind | settings |
//! |---|---|
//! | `decorrelated_jitter` | `max`* duration (5 s), `base` duration (250 ms) |
//! | `full_jitter`, `equal_jitter` | `max`* duration (5 s), `base` duration (250 ms), `factor` number from 1 (2) |
//! | `token_backoff` | `max`* duration (5 s), `base` duration (250 ms), `factor` number from 1 (1.5) |
//! | `exponential` | `base`* and `max`* durations (required), `factor` number from 1 (2) |
//! | `fixed` | `delay`* duration (required) |
//! | `instant` | none |
//! | `retry_after_or` | `fallback`* strategy (required), `jitter` duration (250 ms) |
//! | `adaptive` | `fallback`* strategy (required), `window` duration (60 s), `target_success` share (0.9), `min_multiplier` (1) and `max_multiplier` (5) numbers above 0 |
//!
//! # Budgets
//!
//! `[budgets.NAME]`, or as a policy's `budget`. Numbers of retries are whole.
//!
//! | `kind` | keys |
//! |---|---|
//! | `rolling` | `max_retries` number, `window` duration (both required): [`Budget::rolling`] |
//! | `success_ratio` | `ratio` 0 to 1 (required), `reserve` number (100), `min_per_second` number, fractions allowed (0): [`Budget::success_ratio`] |
//! | `in_flight_share` | `share` above 0 to 1 (required), `min_in_flight` number (3): [`Budget::in_flight_share`] |
//! | all | `costs` numbers by class: what a retry costs (1); `free_hinted_retries` true: a retry that waits as long as the other side asked costs nothing (false) |
//!
//! # Circuit breakers
//!
//! `[breakers.NAME]`, or as a policy's `circuit_breaker`: the settings of
//! [`CircuitBreakerBuilder`](crate::breaker::CircuitBreakerBuilder).
//!
//! | key | value | default |
//! |---|---|---|
//! | `failure_threshold` | number of failures in the window that opens it, up to 65,536 | 5, unless `failure_rate`, `consecutive_failures` or `proportional` is set |
//! | `failure_rate`, `minimum_calls` | share above 0 to 1, and of how many calls at least; together | none |
//! | `consecutive_failures` | number | none |
//! | `slow_call`, `slow_share` | duration from which on an attempt is slow, and the share of slow ones above 0 to 1 that opens it; together | none |
//! | `proportional` | number from 1: refuses a share of the calls, by how many times more there are than are accepted | none |
//! | `class_thresholds` | numbers by class | none |
//! | `window` | duration for which a failure counts | `"60s"` |
//! | `trip_on` | list of classes that open it | `["transient", "server_error"]` |
//! | `recovery_timeout` | duration for which it stays open | `"30s"` |
//! | `recovery_strategy` | strategy that chooses it instead | none |
//! | `half_open_probes` | number of probes at a time, up to 1,024 | 1 |
//! | `probe_lease` | duration after which a probe loses its slot | `"120s"` |
//! | `success_threshold` | number of good probes that close it | 1 |
//! | `ramp` | duration in which it admits more and more | none |
//! | `observe_attempts` | true: takes a verdict of each attempt | false |
//! | `metrics_only` | true: counts and never refuses | false |
//!
//! # Gates
//!
//! `[gates.NAME]`, or as a policy's `gate`: the settings of [`GateBuilder`](crate::gate::GateBuilder).
//!
//! | key | value | default |
//! |---|---|---|
//! | `arm_on` | list of classes whose hint closes it | `["rate_limit"]` |
//! | `max_hint` | duration that one hint closes it for, up to 5 minutes | `"5m"` |
//!
//! # One for each key
//!
//! `[keyed.NAME]`: one breaker, budget or gate for each host, tenant or account, which
//! `Policies::keyed_breakers`, `keyed_budgets` and `keyed_gates` hand out, with the feature `keyed`. The
//! code says which key a call has, so no policy names them. Which of the three it is:
//!
//! | key | value | default |
//! |---|---|---|
//! | `circuit_breaker`, `budget` or `gate` | table of settings as above: one of the three | none, required |
//! | `max_keys` | number of keys that are kept at most, from 1 | none, required |
//! | `idle` | duration after which a key may be forgotten that nothing has asked for | `"10m"` |
//!
//! # Replicas
//!
//! `[endpoints.NAME]`: a list of replicas, each with a breaker, of which
//! [`Policies::endpoints`](crate::Policies::endpoints) makes [`Endpoints`](crate::endpoints::Endpoints).
//! The code says which call goes to them, so no policy names them.
//!
//! | key | value | default |
//! |---|---|---|
//! | `replicas` | table with the address of each replica by its name: texts that are not blank, at least one | none, required |
//! | `circuit_breaker` | table of settings as above: the breaker that each replica has | `consecutive_failures` 3, unless `failure_threshold`, `failure_rate` or `proportional` is set, and a `recovery_timeout` of `"10s"`, unless `recovery_strategy` is |
//!
//! # Mistakes
//!
//! A file is taken as a whole or not at all. [`ConfigFileError`] names every mistake with its line
//! and column: unknown keys, wrong types, whatever a builder would refuse, names of budgets and
//! breakers that there are none of, and limits that can never be reached. If the form itself is
//! wrong, as with a missing bracket, only that is named. A key that is given twice is a mistake in
//! every format. YAML's anchors, aliases, merge keys and tags are refused, and files over 1 MiB.
//!
//! # Reloads
//!
//! A budget or a breaker is told from others by its place: the name of its table, or the policy that
//! has it for itself. At the same place it goes on when its settings change, so that a change during
//! an outage neither closes an open breaker nor hands out a full reserve. Clones from before and calls
//! under way are of the same breaker or budget, and share the new settings; what a call holds, a probe
//! or a retry that is paid for, comes back as it was taken.
//!
//! | of a breaker | after other settings |
//! |---|---|
//! | open | stays open for the time that it was opened for, or for the new `recovery_timeout`, counted from when it opened, if that ends sooner |
//! | half-open | stays so, with the probes on their way and the good ones before them |
//! | forced by hand | stays so until it is reset |
//! | a ramp | ends with the shorter of the two times; at once if there is none any more |
//! | failures that `failure_threshold` and `class_thresholds` count | stay, each as old as it is, also in another `window` |
//! | `failure_rate`, `slow_call`, `proportional` | keep their counts in the same `window`, and start anew in another |
//! | `consecutive_failures` | keeps its count |
//! | a rule that is new | counts from then on |
//! | all counts | start anew if `observe_attempts` changes |
//! | counts of several classes together | start anew if one of the classes no longer counts there |
//! | `metrics_only` | closes it where it is new |
//!
//! A key of a map in `keyed` goes on in the same way, each with what it has; and so does a replica of a list
//! in `endpoints` that has the same name and address, as [`EndpointsTable`] says.
//!
//! A gate with other settings stays closed as long as it was, and learns its pace anew.
//!
//! A threshold that is lowered below what is counted opens the breaker at the next failure.
//!
//! | of a budget | after other settings |
//! |---|---|
//! | `success_ratio` | what is left stays left, up to the new `reserve`; a larger one is not filled up |
//! | `rolling` | what is spent stays spent, until the new `window` is over |
//! | `in_flight_share` | calls and retries in flight stay in flight |
//! | another `kind` | starts anew; calls under way keep the one that they started with |
//!
//! A strategy with other settings starts anew.
//!
//! [`Budget::rolling`]: crate::Budget::rolling
//! [`Budget::success_ratio`]: crate::Budget::success_ratio
//! [`Budget::in_flight_share`]: crate::Budget::in_flight_share
//! [`PolicyBuilder::recommended`]: crate::PolicyBuilder::recommended

// Each file uses those before it: `names`, `duration`, `node`, `format`, `bound`, `reader`, `places`, `values`, `named_or`,
// `section`; then the sections `strategy`, `budget`, `breaker`, `gate`, `keyed`, `endpoints`, `retry` with its `checks`; then `error`,
// `strange`, `file`, `lint`, `serde`; then `reuse`, `handle`, `keyed_slots`, `keyed_table`, `endpoints_lists`
// with `endpoints_slot`, `endpoints_table`, `policies`, `trail`, `watch`.

mod bound;
mod breaker;
mod budget;
mod builtin;
mod checks;
mod duration;
mod endpoints;
mod endpoints_lists;
mod endpoints_slot;
mod endpoints_table;
mod error;
mod file;
mod format;
mod gate;
mod handle;
mod keyed;
#[cfg(feature = "keyed")]
mod keyed_slots;
#[cfg(feature = "keyed")]
mod keyed_table;
mod lint;
mod named_or;
mod names;
mod node;
mod notation;
#[cfg(feature = "watch")]
mod notifier;
mod places;
mod policies;
mod reader;
mod retry;
mod reuse;
mod section;
mod serde;
mod strange;
mod strategy;
#[cfg(feature = "watch")]
mod trail;
mod values;
#[cfg(feature = "watch")]
mod watch;

pub use crate::budget::{BudgetKind, BudgetSettings};
pub use crate::error::UnknownPolicy;
pub use bound::Bound;
pub use breaker::BreakerConfig;
pub(crate) use builtin::{BUILTINS, FOREIGN_PARAMETERS, FOREIGN_STRATEGIES, Parameter, Takes};
pub(crate) use duration::parse as parse_duration;
pub use endpoints::EndpointsConfig;
pub use endpoints_table::{EndpointsTable, UnknownEndpoints};
pub use error::{ConfigFileError, FileProblem, Place};
pub use file::ConfigFile;
#[cfg(feature = "simulate")]
pub(crate) use file::{parse_text, source_of};
pub use format::Format;
pub use gate::GateConfig;
pub use handle::PolicyHandle;
pub use keyed::{EachConfig, KeyedConfig};
#[cfg(feature = "keyed")]
pub use keyed_table::{KeyedTable, UnknownKeyed};
pub use lint::FileFinding;
pub use named_or::NamedOr;
pub(crate) use names::CLASSES;
#[cfg(feature = "simulate")]
pub(crate) use names::{list as list_names, quoted, suggest};
#[cfg(feature = "simulate")]
pub(crate) use node::{Node, Span, Value};
pub use policies::{Policies, Reloaded};
#[cfg(feature = "simulate")]
pub(crate) use reader::Reader;
pub use retry::RetryConfig;
pub use strategy::StrategyConfig;
#[cfg(feature = "watch")]
pub use watch::{Watch, WatchError};
