//! A watcher that counts what it is shown.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use redress::observe::{
    AttemptEnd, AttemptStart, CallEnd, CallObserver, CallResult, CallStart, Interest,
};
use redress::{Event, Observer};

use crate::every_end::{Ended, Watch};

/// Watches all that is shown, by itself and by a state of each call.
#[derive(Clone)]
pub(super) struct Watcher {
    shown: Arc<Shown>,
    interest: Interest,
}

/// A gauge is what was started and not ended.
#[derive(Default)]
struct Shown {
    calls: AtomicU32,
    calls_open: AtomicU32,
    attempts: AtomicU32,
    attempts_open: AtomicU32,
    watchers_open: AtomicU32,
    scopes_open: AtomicU32,
    events_after_the_end: AtomicU32,
    ends: Mutex<Vec<CallResult>>,
}

struct OneCall {
    shown: Arc<Shown>,
    ended: AtomicBool,
}

impl Watcher {
    pub(super) fn new(interest: Interest) -> Self {
        Self {
            shown: Arc::default(),
            interest,
        }
    }
}

impl Watch for Watcher {
    fn observer(&self) -> impl Observer + 'static {
        self.clone()
    }

    fn is_closed(&self) -> bool {
        let shown = &*self.shown;
        let open = [
            &shown.calls_open,
            &shown.attempts_open,
            &shown.watchers_open,
            &shown.scopes_open,
        ];
        open.iter().all(|open| open.load(Ordering::SeqCst) == 0)
    }

    fn assert_ended(&self, ended: &Ended<'_>) {
        let shown = &*self.shown;
        assert!(self.is_closed(), "{ended:?}, and something is open");
        assert_eq!(
            shown.events_after_the_end.load(Ordering::SeqCst),
            0,
            "{ended:?}"
        );
        let ends = std::mem::take(&mut *shown.ends.lock().unwrap());
        let calls = shown.calls.swap(0, Ordering::SeqCst);
        assert_eq!(calls as usize, ends.len(), "{ended:?}");
        let is_late = !self.interest.successes();
        ended.assert_shown(&ends, is_late, |result| result);
        let attempts = shown.attempts.swap(0, Ordering::SeqCst);
        if let (Some(expected), false) = (ended.attempts, is_late) {
            assert_eq!(attempts, expected, "{ended:?}");
        }
    }
}

impl Observer for Watcher {
    fn on_call_start(&self, _call: &CallStart<'_>) -> Option<Arc<dyn CallObserver>> {
        self.shown.calls.fetch_add(1, Ordering::SeqCst);
        self.shown.calls_open.fetch_add(1, Ordering::SeqCst);
        self.shown.watchers_open.fetch_add(1, Ordering::SeqCst);
        Some(Arc::new(OneCall {
            shown: Arc::clone(&self.shown),
            ended: AtomicBool::new(false),
        }))
    }

    fn on_call_end(&self, call: &CallEnd<'_>) {
        self.shown.calls_open.fetch_sub(1, Ordering::SeqCst);
        let stopped = call.stop_reason().map(CallResult::of_stop);
        let without_a_reason = call.result().is_success()
            || matches!(call.result(), CallResult::Cancelled | CallResult::Panicked);
        let expected = (!without_a_reason).then(|| call.result());
        assert_eq!(stopped, expected);
        self.shown.ends.lock().unwrap().push(call.result());
    }

    fn on_attempt_start(&self, _attempt: &AttemptStart<'_>) {
        self.shown.attempts.fetch_add(1, Ordering::SeqCst);
        self.shown.attempts_open.fetch_add(1, Ordering::SeqCst);
    }

    fn on_attempt_end(&self, _attempt: &AttemptEnd<'_>) {
        self.shown.attempts_open.fetch_sub(1, Ordering::SeqCst);
    }

    fn interest(&self) -> Interest {
        self.interest
    }
}

impl CallObserver for OneCall {
    fn on_event(&self, _event: &Event<'_>) {
        let late = u32::from(self.ended.load(Ordering::SeqCst));
        self.shown
            .events_after_the_end
            .fetch_add(late, Ordering::SeqCst);
    }

    fn on_call_end(&self, _call: &CallEnd<'_>) {
        if self.ended.swap(true, Ordering::SeqCst) {
            self.shown
                .events_after_the_end
                .fetch_add(1, Ordering::SeqCst);
        }
    }

    fn scope(&self, _attempt: u32, run: &mut dyn FnMut()) {
        struct Left<'a>(&'a AtomicU32);
        impl Drop for Left<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        self.shown.scopes_open.fetch_add(1, Ordering::SeqCst);
        let _left = Left(&self.shown.scopes_open);
        run();
    }
}

impl Drop for OneCall {
    fn drop(&mut self) {
        self.shown.watchers_open.fetch_sub(1, Ordering::SeqCst);
    }
}
