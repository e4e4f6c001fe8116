//! Datagrams for StatsD.

use cadence::{SpyMetricSink, StatsdClient};
use redress::Observer;
use redress::contrib::cadence_1::Metrics;

use crate::every_end::{Ended, Watch, every_end};

struct Sent {
    metrics: Metrics,
    receiver: crossbeam_channel::Receiver<Vec<u8>>,
}

impl Watch for Sent {
    fn observer(&self) -> impl Observer + 'static {
        self.metrics.clone()
    }

    fn is_closed(&self) -> bool {
        true
    }

    fn assert_ended(&self, ended: &Ended<'_>) {
        let all = self.receiver.try_iter();
        let all: Vec<_> = all.map(|sent| String::from_utf8(sent).unwrap()).collect();
        let of = |start: &'static str| all.iter().filter_map(move |line| line.strip_prefix(start));
        let results = of("redress.calls:1|c|#").map(|tags| {
            let mut tags = tags.split(',');
            tags.find_map(|tag| tag.strip_prefix("result:")).unwrap()
        });
        let results: Vec<_> = results.collect();
        ended.assert_shown(&results, false, |result| result.as_str());
        // A call in a call ends before it.
        let gauge = of("redress.calls_in_flight:").next_back();
        assert!(
            gauge.is_none_or(|gauge| gauge.starts_with("0|g|")),
            "{ended:?}: {all:?}"
        );
        if let Some(attempts) = ended.attempts {
            let shown = of("redress.attempt.duration:").count();
            assert_eq!(shown, attempts as usize, "{ended:?}: {all:?}");
        }
    }
}

#[test]
fn every_end_is_sent_once_by_cadence() {
    let (receiver, sink) = SpyMetricSink::new();
    let metrics = Metrics::new(StatsdClient::from_sink("", sink));
    let metrics = metrics.durations().in_flight();
    every_end(&Sent { metrics, receiver });
}
