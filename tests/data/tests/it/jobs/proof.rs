//! A thousand jobs, and workers that are killed.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use apalis::prelude::{TaskBuilder, TaskSink as _};
use tempfile::TempDir;

use super::service::{Call, End, Service};
use super::storage::Storage;
use super::worker::{CAP, Kind, Way, command};

const SIGKILL: i32 = 9;

/// So many workers die in the middle of a call, and so many whenever it happens.
const KILLS: u32 = 10;

/// The workers, and how many of them were killed.
struct Workers<'a> {
    storage: (&'static str, &'a str),
    folder: TempDir,
    way: Way,
    deadly: u32,
    running: Vec<Child>,
    begun: u32,
    killed: u32,
    failed: u32,
}

impl Workers<'_> {
    fn start(&mut self) {
        let name = format!("worker-{}", self.begun);
        self.begun += 1;
        let folder = self.folder.path();
        let log = std::fs::File::create(folder.join(&name)).unwrap();
        let mut command = command(self.storage, folder, self.way, self.deadly, &name);
        let command = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap());
        self.running.push(command.stderr(log).spawn().unwrap());
    }

    /// Replaces the ones that have ended.
    fn tend(&mut self) {
        for index in (0..self.running.len()).rev() {
            if self.running[index].try_wait().unwrap().is_none() {
                continue;
            }
            let ended = self.running.swap_remove(index).wait().unwrap();
            match ended.signal() {
                Some(SIGKILL) => self.killed += 1,
                _ => self.failed += 1,
            }
            self.start();
        }
    }

    /// What they have printed.
    fn said(&self) -> String {
        let read =
            |worker| std::fs::read_to_string(self.folder.path().join(format!("worker-{worker}")));
        (0..self.begun)
            .map(|worker| read(worker).unwrap())
            .collect()
    }

    /// Kills one, wherever it is.
    fn kill_one(&mut self) {
        // One that has just killed itself would count once only.
        self.tend();
        self.running[0].kill().unwrap();
        self.running.remove(0).wait().unwrap();
        self.killed += 1;
        self.start();
    }
}

impl Drop for Workers<'_> {
    fn drop(&mut self) {
        for worker in &mut self.running {
            let _killed = worker.kill();
            let _reaped = worker.wait();
        }
    }
}

/// What became of the jobs.
#[derive(Debug, Default)]
struct Numbers {
    calls: usize,
    died: usize,
    done: usize,
    given_up: usize,
    lost: Vec<u32>,
    beyond: Vec<u32>,
    early: Vec<u32>,
    killed: u32,
}

impl Numbers {
    fn shows_how(&self) -> bool {
        !self.beyond.is_empty() && !self.early.is_empty()
    }
}

