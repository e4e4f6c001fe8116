use serde_json::Value;

use super::http;
use super::process::Process;

/// What takes Sentry's events: `kent`.
pub(crate) struct Sentry {
    url: String,
    port: u16,
    _process: Process,
}

impl Sentry {
    #[track_caller]
    pub(crate) fn start() -> Self {
        let arguments = |port: u16| {
            let arguments = ["run", "--host", "127.0.0.1", "--port"];
            let mut arguments = arguments.map(str::to_owned).to_vec();
            arguments.push(port.to_string());
            arguments
        };
        let list = |port| format!("http://127.0.0.1:{port}/api/eventlist/");
        let (process, port) = Process::start("kent-server", arguments, |port| {
            http::get(&list(port)).is_some()
        });
        Self {
            url: format!("http://127.0.0.1:{port}"),
            port,
            _process: process,
        }
    }

    /// Returns where a client sends its events.
    pub(crate) fn dsn(&self) -> String {
        format!("http://public@127.0.0.1:{}/1", self.port)
    }

    /// Returns the bodies of the events that have arrived, the oldest first.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        let list = http::get_json(&format!("{}/api/eventlist/", self.url), &[]);
        let ids = list["events"].as_array().unwrap().iter();
        let body = |event: &Value| {
            let id = event["event_id"].as_str().unwrap();
            let mut event = http::get_json(&format!("{}/api/event/{id}", self.url), &[]);
            event["payload"]["body"].take()
        };
        ids.map(body).collect()
    }
}

mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use sentry::protocol::{Breadcrumb, Level};
    use sentry::{Client, ClientOptions, Hub, Scope};

    use super::super::until;
    use super::*;

    /// Returns a hub of its own, so that tests at the same time do not share one.
    fn hub(dsn: &str) -> Hub {
        let options = ClientOptions {
            dsn: Some(dsn.parse().unwrap()),
            ..ClientOptions::default()
        };
        let client = Client::with_options(sentry::apply_defaults(options));
        Hub::new(Some(Arc::new(client)), Arc::new(Scope::default()))
    }

    #[test]
    fn kent_shows_an_event_with_its_fingerprint_and_breadcrumbs() {
        let kent = Sentry::start();
        let hub = hub(&kent.dsn());
        hub.add_breadcrumb(Breadcrumb {
            category: Some("redress".to_owned()),
            message: Some("retry".to_owned()),
            ..Breadcrumb::default()
        });
        hub.configure_scope(|scope| scope.set_fingerprint(Some(&["redress", "pay"])));
        hub.capture_message("it failed", Level::Error);
        hub.client().unwrap().flush(Some(Duration::from_secs(10)));

        let events = until("an event", || {
            let events = kent.events();
            (!events.is_empty()).then_some(events)
        });
        assert_eq!(events.len(), 1, "{events:#?}");
        assert_eq!(events[0]["message"], "it failed");
        assert_eq!(
            events[0]["fingerprint"],
            serde_json::json!(["redress", "pay"])
        );
        let crumbs = &events[0]["breadcrumbs"]["values"];
        assert_eq!(crumbs[0]["message"], "retry", "{crumbs}");
    }

    #[test]
    fn breadcrumbs_alone_are_not_sent() {
        let kent = Sentry::start();
        let hub = hub(&kent.dsn());
        hub.add_breadcrumb(Breadcrumb::default());
        hub.client().unwrap().flush(Some(Duration::from_secs(10)));
        assert!(kent.events().is_empty());
    }
}
