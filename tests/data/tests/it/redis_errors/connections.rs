//! Connections that end or never begin, and commands that wait.

use redis::{Client, cmd};
use redress::ErrorClass;
use redress_data_tests::Rows;

use super::{connect, fails, said, start};
use crate::said::assert_class;

pub(super) async fn ended(rows: &Rows) {
    let server = start(&[]).await;
    let (mut c, mut other) = (
        connect(&server).await.unwrap(),
        connect(&server).await.unwrap(),
    );
    let id: i64 = cmd("CLIENT").arg("ID").query_async(&mut c).await.unwrap();
    let blocked = tokio::spawn(async move {
        cmd("BLPOP")
            .arg("empty")
            .arg(0)
            .query_async::<redis::Value>(&mut c)
            .await
            .unwrap_err()
    });
    let kill = ["KILL", "ID", &id.to_string()];
    let () = cmd("CLIENT")
        .arg(&kill)
        .query_async::<i64>(&mut other)
        .await
        .map(drop)
        .unwrap();
    let error = blocked.await.unwrap();
    assert!(error.is_io_error());
    assert_class(error, ErrorClass::Transient);

    let mut c = connect(&server).await.unwrap();
    let id: i64 = cmd("CLIENT").arg("ID").query_async(&mut c).await.unwrap();
    let blocked = tokio::spawn(async move { fails(&mut c, "BLPOP empty 0").await });
    let unblock = ["UNBLOCK", &id.to_string(), "ERROR"];
    while cmd("CLIENT")
        .arg(&unblock)
        .query_async::<i64>(&mut other)
        .await
        .unwrap()
        == 0
    {}
    said(
        rows,
        blocked.await.unwrap(),
        "UNBLOCKED",
        ErrorClass::Transient,
    );

    let nobody = Client::open("redis://127.0.0.1:1/").unwrap();
    let refused = nobody
        .get_multiplexed_async_connection()
        .await
        .err()
        .unwrap();
    assert!(refused.is_connection_refusal());
    assert_class(refused, ErrorClass::Transient);
}
