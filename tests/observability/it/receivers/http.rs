use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

/// Gets a page. `None` if nothing listens there, or if it answers with an error.
pub(crate) fn get(url: &str) -> Option<String> {
    let config = Agent::config_builder().timeout_global(Some(Duration::from_secs(10)));
    let mut answer = Agent::from(config.build()).get(url).call().ok()?;
    answer.body_mut().read_to_string().ok()
}

/// Gets a page with queries, which are encoded, as JSON.
#[track_caller]
pub(crate) fn get_json(url: &str, queries: &[(&str, &str)]) -> Value {
    let config = Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .http_status_as_error(false);
    let request = Agent::from(config.build()).get(url);
    let mut answer = request.query_pairs(queries.iter().copied()).call().unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{url}: {error} in {text}"))
}
