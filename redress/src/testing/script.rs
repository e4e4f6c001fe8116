use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use super::VirtualClock;
use crate::drive::sleep_here;

/// An operation that follows a script, call by call: it fails, returns, takes time, hangs or
/// panics. Clones share the count of calls.
///
/// | call | does |
/// |---|---|
/// | the first `n`, after [`fails(n, error)`](Self::fails) | fail with `error` |
/// | the next `n`, after [`then_returns(n, value)`](Self::then_returns) | return `value` |
/// | the next, after [`then(value)`](Self::then) | returns `value`; if nothing follows, all later ones do |
/// | one past the last | panics, with the number of the call and the length of the script |
///
/// Time passes on the [`VirtualClock`] given to [`on`](Self::on). Without one it is real time;
/// inside tokio, it is the time of tokio's clock, which a test can pause.
///
/// ```
/// use std::io::{Error, ErrorKind::ConnectionRefused};
/// use redress::testing::{Script, instant_retries};
/// use redress::Policy;
///
/// let script = Script::fails_with(3, || Error::from(ConnectionRefused)).then("hello");
/// let policy = Policy::builder().strategy(instant_retries()).build()?;
/// let outcome = policy.execute(|| script.run());
/// assert_eq!(outcome.last_result, Some("hello"));
/// assert_eq!(script.calls(), 4);
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub struct Script<T, E> {
    parts: Vec<Part<T, E>>,
    clock: Option<VirtualClock>,
    calls: Arc<AtomicU32>,
}

/// The behaviour of some consecutive calls.
struct Part<T, E> {
    calls: Calls,
    takes: Duration,
    act: Act<T, E>,
}

/// The number of calls that follow a part.
#[derive(Debug, Clone, Copy)]
enum Calls {
    Exactly(u32),
    /// One call, and all later ones if no other part follows.
    OneOrTheRest,
}

enum Act<T, E> {
    Answer(Arc<dyn Fn() -> Result<T, E> + Send + Sync>),
    Hang,
}

impl<T, E> Clone for Part<T, E> {
    fn clone(&self) -> Self {
        Self {
            act: match &self.act {
                Act::Answer(answer) => Act::Answer(Arc::clone(answer)),
                Act::Hang => Act::Hang,
            },
            ..*self
        }
    }
}

impl<T, E> Script<T, E> {
    /// Creates an empty script: any call panics.
    #[must_use]
    pub fn new() -> Self {
        Self {
            parts: Vec::new(),
            clock: None,
            calls: Arc::default(),
        }
    }

    /// Fails in the first `calls` calls.
    #[must_use]
    pub fn fails(calls: u32, error: E) -> Self
    where
        E: Clone + Send + Sync + 'static,
    {
        Self::new().then_fails(calls, error)
    }

    /// Fails in the first `calls` calls, each with an error made by `error`, for errors that are
    /// not `Clone`.
    #[must_use]
    pub fn fails_with(calls: u32, error: impl Fn() -> E + Send + Sync + 'static) -> Self {
        Self::new().then_fails_with(calls, error)
    }

    /// Returns `value` in the first `calls` calls; for a value that a result classifier counts as a
    /// failure, for example.
    #[must_use]
    pub fn returns(calls: u32, value: T) -> Self
    where
        T: Clone + Send + Sync + 'static,
    {
        Self::new().then_returns(calls, value)
    }

    /// Returns `value` in the next call, and in all after it if nothing else follows.
    #[must_use]
    pub fn then(self, value: T) -> Self
    where
        T: Clone + Send + Sync + 'static,
    {
        self.then_with(move || value.clone())
    }

    /// Like [`then`](Self::then), but each call returns a value made by `value`, for values that
    /// are not `Clone`.
    #[must_use]
    pub fn then_with(self, value: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let act = Act::Answer(Arc::new(move || Ok(value())));
        self.part(Calls::OneOrTheRest, act)
    }

    /// Returns `value` in the next `calls` calls.
    #[must_use]
    pub fn then_returns(self, calls: u32, value: T) -> Self
    where
        T: Clone + Send + Sync + 'static,
    {
        let act = Act::Answer(Arc::new(move || Ok(value.clone())));
        self.part(Calls::Exactly(calls), act)
    }

    /// Fails in the next `calls` calls.
    #[must_use]
    pub fn then_fails(self, calls: u32, error: E) -> Self
    where
        E: Clone + Send + Sync + 'static,
    {
        self.then_fails_with(calls, move || error.clone())
    }

    /// Like [`then_fails`](Self::then_fails), but each call fails with an error made by `error`.
    #[must_use]
    pub fn then_fails_with(
        self,
        calls: u32,
        error: impl Fn() -> E + Send + Sync + 'static,
    ) -> Self {
        let act = Act::Answer(Arc::new(move || Err(error())));
        self.part(Calls::Exactly(calls), act)
    }

