use std::io;
use std::path::{Component, Path, PathBuf};

use crate::defaults;

/// The way to a file through folders and symbolic links, as it is now.
///
/// A file changes its meaning where any link on the way is swapped. The folder in which that link
/// lies notices, and no other.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// The folders to watch, those of links included. None of their paths has a link in it.
    pub(super) folders: Vec<Folder>,
    /// Every folder, link and file on the way, by the name that its folder knows it by.
    pub(super) stops: Vec<PathBuf>,
    /// Why the way ends before the folder of the file.
    pub(super) broken: Option<io::Error>,
}

/// Whether folders above that of the file are watched, too: they notice when a folder is renamed.
/// Elsewhere a watch costs as much as there are files in the folder, or below it.
const WATCHES_ALL: bool = cfg!(any(target_os = "linux", target_os = "android"));

impl Trail {
    /// Follows an absolute path.
    pub(super) fn of(path: &Path) -> Self {
        let mut trail = Self::default();
        let mut at = PathBuf::new();
        let mut rest = path.to_owned();
        let mut links = 0;
        loop {
            let mut parts = rest.components();
            let Some(part) = parts.next() else { break };
            let after = parts.as_path().to_owned();
            match part {
                Component::Prefix(_) | Component::RootDir => at.push(part),
                Component::CurDir => {}
                Component::ParentDir => {
                    at.pop();
                }
                Component::Normal(name) => {
                    let stop = at.join(name);
                    let is_file = after.as_os_str().is_empty();
                    trail.stops.push(stop.clone());
                    match target(&stop) {
                        Ok(Some(_)) if links == defaults::WATCH_MAX_LINKS => {
                            trail.watch(&at);
                            trail.broken = Some(io::Error::other("too many symbolic links"));
                            break;
                        }
                        Ok(Some(target)) => {
                            links += 1;
                            trail.watch(&at);
                            if target.has_root() {
                                at = PathBuf::new();
                            }
                            rest = target.join(after);
                            continue;
                        }
                        Ok(None) => {
                            if WATCHES_ALL || is_file {
                                trail.watch(&at);
                            }
                            at = stop;
                        }
                        Err(error) => {
                            trail.watch(&at);
                            // A file that is not there is missed in its folder.
                            trail.broken = (!is_file).then_some(error);
                            break;
                        }
                    }
                }
            }
            rest = after;
        }
        trail
    }

    fn watch(&mut self, path: &Path) {
        if self.folders.iter().all(|folder| folder.path != path) {
            self.folders.extend(Folder::at(path));
        }
    }
}

/// Returns what a link leads to; `None` for what is no link.
fn target(path: &Path) -> io::Result<Option<PathBuf>> {
    if path.symlink_metadata()?.is_symlink() {
        path.read_link().map(Some)
    } else {
        Ok(None)
    }
}

/// A folder that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
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

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder for one test, without a link in its path.
    struct Root(PathBuf);

    impl Root {
        fn of(name: &str) -> io::Result<Self> {
            let root = std::env::temp_dir().canonicalize()?;
            let root = root.join(format!("redress-trail-{name}-{}", std::process::id()));
            fs::create_dir_all(&root)?;
            Ok(Self(root))
        }
    }

    impl Drop for Root {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn names(paths: impl IntoIterator<Item = PathBuf>, root: &Path) -> Vec<String> {
        let below = |path: PathBuf| Some(path.strip_prefix(root).ok()?.display().to_string());
        paths.into_iter().filter_map(below).collect()
    }

    #[test]
    fn every_link_on_the_way_is_found_in_its_folder() {
        let folder = Root::of("links").unwrap();
        let root = &folder.0;
        for name in ["releases/1/conf", "links", "mount"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        fs::write(root.join("releases/1/conf/retry.toml"), "").unwrap();
        symlink("../releases/1", root.join("links/current")).unwrap();
        symlink(root.join("links/current"), root.join("mount/app")).unwrap();
        symlink("conf/./retry.toml", root.join("releases/1/live.toml")).unwrap();
        let trail = Trail::of(&root.join("mount/../mount/app/live.toml"));
        assert!(trail.broken.is_none());
        let folders = trail.folders.into_iter().map(|folder| folder.path);
        let folders = names(folders, root);
        for name in ["mount", "links", "releases/1", "releases/1/conf"] {
            assert!(
                folders.iter().any(|folder| folder == name),
                "{name}: {folders:?}"
            );
        }
        let stops = names(trail.stops, root);
        for name in ["mount/app", "links/current", "releases/1/live.toml"] {
            assert!(stops.iter().any(|stop| stop == name), "{name}: {stops:?}");
        }
        assert_eq!(stops.last().unwrap(), "releases/1/conf/retry.toml");
    }

    #[test]
    fn a_way_that_leads_nowhere_ends() {
        let folder = Root::of("ends").unwrap();
        let root = &folder.0;
        assert!(Trail::of(&root.join("retry.toml")).broken.is_none());
        assert!(Trail::of(&root.join("none/retry.toml")).broken.is_some());
        symlink("loop", root.join("loop")).unwrap();
        symlink("../gone/away", root.join("dangling")).unwrap();
        for name in ["loop", "loop/retry.toml", "dangling/retry.toml"] {
            let trail = Trail::of(&root.join(name));
            assert!(trail.broken.is_some(), "{name}");
            assert!(
                trail.folders.iter().any(|folder| folder.path == *root),
                "{name}"
            );
        }
    }
}
