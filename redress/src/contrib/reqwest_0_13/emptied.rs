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
