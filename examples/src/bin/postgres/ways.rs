use std::sync::atomic::{AtomicU32, Ordering};

use deadpool_postgres::Pool;
use redress::contrib::tokio_postgres_0_7::transaction;
use redress::strategies::decorrelated_jitter;
use redress::{ErrorClass, Policy};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, IsolationLevel};

/// How a transfer is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Never,
    /// At once, up to five times, as it is often written by hand.
    Loop,
    Policy,
}

pub(crate) const WAYS: [Way; 3] = [Way::Never, Way::Loop, Way::Policy];

impl Way {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Never => "no retry",
            Self::Loop => "five tries in a loop",
            Self::Policy => "redress",
        }
    }
}

/// The policy of the transfers: a conflict is over soon, and the more collide the longer they wait. They are
/// a batch, so minutes are not too late: none fails because the machine is slow.
pub(crate) fn policy() -> Result<Policy, redress::ConfigError> {
    let soon = decorrelated_jitter(0.5).base(0.001);
    Policy::builder()
        .class_strategy(ErrorClass::Concurrency, soon)
        .unlimited_attempts()
        .deadline(300)
        .build()
}

/// Moves money from one account to another, and counts the attempts.
pub(crate) async fn transfer(
    way: Way,
    pool: &Pool,
    policy: &Policy,
    [from, to]: [i32; 2],
    attempts: &AtomicU32,
) -> bool {
    let body = async |client: &Client| {
        attempts.fetch_add(1, Ordering::Relaxed);
        move_money(client, from, to).await
    };
    match way {
        Way::Policy => {
            let moved = transaction(|| pool.get(), policy, body);
            moved.serializable().await.is_ok()
        }
        Way::Never => by_hand(pool, [from, to], attempts).await.is_ok(),
        Way::Loop => {
            for _ in 0..5 {
                match by_hand(pool, [from, to], attempts).await {
                    Ok(()) => return true,
                    Err(Some(error))
                        if error.code() == Some(&SqlState::T_R_SERIALIZATION_FAILURE) => {}
                    Err(_) => return false,
                }
            }
            false
        }
    }
}

async fn move_money(client: &Client, from: i32, to: i32) -> Result<(), Error> {
    let balance = "SELECT balance FROM redress_bank.accounts WHERE id = $1";
    let balance: i64 = client.query_one(balance, &[&from]).await?.try_get(0)?;
    let amount = balance.min(7);
    let change = "UPDATE redress_bank.accounts SET balance = balance + $1 WHERE id = $2";
    // In one order everywhere: PostgreSQL takes a second to see a deadlock.
    let mut changes = [(from, -amount), (to, amount)];
    changes.sort_unstable();
    for (account, change_by) in changes {
        client.execute(change, &[&change_by, &account]).await?;
    }
    Ok(())
}

async fn by_hand(
    pool: &Pool,
    [from, to]: [i32; 2],
    attempts: &AtomicU32,
) -> Result<(), Option<Error>> {
    let mut client = pool.get().await.map_err(|_| None)?;
    attempts.fetch_add(1, Ordering::Relaxed);
    let begin = client
        .build_transaction()
        .isolation_level(IsolationLevel::Serializable);
    let transaction = begin.start().await?;
    // Dropped, the transaction is rolled back.
    move_money(transaction.client(), from, to).await?;
    Ok(transaction.commit().await?)
}
