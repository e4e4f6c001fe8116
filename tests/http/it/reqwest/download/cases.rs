//! What each answer to a request for the rest leads to.

use redress::StopReason;
use redress::contrib::reqwest_0_13::{Discontinuity, RetryExt as _};
use reqwest::Client;

use super::super::client;
use super::{Answer, WHOLE, asked, drain, fin, half, policy, raw, rest, server};
use crate::support::h1::{Server, answer};

/// Downloads from a server that gives these answers. Returns the bytes and the text of the error.
async fn fetch(server: &Server) -> (Vec<u8>, Option<String>) {
    let policy = policy();
    let mut download = client().get(server.url("/file")).retry(&policy).download();
    let (bytes, error) = drain(&mut download).await;
    let shown = error.map(|error| {
        let failure = error.into_source().unwrap();
        let reason = failure.discontinued().map(|why| why.reason());
        match reason {
            Some(reason) => format!("{reason:?}: {failure}"),
            None => failure.to_string(),
        }
    });
    (bytes, shown)
}

#[tokio::test]
async fn the_rest_is_asked_for_and_joined() {
    let server = server(half(), [rest()]);
    let policy = policy();
    let mut download = client().get(server.url("/file")).retry(&policy).download();
    assert_eq!((download.total(), download.headers()), (None, None));
    let (bytes, error) = drain(&mut download).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(bytes, WHOLE);
    assert_eq!((download.position(), download.total()), (20, Some(20)));
    assert_eq!(download.resumed(), 1);
    assert_eq!(download.validator().unwrap(), "\"a\"");
    assert_eq!(download.url().unwrap().path(), "/file");
    let seen = server.seen();
    assert_eq!(asked(&seen[0]), (None, None));
    assert_eq!(asked(&seen[1]), (Some("bytes=10-"), Some("\"a\"")));
    assert!(
        seen.iter()
            .all(|seen| seen.header("accept-encoding") == Some("identity"))
    );
}

#[tokio::test]
async fn a_date_is_a_validator_where_it_is_old() {
    let head = "content-length: 20\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
                last-modified: Sun, 06 Nov 1994 08:48:37 GMT\r\n";
    let part = "content-length: 10\r\ncontent-range: bytes 10-19/20\r\n\
                last-modified: Sun, 06 Nov 1994 08:48:37 GMT\r\n";
    let server = server(
        fin(200, head, b"0123456789"),
        [Answer::Write(raw(206, part, b"abcdefghij"))],
    );
    assert_eq!(fetch(&server).await, (WHOLE.to_vec(), None));
    let since = "Sun, 06 Nov 1994 08:48:37 GMT";
    assert_eq!(asked(&server.seen()[1]), (Some("bytes=10-"), Some(since)));
}

