use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use super::http;
use super::process::{Process, program};

/// The labels of a series, without its name.
pub(crate) type Labels = BTreeMap<String, String>;

/// Prometheus, which scrapes five times a second and keeps exemplars.
pub(crate) struct Prometheus {
    url: String,
    process: Process,
    _folder: TempDir,
}

/// An alert that is pending or fires.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Alert {
    pub(crate) labels: Labels,
    pub(crate) state: String,
}

impl Alert {
    pub(crate) fn name(&self) -> &str {
        &self.labels["alertname"]
    }
}

impl Prometheus {
    /// Starts it. It scrapes each address as a job of that name, and evaluates the rules, which are
    /// the content of a file.
    #[track_caller]
    pub(crate) fn start(jobs: &[(&str, SocketAddr)], rules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = "global: {scrape_interval: 200ms, scrape_timeout: 200ms, \
                          evaluation_interval: 200ms}\n\
                          rule_files: [rules.yml]\nscrape_configs:\n"
            .to_owned();
        for (job, address) in jobs {
            let _ = writeln!(
                config,
                "  - {{job_name: {job}, static_configs: [{{targets: ['{address}']}}]}}"
            );
        }
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, config).unwrap();
        fs::write(folder.path().join("rules.yml"), rules).unwrap();

        let arguments = |port| {
            vec![
                format!("--config.file={}", file.display()),
                format!(
                    "--storage.tsdb.path={}",
                    folder.path().join("data").display()
                ),
                format!("--web.listen-address=127.0.0.1:{port}"),
                "--enable-feature=exemplar-storage".to_owned(),
                "--log.level=warn".to_owned(),
            ]
        };
        let is_ready = |port| http::get(&format!("http://127.0.0.1:{port}/-/ready")).is_some();
        let (process, port) = Process::start("prometheus", arguments, is_ready);
        Self {
            url: format!("http://127.0.0.1:{port}"),
            process,
            _folder: folder,
        }
    }

    /// Evaluates a query, now or at some time in seconds since 1970.
    #[track_caller]
    pub(crate) fn query(&self, query: &str, time: Option<f64>) -> BTreeMap<Labels, f64> {
        #[derive(Deserialize)]
        struct Sample {
            metric: Labels,
            value: (f64, String),
        }
        let time = time.map(|time| time.to_string());
        let mut queries = vec![("query", query)];
        queries.extend(time.as_deref().map(|time| ("time", time)));
        let mut data = self.data("query", &queries);
        let samples: Vec<Sample> = serde_json::from_value(data["result"].take()).unwrap();
        let sample = |sample: Sample| {
            let mut labels = sample.metric;
            labels.remove("__name__");
            (labels, sample.value.1.parse().unwrap())
        };
        samples.into_iter().map(sample).collect()
    }

    /// Returns the labels of the exemplars that a query's series have.
    #[track_caller]
    pub(crate) fn exemplars(&self, query: &str) -> Vec<Labels> {
        #[derive(Deserialize)]
        struct Series {
            exemplars: Vec<Exemplar>,
        }
        #[derive(Deserialize)]
        struct Exemplar {
            labels: Labels,
        }
        // From 1970 to 2100.
        let range = [("query", query), ("start", "0"), ("end", "4102444800")];
        let series: Vec<Series> =
            serde_json::from_value(self.data("query_exemplars", &range)).unwrap();
        let all = series.into_iter().flat_map(|series| series.exemplars);
        all.map(|exemplar| exemplar.labels).collect()
    }

    /// Returns the alerts that are pending or fire.
    #[track_caller]
    pub(crate) fn alerts(&self) -> Vec<Alert> {
        serde_json::from_value(self.data("alerts", &[])["alerts"].take()).unwrap()
    }

    #[track_caller]
    fn data(&self, path: &str, queries: &[(&str, &str)]) -> Value {
        let mut answer = http::get_json(&format!("{}/api/v1/{path}", self.url), queries);
        assert_eq!(
            answer["status"],
            "success",
            "{path} {queries:?}: {answer}\n{:?}",
            self.process.all()
        );
        answer["data"].take()
    }
}

