//! What Redis says, and what is made of it.

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, RedisError, ServerErrorKind, cmd, pipe};
use redress::classify::redis_code;
use redress::{Classify, ErrorClass};
use redress_data_tests::Redis;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::said::assert_class;

async fn start(settings: &'static [&'static str]) -> Redis {
    tokio::task::spawn_blocking(|| Redis::start(settings))
        .await
        .unwrap()
}

async fn connect(server: &Redis) -> Result<MultiplexedConnection, RedisError> {
    connect_as(server, "").await
}

/// Connects; `who` is `:password@` or nothing. No timeout of the client's own interferes.
async fn connect_as(server: &Redis, who: &str) -> Result<MultiplexedConnection, RedisError> {
    let client = Client::open(format!("redis://{who}127.0.0.1:{}/", server.port())).unwrap();
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_connection_timeout(None);
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

/// Runs a command that fails.
async fn fails(connection: &mut MultiplexedConnection, command: &str) -> RedisError {
    let mut words = command.split(' ');
    let mut asked = cmd(words.next().unwrap());
    for word in words {
        asked.arg(word);
    }
    asked
        .query_async::<redis::Value>(connection)
        .await
        .unwrap_err()
}

fn assert_said(error: RedisError, code: &str, class: ErrorClass) {
    assert_eq!(error.code(), Some(code), "{error}");
    assert_eq!(
        redis_code(code, error.detail().unwrap_or_default()),
        class,
        "{error}"
    );
    assert_class(error, class);
}

#[tokio::test]
async fn commands_that_the_server_refuses() {
    let server = start(&["--cluster-enabled", "no"]).await;
    let mut c = connect(&server).await.unwrap();
    let set: () = cmd("SET")
        .arg("k")
        .arg("v")
        .query_async(&mut c)
        .await
        .unwrap();
    let () = set;
    let () = cmd("XADD")
        .arg(&["s", "*", "f", "v"])
        .query_async::<()>(&mut c)
        .await
        .unwrap();
    let () = cmd("XGROUP")
        .arg(&["CREATE", "s", "g", "$"])
        .query_async::<()>(&mut c)
        .await
        .unwrap();
    for (command, code, class) in [
        ("LPUSH k x", "WRONGTYPE", ErrorClass::Permanent),
        ("NOTHING", "ERR", ErrorClass::Permanent),
        (
            "EVALSHA 0000000000000000000000000000000000000000 0",
            "NOSCRIPT",
            ErrorClass::Permanent,
        ),
        ("XGROUP CREATE s g $", "BUSYGROUP", ErrorClass::Permanent),
        (
            "XREADGROUP GROUP nothere me STREAMS s >",
            "NOGROUP",
            ErrorClass::Permanent,
        ),
        ("SCRIPT KILL", "NOTBUSY", ErrorClass::Permanent),
        ("AUTH someone wrong", "WRONGPASS", ErrorClass::Auth),
        ("HELLO 9", "NOPROTO", ErrorClass::Permanent),
    ] {
        assert_said(fails(&mut c, command).await, code, class);
    }
    // A script may say anything: codes of modules are nothing that is known.
    let script = "return redis.error_reply('MYMODULE is tired')";
    let error = cmd("EVAL")
        .arg(script)
        .arg(0)
        .query_async::<()>(&mut c)
        .await
        .unwrap_err();
    assert_said(error, "MYMODULE", ErrorClass::Unknown);
}

#[tokio::test]
async fn codes_that_only_a_cluster_or_a_failover_sends_arrive_as_they_are() {
    let server = start(&[]).await;
    let mut c = connect(&server).await.unwrap();
    for (reply, class) in [
        (
            "TRYAGAIN Multiple keys request during rehashing of slot",
            ErrorClass::Transient,
        ),
        ("CLUSTERDOWN The cluster is down", ErrorClass::Transient),
        ("MASTERDOWN Link with MASTER is down", ErrorClass::Transient),
        ("MOVED 3999 127.0.0.1:6381", ErrorClass::Transient),
        ("ASK 3999 127.0.0.1:6381", ErrorClass::Transient),
        (
            "CROSSSLOT Keys in request don't hash to the same slot",
            ErrorClass::Permanent,
        ),
        ("INPROG Failover already in progress", ErrorClass::Transient),
        (
            "NOMASTERLINK Can't SYNC while failing over",
            ErrorClass::Transient,
        ),
        (
            "IOERR error or timeout connecting to the client",
            ErrorClass::Transient,
        ),
        (
            "UNBLOCKED client unblocked via CLIENT UNBLOCK",
            ErrorClass::Transient,
        ),
        (
            "BUSYKEY Target key name already exists.",
            ErrorClass::Permanent,
        ),
        (
            "DENIED Redis is running in protected mode",
            ErrorClass::Permission,
        ),
        (
            "MISCONF Errors writing to the AOF file",
            ErrorClass::ServerError,
        ),
        (
            "ERR max number of clients + cluster connections reached",
            ErrorClass::RateLimit,
        ),
    ] {
        let script = format!("return redis.error_reply(\"{reply}\")");
        let error = cmd("EVAL")
            .arg(script)
            .arg(0)
            .query_async::<()>(&mut c)
            .await
            .unwrap_err();
        assert_said(error, reply.split(' ').next().unwrap(), class);
    }
}

#[tokio::test]
async fn who_may_do_what() {
    let server = start(&["--requirepass", "secret"]).await;
    let mut nobody = connect(&server).await.unwrap();
    assert_said(
        fails(&mut nobody, "GET k").await,
        "NOAUTH",
        ErrorClass::Auth,
    );
    let wrong = connect_as(&server, ":wrong@").await.err().unwrap();
    assert_eq!(wrong.kind(), ErrorKind::AuthenticationFailed);
    assert_class(wrong, ErrorClass::Auth);

    let mut admin = connect_as(&server, ":secret@").await.unwrap();
    let user = ["SETUSER", "reader", "on", ">pw", "~*", "+get"];
    let () = cmd("ACL").arg(&user).query_async(&mut admin).await.unwrap();
    let mut reader = connect_as(&server, "reader:pw@").await.unwrap();
    assert_said(
        fails(&mut reader, "SET k v").await,
        "NOPERM",
        ErrorClass::Permission,
    );
}

#[tokio::test]
async fn a_server_that_is_full() {
    let server = start(&["--maxmemory", "1"]).await;
    let mut c = connect(&server).await.unwrap();
    let few = ["SET", "maxclients", "1"];
    let () = cmd("CONFIG").arg(&few).query_async(&mut c).await.unwrap();
    assert_said(
        fails(&mut c, "SET k v").await,
        "OOM",
        ErrorClass::ServerError,
    );

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
    let mut said = [0; 64];
    let read = loop {
        let raw = TcpStream::connect(("127.0.0.1", server.port())).await;
        let Ok(mut raw) = raw else { continue };
        if let Ok(read @ 1..) = raw.read(&mut said).await {
            break read;
        }
    };
    let said = std::str::from_utf8(&said[..read]).unwrap();
    let (code, detail) = said.trim_start_matches('-').split_once(' ').unwrap();
    assert_eq!(redis_code(code, detail), ErrorClass::RateLimit, "{said}");
}

#[tokio::test]
async fn a_replica_takes_no_writes() {
    let server = start(&[]).await;
    let mut c = connect(&server).await.unwrap();
    let () = cmd("REPLICAOF")
        .arg("127.0.0.1")
        .arg(1)
        .query_async(&mut c)
        .await
        .unwrap();
    assert_said(
        fails(&mut c, "SET k v").await,
        "READONLY",
        ErrorClass::Transient,
    );
    let stale = ["SET", "replica-serve-stale-data", "no"];
    let () = cmd("CONFIG").arg(&stale).query_async(&mut c).await.unwrap();
    assert_said(
        fails(&mut c, "GET k").await,
        "MASTERDOWN",
        ErrorClass::Transient,
    );
    let () = cmd("REPLICAOF")
        .arg(&["NO", "ONE"])
        .query_async(&mut c)
        .await
        .unwrap();
    let replicas = ["SET", "min-replicas-to-write", "1"];
    let () = cmd("CONFIG")
        .arg(&replicas)
        .query_async(&mut c)
        .await
        .unwrap();
    assert_said(
        fails(&mut c, "SET k v").await,
        "NOREPLICAS",
        ErrorClass::Transient,
    );
}

#[tokio::test]
async fn a_script_that_runs_too_long() {
    let server = start(&["--busy-reply-threshold", "1"]).await;
    let (mut c, mut other) = (
        connect(&server).await.unwrap(),
        connect(&server).await.unwrap(),
    );
    let endless = tokio::spawn(async move {
        cmd("EVAL")
            .arg("while true do end")
            .arg(0)
            .query_async::<()>(&mut c)
            .await
            .unwrap_err()
    });
    let busy = loop {
        if let Err(error) = cmd("GET")
            .arg("k")
            .query_async::<Option<String>>(&mut other)
            .await
        {
            break error;
        }
    };
    assert_said(busy, "BUSY", ErrorClass::Transient);
    let () = cmd("SCRIPT")
        .arg("KILL")
        .query_async(&mut other)
        .await
        .unwrap();
    endless.await.unwrap();
}

#[tokio::test]
async fn a_server_that_loads_its_data() {
    let server = start(&["--enable-debug-command", "yes", "--key-load-delay", "300"]).await;
    let mut c = connect(&server).await.unwrap();
    let fill = ["POPULATE", "20000"];
    let () = cmd("DEBUG").arg(&fill).query_async(&mut c).await.unwrap();
    let () = cmd("CONFIG")
        .arg(&["SET", "loading-process-events-interval-bytes", "1024"])
        .query_async(&mut c)
        .await
        .unwrap();
    let mut other = connect(&server).await.unwrap();
    let reload =
        tokio::spawn(async move { cmd("DEBUG").arg("RELOAD").query_async::<()>(&mut c).await });
    let loading = loop {
        if let Err(error) = cmd("GET")
            .arg("k")
            .query_async::<Option<String>>(&mut other)
            .await
        {
            break error;
        }
    };
    assert_said(loading, "LOADING", ErrorClass::Transient);
    reload.abort();
}

#[tokio::test]
async fn connections_that_end() {
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
    assert_said(blocked.await.unwrap(), "UNBLOCKED", ErrorClass::Transient);

    let nobody = Client::open("redis://127.0.0.1:1/").unwrap();
    let refused = nobody
        .get_multiplexed_async_connection()
        .await
        .err()
        .unwrap();
    assert!(refused.is_connection_refusal());
    assert_class(refused, ErrorClass::Transient);
}

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

    let () = cmd("CONFIG")
        .arg(&["SET", "maxmemory", "1"])
        .query_async(&mut c)
        .await
        .unwrap();
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
    let () = cmd("SET")
        .arg("k")
        .arg("v")
        .query_async(&mut c)
        .await
        .unwrap();
    let error = cmd("GET")
        .arg("k")
        .query_async::<u64>(&mut c)
        .await
        .unwrap_err();
    assert_class(error, ErrorClass::Permanent);
}
