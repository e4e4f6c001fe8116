use std::path::Path;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::shielded::shielded;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The system's notifications of what happens in folders.
///
/// They come from a thread of `notify`, in which foreign code runs: the program's logger. Once that has panicked,
/// each question to the watcher panics, and so does dropping it, which would end the process where it happens
/// while another panic unwinds. Here that is an error, and another watcher takes its place.
pub(super) struct Notifier {
    make: Box<dyn Fn() -> notify::Result<RecommendedWatcher> + Send>,
    /// `None` once it has stopped.
    watcher: Option<RecommendedWatcher>,
}

impl Notifier {
    /// Starts to notify of what happens in the folders that are watched.
    pub(super) fn new(
        notice: impl Fn(notify::Result<Event>) + Clone + Send + 'static,
    ) -> notify::Result<Self> {
        let make = move || notify::recommended_watcher(notice.clone());
        Ok(Self {
            watcher: Some(make()?),
            make: Box::new(make),
        })
    }

    /// Starts anew if it has stopped. Nothing is watched then.
    pub(super) fn revive(&mut self) -> Result<(), BoxError> {
        if self.watcher.is_none() {
            self.watcher = Some((self.make)()?);
        }
        Ok(())
    }

    pub(super) fn watch(&mut self, folder: &Path) -> Result<(), BoxError> {
        self.ask(|watcher| watcher.watch(folder, RecursiveMode::NonRecursive))
    }

    pub(super) fn unwatch(&mut self, folder: &Path) -> Result<(), BoxError> {
        self.ask(|watcher| watcher.unwatch(folder))
    }

    /// Fails if it has stopped, so that nothing is watched any more.
    pub(super) fn runs(&self) -> Result<(), BoxError> {
        match self.watcher {
            Some(_) => Ok(()),
            None => Err("the thread that is notified of changes has stopped".into()),
        }
    }

    fn ask(
        &mut self,
        ask: impl FnOnce(&mut RecommendedWatcher) -> notify::Result<()>,
    ) -> Result<(), BoxError> {
        let asked = self
            .watcher
            .as_mut()
            .and_then(|watcher| shielded(None, || Some(ask(watcher))));
        match asked {
            Some(answer) => Ok(answer?),
            None => {
                // It would panic again.
                std::mem::forget(self.watcher.take());
                self.runs()
            }
        }
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        let watcher = self.watcher.take();
        shielded((), || drop(watcher));
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")] // of whose watcher it is known when its thread has ended
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    use super::*;

    /// A time longer than any machine needs.
    const PATIENCE: Duration = Duration::from_secs(60);

    fn folder(name: &str) -> PathBuf {
        let name = format!("redress-notifier-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// A notifier whose thread has panicked at its first event, as where the logger panics.
    fn broken(folder: &Path) -> (Notifier, Receiver<()>) {
        let (told, events) = channel();
        let is_broken = Arc::new(AtomicBool::new(true));
        let in_use = Arc::downgrade(&is_broken);
        let notice = move |_| {
            told.send(()).unwrap();
            assert!(!is_broken.swap(false, Relaxed), "the logger is broken");
        };
        let mut notifier = Notifier::new(notice).unwrap();
        notifier.watch(folder).unwrap();
        std::fs::write(folder.join("a"), "").unwrap();
        events.recv_timeout(PATIENCE).unwrap();
        // The thread had one of the two closures, and drops it after what the notifier sends to.
        while in_use.strong_count() > 1 {
            std::thread::yield_now();
        }
        (notifier, events)
    }

    #[test]
    fn a_watcher_whose_thread_has_panicked_is_an_error_and_is_replaced() {
        let folder = folder("replaced");
        let (mut notifier, events) = broken(&folder);
        let error = notifier.watch(&folder).unwrap_err();
        assert!(error.to_string().contains("has stopped"), "{error}");
        assert!(notifier.unwatch(&folder).is_err() && notifier.runs().is_err());
        while events.try_recv().is_ok() {}
        notifier.revive().unwrap();
        notifier.watch(&folder).unwrap();
        std::fs::write(folder.join("b"), "").unwrap();
        events.recv_timeout(PATIENCE).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn dropping_a_watcher_whose_thread_has_panicked_does_not_panic() {
        let folder = folder("dropped");
        let (notifier, _events) = broken(&folder);
        drop(notifier);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