    /// Hangs in the next `calls` calls: the future is pending until it is dropped. On a
    /// [`VirtualClock`] it lets time pass up to the next timeout. Only
    /// [`run_async`](Self::run_async) can hang: nothing can end a sync call from outside, so
    /// [`run`](Self::run) panics instead.
    #[must_use]
    pub fn then_hangs(self, calls: u32) -> Self {
        self.part(Calls::Exactly(calls), Act::Hang)
    }

    /// Panics in the next call.
    #[must_use]
    pub fn then_panics(self, message: &str) -> Self {
        let message = String::from(message);
        self.part(
            Calls::Exactly(1),
            Act::Answer(Arc::new(move || panic(&message))),
        )
    }

    /// Makes each call of the last part take `time` before it returns, fails or panics. Default: no
    /// time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::testing::{Script, VirtualClock, no_retries};
    /// use redress::Policy;
    ///
    /// let clock = VirtualClock::new();
    /// let slow: Script<u32, std::io::Error> =
    ///     Script::new().then(1).taking(Duration::from_secs(3)).on(&clock);
    /// let policy = Policy::builder().clock(clock.clone()).build()?;
    /// let outcome = policy.execute(|| slow.run());
    /// assert_eq!(outcome.elapsed, Duration::from_secs(3));
    /// assert!(clock.sleeps().is_empty(), "sleeps are the policy's");
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the script is empty.
    #[must_use]
    #[track_caller]
    pub fn taking(mut self, time: Duration) -> Self {
        match self.parts.last_mut() {
            Some(part) => part.takes = time,
            None => panic("an empty script takes no time: say first what its calls do"),
        }
        self
    }

    /// Lets calls take their time on `clock` instead of in real time.
    #[must_use]
    pub fn on(mut self, clock: &VirtualClock) -> Self {
        self.clock = Some(clock.clone());
        self
    }

    /// Returns the number of calls, including those that hang, panicked or were dropped.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.calls.load(Relaxed)
    }

    /// Runs the next call of the script.
    ///
    /// # Errors
    ///
    /// Returns the script's error for this call, if it has one.
    ///
    /// # Panics
    ///
    /// If the script says so, if this call is to hang, and past the script's end.
    #[track_caller]
    pub fn run(&self) -> Result<T, E> {
        let part = self.next_part();
        let Act::Answer(answer) = &part.act else {
            panic("the script hangs here, and nothing could end a sync call: use `run_async`");
        };
        match &self.clock {
            _ if part.takes.is_zero() => {}
            Some(clock) => clock.advance(part.takes),
            None => std::thread::sleep(part.takes),
        }
        answer()
    }

    /// Runs the next call of the script, which is counted at once, before the future is polled.
    ///
    /// # Errors
    ///
    /// Returns the script's error for this call, if it has one.
    ///
    /// # Panics
    ///
    /// If the script says so, and past the script's end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the call, which stays counted.
    #[track_caller]
    pub fn run_async(&self) -> impl Future<Output = Result<T, E>> + Send + use<T, E> {
        let part = self.next_part();
        let takes = part.takes;
        let answer = match &part.act {
            Act::Answer(answer) => Some(Arc::clone(answer)),
            Act::Hang => None,
        };
        let clock = self.clock.clone();
        async move {
            let Some(answer) = answer else {
                if let Some(clock) = clock {
                    clock.pass(Duration::MAX).await;
                }
                return std::future::pending().await;
            };
            match clock {
                _ if takes.is_zero() => {}
                Some(clock) => clock.pass(takes).await,
                None => sleep_here(takes).await,
            }
            answer()
        }
    }

    fn part(mut self, calls: Calls, act: Act<T, E>) -> Self {
        self.parts.push(Part {
            calls,
            takes: Duration::ZERO,
            act,
        });
        self
    }

    #[track_caller]
    fn next_part(&self) -> &Part<T, E> {
        let counted = |calls: u32| calls.checked_add(1);
        let calls = self.calls.fetch_update(Relaxed, Relaxed, counted);
        let before = calls.unwrap_or(u32::MAX);
        let mut told = 0_u32;
        for (n, part) in self.parts.iter().enumerate() {
            told = match part.calls {
                Calls::OneOrTheRest if n + 1 == self.parts.len() => return part,
                Calls::OneOrTheRest => told.saturating_add(1),
                Calls::Exactly(calls) => told.saturating_add(calls),
            };
            if before < told {
                return part;
            }
        }
        let call = before.saturating_add(1);
        panic(&format!(
            "the script is over: it says what {told} calls do, and this is call {call}"
        ))
    }
}

/// Fails a test that goes beyond its script.
#[track_caller]
#[expect(clippy::panic, reason = "a test kit fails tests")]
fn panic(message: &str) -> ! {
    panic!("{message}")
}

impl<T, E> Clone for Script<T, E> {
    fn clone(&self) -> Self {
        Self {
            parts: self.parts.clone(),
            clock: self.clock.clone(),
            calls: Arc::clone(&self.calls),
        }
    }
}

impl<T, E> Default for Script<T, E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, E> fmt::Debug for Script<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script")
            .field("calls", &self.calls())
            .finish_non_exhaustive()
    }
}
