//! A server of the health check that does what the name that it is asked for says.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::metadata::MetadataMap;
use tonic::transport::Server as Transport;
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) does: &'static str,
}

const fn script(name: &'static str, does: &'static str) -> Script {
    Script { name, does }
}

pub(crate) const SCRIPTS: [Script; 6] = [
    script("well", "is well"),
    script("unavailable once", "is UNAVAILABLE once"),
    script("come back", "asks to come back in 50 ms"),
    script("stay away", "is UNAVAILABLE, and forbids a retry"),
    script("wrong", "finds the request wrong"),
    script("hangs once", "does not answer once"),
];

#[derive(Default)]
pub(crate) struct Server {
    requests: AtomicU32,
}

impl Server {
    pub(crate) fn start_anew(&self) {
        self.requests.store(0, Ordering::Relaxed);
    }

    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }
}

/// Starts the server. Returns where it is.
pub(crate) async fn serve(server: Arc<Server>) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let service = HealthServer::from_arc(server);
    let incoming = TcpListenerStream::new(listener);
    tokio::spawn(
        Transport::builder()
            .add_service(service)
            .serve_with_incoming(incoming),
    );
    Ok(address)
}

fn pushback(millis: &str) -> Status {
    let mut metadata = MetadataMap::new();
    if let Ok(millis) = millis.parse() {
        metadata.insert("grpc-retry-pushback-ms", millis);
    }
    Status::with_metadata(Code::Unavailable, "busy", metadata)
}

type Watched = Result<HealthCheckResponse, Status>;

#[tonic::async_trait]
impl Health for Server {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let first = self.requests.fetch_add(1, Ordering::Relaxed) == 0;
        match request.into_inner().service.as_str() {
            "unavailable once" if first => Err(Status::unavailable("starting")),
            "come back" if first => Err(pushback("50")),
            "stay away" => Err(pushback("-1")),
            "wrong" => Err(Status::invalid_argument("no such service")),
            "hangs once" if first => std::future::pending().await,
            _ => Ok(Response::new(HealthCheckResponse { status: 1 })),
        }
    }

    type WatchStream = Pin<Box<dyn tokio_stream::Stream<Item = Watched> + Send>>;

    async fn watch(
        &self,
        _request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("the example checks only"))
    }
}
