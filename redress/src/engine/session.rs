use std::collections::VecDeque;
use std::time::Duration;

use super::Rules;
use crate::defaults::{self, with_defaults};
use crate::reason::StopReason;

with_defaults! {
    /// What a policy says of sessions: attempts that go on for as long as they can.
    #[derive(Clone)]
    pub(crate) struct SessionRules {
        /// The time after which a session is healthy without having said so.
        pub(crate) healthy_after: Duration = defaults::HEALTHY_AFTER,
        /// The longest time without a sign of a session that expects one.
        pub(crate) stall_timeout: Option<Duration> = None,
        /// The number of restarts in the window beyond which there are no more.
        pub(crate) max_restarts: Option<u32> = None,
        pub(crate) restart_window: Duration = defaults::SESSION_WINDOW,
        /// One of these was given: the policy is meant for sessions.
        pub(crate) given: bool = false,
    }
}

/// What the session of one attempt has said until now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signs {
    /// Whose signs these are: the number of the connect, counted over the whole call.
    pub(crate) connect: u32,
    /// It has handled something.
    pub(crate) progress: bool,
    /// Changes with each sign of life.
    pub(crate) count: u32,
    /// It waits for something that should come.
    pub(crate) expecting: bool,
}

/// One call as a sequence of sessions: when the present one started, whether it is healthy, and how
/// often others were started before it.
///
/// As in [`Call`](super::Call), time is an argument. It is the time since the call's start, or since
/// health was last forgotten.
#[derive(Debug, Default)]
pub(crate) struct Session {
    connect: u32,
    began: Duration,
    healthy: bool,
    sign: u32,
    sign_at: Duration,
    cut: Option<Cut>,
    /// When the last restarts were, oldest first, as time since the start of the call.
    restarts: VecDeque<Duration>,
    /// The time of the call until its counts were last forgotten.
    forgotten: Duration,
    /// Only progress is health, as of a transfer, and this is its stall timeout where its policy has none.
    transfer: Option<Duration>,
}

/// Why a session is over that has not returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It expected something for too long.
    Stalled,
    /// It was not healthy in time.
    TimedOut,
    /// The call shall stop.
    Aborted,
}

/// What a look at a running session finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// From now on it is healthy. Look again.
    Healthy,
    /// It has to end.
    Over,
    /// Look again at this time, or when it has gone on.
    Until(Option<Duration>),
}

impl Session {
    /// Starts the sessions of a transfer, which has an end: none is healthy by its age alone.
    #[cfg(feature = "reqwest-0_13")]
    pub(crate) fn transfer(stall_timeout: Duration) -> Self {
        Self {
            transfer: Some(stall_timeout),
            ..Self::default()
        }
    }

    /// Takes notice of a session that began at `began`, unless it is the known one.
    fn meet(&mut self, signs: Signs, began: Duration) {
        if self.connect == signs.connect {
            return;
        }
        self.connect = signs.connect;
        self.began = began;
        self.healthy = false;
        self.sign = 0;
        self.sign_at = began;
        self.cut = None;
    }

    /// Returns `true` if the session is healthy, and was not when this was last asked.
    fn becomes_healthy(&mut self, rules: &SessionRules, signs: Signs, now: Duration) -> bool {
        if self.healthy {
            return false;
        }
        let lasted = now.saturating_sub(self.began);
        let ripe = self.transfer.is_none() && lasted >= rules.healthy_after;
        self.healthy = signs.progress || ripe;
        self.healthy
    }

    /// Looks at a running session, which began at `began`.
    pub(crate) fn look(
        &mut self,
        rules: &Rules,
        signs: Signs,
        began: Duration,
        now: Duration,
    ) -> Look {
        self.meet(signs, began);
        if self.sign != signs.count {
            self.sign = signs.count;
            self.sign_at = now;
        }
        if self.becomes_healthy(&rules.session, signs, now) {
            return Look::Healthy;
        }
        let mut until = None;
        if !self.healthy {
            let whole = rules.attempt_timeout;
            let timeout = whole.map(|timeout| self.began.saturating_add(timeout));
            let limit = earlier(timeout, rules.deadline);
            if limit.is_some_and(|limit| now >= limit) {
                return self.cut(Cut::TimedOut);
            }
            let healthy = self.began.saturating_add(rules.session.healthy_after);
            until = earlier(limit, self.transfer.is_none().then_some(healthy));
        }
        if let Some(timeout) = rules.session.stall_timeout.or(self.transfer) {
            // A session that expects nothing may begin to in a task of its own, which wakes nothing here.
            let silent_since = if signs.expecting { self.sign_at } else { now };
            let stalled = silent_since.saturating_add(timeout);
            if signs.expecting && now >= stalled {
                return self.cut(Cut::Stalled);
            }
            until = earlier(until, Some(stalled));
        }
        Look::Until(until)
    }

