//! Interleaved rounds, medians, ratios.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

const ROUNDS: usize = 301;
const ROUND: Duration = Duration::from_micros(200);

pub(crate) struct Case {
    name: &'static str,
    run: Box<dyn Fn(u32)>,
}

impl Case {
    pub(crate) fn new(name: &'static str, call: impl Fn() + 'static) -> Self {
        Self::repeated(name, move |times| {
            for _ in 0..times {
                call();
            }
        })
    }

    /// Takes what makes so many calls.
    pub(crate) fn repeated(name: &'static str, run: impl Fn(u32) + 'static) -> Self {
        let run = Box::new(run);
        Self { name, run }
    }

    fn time(&self, times: u32) -> Duration {
        let started = Instant::now();
        (self.run)(times);
        started.elapsed()
    }

    /// Finds how many calls fill a round.
    fn calibrate(&self) -> u32 {
        let mut times = 64;
        while self.time(times) < ROUND && times < 1 << 24 {
            times *= 2;
        }
        times
    }
}

pub(crate) struct Table {
    title: &'static str,
    cases: Vec<Case>,
}

impl Table {
    pub(crate) const fn new(title: &'static str) -> Self {
        Self {
            title,
            cases: Vec::new(),
        }
    }

    pub(crate) fn case(mut self, case: Case) -> Self {
        self.cases.push(case);
        self
    }

    /// Runs the one case that is named `TITLE/NAME`.
    pub(crate) fn run(self, case: &str, times: u32) {
        let name = case
            .strip_prefix(self.title)
            .and_then(|rest| rest.strip_prefix('/'));
        for case in self.cases.iter().filter(|case| Some(case.name) == name) {
            (case.run)(times);
        }
    }

    /// Measures every case once in each round, so that a change of the machine's speed meets all
    /// of them; ratios are to the first case.
    pub(crate) fn print(self) {
        let times: Vec<u32> = self.cases.iter().map(Case::calibrate).collect();
        let mut samples = vec![Vec::with_capacity(ROUNDS); self.cases.len()];
        for _ in 0..ROUNDS {
            for ((case, times), samples) in self.cases.iter().zip(&times).zip(&mut samples) {
                samples.push(case.time(*times).as_secs_f64() * 1e9 / f64::from(*times));
            }
        }
        println!(
            "\n{:<42} {:>8} {:>8} {:>6}",
            self.title, "ns", "spread", "ratio"
        );
        let mut base = None;
        for (case, samples) in self.cases.iter().zip(&mut samples) {
            samples.sort_by(f64::total_cmp);
            let at = |part: usize| {
                samples
                    .get(samples.len() * part / 4)
                    .copied()
                    .unwrap_or(0.0)
            };
            let median = at(2);
            let base = *base.get_or_insert(median);
            let spread = at(3) - at(1);
            println!(
                "{:<42} {median:>8.1} {spread:>8.1} {:>6.2}",
                case.name,
                median / base
            );
        }
    }
}

/// Keeps the optimiser from seeing through a result.
pub(crate) fn keep<T>(value: T) -> T {
    black_box(value)
}

/// Polls a future that never waits for anything outside.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
    }
}
