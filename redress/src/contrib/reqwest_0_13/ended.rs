//! Whether a body has come to its end. hyper shows a stream of HTTP/2 that the server gives up with `NO_ERROR`, by
//! `RST_STREAM` or GOAWAY (in older versions with `CANCEL`, too), as a body that has ended, whatever was announced.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use ::bytes_1::Bytes;
use ::http_1::Version;
use ::http_body_1::Body as _;
use ::reqwest_0_13::{Body, Error, Response, ResponseBuilderExt as _};

use super::Failure;

/// Bodies of this program say that their stream has ended. Those of a reqwest that can decompress never do.
static IS_SAID: AtomicBool = AtomicBool::new(false);

/// Returns `false` if a body that was read to its end is known not to have come to it.
pub(super) fn has_ended(response: Response) -> bool {
    if response.version() != Version::HTTP_2 {
        return true;
    }
    if Body::from(response).is_end_stream() {
        IS_SAID.store(true, Ordering::Relaxed);
        return true;
    }
    !IS_SAID.load(Ordering::Relaxed)
}

/// Reads the body of an answer over HTTP/2 whose length was announced, so that a shorter one is an error. Every
/// other answer is returned as it is: a body of HTTP/1 that is cut is an error to hyper.
pub(super) async fn checked(mut response: Response) -> Result<Response, Failure> {
    let announced = response.content_length();
    let Some(announced) = announced.filter(|_| response.version() == Version::HTTP_2) else {
        return Ok(response);
    };
    let body = read(&mut response).await?;
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    // An answer to HEAD has a length, and no body.
    if length != 0 && length != announced {
        let said = format!("the body ended after {length} of {announced} bytes");
        return Err(Failure::of_reading(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            said,
        )));
    }
    let url = response.url().clone();
    let (mut parts, _) = ::http_1::Response::from(response).into_parts();
    // The extension by which reqwest knows the URL is made by its builder only.
    if let Ok(url) = ::http_1::Response::builder().url(url).body(()) {
        parts.extensions.extend(url.into_parts().0.extensions);
    }
    let again = ::http_1::Response::from_parts(parts, Body::from(body));
    Ok(Response::from(again))
}

/// Most bodies are one chunk, which is not copied.
async fn read(response: &mut Response) -> Result<Bytes, Error> {
    let first = response.chunk().await?.unwrap_or_default();
    let Some(second) = response.chunk().await? else {
        return Ok(first);
    };
    let mut all = [first, second].concat();
    while let Some(chunk) = response.chunk().await? {
        all.extend_from_slice(&chunk);
    }
    Ok(all.into())
}
