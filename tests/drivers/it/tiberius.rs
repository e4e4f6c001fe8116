//! tiberius. A server of Microsoft's is not to be had here: its numbers are in the table's own tests.

use ::tiberius::error::{Error, IoErrorKind};
use redress::ErrorClass;
use redress::classify::mssql_error;
use tokio_util::compat::TokioAsyncWriteCompatExt;

fn meaning(error: &Error) -> ErrorClass {
    match error {
        Error::Server(error) => {
            i32::try_from(error.code()).map_or(ErrorClass::Unknown, mssql_error)
        }
        Error::Io { .. } => ErrorClass::Transient,
        _ => ErrorClass::Permanent,
    }
}

#[tokio::test]
async fn a_connection_that_ends_is_transient() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { drop(listener.accept().await) });
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .unwrap();
    let connected =
        ::tiberius::Client::connect(::tiberius::Config::new(), stream.compat_write()).await;
    let Err(error) = connected else {
        panic!("connected")
    };
    assert!(matches!(&error, Error::Io { .. }), "{error:?}");
    assert_eq!(meaning(&error), ErrorClass::Transient);
    let gone = Error::Io {
        kind: IoErrorKind::ConnectionReset,
        message: String::new(),
    };
    assert_eq!(meaning(&gone), ErrorClass::Transient);
}
