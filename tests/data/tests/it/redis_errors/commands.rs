//! Commands that the server refuses, and clients.

use redis::{ErrorKind, Value, cmd};
use redress::ErrorClass;
use redress::classify::redis_code;
use redress_data_tests::Rows;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpSocket;

use super::{connect, connect_as, fails, said, start, works};
use crate::said::assert_class;

const PERMANENT: ErrorClass = ErrorClass::Permanent;

#[rustfmt::skip]
pub(super) async fn refused(rows: &Rows) {
    let server = start(&[]).await;
    let mut c = connect(&server).await.unwrap();
    for before in ["SET k v", "XADD s * f v", "XGROUP CREATE s g $", "PFADD h a b c", "APPEND h hello"] {
        works(&mut c, before).await;
    }
    for (command, code, class) in [
        ("NOTHING", "ERR", PERMANENT),
        ("LPUSH k x", "WRONGTYPE", PERMANENT),
        ("EVALSHA 0000000000000000000000000000000000000000 0", "NOSCRIPT", PERMANENT),
        ("XGROUP CREATE s g $", "BUSYGROUP", PERMANENT),
        ("XREADGROUP GROUP nothere me STREAMS s >", "NOGROUP", PERMANENT),
        ("PFCOUNT h", "INVALIDOBJ", PERMANENT),
        ("SCRIPT KILL", "NOTBUSY", PERMANENT),
        ("AUTH someone wrong", "WRONGPASS", ErrorClass::Auth),
        ("HELLO 9", "NOPROTO", PERMANENT),
        ("MIGRATE 127.0.0.1 1 k 0 50", "IOERR", ErrorClass::Transient),
    ] {
        said(rows, fails(&mut c, command).await, code, class);
    }
    let dumped: Vec<u8> = cmd("DUMP").arg("k").query_async(&mut c).await.unwrap();
    let mut restore = cmd("RESTORE");
    let restored = restore.arg("k").arg(0).arg(dumped).query_async::<Value>(&mut c);
    said(rows, restored.await.unwrap_err(), "BUSYKEY", PERMANENT);

    works(&mut c, "MULTI").await;
    fails(&mut c, "NOTHING").await;
    said(rows, fails(&mut c, "EXEC").await, "EXECABORT", PERMANENT);

    // A script may say anything: codes of modules are nothing that is known.
    let mut script = cmd("EVAL");
    script.arg("return redis.error_reply('MYMODULE is tired')").arg(0);
    let error = script.query_async::<Value>(&mut c).await.unwrap_err();
    said(rows, error, "MYMODULE", ErrorClass::Unknown);
}

pub(super) async fn not_allowed(rows: &Rows) {
    let server = start(&["--requirepass", "secret"]).await;
    let mut nobody = connect(&server).await.unwrap();
    let error = fails(&mut nobody, "GET k").await;
    said(rows, error, "NOAUTH", ErrorClass::Auth);
    let wrong = connect_as(&server, ":wrong@").await.err().unwrap();
    assert_eq!(wrong.kind(), ErrorKind::AuthenticationFailed);
    assert_class(wrong, ErrorClass::Auth);

    let mut admin = connect_as(&server, ":secret@").await.unwrap();
    works(&mut admin, "ACL SETUSER reader on >pw ~* +get").await;
    let mut reader = connect_as(&server, "reader:pw@").await.unwrap();
    let error = fails(&mut reader, "SET k v").await;
    said(rows, error, "NOPERM", ErrorClass::Permission);
}

/// A server without a password talks only to its own machine, which for Redis 7.0 has one address.
pub(super) async fn from_elsewhere(rows: &Rows) {
    let server = start(&[]).await;
    let elsewhere = TcpSocket::new_v4().unwrap();
    elsewhere.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let address = format!("127.0.0.1:{}", server.port()).parse().unwrap();
    let mut stream = elsewhere.connect(address).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    let (code, detail) = said.strip_prefix('-').unwrap().split_once(' ').unwrap();
    assert_eq!(
        (code, redis_code(code, detail)),
        ("DENIED", ErrorClass::Permission)
    );
    rows.say(code);
}
