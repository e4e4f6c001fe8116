//! One breaker, budget or gate for each key, from a file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use redress::config::{Format, KeyedConfig};
use redress::{CircuitBreaker, CircuitState, ErrorClass, Policies, StopReason};

use super::{File, failing};

fn hosts(breaker: &str, max_keys: u32) -> String {
    format!("[keyed.hosts]\ncircuit_breaker = {{ {breaker} }}\nmax_keys = {max_keys}\n")
}

fn fail(breaker: &CircuitBreaker) {
    let permit = breaker.try_acquire().unwrap();
    permit.failure(ErrorClass::Transient);
}

#[test]
fn each_key_has_its_own_with_the_settings_of_the_file() {
    let file = File::new(&hosts("failure_threshold = 2", 100));
    let hosts = file.policies.keyed_breakers("hosts").unwrap();
    fail(&hosts.get("a"));
    assert_eq!(hosts.get("a").state(), CircuitState::Closed);
    fail(&hosts.get("a"));
    assert_eq!(hosts.get("a").state(), CircuitState::Open);
    assert_eq!(hosts.get("b").state(), CircuitState::Closed);
    assert_eq!(hosts.get("a").name(), Some("hosts"));
    assert_eq!(hosts.current().len(), 2);
    assert!(file.policies.names().is_empty());
}

#[test]
fn calls_of_policies_of_the_file_use_it_in_a_context() {
    let text = "[policies.p]\nstrategy = 'instant()'\nmax_attempts = 3\n\
                [keyed.tenants]\nbudget = { kind = 'rolling', max_retries = 1, window = '1h' }\nmax_keys = 9\n";
    let file = File::new(text);
    let tenants = file.policies.keyed_budgets("tenants").unwrap();
    let policy = file.policies.get("p").unwrap();
    for tenant in ["a", "b"] {
        let outcome = policy
            .context()
            .budget(tenants.get(tenant))
            .execute(failing);
        assert_eq!(
            (outcome.attempts, outcome.stop_reason),
            (2, Some(StopReason::BudgetExhausted))
        );
    }
    let outcome = policy.context().budget(tenants.get("a")).execute(failing);
    assert_eq!(outcome.attempts, 1);
}

#[test]
fn keys_go_on_with_other_settings() {
    let file = File::new(&hosts("failure_threshold = 3", 100));
    let hosts_of_file = file.policies.keyed_breakers("hosts").unwrap();
    hosts_of_file.get("open").force_open();
    fail(&hosts_of_file.get("failed"));
    drop(hosts_of_file.get("new"));
    let held = hosts_of_file.get("held");
    assert_eq!(
        file.reload(&hosts("failure_threshold = 2", 100)),
        "other keyed `hosts`"
    );
    assert_eq!(
        file.reload(&hosts("failure_threshold = 2", 100)),
        "changed nothing"
    );
    assert_eq!(hosts_of_file.get("open").state(), CircuitState::Open);
    // What it had counted counts, up to the new threshold.
    fail(&hosts_of_file.get("failed"));
    assert_eq!(hosts_of_file.get("failed").state(), CircuitState::Open);
    // A call that had it before tells the same breaker.
    fail(&held);
    fail(&held);
    assert_eq!(hosts_of_file.get("held").state(), CircuitState::Open);
    // What was like a new one was forgotten.
    assert_eq!(hosts_of_file.current().len(), 3);
}

#[test]
fn no_open_breaker_is_forgotten_where_there_is_less_room() {
    let file = File::new(&hosts("", 100));
    let table = file.policies.keyed_breakers("hosts").unwrap();
    let told = Arc::new(AtomicU64::new(0));
    let tell = Arc::clone(&told);
    table.on_overflow(move |times| tell.store(times, Ordering::Relaxed));
    table.on_overflow(|_| panic!("the first one stays"));
    for key in 0..50 {
        table.get(&key.to_string()).force_open();
    }
    file.reload(&hosts("", 10));
    let open = |key: u32| table.get(&key.to_string()).state() == CircuitState::Open;
    assert!((0..50).all(open));
    assert_eq!(table.current().len(), 50);
    assert_eq!(table.get("51").state(), CircuitState::Closed);
    assert_eq!(
        (told.load(Ordering::Relaxed), table.current().overflowed()),
        (1, 1)
    );
    // The one that all share goes on, too.
    table.current().overflow().force_open();
    file.reload(&hosts("", 20));
    assert_eq!(table.get("51").state(), CircuitState::Open);
    assert_eq!(told.load(Ordering::Relaxed), 2);
}

