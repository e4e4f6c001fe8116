//! What a server says of the state that it is in.

use redis::cmd;
use redress::classify::redis_code;
use redress::{Classify, ErrorClass};
use redress_data_tests::Rows;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::{MAX_CLIENTS, connect, fails, said, start, until_it_fails, works};

pub(super) async fn full(rows: &Rows) {
    let server = start(&["--maxmemory", "1"]).await;
    let mut c = connect(&server).await.unwrap();
    works(&mut c, "CONFIG SET maxclients 1").await;
    let error = fails(&mut c, "SET k v").await;
    said(rows, error, "OOM", ErrorClass::ServerError);

    // The server says why, and hangs up. A client may see only the second.
    let error = match connect(&server).await {
        Ok(mut second) => fails(&mut second, "GET k").await,
        Err(error) => error,
    };
    let class = error.classify().class();
    assert!(
        matches!(class, ErrorClass::RateLimit | ErrorClass::Transient),
        "{error}"
    );
    let mut bytes = [0; 64];
    let read = loop {
        let raw = TcpStream::connect(("127.0.0.1", server.port())).await;
        let Ok(mut raw) = raw else { continue };
        if let Ok(read @ 1..) = raw.read(&mut bytes).await {
            break read;
        }
    };
    let text = std::str::from_utf8(&bytes[..read]).unwrap();
    let (code, detail) = text.trim_start_matches('-').split_once(' ').unwrap();
    assert_eq!(redis_code(code, detail), ErrorClass::RateLimit, "{text}");
    assert!(text.contains(MAX_CLIENTS), "{text}");
    rows.say(MAX_CLIENTS);
}

pub(super) async fn busy(rows: &Rows) {
    let server = start(&["--busy-reply-threshold", "1"]).await;
    let mut c = connect(&server).await.unwrap();
    let mut other = connect(&server).await.unwrap();
    let endless = tokio::spawn(async move {
        let mut script = cmd("EVAL");
        script.arg("while true do end").arg(0);
        script.query_async::<()>(&mut c).await.unwrap_err()
    });
    let error = until_it_fails(&mut other, "GET k").await;
    said(rows, error, "BUSY", ErrorClass::Transient);
    works(&mut other, "SCRIPT KILL").await;
    endless.await.unwrap();
}

pub(super) async fn loading(rows: &Rows) {
    let server = start(&["--enable-debug-command", "yes", "--key-load-delay", "300"]).await;
    let mut c = connect(&server).await.unwrap();
    works(&mut c, "DEBUG POPULATE 20000").await;
    works(
        &mut c,
        "CONFIG SET loading-process-events-interval-bytes 1024",
    )
    .await;
    let mut other = connect(&server).await.unwrap();
    let reload =
        tokio::spawn(async move { cmd("DEBUG").arg("RELOAD").query_async::<()>(&mut c).await });
    let error = until_it_fails(&mut other, "GET k").await;
    said(rows, error, "LOADING", ErrorClass::Transient);
    reload.abort();
}

pub(super) async fn unable_to_save(rows: &Rows) {
    let server = start(&["--save", "3600 1"]).await;
    let mut c = connect(&server).await.unwrap();
    std::fs::remove_dir_all(server.folder()).unwrap();
    works(&mut c, "BGSAVE").await;
    let error = until_it_fails(&mut c, "SET k v").await;
    said(rows, error, "MISCONF", ErrorClass::ServerError);
}
