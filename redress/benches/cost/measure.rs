//! Measurements in interleaved rounds, with medians and spreads.

use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUND: Duration = Duration::from_micros(200);

/// The task of a run of the program.
pub(crate) enum Work {
    /// `--list`: print the names of all cases, `TABLE/CASE`.
    List,
    /// `--only TABLE/CASE TIMES`: run one case this many times, and nothing else.
    Only(String, u32),
    Measure,
}

impl Work {
    pub(crate) fn of_args() -> Self {
        let args: Vec<String> = std::env::args().collect();
        let after = |flag: &str, n: usize| {
            let at = args.iter().position(|arg| arg == flag)?;
            args.get(at + n)
        };
        let times = after("--only", 2).and_then(|times| times.parse().ok());
        match (after("--list", 0), after("--only", 1), times) {
            (Some(_), ..) => Self::List,
            (_, Some(case), Some(times)) => Self::Only(case.clone(), times),
            _ => Self::Measure,
        }
    }
}

pub(crate) struct Case {
    pub(crate) name: &'static str,
    run: Box<dyn Fn(u32)>,
    /// The size of an async call's future.
    pub(crate) future_bytes: Option<usize>,
}

impl Case {
    /// Creates a case from a function that makes a given number of calls.
    pub(crate) fn new(name: &'static str, run: impl Fn(u32) + 'static) -> Self {
        Self {
            name,
            run: Box::new(run),
            future_bytes: None,
        }
    }

    /// Records the size of the call's future.
    pub(crate) fn future<F>(mut self, future: &F) -> Self {
        self.future_bytes = Some(size_of_val(future));
        self
    }

    pub(crate) fn run(&self, times: u32) {
        (self.run)(times);
    }

    fn time(&self, times: u32) -> Duration {
        let started = Instant::now();
        self.run(times);
        started.elapsed()
    }

    /// Finds the number of calls that fill a round.
    fn calibrate(&self) -> u32 {
        let mut times = 1;
        while self.time(times) < ROUND && times < 1 << 24 {
            times *= 2;
        }
        times
    }
}

pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) cases: Vec<Case>,
}

impl Table {
    pub(crate) fn new(kind: &str, title: &str, cases: Vec<Case>) -> Self {
        let title = format!("{kind}, {title}");
        Self { title, cases }
    }

    pub(crate) fn list(&self) {
        for case in &self.cases {
            println!("{}/{}", self.title, case.name);
        }
    }

    /// Runs the one case that is named `TITLE/NAME`.
    pub(crate) fn run(&self, case: &str, times: u32) {
        let name = case.strip_prefix(&self.title);
        let name = name.and_then(|rest| rest.strip_prefix('/'));
        for case in self.cases.iter().filter(|case| Some(case.name) == name) {
            case.run(times);
        }
    }

    /// Measures every case once in each round, so that a change in the machine's speed affects all
    /// of them.
    pub(crate) fn measure(&self, rounds: usize) -> Measured<'_> {
        let times: Vec<u32> = self.cases.iter().map(Case::calibrate).collect();
        let mut samples = vec![Vec::with_capacity(rounds); self.cases.len()];
        for _ in 0..rounds {
            for ((case, times), samples) in self.cases.iter().zip(&times).zip(&mut samples) {
                samples.push(case.time(*times).as_secs_f64() * 1e9 / f64::from(*times));
            }
        }
        let spreads = samples.into_iter().map(Spread::of);
        let rows = self.cases.iter().zip(spreads).collect();
        Measured {
            title: &self.title,
            rows,
        }
    }
}

/// The median of samples, and the width of their middle half.
pub(crate) struct Spread {
    pub(crate) median: f64,
    /// From the first quartile to the third.
    pub(crate) width: f64,
}

impl Spread {
    pub(crate) fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let at = |quarter: usize| {
            let sample = samples.get(samples.len() * quarter / 4);
            sample.copied().unwrap_or(0.0)
        };
        Self {
            median: at(2),
            width: at(3) - at(1),
        }
    }
}

/// Nanoseconds per call.
pub(crate) struct Measured<'t> {
    pub(crate) title: &'t str,
    pub(crate) rows: Vec<(&'t Case, Spread)>,
}

impl Measured<'_> {
    /// Prints a table; ratios are to the first case.
    pub(crate) fn print(&self) {
        let base = self.rows.first().map_or(1.0, |(_, spread)| spread.median);
        let title = self.title;
        println!(
            "\n{title:<50} {:>8} {:>8} {:>6} {:>12}",
            "ns", "spread", "ratio", "future bytes"
        );
        for (case, Spread { median, width }) in &self.rows {
            let (name, ratio) = (case.name, median / base);
            let future = case.future_bytes.map_or(String::new(), |n| n.to_string());
            println!("{name:<50} {median:>8.1} {width:>8.1} {ratio:>6.2} {future:>12}");
        }
    }
}

/// Keeps the optimiser from seeing through a result.
pub(crate) fn keep<T>(value: T) -> T {
    black_box(value)
}