#[test]
fn budgets_and_gates_go_on_too() {
    let text = |retries: u32, hint: &str| {
        format!(
            "[keyed.tenants]\nbudget = {{ kind = 'rolling', max_retries = {retries}, window = '1h' }}\n\
             max_keys = 9\n[keyed.accounts]\ngate = {{ max_hint = '{hint}' }}\nmax_keys = 9\n"
        )
    };
    let file = File::new(&text(5, "1m"));
    let tenants = file.policies.keyed_budgets("tenants").unwrap();
    let accounts = file.policies.keyed_gates("accounts").unwrap();
    for _ in 0..3 {
        tenants
            .get("a")
            .try_spend(ErrorClass::Transient)
            .unwrap()
            .keep();
    }
    accounts.get("a").close_for(40);
    assert_eq!(
        file.reload(&text(7, "2m")),
        "other keyed `accounts` and `tenants`"
    );
    assert_eq!(tenants.get("a").remaining(), 4);
    let rest = accounts.get("a").retry_after().unwrap();
    assert!(rest > Duration::from_secs(30), "{rest:?}");
}

#[test]
fn what_is_gone_keeps_its_values_until_it_is_there_again() {
    let file = File::new(&hosts("failure_threshold = 3", 100));
    let table = file.policies.keyed_breakers("hosts").unwrap();
    table.get("a").force_open();
    assert_eq!(
        file.reload("[keyed.hosts]\ngate = {}\nmax_keys = 9\n"),
        "other keyed `hosts`"
    );
    let error = file.policies.keyed_breakers("hosts").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`keyed.hosts` has a gate for each key, and no circuit_breaker"
    );
    assert!(file.policies.keyed_gates("hosts").is_ok());
    assert_eq!(table.get("a").state(), CircuitState::Open);
    file.reload(&hosts("failure_threshold = 1", 100));
    assert!(file.policies.keyed_gates("hosts").is_err());
    fail(&table.get("b"));
    assert_eq!(table.get("b").state(), CircuitState::Open);
    let again = file.policies.keyed_breakers("hosts").unwrap();
    assert_eq!(again.get("a").state(), CircuitState::Open);
}

#[test]
fn a_bad_file_changes_nothing() {
    let file = File::new(&hosts("failure_threshold = 3", 100));
    let table = file.policies.keyed_breakers("hosts").unwrap();
    let path = file.folder.path().join("retry.toml");
    std::fs::write(path, hosts("failure_threshold = 0", 100)).unwrap();
    let error = file.policies.reload().unwrap_err().to_string();
    assert!(
        error.contains("keyed.hosts.circuit_breaker.failure_threshold"),
        "{error}"
    );
    for _ in 0..2 {
        fail(&table.get("a"));
    }
    assert_eq!(table.get("a").state(), CircuitState::Closed);
}

/// Keys that are asked for while the file changes are never forgotten with what they were told.
#[test]
fn reloads_lose_no_failure_of_callers_beside_them() {
    let settings = |n: u32| hosts(&format!("failure_threshold = 60000, window = '{n}h'"), 1000);
    let file = File::new(&settings(1));
    let table = file.policies.keyed_breakers("hosts").unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for n in 0..20_000 {
                        fail(&table.get(if n % 2 == 0 { "even" } else { "odd" }));
                    }
                })
            })
            .collect();
        let reloads = scope.spawn(|| {
            let mut times = 1_u32;
            while !done.load(Ordering::Relaxed) {
                times += 1;
                file.reload(&settings(times % 500 + 1));
            }
            times
        });
        for caller in callers {
            caller.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(reloads.join().unwrap() > 1);
    });
    for key in ["even", "odd"] {
        assert_eq!(table.get(key).snapshot().failures, 20_000, "{key}");
    }
}

#[test]
fn it_is_a_serde_type() {
    let text = r#"{"circuit_breaker": {"window": "10s"}, "max_keys": 5, "idle": "1m"}"#;
    let config: KeyedConfig = serde_json::from_str(text).unwrap();
    let written = serde_json::to_string(&config).unwrap();
    assert_eq!(
        serde_json::from_str::<KeyedConfig>(&written).unwrap(),
        config
    );
    let error = serde_json::from_str::<KeyedConfig>(r#"{"gate": {}}"#).unwrap_err();
    assert!(
        error.to_string().contains("is missing `max_keys`"),
        "{error}"
    );
}

#[test]
fn a_file_needs_a_policy_or_one_of_these() {
    let error = Policies::from_str(Format::Toml, "[gates.a]\n").unwrap_err();
    assert!(error.to_string().contains("there is no policy"), "{error}");
    assert!(Policies::from_str(Format::Toml, &hosts("", 1)).is_ok());
}
