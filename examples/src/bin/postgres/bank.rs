use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use redress::Policy;
use tokio_postgres::{Config, NoTls};

use crate::ways::{Way, policy, transfer};

const ACCOUNTS: i32 = 8;
const TRANSFERS: u32 = 640;
/// Of each account.
const BALANCE: i64 = 1_000;

/// Accounts in a schema of their own.
pub(crate) struct Bank {
    pool: Pool,
    policy: Arc<Policy>,
}

/// What came of the transfers of one run.
#[derive(Debug, Default)]
pub(crate) struct Run {
    done: u32,
    pub(crate) failed: u32,
    attempts: u32,
    took: Duration,
}

impl Run {
    pub(crate) fn share_done(&self) -> f64 {
        f64::from(self.done) / f64::from((self.done + self.failed).max(1))
    }

    pub(crate) fn attempts_for_each(&self) -> f64 {
        f64::from(self.attempts) / f64::from((self.done + self.failed).max(1))
    }

    pub(crate) fn done_a_second(&self) -> f64 {
        f64::from(self.done) / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

impl Bank {
    pub(crate) async fn open(url: &str) -> Result<Self, Box<dyn Error>> {
        let config: Config = url.parse()?;
        let recycling_method = RecyclingMethod::Fast;
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method });
        let pool = Pool::builder(manager)
            .max_size(32)
            .runtime(Runtime::Tokio1)
            .build()?;
        let tables = format!(
            "DROP SCHEMA IF EXISTS redress_bank CASCADE;
            CREATE SCHEMA redress_bank;
            CREATE TABLE redress_bank.accounts (id int PRIMARY KEY, balance bigint NOT NULL);
            INSERT INTO redress_bank.accounts SELECT id, {BALANCE} FROM generate_series(0, {}) id",
            ACCOUNTS - 1
        );
        pool.get().await?.batch_execute(&tables).await?;
        Ok(Self {
            pool,
            policy: Arc::new(policy()?),
        })
    }

    /// Lets tasks make all transfers between them, and looks whether the money is still there.
    pub(crate) async fn run(&self, way: Way, tasks: u32) -> Result<Run, Box<dyn Error>> {
        let (attempts, done) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let started = Instant::now();
        let running: Vec<_> = (0..tasks)
            .map(|task| {
                let (pool, policy) = (self.pool.clone(), Arc::clone(&self.policy));
                let (attempts, done) = (Arc::clone(&attempts), Arc::clone(&done));
                tokio::spawn(async move {
                    for number in (task..TRANSFERS).step_by(tasks.max(1) as usize) {
                        let accounts = between(number);
                        let moved = transfer(way, &pool, &policy, accounts, &attempts).await;
                        done.fetch_add(u32::from(moved), Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for task in running {
            task.await?;
        }
        let took = started.elapsed();
        let sum = "SELECT sum(balance)::bigint FROM redress_bank.accounts";
        let sum: i64 = self
            .pool
            .get()
            .await?
            .query_one(sum, &[])
            .await?
            .try_get(0)?;
        if sum != BALANCE * i64::from(ACCOUNTS) {
            return Err(format!("there is money from nowhere: {sum} in all").into());
        }
        let done = done.load(Ordering::Relaxed);
        Ok(Run {
            done,
            failed: TRANSFERS - done,
            attempts: attempts.load(Ordering::Relaxed),
            took,
        })
    }

    pub(crate) async fn close(self) -> Result<(), Box<dyn Error>> {
        let drop = "DROP SCHEMA redress_bank CASCADE";
        Ok(self.pool.get().await?.batch_execute(drop).await?)
    }
}

/// Returns two different accounts. All pairs have their turn.
fn between(number: u32) -> [i32; 2] {
    let number = number.cast_signed();
    let from = number % ACCOUNTS;
    [
        from,
        (from + 1 + number / ACCOUNTS % (ACCOUNTS - 1)) % ACCOUNTS,
    ]
}
