//! What a transaction under a policy takes from the allocator.

use allocation_counter::{AllocationInfo, measure};
use redress::Policy;
use redress::contrib::tokio_postgres_0_7::transaction;
use redress::strategies::fixed;
use tokio_postgres::Client;

use super::pg::Database;

const UPDATE: &str = "UPDATE acc SET v = v + 1 WHERE id = 1";

/// Of a runtime with one thread, so that all of it is counted.
#[test]
fn it_allocates_its_future_and_what_begin_and_commit_by_hand_do() {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let database = runtime.block_on(Database::new());
    let pool = database.pool(1);
    let policy = Policy::builder().strategy(fixed(0.001)).build().unwrap();
    let by_hand = || {
        runtime.block_on(async {
            let mut client = pool.get().await.unwrap();
            let transaction = client.transaction().await.unwrap();
            transaction.batch_execute(UPDATE).await.unwrap();
            transaction.commit().await.unwrap();
        });
    };
    let body = async |client: &Client| client.batch_execute(UPDATE).await;
    let under_policy = || {
        let done = transaction(|| pool.get(), &policy, body);
        runtime.block_on(done.into_future()).unwrap();
    };
    let (by_hand, under_policy) = (least(by_hand), least(under_policy));
    println!("by hand {by_hand}, under a policy {under_policy}");
    assert!(
        under_policy <= by_hand + 1,
        "{under_policy} > {by_hand} + 1"
    );
}

/// Returns the least number of allocations of some runs: buffers of the connection grow now and then.
fn least(mut run: impl FnMut()) -> u64 {
    let counts = (0..50).map(|_| {
        let AllocationInfo { count_total, .. } = measure(&mut run);
        count_total
    });
    counts.min().unwrap_or_default()
}
