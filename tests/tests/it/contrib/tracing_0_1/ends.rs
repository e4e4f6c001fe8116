//! Every way in which a call can end, in spans and in events.

use redress::Observer;
use redress::contrib::tracing_0_1::{events, spans};

use super::recorder::Recorder;
use crate::every_end::{Ended, Watch, every_end, goes_on, said};

struct Spans(Recorder);

impl Watch for Spans {
    fn observer(&self) -> impl Observer + 'static {
        spans()
    }

    fn is_closed(&self) -> bool {
        !self.0.has_open_spans()
    }

    fn assert_ended(&self, ended: &Ended<'_>) {
        assert!(self.is_closed(), "{ended:?}, and a span is open");
        let all = self.0.take();
        let [calls, attempts] = ["redress.call", "attempt"].map(|name| {
            let of_name = all.iter().filter(|span| span.path.ends_with(name));
            of_name.count()
        });
        assert_eq!(calls, ended.results.len(), "{ended:?}: {all:?}");
        if let Some(expected) = ended.attempts {
            assert_eq!(attempts, expected as usize, "{ended:?}: {all:?}");
        }
        assert_eq!(calls + attempts, all.len(), "{ended:?}: {all:?}");
    }
}

/// A subscriber of one thread never hears that a span which was entered on another one is left, so this has
/// one for the whole process: the test runs itself in a process of its own.
#[test]
fn every_end_closes_its_spans() {
    const CHILD: &str = "REDRESS_TEST_OF_ALL_SPANS";
    if std::env::var_os(CHILD).is_some() {
        let recorder = Recorder::default();
        recorder.install_for_all_threads();
        return every_end(&Spans(recorder));
    }
    let name = std::thread::current().name().unwrap().to_owned();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture", "--test-threads=1"])
        .env(CHILD, "")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{output}");
}

struct Events {
    recorder: Recorder,
    successes: bool,
}

impl Watch for Events {
    fn observer(&self) -> impl Observer + 'static {
        if self.successes {
            events().successes()
        } else {
            events()
        }
    }

    fn is_closed(&self) -> bool {
        true
    }

    fn assert_ended(&self, ended: &Ended<'_>) {
        let all = self.recorder.take();
        let names: Vec<_> = all.iter().map(|event| event.path.as_str()).collect();
        ended.assert_shown(&ends(&names), !self.successes, said);
    }
}

/// Leaves out what ends no call.
fn ends<'n>(names: &[&'n str]) -> Vec<&'n str> {
    let ends = names.iter().copied();
    ends.filter(|name| !goes_on(name)).collect()
}

#[test]
fn every_end_is_one_event() {
    for successes in [false, true] {
        let recorder = Recorder::default();
        recorder.install(|| {
            every_end(&Events {
                recorder: recorder.clone(),
                successes,
            });
        });
    }
}