    /// Ends a running session, which began at `began`, because the call shall stop.
    pub(crate) fn abort(&mut self, signs: Signs, began: Duration) {
        self.meet(signs, began);
        self.cut(Cut::Aborted);
    }

    const fn cut(&mut self, cut: Cut) -> Look {
        self.cut = Some(cut);
        Look::Over
    }

    /// Ends the look at a session that is over. Returns how it was.
    pub(crate) fn end(
        &mut self,
        rules: &SessionRules,
        signs: Signs,
        began: Duration,
        now: Duration,
    ) -> Ended {
        self.meet(signs, began);
        Ended {
            newly_healthy: self.becomes_healthy(rules, signs, now),
            healthy: self.healthy,
            lasted: now.saturating_sub(self.began),
            cut: self.cut.take(),
        }
    }

    /// Notes at `now` that the counts of the call are forgotten, and its time with them.
    pub(crate) const fn forget(&mut self, now: Duration) {
        self.forgotten = self.forgotten.saturating_add(now);
    }

    /// Counts a restart, unless there were as many as the policy allows.
    pub(crate) fn restart(
        &mut self,
        rules: &SessionRules,
        now: Duration,
    ) -> Result<(), StopReason> {
        let Some(most) = rules.max_restarts else {
            return Ok(());
        };
        let now = self.forgotten.saturating_add(now);
        while let Some(oldest) = self.restarts.front()
            && now.saturating_sub(*oldest) >= rules.restart_window
        {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
            return Err(StopReason::RestartsExceeded);
        }
        self.restarts.push_back(now);
        Ok(())
    }
}

/// How a session was that is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    /// It turned out to be healthy only now.
    pub(crate) newly_healthy: bool,
    pub(crate) healthy: bool,
    pub(crate) lasted: Duration,
    /// Why it was ended, if it did not end by itself.
    pub(crate) cut: Option<Cut>,
}