/// Answers to a request for what follows ten of twenty bytes, and the errors.
#[tokio::test]
async fn what_is_not_the_rest_is_not_joined() {
    let part = |headers: &str, body: &[u8]| Answer::Write(raw(206, headers, body));
    let ten = b"abcdefghij";
    for (name, second, expected) in [
        (
            "the whole again",
            answer(200, "etag: \"a\"\r\n", WHOLE),
            "WholeAgain: the server knows no ranges: asked for what follows 10 bytes, it sent the whole",
        ),
        (
            "another whole",
            answer(200, "etag: \"b\"\r\n", WHOLE),
            "Changed: the file has changed after 10 bytes: its ETag is \"b\", and was \"a\"",
        ),
        (
            "a whole without a validator",
            answer(200, "", WHOLE),
            "Changed: the file has changed after 10 bytes: it has no ETag any more, which was \"a\"",
        ),
        (
            "a part of another version",
            part(
                "content-length: 10\r\ncontent-range: bytes 10-19/20\r\netag: \"b\"\r\n",
                ten,
            ),
            "Changed: the file has changed after 10 bytes: its ETag is \"b\", and was \"a\"",
        ),
        (
            "a part of a version that is alike",
            part(
                "content-length: 10\r\ncontent-range: bytes 10-19/20\r\netag: W/\"a\"\r\n",
                ten,
            ),
            "Changed: the file has changed after 10 bytes: its ETag is W/\"a\", and was \"a\"",
        ),
        (
            "a part of no version",
            part(
                "content-length: 10\r\ncontent-range: bytes 10-19/20\r\n",
                ten,
            ),
            "Changed: the file has changed after 10 bytes: it has no ETag any more, which was \"a\"",
        ),
        (
            "a part of a longer file",
            part(
                "content-length: 10\r\ncontent-range: bytes 10-19/21\r\netag: \"a\"\r\n",
                ten,
            ),
            "Changed: the file has changed after 10 bytes: it has 21 bytes, and had 20",
        ),
        (
            "a part from before",
            part(
                "content-length: 10\r\ncontent-range: bytes 9-18/20\r\netag: \"a\"\r\n",
                ten,
            ),
            "WrongRange: a wrong part came after 10 bytes: it begins at 9",
        ),
        (
            "a part from behind",
            part(
                "content-length: 9\r\ncontent-range: bytes 11-19/20\r\netag: \"a\"\r\n",
                &ten[..9],
            ),
            "WrongRange: a wrong part came after 10 bytes: it begins at 11",
        ),
        (
            "a part beyond the end",
            part(
                "content-length: 11\r\ncontent-range: bytes 10-20/*\r\netag: \"a\"\r\n",
                b"abcdefghijk",
            ),
            "WrongRange: a wrong part came after 10 bytes: it ends at 21, beyond the file",
        ),
        (
            "a part with a body of another length",
            part(
                "content-length: 9\r\ncontent-range: bytes 10-19/20\r\netag: \"a\"\r\n",
                &ten[..9],
            ),
            "WrongRange: a wrong part came after 10 bytes: its range has 10 bytes, and its body 9",
        ),
        (
            "a part that is nowhere",
            part("content-length: 10\r\netag: \"a\"\r\n", ten),
            "WrongRange: a wrong part came after 10 bytes: no Content-Range",
        ),
        (
            "a part that is in two places",
            part(
                "content-length: 10\r\ncontent-range: bytes 10-19/20\r\ncontent-range: bytes 10-19/20\r\n\
                 etag: \"a\"\r\n",
                ten,
            ),
            "WrongRange: a wrong part came after 10 bytes: several Content-Range",
        ),
        (
            "a place that cannot be read",
            part(
                "content-length: 10\r\ncontent-range: bytes 10-/20\r\netag: \"a\"\r\n",
                ten,
            ),
            "WrongRange: a wrong part came after 10 bytes: `Content-Range: bytes 10-/20`",
        ),
        (
            "no place at all",
            part(
                "content-length: 10\r\ncontent-range: bytes */20\r\netag: \"a\"\r\n",
                ten,
            ),
            "WrongRange: a wrong part came after 10 bytes: a part without a place in the file",
        ),
        (
            "several parts",
            part(
                "content-length: 10\r\ncontent-type: Multipart/Byteranges; boundary=x\r\netag: \"a\"\r\n",
                ten,
            ),
            "WrongRange: a wrong part came after 10 bytes: several parts in one answer",
        ),
        (
            "a coded part",
            part(
                "content-length: 10\r\ncontent-range: bytes 10-19/20\r\ncontent-encoding: gzip\r\netag: \"a\"\r\n",
                ten,
            ),
            "Encoded: the answer after 10 bytes is not the file but a coding of it: gzip",
        ),
        (
            "more than the part",
            part(
                "transfer-encoding: chunked\r\ncontent-range: bytes 10-19/20\r\netag: \"a\"\r\n",
                b"b\r\nabcdefghijk\r\n0\r\n\r\n",
            ),
            "TooLong: more came after 10 bytes than was announced: 11 bytes where 10 were left",
        ),
        (
            "a file that has become shorter",
            answer(416, "content-range: bytes */5\r\n", b""),
            "Changed: the file has changed after 10 bytes: it has 5 bytes, and had 20",
        ),
        (
            "no file any more",
            answer(404, "", b"gone"),
            "127.0.0.1 answered 404 Not Found",
        ),
        (
            "a refusal that says nothing",
            answer(416, "", b""),
            "127.0.0.1 answered 416 Range Not Satisfiable",
        ),
        (
            "a redirect to nowhere",
            answer(304, "", b""),
            "127.0.0.1 answered 304 Not Modified",
        ),
    ] {
        let server = server(half(), [second]);
        let (bytes, error) = fetch(&server).await;
        assert_eq!(error.as_deref(), Some(expected), "{name}");
        assert_eq!(bytes, &WHOLE[..10], "{name}");
        assert_eq!(server.requests(), 2, "{name}");
    }
}

/// First answers, and the errors.
#[tokio::test]
async fn what_cannot_be_a_download() {
    for (name, first, expected) in [
        (
            "a coding",
            answer(200, "content-encoding: gzip\r\n", b"x"),
            "Encoded: the answer after 0 bytes is not the file but a coding of it: gzip",
        ),
        (
            "a coding of the transfer",
            fin(
                200,
                "transfer-encoding: gzip, chunked\r\n",
                b"1\r\nx\r\n0\r\n\r\n",
            ),
            "Encoded: the answer after 0 bytes is not the file but a coding of it: gzip, chunked",
        ),
        (
            "a part, unasked",
            answer(206, "content-range: bytes 0-0/1\r\n", b"x"),
            "WrongRange: a wrong part came after 0 bytes: the whole was asked for",
        ),
        (
            "no file",
            answer(404, "", b"no"),
            "127.0.0.1 answered 404 Not Found",
        ),
        (
            "a range of nothing",
            answer(416, "content-range: bytes */0\r\n", b""),
            "127.0.0.1 answered 416 Range Not Satisfiable",
        ),
    ] {
        let server = Server::answers([first]);
        let (bytes, error) = fetch(&server).await;
        assert_eq!(error.as_deref(), Some(expected), "{name}");
        assert_eq!((bytes.len(), server.requests()), (0, 1), "{name}");
    }
}

