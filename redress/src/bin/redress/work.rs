//! Work that takes a while: a bar that shows how far it is, and Ctrl-C, which ends it early.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// The exit code after Ctrl-C, as shells count it: 128 and the number of the signal.
pub(crate) const INTERRUPTED: u8 = 130;

/// Work of so many steps.
pub(crate) struct Work {
    bar: ProgressBar,
    stopped: Arc<AtomicBool>,
}

impl Work {
    /// Starts the bar, which is shown on a terminal only.
    pub(crate) fn start(steps: u64) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        // The second time it ends the process. Without a handler the first time does.
        let handler = ctrlc::set_handler(move || {
            if stop.swap(true, Ordering::Relaxed) {
                std::process::exit(INTERRUPTED.into());
            }
        });
        drop(handler);
        let bar = ProgressBar::new(steps);
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg} {eta}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, stopped }
    }

    pub(crate) fn about(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Counts a step; `false` if it was the last one that is wanted.
    pub(crate) fn step(&self) -> bool {
        self.bar.inc(1);
        self.goes_on()
    }

    /// Returns `false` once Ctrl-C was pressed.
    pub(crate) fn goes_on(&self) -> bool {
        !self.stopped.load(Ordering::Relaxed)
    }

    /// Removes the bar; `true` if Ctrl-C has ended the work before all of it was done, which it says.
    pub(crate) fn end(self) -> bool {
        let (done, all) = (self.bar.position(), self.bar.length().unwrap_or_default());
        let stopped = !self.goes_on() && done < all;
        drop(self);
        if stopped {
            // If standard error cannot be written, the exit code still says it.
            let _ = writeln!(
                anstream::stderr(),
                "stopped: what is shown is from {done} of {all} runs"
            );
        }
        stopped
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