/// Returns what `promtool` has to say against a page of metrics: nothing, if it is as it should be.
#[track_caller]
pub(crate) fn lint(page: &str) -> String {
    let mut child = Command::new(program("promtool"))
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(page.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said
}

mod tests {
    use std::sync::Arc;

    use prometheus::{IntCounterVec, Opts, Registry, TextEncoder};
    use prometheus_client::encoding::text::encode;
    use prometheus_client::metrics::exemplar::HistogramWithExemplars;
    use prometheus_client::registry::Registry as ClientRegistry;

    use redress_observability_tests::endpoint::{Endpoint, OPEN_METRICS, TEXT};

    use super::super::until;
    use super::*;

    #[test]
    fn prometheus_scrapes_what_its_client_writes_and_evaluates_rules() {
        let registry = Registry::new();
        let retries =
            IntCounterVec::new(Opts::new("retries_total", "Retries."), &["class"]).unwrap();
        registry.register(Box::new(retries.clone())).unwrap();
        retries.with_label_values(&["TRANSIENT"]).inc_by(3);
        let endpoint = Endpoint::serve(TEXT, move || {
            TextEncoder::new()
                .encode_to_string(&registry.gather())
                .unwrap()
        });
        let rules = "groups: [{name: a, rules: [\
                     {alert: Many, expr: 'retries_total > 2'}, \
                     {alert: TooMany, expr: 'retries_total > 3'}]}]";
        let prometheus = Prometheus::start(&[("shop", endpoint.address)], rules);

        let query = "sum by (job, class) (retries_total)";
        let found = until("retries", || {
            let found = prometheus.query(query, None);
            (!found.is_empty()).then_some(found)
        });
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let labels = Labels::from([label("job", "shop"), label("class", "TRANSIENT")]);
        assert_eq!(found, BTreeMap::from([(labels, 3.0)]));

        let alerts = until("an alert", || {
            let alerts = prometheus.alerts();
            (!alerts.is_empty()).then_some(alerts)
        });
        assert_eq!(alerts.len(), 1, "{alerts:?}");
        assert_eq!((alerts[0].name(), &*alerts[0].state), ("Many", "firing"));
    }

    #[test]
    fn prometheus_keeps_the_exemplars_of_its_client() {
        let mut registry = ClientRegistry::default();
        let durations = HistogramWithExemplars::<Vec<(&str, &str)>>::new([0.1, 1.0].into_iter());
        registry.register("duration", "How long", durations.clone());
        durations.observe(0.05, Some(vec![("trace_id", "4bf92f35")]), None);
        let registry = Arc::new(registry);
        let endpoint = Endpoint::serve(OPEN_METRICS, move || {
            let mut text = String::new();
            encode(&mut text, &registry).unwrap();
            text
        });
        let prometheus = Prometheus::start(&[("shop", endpoint.address)], "groups: []");
        let exemplars = until("an exemplar", || {
            let exemplars = prometheus.exemplars("duration_bucket");
            (!exemplars.is_empty()).then_some(exemplars)
        });
        assert_eq!(exemplars[0]["trace_id"], "4bf92f35");
        assert!(prometheus.exemplars("made_up_bucket").is_empty());
    }

    #[test]
    fn promtool_finds_a_counter_that_is_not_called_one() {
        let page = "# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total 1\n";
        assert_eq!(lint(page), "");
        let said = lint(&page.replace("calls_total", "calls"));
        assert!(
            said.contains("counter metrics should have \"_total\" suffix"),
            "{said}"
        );
    }

    #[test]
    fn a_page_that_is_no_metrics_is_scraped_and_refused() {
        let endpoint = Endpoint::serve(TEXT, || "this is { not a metric".to_owned());
        let prometheus = Prometheus::start(&[("shop", endpoint.address)], "groups: []");
        until("two scrapes", || (endpoint.answered() > 1).then_some(()));
        let up = until("up", || prometheus.query("up", None).into_values().next());
        assert_eq!(up, 0.0);
    }

    #[test]
    #[should_panic(expected = "parse error")]
    fn a_query_that_cannot_be_parsed_fails() {
        Prometheus::start(&[], "groups: []").query("sum by (", None);
    }

    #[test]
    #[should_panic(expected = "prometheus has ended at once")]
    fn rules_that_cannot_be_read_fail() {
        Prometheus::start(
            &[],
            "groups: [{name: a, rules: [{alert: A, expr: 'sum by ('}]}]",
        );
    }
}
