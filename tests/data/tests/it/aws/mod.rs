//! What the AWS SDK says of a service, and what is made of it.

mod codes;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{Builder, Credentials, Region};
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::operation::list_queues::ListQueuesError;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_sdk_sqs::{Client, Config};
use redress::classify::classify_dyn;
use redress::strategies::{fixed, retry_after_or};
use redress::{Classification, Classify, ErrorClass, Policy};
use redress_data_tests::Moto;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A configuration as the guide has it: the SDK retries nothing.
fn config(url: &str) -> Builder {
    Config::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("a", "b", None, None, "tests"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url)
        .retry_config(RetryConfig::disabled())
}

fn client(url: &str) -> Client {
    Client::from_conf(config(url).build())
}

/// A reply, and its length.
fn reply((status, headers, body): (&str, &str, &str)) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.0\r\nconnection: close\r\n\
         content-length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

/// A server that gives these replies, the last one for ever, and counts the requests.
async fn script(replies: &[(&str, &str, &str)]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let replies: Vec<_> = replies.iter().copied().map(reply).collect();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            // Until the end of its body, which is `{}`.
            while !request.ends_with(b"{}") && socket.read_buf(&mut request).await.unwrap() > 0 {}
            let number = counter.fetch_add(1, Relaxed).min(replies.len() - 1);
            socket.write_all(&replies[number]).await.unwrap();
        }
    });
    (url, count)
}

type Failed = SdkError<ListQueuesError>;

async fn failed(url: &str) -> Failed {
    client(url).list_queues().send().await.unwrap_err()
}

