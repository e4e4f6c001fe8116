//! Watches real files. The tests wait for the watcher's report, however long it takes.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use redress::config::{ConfigFileError, Reloaded, Watch};
use redress::{Policies, PolicyHandle};

use super::failing;

/// A time longer than any machine needs; after it, no report is expected any more.
const PATIENCE: Duration = Duration::from_secs(60);

struct Watched {
    folder: tempfile::TempDir,
    policies: Policies,
    watch: Watch,
    reports: Receiver<Result<Reloaded, ConfigFileError>>,
}

fn text(attempts: u32) -> String {
    format!("[policies.a]\nstrategy = 'instant()'\nmax_attempts = {attempts}\n")
}

impl Watched {
    fn new() -> Self {
        Self::at(|folder| {
            let file = folder.join("retry.toml");
            std::fs::write(&file, text(3)).unwrap();
            file
        })
    }

    fn at(set_up: impl FnOnce(PathBuf) -> PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = set_up(folder.path().to_owned());
        let policies = Policies::from_file(file).unwrap();
        let (report, reports) = channel();
        let watch = policies
            .watch(move |result| report.send(result).unwrap())
            .unwrap();
        Self {
            folder,
            policies,
            watch,
            reports,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn handle(&self) -> PolicyHandle {
        self.policies.get("a").unwrap()
    }

    /// Waits until the file is reloaded. Before that it may have been read half written.
    fn reloaded(&self) -> Reloaded {
        loop {
            if let Ok(reloaded) = self.reports.recv_timeout(PATIENCE).unwrap() {
                return reloaded;
            }
        }
    }

    /// Waits until the file is refused for this reason.
    fn refused(&self, reason: &str) {
        loop {
            let report = self.reports.recv_timeout(PATIENCE).unwrap();
            if report.is_err_and(|error| error.to_string().contains(reason)) {
                return;
            }
        }
    }
}

fn attempts(policy: &PolicyHandle) -> u32 {
    policy.execute(failing).attempts
}

#[test]
fn a_bad_file_between_two_good_ones_keeps_the_old_values() {
    let watched = Watched::new();
    let a = watched.handle();
    watched.write("retry.toml", &text(4));
    assert_eq!(watched.reloaded().changed(), ["a"]);
    assert_eq!(attempts(&a), 4);
    watched.write("retry.toml", "[policies.a]\nmax_attempts = none\n");
    watched.refused("2:16");
    assert_eq!(attempts(&a), 4);
    watched.write("retry.toml", &text(5));
    watched.reloaded();
    assert_eq!(attempts(&a), 5);
}

#[test]
fn a_file_that_is_renamed_into_place_is_taken_up() {
    let watched = Watched::new();
    let a = watched.handle();
    for attempts_now in [4, 5, 6] {
        watched.write("retry.toml.new", &text(attempts_now));
        std::fs::rename(watched.path("retry.toml.new"), watched.path("retry.toml")).unwrap();
        watched.reloaded();
        assert_eq!(attempts(&a), attempts_now);
    }
}

#[test]
fn what_happens_beside_the_file_is_not_reported() {
    let watched = Watched::new();
    for n in 0..100 {
        watched.write(&format!("other{n}.toml"), "[policies.b]\n");
    }
    watched.write("retry.toml.new", &text(4));
    std::fs::rename(watched.path("retry.toml.new"), watched.path("retry.toml")).unwrap();
    let first = watched.reports.recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(first.changed(), ["a"]);
}

#[test]
fn a_file_that_is_deleted_is_taken_up_when_it_is_there_again() {
    let watched = Watched::new();
    let a = watched.handle();
    std::fs::remove_file(watched.path("retry.toml")).unwrap();
    watched.refused("cannot be read");
    assert_eq!(attempts(&a), 3);
    watched.write("retry.toml", &text(4));
    watched.reloaded();
    assert_eq!(attempts(&a), 4);
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_swapped_behind_a_link_is_noticed() {
    use std::os::unix::fs::symlink;
    // As Kubernetes mounts a config map: retry.toml -> ..data/retry.toml, ..data -> ..1
    let watched = Watched::at(|folder| {
        std::fs::create_dir(folder.join("..1")).unwrap();
        std::fs::write(folder.join("..1/retry.toml"), text(3)).unwrap();
        symlink("..1", folder.join("..data")).unwrap();
        symlink("..data/retry.toml", folder.join("retry.toml")).unwrap();
        folder.join("retry.toml")
    });
    let a = watched.handle();
    for n in [2, 3] {
        let (folder, attempts_now) = (format!("..{n}"), n + 2);
        std::fs::create_dir(watched.path(&folder)).unwrap();
        watched.write(&format!("{folder}/retry.toml"), &text(attempts_now));
        symlink(&folder, watched.path("..data_tmp")).unwrap();
        std::fs::rename(watched.path("..data_tmp"), watched.path("..data")).unwrap();
        watched.reloaded();
        assert_eq!(attempts(&a), attempts_now);
    }
}

#[cfg(unix)]
#[test]
fn a_file_behind_a_link_may_change_in_place() {
    let watched = Watched::at(|folder| {
        std::fs::create_dir(folder.join("real")).unwrap();
        std::fs::write(folder.join("real/retry.toml"), text(3)).unwrap();
        let link = folder.join("retry.toml");
        std::os::unix::fs::symlink("real/retry.toml", &link).unwrap();
        link
    });
    let a = watched.handle();
    watched.write("real/retry.toml", &text(4));
    watched.reloaded();
    assert_eq!(attempts(&a), 4);
}

#[test]
fn a_file_that_changed_before_it_was_watched_is_taken_up_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("retry.toml");
    std::fs::write(&file, text(3)).unwrap();
    let policies = Policies::from_file(&file).unwrap();
    std::fs::write(&file, text(4)).unwrap();
    let (report, reports) = channel();
    let _watch = policies
        .watch(move |result| report.send(result).unwrap())
        .unwrap();
    assert!(reports.recv_timeout(PATIENCE).unwrap().is_ok());
    assert_eq!(attempts(&policies.get("a").unwrap()), 4);
}

#[test]
fn a_watch_that_is_dropped_ends_and_lets_go_of_what_it_tells() {
    let Watched {
        folder,
        policies,
        watch,
        reports,
    } = Watched::new();
    drop(watch);
    // The other end of the channel is dropped when the thread has ended.
    assert!(reports.recv_timeout(PATIENCE).is_err());
    std::fs::write(folder.path().join("retry.toml"), text(4)).unwrap();
    assert_eq!(attempts(&policies.get("a").unwrap()), 3);
}

#[test]
fn handles_are_kept_up_to_date_although_the_registry_is_gone() {
    let Watched {
        folder,
        policies,
        watch: _watch,
        reports,
    } = Watched::new();
    let a = policies.get("a").unwrap();
    drop(policies);
    std::fs::write(folder.path().join("retry.toml"), text(4)).unwrap();
    while reports.recv_timeout(PATIENCE).unwrap().is_err() {}
    assert_eq!(attempts(&a), 4);
}

#[test]
fn a_panic_in_the_callback_does_not_end_the_watch() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("retry.toml");
    std::fs::write(&file, text(3)).unwrap();
    let policies = Policies::from_file(&file).unwrap();
    let (report, reports) = channel();
    let _watch = policies.watch(move |result| {
        report.send(result.is_ok()).unwrap();
        panic!("a callback that panics");
    });
    for attempts_now in [4, 5] {
        std::fs::write(&file, text(attempts_now)).unwrap();
        while !reports.recv_timeout(PATIENCE).unwrap() {}
    }
    assert_eq!(attempts(&policies.get("a").unwrap()), 5);
}

#[test]
fn a_folder_that_is_replaced_by_another_is_watched_in_its_place() {
    let watched = Watched::at(|folder| {
        std::fs::create_dir(folder.join("now")).unwrap();
        let file = folder.join("now/retry.toml");
        std::fs::write(&file, text(3)).unwrap();
        file
    });
    let path = |name: &str| watched.path(name);
    std::fs::create_dir(path("next")).unwrap();
    watched.write("next/retry.toml", &text(4));
    std::fs::rename(path("now"), path("before")).unwrap();
    std::fs::rename(path("next"), path("now")).unwrap();
    while attempts(&watched.handle()) != 4 {
        watched.reports.recv_timeout(PATIENCE).unwrap().ok();
    }
    // Sooner than the poll, which is for changes that the system does not notify.
    let before_the_poll = Duration::from_secs(20);
    for now in 5..8 {
        watched.write("now/retry.toml", &text(now));
        while attempts(&watched.handle()) != now {
            watched.reports.recv_timeout(before_the_poll).unwrap().ok();
        }
    }
}

/// Sooner than the poll, which is for changes that the system does not notify.
const AT_ONCE: Duration = Duration::from_secs(20);

impl Watched {
    /// Waits until the file says so many attempts.
    fn says(&self, now: u32) {
        while attempts(&self.handle()) != now {
            self.reports.recv_timeout(AT_ONCE).unwrap().ok();
        }
    }

