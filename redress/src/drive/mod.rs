//! Runs calls: the only code that waits.
//!
//! | question | folder |
//! |---|---|
//! | what does a call hold? | `state/` |
//! | what follows an attempt? | `decide/` |
//! | who runs the loop? | `drivers/` |
//! | what does it wait with? | `wait/` |
//! | what does a call have beside its policy? | `hooks.rs` |
//! | what does a session say of itself? | `session/` |
//!
//! A driver creates a [`Run`], runs an attempt, judges what it returned ([`Judge`], [`Verdict`]) and
//! hands the verdict over. `Run` asks the engine and answers: return, run the operation again, or
//! wait first. All drivers share this step, so they cannot differ in what they decide.
//!
//! # Where a call's state lies
//!
//! | where | what | why |
//! |---|---|---|
//! | in the future: `Frame`, 32 bytes | policy, start time, marks, the breaker's permit | all that a success at the first attempt needs. Every future that awaits the call contains it |
//! | in the future: [`Run`] | the frame, the hooks, a pointer to the rest | 40 bytes where there are no hooks |
//! | on the heap: `CallState`, 384 bytes | the engine's counts, the time of the last decision, the budget's ticket, what is waited for, what watches the call | made with the first failure, or before the first attempt of a watched call. Each thread keeps one, so calls one after the other allocate nothing |
//!
//! A call holds numbers where others would hold guards (a permit, a token): they are half as large, and
//! nothing in the future has to be dropped. [`Run`]'s drop gives back what is held.
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | watched | an observer or a hook sees attempts and events, or may stop the call |
//! | shown | watched, or told its attempts: something is done around each of them |
//! | woken | made a watched one by its first failure, for observers that want no successes |
//! | guarded | there is a breaker, a budget or a gate, of the policy or of the call's own |
//! | plain | neither watched nor guarded: only the engine decides |
//! | attended | not plain, or in need of more at its start or end than a plain call |
//! | refused | stopped before the first attempt |
//!
//! A plain call has a way of its own, `CallState::fail_plain`, which costs less than half: 371
//! instructions for a call with one failure, where one with a breaker needs 947. Whether a call is
//! plain is known where it is compiled if its hooks are `()`, so most programs contain that way only.
//! Everything else goes through `ActiveCall`, one view of state, frame and hooks.
//!
//! # Marks
//!
//! `Frame` keeps the facts about its call in two bytes.
//!
//! | mark | set | meaning |
//! |---|---|---|
//! | `TIMED` | at creation | the caller is told how long the call took: its time is exact |
//! | `WATCHED` | at the start | as above |
//! | `GUARDED` | at the start | as above; also of a call in the scope of a deadline, which is not plain either |
//! | `HOOKED` | at the start | the call brings hooks of its own, so it is watched |
//! | `TELLS_SUCCESS` | at the start, or by a breaker that counts successes | a success has to be shown, or told to a breaker, a budget or a strategy that learns |
//! | `HELD` | while it is so | there is something to give back: an open attempt, a token, a permit of a probe, a place in flight |
//! | `IN_FLIGHT` | while it is so | the budget has counted the call |
//! | `GATED` | at the start | there is a gate |
//! | `TELLS_ATTEMPTS` | at the start | operations are told which attempt they are |
//!
//! # Prices
//!
//! Shapes that look longer than they need to be, and what each saves (`.ci/instructions` counts):
//!
//! - `Run::new` makes a plain call as it is after its start; `prepare` and `start`, which futures need,
//!   would cost a sync call 15 instructions more, of 68.
//! - `LastFailure` forgets the type of the error, which is handed on beside it: it is written with
//!   each failure, and only events show the type.
//! - `Call::fail` returns the slot with the delay, and `take_delay` takes it back: in between, hooks
//!   are shown the slot's previous sleep.
//! - `CallState` is given back field by field: a whole new one would be written twice.

mod decide;
mod drivers;
mod hooks;
mod session;
mod state;
mod wait;

pub use decide::{Judge, Verdict};
pub use drivers::{After, Run, Step, Steps};
pub(crate) use drivers::{Detached, Threads, blocking, future};
#[cfg(feature = "tower-service-0_3")]
pub(crate) use drivers::{OwnHooks, OwnedCall};
pub use hooks::{Hooks, SleepDecision};
pub(crate) use session::SessionWatch;
pub use session::{Expect, Expecting, Session};
pub use state::CompiledPolicy;
pub(crate) use state::{Compiled, Marks, Scoped, Start};
pub use wait::Sleeper;
#[cfg(feature = "testing")]
pub(crate) use wait::sleep_here;

#[cfg(test)]
mod tests {
    use super::state::{CallState, Frame};
    use super::*;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn the_sizes_on_this_page_are_those_of_the_types() {
        assert_eq!(size_of::<Frame<'_>>(), 32);
        assert_eq!(size_of::<Run<'_, ()>>(), 40);
        assert_eq!(size_of::<CallState>(), 384);
    }
}
