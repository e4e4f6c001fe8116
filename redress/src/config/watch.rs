use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind};

use super::file::Origin;
use super::notifier::Notifier;
use super::trail::{Folder, Trail};
use super::{ConfigFile, ConfigFileError, Policies, Reloaded};
use crate::defaults;
use crate::shielded::shielded;

/// A file that is watched, until this is dropped. From [`Policies::watch`].
#[must_use = "the file is watched until this is dropped"]
pub struct Watch {
    stopped: Arc<AtomicBool>,
    wake: SyncSender<()>,
}

/// Why a file cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct WatchError {
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Policies {
    /// Reads the file anew whenever it changes, until what is returned is dropped, and tells
    /// `on_reload` what came of it.
    ///
    /// A bad file leaves everything as it is; `on_reload` gets the whole report, and the file goes
    /// on being watched. So it does when it is gone for a while. A file that is written in place is
    /// read when it has been quiet for 50 ms; to be sure that no half of it is ever read, write
    /// another one and rename it. Where the system reports no changes, as on some network file
    /// systems, the file is looked at every 30 s.
    ///
    /// The way to the file is watched, too: a link or a linked folder that is swapped is noticed at
    /// once, however many links lead to the file, as those of Kubernetes, git-sync and nix do. A
    /// relative path is that of the working directory in which the file was read first; the process
    /// may change to another.
    ///
    /// Dropping it does not wait for a look or a call of `on_reload` that is under way.
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
        let Some(origin) = self.origin().cloned() else {
            return Err(WatchError {
                message: "these policies come from a text, so there is no file to watch".to_owned(),
                source: None,
            });
        };
        let refused = |source| WatchError {
            message: format!("{} cannot be watched", origin.shown.display()),
            source: Some(source),
        };
        // One is enough to wake: a folder may be busier than its callback.
        let (wake, woken) = sync_channel(1);
        let noticed = wake.clone();
        let stops = Arc::new(Mutex::new(Vec::new()));
        let on_the_way = Arc::clone(&stops);
        let notice = move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| is_only_read(event.kind) || is_beside(&event, &on_the_way)) {
                return;
            }
            let _already_awake = noticed.try_send(());
        };
        let stopped = Arc::new(AtomicBool::new(false));
        let notifier = Notifier::new(notice).map_err(|e| refused(e.into()))?;
        let mut watching = Watching {
            seen: Ok(self.text()),
            policies: self.clone(),
            origin: origin.clone(),
            notifier,
            folders: Vec::new(),
            stops,
            armed: true,
            woken,
            stopped: Arc::clone(&stopped),
            on_reload,
        };
        if let Err(error) = watching.arm() {
            // Behind a link that leads nowhere for now there may be a file later.
            if folder_is_missing(&origin) {
                return Err(refused(error));
            }
            watching.armed = false;
        }
        let name = "redress-watch".to_owned();
        let thread = thread::Builder::new().name(name);
        let started = thread.spawn(move || watching.run());
        started.map_err(|e| refused(e.into()))?;
        Ok(Watch { stopped, wake })
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

/// Returns `true` for what happens to other files in the same folders.
fn is_beside(event: &Event, stops: &Mutex<Vec<PathBuf>>) -> bool {
    if event.need_rescan() || event.paths.is_empty() {
        return false;
    }
    let stops = stops.lock().unwrap_or_else(PoisonError::into_inner);
    !event.paths.iter().any(|path| stops.contains(path))
}

fn folder_is_missing(origin: &Origin) -> bool {
    let folder = origin.path.parent();
    folder.is_some_and(|folder| folder.metadata().is_err())
}

/// The thread that watches.
struct Watching<F> {
    policies: Policies,
    origin: Origin,
    notifier: Notifier,
    /// The watched folders.
    folders: Vec<Folder>,
    /// What lies on the way to the file: all that is listened to.
    stops: Arc<Mutex<Vec<PathBuf>>>,
    /// They are watched.
    armed: bool,
    woken: Receiver<()>,
    stopped: Arc<AtomicBool>,
    /// The text that was last looked at, or why there was none.
    seen: Result<String, String>,
    on_reload: F,
}

impl<F: FnMut(Result<Reloaded, ConfigFileError>)> Watching<F> {
    fn run(mut self) {
        // At once, too: the file may have changed before it was watched.
        while !self.is_stopped() {
            self.look();
            let again = if self.armed {
                defaults::WATCH_POLL
            } else {
                defaults::WATCH_MISSING_POLL
            };
            let noticed = self.woken.recv_timeout(again).is_ok();
            if noticed {
                self.settle();
            }
            // What was watched may be gone, or another one.
            if !noticed || self.seen.is_err() || self.has_moved() {
                self.armed = self.arm().is_ok();
            }
        }
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    /// Waits until nothing happens for a while, but not for ever.
    fn settle(&self) {
        let started = Instant::now();
        while !self.is_stopped()
            && started.elapsed() < defaults::WATCH_PATIENCE
            && self.woken.recv_timeout(defaults::WATCH_SETTLE).is_ok()
        {}
    }

    /// Takes the file up if it is not what it was.
    fn look(&mut self) {
        let (origin, seen) = (&self.origin, &mut self.seen);
        let report = self.policies.take_up_if(|| {
            let source = ConfigFile::source(origin);
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
            Some(ConfigFile::parse_as(Some(&origin.shown), format, text))
        });
        if let Some(report) = report {
            shielded((), || (self.on_reload)(report));
        }
    }

    /// Returns `true` if the way to the file is another one than is watched.
    fn has_moved(&self) -> bool {
        let now = Trail::of(&self.origin.path);
        let stops = self.stops.lock().unwrap_or_else(PoisonError::into_inner);
        self.folders != now.folders || *stops != now.stops
    }

    /// Watches the folders in which something happens when the file changes, or the way to it: what
    /// is replaced is another one, and only its folder notices.
    fn arm(&mut self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let Trail {
            folders,
            stops,
            broken,
        } = Trail::of(&self.origin.path);
        self.notifier.revive()?;
        if self.folders != folders {
            // A folder that was replaced has the same name, and is another one.
            for before in std::mem::take(&mut self.folders) {
                let _gone_already = self.notifier.unwatch(&before.path);
            }
        }
        *self.stops.lock().unwrap_or_else(PoisonError::into_inner) = stops;
        let mut refused = None;
        // The file's own folder is the last of them. The others may be closed to this process.
        for folder in &folders {
            refused = self.notifier.watch(&folder.path).err();
        }
        self.folders = folders;
        self.notifier.runs()?;
        if let Some(error) = broken {
            return Err(error.into());
        }
        refused.map_or(Ok(()), Err)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stopped.store(true, Relaxed);
        let _already_awake = self.wake.try_send(());
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
