use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::{ConfigFile, ConfigFileError, Policies, Reloaded};
use crate::defaults;
use crate::drive::shielded;

/// A file that is watched, until this is dropped. From [`Policies::watch`].
#[must_use = "the file is watched until this is dropped"]
pub struct Watch {
    signals: Sender<Signal>,
}

/// Why a file cannot be watched.
#[derive(Debug)]
pub struct WatchError {
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

enum Signal {
    /// Something has happened near the file.
    Look,
    Stop,
}

impl Policies {
    /// Reads the file anew whenever it changes, until what is returned is dropped, and tells
    /// `on_reload` what came of it.
    ///
    /// A bad file leaves everything as it is; `on_reload` gets the whole report, and the file goes
    /// on being watched. So it does when it is gone for a while. A file that is written in place is
    /// read when it has been quiet for 50 ms; to be sure that no half of it is ever read, write
    /// another one and rename it. Files behind symbolic links are watched, too, as those that
    /// Kubernetes mounts; where the system reports no changes, as on some network file systems, the
    /// file is looked at every 30 s.
    ///
    /// `on_reload` runs on a thread of its own, one call after the other, and not for a file that
    /// reads the same as before. If it panics, watching goes on.
    ///
    /// # Errors
    ///
    /// These policies come from a text, or the system refuses to watch, as when it has no
    /// watches left.
    ///
    /// ```no_run
    /// use redress::Policies;
    ///
    /// let policies = Policies::from_file("retry.toml")?;
    /// let watch = policies.watch(|report| match report {
    ///     Ok(reloaded) => println!("{reloaded}"),
    ///     Err(error) => eprintln!("{error}"),
    /// })?;
    /// // ... for as long as the program runs:
    /// drop(watch);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn watch(
        &self,
        on_reload: impl FnMut(Result<Reloaded, ConfigFileError>) + Send + 'static,
    ) -> Result<Watch, WatchError> {
        let Some(path) = self.path().map(Path::to_owned) else {
            return Err(WatchError {
                message: "these policies come from a text, so there is no file to watch".to_owned(),
                source: None,
            });
        };
        let refused = |source| WatchError {
            message: format!("{} cannot be watched", path.display()),
            source: Some(source),
        };
        let (signals, received) = channel();
        let noticed = signals.clone();
        let notice = move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| is_only_read(event.kind)) {
                return;
            }
            // Nobody listens any more when the watch has just been dropped.
            let _ = noticed.send(Signal::Look);
        };
        let watcher = notify::recommended_watcher(notice).map_err(|e| refused(e.into()))?;
        let mut watching = Watching {
            seen: Ok(self.text()),
            policies: self.clone(),
            path: path.clone(),
            watcher,
            received,
            on_reload,
        };
        watching.arm().map_err(|e| refused(e.into()))?;
        let name = "redress-watch".to_owned();
        let thread = thread::Builder::new().name(name);
        let started = thread.spawn(move || watching.run());
        started.map_err(|e| refused(e.into()))?;
        Ok(Watch { signals })
    }
}

/// Looking at the file must not be a reason to look again.
fn is_only_read(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        EventKind::Access(_) => true,
        _ => false,
    }
}

/// The thread that watches.
struct Watching<F> {
    policies: Policies,
    path: PathBuf,
    watcher: RecommendedWatcher,
    received: Receiver<Signal>,
    /// The text that was last looked at, or why there was none.
    seen: Result<String, String>,
    on_reload: F,
}

impl<F: FnMut(Result<Reloaded, ConfigFileError>)> Watching<F> {
    fn run(mut self) {
        loop {
            // At once, too: the file may have changed before it was watched.
            self.look();
            if self.wait().is_none() {
                return;
            }
            // What was watched may have been replaced.
            let _ = self.arm();
        }
    }

    /// Waits until there may be something to see; `None` is the end.
    fn wait(&self) -> Option<()> {
        match self.received.recv_timeout(defaults::WATCH_POLL) {
            Ok(Signal::Look) => self.settle(),
            Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => Some(()),
        }
    }

    /// Waits until nothing happens for a while, but not for ever.
    fn settle(&self) -> Option<()> {
        let started = Instant::now();
        while started.elapsed() < defaults::WATCH_PATIENCE {
            match self.received.recv_timeout(defaults::WATCH_SETTLE) {
                Ok(Signal::Look) => {}
                Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
        Some(())
    }

    /// Takes the file up if it is not what it was.
    fn look(&mut self) {
        let (path, seen) = (&self.path, &mut self.seen);
        let report = self.policies.take_up_if(|| {
            let source = ConfigFile::source(path);
            let now = match &source {
                Ok((_, text)) => Ok(text.clone()),
                Err(error) => Err(error.to_string()),
            };
            if now == *seen {
                return None;
            }
            *seen = now;
            let (format, text) = match source {
                Ok(source) => source,
                Err(error) => return Some(Err(error)),
            };
            Some(ConfigFile::parse_as(Some(path), format, text))
        });
        if let Some(report) = report {
            shielded((), || (self.on_reload)(report));
        }
    }

    /// Watches the folders in which something happens when the file changes: a file that is
    /// replaced is another one, and only its folder notices.
    fn arm(&mut self) -> notify::Result<()> {
        let real = self.path.canonicalize();
        let behind_links = real.as_deref().ok().and_then(folder);
        if let Some(folder) = behind_links {
            // The folder of the link is what must be watched.
            let _ = self.watcher.watch(folder, RecursiveMode::NonRecursive);
        }
        let folder = folder(&self.path).unwrap_or(Path::new("."));
        self.watcher.watch(folder, RecursiveMode::NonRecursive)
    }
}

fn folder(path: &Path) -> Option<&Path> {
    let folder = path.parent()?;
    (!folder.as_os_str().is_empty()).then_some(folder)
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The thread has ended by itself only if its last look panicked.
        let _ = self.signals.send(Signal::Stop);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl fmt::Display for WatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WatchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|error| error as _)
    }
}
