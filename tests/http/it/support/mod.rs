//! Servers that do as a script says, on sockets and threads of their own.

#![allow(dead_code)]

pub(crate) mod h1;
pub(crate) mod h2;
mod hpack;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::SockRef;

/// Returns an address on which nothing listens.
pub(crate) fn closed() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// A listener whose queue is full, so that nothing connects to it and nothing is refused.
pub(crate) struct Full {
    pub(crate) addr: SocketAddr,
    _listener: socket2::Socket,
    _queued: Vec<socket2::Socket>,
}

pub(crate) fn full() -> Full {
    use socket2::{Domain, Socket, Type};
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let addr = listener.local_addr().unwrap();
    let connect = |_| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        // Those that do not get in time for the queue stay on their way.
        let _ = socket.connect_timeout(&addr, Duration::from_millis(50));
        socket
    };
    let queued = (0..4).map(connect).collect();
    Full {
        addr: addr.as_socket().unwrap(),
        _listener: listener,
        _queued: queued,
    }
}

/// Ends a connection with RST, not with FIN.
pub(crate) fn reset(stream: TcpStream) {
    SockRef::from(&stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    drop(stream);
}