/// What is lost after some bytes and cannot be asked for is an error, whose source says how.
#[tokio::test]
async fn without_a_strong_validator_a_cut_is_an_error() {
    const CUT: &str = "NoValidator: the connection was lost after 10 bytes, and the rest cannot be asked for: \
                       the answer had neither a strong ETag nor a Last-Modified a minute before its Date";
    for headers in [
        "content-length: 20\r\n",
        "transfer-encoding: chunked\r\n",
        "content-length: 20\r\netag: W/\"a\"\r\n",
        "content-length: 20\r\nlast-modified: Sun, 06 Nov 1994 08:48:37 GMT\r\n",
        "content-length: 20\r\nlast-modified: Sun, 06 Nov 1994 08:48:37 GMT\r\n\
         date: Sun, 06 Nov 1994 08:48:40 GMT\r\n",
    ] {
        let body: &[u8] = if headers.contains("chunked") {
            b"a\r\n0123456789\r\n"
        } else {
            b"0123456789"
        };
        let server = Server::answers([fin(200, headers, body)]);
        let policy = policy();
        let mut download = client().get(server.url("/")).retry(&policy).download();
        let (bytes, error) = drain(&mut download).await;
        let error = error.unwrap();
        assert_eq!(error.stop_reason(), StopReason::RetryForbidden, "{headers}");
        let failure = error.into_source().unwrap();
        let why = failure.discontinued().unwrap();
        assert_eq!(format!("{:?}: {failure}", why.reason()), CUT, "{headers}");
        assert_eq!(why.position(), 10);
        assert!(
            std::error::Error::source(why)
                .unwrap()
                .is::<reqwest::Error>()
        );
        assert_eq!((bytes.len(), server.requests()), (10, 1), "{headers}");
    }
}

#[tokio::test]
async fn a_body_that_ends_with_its_connection_may_have_been_cut() {
    // Nothing can be asked: the bytes are yielded, and the error says what is not known.
    let server = Server::answers([fin(200, "", b"0123456789")]);
    let (bytes, error) = fetch(&server).await;
    assert_eq!(bytes, b"0123456789");
    assert_eq!(
        error.unwrap(),
        "EndUnknown: the connection was closed after 10 bytes, and without a length or chunks nothing says \
         whether these are all"
    );
    assert_eq!(server.requests(), 1);

    // The server says that this was all.
    let end = answer(416, "content-range: bytes */10\r\n", b"");
    let asked = super::server(fin(200, "etag: \"a\"\r\n", b"0123456789"), [end]);
    assert_eq!(fetch(&asked).await, (b"0123456789".to_vec(), None));
    assert_eq!(asked.requests(), 2);

    // It says that this was not all.
    let cut = super::server(fin(200, "etag: \"a\"\r\n", b"0123456789"), [rest()]);
    assert_eq!(fetch(&cut).await, (WHOLE.to_vec(), None));

    // Of another version.
    let end = answer(416, "content-range: bytes */10\r\netag: \"b\"\r\n", b"");
    let changed = super::server(fin(200, "etag: \"a\"\r\n", b"0123456789"), [end]);
    let (_, error) = fetch(&changed).await;
    assert_eq!(
        error.unwrap(),
        "Changed: the file has changed after 10 bytes: its ETag is \"b\", and was \"a\""
    );
}

