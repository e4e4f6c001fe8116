//! Settings that change while the program runs.

use redress::config::Format;
use redress::{CircuitState, ErrorClass, Policies, PolicyHandle};

use super::failing;

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(text: &str) -> (Self, Policies) {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write(text);
        let policies = Policies::from_file(folder.file()).unwrap();
        (folder, policies)
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("retry.toml")
    }

    fn write(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
    }
}

fn attempts(policy: &PolicyHandle) -> u32 {
    policy.execute(failing).attempts
}

#[test]
fn handles_have_the_new_values_at_their_next_call() {
    let one = "[policies.a]\nstrategy = 'instant()'\nmax_attempts = 3\n";
    let (folder, policies) = Folder::with(one);
    let a = policies.get("a").unwrap();
    assert_eq!(attempts(&a), 3);
    folder.write(&one.replace('3', "5"));
    assert_eq!(attempts(&a), 3);
    let reloaded = policies.reload().unwrap();
    assert_eq!(reloaded.changed(), ["a"]);
    assert_eq!(reloaded.to_string(), "changed `a`");
    assert_eq!(attempts(&a), 5);
    assert!(policies.reload().unwrap().is_empty());
}

#[test]
fn a_call_under_way_keeps_its_values() {
    let one = "[policies.a]\nstrategy = 'instant()'\nmax_attempts = 3\n";
    let (folder, policies) = Folder::with(one);
    let a = policies.get("a").unwrap();
    let mut made = 0;
    let outcome = a.execute(|| {
        made += 1;
        folder.write(&one.replace('3', "9"));
        policies.reload().unwrap();
        failing()
    });
    assert_eq!((made, outcome.attempts), (3, 3));
    assert_eq!(attempts(&a), 9);
}

#[test]
fn a_future_starts_its_call_when_it_is_polled() {
    let one = "[policies.a]\nstrategy = 'instant()'\nmax_attempts = 3\n";
    let (folder, policies) = Folder::with(one);
    let a = policies.get("a").unwrap();
    let call = a.execute_async(async || failing());
    folder.write(&one.replace('3', "5"));
    policies.reload().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    assert_eq!(runtime.unwrap().block_on(call).attempts, 5);
}

#[test]
fn a_bad_file_changes_nothing_and_says_why() {
    let one = "[policies.a]\nstrategy = 'instant()'\nmax_attempts = 3\n";
    let (folder, policies) = Folder::with(one);
    let a = policies.get("a").unwrap();
    folder.write("[policies.a]\nmax_attempts = 0\n[policies.b]\n");
    let error = policies.reload().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("retry.toml:2:16: policies.a.max_attempts: must be at least 1")
    );
    assert_eq!(attempts(&a), 3);
    assert!(policies.get("b").is_err());
    std::fs::remove_file(folder.file()).unwrap();
    assert!(policies.reload().is_err());
    folder.write(&one.replace('3', "4"));
    policies.reload().unwrap();
    assert_eq!(attempts(&a), 4);
}

#[test]
fn a_policy_that_is_gone_stays_with_its_handles_and_may_come_back() {
    let both = "[policies.a]\nstrategy = 'instant()'\nmax_attempts = 3\n[policies.b]\n";
    let (folder, policies) = Folder::with(both);
    let a = policies.get("a").unwrap();
    folder.write("[policies.b]\n[policies.c]\n");
    let reloaded = policies.reload().unwrap();
    assert_eq!(
        (reloaded.removed(), reloaded.added()),
        (&["a".to_owned()][..], &["c".to_owned()][..])
    );
    assert_eq!(attempts(&a), 3);
    assert_eq!(policies.get("a").unwrap_err().known(), ["b", "c"]);
    assert_eq!(policies.names(), ["b", "c"]);
    folder.write(&both.replace('3', "5"));
    let reloaded = policies.reload().unwrap();
    assert_eq!(
        (reloaded.removed(), reloaded.added()),
        (&["c".to_owned()][..], &["a".to_owned()][..])
    );
    assert_eq!(attempts(&a), 5);
    assert_eq!(attempts(&policies.get("a").unwrap()), 5);
}

const SHARED: &str = "
[budgets.shared]
kind = 'rolling'
max_retries = 10
window = '1h'

[breakers.shared]
failure_threshold = 1

[policies.a]
strategy = 'instant()'
max_attempts = 3
budget = 'shared'
circuit_breaker = 'shared'

[policies.b]
budget = 'shared'
circuit_breaker = 'shared'

[policies.own]
strategy = 'instant()'
budget = { kind = 'rolling', max_retries = 20, window = 60 }
circuit_breaker = {}

[policies.preset]
recommended = true
";

fn remaining(policies: &Policies, name: &str) -> u32 {
    let policy = policies.get(name).unwrap().current();
    policy.budget().unwrap().remaining()
}

fn state(policies: &Policies, name: &str) -> CircuitState {
    let policy = policies.get(name).unwrap().current();
    policy.circuit_breaker().unwrap().state()
}

/// Opens the breakers and spends two retries of each budget.
fn use_up(policies: &Policies, names: &[&str]) {
    for name in names {
        let policy = policies.get(name).unwrap().current();
        policy.circuit_breaker().unwrap().force_open();
        for _ in 0..2 {
            policy
                .budget()
                .unwrap()
                .try_spend(ErrorClass::Transient)
                .unwrap()
                .keep();
        }
    }
}

#[test]
fn policies_share_what_they_name() {
    let policies = Policies::from_str(Format::Toml, SHARED).unwrap();
    use_up(&policies, &["a"]);
    assert_eq!(remaining(&policies, "b"), 8);
    assert_eq!(state(&policies, "b"), CircuitState::Open);
    assert_eq!(remaining(&policies, "own"), 20);
    assert_eq!(state(&policies, "own"), CircuitState::Closed);
}

