//! What the types of the integrations can be used as.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use redress::contrib::axum_0_8::{DeadlineLayer, RetryLayer as Rerun, Unavailable, Undone};
use redress::contrib::http_body_1::{HttpRetry, HttpRetryLayer, ReplayBody, ResponseBody};
use redress::contrib::reqwest_0_13::{self as ours, Download, Failure, RetryExt as _};
use redress::contrib::tonic_0_14::{GrpcRetry, GrpcRetryLayer};
use redress::contrib::tower_service_0_3::RetryLayer;
use redress::{ErrorClass, Policy};
use tonic::Status;
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tower::util::{BoxCloneService, BoxCloneSyncService, BoxService};
use tower::{BoxError, Layer as _, Service, ServiceBuilder, ServiceExt as _, service_fn};

fn shared<T: Clone + Send + Sync + 'static>() {}
fn movable<T: Send + 'static>(_: &T) {}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn layers_services_and_errors_are_shared_between_threads() {
    shared::<GrpcRetryLayer>();
    shared::<GrpcRetry<Channel>>();
    shared::<HttpRetryLayer>();
    shared::<HttpRetry<Client<HttpConnector, ReplayBody<Full<Bytes>>>>>();
    shared::<RetryLayer>();
    shared::<Rerun>();
    shared::<DeadlineLayer>();
    shared::<Undone>();
    shared::<Unavailable>();
    shared::<ours::Client>();
    fn error<E: std::error::Error + Send + Sync + 'static>() {}
    error::<Failure>();
    error::<redress::Error<Failure>>();
    error::<redress::Error<Status>>();
    error::<Unavailable>();

    // Calls move between threads while they run, and a download is read wherever it is.
    let api = ours::Client::per_host(reqwest::Client::new(), Policy::new);
    let get = || api.get("http://localhost/");
    movable(&get());
    movable(&get().send());
    movable(&get().text());
    movable(&get().bytes());
    movable(&get().json::<u32>());
    movable(&get().read(async |response: reqwest::Response| response.bytes().await));
    fn unpin<T: Send + Unpin>(_: &T) {}
    unpin::<Download<'static>>(&get().download());
    let policy = Policy::new();
    fn send<T: Send>(_: &T) {}
    send(
        &reqwest::Client::new()
            .get("http://localhost/")
            .retry(&policy)
            .send(),
    );
    let blocking = || {
        use ours::blocking::RetryExt as _;
        let http = reqwest::blocking::Client::new();
        send(&http.get("http://localhost/").retry(&policy));
    };
    tokio::task::block_in_place(blocking);
}

fn policy() -> Policy {
    Policy::new()
}

/// As the error of `Buffer`, `Timeout` and boxed services: the policy is told what is in the box.
fn boxed() -> Policy<impl Fn(&BoxError) -> redress::Classification + Send + Sync> {
    let by_content = |error: &BoxError| redress::classify::classify_dyn(&**error);
    Policy::builder().classifier(by_content).build().unwrap()
}

#[tokio::test]
async fn services_in_boxes_are_retried_and_retried_services_are_boxed() {
    let echo = service_fn(|request: u32| async move { Ok::<_, std::io::Error>(request) });
    let service = ServiceBuilder::new()
        .boxed_clone()
        .layer(RetryLayer::new(boxed()))
        .buffer(4)
        .service(echo);
    let mut service: BoxCloneService<u32, u32, redress::Error<BoxError>> = service;
    assert_eq!(service.ready().await.unwrap().call(7).await.unwrap(), 7);
    // A box that cannot be cloned is shared through a buffer.
    let once = BoxService::new(echo);
    let inner = ServiceBuilder::new().buffer(4).service(once);
    let service = BoxCloneSyncService::new(RetryLayer::new(boxed()).layer(inner));
    assert_eq!(service.oneshot(7).await.unwrap(), 7);
}

#[tokio::test]
async fn clients_of_http_in_boxes_are_retried() {
    type Answer = Response<Full<Bytes>>;
    let echo = service_fn(|request: Request<ReplayBody<Full<Bytes>>>| async move {
        drop(request);
        Ok::<Answer, std::io::Error>(Response::new(Full::from("done")))
    });
    let inner: BoxCloneSyncService<_, Answer, BoxError> =
        BoxCloneSyncService::new(echo.map_err(BoxError::from));
    let service = ServiceBuilder::new()
        .concurrency_limit(4)
        .layer(HttpRetryLayer::new(boxed()))
        .timeout(std::time::Duration::from_secs(60))
        .service(inner);
    let service: BoxCloneService<_, Response<ResponseBody<Full<Bytes>>>, _> =
        BoxCloneService::new(service);
    let request = Request::new(Full::from("asked"));
    assert_eq!(service.oneshot(request).await.unwrap().status(), 200);
}

type Boxed = BoxCloneSyncService<Request<Body>, Response<Body>, Status>;

/// What generated clients ask of their channel.
fn client<S>(channel: S) -> Grpc<S>
where
    S: GrpcService<Body>,
    S::Error: Into<BoxError>,
    S::ResponseBody: http_body::Body<Data = Bytes> + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<BoxError> + Send,
{
    Grpc::new(channel)
}

#[tokio::test]
async fn channels_of_tonic_are_layered_and_boxed() {
    let layer = GrpcRetryLayer::new(policy());
    let channel = || Channel::from_static("http://localhost:1").connect_lazy();
    let sign = |request: tonic::Request<()>| Ok::<_, Status>(request);
    client(layer.layer(channel()));
    // An interceptor runs once for each call, or once for each attempt.
    client(InterceptedService::new(layer.layer(channel()), sign));
    client(layer.layer(InterceptedService::new(channel(), sign)));
    client(
        ServiceBuilder::new()
            .buffer(4)
            .layer(layer.clone())
            .concurrency_limit(1)
            .service(channel()),
    );
    let map = |response: Response<Body>| response.map(Body::new);
    let inner = channel()
        .map_response(map)
        .map_err(|error| Status::from_error(error.into()));
    let inner: Boxed = BoxCloneSyncService::new(inner);
    let retried: Boxed = BoxCloneSyncService::new(layer.layer(inner));
    client(retried);
    // Of a class that no retry betters.
    let blind = Policy::builder().classifier(|_: &Status| ErrorClass::Permanent);
    client(GrpcRetryLayer::new(blind.build().unwrap()).layer(channel()));
}
