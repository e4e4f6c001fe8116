//! Whether a body has come to its end. hyper shows a stream of HTTP/2 that the server gives up with `NO_ERROR`, by
//! `RST_STREAM` or GOAWAY (in older versions with `CANCEL`, too), as a body that has ended, whatever was announced.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use ::bytes_1::Bytes;
use ::http_1::Version;
use ::http_1::response::Parts;
use ::http_body_1::Body as _;
use ::reqwest_0_13::{Body, Error, Response, ResponseBuilderExt as _, Url};

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

/// Returns `true` for an answer over HTTP/2 whose length was announced: a body of HTTP/1 that is cut is an error
/// to hyper.
pub(super) fn may_be_cut(response: &Response) -> bool {
    response.version() == Version::HTTP_2 && response.content_length().is_some()
}

/// Reads the body of an answer whose length was announced, so that a shorter one is an error.
pub(super) async fn checked(mut response: Response) -> Result<Response, Failure> {
    let Some(announced) = response.content_length() else {
        return Ok(response);
    };
    let body = read(&mut response).await?;
    refuse_short(&body, announced)?;
    let url = response.url().clone();
    let (parts, _) = ::http_1::Response::from(response).into_parts();
    Ok(Response::from(again(parts, url, Body::from(body))))
}

/// As [`checked`].
#[cfg(feature = "reqwest-0_13-blocking")]
pub(super) fn checked_blocking(
    mut response: ::reqwest_0_13::blocking::Response,
) -> Result<::reqwest_0_13::blocking::Response, Failure> {
    let announced = response.content_length();
    let Some(announced) = announced.filter(|_| response.version() == Version::HTTP_2) else {
        return Ok(response);
    };
    let (parts, url) = take_parts(&mut response);
    let body = response.bytes()?;
    refuse_short(&body, announced)?;
    Ok(again(parts, url, Body::from(body)).into())
}

fn refuse_short(body: &Bytes, announced: u64) -> Result<(), Failure> {
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    // An answer to HEAD has a length, and no body.
    if length == 0 || length == announced {
        return Ok(());
    }
    let said = format!("the body ended after {length} of {announced} bytes");
    let cut = io::Error::new(io::ErrorKind::UnexpectedEof, said);
    Err(Failure::of_reading(cut))
}

/// Takes the head of a response, and its URL.
#[cfg(feature = "reqwest-0_13-blocking")]
pub(super) fn take_parts(response: &mut ::reqwest_0_13::blocking::Response) -> (Parts, Url) {
    let (mut parts, ()) = ::http_1::Response::new(()).into_parts();
    parts.status = response.status();
    parts.version = response.version();
    std::mem::swap(&mut parts.headers, response.headers_mut());
    std::mem::swap(&mut parts.extensions, response.extensions_mut());
    (parts, response.url().clone())
}

/// Makes a response again, with a body that is here.
pub(super) fn again(mut parts: Parts, url: Url, body: Body) -> ::http_1::Response<Body> {
    // The extension by which reqwest knows the URL is made by its builder only.
    if let Ok(url) = ::http_1::Response::builder().url(url).body(()) {
        parts.extensions.extend(url.into_parts().0.extensions);
    }
    ::http_1::Response::from_parts(parts, body)
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
