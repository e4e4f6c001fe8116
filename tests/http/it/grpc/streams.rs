//! Calls of several messages.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::uri::PathAndQuery;

use super::{PATH, client, done, head, listed, policy, request};
use crate::classify::tonic::Raw;
use crate::support::h2::{self, Answer};

const KIB: usize = 1024;

#[tokio::test]
async fn messages_of_a_stream_are_sent_again_as_long_as_they_are_short() {
    for (chunks, sent) in [(3, 2), (200, 1)] {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&bodies);
        let server = h2::Server::new(move |id, count, body| {
            seen.lock().unwrap().push(body.len());
            Answer::Frames(match count {
                1 => head(id, &[("grpc-status", "14")], true),
                _ => done(id),
            })
        });
        let mut client = client(&server.url(""), &listed(policy(3)));
        client.ready().await.unwrap();
        let messages = (0..chunks).map(|_| Bytes::from(vec![b'a'; KIB]));
        let messages = request(futures_util::stream::iter(messages));
        let path = PathAndQuery::from_static(PATH);
        let answer = client.client_streaming(messages, path, Raw).await;
        assert_eq!(answer.is_ok(), sent == 2);
        assert_eq!(*bodies.lock().unwrap(), vec![chunks * (KIB + 5); sent]);
    }
}
