//! The simulation beside a real run: a server process and its clients on loopback, in real time.
//!
//! It takes 40 s of real time in which little else runs, so it is a step of its own in `.ci/run`:
//! `cargo test -p redress-tests --test it simulate::real -- --ignored --nocapture`. Where the machine was
//! too busy to start the calls in time, the run says nothing, and there is another one.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use redress::simulate::{CallRecorder, RecordedCall, Run, Simulation, Trouble, World};
use redress::strategies::full_jitter;
use redress::{Budget, Policy, PolicyBuilder};

/// In the environment of the process that is the server.
const ROLE: &str = "REDRESS_TESTS_SERVER";

const SERVICE: Duration = Duration::from_millis(25);
const STALLS: (u64, u64) = (6, 9);
const SECONDS: usize = 36;
const TIMEOUT: Duration = Duration::from_secs(1);

/// A call each 33 ms, give or take as much.
fn arrivals() -> Vec<Duration> {
    let millis = |n: u64| 33 * n + (n * n * 7919) % 33;
    let all = (0..).map(|n| Duration::from_millis(millis(n)));
    all.take_while(|at| at.as_secs() < SECONDS as u64).collect()
}

fn policy() -> PolicyBuilder {
    Policy::builder()
        .strategy(full_jitter(2).base(0.2))
        .max_attempts(3)
        .no_deadline()
        .budget(Budget::success_ratio(0.1).reserve(30))
}

fn world() -> World {
    World::builder("loopback")
        .trace(arrivals())
        .workers(1)
        .service(SERVICE)
        .attempt_timeout(TIMEOUT)
        .during(STALLS.0, STALLS.1, Trouble::Stalls)
        .duration(SECONDS as u64)
        .build()
        .unwrap()
}