#[tokio::test]
async fn replies_of_a_service() {
    let of = |code: &str| format!(r#"{{"__type":"com.amazonaws.sqs#{code}","message":"m"}}"#);
    let (bad, denied) = ("400 Bad Request", "403 Forbidden");
    for (status, headers, body, class, hint) in [
        (
            bad,
            "x-amz-retry-after: 1500\r\n",
            of("ThrottlingException"),
            ErrorClass::RateLimit,
            1500,
        ),
        (
            bad,
            "Retry-After: 2\r\n",
            of("ProvisionedThroughputExceededException"),
            ErrorClass::RateLimit,
            2000,
        ),
        (
            bad,
            "Retry-After: 9\r\nx-amz-retry-after: 40\r\n",
            of("RequestThrottled"),
            ErrorClass::RateLimit,
            40,
        ),
        (
            bad,
            "x-amz-retry-after: soon\r\nRetry-After: 1\r\n",
            of("KmsThrottled"),
            ErrorClass::RateLimit,
            1000,
        ),
        (
            "503 Slow Down",
            "",
            of("SlowDown"),
            ErrorClass::RateLimit,
            0,
        ),
        (denied, "", of("OverLimit"), ErrorClass::RateLimit, 0),
        (
            bad,
            "",
            of("LimitExceededException"),
            ErrorClass::RateLimit,
            0,
        ),
        // What is used up stays so: waiting buys nothing.
        (
            "402 Payment Required",
            "",
            of("ServiceQuotaExceededException"),
            ErrorClass::Permanent,
            0,
        ),
        (
            "500 Internal Server Error",
            "",
            of("InsufficientInstanceCapacity"),
            ErrorClass::ServerError,
            0,
        ),
        (
            "503 Service Unavailable",
            "Retry-After: 3\r\n",
            String::new(),
            ErrorClass::ServerError,
            3000,
        ),
        (
            "500 Internal Server Error",
            "",
            "<html>oops</html>".into(),
            ErrorClass::ServerError,
            0,
        ),
        (bad, "", of("ExpiredTokenException"), ErrorClass::Auth, 0),
        (
            denied,
            "",
            of("InvalidSignatureException"),
            ErrorClass::Auth,
            0,
        ),
        (
            denied,
            "",
            of("AccessDeniedException"),
            ErrorClass::Permission,
            0,
        ),
        (
            bad,
            "",
            of("ConditionalCheckFailedException"),
            ErrorClass::Concurrency,
            0,
        ),
        (bad, "", of("RequestTimeout"), ErrorClass::Transient, 0),
        (bad, "", of("SomethingNew"), ErrorClass::Permanent, 0),
        // An answer that nobody can read: it may have been a success.
        ("200 OK", "", "{not json".into(), ErrorClass::Unknown, 0),
    ] {
        let (url, _) = script(&[(status, headers, &body)]).await;
        let said: Classification = failed(&url).await.classify();
        assert_eq!(said.class(), class, "{status} {body}");
        let hint = (hint > 0).then(|| Duration::from_millis(hint));
        assert_eq!(said.retry_after_hint(), hint, "{status} {body}");
    }
}

#[tokio::test]
async fn throttling_is_known_in_a_chain() {
    let body = r#"{"__type":"ThrottlingException","message":"m"}"#;
    let (url, _) = script(&[("400 Bad Request", "", body)]).await;
    let wrapped = anyhow::Error::from(failed(&url).await).context("while looking for the queue");
    let said = classify_dyn(wrapped.as_ref());
    assert_eq!(said.class(), ErrorClass::RateLimit);
}

#[tokio::test]
async fn what_happens_on_the_way() {
    let refused = failed("http://127.0.0.1:1").await;
    assert!(matches!(refused, SdkError::DispatchFailure(_)));
    assert_eq!(refused.classify().class(), ErrorClass::Transient);

    let closing = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", closing.local_addr().unwrap());
    let closes = tokio::spawn(async move { while closing.accept().await.is_ok() {} });
    assert_eq!(failed(&url).await.classify().class(), ErrorClass::Transient);
    closes.abort();

    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let limit = TimeoutConfig::builder()
        .operation_timeout(Duration::from_millis(50))
        .build();
    let impatient = Client::from_conf(config(&url).timeout_config(limit).build());
    let late = impatient.list_queues().send().await.unwrap_err();
    assert!(matches!(late, SdkError::TimeoutError(_)));
    assert_eq!(late.classify().class(), ErrorClass::Transient);

    let anonymous = Config::builder()
        .region(Region::new("us-east-1"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(&url)
        .retry_config(RetryConfig::disabled());
    let nobody = Client::from_conf(anonymous.build());
    let error = nobody.list_queues().send().await.unwrap_err();
    assert_eq!(error.classify().class(), ErrorClass::Auth, "{error:?}");
}

#[tokio::test]
async fn a_service_refuses_for_good() {
    let moto = tokio::task::spawn_blocking(Moto::start).await.unwrap();
    let client = client(&moto.url());
    let made = client.create_queue().queue_name("jobs").send().await;
    let queue = made.unwrap().queue_url.unwrap();
    let send = client
        .send_message()
        .queue_url(&queue)
        .message_body("a job");
    send.send().await.unwrap();

    let nowhere = format!("{}/123456789012/nowhere", moto.url());
    let error = client
        .send_message()
        .queue_url(nowhere)
        .message_body("a job");
    let error = error.send().await.unwrap_err();
    assert!(error.as_service_error().unwrap().is_queue_does_not_exist());
    assert_eq!(error.classify().class(), ErrorClass::Permanent);

    let other = client
        .create_queue()
        .queue_name("jobs")
        .attributes(QueueAttributeName::DelaySeconds, "9");
    let error = other.send().await.unwrap_err();
    assert_eq!(error.classify().class(), ErrorClass::Permanent, "{error:?}");

    let empty = client.send_message_batch().queue_url(&queue);
    let error = empty
        .set_entries(Some(Vec::new()))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.classify().class(), ErrorClass::Permanent, "{error:?}");

    let unknown = client
        .delete_message()
        .queue_url(&queue)
        .receipt_handle("x");
    let error = unknown.send().await.unwrap_err();
    assert_eq!(error.classify().class(), ErrorClass::Permanent, "{error:?}");
}

#[tokio::test]
async fn attempts_of_the_sdk_multiply_unless_it_is_told() {
    let busy = (
        "400 Bad Request",
        "x-amz-retry-after: 1\r\n",
        r#"{"__type":"ThrottlingException"}"#,
    );
    let policy = Policy::builder()
        .classifier(Failed::classify)
        .strategy(retry_after_or(fixed(30)))
        .max_attempts(3)
        .build()
        .unwrap();

    let (url, requests) = script(&[busy]).await;
    let alone = client(&url);
    let outcome = policy.execute_async(|| alone.list_queues().send()).await;
    assert_eq!(outcome.last_class, Some(ErrorClass::RateLimit));
    assert_eq!(requests.load(Relaxed), 3);

    let (url, requests) = script(&[busy]).await;
    let own = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let both = Client::from_conf(config(&url).retry_config(own).build());
    let outcome = policy.execute_async(|| both.list_queues().send()).await;
    assert_eq!(outcome.attempts, 3);
    assert_eq!(requests.load(Relaxed), 9);

    let done = ("200 OK", "", "{}");
    let (url, requests) = script(&[busy, busy, done]).await;
    let healed = client(&url);
    let outcome = policy.execute_async(|| healed.list_queues().send()).await;
    assert!(outcome.is_ok());
    assert_eq!(requests.load(Relaxed), 3);
}
