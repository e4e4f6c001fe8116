//! Replicas, and the Sentinel that makes masters of them.

use redress::ErrorClass;
use redress_data_tests::{Redis, Rows};
use tokio::task::spawn_blocking;

use super::{ask, connect, fails, said, start, until_it_fails, works};

const TRANSIENT: ErrorClass = ErrorClass::Transient;

pub(super) async fn without_their_master(rows: &Rows) {
    let server = start(&[]).await;
    let mut c = connect(&server).await.unwrap();
    works(&mut c, "REPLICAOF 127.0.0.1 1").await;
    let error = fails(&mut c, "SET k v").await;
    said(rows, error, "READONLY", TRANSIENT);
    // Another replica asks this one for its data.
    let mut replica = connect(&server).await.unwrap();
    let error = fails(&mut replica, "PSYNC ? -1").await;
    said(rows, error, "NOMASTERLINK", TRANSIENT);
    works(&mut c, "CONFIG SET replica-serve-stale-data no").await;
    let error = fails(&mut c, "GET k").await;
    said(rows, error, "MASTERDOWN", TRANSIENT);
    works(&mut c, "REPLICAOF NO ONE").await;
    works(&mut c, "CONFIG SET min-replicas-to-write 1").await;
    let error = fails(&mut c, "SET k v").await;
    said(rows, error, "NOREPLICAS", TRANSIENT);
}

pub(super) async fn failed_over(rows: &Rows) {
    let (master, replica) = (start(&[]).await, start(&[]).await);
    let mut c = connect(&replica).await.unwrap();
    let port = master.port();
    works(&mut c, &format!("REPLICAOF 127.0.0.1 {port}")).await;
    loop {
        let info: String = ask(&mut c, "INFO replication").await.unwrap();
        if info.contains("master_link_status:up") {
            break;
        }
    }

    let sentinel = spawn_blocking(move || Redis::sentinel(port)).await.unwrap();
    let mut c = connect(&sentinel).await.unwrap();
    // A master without replicas, and a quorum that one Sentinel is not.
    let alone = start(&[]).await;
    let monitor = format!("SENTINEL MONITOR alone 127.0.0.1 {} 2", alone.port());
    works(&mut c, &monitor).await;
    let error = fails(&mut c, "SENTINEL FAILOVER alone").await;
    said(rows, error, "NOGOODSLAVE", TRANSIENT);
    let error = fails(&mut c, "SENTINEL CKQUORUM alone").await;
    said(rows, error, "NOQUORUM", TRANSIENT);

    // As soon as it has found the replica, one begins; the next one is too many.
    let error = loop {
        let error = until_it_fails(&mut c, "SENTINEL FAILOVER watched").await;
        if error.code() != Some("NOGOODSLAVE") {
            break error;
        }
    };
    said(rows, error, "INPROG", TRANSIENT);
}
