//! Breadcrumbs and issues of Sentry.

use std::sync::Arc;

use redress::Observer;
use redress::contrib::sentry_0_48::{breadcrumbs, captures};
use redress::observe::CallResult;
use sentry_core::test::TestTransport;
use sentry_core::{Client, ClientOptions, Hub, Level, Scope, capture_message, configure_scope};

use crate::every_end::{Ended, Watch, every_end, goes_on, said};

struct Captured {
    transport: Arc<TestTransport>,
}

/// The results that leave a breadcrumb.
fn is_breadcrumb(result: CallResult) -> bool {
    !matches!(
        result,
        CallResult::Success
            | CallResult::CircuitRejected
            | CallResult::Cancelled
            | CallResult::Panicked
    )
}

fn is_issue(result: CallResult) -> bool {
    is_breadcrumb(result)
        && !matches!(
            result,
            CallResult::SuccessAfterRetry
                | CallResult::Aborted
                | CallResult::PermanentFail
                | CallResult::Scheduled
                | CallResult::NoThread
        )
}

impl Watch for Captured {
    fn observer(&self) -> impl Observer + 'static {
        (breadcrumbs(), captures())
    }

    fn is_closed(&self) -> bool {
        true
    }

    fn assert_ended(&self, ended: &Ended<'_>) {
        capture_message("what there is", Level::Info);
        configure_scope(Scope::clear_breadcrumbs);
        let mut all = self.transport.fetch_and_clear_events();
        let crumbs = all.pop().unwrap().breadcrumbs;
        let crumbs = crumbs.iter().map(|crumb| crumb.message.as_deref().unwrap());
        let ends: Vec<_> = crumbs.filter(|name| !goes_on(name)).collect();
        let issues: Vec<_> = all
            .iter()
            .map(|issue| issue.tags["redress.result"].as_str())
            .collect();
        let crumbs = only(ended.results, is_breadcrumb);
        with(ended, &crumbs).assert_shown(&ends, true, said);
        let expected = only(ended.results, is_issue);
        with(ended, &expected).assert_shown(&issues, true, CallResult::as_str);
    }
}

fn only(results: &[CallResult], which: fn(CallResult) -> bool) -> Vec<CallResult> {
    results.iter().copied().filter(|end| which(*end)).collect()
}

fn with<'a>(ended: &Ended<'a>, results: &'a [CallResult]) -> Ended<'a> {
    Ended { results, ..*ended }
}

#[test]
fn every_end_leaves_at_most_one_breadcrumb_and_one_issue() {
    let transport = TestTransport::new();
    let options = ClientOptions::new()
        .dsn("https://public@sentry.invalid/1")
        .transport(Arc::clone(&transport));
    let hub = Hub::new(
        Some(Arc::new(Client::from(options))),
        Arc::new(Scope::default()),
    );
    Hub::run(Arc::new(hub), || every_end(&Captured { transport }));
}
