//! async-openai against a scripted server. Its errors keep no headers, so they have no hint: where the resets
//! matter, `llm_response` over a plain client reads them.

use ::async_openai::Client;
use ::async_openai::config::OpenAIConfig;
use ::async_openai::error::OpenAIError;
use ::async_openai::types::chat::{
    ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequestArgs,
};
use redress::ErrorClass;
use redress::classify::llm_error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn meaning(error: &OpenAIError) -> ErrorClass {
    match error {
        OpenAIError::ApiError(said) => {
            let error = &said.api_error;
            let code = error.code.as_deref().or(error.r#type.as_deref());
            llm_error(said.status_code.as_u16(), code.unwrap_or_default())
        }
        OpenAIError::Reqwest(_) => ErrorClass::Transient,
        // An answer that is no JSON comes from a gateway in front, and its status is lost.
        OpenAIError::JSONDeserialize(..) => ErrorClass::ServerError,
        _ => ErrorClass::Permanent,
    }
}

/// Answers every request with this.
async fn server(status: &'static str, body: &'static str) -> Client<OpenAIConfig> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 65_536];
            let mut read = 0;
            while !request[..read].ends_with(b"}") {
                match stream.read(&mut request[read..]).await {
                    Ok(more) if more > 0 => read += more,
                    _ => break,
                }
            }
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            let _sent = stream.write_all(answer.as_bytes()).await;
        }
    });
    let config = OpenAIConfig::new()
        .with_api_base(format!("http://{address}"))
        .with_api_key("k");
    Client::with_config(config)
}

async fn ask(client: &Client<OpenAIConfig>) -> OpenAIError {
    let message = ChatCompletionRequestUserMessageArgs::default()
        .content("hi")
        .build()
        .unwrap();
    let request = CreateChatCompletionRequestArgs::default()
        .model("m")
        .messages([message.into()])
        .build()
        .unwrap();
    client.chat().create(request).await.unwrap_err()
}

#[tokio::test]
async fn what_the_api_says_is_in_the_table() {
    for (status, body, class) in [
        (
            "429 Too Many Requests",
            r#"{"error":{"message":"m","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            ErrorClass::Permanent,
        ),
        (
            "429 Too Many Requests",
            r#"{"error":{"message":"m","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
            ErrorClass::RateLimit,
        ),
        (
            "401 Unauthorized",
            r#"{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            ErrorClass::Auth,
        ),
        (
            "503 Service Unavailable",
            r#"{"error":{"message":"m","type":"server_error","param":null,"code":null}}"#,
            ErrorClass::ServerError,
        ),
        (
            "502 Bad Gateway",
            "<html>bad gateway</html>",
            ErrorClass::ServerError,
        ),
    ] {
        let client = server(status, body).await;
        let error = ask(&client).await;
        assert_eq!(meaning(&error), class, "{status} {body}: {error:?}");
    }
}
