//! Calls of gRPC that fail, with a bare channel, in a function with `#[retry]`, and through a channel with a
//! layer.
//!
//! ```console
//! $ cargo run -p redress-examples --features grpc --bin grpc
//! ```
//!
//! The service is that of the standard health check, whose client and server are generated, and answers each
//! name by a script of its own.

#![allow(clippy::print_stdout, reason = "it is an example")]

use std::error::Error;
use std::sync::Arc;

use redress::contrib::tonic_0_14::{GrpcRetry, GrpcRetryLayer};
use redress::strategies::full_jitter;
use redress::{Policy, retry};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower_layer::Layer as _;

mod server;

use server::{SCRIPTS, Server};

/// A client whose channel repeats calls: generated clients take it as they take a channel.
type PatientClient = HealthClient<GrpcRetry<Channel>>;

/// What a status means is known: its cause, its code, and what the server asks for.
#[derive(Debug, thiserror::Error, redress::Classify)]
enum CheckError {
    #[error(transparent)]
    #[classify(source)]
    Status(#[from] Status),
    /// Every attempt was cut off.
    #[error(transparent)]
    #[classify(source)]
    Interrupted(#[from] redress::Interrupt),
}

impl CheckError {
    fn code(&self) -> Code {
        match self {
            Self::Status(status) => status.code(),
            Self::Interrupted(_) => Code::DeadlineExceeded,
        }
    }
}

#[retry(
    strategy = retry_after_or(full_jitter(max = 100ms, base = 10ms)),
    max_attempts = 4,
    attempt_timeout = 500ms,
    deadline = 5s
)]
async fn check(client: &HealthClient<Channel>, name: &str) -> Result<i32, CheckError> {
    let request = HealthCheckRequest {
        service: name.to_owned(),
    };
    Ok(client.clone().check(request).await?.into_inner().status)
}

fn layer() -> Result<GrpcRetryLayer, Box<dyn Error>> {
    let policy = Policy::builder()
        .strategy(redress::strategies::retry_after_or(
            full_jitter(0.1).base(0.01),
        ))
        .max_attempts(4)
        .attempt_timeout(0.5)
        .deadline(5);
    // A check changes nothing. What is not listed is repeated only if it was not acted on.
    Ok(GrpcRetryLayer::new(policy.build()?).idempotent(["/grpc.health.v1.Health/Check"]))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Arc::new(Server::default());
    let address = server::serve(Arc::clone(&server)).await?;
    let channel = Endpoint::from_shared(format!("http://{address}"))?
        .connect()
        .await?;
    let bare = HealthClient::new(channel.clone());
    let patient: PatientClient = HealthClient::new(layer()?.layer(channel));

    println!(
        "{:<36} {:>16} {:>29} {:>29}",
        "the server", "a bare channel", "#[retry]", "a layer"
    );
    for script in SCRIPTS {
        let name = script.name;
        let request = || HealthCheckRequest {
            service: name.to_owned(),
        };
        server.start_anew();
        let alone = match name {
            // It would not end.
            "hangs once" => "does not end".to_owned(),
            _ => code(
                bare.clone()
                    .check(request())
                    .await
                    .err()
                    .map(|status| status.code()),
            ),
        };
        server.start_anew();
        let failed = check(&bare, name).await.err().map(|error| error.code());
        let function = format!("{}, {} requests", code(failed), server.requests());
        server.start_anew();
        let failed = patient
            .clone()
            .check(request())
            .await
            .err()
            .map(|status| status.code());
        let layered = format!("{}, {} requests", code(failed), server.requests());
        println!(
            "{:<36} {alone:>16} {function:>29} {layered:>29}",
            script.does
        );
    }
    Ok(())
}

fn code(failed: Option<Code>) -> String {
    failed.map_or_else(|| "ok".to_owned(), |code| format!("{code:?}"))
}
