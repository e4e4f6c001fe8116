//! Work that takes a while: a bar that shows how far it is, and Ctrl-C, which ends it early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Work of so many steps.
pub(crate) struct Work {
    bar: ProgressBar,
    stopped: Arc<AtomicBool>,
}

impl Work {
    /// Starts the bar, which is shown on a terminal only.
    pub(crate) fn start(steps: u64) -> Self {
        let bar = ProgressBar::new(steps);
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg} {eta}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        // The second time it ends the process. Without a handler the first time does.
        let handler = ctrlc::set_handler(move || {
            if stop.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        });
        drop(handler);
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
}

impl Drop for Work {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
