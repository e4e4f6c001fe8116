//! Empties failed responses, so that their connections can be used again.

use ::reqwest_0_13::Response;

use crate::defaults;

/// Reads how the body begins: at most 64 KiB, for at most a second. Returns `true` with it if that is all.
pub(super) async fn read(response: &mut Response) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    let reading = async {
        while let Ok(chunk) = response.chunk().await {
            let Some(chunk) = chunk else { return true };
            let room = defaults::HTTP_KEPT_BODY.saturating_sub(body.len());
            match chunk.get(..room) {
                Some(start) if room < chunk.len() => {
                    body.extend_from_slice(start);
                    return false;
                }
                _ => body.extend_from_slice(&chunk),
            }
        }
        false
    };
    let whole = tokio::time::timeout(defaults::HTTP_EMPTYING, reading).await;
    (body, whole.unwrap_or(false))
}

/// As [`read`], for as long as the timeout of the response is.
#[cfg(feature = "reqwest-0_13-blocking")]
pub(super) fn read_blocking(response: &mut ::reqwest_0_13::blocking::Response) -> (Vec<u8>, bool) {
    use std::io::Read as _;

    let limit = u64::try_from(defaults::HTTP_KEPT_BODY).unwrap_or(u64::MAX);
    let mut body = Vec::new();
    let read = response
        .take(limit.saturating_add(1))
        .read_to_end(&mut body);
    let whole = read.is_ok() && body.len() <= defaults::HTTP_KEPT_BODY;
    body.truncate(defaults::HTTP_KEPT_BODY);
    (body, whole)
}