    fn release(&self, name: &str, attempts: u32) {
        std::fs::create_dir_all(self.path(name)).unwrap();
        self.write(&format!("{name}/retry.toml"), &text(attempts));
    }

    /// Replaces a link in one step, as those do who deploy.
    #[cfg(unix)]
    fn link(&self, name: &str, target: &str) {
        let new = self.path("link.new");
        std::os::unix::fs::symlink(target, &new).unwrap();
        std::fs::rename(new, self.path(name)).unwrap();
    }
}

#[cfg(unix)]
fn release(folder: &std::path::Path, name: &str) {
    std::fs::create_dir_all(folder.join(name)).unwrap();
    std::fs::write(folder.join(name).join("retry.toml"), text(3)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_linked_folder_that_is_swapped_is_noticed_at_once() {
    use std::os::unix::fs::symlink;
    // As git-sync and Capistrano do: current -> releases/1
    let watched = Watched::at(|folder| {
        release(&folder, "releases/1");
        symlink("releases/1", folder.join("current")).unwrap();
        folder.join("current/retry.toml")
    });
    for n in 4..8 {
        let name = format!("releases/{n}");
        watched.release(&name, n);
        watched.link("current", &name);
        watched.says(n);
    }
    // In place, in the folder that it has come to, and as `ln -sfn` does, in two steps.
    watched.release("releases/7", 8);
    watched.says(8);
    watched.release("releases/9", 9);
    std::fs::remove_file(watched.path("current")).unwrap();
    symlink("releases/9", watched.path("current")).unwrap();
    watched.says(9);
}

#[cfg(unix)]
#[test]
fn every_link_of_a_chain_may_be_swapped() {
    use std::os::unix::fs::symlink;
    // As nix profiles: etc/app -> ../profiles/system, profiles/system -> system-1,
    // profiles/system-1 -> ../store/1
    let watched = Watched::at(|folder| {
        release(&folder, "store/1");
        std::fs::create_dir(folder.join("profiles")).unwrap();
        std::fs::create_dir(folder.join("etc")).unwrap();
        symlink("../store/1", folder.join("profiles/system-1")).unwrap();
        symlink("system-1", folder.join("profiles/system")).unwrap();
        symlink("../profiles/system", folder.join("etc/app")).unwrap();
        folder.join("etc/app/retry.toml")
    });
    watched.release("store/4", 4);
    watched.link("profiles/system-4", "../store/4");
    watched.link("profiles/system", "system-4");
    watched.says(4);
    watched.release("store/5", 5);
    watched.link("profiles/system-4", "../store/5");
    watched.says(5);
    // To a folder in place of a link, and with an absolute target.
    watched.release("store/6", 6);
    let absolute = watched.path("store/6").display().to_string();
    watched.link("etc/app", &absolute);
    watched.says(6);
    // A link that leads to the same folder by another link, which is swapped then.
    watched.link("profiles/other", "../store/6");
    watched.link("etc/app", "../profiles/other");
    watched.release("store/7", 7);
    std::thread::sleep(Duration::from_millis(300));
    watched.link("profiles/other", "../store/7");
    watched.says(7);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_for_a_while_is_followed_again() {
    let watched = Watched::at(|folder| {
        release(&folder, "1");
        std::os::unix::fs::symlink("1", folder.join("current")).unwrap();
        folder.join("current/retry.toml")
    });
    watched.link("current", "gone");
    watched.refused("cannot be read");
    assert_eq!(attempts(&watched.handle()), 3);
    watched.link("current", "current");
    watched.release("gone", 4);
    watched.link("current", "gone");
    watched.says(4);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_above_that_is_renamed_is_noticed_at_once() {
    let watched = Watched::at(|folder| {
        release(&folder, "current/etc/app");
        folder.join("current/etc/app/retry.toml")
    });
    for n in 4..6 {
        watched.release("next/etc/app", n);
        std::fs::rename(watched.path("current"), watched.path(&format!("before{n}"))).unwrap();
        std::fs::rename(watched.path("next"), watched.path("current")).unwrap();
        watched.says(n);
    }
}

/// Runs in a process of its own: the working directory is that of all threads.
#[test]
fn a_relative_path_survives_another_working_directory() {
    const CHILD: &str = "REDRESS_TEST_OF_THE_WORKING_DIRECTORY";
    if std::env::var_os(CHILD).is_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("elsewhere")).unwrap();
        std::fs::write(folder.path().join("retry.toml"), text(3)).unwrap();
        let name = "config::watch::a_relative_path_survives_another_working_directory";
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .current_dir(folder.path())
            .env(CHILD, "1")
            .output()
            .unwrap();
        assert!(child.status.success(), "{child:?}");
        assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"));
        return;
    }
    let home = std::env::current_dir().unwrap();
    let policies = Policies::from_file("retry.toml").unwrap();
    let a = policies.get("a").unwrap();
    let (report, reports) = channel();
    std::env::set_current_dir("elsewhere").unwrap();
    std::fs::write(home.join("retry.toml"), text(4)).unwrap();
    policies.reload().unwrap();
    assert_eq!(attempts(&a), 4);
    let _watch = policies
        .watch(move |result| report.send(result).unwrap())
        .unwrap();
    std::env::set_current_dir(&home).unwrap();
    std::env::set_current_dir("elsewhere").unwrap();
    std::fs::write(home.join("retry.toml"), text(5)).unwrap();
    while attempts(&a) != 5 {
        reports.recv_timeout(AT_ONCE).unwrap().ok();
    }
    std::fs::write(home.join("retry.toml"), "[policies.a]\nmax_attempts = 0\n").unwrap();
    let error = loop {
        if let Err(error) = reports.recv_timeout(AT_ONCE).unwrap() {
            break error.to_string();
        }
    };
    assert!(error.starts_with("retry.toml:2:16: "), "{error}");
}