async fn run(mut storage: Storage, url: &str, jobs: u32, way: Way) -> Numbers {
    for job in 0..jobs {
        let task = TaskBuilder::new(job).max_attempts(CAP as usize).build();
        match &mut storage {
            Storage::Sqlite(storage, _) => storage.push_task(task).await.unwrap(),
            Storage::Postgres(storage, _) => storage.push_task(task).await.unwrap(),
            Storage::Redis(storage, _) => storage.push_task(task).await.unwrap(),
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let service = Service::new(folder.path());
    let mut workers = Workers {
        storage: (storage.name(), url),
        folder,
        way,
        deadly: jobs / KILLS,
        running: Vec::new(),
        begun: 0,
        killed: 0,
        failed: 0,
    };
    (0..3).for_each(|_| workers.start());
    let begun = Instant::now();
    let (mut kills, mut last, mut changed) = (0, 0, Instant::now());
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        workers.tend();
        let calls = service.count();
        // By progress, so that a slow machine is killed as often.
        if kills < KILLS && calls >= ((kills + 1) * jobs / (KILLS + 2)) as usize {
            kills += 1;
            workers.kill_one();
        }
        if calls != last {
            (last, changed) = (calls, Instant::now());
        } else if storage.open().await == 0 {
            break;
        }
        if way == Way::Apalis {
            let stands = changed.elapsed() > Duration::from_secs(8);
            // It may go on for long: until it is seen how, and as long as ours takes.
            let long = begun.elapsed() > Duration::from_secs(15);
            if stands || long && count(&service, jobs, &[]).shows_how() {
                break;
            }
        }
        let late = begun.elapsed() > Duration::from_secs(400);
        assert!(
            !late,
            "{} tasks are open\n{}",
            storage.open().await,
            workers.said()
        );
    }
    workers.tend();
    let killed = storage.killed().await;
    let mut numbers = count(
        &service,
        jobs,
        &killed.iter().map(|(job, _)| *job).collect::<Vec<_>>(),
    );
    numbers.killed = workers.killed;
    if way == Way::Redress {
        for (job, reason) in &killed {
            let said = format!("MAX_ATTEMPTS_GLOBAL after {CAP} attempts: ");
            assert!(reason.contains(&said), "job {job}: {reason}");
        }
    }
    println!(
        "{:>8} {:<8} {:>5} jobs {:>6} calls {:>4} died {:>5} done {:>4} given up {:>4} open \
         {:>5} beyond the cap {:>4} early, {} workers killed, {} ended by themselves, {:.0?}",
        storage.name(),
        format!("{way:?}").to_lowercase(),
        jobs,
        numbers.calls,
        numbers.died,
        numbers.done,
        numbers.given_up,
        numbers.lost.len(),
        numbers.beyond.len(),
        numbers.early.len(),
        numbers.killed,
        workers.failed,
        begun.elapsed(),
    );
    numbers
}

fn count(service: &Service, jobs: u32, killed: &[u32]) -> Numbers {
    let all = service.calls();
    let mut numbers = Numbers::default();
    for job in 0..jobs {
        let calls: &[Call] = all.get(&job).map_or(&[], Vec::as_slice);
        let is_done = calls.iter().any(|call| matches!(call.end, Some(End::Done)));
        numbers.calls += calls.len();
        numbers.died += calls.iter().filter(|call| call.end.is_none()).count();
        numbers.done += usize::from(is_done);
        if !is_done {
            match killed.contains(&job) {
                true => numbers.given_up += 1,
                false => numbers.lost.push(job),
            }
        }
        if calls.len() > CAP as usize {
            numbers.beyond.push(job);
        }
        let early = |pair: &[Call]| {
            let [before, after] = pair else { return false };
            matches!(before.end, Some(End::Busy { at, hint })
                if at <= after.begun && after.begun < at + hint)
        };
        if calls.windows(2).any(early) {
            numbers.early.push(job);
        }
        assert!(!is_done || Kind::of(job) != Kind::Never, "job {job}");
    }
    numbers
}

fn check(numbers: &Numbers) {
    assert_eq!(numbers.lost, [0; 0], "lost");
    assert_eq!(numbers.beyond, [0; 0], "beyond the cap");
    assert_eq!(numbers.early, [0; 0], "earlier than asked");
    assert_eq!(numbers.killed, 2 * KILLS);
    assert!(numbers.died >= KILLS as usize, "{numbers:?}");
}

/// What the guide says of apalis alone.
fn check_alone(numbers: &Numbers) {
    let wrong = numbers.lost.len() + numbers.beyond.len() + numbers.early.len();
    assert!(
        wrong > 0,
        "it keeps delays by now: say so in the guide. {numbers:?}"
    );
}

#[tokio::test]
async fn on_sqlite() {
    let (storage, url) = Storage::sqlite().await;
    check(&run(storage, &url, 1_000, Way::Redress).await);
    let (storage, url) = Storage::sqlite().await;
    check_alone(&run(storage, &url, 1_000, Way::Apalis).await);
}

#[tokio::test]
async fn on_postgres() {
    let (storage, url) = Storage::postgres().await;
    check(&run(storage, &url, 1_000, Way::Redress).await);
    let (storage, url) = Storage::postgres().await;
    check_alone(&run(storage, &url, 1_000, Way::Apalis).await);
}

#[tokio::test]
async fn on_redis() {
    let (storage, url) = Storage::redis().await;
    check(&run(storage, &url, 300, Way::Redress).await);
    let (storage, url) = Storage::redis().await;
    check_alone(&run(storage, &url, 300, Way::Apalis).await);
}
