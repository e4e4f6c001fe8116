//! A gate at servers that do not save up what is not used: their limits are found, too.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use redress::classify::Classification;
use redress::{ErrorClass, Gate, Policy};
use tokio::time::Instant;

#[derive(Debug)]
struct Limited;

/// A server that allows ten requests a second, and so many at once.
enum Limit {
    /// As many as there are tokens, of which there are two at most.
    SmallBucket,
    /// Ten in each second of the clock.
    Windows,
}

struct Server {
    limit: Limit,
    began: Instant,
    /// When the last request came, and how many may come now.
    state: Mutex<(Duration, f64)>,
}

impl Server {
    async fn answers(&self) -> Result<(), Limited> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = self.began.elapsed();
        let mut state = self.state.lock().unwrap();
        let (last, left) = &mut *state;
        match self.limit {
            Limit::SmallBucket => {
                let passed = now.saturating_sub(*last).as_secs_f64();
                *left = (*left + 10.0 * passed).min(2.0);
            }
            Limit::Windows if now.as_secs() > last.as_secs() => *left = 10.0,
            Limit::Windows => {}
        }
        *last = now;
        if *left < 1.0 {
            return Err(Limited);
        }
        *left -= 1.0;
        Ok(())
    }
}

fn says_a_second(_: &Limited) -> Classification {
    Classification::new(ErrorClass::RateLimit).retry_after(Duration::from_secs(1))
}

/// Returns how long 500 calls of so many tasks take, and how many requests more than calls there were.
async fn run(limit: Limit, tasks: u32) -> (f64, u32) {
    let began = Instant::now();
    let server = Arc::new(Server {
        limit,
        began,
        state: Mutex::new((Duration::ZERO, 2.0)),
    });
    let policy = Policy::builder()
        .classifier(says_a_second as fn(&Limited) -> Classification)
        .gate(Gate::new())
        .deadline(300)
        .build()
        .unwrap();
    let requests = Arc::new(Mutex::new(0));
    let calls = (0..tasks).map(|_| {
        let (server, policy) = (Arc::clone(&server), policy.clone());
        let requests = Arc::clone(&requests);
        tokio::spawn(async move {
            for _ in 0..500 / tasks {
                let attempt = || {
                    *requests.lock().unwrap() += 1;
                    server.answers()
                };
                policy.call_async(attempt).await.unwrap();
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    let requests = *requests.lock().unwrap();
    (began.elapsed().as_secs_f64(), requests - 500)
}

/// Ten requests a second make 50 s of 500 calls. It is 78 s to 88 s if only what has succeeded between two limits is
/// gone by.
#[tokio::test(start_paused = true)]
async fn limits_of_servers_that_save_nothing_are_found_soon() {
    let mut found = Vec::new();
    for tasks in [1, 10, 100, 500] {
        found.push(("windows", tasks, run(Limit::Windows, tasks).await));
        found.push(("small bucket", tasks, run(Limit::SmallBucket, tasks).await));
    }
    for (server, tasks, (time, refused)) in &found {
        println!("{server}, {tasks} tasks: {time:.1} s, {refused} refused");
    }
    for found in found {
        let (_, _, (time, refused)) = found;
        assert!(time <= 72.0 && refused <= 15, "{found:?}");
    }
}