#[tokio::test]
async fn chunks_say_where_they_end() {
    let chunked = "transfer-encoding: chunked\r\netag: \"a\"\r\n";
    let whole = fin(200, chunked, b"a\r\n0123456789\r\n0\r\n\r\n");
    let server = Server::answers([whole]);
    assert_eq!(fetch(&server).await, (b"0123456789".to_vec(), None));
    assert_eq!(server.requests(), 1);
    let server = super::server(fin(200, chunked, b"a\r\n0123456789\r\n"), [rest()]);
    assert_eq!(fetch(&server).await, (WHOLE.to_vec(), None));
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn an_empty_file_is_complete() {
    for empty in [
        answer(200, "", b""),
        answer(200, "etag: \"a\"\r\n", b""),
        fin(200, "transfer-encoding: chunked\r\n", b"0\r\n\r\n"),
        fin(204, "", b""),
    ] {
        let server = Server::answers([empty.clone()]);
        assert_eq!(fetch(&server).await, (vec![], None), "{empty:?}");
        assert_eq!(server.requests(), 1);
    }
}

/// A part that is shorter than what was asked for is not the end, and neither is one of a length that the
/// server does not know.
#[tokio::test]
async fn parts_are_asked_for_until_all_are_here() {
    let part = |range: &str, body: &[u8]| {
        let length = body.len();
        let head =
            format!("content-length: {length}\r\ncontent-range: bytes {range}\r\netag: \"a\"\r\n");
        Answer::Write(raw(206, &head, body))
    };
    let parts = [part("10-13/*", b"abcd"), part("14-19/20", b"efghij")];
    let server = server(half(), parts);
    assert_eq!(fetch(&server).await, (WHOLE.to_vec(), None));
    assert_eq!(server.requests(), 3);
    assert_eq!(asked(&server.seen()[2]).0, Some("bytes=14-"));
}

#[tokio::test]
async fn before_the_first_byte_the_file_may_be_another() {
    let cut = fin(200, "content-length: 20\r\netag: \"old\"\r\n", b"");
    let server = server(
        cut,
        [
            answer(503, "", b"busy"),
            answer(200, "etag: \"new\"\r\n", b"new"),
        ],
    );
    assert_eq!(fetch(&server).await, (b"new".to_vec(), None));
    assert!(server.seen().iter().all(|seen| asked(seen) == (None, None)));
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    let server = server(half(), [answer(503, "", b"busy"), rest()]);
    assert_eq!(fetch(&server).await, (WHOLE.to_vec(), None));
    assert_eq!(server.requests(), 3);
    // The busy answer was emptied, so that its connection served what followed.
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn what_is_no_download_is_not_sent() {
    let server = Server::answers([answer(200, "", b"x")]);
    let policy = policy();
    let (http, url) = (client(), server.url("/"));
    for (request, expected) in [
        (
            http.head(&url),
            "not a request for a download: HEAD is not GET",
        ),
        (
            http.post(&url),
            "not a request for a download: POST is not GET",
        ),
        (
            http.get(&url).header("range", "bytes=5-"),
            "not a request for a download: it has a header `range`, which a download sets itself",
        ),
        (
            http.get(&url).header("if-range", "\"a\""),
            "not a request for a download: it has a header `if-range`, which a download sets itself",
        ),
    ] {
        let mut download = request.retry(&policy).download();
        let error = download.chunk().await.unwrap_err();
        let failure = error.source_ref().unwrap();
        assert_eq!(failure.to_string(), expected);
        assert_eq!(
            failure.discontinued().unwrap().reason(),
            Discontinuity::Unsuitable
        );
        assert_eq!(error.attempts(), 0);
    }
    let mut download = http.get("no URL").retry(&policy).download();
    assert!(
        download
            .chunk()
            .await
            .unwrap_err()
            .source_ref()
            .unwrap()
            .transport()
            .is_some()
    );
    assert_eq!(server.requests(), 0);
}

/// The URL of the request is asked each time, so a signature in that of the redirect may expire; and the
/// next host has the same file, or none.
#[tokio::test]
async fn a_redirect_to_another_host_is_followed_each_time() {
    let (first, second) = (server(half(), []), server(rest(), []));
    let (to_first, to_second) = (first.url("/1"), second.url("/2"));
    let front = Server::new(move |_, n| {
        let to = if n == 1 { &to_first } else { &to_second };
        answer(302, &format!("location: {to}\r\n"), b"")
    });
    let http = Client::builder().no_proxy().build().unwrap();
    let policy = policy();
    let mut download = http.get(front.url("/")).retry(&policy).download();
    let (bytes, error) = drain(&mut download).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(bytes, WHOLE);
    assert_eq!(asked(&second.seen()[0]), (Some("bytes=10-"), Some("\"a\"")));
    assert_eq!(download.url().unwrap().path(), "/1");
}

/// A length that is too short ends the body there, as HTTP says; one that is too long is a cut.
#[tokio::test]
async fn a_server_that_lies_about_the_length() {
    let short = fin(200, "content-length: 5\r\netag: \"a\"\r\n", b"0123456789");
    let server = Server::answers([short]);
    assert_eq!(fetch(&server).await, (b"01234".to_vec(), None));
    let long = fin(200, "content-length: 30\r\netag: \"a\"\r\n", b"0123456789");
    let server = super::server(long, [rest()]);
    let (bytes, error) = fetch(&server).await;
    assert_eq!(bytes, b"0123456789");
    assert_eq!(
        error.unwrap(),
        "Changed: the file has changed after 10 bytes: it has 20 bytes, and had 30"
    );
}
