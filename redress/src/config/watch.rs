use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

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
    /// another one and rename it. Files behind symbolic links are watched, too, as those that
    /// Kubernetes mounts; where the system reports no changes, as on some network file systems, the
    /// file is looked at every 30 s.
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
        // One is enough to wake: a folder may be busier than its callback.
        let (wake, woken) = sync_channel(1);
        let noticed = wake.clone();
        let notice = move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| is_only_read(event.kind)) {
                return;
            }
            let _already_awake = noticed.try_send(());
        };
        let stopped = Arc::new(AtomicBool::new(false));
        let watcher = notify::recommended_watcher(notice).map_err(|e| refused(e.into()))?;
        let mut watching = Watching {
            seen: Ok(self.text()),
            policies: self.clone(),
            path: path.clone(),
            watcher,
            folders: [None, None],
            armed: true,
            woken,
            stopped: Arc::clone(&stopped),
            on_reload,
        };
        watching.arm().map_err(|e| refused(e.into()))?;
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

/// The thread that watches.
struct Watching<F> {
    policies: Policies,
    path: PathBuf,
    watcher: RecommendedWatcher,
    /// The watched folders: the file's, and the one that it is really in, behind symbolic links.
    folders: [Option<Folder>; 2],
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
            if !noticed || self.seen.is_err() || self.folders != self.find_folders() {
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
        let folders = self.find_folders();
        if self.folders != folders {
            // A folder that was replaced has the same name, and is another one.
            for before in std::mem::take(&mut self.folders).into_iter().flatten() {
                let _gone_already = self.watcher.unwatch(&before.path);
            }
        }
        let [own, real] = &folders;
        if let Some(folder) = real {
            // The file's own folder matters more, and is next.
            let _next_time = self
                .watcher
                .watch(&folder.path, RecursiveMode::NonRecursive);
        }
        let path = match own {
            Some(folder) => folder.path.as_path(),
            None => folder(&self.path).unwrap_or(Path::new(".")),
        };
        // Last, as the two may be the same.
        self.watcher.watch(path, RecursiveMode::NonRecursive)?;
        self.folders = folders;
        Ok(())
    }

    /// Finds the file's folder, and the one that the file is really in.
    fn find_folders(&self) -> [Option<Folder>; 2] {
        let own = folder(&self.path).unwrap_or(Path::new("."));
        let real = self.path.canonicalize().ok();
        let real = real.as_deref().and_then(folder);
        [Some(own), real].map(|path| Folder::at(path?))
    }
}

/// A folder that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Folder {
    path: PathBuf,
    id: Option<(u64, u64)>,
}

impl Folder {
    fn at(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        Some(Self {
            path: path.to_owned(),
            id: id(&metadata),
        })
    }
}

/// Returns what tells a folder from another of the same name, where the system has such a thing.
#[cfg(unix)]
fn id(metadata: &std::fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn id(_: &std::fs::Metadata) -> Option<(u64, u64)> {
    None
}

fn folder(path: &Path) -> Option<&Path> {
    let folder = path.parent()?;
    (!folder.as_os_str().is_empty()).then_some(folder)
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