#[test]
fn budgets_and_breakers_with_the_same_settings_keep_what_they_counted() {
    let (folder, policies) = Folder::with(SHARED);
    use_up(&policies, &["a", "own", "preset"]);
    // The policies are different, their budgets and breakers are the same.
    let text = SHARED.replace("max_attempts = 3", "max_attempts = 2");
    let text = text.replace("recommended = true", "recommended = true\ndeadline = '5s'");
    let text = text.replace(
        "circuit_breaker = {}",
        "circuit_breaker = {}\ndeadline = '5s'",
    );
    folder.write(&text);
    assert_eq!(policies.reload().unwrap().changed(), ["a", "own", "preset"]);
    for (name, left) in [("a", 8), ("b", 8), ("own", 18), ("preset", 98)] {
        assert_eq!(remaining(&policies, name), left, "{name}");
        assert_eq!(state(&policies, name), CircuitState::Open, "{name}");
    }
}

#[test]
fn a_budget_or_breaker_that_no_policy_names_for_a_while_is_kept() {
    let (folder, policies) = Folder::with(SHARED);
    use_up(&policies, &["a"]);
    folder.write(
        &SHARED
            .replace("budget = 'shared'", "")
            .replace("circuit_breaker = 'shared'", ""),
    );
    policies.reload().unwrap();
    folder.write(SHARED);
    policies.reload().unwrap();
    assert_eq!(remaining(&policies, "a"), 8);
    assert_eq!(state(&policies, "a"), CircuitState::Open);
}

#[test]
fn other_settings_are_those_of_all_policies_that_share_them() {
    let (folder, policies) = Folder::with(SHARED);
    use_up(&policies, &["a", "own"]);
    let text = SHARED.replace("max_retries = 10", "max_retries = 12");
    folder.write(&text.replace("circuit_breaker = {}", "circuit_breaker = { window = 5 }"));
    assert_eq!(policies.reload().unwrap().changed(), ["a", "b", "own"]);
    assert_eq!(
        (remaining(&policies, "a"), remaining(&policies, "b")),
        (10, 10)
    );
    assert_eq!(state(&policies, "a"), CircuitState::Open);
    assert_eq!(remaining(&policies, "own"), 18);
    assert_eq!(state(&policies, "own"), CircuitState::Open);
}

#[test]
fn the_policies_of_a_text_have_no_file() {
    let policies = Policies::from_str(Format::Toml, SHARED).unwrap();
    let error = policies.reload().unwrap_err();
    assert_eq!(
        error.to_string(),
        "these policies come from a text, so there is no file"
    );
    assert!(policies.watch(|_| ()).is_err());
}

#[test]
fn handles_go_between_threads() {
    fn is_shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    let policies = Policies::from_str(Format::Toml, SHARED).unwrap();
    is_shared(&policies);
    is_shared(&policies.get("a").unwrap());
    let a = policies.get("a").unwrap();
    tokio::runtime::Builder::new_multi_thread()
        .build()
        .unwrap()
        .block_on(async move {
            let spawned =
                tokio::spawn(
                    async move { a.call_async(async || Ok::<_, std::io::Error>(5)).await },
                );
            assert_eq!(spawned.await.unwrap().unwrap(), 5);
        });
}

#[test]
fn everything_of_the_good_files_can_be_made() {
    for name in ["good.toml", "good.json", "good.yaml"] {
        let policies = Policies::from_file(super::data(name)).unwrap();
        assert_eq!(
            policies.names(),
            [
                "defaults",
                "feed",
                "front end",
                "payments",
                "search",
                "tests"
            ]
        );
        assert_eq!(remaining(&policies, "payments"), 50);
        assert_eq!(remaining(&policies, "search"), 10);
        assert_eq!(remaining(&policies, "front end"), 50);
        assert_eq!(state(&policies, "front end"), CircuitState::Closed);
    }
}

#[tokio::test]
async fn a_handle_runs_what_any_policy_does() {
    async fn both(policy: &impl redress::Execute<std::io::Error>) -> (u32, u32) {
        let sync = policy.execute(failing).attempts;
        (
            sync,
            policy.execute_async(async || failing()).await.attempts,
        )
    }
    let text = "[policies.a]\nstrategy = 'instant()'\nmax_attempts = 3\n";
    let policies = Policies::from_str(Format::Toml, text).unwrap();
    assert_eq!(both(&policies.get("a").unwrap()).await, (3, 3));
}

#[test]
fn what_policies_share_has_the_name_of_its_table() {
    let policies = Policies::from_str(Format::Toml, SHARED).unwrap();
    let mut named = 0;
    for name in policies.names() {
        let snapshot = policies.get(&name).unwrap().current().snapshot();
        let text = snapshot.to_string();
        if let Some(budget) = snapshot.budget.and_then(|budget| budget.name) {
            assert!(SHARED.contains(&format!("budgets.{budget}")), "{budget}");
            assert!(text.contains("budget.name"), "{text}");
            named += 1;
        }
        if let Some(breaker) = snapshot.breaker.and_then(|breaker| breaker.name) {
            assert!(SHARED.contains(&format!("breakers.{breaker}")), "{breaker}");
            assert!(text.contains("breaker.name"), "{text}");
            named += 1;
        }
    }
    assert_eq!(named, 4, "a budget and a breaker of two policies");
    let own = "[policies.own]\nbudget = {kind = 'rolling', max_retries = 3, window = 5}";
    let own = Policies::from_str(Format::Toml, own).unwrap();
    let own = own.get("own").unwrap().current().snapshot();
    assert_eq!(own.budget.unwrap().name, None);
}
