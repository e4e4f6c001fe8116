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

/// As [`read`]. A read that has begun cannot be cut off: it takes as long as the timeout of the response is.
#[cfg(feature = "reqwest-0_13-blocking")]
pub(super) fn read_blocking(response: &mut ::reqwest_0_13::blocking::Response) -> (Vec<u8>, bool) {
    use std::io::Read as _;
    use std::time::Instant;

    let begun = Instant::now();
    let (mut body, mut chunk) = (Vec::new(), [0; 8 * 1024]);
    while begun.elapsed() < defaults::HTTP_EMPTYING {
        let read = response.read(&mut chunk).ok();
        let Some(read) = read.and_then(|length| chunk.get(..length)) else {
            break;
        };
        if read.is_empty() {
            return (body, true);
        }
        let room = defaults::HTTP_KEPT_BODY.saturating_sub(body.len());
        match read.get(..room) {
            Some(start) if room < read.len() => {
                body.extend_from_slice(start);
                break;
            }
            _ => body.extend_from_slice(read),
        }
    }
    (body, false)
}
