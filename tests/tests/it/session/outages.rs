//! Both halves of the fault that reconnecting loops have: they never forget what failed long ago, or
//! forget it as soon as they are connected.

use std::io::ErrorKind;
use std::time::Duration;

use redress::testing::{VirtualClock, seed_jitter};
use redress::time::Clock;
use redress::{Policy, StopReason};

use super::{LOST, Script, run};

const MINUTE: f64 = 60.0;
const DAY: f64 = 86_400.0;

#[tokio::test]
async fn a_server_that_drops_each_session_at_once_sees_twenty_connects_in_ten_minutes() {
    for seed in 0..200 {
        seed_jitter(seed);
        let clock = VirtualClock::new();
        let policy = Policy::sessions().clock(clock.clone()).build().unwrap();
        let (stopped, connects) = run(&policy, &clock, &[(0.05, false, LOST); 30]).await;
        assert_eq!(stopped.stop_reason(), StopReason::NonRetryableClass);
        let within = connects.iter().filter(|at| **at < 10.0 * MINUTE).count();
        assert!(within <= 20, "seed {seed}: {within}");
        assert!(within >= 10, "seed {seed}: {within}");
    }
}

#[tokio::test]
async fn a_blip_in_six_hours_costs_ninety_seconds_in_thirty_days() {
    let six_hours: Script = (DAY / 4.0, false, LOST);
    let refused: Script = (0.0, false, Err(ErrorKind::ConnectionRefused));
    for (seed, blip) in [(1, vec![]), (2, vec![refused]), (3, vec![])] {
        seed_jitter(seed);
        let mut script = Vec::new();
        for _ in 0..120 {
            script.push(six_hours);
            script.extend(&blip);
        }
        let clock = VirtualClock::new();
        let policy = Policy::sessions().clock(clock.clone()).build().unwrap();
        let start = clock.now();
        let (stopped, _) = run(&policy, &clock, &script).await;
        assert_eq!(stopped.stop_reason(), StopReason::NonRetryableClass);
        let without = clock.now().duration_since(start) - Duration::from_secs(30 * 86_400);
        let limit = if blip.is_empty() { 90 } else { 240 };
        assert!(
            without <= Duration::from_secs(limit),
            "seed {seed}: {without:?}"
        );
    }
}
