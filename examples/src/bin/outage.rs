//! What are breakers, budgets and backoff worth? Real policies in ten simulated worlds.
//!
//! It prints a table for each world. With the name of a world, only that one:
//!
//! `cargo run --release -p redress-examples --bin outage -- slow`

use redress::simulate::worlds::{ALL, NamedWorld};
use redress::simulate::{Report, Run, simulate};
use redress::strategies::full_jitter;
use redress::{Budget, CircuitBreaker, ConfigError, Policy, PolicyBuilder};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let only = std::env::args().nth(1);
    let only = only.map(|name| NamedWorld::find(&name).ok_or(format!("there is no world {name}")));
    let worlds = match only.transpose()? {
        Some(world) => vec![world],
        None => ALL.to_vec(),
    };
    let policies = policies()?;
    for world in worlds {
        println!("\n{}: {}\n", world.name(), world.about());
        println!(
            "{:32}{:>16}{:>12}{:>16}{:>14}{:>12}",
            "", "recovers after", "succeed", "requests/call", "most in a s", "for nothing"
        );
        for (name, policy) in &policies {
            row(name, &simulate(policy, world));
        }
    }
    Ok(())
}

fn row(name: &str, report: &Report) {
    let recovers = match report.recovers_within() {
        Some(time) => format!("{:.1} s", time.as_secs_f64()),
        None => "never".to_owned(),
    };
    println!(
        "{name:32}{recovers:>16}{:>11.1}%{:>16.2}{:>14.0}{:>11.1}%",
        100.0 * report.mean(Run::success),
        report.mean(Run::requests_per_call),
        report.mean(|run| run.peak().into()),
        100.0 * report.mean(Run::wasted),
    );
}

/// The policies, from no retries to the recommended one.
fn policies() -> Result<Vec<(&'static str, Policy)>, ConfigError> {
    let funded = || Budget::success_ratio(0.1).reserve(100);
    let breaker = CircuitBreaker::builder()
        .failure_rate(0.5, 20)
        .window(10)
        .recovery_timeout(5)
        .observe_attempts()
        .build()?;
    let both = retries().circuit_breaker(breaker.clone()).budget(funded());
    let recommended = Policy::builder().recommended().no_deadline();
    let all = [
        ("no retries", retries().max_attempts(1)),
        ("3 retries", retries()),
        (
            "3 retries, rolling budget",
            retries().budget(Budget::rolling(600, 60)),
        ),
        ("3 retries, budget by successes", retries().budget(funded())),
        ("3 retries, breaker", retries().circuit_breaker(breaker)),
        ("3 retries, breaker and budget", both),
        ("3 retries, recommended", retries().recommended()),
        ("recommended", recommended),
        ("defaults", Policy::builder()),
    ];
    let built = all.into_iter();
    built
        .map(|(name, policy)| Ok((name, policy.build()?)))
        .collect()
}

/// Three retries with full jitter. How long an attempt may take is the world's to say.
fn retries() -> PolicyBuilder {
    let strategy = full_jitter(20).base(0.1);
    Policy::builder()
        .strategy(strategy)
        .max_attempts(4)
        .no_deadline()
}
