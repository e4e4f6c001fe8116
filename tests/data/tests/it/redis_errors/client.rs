//! What the client makes of several replies, and of one that it did not expect.

use redis::{ErrorKind, ServerErrorKind, cmd, pipe};
use redress::ErrorClass;

use super::{connect, start, works};
use crate::said::assert_class;

#[tokio::test]
async fn of_several_commands_the_first_that_failed_says_why() {
    let server = start(&[]).await;
    let mut c = connect(&server).await.unwrap();
    let pipeline = pipe()
        .cmd("SET")
        .arg("k")
        .arg("v")
        .ignore()
        .cmd("LPUSH")
        .arg("k")
        .arg("x")
        .ignore()
        .cmd("NOTHING")
        .ignore()
        .query_async::<()>(&mut c)
        .await
        .unwrap_err();
    assert_class(pipeline, ErrorClass::Permanent);
    // The first one did run.
    let value: String = cmd("GET").arg("k").query_async(&mut c).await.unwrap();
    assert_eq!(value, "v");

    works(&mut c, "CONFIG SET maxmemory 1").await;
    let aborted = pipe()
        .atomic()
        .cmd("SET")
        .arg("k")
        .arg("w")
        .ignore()
        .query_async::<()>(&mut c)
        .await
        .unwrap_err();
    assert_eq!(
        aborted.kind(),
        ErrorKind::Server(ServerErrorKind::ExecAbort)
    );
    assert_class(aborted, ErrorClass::ServerError);
}

#[tokio::test]
async fn a_reply_of_another_type_stays_one() {
    let server = start(&[]).await;
    let mut c = connect(&server).await.unwrap();
    works(&mut c, "SET k v").await;
    let error = cmd("GET")
        .arg("k")
        .query_async::<u64>(&mut c)
        .await
        .unwrap_err();
    assert_class(error, ErrorClass::Permanent);
}
