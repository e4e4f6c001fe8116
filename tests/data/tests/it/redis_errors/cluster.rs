//! Two nodes of a cluster.

use redress::ErrorClass;
use redress_data_tests::{Redis, Rows};
use tokio::task::spawn_blocking;

use super::{ask, connect, fails, said, works};

const TRANSIENT: ErrorClass = ErrorClass::Transient;

pub(super) async fn slots(rows: &Rows) {
    let (one, _) = spawn_blocking(Redis::node).await.unwrap();
    let (other, bus) = spawn_blocking(Redis::node).await.unwrap();
    let (mut a, mut b) = (connect(&one).await.unwrap(), connect(&other).await.unwrap());
    let error = fails(&mut a, "GET k").await;
    said(rows, error, "CLUSTERDOWN", TRANSIENT);

    let meet = format!("CLUSTER MEET 127.0.0.1 {} {bus}", other.port());
    works(&mut a, &meet).await;
    works(&mut a, "CLUSTER ADDSLOTSRANGE 0 8191").await;
    works(&mut b, "CLUSTER ADDSLOTSRANGE 8192 16383").await;
    for c in [&mut a, &mut b] {
        loop {
            let info: String = ask(c, "CLUSTER INFO").await.unwrap();
            if info.contains("cluster_state:ok") {
                break;
            }
        }
    }

    // `{a}` is in the slot 15495, `{b}` in 3300.
    said(rows, fails(&mut a, "GET {a}").await, "MOVED", TRANSIENT);
    let error = fails(&mut a, "MGET {a} {b}").await;
    said(rows, error, "CROSSSLOT", ErrorClass::Permanent);

    // A slot that moves: one key is still here, others are not, or no longer.
    works(&mut a, "SET {b}1 v").await;
    let to: String = ask(&mut b, "CLUSTER MYID").await.unwrap();
    works(&mut a, &format!("CLUSTER SETSLOT 3300 MIGRATING {to}")).await;
    said(rows, fails(&mut a, "GET {b}2").await, "ASK", TRANSIENT);
    let error = fails(&mut a, "MGET {b}1 {b}2").await;
    said(rows, error, "TRYAGAIN", TRANSIENT);
}
