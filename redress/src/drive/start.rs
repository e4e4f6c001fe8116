//! How a call starts.

use std::mem::ManuallyDrop;

use super::flow::Stopped;
use super::frame::Frame;
use super::hooks::Hooks;
use super::marks::Marks;
use super::progress::Progress;
use super::run::Run;
use crate::clock::Timing;
use crate::drive::{Compiled, CompiledPolicy, Start};
use crate::error::Interrupt;

impl<'p, H: Hooks> Run<'p, H> {
    /// Starts a call. Where something can refuse it before its first attempt, ask
    /// [`is_refused`](Self::is_refused).
    #[inline]
    pub fn new(policy: &'p impl Compiled, hooks: H) -> Self {
        let config = policy.compiled();
        let frame = match config.start {
            _ if hooks.is_active() || hooks.is_guarded() => {
                return Self::new_attended(config, hooks);
            }
            Start::Untimed => Frame::new(config, false),
            Start::Coarse => Frame::started_coarsely(config),
            Start::Attended => return Self::new_attended(config, hooks),
        };
        Self {
            frame,
            hooks,
            progress: ManuallyDrop::new(None),
        }
    }

    #[cold]
    fn new_attended(config: &'p CompiledPolicy, hooks: H) -> Self {
        let mut run = Self {
            frame: Frame::new(config, false),
            hooks,
            progress: ManuallyDrop::new(None),
        };
        let _see_is_refused = run.start_attended();
        run
    }

    /// Tells whether there is not even a first attempt.
    #[inline]
    pub(crate) fn is_refused(&self) -> bool {
        let progress = self.progress.as_ref();
        progress.is_some_and(|progress| progress.flow.stop_reason().is_some())
    }

    /// Starts a call.
    ///
    /// # Errors
    ///
    /// An [`Interrupt`] if `abort_if` stops it before the first attempt.
    #[inline]
    pub fn begin(policy: &'p impl Compiled, hooks: H) -> Result<Self, Interrupt> {
        let mut run = Self::prepare(policy, hooks, false);
        match run.start() {
            Ok(()) => Ok(run),
            Err(Stopped) => Err(run.interrupt()),
        }
    }

    /// Creates a call before its first attempt. `timed` calls tell how long they took.
    #[inline]
    pub(crate) fn prepare(policy: &'p impl Compiled, hooks: H, timed: bool) -> Self {
        Self {
            frame: Frame::new(policy.compiled(), timed),
            hooks,
            progress: ManuallyDrop::new(None),
        }
    }

    /// Starts the call's time and its first attempt, unless `abort_if` or the breaker stops it
    /// before.
    #[inline]
    pub(crate) fn start(&mut self) -> Result<(), Stopped> {
        match self.frame.config.start {
            _ if self.hooks.is_active()
                || self.hooks.is_guarded()
                || self.frame.marks.has(Marks::TIMED) =>
            {
                self.start_attended()
            }
            Start::Untimed => Ok(()),
            Start::Coarse => {
                self.frame.start(Timing::Coarse);
                Ok(())
            }
            Start::Attended => self.start_attended(),
        }
    }

    #[inline(never)]
    fn start_attended(&mut self) -> Result<(), Stopped> {
        let timing = self.frame.attend(&self.hooks);
        self.frame.start(timing);
        if self.frame.is_watched() {
            self.start_watched()
        } else if self.frame.config.guarded || self.hooks.is_guarded() {
            self.start_guarded()
        } else {
            Ok(())
        }
    }

    #[cold]
    fn start_watched(&mut self) -> Result<(), Stopped> {
        self.frame.config.insist();
        let progress = self.progress.insert(Progress::before_first_attempt());
        let flow = &mut progress.flow;
        match self.hooks.resumed() {
            None => flow.next_attempt(&mut self.frame, &self.hooks)?,
            Some(token) => {
                flow.resume(token, &self.frame);
                flow.next_attempt_after_pause(&mut self.frame, &self.hooks)?;
            }
        }
        self.frame.count_call(&self.hooks);
        Ok(())
    }

    #[inline(never)]
    fn start_guarded(&mut self) -> Result<(), Stopped> {
        match self.frame.enter(&self.hooks) {
            Ok(_unseen) => {
                self.frame.count_call(&self.hooks);
                // Whoever holds something has progress: it is all that dropping looks at.
                if self.frame.marks.has(Marks::HELD) {
                    self.progress.get_or_insert_with(Progress::in_first_attempt);
                }
                Ok(())
            }
            Err(refused) => {
                let progress = self.progress.insert(Progress::before_first_attempt());
                progress.flow.refuse(&refused);
                Err(Stopped)
            }
        }
    }
}