fn earlier(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn rules() -> Rules {
        let session = SessionRules {
            healthy_after: secs(10),
            stall_timeout: Some(secs(5)),
            ..SessionRules::default()
        };
        Rules {
            deadline: Some(secs(60)),
            attempt_timeout: Some(secs(20)),
            session,
            ..Rules::default()
        }
    }

    const QUIET: Signs = Signs {
        connect: 1,
        progress: false,
        count: 0,
        expecting: false,
    };

    #[cfg(feature = "reqwest-0_13")]
    #[test]
    fn a_transfer_is_healthy_by_progress_alone_and_stalls() {
        let (mut rules, mut session) = (rules(), Session::transfer(secs(30)));
        rules.session.stall_timeout = None;
        let expecting = Signs {
            count: 1,
            expecting: true,
            ..QUIET
        };
        let mut look = |signs, now| session.look(&rules, signs, secs(3), secs(now));
        assert_eq!(look(expecting, 4), Look::Until(Some(secs(23))));
        assert_eq!(look(expecting, 22), Look::Until(Some(secs(23))));
        assert_eq!(look(expecting, 23), Look::Over); // its timeout
        let mut session = Session::transfer(secs(30));
        let progress = Signs {
            progress: true,
            ..expecting
        };
        let mut look = |signs, now| session.look(&rules, signs, secs(3), secs(now));
        assert_eq!(look(progress, 22), Look::Healthy);
        assert_eq!(look(progress, 22), Look::Until(Some(secs(52))));
        assert_eq!(look(progress, 52), Look::Over); // a stall
    }

    #[test]
    fn a_quiet_session_is_healthy_after_its_time_and_then_without_a_limit() {
        let (mut rules, mut session) = (rules(), Session::default());
        let mut look = |now| session.look(&rules, QUIET, secs(3), secs(now));
        // What it may expect later is looked for, no later than a stall would be noticed.
        assert_eq!(look(3), Look::Until(Some(secs(8))));
        assert_eq!(look(12), Look::Until(Some(secs(13))));
        assert_eq!(look(13), Look::Healthy);
        assert_eq!(look(13), Look::Until(Some(secs(18))));
        assert_eq!(look(1_000_000), Look::Until(Some(secs(1_000_005))));
        rules.session.stall_timeout = None;
        let mut look = |now| session.look(&rules, QUIET, secs(3), secs(now));
        assert_eq!(look(1_000_000), Look::Until(None));
    }

    #[test]
    fn progress_makes_it_healthy_at_once() {
        let (rules, mut session) = (rules(), Session::default());
        let busy = Signs {
            progress: true,
            count: 1,
            ..QUIET
        };
        assert_eq!(session.look(&rules, busy, secs(0), secs(1)), Look::Healthy);
        let ended = session.end(&rules.session, busy, secs(0), secs(2));
        assert!(ended.healthy && !ended.newly_healthy);
        assert_eq!((ended.lasted, ended.cut), (secs(2), None));
    }

    #[test]
    fn health_of_one_session_is_none_of_the_next() {
        let (rules, mut session) = (rules(), Session::default());
        let busy = Signs {
            progress: true,
            ..QUIET
        };
        assert_eq!(session.look(&rules, busy, secs(0), secs(1)), Look::Healthy);
        let next = Signs {
            connect: 2,
            ..QUIET
        };
        let ended = session.end(&rules.session, next, secs(5), secs(6));
        assert!(!ended.healthy);
        assert_eq!(ended.lasted, secs(1));
    }

    #[test]
    fn a_session_that_ended_before_it_was_looked_at_is_judged_at_its_end() {
        let (rules, mut session) = (rules(), Session::default());
        let ended = session.end(&rules.session, QUIET, secs(0), secs(10));
        assert!(ended.healthy && ended.newly_healthy);
    }

    #[test]
    fn a_session_that_is_not_healthy_in_time_is_cut_off() {
        let mut rules = rules();
        rules.session.healthy_after = secs(30);
        rules.session.stall_timeout = None;
        let mut session = Session::default();
        let mut look = |connect, began, now| {
            let signs = Signs { connect, ..QUIET };
            session.look(&rules, signs, secs(began), secs(now))
        };
        // By the timeout of the attempt, then by the deadline.
        assert_eq!(look(1, 0, 0), Look::Until(Some(secs(20))));
        assert_eq!(look(1, 0, 20), Look::Over);
        assert_eq!(look(2, 50, 50), Look::Until(Some(secs(60))));
        assert_eq!(look(2, 50, 60), Look::Over);
        let signs = Signs {
            connect: 2,
            ..QUIET
        };
        let ended = session.end(&rules.session, signs, secs(50), secs(60));
        assert_eq!(ended.cut, Some(Cut::TimedOut));
    }

    #[test]
    fn a_stall_is_silence_while_something_is_expected() {
        let (rules, mut session) = (rules(), Session::default());
        let mut look = |count, expecting, now| {
            let signs = Signs {
                progress: true,
                count,
                expecting,
                ..QUIET
            };
            session.look(&rules, signs, secs(0), secs(now))
        };
        assert_eq!(look(1, true, 0), Look::Healthy);
        assert_eq!(look(1, true, 0), Look::Until(Some(secs(5))));
        // Silent work is not a stall, however long it takes.
        assert_eq!(look(1, false, 100), Look::Until(Some(secs(105))));
        // The time starts anew with each sign.
        assert_eq!(look(2, true, 100), Look::Until(Some(secs(105))));
        assert_eq!(look(3, true, 104), Look::Until(Some(secs(109))));
        assert_eq!(look(3, true, 109), Look::Over);
    }

    #[test]
    fn as_many_restarts_as_the_window_allows() {
        let (mut rules, mut session) = (rules().session, Session::default());
        rules.max_restarts = Some(3);
        rules.restart_window = secs(10);
        for now in [0, 1, 2] {
            assert_eq!(session.restart(&rules, secs(now)), Ok(()));
        }
        let exceeded = Err(StopReason::RestartsExceeded);
        assert_eq!(session.restart(&rules, secs(9)), exceeded);
        // The first is no longer in the window; the refused one never was.
        assert_eq!(session.restart(&rules, secs(10)), Ok(()));
        assert_eq!(session.restart(&rules, secs(10)), exceeded);
        // What health forgets is not the window.
        session.forget(secs(10));
        assert_eq!(session.restart(&rules, secs(0)), exceeded);
        assert_eq!(session.restart(&rules, secs(1)), Ok(()));
    }

    #[test]
    fn no_time_is_too_long() {
        let (rules, mut session) = (rules(), Session::default());
        session.forget(Duration::MAX);
        session.forget(Duration::MAX);
        assert_eq!(session.restart(&rules.session, Duration::MAX), Ok(()));
        let look = session.look(&rules, QUIET, Duration::MAX, Duration::MAX);
        assert_eq!(look, Look::Over);
    }
}