/// Works on one request after the other, also on those whose clients have gone.
#[test]
#[ignore = "it is the server of the other test"]
fn server() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("port {}", listener.local_addr().unwrap().port());
    let (queue, requests) = mpsc::channel::<(TcpStream, Instant)>();
    let mut started = None;
    let worker = thread::spawn(move || {
        let mut free = Instant::now();
        for (mut client, arrived) in requests {
            let start = *started.get_or_insert(arrived);
            let (from, until) = STALLS;
            // Not from when the thread woke up: on a busy machine each request would take longer.
            let mut begin = free.max(arrived);
            let since = begin - start;
            if (from..until).contains(&since.as_secs()) {
                begin = start + Duration::from_secs(until);
            }
            free = begin + SERVICE;
            thread::sleep(free.saturating_duration_since(Instant::now()));
            let _ = client.write_all(b"!");
        }
    });
    for client in listener.incoming() {
        let mut client = client.unwrap();
        // A request is one byte, sent at once.
        let mut request = [0];
        if client.read_exact(&mut request).is_ok() && queue.send((client, Instant::now())).is_err()
        {
            break;
        }
    }
    worker.join().unwrap();
}

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "simulate::real::server",
                "--ignored",
                "--nocapture",
            ])
            .env(ROLE, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut ports = lines.filter_map(|line| line.unwrap().strip_prefix("port ")?.parse().ok());
        let port = ports.next().unwrap();
        Self { process, port }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn request(port: u16) -> io::Result<()> {
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    server.set_nodelay(true)?;
    server.set_read_timeout(Some(TIMEOUT))?;
    server.write_all(b"?")?;
    server.read_exact(&mut [0]).map_err(late)
}

/// The second after the trouble from which 95% of the calls succeed, over five.
fn recovered(calls: &[u32], successes: &[u32]) -> usize {
    let sum = |of: &[u32], from: usize| of.iter().skip(from).take(5).sum::<u32>();
    let well = |from: &usize| sum(successes, *from) * 100 >= sum(calls, *from) * 95;
    let first = (STALLS.1 as usize..SECONDS - 5).find(well);
    first.unwrap() - STALLS.1 as usize
}

/// What became of a real run.
struct Real {
    /// The second after the trouble from which calls succeeded.
    recovered: usize,
    success: f64,
    calls: Vec<RecordedCall>,
    /// By how much the latest hundredth of the calls started too late.
    late: Duration,
}

fn really() -> Real {
    let server = Server::start();
    let recorder = CallRecorder::new(Vec::new());
    let policy = Arc::new(policy().on_event(recorder.clone()).build().unwrap());
    let mut late = Vec::new();
    let counts = Arc::new(Mutex::new((vec![0_u32; SECONDS], vec![0_u32; SECONDS])));
    // The server counts its time from the first request.
    let started = Instant::now();
    let calls: Vec<_> = arrivals()
        .into_iter()
        .map(|at| {
            thread::sleep((started + at).saturating_duration_since(Instant::now()));
            late.push(started.elapsed().saturating_sub(at));
            let (policy, counts, port) = (Arc::clone(&policy), Arc::clone(&counts), server.port);
            counts.lock().unwrap().0[at.as_secs() as usize] += 1;
            thread::spawn(move || {
                let succeeded = policy.call(|| request(port)).is_ok();
                let end = started.elapsed().as_secs() as usize;
                if let (true, Some(count)) = (succeeded, counts.lock().unwrap().1.get_mut(end)) {
                    *count += 1;
                }
                succeeded
            })
        })
        .collect();
    let all = calls.len() as f64;
    let succeeded = calls
        .into_iter()
        .filter_map(|call| call.join().unwrap().then_some(()));
    let success = succeeded.count() as f64 / all;
    let (calls, successes) = counts.lock().unwrap().clone();
    let lines = recorder.lines().unwrap();
    let mut recorded = RecordedCall::read_lines(None, &lines).unwrap();
    late.sort_unstable();
    Real {
        recovered: recovered(&calls, &successes),
        success,
        calls: recorded.remove("").unwrap(),
        late: late[late.len() * 99 / 100],
    }
}

#[test]
#[ignore = "takes 40 s of real time"]
fn a_real_outage_takes_as_long_as_the_simulated_one_and_can_be_replayed() {
    // A request takes as long, and a client waits forty times as long.
    let in_time = |run: &Real| run.late < SERVICE;
    let mut runs = (0..3)
        .map(|_| really())
        .inspect(|run| println!("late by {:?}", run.late));
    let Some(real) = runs.find(in_time) else {
        panic!("the machine was busy during three runs, so that they say nothing: run it alone")
    };
    let took = real.recovered;

    let plain = super::built(policy());
    let report = Simulation::new(&plain).seeds(1..=10).run(world());
    let mut simulated: Vec<_> = report
        .runs()
        .iter()
        .map(|run| {
            let of = |count: fn(&redress::simulate::Second) -> u32| {
                run.seconds().iter().map(count).collect::<Vec<_>>()
            };
            recovered(&of(|second| second.calls), &of(|second| second.successes))
        })
        .collect();
    simulated.sort_unstable();
    let median = simulated[5];
    let success = report.mean(Run::success);
    println!("recovered after {took} s, simulated {median} s ({simulated:?})");
    println!("succeeded {:.4}, simulated {success:.4}", real.success);
    assert!(
        took.abs_diff(median) * 100 <= median * 15,
        "{took} {median}"
    );
    assert!((real.success / success - 1.0).abs() < 0.03);

    let attempts = real.calls.iter().map(|call| call.attempts.len());
    let attempts = attempts.sum::<usize>() as f64 / real.calls.len() as f64;
    let report = Simulation::new(&plain)
        .seeds(1..=10)
        .run(World::replayed("real", real.calls));
    let (success, requests) = (
        report.mean(Run::success),
        report.mean(Run::requests_per_call),
    );
    println!(
        "replayed: succeeded {success:.4} of {:.4}, attempts {requests:.3} of {attempts:.3}",
        real.success
    );
    assert!((success / real.success - 1.0).abs() < 0.05);
    assert!((requests / attempts - 1.0).abs() < 0.05);
}
